"""Collect what the operator's image consists of: Python, natsop and the libraries that they load, and nothing else.

Runs in the build stage of the Dockerfile, on any Debian: `python3 rootfs.py VIRTUAL_ENVIRONMENT TARGET`. There is no
shell, package manager or pip in the result. It is the same, bit for bit, whenever it is made of the same parts.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

import sbom
from debian import DebianPackages

NOT_NEEDED: Final = shutil.ignore_patterns(
    *("__pycache__", "site-packages", "dist-packages", "config-*", "*.a", "*.pyi"),
    *("test", "idlelib", "tkinter", "turtledemo", "turtle.py", "ensurepip", "pydoc_data", "sqlite3", "curses", "dbm"),
    *("_tkinter.*", "_test*", "_ctypes_test*", "_xxtestfuzz*", "xxlimited*", "_sqlite3.*", "_curses*", "_dbm.*"),
    *("_gdbm.*", "readline.*"),
)
"""Of the standard library: what natsop and its dependencies do not use, and the libraries that only this would load."""

LOADED_BY_NAME: Final = ("libgcc_s.so.1",)
"""Libraries that glibc loads when a thread ends; nothing is linked with them."""

USER: Final = 65532
TEXTS: Final = {
    "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/tmp:/sbin/nologin\n",
    "etc/group": f"root:x:0:\nnonroot:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

DISTRIBUTION: Final = ("/etc/os-release", "/etc/debian_version", "/etc/ssl/certs/ca-certificates.crt")
"""Files of Debian that no program is linked with."""

CERTIFICATES: Final = Path("/usr/share/doc/ca-certificates/copyright")
"""A file of the package that the certificates come from; they themselves are made when it is installed."""

PROGRAMS: Final = ("natsop", "python*")
"""Of the environment; other packages bring some, too."""


def main(environment: Path, target: Path) -> None:
    """Fill the target folder."""
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, _under(target, library), symlinks=True, ignore=NOT_NEEDED)
    shutil.copytree(environment, _under(target, environment), symlinks=True, ignore=_caches)
    _keep_only_our_programs(_under(target, environment) / "bin")
    copied = [
        _interpreter(),
        *_libraries([_interpreter(), *_extensions(target)]),
        *(Path(each) for each in DISTRIBUTION),
    ]
    for file in copied:
        _copy(file, target)
    _link_interpreter(environment, target)
    _write_texts(target, DebianPackages.owning([*copied, *library.rglob("*.*"), CERTIFICATES]), environment)
    (target / "tmp").mkdir()
    subprocess.run(["ldconfig", "-X", "-r", target], check=True)
    for root in (library, environment):
        _compile(_under(target, root), root)
    _make_uniform(target)


def _under(target: Path, path: Path) -> Path:
    return target / path.relative_to("/")


def _write_texts(target: Path, packages: DebianPackages, environment: Path) -> None:
    bill = {"usr/share/sbom/natsop.cdx.json": sbom.of_image(environment, packages)}
    for name, text in {**TEXTS, **packages.notices(), **bill}.items():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def _caches(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or name.endswith(".pyi")}


def _keep_only_our_programs(folder: Path) -> None:
    for each in folder.iterdir():
        if not any(each.match(pattern) for pattern in PROGRAMS):
            each.unlink()


def _interpreter() -> Path:
    return Path(sys.executable).resolve()


def _extensions(target: Path) -> list[Path]:
    return [each for each in sorted(target.rglob("*.so*")) if each.is_file() and not each.is_symlink()]


def _libraries(binaries: list[Path]) -> Iterator[Path]:
    """The libraries that the programs are linked with, and those of these, as the dynamic linker finds them here."""
    listed = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=True).stdout
    if missing := re.findall(r"^\s*(\S+) => not found", listed, re.MULTILINE):
        raise SystemExit(f"libraries are missing: {', '.join(sorted(set(missing)))}")
    found = {Path(each) for each in re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", listed, re.MULTILINE)}
    system = {each for each in found if each.is_relative_to("/lib") or each.is_relative_to("/lib64")}
    system |= {each for each in found if each.is_relative_to("/usr")}
    folder = next(each.parent for each in system if each.name == "libc.so.6")
    yield from sorted(system | {folder / name for name in LOADED_BY_NAME})


def _copy(file: Path, target: Path) -> None:
    """Copy a file to where it really is, and the links at the top that lead there, such as /lib64."""
    top = Path(*file.parts[:2])
    if top.is_symlink() and not (link := target / top.name).is_symlink():
        link.symlink_to(top.readlink())
    place = target / file.parent.resolve().relative_to("/") / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)


def _link_interpreter(environment: Path, target: Path) -> None:
    """Copy the links by which the environment finds the interpreter."""
    link = environment / "bin" / "python3"
    while link.is_symlink():
        place = target / link.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink():
            place.symlink_to(link.readlink())
        link = link.parent / link.readlink()


def _compile(folder: Path, root: Path) -> None:
    """Without times in the result, and never checked again: nothing can change where the image runs."""
    done = compileall.compile_dir(
        folder, quiet=1, stripdir=folder, prependdir=root, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    if not done:
        raise SystemExit(f"not everything in {root} could be compiled")


def _make_uniform(target: Path) -> None:
    """One time for all files, and no difference that the mask of who builds makes."""
    time = int(os.environ["SOURCE_DATE_EPOCH"])
    for each in [target, *target.rglob("*")]:
        if not each.is_symlink():
            executable = each.is_dir() or each.stat().st_mode & 0o100
            each.chmod(0o1777 if each == target / "tmp" else 0o755 if executable else 0o644)
        os.utime(each, (time, time), follow_symlinks=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
