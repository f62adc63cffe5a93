"""What is kept of an object: its content, and who manages which fields of it. Values that nobody changes in place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from tests.simulation.api_server.fields import Fields, read, written

Object = dict[str, Any]


class Manager(NamedTuple):
    """Whose entry of managedFields it is."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


class Managed(NamedTuple):
    """What a manager owns, and since when."""

    fields: Fields
    time: str


@dataclass(frozen=True)
class Stored:
    """One object at one version. `content` has no managedFields."""

    content: Mapping[str, Any]
    managers: Mapping[Manager, Managed] = field(default_factory=dict)

    @property
    def metadata(self) -> Mapping[str, Any]:
        metadata: Mapping[str, Any] = self.content["metadata"]
        return metadata

    @property
    def uid(self) -> str:
        uid: str = self.metadata["uid"]
        return uid

    @property
    def version(self) -> int:
        return int(self.metadata["resourceVersion"])

    @property
    def controller_uid(self) -> str:
        """The UID of the object's controller, or empty."""
        owners = self.metadata.get("ownerReferences", ())
        return next((owner["uid"] for owner in owners if owner.get("controller")), "")

    def with_metadata(self, **changes: Any) -> Stored:
        """The object with other metadata; None removes."""
        metadata = {key: value for key, value in {**self.metadata, **changes}.items() if value is not None}
        return replace(self, content={**self.content, "metadata": metadata})

    @cached_property
    def json(self) -> str:
        """The object as the API server sends it."""
        return self._json_without("metadata")

    @property
    def json_without_kind(self) -> str:
        """The object as it is in lists of built-in kinds."""
        return self._json_without("metadata", "apiVersion", "kind")

    @cached_property
    def metadata_json(self) -> str:
        """The object as those get it who ask for its metadata alone."""
        metadata = _joined(self.metadata, self._managed_fields)
        return f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{metadata}}}'

    def _json_without(self, *left_out: str) -> str:
        metadata = _joined(self.metadata, self._managed_fields)
        rest = {key: value for key, value in self.content.items() if key not in left_out}
        return f'{{"metadata":{metadata}{"," * bool(rest)}{json.dumps(rest, ensure_ascii=False)[1:]}'

    @cached_property
    def _managed_fields(self) -> str:
        return "[" + ",".join(_entry(manager, self.managers[manager]) for manager in sorted(self.managers)) + "]"

    def as_dict(self) -> Object:
        """A copy that may be changed, managedFields and all."""
        loaded: Object = json.loads(self.json)
        return loaded


def _joined(metadata: Mapping[str, Any], managed_fields: str) -> str:
    text = json.dumps(metadata, ensure_ascii=False)
    return text if managed_fields == "[]" else f'{text[:-1]},"managedFields":{managed_fields}}}'


def _entry(manager: Manager, managed: Managed) -> str:
    entry = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        **({"time": managed.time} if managed.time else {}),
        "fieldsType": "FieldsV1",
        **({"subresource": manager.subresource} if manager.subresource else {}),
    }
    return f'{json.dumps(entry)[:-1]},"fieldsV1":{written(managed.fields)}}}'


def read_managers(entries: list[Mapping[str, Any]]) -> dict[Manager, Managed]:
    """The managers that a `managedFields` names; one empty entry stands for none."""
    return {
        Manager(each["manager"], each["operation"], each["apiVersion"], each.get("subresource", "")): Managed(
            read(each["fieldsV1"]), each.get("time", "")
        )
        for each in entries
        if each
    }
