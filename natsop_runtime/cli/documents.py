"""Reads files of Kubernetes objects, with the file, line and column of each value for error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any, Final

from natsop_core.frozen import frozen
from natsop_runtime.cli.sources import InputError, Source, read_sources
from natsop_runtime.yaml.reader import Lines, YamlFaultError, read_yaml

_INDEX: Final = re.compile(r"\[([0-9]+)]")


@frozen
class Document:
    """One object of a file: a whole YAML document, or an item of a List."""

    file: str
    content: dict[str, Any] = field(repr=False)  # it may be a Secret
    line: int
    lines: Lines = field(repr=False)

    @property
    def kind(self) -> str:
        return str(self.content.get("kind", ""))

    @property
    def name(self) -> str:
        return str(self._metadata.get("name", ""))

    @property
    def called(self) -> str:
        """Its kind and name, for messages."""
        return f"{self.kind} {self.name}".rstrip()

    @property
    def namespace(self) -> str:
        return str(self._metadata.get("namespace", "default"))

    @property
    def _metadata(self) -> dict[str, Any]:
        metadata = self.content.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    def place(self, path: str = "") -> str:
        """`file:line` of the field at a path such as `spec.ports[1].name`, or of the nearest one around it."""
        line, inside, rest = self.line, self.content, f".{path}"
        while step := _step(inside, rest):
            key, rest = step
            line = self.lines.get((id(inside), key), line)
            inside = inside[key]
        return f"{self.file}:{line + 1}"


def read_documents(files: Iterable[str]) -> list[Document]:
    """All objects of the files, in order; `-` is standard input, a folder all YAML and JSON files in it and below it.

    A List is taken apart. Raises InputError.
    """
    return parse(read_sources(files))


def parse(sources: Iterable[Source]) -> list[Document]:
    """All objects of the sources. Raises InputError, which names every one that is broken."""
    documents, faults = parse_all(sources)
    if faults:
        raise InputError(*faults)
    return documents


def parse_all(sources: Iterable[Source]) -> tuple[list[Document], list[str]]:
    """All objects of the sources that can be parsed, and what is wrong with each other one."""
    documents: list[Document] = []
    faults: list[str] = []
    for source in sources:
        try:
            documents += parse_source(source)
        except InputError as error:
            faults += error.args
    return documents, faults


def parse_source(source: Source) -> list[Document]:
    """All objects of one source. Raises InputError."""
    try:
        documents = read_yaml(source.text())
    except YamlFaultError as fault:
        raise InputError(f"{source.name}:{fault.line + 1}:{fault.column + 1}: {fault}") from None
    return [each for one in documents for each in _objects(source.name, one.content, one.line, one.lines)]


def _objects(file: str, content: Any, line: int, lines: Lines) -> Iterator[Document]:
    if content is None:
        return
    content = _object(file, line, content)
    if content.get("kind") != "List":
        yield Document(file, content, line, lines)
        return
    items = content.get("items") or []
    if not isinstance(items, list):
        raise InputError(f"{file}:{line + 1}: the items of a List must be a list")
    for number, item in enumerate(items):
        item_line = lines.get((id(items), number), line)
        yield Document(file, _object(file, item_line, item), item_line, lines)


def _object(file: str, line: int, content: Any) -> dict[str, Any]:
    if isinstance(content, dict):
        return content
    raise InputError(f"{file}:{line + 1}: expected a Kubernetes object: a map with apiVersion, kind and metadata")


def _step(inside: Any, path: str) -> tuple[Any, str] | None:
    """The key or index that a path such as `.spec.ports[1]` goes on with, and the rest; keys may have dots in them."""
    if isinstance(inside, list):
        index = _INDEX.match(path)
        return (int(index[1]), path[index.end() :]) if index and int(index[1]) < len(inside) else None
    if not isinstance(inside, dict):
        return None
    for key in sorted(inside, key=len, reverse=True):
        for written in (f".{key}", f"[{key}]"):
            if path.startswith(written) and path[len(written) :][:1] in ("", ".", "["):
                return key, path[len(written) :]
    return None
