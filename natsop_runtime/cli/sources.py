"""The inputs of a command: files, folders, standard input."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import field
from pathlib import Path, PurePath
from typing import Final

from natsop_core.frozen import frozen

STDIN: Final = "-"

LARGEST: Final = 8 * 2**20
"""In bytes. An API server takes objects of 3 MiB at most; a file may hold many."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

SUFFIXES: Final = (".yaml", ".yml", ".json")


class InputError(Exception):
    """An input that cannot be used. Each argument is a line that says which file, where in it, and what is wrong."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)

    def __str__(self) -> str:
        return "\n".join(self.args)


def print_error(line: str) -> None:
    """Print a line to standard error. Texts of an input may be in it: what could steer a terminal is escaped."""
    print("".join(each if each.isprintable() or each == "\t" else ascii(each)[1:-1] for each in line), file=sys.stderr)


@frozen
class Source:
    """A file's content; `name` is what to call it in messages."""

    name: str
    content: bytes = field(repr=False)

    def text(self) -> str:
        """The content as text, which is UTF-8 whatever the locale says. Raises InputError."""
        if len(self.content) > LARGEST:
            raise InputError(f"{self.name}: larger than {LARGEST // 2**20} MiB")
        if self.content.startswith(_UTF_16):
            raise InputError(f"{self.name}: UTF-16 text; save it as UTF-8")
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            raise InputError(f"{self.name}:{line}: not UTF-8 text") from error


def read_sources(files: Iterable[str]) -> list[Source]:
    """The files in order; `-` is standard input, a folder all YAML and JSON files in it and below it.

    Raises InputError for what cannot be read.
    """
    return [_read(each) for file in files for each in _files(file)]


def holds_objects(path: PurePath) -> bool:
    """Whether a file below a folder is read with it, by its path from there: hidden folders (.git, .github) are not."""
    return path.suffix in SUFFIXES and not any(part.startswith(".") and part != ".." for part in path.parts[:-1])


def _files(file: str) -> Iterator[str]:
    if not file:
        raise InputError("An empty file name was given.")
    if file == STDIN or not os.path.isdir(file):  # noqa: PTH112 (Path.is_dir raises for what can be no name)
        yield file
        return
    inside = sorted(path for path in _below(Path(file)) if holds_objects(path.relative_to(file)))
    if not inside:
        raise InputError(f"{file}: no file in this folder or below ends in {', '.join(SUFFIXES)}")
    yield from map(str, inside)


def _below(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise InputError(f"{error.filename}: {error.strerror}") from error

    for inside, folders, files in os.walk(folder, onerror=stop):
        folders[:] = [each for each in folders if not each.startswith(".")]
        yield from (Path(inside, each) for each in files)


def _read(file: str) -> Source:
    try:
        if file == STDIN:
            return Source("<stdin>", sys.stdin.buffer.read(LARGEST + 1))
        with Path(file).open("rb") as stream:
            return Source(file, stream.read(LARGEST + 1))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file!a}: not a file name") from error
