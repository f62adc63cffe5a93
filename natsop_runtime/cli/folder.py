"""Writes a folder of files, and recognizes those of an earlier run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

from natsop_core.frozen import frozen
from natsop_runtime.cli.sources import InputError

_HEADER: Final = re.compile(r"# Made by natsop render of (.+); do not edit\.\n")


@frozen
class File:
    """A file to write. One of a Secret can be read by its owner alone."""

    name: str
    text: str = field(repr=False)
    is_secret: bool = False


def header(maker: str) -> str:
    """The first line of a file, by which it is known again."""
    return f"# Made by natsop render of {maker}; do not edit."


def write_files(folder: Path, files: Sequence[File]) -> None:
    """Write these files to the folder, which is made if need be. Raises InputError."""
    for file in files:
        if "/" in file.name or "\\" in file.name or "\0" in file.name:  # names come from the input
            raise InputError(f"{file.name!a}: not a file name; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            _write(folder / file.name, file)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}") from error


def made_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file of the folder that has our header, with what that says. Raises InputError."""
    try:
        for path in sorted(folder.glob("*.yaml")):
            with path.open(encoding="utf-8", errors="replace") as stream:
                if made := _HEADER.fullmatch(stream.readline(1024)):
                    yield path, made[1]
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}") from error


def remove_file(path: Path) -> None:
    """Remove a file. Raises InputError."""
    try:
        path.unlink()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _write(path: Path, file: File) -> None:
    mode = 0o600 if file.is_secret else 0o666
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as stream:
        if file.is_secret:
            os.fchmod(stream.fileno(), mode)  # it may have been there already
        stream.write(file.text)
