"""Reasons that tell how far a cluster or box has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

PROGRESS: Final[Mapping[ReasonName, Reason]] = {
    "Ready": Reason(("Ready",), "All servers are running the requested configuration, and nothing is wrong."),
    "EnoughReady": Reason(("Available",), "Enough pods are ready to serve."),
    "Stable": Reason(("Progressing",), "No change is under way."),
    "AsExpected": Reason(("Degraded",), "No problem was found."),
    "Paused": Reason(
        ("Paused",),
        "A person has paused the operator for this resource, with the annotation nats.crewlet.cloud/paused. Edits of"
        " the spec, changed Secrets and changes of its objects by others wait.",
        "Remove the annotation to resume: `kubectl natsop resume NAME`, or `kubectl annotate natscluster NAME"
        " nats.crewlet.cloud/paused-`.",
    ),
    "NotCreated": Reason(
        ("Available", "Progressing"),
        "The StatefulSet or Deployment does not exist yet.",
        "If this lasts, the condition Degraded says what keeps the operator from creating it.",
    ),
    "NotObserved": Reason(
        ("Available", "Progressing", "ConfigurationLoaded"),
        "In Available and Progressing: Kubernetes has not processed the latest change of the StatefulSet or Deployment"
        " yet. In ConfigurationLoaded: a server has not reported its configuration.",
        "Wait. If it lasts, look whether kube-controller-manager works, or whether the operator can reach the monitor"
        " port of the pods (a NetworkPolicy may be in the way).",
    ),
    "TooFewReady": Reason(
        ("Available",),
        "Fewer pods are ready than are needed to serve: JetStream needs a majority of the servers.",
        "The message names the pods that are not ready, why, and what to do. While pods restart one by one, wait.",
    ),
    "RollingOut": Reason(
        ("Progressing",),
        "Pods of an older revision are being replaced, one at a time.",
        "Wait. If it stops at one pod, see that pod's log: `kubectl logs POD -c nats`.",
    ),
    "PodsToGo": Reason(("Progressing",), "There are more pods than requested; the surplus is being stopped."),
    "PodsNotReady": Reason(
        ("Progressing",),
        "A pod is starting, or does not answer its readiness probe.",
        "Wait for a minute. If it lasts, see the pod's log: `kubectl logs POD -c nats`.",
    ),
    "RoutesIncomplete": Reason(
        ("Available", "Progressing"),
        "The servers run, but are not connected with each other, so JetStream cannot elect a leader.",
        "See the log of container nats. The usual causes: the route certificate"
        " (spec.config.cluster.tls) does not name the pods' hosts, `*.CLUSTER-headless.NAMESPACE.svc.cluster.local`;"
        " a NetworkPolicy blocks the cluster port; or an included file sets other route credentials.",
    ),
    "MetaLeaderUnknown": Reason(
        ("Available", "Progressing"),
        "No server that answers knows the leader of the JetStream meta group, so JetStream's API does not work.",
        "After a start or a lost server this takes some seconds. If it lasts, a majority of the servers does not"
        " answer or was replaced: see the log of container nats and `nats server report jetstream`.",
    ),
    "WaitingForCollection": Reason(
        ("Progressing",),
        "An object with the needed name still belongs to a deleted resource of the same name, and is being deleted.",
        "Wait. If it is still there after minutes, Kubernetes' garbage collector has missed it: delete it yourself.",
    ),
    "WaitingForSecret": Reason(
        ("Progressing",),
        "A Secret that the spec refers to does not exist yet. Nothing runs yet, so the operator waits for it;"
        " after three minutes this becomes Degraded.",
        "Create the Secret, or wait for the program that makes it (cert-manager, external-secrets).",
    ),
    "WaitingForConfigMap": Reason(
        ("Progressing",),
        "A ConfigMap that the spec refers to does not exist yet. Nothing runs yet, so the operator waits for it;"
        " after three minutes this becomes Degraded.",
        "Create the ConfigMap.",
    ),
    "WaitingForKey": Reason(
        ("Progressing",),
        "A Secret or ConfigMap exists, but has not the key that the spec refers to yet. Nothing runs yet, so the"
        " operator waits for it; after three minutes this becomes Degraded.",
        "Add the key, or correct the reference.",
    ),
    "HeldBack": Reason(
        ("Progressing",),
        "An object is not applied yet, because another that has to come first could not be applied: a Secret or"
        " ConfigMap that its pods mount, or the finalizer that guards NACK's Accounts.",
        "The other conditions say why that object was refused; once it is applied, the rest follows.",
    ),
    "Retrying": Reason(
        ("Progressing",),
        "A request to the API server, or to the servers, failed and is tried again.",
        "If it lasts, look at the API server and its webhooks, or the servers, and the network between them and the"
        " operator.",
    ),
    "Loaded": Reason(("ConfigurationLoaded",), "Every server runs the current configuration."),
    "ReloadPending": Reason(
        ("ConfigurationLoaded", "Progressing"),
        "A server still runs an earlier configuration. A changed ConfigMap or Secret reaches a pod after up to two"
        " minutes; the server then reloads.",
        "Wait. After three minutes this becomes ReloadRejected.",
    ),
    "ClaimsPending": Reason(
        ("ConfigurationLoaded", "Progressing"),
        "A server still uses an earlier JWT of an account. The operator has told the full resolvers of the new one, and"
        " waits until every server has confirmed it.",
        "Wait for some seconds. If it lasts, see the log of container nats: a server may not accept the JWT, or may be"
        " cut off from the others.",
    ),
    "NotKnown": Reason(
        ("ConfigurationLoaded",),
        "The digest that the servers should report cannot be computed, for instance because the configuration uses an"
        " environment variable whose value the operator does not know.",
    ),
}
