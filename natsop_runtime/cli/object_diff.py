"""Two sets of rendered objects compared as objects, in the form that a reviewer reads in a pull request."""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from natsop_runtime.cli.yaml_output import yaml_lines

Object = Mapping[str, Any]
Identity = tuple[str, str, str, str]

_IDENTIFIER: Final = re.compile(r"\w+", re.ASCII)
_WITH_PODS: Final = ("StatefulSet", "Deployment")
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object that is not the same on both sides."""

    kind: Literal["added", "removed", "changed"]
    before: Object
    after: Object

    @property
    def title(self) -> str:
        obj = self.after or self.before
        name = f"{self.kind} {obj['kind']} {obj['metadata']['namespace']}/{obj['metadata']['name']}"
        return f"{name}: its pods are replaced" if self._replaces_pods else name

    @property
    def _replaces_pods(self) -> bool:
        if self.kind != "changed" or self.after["kind"] not in _WITH_PODS:
            return False
        return bool(self.before["spec"]["template"] != self.after["spec"]["template"])

    def lines(self) -> Iterator[str]:
        """The change: `@@ path @@` for each field, then what went with a minus and what came with a plus."""
        if self.kind == "changed":
            yield from _fields("", self.before, self.after)
        else:
            sign, obj = ("+", self.after) if self.kind == "added" else ("-", self.before)
            yield from (f"{sign}{line}" for line in yaml_lines(obj))


def object_changes(before: Iterable[Object], after: Iterable[Object], *, show_secrets: bool) -> list[ObjectChange]:
    """Every object that differs: those there are, in the order to apply them in, then those that are no more."""
    old, new = {_identity(each): each for each in before}, {_identity(each): each for each in after}
    changes = []
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            shown = _with_secrets if show_secrets else _without_secrets
            one, other = shown(old.get(key, {}), new.get(key, {}))
            kind: Literal["added", "removed", "changed"] = (
                "added" if key not in old else "removed" if key not in new else "changed"
            )
            changes.append(ObjectChange(kind, one, other))
    return changes


def _identity(obj: Object) -> Identity:
    return obj["apiVersion"], obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]


def _without_secrets(before: Object, after: Object) -> tuple[Object, Object]:
    """The objects with no value of a Secret in them, though still with the keys whose values differ."""
    if "Secret" not in (before.get("kind"), after.get("kind")):
        return before, after
    old, new = before.get("data", {}), after.get("data", {})
    hidden = {key: "hidden" if old.get(key) == new.get(key) or key not in old else "hidden, changed" for key in new}
    return {**before, "data": dict.fromkeys(old, "hidden")}, {**after, "data": hidden}


def _with_secrets(before: Object, after: Object) -> tuple[Object, Object]:
    return _decoded(before), _decoded(after)


def _decoded(obj: Object) -> Object:
    """A Secret with its values as texts."""
    if obj.get("kind") != "Secret":
        return obj
    values = {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in obj.get("data", {}).items()}
    return {**obj, "data": values}


def _fields(path: str, before: Any, after: Any) -> Iterator[str]:
    """The lines for one field, or for those inside of it that differ."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _map_fields(path, before, after)
    elif _is_named(before) and _is_named(after):
        yield from _list_fields(path, before, after)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _text(path, before, after)
    else:
        yield f"@@ {path} @@"
        yield from (f"-{line}" for line in ([] if before is _ABSENT else yaml_lines(before)))
        yield from (f"+{line}" for line in ([] if after is _ABSENT else yaml_lines(after)))


def _map_fields(path: str, before: Object, after: Object) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        step = f".{key}" if _IDENTIFIER.fullmatch(key) else f"[{key}]"
        yield from _fields(f"{path}{step}".removeprefix("."), before.get(key, _ABSENT), after.get(key, _ABSENT))


def _list_fields(path: str, before: list[Object], after: list[Object]) -> Iterator[str]:
    """Items by their names, such as containers; one that only moved is no change of the item."""
    old, new = {each["name"]: each for each in before}, {each["name"]: each for each in after}
    order = [name for name in old if name in new], [name for name in new if name in old]
    if order[0] != order[1]:
        yield f"@@ {path}, order @@"
        yield from (f"{sign}{', '.join(names)}" for sign, names in zip("-+", order, strict=True))
    for name in dict.fromkeys((*old, *new)):
        yield from _fields(f"{path}[{name}]", old.get(name, _ABSENT), new.get(name, _ABSENT))


def _is_named(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and "name" in each for each in value):
        return False
    return len({each["name"] for each in value}) == len(value)


def _text(path: str, before: str, after: str) -> Iterator[str]:
    """A text of several lines, with three lines around each change."""
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm=""))[2:]:
        if line.startswith("@@"):
            start = line.split("+")[-1].split(",")[0].split(" ")[0]
            yield f"@@ {path}, line {start} @@"
        else:
            yield line
