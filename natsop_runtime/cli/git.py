"""Files of a git revision, through the git program."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import Final

from natsop_runtime.cli.documents import Document, InputError, parse_documents

_SUFFIXES: Final = (".yaml", ".yml", ".json")


def documents_of(revision: str, paths: Iterable[str]) -> list[Document]:
    """All objects in the YAML and JSON files below these paths, as they are in a revision. Raises InputError.

    A path that the revision does not have counts as empty: a pull request may add the folder.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise InputError(f"{revision}: git knows no such revision here")
    listed = _git("ls-tree", "-r", "-z", "--name-only", commit.strip(), "--", *paths) or ""
    files = [name for name in listed.split("\0") if name.endswith(_SUFFIXES)]
    return [each for name in files for each in parse_documents(f"{revision}:{name}", _content(commit.strip(), name))]


def _content(commit: str, name: str) -> str:
    text = _git("cat-file", "blob", f"{commit}:./{name}")
    if text is None:
        raise InputError(f"{name}: git cannot read it, or it is not UTF-8 text")
    return text


def _git(*arguments: str) -> str | None:
    """What git printed, or None where it failed."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
        return done.stdout.decode() if done.returncode == 0 else None
    except FileNotFoundError:
        raise InputError("git: no such program; `natsop diff OLD NEW` compares files without it") from None
    except UnicodeDecodeError:
        return None
