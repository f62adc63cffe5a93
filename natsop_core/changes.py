"""Plans a change of a custom resource offline, as if the objects of the old one were running."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import changed_cluster
from natsop_core.frozen import frozen
from natsop_core.kinds import CLAIMS, STATEFUL_SETS
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import Child, reduce_metadata
from natsop_core.lookup import NotYet, NotYetError
from natsop_core.offline import render
from natsop_core.plan import key_of, plan_box, plan_cluster
from natsop_core.references import ObjectRef
from natsop_core.resolve.children import children_of
from natsop_core.resolve.cluster import ResolvedCluster
from natsop_core.resolve.notices import kept, risks

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.read import Problem
    from natsop_core.findings import Finding
    from natsop_core.inputs import Found, Inputs
    from natsop_core.plan import Plan
    from natsop_core.references import Reference
    from natsop_core.rendering import Manifest

_UID: Final = "made-up"
"""UID for a custom resource that is in no API server: its objects need an owner reference."""


@frozen
class PlannedChange:
    """The result of a change.

    objects: all objects of the custom resource after the change, without owner references.
    invalid: why the API server rejects the change; then nothing changes.
    refused: the parts of the change that the operator refuses. The objects are built for the granted rest.
    notices: new warnings of the operator about the change.
    """

    objects: tuple[Manifest, ...] = field(repr=False)
    invalid: tuple[Problem, ...] = ()
    refused: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether any part of the change does not happen."""
        return bool(self.invalid or self.refused)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The messages of the API server or the operator for the refused parts."""
        return (*map(str, self.invalid), *(f"{each.reason}: {each.message}" for each in self.refused))


def plan_change(
    old: NatsCluster | NatsBox, new: NatsCluster | NatsBox, *, before: Inputs, after: Inputs
) -> PlannedChange:
    """The result of replacing a running custom resource by `new`, which must be of the same kind.

    before, after: the inputs of the old and the new one. `render` must succeed for both.
    Raises NotYetError for inputs that are not complete.
    """
    earlier = _plan(_owned(old), before)
    running = earlier.apply
    if isinstance(old, NatsCluster) and isinstance(new, NatsCluster) and (invalid := changed_cluster(old, new)):
        return PlannedChange(tuple(map(_without_owner, running)), invalid=invalid)
    wanted = _owned(new).model_copy(update={"status": old.status})
    plan = _plan(wanted, _with_live(after, map(as_live, running), wanted))
    kept = {key_of(each): each for each in running}
    objects = (*plan.apply, *(kept[key] for key in plan.keep if key in kept))
    return PlannedChange(
        tuple(map(_without_owner, objects)),
        refused=_refused(plan, new, after),
        notices=tuple(each for each in _notices(plan, new) if each not in _notices(earlier, old)),
    )


def as_live(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """An applied manifest as the API server returns it once it is ready and nobody else has changed it."""
    metadata = manifest["metadata"]
    entry = {
        "manager": names.FIELD_MANAGER,
        "operation": "Apply",
        "apiVersion": manifest["apiVersion"],
        "fieldsType": "FieldsV1",
        "fieldsV1": field_set(manifest),
    }
    seen = {"uid": f"{manifest['kind']}-{metadata['name']}", "resourceVersion": "2", "generation": 1}
    live = {**manifest, "metadata": {**metadata, **seen, "managedFields": [entry]}}
    return (
        {**live, "status": _settled(manifest["spec"]["replicas"])} if "replicas" in manifest.get("spec", {}) else live
    )


def claims_of(stateful_set: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The bound PersistentVolumeClaims that the StatefulSet controller creates for a StatefulSet."""
    metadata, spec = stateful_set["metadata"], stateful_set["spec"]
    for template in spec.get("volumeClaimTemplates", ()):
        for ordinal in range(spec["replicas"]):
            name = f"{template['metadata']['name']}-{metadata['name']}-{ordinal}"
            labels = {**template["metadata"].get("labels", {}), **spec["selector"]["matchLabels"]}
            yield {
                "apiVersion": CLAIMS.api_version,
                "kind": CLAIMS.kind,
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "uid": f"{CLAIMS.kind}-{name}",
                    "resourceVersion": "2",
                    "labels": labels,
                },
                "spec": template["spec"],
                "status": {"phase": "Bound", "capacity": template["spec"]["resources"]["requests"]},
            }


def _settled(replicas: int) -> dict[str, int]:
    return {"observedGeneration": 1, **dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), replicas)}


def _with_live(inputs: Inputs, live: Iterable[dict[str, Any]], owner: NatsCluster | NatsBox) -> Inputs:
    """The inputs with these children and their claims added."""
    children = [(key_of(each), each) for each in live]
    claims = (claim for key, each in children if key.kind == STATEFUL_SETS.kind for claim in claims_of(each))
    found: dict[Reference, Found] = {ObjectRef(key): each for key, each in children}
    found |= {ObjectRef(key_of(claim)): claim for claim in claims}
    found[children_of(owner.metadata)] = tuple(Child(key, reduce_metadata(each["metadata"])) for key, each in children)
    return replace(inputs, found={**found, **inputs.found})


def _plan(resource: NatsCluster | NatsBox, inputs: Inputs) -> Plan:
    plan = plan_cluster(resource, inputs) if isinstance(resource, NatsCluster) else plan_box(resource, inputs)
    if isinstance(plan, NotYet):
        raise NotYetError(plan.references)
    return plan


def _refused(plan: Plan, new: NatsCluster | NatsBox, after: Inputs) -> tuple[Finding, ...]:
    """The findings that exist only because the old objects are live."""
    resolved = plan.decision.resolved if plan.decision else None
    anyway = {finding.reason for finding in render(new, after).findings}
    return tuple(finding for finding in (resolved.findings if resolved else ()) if finding.reason not in anyway)


def _notices(plan: Plan, resource: NatsCluster | NatsBox) -> tuple[Finding, ...]:
    resolved = plan.decision.resolved if plan.decision else None
    if not isinstance(resource, NatsCluster) or not isinstance(resolved, ResolvedCluster) or not resolved.cluster:
        return ()
    return (*resolved.allowed_losses, *kept(resource, resolved.cluster), *risks(resolved.cluster))


def _owned(resource: NatsCluster | NatsBox) -> NatsCluster | NatsBox:
    """The resource with a UID, and neither being deleted nor paused."""
    kept = {name: text for name, text in resource.metadata.annotations.items() if name != names.PAUSED_ANNOTATION}
    update = {"uid": _UID, "deletion_timestamp": "", "annotations": kept}
    metadata = resource.metadata.model_copy(update=update)
    return resource.model_copy(update={"metadata": metadata})


def _without_owner(manifest: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": metadata}
