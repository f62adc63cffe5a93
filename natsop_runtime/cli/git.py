"""Files of two git revisions, through the git program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from natsop_runtime.cli.sources import SUFFIXES, InputError, Source, holds_objects

_FILE_MODES: Final = ("100644", "100755")
"""Of what a tree holds, a file has one of these; a symbolic link or a submodule has another."""

_UNKNOWN: Final = "Needed a single revision"
"""What git says of a revision that it does not know."""


def revision_sources(revisions: tuple[str, str], paths: Sequence[str]) -> tuple[list[Source], list[Source]]:
    """The YAML and JSON files at these paths, as they are in each of two revisions. Raises InputError.

    A path that only one of them has counts as empty in the other: a pull request may add a folder. One that neither has
    is a mistake.
    """
    old, new = (_commit(revision) for revision in revisions)
    for path in paths:
        if not any(True for commit in (old, new) for _ in _files(commit, path)):
            endings = ", ".join(SUFFIXES)
            raise InputError(
                f"{path}: neither {revisions[0]} nor {revisions[1]} has a file there that ends in {endings}"
            )
    return _sources(revisions[0], old, paths), _sources(revisions[1], new, paths)


def _sources(revision: str, commit: str, paths: Sequence[str]) -> list[Source]:
    names = dict.fromkeys(name for path in paths for name in _files(commit, path))
    return [Source(f"{revision}:{name}", _git("cat-file", "blob", f"{commit}:./{name}")) for name in names]


def _files(commit: str, path: str) -> Iterator[str]:
    """The file at the path itself, or those below it, relative to the working directory; links are passed over."""
    listed = _git("ls-tree", "-r", "-z", commit, "--", path).decode("utf-8", "surrogateescape")
    for entry in filter(None, listed.split("\0")):
        properties, _, name = entry.partition("\t")
        if properties.partition(" ")[0] not in _FILE_MODES:
            continue
        below = PurePosixPath(os.path.relpath(name, path))
        if not below.name or holds_objects(below):
            yield name


def _commit(revision: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except InputError as error:
        if _UNKNOWN not in str(error):
            raise InputError(f"{revision}: {error.args[0]}", *error.args[1:]) from None
    raise InputError(f"{revision}: git knows no such revision here{_hint()}")


def _hint() -> str:
    """Why it may be missing: the usual checkout of a CI job holds the newest commit alone."""
    shallow = _git("rev-parse", "--is-shallow-repository").strip() == b"true"
    return "; this clone is shallow: fetch more of its history (git fetch --unshallow)" if shallow else ""


def _git(*arguments: str) -> bytes:
    """What git printed. Raises InputError with git's own words where it failed."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=environment)
    except FileNotFoundError:
        raise InputError("git: no such program; `natsop diff OLD NEW` compares files without it") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise InputError(*f"git {arguments[0]}: {said}".splitlines())
    return done.stdout
