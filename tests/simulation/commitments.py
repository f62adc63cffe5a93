"""What operators have committed running servers to: a write that breaks it destroys their streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from natsop_core.names import JETSTREAM_VOLUME, SERVER_CONTAINER, SERVER_NAME_VARIABLE

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers as a StatefulSet describes them. claim: what their streams lie on; None in the pods themselves."""

    replicas: int
    name: str
    has_jetstream: bool
    claim: Any


class Commitments:
    """On what servers the streams of each cluster lie, as they were asked for last, whatever somebody made of it since.

    Streams on claims outlive StatefulSet and custom resource; others go with the custom resource.
    """

    def __init__(self) -> None:
        self._with_streams: dict[tuple[str, str], Servers] = {}  # by namespace and name

    def broken_by(self, stateful_set: Manifest, *, allowed: str) -> Iterator[str]:
        """Why an operator must not have applied this. allowed: the changes that lose data and that people want."""
        place = stateful_set["metadata"]["namespace"], stateful_set["metadata"]["name"]
        before, now = self._with_streams.get(place), _servers(stateful_set["spec"])
        if now.has_jetstream:
            self._with_streams[place] = now
        elif before and before.claim is None:
            del self._with_streams[place]
        if before is None or not now.has_jetstream:
            return
        is_unsafe = now.replicas < before.replicas or before.replicas == 1 < now.replicas
        if is_unsafe and f"replicas={before.replicas}->{now.replicas}" not in allowed.split(","):
            yield f"from {before.replicas} to {now.replicas} servers, their streams are lost"
        if before.name != now.name and 1 not in (before.replicas, now.replicas):
            yield f"from {before.name} to {now.name}, servers are strangers to their own streams"
        if before.claim is not None and before.claim != now.claim:
            yield f"from {before.claim} to {now.claim}, streams are left behind"

    def forget(self, namespace: str, cluster: str) -> None:
        """Its custom resource is gone, and so are the pods."""
        servers = self._with_streams.get((namespace, cluster))
        if servers and servers.claim is None:
            del self._with_streams[namespace, cluster]


def _servers(spec: Manifest) -> Servers:
    pod = spec["template"]["spec"]
    container = next(each for each in pod["containers"] if each["name"] == SERVER_CONTAINER)
    name = next(each["value"] for each in container["env"] if each["name"] == SERVER_NAME_VARIABLE)
    volumes = [each["name"] for each in pod["volumes"]]
    claims = {each["metadata"]["name"]: each["spec"]["resources"] for each in spec.get("volumeClaimTemplates", ())}
    return Servers(spec["replicas"], name, JETSTREAM_VOLUME in (*volumes, *claims), claims.get(JETSTREAM_VOLUME))
