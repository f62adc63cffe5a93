"""A world for the core to look at: custom resources as the API server gives them, and what it holds of their children.

Everything here is a plain value; a test changes a copy of it to say what it is about.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from natsop_core import names
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, read_box, read_cluster
from natsop_core.findings import Finding
from natsop_core.inputs import Found, HttpAnswer, Inputs, Settings
from natsop_core.kinds import OPTIONAL, PODS, WATCHED_IN_FULL, ApiResource
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import Child, reduce_metadata
from natsop_core.lookup import Lookup, NotYet
from natsop_core.plan import Plan, key_of, plan_box, plan_cluster
from natsop_core.references import HttpRef, ObjectRef, Reference
from natsop_core.resolve.children import children_of
from natsop_core.resolve.cluster import resolve_cluster
from natsop_core.resolve.types import Cluster

Object = dict[str, Any]
R = TypeVar("R")

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMESPACE = "prod"
UID = "uid-of-the-custom-resource"


def cluster_object(spec: Object | None = None, *, name: str = "c", **metadata: Any) -> Object:
    return _object(names.CLUSTER_KIND, name, spec, metadata)


def box_object(spec: Object | None = None, *, name: str = "b", **metadata: Any) -> Object:
    return _object(names.BOX_KIND, name, spec, metadata)


def _object(kind: str, name: str, spec: Object | None, metadata: Object) -> Object:
    known = {"name": name, "namespace": NAMESPACE, "uid": UID, "generation": 1, "resourceVersion": "10"}
    return {"apiVersion": names.API_VERSION, "kind": kind, "metadata": known | metadata, "spec": spec or {}}


def cluster(spec: Object | None = None, *, status: Object | None = None, **metadata: Any) -> NatsCluster:
    return accepted(read_cluster(cluster_object(spec, **metadata) | {"status": status or {}}))


def box(spec: Object | None = None, *, status: Object | None = None, **metadata: Any) -> NatsBox:
    return accepted(read_box(box_object(spec, **metadata) | {"status": status or {}}))


def accepted(resource: R | InvalidResource) -> R:
    assert not isinstance(resource, InvalidResource), resource
    return resource


class Resolved(NamedTuple):
    """A cluster that can be built, and what of it was not granted."""

    cluster: Cluster
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> list[str]:
        return [finding.reason for finding in self.findings]


def resolved(resource: NatsCluster, *objects: Object, **others: Any) -> Resolved:
    """What a NatsCluster becomes beside these objects: nothing that it needs is missing."""
    result = resolve_cluster(resource, Lookup(inputs(resource, *objects, **others)))
    assert result.cluster is not None, result.findings
    return Resolved(result.cluster, result.findings)


def secret(name: str, **texts: str) -> Object:
    """A Secret with these texts, as the API server gives it."""
    metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid-of-Secret-{name}", "resourceVersion": "5"}
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def config_map(name: str, **texts: str) -> Object:
    """A ConfigMap with these texts, likewise."""
    metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid-of-ConfigMap-{name}", "resourceVersion": "5"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": texts}


def jetstream(**fields: Any) -> Object:
    """A spec with JetStream on."""
    return {"config": {"jetstream": {"enabled": True, **fields}}}


def inputs(resource: NatsCluster | NatsBox | InvalidResource, *objects: Object, **others: Any) -> Inputs:
    """What is seen when exactly these objects exist.

    The children are those that the custom resource controls; answers=… says what pods answer, by their name,
    serves=… which optional kinds the API server knows, settings=… what the operator was told.
    """
    answers: Mapping[str, Found] = others.pop("answers", {})
    now: datetime = others.pop("now", NOW)
    settings: Settings = others.pop("settings", Settings())
    served: Sequence[ApiResource] = others.pop("serves", ())
    assert not others
    found: dict[Reference, Found] = {ObjectRef(key_of(each)): _as_listed(each) for each in objects}
    found[children_of(resource.metadata)] = children_among(objects, resource.metadata.uid)
    found |= {varz_of(each): answers[each["metadata"]["name"]] for each in objects if _answers(each, answers)}
    found |= {kind.reference: kind in served for kind in OPTIONAL}
    return Inputs(now=now, found=found, settings=settings, is_complete=True)


def _as_listed(obj: Object) -> Object:
    """What is watched in full was listed once, and an item of a list does not say what it is."""
    is_listed = obj["kind"] in {resource.kind for resource in WATCHED_IN_FULL}
    return {key: value for key, value in obj.items() if not (is_listed and key in {"apiVersion", "kind"})}


def plan_of(resource: NatsCluster | NatsBox | InvalidResource, seen: Inputs) -> Plan:
    """The plan for a custom resource for which everything was fetched."""
    kind = resource.kind if isinstance(resource, InvalidResource) else type(resource).__name__
    plan = plan_cluster(resource, seen) if kind == names.CLUSTER_KIND else plan_box(resource, seen)  # type: ignore[arg-type]
    assert isinstance(plan, Plan), plan
    return plan


def missing_for(resource: NatsCluster | NatsBox, seen: Inputs) -> tuple[Reference, ...]:
    """What has to be fetched before there is a plan, where nothing of it is found."""
    decide: Callable[..., Plan | NotYet] = plan_cluster if isinstance(resource, NatsCluster) else plan_box
    missing: list[Reference] = []
    while isinstance(plan := decide(resource, seen), NotYet):
        missing += plan.references
        seen = replace(seen, found={**seen.found, **dict.fromkeys(plan.references)})
    return tuple(missing)


def _answers(obj: Object, answers: Mapping[str, Found]) -> bool:
    return obj["kind"] == PODS.kind and obj["metadata"]["name"] in answers


def children_among(objects: Iterable[Object], uid: str) -> tuple[Child, ...]:
    created = (each for each in objects if "uid" in each["metadata"])
    seen = (Child(key_of(each), reduce_metadata(each["metadata"])) for each in created)
    return tuple(child for child in seen if child.live.controller is not None and child.live.controller.uid == uid)


def varz_of(pod: Object) -> HttpRef:
    port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
    return HttpRef(key_of(pod), pod["status"]["podIP"], port, "/varz")


def applied(manifest: Object, *, generation: int = 1, **status: Any) -> Object:
    """What the API server holds once this manifest was applied, and nobody else has touched it."""
    live = copy.deepcopy(manifest)
    name = live["metadata"]["name"]
    live["metadata"] |= {"uid": f"uid-of-{manifest['kind']}-{name}", "resourceVersion": "11", "generation": generation}
    live["metadata"]["managedFields"] = [
        {
            "manager": names.FIELD_MANAGER,
            "operation": "Apply",
            "fieldsType": "FieldsV1",
            "fieldsV1": field_set(manifest),
        }
    ]
    return live | ({"status": status} if status else {})


def settled_status(replicas: int, **changes: Any) -> Object:
    """A workload's status when all its pods are ready and of the latest revision."""
    counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), replicas)
    return {"observedGeneration": 1, **counts, **changes}


def live_children(resource: NatsCluster | NatsBox, *objects: Object) -> list[Object]:
    """The children that a custom resource has once its plan was carried out, with all their pods ready."""
    return [applied(each, **_status(each)) for each in plan_of(resource, inputs(resource, *objects)).apply]


def live_stateful_set(resource: NatsCluster) -> Object:
    return one_of(live_children(resource), "StatefulSet")


def _status(manifest: Object) -> Object:
    return settled_status(manifest["spec"]["replicas"]) if "replicas" in manifest.get("spec", {}) else {}


def one_of(objects: Iterable[Object], kind: str, name: str | None = None) -> Object:
    """The only object of that kind (and name)."""
    [found] = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def container_of(workload: Object, name: str) -> Object:
    [found] = [each for each in workload["spec"]["template"]["spec"]["containers"] if each["name"] == name]
    return dict(found)


def _made_by(stateful_set: str) -> Object:
    identity = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": stateful_set}
    return {**identity, "uid": f"uid-of-StatefulSet-{stateful_set}", "controller": True}


def pod(name: str, *, port: int | None = 8222, ip: str = "10.0.0.1", running: bool = True, **metadata: Any) -> Object:
    """A pod of a cluster, as the API server gives it."""
    cluster = name.rpartition("-")[0]
    monitor = [{"name": "monitor", "containerPort": port}] if port else []
    state = {"running": {"startedAt": "2026-01-02T03:00:00Z"}} if running else {"waiting": {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-of-{name}", "resourceVersion": "12"}
        | {
            "ownerReferences": [_made_by(cluster)],
            "labels": names.cluster_labels(cluster),
        }
        | metadata,
        "spec": {"containers": [{"name": "nats", "ports": [*monitor, {"name": "nats", "containerPort": 4222}]}]},
        "status": {"podIP": ip, "containerStatuses": [{"name": "nats", "state": state}]},
    }


def pod_without_image(name: str, **metadata: Any) -> Object:
    """A pod whose image cannot be pulled."""
    found = pod(name, running=False, **metadata)
    state = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
    found["spec"]["containers"][0]["image"] = "nats:2.12.6-alpin"
    found["status"]["containerStatuses"] = [{"name": "nats", "ready": False, "state": state}]
    return found


def said_before(type_: str, status: str, reason: str, *, seconds: int = 0, text: str = "Said before.") -> Object:
    """A condition that has been so for so many seconds."""
    since = f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    return {"type": type_, "status": status, "reason": reason, "message": text, "lastTransitionTime": since}


def varz(**fields: Any) -> HttpAnswer:
    return HttpAnswer(200, json.dumps(fields).encode())


def conditions(status: Mapping[str, Any] | None) -> dict[str, tuple[str, str]]:
    """Each condition's status and reason, by its type."""
    assert status is not None
    listed: Sequence[Object] = status["conditions"]
    return {each["type"]: (each["status"], each["reason"]) for each in listed}


def message(status: Mapping[str, Any] | None, condition: str) -> str:
    assert status is not None
    [found] = [each["message"] for each in status["conditions"] if each["type"] == condition]
    return str(found)
