"""What operators have committed running servers to: a write that breaks it destroys their streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from natsop_core.names import JETSTREAM_VOLUME, SERVER_CONTAINER, SERVER_NAME_VARIABLE

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers as a StatefulSet describes them."""

    replicas: int
    name: str
    has_jetstream: bool


class Commitments:
    """What was asked of each custom resource's servers last, whatever somebody made of it since."""

    def __init__(self) -> None:
        self._asked: dict[str, Servers] = {}  # by the UID of the custom resource

    def broken_by(self, stateful_set: Manifest, *, may_lose_data: bool) -> Iterator[str]:
        """Why an operator must not have applied this."""
        owner = stateful_set["metadata"]["ownerReferences"][0]["uid"]
        before, now = self._asked.get(owner), _servers(stateful_set["spec"])
        self._asked[owner] = now
        if before is None or not (before.has_jetstream and now.has_jetstream):
            return
        if before.replicas != now.replicas and 1 in (before.replicas, now.replicas) and not may_lose_data:
            yield f"from {before.replicas} to {now.replicas} servers, their streams are lost"
        if before.name != now.name and 1 not in (before.replicas, now.replicas):
            yield f"from {before.name} to {now.name}, servers are strangers to their own streams"

    def forget(self, custom_resource: str) -> None:
        """It is gone. `custom_resource`: its UID."""
        self._asked.pop(custom_resource, None)


def _servers(spec: Manifest) -> Servers:
    pod = spec["template"]["spec"]
    container = next(each for each in pod["containers"] if each["name"] == SERVER_CONTAINER)
    name = next(each["value"] for each in container["env"] if each["name"] == SERVER_NAME_VARIABLE)
    volumes = [each["name"] for each in pod["volumes"]]
    claims = [each["metadata"]["name"] for each in spec.get("volumeClaimTemplates", ())]
    return Servers(spec["replicas"], name, JETSTREAM_VOLUME in (*volumes, *claims))
