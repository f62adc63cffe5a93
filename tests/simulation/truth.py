"""What the API server in memory answered, asked of a real one: the same requests in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from natsop_core.kinds import CLAIMS
from natsop_core.names import FIELD_MANAGER
from tests.simulation.api_server.fields import parts, read
from tests.simulation.api_server.kinds import EVENTS, Kind, kinds
from tests.simulation.api_server.objects import Stored
from tests.simulation.controllers import path_of
from tests.testbed.client import ApiError, Client, Manifest

if TYPE_CHECKING:
    from tests.simulation.recording import HttpClient

OF_THE_SERVER = ("creationTimestamp", "generation")
"""What a client may send back, and has from the wrong server here."""


@dataclass
class Replay:
    """A replay of what was sent in memory to a real API server. `lies` are the answers that differ, a line each."""

    client: Client
    lies: list[str] = field(default_factory=list)
    _uids: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=dict)  # real ones by those in memory

    def run(self, exchanges: Iterable[HttpClient]) -> None:
        """Send all of them, and compare the answers."""
        for http_client in exchanges:
            if _is_about_one_object(http_client) and isinstance(http_client.result, int):
                self._send(http_client, http_client.result)

    def compare(self, objects: Iterable[tuple[Kind, Stored]]) -> Iterator[str]:
        """Where the objects that came out differ."""
        for kind, stored in objects:
            name = f"{kind.resource.kind} {stored.metadata['name']}"
            path = path_of(kind.resource, stored.metadata["namespace"], stored.metadata["name"])
            try:
                real = self.client.request("GET", path)
            except ApiError as error:
                yield f"{name}: {error}"
                continue
            yield from (f"{name}: {line}" for line in _differences(kind, json.loads(self._real(stored.json)), real))

    def _send(self, http_client: HttpClient, expected: int) -> None:
        request = http_client.request
        body = self._body(request.body) if request.body else None
        try:
            answer = self.client.request(
                request.method,
                request.path,
                body=body,
                query=dict(request.query),
                content_type=request.content_type or "application/json",
                accept=request.accept or "application/json",
            )
        except ApiError as error:
            if error.status != expected:
                self.lies.append(f"{http_client}; in truth {error}")
            return
        if expected >= 400:
            self.lies.append(f"{http_client}; in truth it is accepted")
        else:
            told = json.loads(http_client.answer)["metadata"]
            if request.method != "DELETE" or "deletionTimestamp" in told:  # or it is gone
                self._learn(http_client, told, answer["metadata"])

    def _learn(self, http_client: HttpClient, told: Manifest, real: Manifest) -> None:
        """Whether something was changed is compared by the versions: each goes with one on the other side."""
        self._uids[told["uid"]] = real["uid"]
        version = self._versions.setdefault(told["resourceVersion"], real["resourceVersion"])
        if version != real["resourceVersion"]:
            self.lies.append(f"{http_client}; in truth something was changed")
        elif http_client.request.is_write and len(set(self._versions.values())) < len(self._versions):
            self.lies.append(f"{http_client}; in truth nothing was changed")
            del self._versions[told["resourceVersion"]]

    def _body(self, text: str) -> Any:
        body = json.loads(self._real(text))
        if isinstance(body, list):
            return [self._operation(each) for each in body]
        if isinstance(metadata := body.get("metadata"), dict):
            metadata = {key: value for key, value in metadata.items() if key not in OF_THE_SERVER}
            if (version := metadata.get("resourceVersion")) in self._versions:
                metadata["resourceVersion"] = self._versions[version]
            return {**body, "metadata": metadata}
        if (version := body.get("preconditions", {}).get("resourceVersion")) in self._versions:
            body["preconditions"]["resourceVersion"] = self._versions[version]
        return body

    def _operation(self, operation: Manifest) -> Manifest:
        if operation["path"] != "/metadata/resourceVersion":
            return operation
        return {**operation, "value": self._versions[operation["value"]]}

    def _real(self, text: str) -> str:
        for told, real in self._uids.items():
            text = text.replace(told, real)
        return text


def _is_about_one_object(http_client: HttpClient) -> bool:
    path = http_client.request.path.split("/")
    return "namespaces" in path and (http_client.request.is_write or len(path) > path.index("namespaces") + 3)


def _differences(kind: Kind, told: Manifest, real: Manifest) -> Iterator[str]:
    """Who owns what, the values of all that somebody owns, and the order of items; what nobody owns is defaults."""
    ours, theirs = _managers(told, kind), _managers(real, kind)
    for manager in sorted({*ours, *theirs}):
        if ours.get(manager) != theirs.get(manager):
            mine, truth = ours.get(manager, frozenset()), theirs.get(manager, frozenset())
            yield f"{manager} owns in memory only {sorted(mine - truth)}, in truth only {sorted(truth - mine)}"
    owned = {path for fields in ours.values() for path in fields}
    for path in sorted(owned | _lists_with_keys(owned)):
        mine, truth = _value(told, kind, path), _value(real, kind, path)
        if mine != truth and not isinstance(mine, dict):
            yield f"{'/'.join(path)} is {mine!r}, in truth {truth!r}"
    for key in ("generation", "deletionTimestamp"):
        if bool(told["metadata"].get(key)) != bool(real["metadata"].get(key)) or (
            key == "generation" and told["metadata"].get(key) != real["metadata"].get(key)
        ):
            yield f"metadata.{key} is {told['metadata'].get(key)}, in truth {real['metadata'].get(key)}"


def _managers(obj: Manifest, kind: Kind) -> dict[str, frozenset[Any]]:
    """Of claims, which Kubernetes' own controllers make and use, only what is ours matters to anybody."""
    return {
        f"{each['manager']} ({each['operation']} {each.get('subresource', '')})": read(each["fieldsV1"])
        for each in obj["metadata"].get("managedFields", ())
        if kind.resource != CLAIMS or each["manager"] == FIELD_MANAGER
    }


def _value(obj: Manifest, kind: Kind, path: tuple[str, ...]) -> Any:
    value, schema = obj, kind.schema
    for part in path:
        value, schema = (parts(value, schema) or {}).get(part, (None, {}))
    if isinstance(value, list) and parts(value, schema) is not None:
        return list(parts(value, schema) or ())
    return value


def _lists_with_keys(paths: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The lists whose items are parts of these paths."""
    return {path[:depth] for path in paths for depth, part in enumerate(path) if not part.startswith("f:")}


def objects_in(storage: Any) -> Iterator[tuple[Kind, Stored]]:
    """All objects but events."""
    return ((kind, stored) for kind in kinds().values() if kind.resource != EVENTS for stored in storage.all(kind))
