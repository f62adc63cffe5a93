"""Reading YAML and JSON as kubectl does, with the line of everything.

ruamel.yaml's parser is libyaml, of which kubectl's parser is a translation. What its events mean is decided here:
depth is bounded, and what aliases multiply is counted before it is copied, so that no file is too much.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from ruamel.yaml.reader import ReaderError

from natsop_core.frozen import frozen
from natsop_runtime.yaml.scalars import NotJsonError, json_value, scalar

MAX_DEPTH: Final = 200
"""Levels of nesting; a custom resource with an affinity has some 15."""

MAX_ALIASED_VALUES: Final = 100_000
"""Values that all aliases of a document may stand for. One that multiplies itself soon stands for billions."""

_COLLECTION_TAGS: Final = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

_LIBYAML_0_1: Final = "found unexpected ':'"
"""What ruamel.yaml's libyaml, 0.1.7, says of `[nats://host:4222]`. kubectl and libyaml since 0.2 read it as a text."""

Lines = dict[tuple[int, str | int], int]
"""By container (its id) and key or index: the line, counted from 0."""


class YamlFaultError(Exception):
    """Why a text is not YAML that Kubernetes could read. `line` and `column` count from 0."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@frozen
class YamlDocument:
    """A document's content, and where in the file each part of it stands."""

    content: Any = field(repr=False)
    line: int
    lines: Lines = field(repr=False)


def read_yaml(text: str) -> list[YamlDocument]:
    """All documents of a text, YAML or JSON. Raises YamlFaultError."""
    try:
        return _documents(text, pure=False)
    except YAMLError as error:
        fault = _fault(error, text)
    if text.lstrip().startswith("{") and (document := _json_document(text)):
        return [document]
    if str(fault) != _LIBYAML_0_1:
        raise fault
    try:
        return _documents(text, pure=True)  # 20 times slower
    except YAMLError as error:
        raise _fault(error, text) from None


def _documents(text: str, *, pure: bool) -> list[YamlDocument]:
    events = YAML(typ="safe", pure=pure).parse(text)
    return [_Document(events).read() for event in events if isinstance(event, DocumentStartEvent)]


class _Document:
    """Reads one document from a stream of events. `_value`, `_list` and `_map` recurse, down to MAX_DEPTH."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}  # the value, and how many values it consists of
        self._lines: Lines = {}
        self._values = 0
        self._copies = 0

    def read(self) -> YamlDocument:
        first = next(self._events)
        return YamlDocument(self._value(first, 0), first.start_mark.line, self._lines)

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        before = self._values
        self._values += 1
        self._anchors.pop(event.anchor, None)  # not to be used inside of itself
        if isinstance(event, ScalarEvent):
            value = _scalar(event)
        else:
            if depth == MAX_DEPTH:
                raise _fault_at(event, "nested too deeply")
            if event.tag not in _COLLECTION_TAGS:
                raise _fault_at(event, f"the tag {event.tag} is not supported")
            is_map = isinstance(event, MappingStartEvent)
            value = self._map(depth + 1) if is_map else self._list(depth + 1)
        if event.anchor:
            self._anchors[event.anchor] = value, self._values - before
        return value

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            self._lines[id(found), len(found)] = event.start_mark.line
            found.append(self._value(event, depth))
        return found

    def _map(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: set[str] = set()
        while not isinstance(event := next(self._events), MappingEndEvent):
            if isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]:
                self._merge(event, self._value(next(self._events), depth), found, merged)
                continue
            key = self._key(event)
            if key in found and key not in merged:
                raise _fault_at(event, f"the key {key} is there twice")
            merged.discard(key)
            self._lines[id(found), key] = event.start_mark.line
            found[key] = self._value(next(self._events), depth)
        return found

    def _key(self, event: Any) -> str:
        """A key as JSON has it (sigs.k8s.io/yaml)."""
        key = self._value(event, 0) if isinstance(event, ScalarEvent | AliasEvent) else None
        if isinstance(key, bool):
            return "true" if key else "false"
        if not isinstance(key, str | int | float):
            raise _fault_at(event, "a map, a list or null cannot be a key")
        return str(key)

    def _merge(self, event: Any, value: Any, found: dict[str, Any], merged: set[str]) -> None:
        """`<<`: the keys of other maps, of which earlier ones win; what is written beside it must come after it."""
        maps = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in maps):
            raise _fault_at(event, "<< takes a map or a list of maps")
        written = found.keys() - merged
        for each in reversed(maps):
            if twice := sorted(written & each.keys()):
                raise _fault_at(event, f"the key {twice[0]} is there twice: put << above it")
            for key, part in each.items():
                found[key] = part
                self._lines[id(found), key] = self._lines[id(each), key]
            merged.update(each)

    def _alias(self, event: Any, depth: int) -> Any:
        if event.anchor not in self._anchors:
            raise _fault_at(event, f"there is no anchor {event.anchor} before this alias")
        value, size = self._anchors[event.anchor]
        self._copies += size
        self._values += size
        if self._copies > MAX_ALIASED_VALUES:
            raise _fault_at(event, "aliases stand for too many values")
        if depth + _depth(value) > MAX_DEPTH:
            raise _fault_at(event, "nested too deeply")
        return self._copy(value)

    def _copy(self, value: Any) -> Any:
        """A copy of its own for each alias, which knows its lines."""
        if isinstance(value, dict):
            copied: Any = {key: self._copy(part) for key, part in value.items()}
            keys: Any = value
        elif isinstance(value, list):
            copied, keys = [self._copy(part) for part in value], range(len(value))
        else:
            return value
        self._lines.update({(id(copied), key): self._lines[id(value), key] for key in keys})
        return copied


def _scalar(event: Any) -> Any:
    try:
        return scalar(event.value, event.tag, plain=event.implicit[0])
    except NotJsonError as error:
        raise _fault_at(event, str(error)) from None


def _fault_at(event: Any, message: str) -> YamlFaultError:
    return YamlFaultError(message, event.start_mark.line, event.start_mark.column)


def _fault(error: YAMLError, text: str) -> YamlFaultError:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return YamlFaultError(error.problem or error.context, mark.line, mark.column)
    assert isinstance(error, ReaderError)  # noqa: S101 (there are no others)
    is_bytes = error.encoding != "unicode"  # libyaml counts the bytes before it
    before = text.encode()[: error.position].decode(errors="replace") if is_bytes else text[: error.position]
    return YamlFaultError(error.reason, before.count("\n"), len(before) - before.rfind("\n") - 1)


def _json_document(text: str) -> YamlDocument | None:
    """The text as JSON, of which YAML does not take all, such as "\\ud83d\\ude00"; None where it is none."""
    try:
        content = json.loads(text, object_pairs_hook=_unique, parse_float=lambda each: json_value(float(each)))
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    if _depth(content) > MAX_DEPTH:
        raise YamlFaultError("nested too deeply", 0, 0)
    return YamlDocument(content, 0, {})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
    return depth
