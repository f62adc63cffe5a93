"""Writing objects as YAML that means the same to every reader, and that a person likes to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

if TYPE_CHECKING:
    from ruamel.yaml.nodes import ScalarNode

_PLAIN: Final = re.compile(r"[A-Za-z_/$][\w./:$()=@%+,-]*(?<![:])(?: [\w./$()=@%+,-]+)*")
"""Texts that are strings unquoted in YAML 1.1 and 1.2 alike, save for the words below."""

_OTHER_TYPES: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""Words that YAML 1.1 or 1.2, or one of their readers, takes for a boolean, null or number, in any case."""


def to_yaml(objects: Iterable[Mapping[str, Any]]) -> str:
    """The objects as a stream of YAML documents, in block style, keys in their given order."""
    stream = StringIO()
    yaml: Any = YAML(typ="safe", pure=True)  # its attributes are declared as None
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 2**20
    yaml.explicit_start = True
    yaml.dump_all(list(objects), stream)
    return stream.getvalue()


class _Representer(SafeRepresenter):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (ruamel's signature)
        return True


def _string(representer: SafeRepresenter, text: str) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if "\n" in text and text.isprintable() is False and _fits_block(text):
        return "|"
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPES:
        return None
    return "'" if text.isprintable() else '"'


def _fits_block(text: str) -> bool:
    return text.replace("\n", "").isprintable() and not text.startswith((" ", "\n"))


_Representer.add_representer(str, _string)
