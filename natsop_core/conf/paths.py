"""The files that a configuration names and a server reads when it starts or connects."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core.conf.errors import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from natsop_core.conf.effective import EffectiveConfig

_FILES: Final = frozenset(("cert_file", "key_file", "ca_file", "credentials", "keys_file"))
_OF_THE_IMAGE: Final = ("/etc/ssl", "/usr/share", "/usr/local/share")
"""Where an image has the certificates of public authorities."""


@dataclass(frozen=True)
class NamedFile:
    """The path of a file, the option that names it, and where that stands."""

    path: str
    option: str
    place: Place


def files_outside(config: EffectiveConfig, folders: Collection[str]) -> list[NamedFile]:
    """The files that lie in none of the folders, and not where an image has its own."""
    known = (*folders, *_OF_THE_IMAGE)
    return [file for file in named_files(config) if not any(is_below(file.path, folder) for folder in known)]


def named_files(config: EffectiveConfig) -> Iterator[NamedFile]:
    """All of them; a relative path starts at the root, where the server runs."""
    for block, options in config.blocks:
        for key, value in block.items():
            if options.name_of(key) in _FILES and isinstance(value, str) and value:
                path = posixpath.normpath(posixpath.join("/", value))
                yield NamedFile(path, key, block.place_of(key) or Place(config.main))


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
