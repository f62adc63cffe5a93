"""Writing a folder of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from natsop_runtime.cli.documents import InputError


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write these texts, by file name, to the folder, which is made if need be. Raises InputError."""
    for name in texts:
        if "/" in name or "\\" in name or "\0" in name:  # names come from the input
            raise InputError(f"{name!a}: not a file name; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}") from error
