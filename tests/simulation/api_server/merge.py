"""What a server-side apply makes of an object: merged with what is applied, and without what is applied no more."""

from __future__ import annotations

from collections.abc import Iterable
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
        ours = [merged(before[key][0], item, below) if key in before else item for key, (item, below) in after.items()]
        return ours + [item for key, (item, _) in before.items() if key not in after]
    return applied


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
