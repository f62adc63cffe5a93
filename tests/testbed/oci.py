"""Writing an OCI image (one layer, as a tar in OCI layout) from files: there is no registry, and none is needed."""

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

OCI = "application/vnd.oci.image"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """What goes into an image: files of this machine, short texts, symbolic links, and how it starts."""

    name: str
    files: dict[str, Path]
    texts: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = "/"

    def fingerprint(self) -> str:
        """Changes when anything that goes into the image does (files by size and time, to be quick)."""
        sources = {
            path: (str(source), source.stat().st_size, source.stat().st_mtime_ns) for path, source in self.files.items()
        }
        parts = [self.name, sources, self.texts, self.links, self.entrypoint, self.command, self.working_dir]
        return _sha256(json.dumps(parts, sort_keys=True).encode())[:12]


def write_image(image: Image, target: Path) -> None:
    """Write the image's tar, complete or not at all."""
    layer = _layer(image)
    config = _json(_config(image, layer))
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": _reference("config.v1+json", config),
            "layers": [_reference("layer.v1.tar", layer)],
        }
    )
    named = {**_reference("manifest.v1+json", manifest), "annotations": {"io.containerd.image.name": image.name}}
    scratch = target.with_suffix(".part")
    with tarfile.open(scratch, "w") as tar:
        _add_file(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add_file(tar, "index.json", _json({"schemaVersion": 2, "manifests": [named]}))
        for blob in (config, manifest, layer):
            _add_file(tar, f"blobs/sha256/{_sha256(blob)}", blob)
    scratch.rename(target)


def _layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        every_path = [*image.files, *image.texts, *image.links]
        for folder in sorted(
            {parent for path in every_path for parent in PurePosixPath(path.lstrip("/")).parents if parent.name}
        ):
            _add_folder(tar, str(folder), 0o755)
        _add_folder(tar, "tmp", 0o1777)
        for path, source in image.files.items():
            _add_file(tar, path.lstrip("/"), source.read_bytes(), mode=0o755)
        for path, text in image.texts.items():
            _add_file(tar, path.lstrip("/"), text.encode(), mode=0o755 if text.startswith("#!") else 0o644)
        for path, destination in image.links.items():
            link = tarfile.TarInfo(path.lstrip("/"))
            link.type, link.linkname = tarfile.SYMTYPE, destination
            tar.addfile(link)
    return buffer.getvalue()


def _config(image: Image, layer: bytes) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}"]},
        "config": {
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "WorkingDir": image.working_dir,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        },
    }


def _add_folder(tar: tarfile.TarFile, path: str, mode: int) -> None:
    folder = tarfile.TarInfo(path)
    folder.type, folder.mode = tarfile.DIRTYPE, mode
    tar.addfile(folder)


def _add_file(tar: tarfile.TarFile, path: str, data: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, io.BytesIO(data))


def _reference(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": f"{OCI}.{kind}", "digest": f"sha256:{_sha256(blob)}", "size": len(blob)}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
