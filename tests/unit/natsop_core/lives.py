"""The life of a cluster, purely: what the core plans is carried out at once, and Kubernetes makes the claims."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from natsop_core import names
from natsop_core.actions import Annotate
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, changed_cluster, read_cluster
from natsop_core.changes import claims_of
from natsop_core.conclude import conclude_cluster
from natsop_core.guards import grant
from natsop_core.kinds import STATEFUL_SETS
from natsop_core.lookup import Lookup
from natsop_core.outcomes import Applied, Outcomes
from natsop_core.plan import Plan, key_of
from natsop_core.resolve.existing import read_existing
from tests.unit.natsop_core.world import Object, applied, cluster_object, inputs, plan_of, settled_status

FIXED: Final = ("volumeClaimTemplates", "podManagementPolicy", "serviceName", "selector")
"""What Kubernetes lets nobody change in a StatefulSet."""


@dataclass
class Life:
    """A NatsCluster c, its StatefulSet and claims; None where there is none. `others` exist besides."""

    custom_resource: Object | None = None
    stateful_set: Object | None = None
    claims: dict[str, Object] = field(default_factory=dict)
    others: list[Object] = field(default_factory=list)
    born: int = 0

    def ask(self, spec: Object, **annotations: str) -> bool:
        """Create or edit the custom resource; False where the API server refuses that."""
        old = self.custom_resource
        born = self.born if old else self.born + 1
        metadata: Object = {"uid": f"uid-{born}", "annotations": annotations, "generation": 1}
        new = cluster_object(copy.deepcopy(spec), **metadata) | {"status": (old or {}).get("status", {})}
        read = read_cluster(new)
        if isinstance(read, InvalidResource):
            return False
        if old is not None:
            before = read_cluster(old)
            assert isinstance(before, NatsCluster)
            if changed_cluster(before, read):
                return False
        self.custom_resource, self.born = new, born
        return True

    def turn(self) -> list[Plan]:
        """Let the operator work until nothing changes; what it planned on the way."""
        plans: list[Plan] = []
        while self.custom_resource is not None:
            before = copy.deepcopy((self.custom_resource, self.stateful_set, self.claims))
            plans.append(self._plan())
            if before == (self.custom_resource, self.stateful_set, self.claims):
                return plans
            assert len(plans) < 8, "that will never end"
        return plans

    @property
    def status(self) -> Mapping[str, Any]:
        assert self.custom_resource is not None
        status: Mapping[str, Any] = self.custom_resource["status"]
        return status

    @property
    def reasons(self) -> str:
        """Why the cluster is degraded, reason and message."""
        [degraded] = [each for each in self.status["conditions"] if each["type"] == "Degraded"]
        return f"{degraded['reason']} {degraded['message']}" if degraded["status"] == "True" else ""

    def granted_spec(self) -> Object:
        """The spec with everything set back that is refused."""
        cr = read_cluster(self.custom_resource or {})
        assert isinstance(cr, NatsCluster)
        committed = read_existing(cr, Lookup(inputs(cr, *self._held(), *self.others))).committed
        spec: Object = grant(cr, committed).cr.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return spec

    def delete_stateful_set(self) -> None:
        self.stateful_set = None

    def delete_custom_resource(self) -> None:
        """With all that it controls; the claims stay."""
        self.custom_resource = self.stateful_set = None

    def orphan(self) -> None:
        """Delete it with --cascade=orphan."""
        self.custom_resource = None
        if self.stateful_set:
            self.stateful_set["metadata"].pop("ownerReferences", None)

    def restore(self) -> None:
        """All objects are made anew: of their metadata, names, labels and annotations stay, and no status."""
        self.custom_resource = None
        for each in self._held():
            kept = {key: each["metadata"][key] for key in ("name", "namespace", "labels") if key in each["metadata"]}
            identity = {"uid": f"{each['metadata']['uid']}'", "resourceVersion": "99"}
            each["metadata"] = {**kept, **identity, "annotations": each["metadata"].get("annotations", {})}

    def forget(self) -> None:
        """Clear managedFields everywhere."""
        for each in self._held():
            each["metadata"].pop("managedFields", None)

    def _held(self) -> Iterator[Object]:
        yield from ([self.stateful_set] if self.stateful_set else [])
        yield from self.claims.values()

    def _plan(self) -> Plan:
        assert self.custom_resource is not None
        cr = read_cluster(self.custom_resource)
        assert isinstance(cr, NatsCluster)
        seen = inputs(cr, *self._held(), *self.others)
        plan = plan_of(cr, seen)
        for manifest in plan.apply:
            if manifest["kind"] == STATEFUL_SETS.kind:
                self._apply(manifest)
        for action in plan.actions:
            assert isinstance(action, Annotate), action
            self._annotate(action)
        outcomes: Outcomes = {key_of(manifest): Applied() for manifest in plan.apply}
        status = conclude_cluster(cr, seen, plan, outcomes).status
        assert status is not None
        self.custom_resource = {**self.custom_resource, "status": status}
        return plan

    def _apply(self, manifest: Object) -> None:
        if self.stateful_set is not None:
            for fixed in FIXED:
                now, before = manifest["spec"].get(fixed), self.stateful_set["spec"].get(fixed)
                assert now == before, f"Kubernetes refuses another {fixed}: {now} in place of {before}"
        status = settled_status(manifest["spec"]["replicas"])
        self.stateful_set = applied(manifest, **status)
        for claim in claims_of(self.stateful_set):
            self.claims.setdefault(
                claim["metadata"]["name"], claim | {"metadata": {"annotations": {}} | claim["metadata"]}
            )

    def _annotate(self, action: Annotate) -> None:
        claim = self.claims[action.key.name]
        assert claim["metadata"]["uid"] == action.uid
        assert action.annotations.keys() == {names.COMMITMENTS_ANNOTATION}
        claim["metadata"]["annotations"] |= action.annotations
        fields: Object = {"f:metadata": {"f:annotations": {f"f:{name}": {} for name in action.annotations}}}
        claim["metadata"]["managedFields"] = [
            {"manager": names.FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
        ]
