"""The differences between two sides of a change, by custom resource, and how to print them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

from natsop_core.frozen import frozen
from natsop_runtime.cli.object_diff import Object, ObjectChange, identity, object_changes
from natsop_runtime.cli.planned import key_of, planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from natsop_core.changes import PlannedChange
    from natsop_runtime.cli.planned import Key, Side
    from natsop_runtime.cli.resources import Resource

_COLOURS: Final = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m", "!": "\x1b[33m"}
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"


@frozen
class Comparison:
    """The changed objects of each custom resource that has some, and what is to be said of its change."""

    changes: tuple[tuple[Resource, tuple[ObjectChange, ...]], ...]
    planned: tuple[tuple[Resource, PlannedChange], ...]

    @property
    def refused(self) -> int:
        """How many changes are refused."""
        return sum(len(change.reasons) for _, change in self.planned)

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.refused


def compare(old: Side, new: Side, *, show_secrets: bool) -> Comparison:
    """What a change from one side to the other changes in the cluster."""
    before = [(each.resource, each.objects) for each in old.rendered]
    results = list(planned(old, new))
    after = [(each.resource, each.objects) for each in results]
    makers = {identity(obj): key_of(resource) for resource, objects in (*before, *after) for obj in objects}
    resources = {key_of(resource): resource for resource, _ in (*before, *after)}
    found: dict[Key, list[ObjectChange]] = {key_of(resource): [] for resource, _ in (*after, *before)}
    for change in object_changes(_objects(before), _objects(after), show_secrets=show_secrets):
        found[makers[change.identity]].append(change)
    return Comparison(
        tuple((resources[key], tuple(of_one)) for key, of_one in found.items() if of_one),
        tuple((each.resource, each.change) for each in results if each.change),
    )


def _objects(side: Iterable[tuple[Resource, tuple[Object, ...]]]) -> Iterable[Object]:
    return (obj for _, objects in side for obj in objects)


def print_comparison(comparison: Comparison, *, summary: bool) -> None:
    """Print it for a person, what is refused first; with `summary`, without the changes of each object."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for resource, planned_change in comparison.planned:
        by = "the API server" if planned_change.invalid else "the operator"
        _print_remarks(resource, f"refused by {by}", planned_change.reasons, colour=colour)
        warnings = [f"{each.reason}: {each.message}" for each in planned_change.notices]
        _print_remarks(resource, "warnings", warnings, colour=colour)
    for resource, changes in comparison.changes:
        print(_bold(f"{resource} ({resource.document.file})", colour=colour))
        for change in changes:
            print(_bold(change.title, colour=colour))
            if not summary:
                _print_lines(change.lines(), colour=colour)
                print()
        if summary:
            print()
    print(_total(comparison))


def _print_remarks(resource: Resource, title: str, remarks: Sequence[str], *, colour: bool) -> None:
    if remarks:
        print(_bold(f"{resource} ({resource.document.place()}): {title}", colour=colour))
        _print_lines((f"! {remark}" for remark in remarks), colour=colour)
        print()


def _total(comparison: Comparison) -> str:
    count = Counter(change.kind for _, changes in comparison.changes for change in changes)
    kinds = [f"{count[kind]} {kind}" for kind in ("added", "changed", "removed") if count[kind]]
    said = ", ".join(kinds) if kinds else "No differences"
    if comparison.refused:
        return f"{said}; {comparison.refused} refused"
    return said if kinds else f"{said}."


def _bold(text: str, *, colour: bool) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if colour else text


def _print_lines(lines: Iterable[str], *, colour: bool) -> None:
    for line in lines:
        paint = _COLOURS.get(line[:1], "") if colour else ""
        print(f"{paint}{line}{_PLAIN}" if paint else line)
