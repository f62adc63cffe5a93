"""Reading YAML and JSON files of Kubernetes objects, so that an error can name its file, line and column."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

STDIN: Final = "-"

_PATH_PART: Final = re.compile(r"[^.\[\]]+")


class InputError(Exception):
    """An input that cannot be used; the message says which file, where in it, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file: the `item`-th of a List, or a whole YAML document, the `index`-th of the file."""

    file: str
    content: dict[str, Any] = field(repr=False)  # it may be a Secret
    text: str = field(repr=False)
    index: int
    item: int | None = None

    @property
    def kind(self) -> str:
        return str(self.content.get("kind", ""))

    @property
    def name(self) -> str:
        metadata = self.content.get("metadata")
        return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""

    def place(self, path: str = "") -> str:
        """`file:line` of the field at a path such as `spec.ports[1].name`, or of the nearest one around it."""
        node = list(YAML(typ="rt").compose_all(self.text))[self.index]
        parts = _PATH_PART.findall(path) if self.item is None else ["items", str(self.item), *_PATH_PART.findall(path)]
        return f"{self.file}:{_line(node, parts) + 1}"


def read_documents(files: Iterable[str]) -> list[Document]:
    """All objects of the files, in order; `-` is standard input, a List is taken apart. Raises InputError."""
    return [document for file in files for document in _read(file)]


def _read(file: str) -> Iterator[Document]:
    text, name = _text(file)
    try:
        contents = list(YAML(typ="safe", pure=True).load_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise InputError(f"{where}: {error.problem or error.context or 'not YAML'}") from error
    except YAMLError as error:
        raise InputError(f"{name}: {error}") from error
    except RecursionError as error:
        raise InputError(f"{name}: nested too deeply") from error
    for index, content in enumerate(contents):
        yield from _documents(name, content, text, index)


def _documents(file: str, content: Any, text: str, index: int) -> Iterator[Document]:
    if content is None:
        return
    content = _object(file, content)
    if content.get("kind") != "List":
        yield Document(file, content, text, index)
        return
    items = content.get("items") or []
    if not isinstance(items, list):
        raise InputError(f"{file}: the items of a List must be a list")
    for number, item in enumerate(items):
        yield Document(file, _object(file, item), text, index, number)


def _object(file: str, content: Any) -> dict[str, Any]:
    if isinstance(content, dict):
        return content
    raise InputError(f"{file}: expected a Kubernetes object: a map with apiVersion, kind and metadata")


def _text(file: str) -> tuple[str, str]:
    try:
        if file == STDIN:
            return sys.stdin.read(), "<stdin>"
        return Path(file).read_text(encoding="utf-8"), file
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text") from error
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error


def _line(node: Node, parts: list[str]) -> int:
    line: int = node.start_mark.line
    for part in parts:
        step = _step(node, part)
        if step is None:
            break
        line, node = step
    return line


def _step(node: Node, part: str) -> tuple[int, Node] | None:
    """The line of a map's key or a list's item, and its value."""
    if isinstance(node, MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line, item
    return None
