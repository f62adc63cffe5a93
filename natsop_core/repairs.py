"""Repairs: what others changed of an object is put back, and more and more slowly when they change it each time.

Somebody who edits a field by hand does so once. A program that does it (another operator, a webhook, a GitOps tool)
does it for ever, and so would we: a fight that nobody sees, and that keeps the API server busy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.field_set import Path, field_set, paths_beyond
from natsop_core.live import is_our_apply, reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Repair

if TYPE_CHECKING:
    from natsop_core.live import LiveObject

Fields = Mapping[str, Any]

CONTESTED_AFTER: Final = 3
"""So many repairs of the same object in a row are a fight, and no change by hand."""

FAST_REPAIRS: Final = 5
"""So many in a row are made at once, and the next ones after a pause."""

PAUSE_SECONDS: Final = 60.0

CALM_SECONDS: Final = (180.0, 1800.0)
"""A row ends after at least the first and at most the second, without another repair."""

MOST_FIELDS: Final = 3
"""Of those that are named to the user."""

_STAMP: Final[Path] = ("f:metadata", "f:annotations", f"f:{APPLIED_ANNOTATION}")


@dataclass(frozen=True, slots=True)
class RepairRow:
    """Repairs of one object's fields, in a row: the latest, when that was, and how long after the one before."""

    latest: Repair
    at: float
    gap: float


def fields_to_repair(manifest: Fields, live: LiveObject) -> tuple[str, ...]:
    """Which fields others changed since this stamped manifest was applied; none when it was never applied as it is.

    Whoever overwrites the whole object overwrites our stamp as well, which nobody else has a reason to touch.
    """
    wanted = field_set(manifest)
    lost = [*paths_beyond(wanted, json.loads(live.owned_fields or "{}"))]
    if live.applied != manifest["metadata"]["annotations"][APPLIED_ANNOTATION] and _STAMP not in lost:
        return ()
    fields = [field for path in lost for field in _fields_at(wanted, path)]
    others = [field for field in fields if field != _STAMP] or fields
    return tuple(_name(field) for field in others[:MOST_FIELDS])


def next_in_row(row: RepairRow | None, fields: tuple[str, ...], now: float) -> RepairRow:
    """The row once these fields are put back."""
    if row is None or not _goes_on(row, fields, now):
        return RepairRow(Repair(fields, "", 1), now, CALM_SECONDS[1])
    return RepairRow(replace(row.latest, fields=fields, in_a_row=row.latest.in_a_row + 1), now, now - row.at)


def pause_before(row: RepairRow | None, fields: tuple[str, ...], now: float) -> float:
    """Seconds to wait before these fields are put back once more."""
    if row is None or not _goes_on(row, fields, now) or row.latest.in_a_row < FAST_REPAIRS:
        return 0.0
    return max(0.0, row.at + PAUSE_SECONDS - now)


def over_in(row: RepairRow, now: float) -> float:
    """In how many seconds the row is over if there is no other repair. Slow programs are given more time."""
    shortest, longest = CALM_SECONDS
    return max(0.0, row.at + min(longest, max(shortest, 2 * row.gap + PAUSE_SECONDS)) - now)


def rival(manifest: Fields, metadata: Mapping[str, Any]) -> str:
    """The manager that holds what was taken from us, or something as near to it as can be: the latest of these."""
    entries = metadata.get("managedFields") or ()
    lost = [*paths_beyond(field_set(manifest), json.loads(reduce_metadata(metadata).owned_fields or "{}"))]
    others = [each for each in entries if not is_our_apply(each) and each.get("subresource") != "status"]
    nearness = {
        (max((_shared(path, each.get("fieldsV1", {})) for path in lost), default=0), each.get("time", "")): each
        for each in others
    }
    return str(nearness[max(nearness)].get("manager", "")) if nearness else ""


def _goes_on(row: RepairRow, fields: tuple[str, ...], now: float) -> bool:
    return over_in(row, now) > 0 and not set(fields).isdisjoint(row.latest.fields)


def _fields_at(fields: Fields, path: Path) -> Iterator[Path]:
    """The fields at and below a path, down to single values and to items of lists."""
    for key in path:
        fields = fields[key]
    below = [] if path[-1].startswith("k:") else [key for key in fields if key != "."]
    if not below:
        yield path
    for key in below:
        yield from ((*path, *more) for more in _fields_at(fields, (key,)))


def _shared(path: Path, fields: Fields) -> int:
    """How many steps of the path somebody's fields go along."""
    for depth, key in enumerate(path):
        if key not in fields:
            return depth
        fields = fields[key]
    return len(path)


def _name(path: Path) -> str:
    """As people write it: spec.ports[port=4222,protocol=TCP]."""
    name = ""
    for key in path:
        kind, _, text = key.partition(":")
        if kind == "f":
            name += f".{text}"
        elif kind == "k":
            name += f"[{','.join(f'{field}={value}' for field, value in json.loads(text).items())}]"
        elif kind == "v":
            name += f"[{json.loads(text)}]"
    return name.removeprefix(".")
