"""The Kubernetes kinds that natsop uses: the kinds that the runtime watches, reconciles and writes."""

from __future__ import annotations

from typing import Final

from natsop_core.frozen import frozen
from natsop_core.names import API_VERSION, BOX_KIND, CLUSTER_KIND
from natsop_core.references import ApiGroupRef, ListRef, ObjectKey


@frozen
class ApiResource:
    """A namespaced kind as the API server serves it; `plural` is its name in paths and in RBAC rules."""

    api_version: str
    kind: str
    plural: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def reference(self) -> ApiGroupRef:
        """The reference that asks whether the API server serves the kind."""
        return ApiGroupRef(self.api_version, self.kind)

    def key(self, namespace: str, name: str) -> ObjectKey:
        """The identity of the object of this kind with that name."""
        return ObjectKey(self.api_version, self.kind, namespace, name)


CLUSTERS: Final = ApiResource(API_VERSION, CLUSTER_KIND, "natsclusters")
BOXES: Final = ApiResource(API_VERSION, BOX_KIND, "natsboxes")
CUSTOM: Final = (CLUSTERS, BOXES)
"""Our own kinds."""

CONFIG_MAPS: Final = ApiResource("v1", "ConfigMap", "configmaps")
SECRETS: Final = ApiResource("v1", "Secret", "secrets")
SERVICES: Final = ApiResource("v1", "Service", "services")
PODS: Final = ApiResource("v1", "Pod", "pods")
CLAIMS: Final = ApiResource("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
STATEFUL_SETS: Final = ApiResource("apps/v1", "StatefulSet", "statefulsets")
DEPLOYMENTS: Final = ApiResource("apps/v1", "Deployment", "deployments")
DISRUPTION_BUDGETS: Final = ApiResource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
SERVICE_ACCOUNTS: Final = ApiResource("v1", "ServiceAccount", "serviceaccounts")
INGRESSES: Final = ApiResource("networking.k8s.io/v1", "Ingress", "ingresses")
POD_MONITORS: Final = ApiResource("monitoring.coreos.com/v1", "PodMonitor", "podmonitors")
NACK_ACCOUNTS: Final = ApiResource("jetstream.nats.io/v1beta2", "Account", "accounts")
NACK_STREAMS: Final = ApiResource("jetstream.nats.io/v1beta2", "Stream", "streams")
NACK_CONSUMERS: Final = ApiResource("jetstream.nats.io/v1beta2", "Consumer", "consumers")
NACK_KEY_VALUES: Final = ApiResource("jetstream.nats.io/v1beta2", "KeyValue", "keyvalues")
NACK_OBJECT_STORES: Final = ApiResource("jetstream.nats.io/v1beta2", "ObjectStore", "objectstores")

EVENTS: Final = ApiResource("events.k8s.io/v1", "Event", "events")
LEASES: Final = ApiResource("coordination.k8s.io/v1", "Lease", "leases")
TOKEN_REVIEWS: Final = ApiResource("authentication.k8s.io/v1", "TokenReview", "tokenreviews")
SELF_REVIEWS: Final = ApiResource("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews")
SELF_ACCESS_REVIEWS: Final = ApiResource(
    "authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews"
)
"""Reviews of the caller's own identity and rights, which every user may create."""

ACCESS_REVIEWS: Final = ApiResource("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews")

CREATED: Final = (
    CONFIG_MAPS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    SERVICE_ACCOUNTS,
    INGRESSES,
)
"""The kinds of the children. The runtime watches the metadata of all objects of these kinds, ours or not."""

OPTIONAL: Final = (POD_MONITORS, NACK_ACCOUNTS)
"""Optional kinds of children. The API server serves them only if other programs installed them."""

WATCHED_IN_FULL: Final = (STATEFUL_SETS, DEPLOYMENTS, PODS, CLAIMS)
"""The kinds whose content matters. The runtime also watches them in full, with our managed-by label."""

USING_ACCOUNTS: Final = (NACK_STREAMS, NACK_CONSUMERS, NACK_KEY_VALUES, NACK_OBJECT_STORES)
"""The NACK kinds whose objects may refer to an Account. The runtime lists them when a plan needs them."""

_TOUCHED: Final = {
    (resource.api_version, resource.kind): resource
    for resource in (*CREATED, *OPTIONAL, *USING_ACCOUNTS, CLUSTERS, PODS, CLAIMS)
}


def resource_of(named: ObjectKey | ListRef) -> ApiResource:
    """The kind of an object that the operator creates, patches, deletes or lists. KeyError for any other kind."""
    return _TOUCHED[named.api_version, named.kind]
