"""What a server-side apply makes of an object: merged with what is applied, and without what is applied no more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from tests.simulation.api_server.fields import (
    Fields,
    Path,
    Schema,
    parts,
    property_schema,
    with_named_parents,
)


def merged(live: Any, applied: Any, schema: Schema) -> Any:
    """The live value with the applied one put over it."""
    if isinstance(live, dict) and isinstance(applied, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return applied
        together = dict(live)
        for name, value in applied.items():
            together[name] = merged(live[name], value, property_schema(schema, name)) if name in live else value
        return together
    if isinstance(live, list) and isinstance(applied, list) and (before := parts(live, schema)) is not None:
        after = parts(applied, schema) or {}
        return [_item(before.get(key), after.get(key)) for key in interleaved(tuple(before), tuple(after))]
    return applied


def _item(live: tuple[Any, Schema] | None, applied: tuple[Any, Schema] | None) -> Any:
    if live is not None and applied is not None:
        return merged(live[0], applied[0], applied[1])
    return next(each[0] for each in (live, applied) if each is not None)


def interleaved(live: Sequence[str], applied: Sequence[str]) -> tuple[str, ...]:
    """All items' keys in the order in which structured-merge-diff leaves them (typed/merge.go, visitListItems).

    Those that are applied in the order in which they are, in between those that only the live list has, as near as can
    be to where they were.
    """
    before, after = deque(live), deque(applied)
    shared = deque(key for key in applied if key in live)
    order: dict[str, None] = {}
    while before or after:
        if before and after and before[0] == after[0]:
            order[after.popleft()] = None
            before.popleft()
            shared.popleft()
        elif before and after and before[0] in applied and shared and shared[0] != before[0]:
            before.popleft()  # its turn comes with the applied ones
        elif before and before[0] not in applied:
            order[before.popleft()] = None
        else:
            if before and before[0] in order:
                before.popleft()
            if after:
                order[after[0]] = None
                if shared and shared[0] == after[0]:
                    shared.popleft()
                after.popleft()
    return tuple(order)


def pruned(value: Any, schema: Schema, *, last: Fields, managed: Iterable[Fields]) -> Any:
    """The value without what its manager applied last and nobody owns any more.

    A struct or an item that goes takes along what nobody owns in it; what others own in a struct keeps it alive.
    """
    owned = frozenset[Path]().union(*managed)
    if last <= owned:
        return value
    dropped = with_named_parents(last, schema) - with_named_parents(owned, schema)
    return _without(value, schema, dropped, ())


def _without(value: Any, schema: Schema, dropped: set[Path], at: Path) -> Any:
    below = parts(value, schema)
    if not below:
        return value
    kept = {}
    for part, (inner, inner_schema) in below.items():
        if (*at, part) not in dropped:
            rest = _without(inner, inner_schema, dropped, (*at, part))
            if rest or not inner:  # what has lost all that was in it goes, too
                kept[part] = rest
    if isinstance(value, dict):
        return {part[2:]: inner for part, inner in kept.items()}
    return list(kept.values())
