"""An API server that answers by script, the informers' view of it, and a plan carried out between them."""

from __future__ import annotations

import asyncio
from typing import Any

from natsop_core.drift import stamped
from natsop_core.kinds import CONFIG_MAPS, ApiResource
from natsop_core.live import LiveObject, reduce_metadata
from natsop_core.outcomes import Applied, Outcome
from natsop_core.plan import Plan, key_of
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ApiError, Cause, InvalidError
from natsop_runtime.cache.informers import Change
from natsop_runtime.executor import Executor

Object = dict[str, Any]
CREATED = Applied(created=True)
TOY = ObjectKey("toys.example.com/v1", "Toy", "prod", "t")
OWNER = {"apiVersion": "toys.example.com/v1", "kind": "Toy", "name": "t", "uid": "uid-toy", "controller": True}
KEY_OF_A = CONFIG_MAPS.key("prod", "a")


def manifest(name: str, text: str = "wanted") -> Object:
    metadata = {"name": name, "namespace": "prod", "ownerReferences": [OWNER]}
    return stamped({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": text}})


def live(obj: Object, *, uid: str = "uid-1", version: int = 5, owners: list[Object] | None = None) -> Object:
    """The object as the API server has it after an apply of ours."""
    applied: Object = {"f:nats.crewlet.cloud/applied": {}}
    owner: Object = {'k:{"uid":"uid-toy"}': {}}
    fields = {"f:data": {"f:text": {}}, "f:metadata": {"f:annotations": applied, "f:ownerReferences": owner}}
    entry = {"manager": "nats-operator", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    known = {"uid": uid, "resourceVersion": str(version), "managedFields": [entry]}
    metadata = {**obj["metadata"], **known, "ownerReferences": [OWNER] if owners is None else owners}
    return {**obj, "metadata": metadata}


def invalid(field: str = "data") -> InvalidError:
    return InvalidError(f"{field} is wrong", (Cause(field, "wrong"),))


class ScriptedKube:
    """Answers each request with the next of its answers, and remembers what was asked."""

    def __init__(self, *answers: Object | ApiError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.bodies: list[Any] = []

    def _next(self, verb: str, key: ObjectKey) -> Any:
        self.asked.append(f"{verb} {key.name}")
        answer = self.answers.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def apply(self, _resource: ApiResource, key: ObjectKey, body: Object, *, force: bool) -> Any:
        self.bodies.append(body)
        return self._next("force" if force else "create", key)

    async def get(self, _resource: ApiResource, key: ObjectKey) -> Any:
        return self._next("get", key)

    async def get_metadata(self, _resource: ApiResource, key: ObjectKey) -> Any:
        return self._next("look", key)

    async def json_patch(self, _resource: ApiResource, key: ObjectKey, patch: list[Object]) -> Any:
        self.bodies.append(patch)
        return self._next("patch", key)

    async def merge_patch(self, _resource: ApiResource, key: ObjectKey, patch: Object) -> Any:
        self.bodies.append(patch)
        return self._next("merge", key)

    async def delete(self, _resource: ApiResource, key: ObjectKey, *, uid: str, version: str = "any") -> Any:
        return self._next(f"delete {uid} as of {version}", key)


class KnownObjects:
    """What the stores know, and what they are told was written."""

    def __init__(self, *objects: Object) -> None:
        self.known = {key_of(obj): reduce_metadata(obj["metadata"]) for obj in objects}
        self.told: list[str] = []
        self.doubted: list[str] = []
        self.is_on = False

    @property
    def optional_kinds(self) -> KnownObjects:
        return self

    @property
    def outages(self) -> KnownObjects:
        return self

    def doubt(self, resource: ApiResource) -> None:
        self.doubted.append(resource.kind)

    def live(self, key: ObjectKey) -> LiveObject | None:
        return self.known.get(key)

    def written(self, key: ObjectKey, obj: Object) -> Change:
        self.told.append(key.name)
        return Change(key, obj["metadata"]["resourceVersion"])

    def is_watched_in_full(self, key: ObjectKey) -> bool:
        return key.kind != "ConfigMap"


def carry_out(plan: Plan, kube: ScriptedKube, stores: KnownObjects, own: set[Change] | None = None) -> list[Outcome]:
    executor = Executor(kube, stores, None)  # type: ignore[arg-type]
    outcomes = asyncio.run(executor.execute(TOY, plan, set() if own is None else own))
    assert not kube.answers, f"never asked for: {kube.answers}"
    return list(outcomes.values())


def apply(kube: ScriptedKube, stores: KnownObjects, **texts: str) -> Outcome:
    return carry_out(Plan(apply=(manifest("a", **texts),)), kube, stores)[0]
