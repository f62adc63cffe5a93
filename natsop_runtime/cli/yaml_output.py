"""Writing objects as YAML that means the same to every reader, and that a person likes to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

_PLAIN: Final = re.compile(r"[A-Za-z_/$][\w./:$()=@%+,-]*(?<![:])(?: [\w./$()=@%+,-]+)*")
"""Texts that are strings unquoted in YAML 1.1 and 1.2 alike, save for the words below."""

_OTHER_TYPES: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""Words that YAML 1.1 or 1.2, or one of their readers, takes for a boolean, null or number, in any case."""

_DUMPER: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ON_ONE_LINE: Final = 2**20


class _Dumper(_DUMPER):  # type: ignore[misc,valid-type]
    """PyYAML's, with quotes where either version of YAML needs them, and without aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True


def to_yaml(objects: Iterable[Mapping[str, Any]]) -> str:
    """The objects as a stream of YAML documents, in block style, keys in their given order."""
    return _dumped(list(objects), explicit_start=True)


def yaml_lines(value: Any) -> list[str]:
    """One value as lines of YAML, a text of several lines as it is."""
    if isinstance(value, str) and _style(value) == "|":
        return value.splitlines()
    return _dumped([value], explicit_start=False).removesuffix("...\n").splitlines()


def _dumped(values: list[Any], *, explicit_start: bool) -> str:
    text: str = yaml.dump_all(
        values,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        width=_ON_ONE_LINE,
        allow_unicode=True,
        explicit_start=explicit_start,
    )
    return text


def _string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if "\n" in text and text.replace("\n", "").isprintable() and not text.startswith((" ", "\n")):
        return "|"
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPES:
        return None
    return "'" if text.isprintable() else '"'


_Dumper.add_representer(str, _string)
