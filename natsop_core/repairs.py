"""Repairs: fields that others changed are set back; repairs slow down if the fields are changed again each time.

A person edits a field once. A program (another operator, a webhook, a GitOps tool) changes it back forever: without a
limit, the two would keep the API server busy, and nobody would notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen
from natsop_core.kubernetes.field_set import Path, field_set, paths_beyond
from natsop_core.live import is_our_apply, reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Repair

if TYPE_CHECKING:
    from natsop_core.live import LiveObject

Fields = Mapping[str, Any]

CONTESTED_AFTER: Final = 3
"""Repairs of the same object in a row from which on another program must be changing it."""

FAST_REPAIRS: Final = 5
"""Repairs in a row that are made immediately; later ones wait for PAUSE_SECONDS."""

PAUSE_SECONDS: Final = 60.0

CALM_SECONDS: Final = (180.0, 1800.0)
"""A row ends without another repair after at least the first and at most the second value."""

MOST_FIELDS: Final = 3
"""Maximum number of fields in a message."""

_STAMP: Final[Path] = ("f:metadata", "f:annotations", f"f:{APPLIED_ANNOTATION}")


@frozen
class RepairRow:
    """Repairs of one object's fields in a row. latest: the last repair; at: its time; gap: seconds before it."""

    latest: Repair
    at: float
    gap: float


def fields_to_repair(manifest: Fields, live: LiveObject) -> tuple[str, ...]:
    """The fields that others changed since this stamped manifest was applied; none if it was never applied.

    A program that overwrites the whole object also overwrites our annotation, which nobody else has a reason to change.
    """
    wanted = field_set(manifest)
    lost = [*paths_beyond(wanted, json.loads(live.owned_fields or "{}"))]
    if live.applied != manifest["metadata"]["annotations"][APPLIED_ANNOTATION] and _STAMP not in lost:
        return ()
    fields = [field for path in lost for field in _fields_at(wanted, path)]
    others = [field for field in fields if field != _STAMP] or fields
    return tuple(_name(field) for field in others[:MOST_FIELDS])


def next_in_row(row: RepairRow | None, fields: tuple[str, ...], now: float) -> RepairRow:
    """The row after these fields are repaired."""
    if row is None or not _continues(row, fields, now):
        return RepairRow(Repair(fields, "", 1), now, CALM_SECONDS[1])
    return RepairRow(replace(row.latest, fields=fields, in_a_row=row.latest.in_a_row + 1), now, now - row.at)


def pause_before(row: RepairRow | None, fields: tuple[str, ...], now: float) -> float:
    """Seconds to wait before these fields are repaired again."""
    if row is None or not _continues(row, fields, now) or row.latest.in_a_row < FAST_REPAIRS:
        return 0.0
    return max(0.0, row.at + PAUSE_SECONDS - now)


def over_in(row: RepairRow, now: float) -> float:
    """Seconds until the row ends if there is no other repair. It lasts longer if the changes are far apart."""
    shortest, longest = CALM_SECONDS
    return max(0.0, row.at + min(longest, max(shortest, 2 * row.gap + PAUSE_SECONDS)) - now)


def rival(manifest: Fields, metadata: Mapping[str, Any]) -> str:
    """The field manager that owns the lost fields, or fields nearest to them; the latest one if there are several."""
    entries = metadata.get("managedFields") or ()
    lost = [*paths_beyond(field_set(manifest), json.loads(reduce_metadata(metadata).owned_fields or "{}"))]
    others = [each for each in entries if not is_our_apply(each) and each.get("subresource") != "status"]
    nearness = {
        (max((_shared(path, each.get("fieldsV1", {})) for path in lost), default=0), each.get("time", "")): each
        for each in others
    }
    return str(nearness[max(nearness)].get("manager", "")) if nearness else ""


def _continues(row: RepairRow, fields: tuple[str, ...], now: float) -> bool:
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
    """The number of leading steps of the path that exist in the fields."""
    for depth, key in enumerate(path):
        if key not in fields:
            return depth
        fields = fields[key]
    return len(path)


def _name(path: Path) -> str:
    """The path for people: spec.ports[port=4222,protocol=TCP]."""
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
