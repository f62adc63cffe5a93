"""Asking the real API server about rendered objects as the operator does, by server-side apply, and about pods."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.kinds import CREATED, OPTIONAL, ApiResource
from natsop_core.offline import inputs_at_hand, read
from natsop_core.references import ObjectRef
from natsop_core.stand_ins import with_stand_ins
from tests.example_objects import jwt_secrets
from tests.testbed.client import PATCH_TYPES as CONTENT_TYPES
from tests.testbed.client import Client, Manifest
from tests.unit.natsop_core.world import plan_of

RESOURCES: Final[dict[tuple[str, str], ApiResource]] = {
    (resource.api_version, resource.kind): resource for resource in (*CREATED, *OPTIONAL)
}

POD_SECURITY: Final = {"pod-security.kubernetes.io/enforce": "restricted"}


def make_namespace(client: Client, name: str) -> Client:
    """A namespace for restricted pods. Nothing runs here that would give it the ServiceAccount that pods need."""
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": POD_SECURITY}})
    made = client.in_namespace(name)
    made.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    return made


def ask(client: Client, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
    """Apply the object as the operator, field by field validated. An ApiError says what is refused."""
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    plural = RESOURCES[version, manifest["kind"]].plural
    group = f"/apis/{version}" if "/" in version else f"/api/{version}"
    query = {"fieldManager": names.FIELD_MANAGER, "force": "true", "fieldValidation": "Strict"}
    answer: Manifest = client.request(
        "PATCH",
        f"{group}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}",
        body=manifest,
        query={**query, "dryRun": "All" if dry_run else ""},
        content_type=CONTENT_TYPES["apply"],
    )
    return answer


def pod_of(workload: Manifest) -> Manifest:
    """The first pod of a StatefulSet or Deployment, as its controller makes it."""
    name, template = workload["metadata"]["name"], copy.deepcopy(workload["spec"]["template"])
    claimed = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())]
    claims = [{"name": each, "persistentVolumeClaim": {"claimName": f"{each}-{name}-0"}} for each in claimed]
    metadata = {**template["metadata"], "name": f"{name}-0", "namespace": workload["metadata"]["namespace"]}
    spec = {**template["spec"], "volumes": [*template["spec"].get("volumes", ()), *claims]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def admit(client: Client, pod: Manifest) -> Manifest:
    """Have the pod created, in a dry run."""
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods"
    answer: Manifest = client.request("POST", path, body=pod, query={"dryRun": "All", "fieldValidation": "Strict"})
    return answer


def documents(file: Path) -> list[Manifest]:
    return [dict(each) for each in YAML(typ="safe").load_all(file)]


def create_example(client: Client, file: Path) -> list[Manifest]:
    """Create what the example says in the client's namespace, and return the objects that the operator would apply."""
    stored = [client.create(each) for each in documents(file)]
    jwts = [{**each, "metadata": {**each["metadata"], "namespace": client.namespace}} for each in jwt_secrets()]
    return [manifest for each in stored for manifest in planned(each, [*stored, *jwts])]


def stand_ins(manifests: Iterable[Manifest], namespace: str) -> list[Manifest]:
    """What the custom resources among the manifests, of that namespace, refer to and nobody makes, with any content."""
    world = [{**each, "metadata": {**each["metadata"], "namespace": namespace}} for each in manifests]
    at_hand = inputs_at_hand(world, datetime.now(UTC))
    made_by_us = {each["metadata"]["name"] for obj in world for each in planned(obj, world)}
    found: dict[str, Manifest] = {}
    for resource in map(read, world):
        if resource is None:
            continue
        assert not isinstance(resource, InvalidResource), resource
        for reference, content in with_stand_ins(resource, at_hand).found.items():
            if isinstance(reference, ObjectRef) and reference not in at_hand.found and isinstance(content, dict):
                made = found.setdefault(reference.key.name, {**content, "metadata": {"name": reference.key.name}})
                made |= {field: {**made[field], **content[field]} for field in {"data", "stringData"} & content.keys()}
    return [each for name, each in found.items() if name not in made_by_us]


def planned(obj: Manifest, world: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """What the operator would apply for the object, with stand-ins for what the world lacks."""
    resource = read(obj)
    if resource is None:
        return ()
    assert not isinstance(resource, InvalidResource), resource
    inputs = with_stand_ins(resource, inputs_at_hand(world, datetime.now(UTC)))
    plan = plan_of(resource, inputs)
    return plan.apply


def mentions(value: Any, field: str) -> bool:
    """Whether there is such a field anywhere in the value."""
    if isinstance(value, dict):
        return field in value or any(mentions(each, field) for each in value.values())
    return isinstance(value, list) and any(mentions(each, field) for each in value)
