"""The differing fields of an object: `@@ path @@`, then lines with a minus, a plus, or a space for context."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from natsop_runtime.yaml.writer import yaml_lines

_IDENTIFIER: Final = re.compile(r"\w+", re.ASCII)
_ABSENT: Final = object()


def field_lines(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The lines for one field, or for those inside of it that differ."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _map(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list(path, before, after)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _text(path, before, after)
    else:
        yield f"@@ {path} @@"
        yield from (f"-{line}" for line in ([] if before is _ABSENT else yaml_lines(before)))
        yield from (f"+{line}" for line in ([] if after is _ABSENT else yaml_lines(after)))


def _map(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        step = f".{key}" if _IDENTIFIER.fullmatch(key) else f"[{key}]"
        inside = f"{path}{step}".removeprefix(".")
        yield from field_lines(before.get(key, _ABSENT), after.get(key, _ABSENT), inside)


def _list(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    names = _names(before), _names(after)
    if names[0] is not None and names[1] is not None:
        yield from _named_items(path, dict(zip(names[0], before, strict=True)), dict(zip(names[1], after, strict=True)))
    elif any(isinstance(each, Mapping | list) for each in (*before, *after)):
        yield from _items(path, before, after)
    else:
        yield from _words(path, before, after)


def _names(items: list[Any]) -> list[str] | None:
    """What each item of a list is called, such as a container or a claim; None where one has no name of its own."""
    names = [each.get("name") or each.get("metadata", {}).get("name") for each in items if isinstance(each, Mapping)]
    return names if len(set(names)) == len(items) and all(names) else None


def _named_items(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Items by their names; one that only moved is no change of the item."""
    order = [name for name in before if name in after], [name for name in after if name in before]
    if order[0] != order[1]:
        yield f"@@ {path}, order @@"
        yield from (f"{sign}{', '.join(names)}" for sign, names in zip("-+", order, strict=True))
    for name in dict.fromkeys((*before, *after)):
        yield from field_lines(before.get(name, _ABSENT), after.get(name, _ABSENT), f"{path}[{name}]")


def _items(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    """Items without names, by their places among those that both sides have."""
    old_texts, new_texts = ([json.dumps(each, sort_keys=True) for each in side] for side in (before, after))
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old_texts, new_texts, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for number in range(max(i2 - i1, j2 - j1)):
            old = before[i1 + number] if i1 + number < i2 else _ABSENT
            new = after[j1 + number] if j1 + number < j2 else _ABSENT
            place = i1 + number if new is _ABSENT else j1 + number
            yield from field_lines(old, new, f"{path}[{place}]")


def _words(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    """A list of words, such as arguments, with one word around each change."""
    old, new = ([line for each in side for line in yaml_lines(each)] for side in (before, after))
    for line in list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]:
        yield f"@@ {path} @@" if line.startswith("@@ ") else line


def _text(path: str, before: str, after: str) -> Iterator[str]:
    """A text of several lines, with three lines around each change."""
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm=""))[2:]:
        if line.startswith("@@ "):
            start = line.split("+")[-1].split(",")[0].split(" ")[0]
            yield f"@@ {path}, line {start} @@"
        else:
            yield line
