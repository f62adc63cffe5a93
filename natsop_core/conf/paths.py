"""Finds the files that a configuration names, such as certificates and credentials."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from natsop_core.conf.errors import Place
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from natsop_core.conf.effective import EffectiveConfig

_FILES: Final = frozenset(("cert_file", "key_file", "ca_file", "credentials", "keys_file"))
_OF_THE_IMAGE: Final = ("/etc/ssl", "/usr/share", "/usr/local/share")
"""The folders of an image with the certificates of public authorities."""


@frozen
class NamedFile:
    """The path of a file, the option that names it, and its place."""

    path: str
    option: str
    place: Place


def files_outside(config: EffectiveConfig, folders: Collection[str]) -> list[NamedFile]:
    """The files that are neither in one of the folders nor in those of the image."""
    known = (*folders, *_OF_THE_IMAGE)
    return [file for file in named_files(config) if not any(is_below(file.path, folder) for folder in known)]


def named_files(config: EffectiveConfig) -> Iterator[NamedFile]:
    """All files. A relative path starts at the root, the working directory of the server."""
    for block, options in config.blocks:
        for key, value in block.items():
            if options.name_of(key) in _FILES and isinstance(value, str) and value:
                path = posixpath.normpath(posixpath.join("/", value))
                yield NamedFile(path, key, block.place_of(key) or Place(config.main))


def is_below(path: str, folder: str) -> bool:
    """Whether a path is this folder or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
