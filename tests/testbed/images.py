"""The images that the node's containers run: the operator's, and others of built binaries and Debian's busybox."""

import shutil
import subprocess
from pathlib import Path

from tests.testbed import operator_image, paths, versions
from tests.testbed.locks import locked
from tests.testbed.nats_servers import nats_server
from tests.testbed.oci import Image, write_image

NATS_ENTRYPOINT = """#!/bin/sh
set -e
# As in the official image: bare flags are nats-server's, anything else is a command.
case "$1" in -*) set -- nats-server "$@" ;; esac
exec "$@"
"""
NATS_CONFIG = 'http_port: 8222\n\ncluster {\n  name: "my_cluster"\n  port: 6222\n}\n'
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"  # noqa: S105 (no password)
GROUP = "root:x:0:\nnobody:x:65534:\n"


def written_images(binaries: dict[str, Path]) -> list[Path]:
    """The tars of all images, system images first; only those whose inputs changed are written anew."""
    folder = paths.cache() / "images"
    folder.mkdir(exist_ok=True)
    with locked(paths.cache() / "images.lock"):
        ours = operator_image.built()
        return [*(_written(image, folder) for image in _images(binaries)), *([ours] if ours else [])]


def _written(image: Image, folder: Path) -> Path:
    slug = image.name.rsplit("/", 1)[-1].replace(":", "-")
    target = folder / f"{slug}-{image.fingerprint()}.tar"
    if not target.exists():
        write_image(image, target)
    return target


def _images(binaries: dict[str, Path]) -> list[Image]:
    return [
        Image(versions.PAUSE_IMAGE, {"/pause": _program("catatonit")}, entrypoint=("/pause", "-P")),
        Image(versions.COREDNS_IMAGE, {"/coredns": binaries["coredns"]}, entrypoint=("/coredns",)),
        _nats(versions.NATS_SERVER_DEFAULT, nats_server(versions.NATS_SERVER_DEFAULT)),
        _nats(versions.NATS_SERVER_MODULE, binaries["nats-server"]),
        _single_binary(versions.RELOADER_IMAGE, "/usr/local/bin/nats-server-config-reloader", binaries),
        _single_binary(versions.NACK_IMAGE, "/jetstream-controller", binaries),
        _nats_box(binaries["nats"]),
        _single_binary(versions.EXPORTER_IMAGE, "/prometheus-nats-exporter", binaries),
    ]


def _nats(version: str, binary: Path) -> Image:
    files, links = _shell()
    return Image(
        versions.nats_image(version),
        files | {"/usr/local/bin/nats-server": binary},
        texts={
            "/usr/local/bin/docker-entrypoint.sh": NATS_ENTRYPOINT,
            "/etc/nats/nats-server.conf": NATS_CONFIG,
            "/etc/passwd": PASSWD,
            "/etc/group": GROUP,
        },
        links=links,
        entrypoint=("docker-entrypoint.sh",),
        command=("nats-server", "--config", "/etc/nats/nats-server.conf"),
    )


def _nats_box(nats_cli: Path) -> Image:
    files, links = _shell()
    texts = {"/etc/passwd": PASSWD, "/etc/group": GROUP, "/root/.profile": ""}
    return Image(
        versions.NATS_BOX_IMAGE,
        files | {"/usr/local/bin/nats": nats_cli},
        texts=texts,
        links=links,
        command=("/bin/sh", "-l"),
        working_dir="/root",
    )


def _single_binary(name: str, path: str, binaries: dict[str, Path]) -> Image:
    return Image(
        name, {path: binaries[Path(path).name]}, texts={"/etc/passwd": PASSWD, "/etc/group": GROUP}, entrypoint=(path,)
    )


def _shell() -> tuple[dict[str, Path], dict[str, str]]:
    """busybox under /bin and a link to it for each of its applets."""
    busybox = _program("busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    return {"/bin/busybox": busybox}, {f"/bin/{applet}": "busybox" for applet in applets if applet != "busybox"}


def _program(name: str) -> Path:
    found = shutil.which(name)
    assert found, f"{name} is a Debian package that debian.require() has installed"
    return Path(found).resolve()
