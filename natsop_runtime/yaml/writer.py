"""Writing objects as YAML that means the same to every reader, and that a person likes to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

_PLAIN: Final = re.compile(r"[A-Za-z_/$][\w./:$()=@%+,-]*(?<![:])(?: [\w./$()=@%+,-]+)*")
"""Texts that are strings unquoted in YAML 1.1 and 1.2 alike, save for the words below."""

_OTHER_TYPES: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""Words that YAML 1.1 or 1.2, or one of their readers, takes for a boolean, null or number, in any case."""

_ON_ONE_LINE: Final = 2**20
_PLAIN_ONLY: Final = (True, False)
_ANY_STYLE: Final = (True, True)
_QUOTED_ONLY: Final = (False, True)


def to_yaml(objects: Iterable[Mapping[str, Any]]) -> str:
    """The objects as a stream of YAML documents, in block style, keys in their given order."""
    return _emitted(objects, explicit_start=True)


def yaml_lines(value: Any) -> list[str]:
    """One value as lines of YAML, a text of several lines as it is."""
    if isinstance(value, str) and _style(value) == "|":
        return value.splitlines()
    return _emitted([value], explicit_start=False).removesuffix("...\n").splitlines()


def _emitted(values: Iterable[Any], *, explicit_start: bool) -> str:
    yaml = YAML(typ="safe")
    yaml.width = _ON_ONE_LINE
    stream = StringIO()
    yaml.emit(_stream(values, explicit_start=explicit_start), stream)
    return stream.getvalue()


def _stream(values: Iterable[Any], *, explicit_start: bool) -> Iterator[Event]:
    yield StreamStartEvent()
    for value in values:
        yield DocumentStartEvent(explicit=explicit_start)
        events: list[Event] = []
        _add(value, events)
        yield from events
        yield DocumentEndEvent(explicit=False)
    yield StreamEndEvent()


def _add(value: Any, events: list[Event]) -> None:
    """Add the events of a value. A list, since generators within generators take twice the time."""
    match value:
        case str():
            events.append(_text(value))
        case list() | tuple():
            events.append(SequenceStartEvent(None, None, True, flow_style=not value))
            for part in value:
                _add(part, events)
            events.append(SequenceEndEvent())
        case Mapping():
            events.append(MappingStartEvent(None, None, True, flow_style=not value))
            for key, part in value.items():
                events.append(_text(key))
                _add(part, events)
            events.append(MappingEndEvent())
        case _:
            events.append(ScalarEvent(None, None, _PLAIN_ONLY, _word(value)))


def _text(text: str) -> ScalarEvent:
    style = _style(text)
    return ScalarEvent(None, None, _QUOTED_ONLY if style else _ANY_STYLE, text, style=style)


def _word(value: object) -> str:
    """What is neither text nor collection, as an unquoted word."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
    raise TypeError(f"{type(value).__name__} cannot be written as YAML")


def _float(value: float) -> str:
    """A float with the dot that YAML 1.1 insists on."""
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def _style(text: str) -> str | None:
    if "\n" in text and text.replace("\n", "").isprintable() and not text.startswith((" ", "\n")):
        return "|"
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPES:
        return None
    return "'" if text.isprintable() else '"'
