"""Reading an image from a tar in OCI layout: its configuration, and the files of its one layer."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WrittenImage:
    """An image for one machine with one layer."""

    file: Path

    @cached_property
    def digest(self) -> str:
        """By which a registry would know it."""
        (manifest,) = self._json("index.json")["manifests"]
        return str(manifest["digest"])

    @cached_property
    def config(self) -> dict[str, Any]:
        """How it is started, and its labels."""
        return dict(self._blob(self._manifest["config"]["digest"])["config"])

    @property
    def compressed_bytes(self) -> int:
        """What has to be pulled."""
        return int(self._layer["size"])

    @cached_property
    def members(self) -> dict[str, tarfile.TarInfo]:
        """All files, folders and links, by path."""
        return {f"/{each.name.strip('/')}": each for each in self._tree.getmembers()}

    def text(self, path: str) -> str:
        """What a file says."""
        content = self._tree.extractfile(self.members[path])
        assert content, f"{path} is no file"
        return content.read().decode()

    def start_of(self, path: str, size: int) -> bytes:
        """The first bytes of a file."""
        content = self._tree.extractfile(self.members[path])
        assert content, f"{path} is no file"
        return content.read(size)

    @cached_property
    def _tree(self) -> tarfile.TarFile:
        name = f"blobs/{self._layer['digest'].replace(':', '/')}"
        return tarfile.open(fileobj=io.BytesIO(self._read(name)))

    @property
    def _layer(self) -> dict[str, Any]:
        (layer,) = self._manifest["layers"]
        return dict(layer)

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        return dict(self._blob(self.digest))

    def _blob(self, digest: str) -> Any:
        content = self._read(f"blobs/{digest.replace(':', '/')}")
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
        return json.loads(content)

    def _json(self, name: str) -> Any:
        return json.loads(self._read(name))

    def _read(self, name: str) -> bytes:
        with tarfile.open(self.file) as archive:
            content = archive.extractfile(name)
            assert content, f"there is no {name} in {self.file}"
            return content.read()
