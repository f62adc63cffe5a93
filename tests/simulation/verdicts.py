"""What has to become of a change that a cluster may refuse, apart from what the calm cluster makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from natsop_core.kinds import OPTIONAL
from natsop_core.names import APPLIED_ANNOTATION, CLUSTER_KIND, OPTIONAL_KINDS_ANNOTATION
from tests.simulation.picture import OTHERS, Picture, differences

Verdict: TypeAlias = Literal[
    "refused",  # its status says so, and its objects are as they were
    "withdrawn",  # all is as it was before
    "granted",  # it has gone through
]

_OTHERS_MATTER: Final = frozenset(kind.kind for kind in OPTIONAL)
"""Kinds whose objects come and go with what is installed, as does the note of them."""


def misjudged(cluster: str, verdict: Verdict, *, before: Picture, after: Picture) -> Iterator[str]:
    """Where it has not. cluster: its namespace and name, as `prod/a`."""
    degraded = after[f"NatsCluster {cluster}"]["status"]["conditions"]["Degraded"]
    if (degraded["status"] == "True") != (verdict == "refused"):
        yield f"{cluster}: {verdict}, but Degraded is {degraded}"
    changes = differences(_children(cluster, after), _children(cluster, before))
    changes = [change for change in changes if OPTIONAL_KINDS_ANNOTATION not in change]
    if verdict != "granted":
        yield from (f"{cluster}: {verdict}, but {change}" for change in changes)
    elif not changes:
        yield f"{cluster}: granted, but nothing has changed"


def not_taken_back(picture: Picture) -> Iterator[str]:
    """What every cluster has, and is nobody's, though it was made for a cluster of that name."""
    for name in picture:
        kind, _, cluster = name.partition(" ")
        if kind == CLUSTER_KIND:
            for child in (f"StatefulSet {cluster}", f"Service {cluster}-headless"):
                metadata = picture.get(child, {}).get(OTHERS, {}).get("metadata", {})
                if APPLIED_ANNOTATION in metadata.get("annotations", {}) and not metadata.get("ownerReferences"):
                    yield f"{child} was not taken back"


def _children(cluster: str, picture: Picture) -> Picture:
    return {name: seen for name, seen in picture.items() if "owned" in seen and _is_of(cluster, name)}


def _is_of(cluster: str, name: str) -> bool:
    kind, _, place = name.partition(" ")
    return kind not in _OTHERS_MATTER and (place == cluster or place.startswith(f"{cluster}-"))
