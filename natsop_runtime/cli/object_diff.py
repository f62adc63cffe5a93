"""Compares two sets of rendered objects, for the reviewer of a pull request."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from natsop_core.frozen import frozen
from natsop_core.names import is_derived_annotation
from natsop_runtime.cli.field_diff import field_lines
from natsop_runtime.yaml.writer import yaml_lines

Object = Mapping[str, Any]
Identity = tuple[str, str, str, str]
ChangeKind = Literal["added", "removed", "changed"]

_WITH_PODS: Final = ("StatefulSet", "Deployment")


@frozen
class ObjectChange:
    """An object that is not the same on both sides. rolls: why its pods are replaced; empty where they are not."""

    kind: ChangeKind
    before: Object
    after: Object
    rolls: str = ""

    @property
    def identity(self) -> Identity:
        return identity(self.after or self.before)

    @property
    def title(self) -> str:
        _, kind, namespace, name = self.identity
        return f"{self.kind} {kind} {namespace}/{name}{self.rolls}"

    def lines(self) -> Iterator[str]:
        """The change: `@@ path @@` for each field, then what went with a minus and what came with a plus."""
        if self.kind == "changed":
            yield from field_lines(self.before, self.after)
        else:
            sign, obj = ("+", self.after) if self.kind == "added" else ("-", self.before)
            yield from (f"{sign}{line}" for line in yaml_lines(obj))


def object_changes(before: Iterable[Object], after: Iterable[Object], *, show_secrets: bool) -> list[ObjectChange]:
    """Every object that differs: those there are, in the order to apply them in, then those that are no more.

    Digests and notes, which follow from the rest, are left out, save that they replace pods.
    """
    shown = _with_secrets if show_secrets else _without_secrets
    old, new = {identity(each): each for each in before}, {identity(each): each for each in after}
    changes = []
    for key in dict.fromkeys((*new, *old)):
        one, other = (_without_derived(side.get(key, {})) for side in (old, new))
        rolls = _rolls(old[key], new[key], one, other) if key in old and key in new else ""
        if one != other or rolls:
            kind: ChangeKind = "added" if key not in old else "removed" if key not in new else "changed"
            changes.append(ObjectChange(kind, *shown(one, other), rolls))
    return changes


def identity(obj: Object) -> Identity:
    """What an object is called, in every set of objects."""
    return obj["apiVersion"], obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]


def _rolls(before: Object, after: Object, shown_before: Object, shown_after: Object) -> str:
    """What to say of the pods, given the objects with and without what is derived."""
    if after["kind"] not in _WITH_PODS or before["spec"]["template"] == after["spec"]["template"]:
        return ""
    if shown_before["spec"]["template"] != shown_after["spec"]["template"]:
        return ": its pods are replaced"
    return ": its pods are replaced, which read their new configuration only when they start"


def _without_derived(obj: Object) -> Object:
    """The object without our annotations, on itself and on its pods."""
    if not obj:
        return obj
    stripped = {**obj, "metadata": _without_our_annotations(obj["metadata"])}
    if obj["kind"] in _WITH_PODS:
        template = obj["spec"]["template"]
        metadata = _without_our_annotations(template["metadata"])
        stripped["spec"] = {**obj["spec"], "template": {**template, "metadata": metadata}}
    return stripped


def _without_our_annotations(metadata: Object) -> Object:
    annotations = {
        key: value for key, value in metadata.get("annotations", {}).items() if not is_derived_annotation(key)
    }
    rest = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**rest, "annotations": annotations} if annotations else rest


def _without_secrets(before: Object, after: Object) -> tuple[Object, Object]:
    """The objects with no value of a Secret in them, though still with the keys whose values differ."""
    if "Secret" not in (before.get("kind"), after.get("kind")):
        return before, after
    old, new = before.get("data", {}), after.get("data", {})
    hidden = {key: "hidden" if old.get(key) == new.get(key) or key not in old else "hidden, changed" for key in new}
    return (
        {**before, "data": dict.fromkeys(old, "hidden")} if before else {},
        {**after, "data": hidden} if after else {},
    )


def _with_secrets(before: Object, after: Object) -> tuple[Object, Object]:
    return _decoded(before), _decoded(after)


def _decoded(obj: Object) -> Object:
    """A Secret with its values as texts."""
    if obj.get("kind") != "Secret":
        return obj
    values = {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in obj.get("data", {}).items()}
    return {**obj, "data": values}
