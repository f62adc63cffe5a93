"""Reading YAML and JSON as kubectl does, with the line of everything.

PyYAML's events come from libyaml, of which kubectl's parser is a translation; what they mean is decided here. Nothing
recurses, and what aliases multiply is counted first, so that no file is too much.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from natsop_runtime.cli.yaml_scalars import NotJsonError, json_value, scalar

DEEPEST: Final = 200
"""Levels of nesting; a custom resource with an affinity has some 15."""

MOST_COPIES: Final = 100_000
"""Values that all aliases of a document may stand for. One that multiplies itself soon stands for billions."""

_PARSER: Final = getattr(yaml, "CLoader", yaml.Loader)
_MERGE: Final = object()
_NO_KEY: Final = object()
_COLLECTION_TAGS: Final = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

Lines = dict[tuple[int, str | int], int]
"""By container (its id) and key or index: the line, counted from 0."""


class YamlFaultError(Exception):
    """Why a text is not YAML that Kubernetes could read. `line` and `column` count from 0; -1: unknown."""

    def __init__(self, message: str, line: int = -1, column: int = -1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A document's content, and where in the file each part of it stands."""

    content: Any = field(repr=False)
    line: int
    lines: Lines = field(repr=False)


def read_yaml(text: str) -> list[YamlDocument]:
    """All documents of a text, YAML or JSON. Raises YamlFaultError."""
    try:
        return list(_Reader().read(text))
    except (yaml.YAMLError, YamlFaultError) as error:
        fault = error if isinstance(error, YamlFaultError) else _fault(error, text)
        if not isinstance(error, YamlFaultError) and text.lstrip().startswith("{"):
            return [_read_json(text, fault)]  # a text that only a reader of JSON takes, for its "\ud83d\ude00"
        raise fault from None


@dataclass(slots=True)
class _Frame:
    """A map or list that is being read."""

    container: dict[str, Any] | list[Any]
    line: int
    anchor: str | None
    first: int
    key: Any = _NO_KEY
    key_line: int = 0
    merged: set[str] = field(default_factory=set)


class _Reader:
    def __init__(self) -> None:
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._lines: Lines = {}
        self._values = 0
        self._copies = 0
        self._root: tuple[Any, int] = (None, 0)

    def read(self, text: str) -> Iterator[YamlDocument]:
        for event in yaml.parse(text, Loader=_PARSER):
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._start(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._end()
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent():
                    self.__init__()  # type: ignore[misc]
                case yaml.DocumentEndEvent():
                    yield YamlDocument(self._root[0], self._root[1], self._lines)

    def _scalar(self, event: Any) -> None:
        plain = event.implicit[0]
        mark = event.start_mark
        if plain and event.value == "<<" and self._wants_key():
            self._stack[-1].key, self._stack[-1].key_line = _MERGE, mark.line
            return
        try:
            value = scalar(event.value, event.tag, plain=plain)
        except NotJsonError as error:
            raise YamlFaultError(str(error), mark.line, mark.column) from None
        self._values += 1
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, mark)

    def _start(self, event: Any) -> None:
        mark = event.start_mark
        if len(self._stack) == DEEPEST:
            raise YamlFaultError("nested too deeply", mark.line, mark.column)
        if event.tag not in _COLLECTION_TAGS:
            raise YamlFaultError(f"the tag {event.tag} is not supported", mark.line, mark.column)
        if self._wants_key():
            raise YamlFaultError("a map or list cannot be a key", mark.line, mark.column)
        container: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if event.anchor:
            self._anchors[event.anchor] = (_NO_KEY, 0)  # not to be used inside of itself
        self._stack.append(_Frame(container, mark.line, event.anchor, self._values))

    def _end(self) -> None:
        frame = self._stack.pop()
        self._values += 1
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.container, self._values - frame.first)
        self._put(frame.container, frame.line)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        value, size = self._anchors.get(event.anchor, (_NO_KEY, 0))
        if value is _NO_KEY:
            raise YamlFaultError(f"there is no anchor {event.anchor} before this alias", mark.line, mark.column)
        self._copies += size
        self._values += size
        if self._copies > MOST_COPIES:
            raise YamlFaultError("aliases stand for too many values", mark.line, mark.column)
        self._add(self._copy(value), mark)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].container, dict) and self._stack[-1].key is _NO_KEY

    def _add(self, value: Any, mark: Any) -> None:
        if not self._wants_key():
            self._put(value, mark.line)
            return
        frame = self._stack[-1]
        key = _key(value)
        if key is None:
            raise YamlFaultError("a map, a list or null cannot be a key", mark.line, mark.column)
        if key in frame.container and key not in frame.merged:
            raise YamlFaultError(f"the key {key} is there twice", mark.line, mark.column)
        frame.merged.discard(key)
        frame.key, frame.key_line = key, mark.line

    def _put(self, value: Any, line: int) -> None:
        """Put a value where it belongs: into the innermost map or list, or it is the document."""
        if not self._stack:
            self._root = (value, line)
            return
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            self._lines[id(frame.container), len(frame.container)] = line
            frame.container.append(value)
        elif frame.key is _MERGE:
            self._merge(frame, value)
            frame.key = _NO_KEY
        else:
            self._lines[id(frame.container), frame.key] = frame.key_line
            frame.container[frame.key] = value
            frame.key = _NO_KEY

    def _merge(self, frame: _Frame, value: Any) -> None:
        """`<<`: the keys of other maps, of which earlier ones win; what is written beside it must come after it."""
        maps = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in maps):
            raise YamlFaultError("<< takes a map or a list of maps", frame.key_line, 0)
        assert isinstance(frame.container, dict)  # noqa: S101 (only maps have keys)
        before = frame.container.keys() - frame.merged
        for each in reversed(maps):
            if twice := sorted(before & each.keys()):
                raise YamlFaultError(f"the key {twice[0]} is there twice: put << above it", frame.key_line, 0)
            for key, part in each.items():
                frame.container[key] = part
                self._lines[id(frame.container), key] = self._lines.get((id(each), key), frame.key_line)
            frame.merged |= each.keys()

    def _copy(self, value: Any) -> Any:
        """A copy of its own for each alias, which knows its lines; no deeper than what was read."""
        if isinstance(value, dict):
            copied: Any = {key: self._copy(part) for key, part in value.items()}
            keys: Any = value
        elif isinstance(value, list):
            copied, keys = [self._copy(part) for part in value], range(len(value))
        else:
            return value
        self._lines.update({(id(copied), key): self._lines[id(value), key] for key in keys})
        return copied


def _key(value: Any) -> str | None:
    """A key as JSON has it (sigs.k8s.io/yaml), or None for what cannot be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _fault(error: Any, text: str) -> YamlFaultError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark:
        return YamlFaultError(error.problem or error.context or "not YAML", mark.line, mark.column)
    before = text.encode()[: getattr(error, "position", 0)]
    return YamlFaultError(
        getattr(error, "reason", "not YAML"), before.count(b"\n"), len(before) - before.rfind(b"\n") - 1
    )


def _read_json(text: str, fault: YamlFaultError) -> YamlDocument:
    try:
        content = json.loads(text, object_pairs_hook=_unique, parse_float=lambda each: json_value(float(each)))
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise fault from None
    return YamlDocument(content, 0, {})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return found
