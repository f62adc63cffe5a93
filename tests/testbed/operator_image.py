"""The operator's image, built by buildah from the Dockerfile at the top, as often as the code changes."""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.testbed import debian, debian_python, paths, wheels
from tests.testbed.errors import CannotRunError, TestbedError
from tests.testbed.progress import say

VERSION: Final[str] = tomllib.loads((paths.SOURCE_TREE / "pyproject.toml").read_text())["project"]["version"]
REPOSITORY: Final = "ghcr.io/crewlet/nats-operator"
NAME: Final = f"{REPOSITORY}:{VERSION}"

EPOCH: Final = "315532800"
"""The time of all files and of the image: 1980, before which no zip file can be."""

KEPT: Final = 4
"""Images of other states of the code, which other runs may be about to read."""

INPUTS: Final = ("Dockerfile", ".dockerignore", "LICENSE", "README.md", "pyproject.toml")
FOLDERS: Final = (".image", "natsop_core", "natsop_runtime", "requirements")


def built() -> Path | None:
    """The image of this source tree as a tar in OCI layout, built if it is missing; None where it cannot be."""
    target = _target()
    if target.exists():
        target.touch()
        return target
    try:
        debian.IMAGE.require()
        debian_python.archives()
    except CannotRunError as error:
        say(f"going on without the operator's image: {error}")
        return None
    build(target)
    _forget_older(target)
    return target


def look_up() -> Path:
    """The image, which has been built before; CannotRunError where it cannot be."""
    target = _target()
    if not target.exists():
        debian.IMAGE.require()
        debian_python.archives()
        raise CannotRunError("the operator's image has not been built for this state of the code.")
    return target


def build(target: Path, *, name: str = NAME) -> None:
    """Build it anew, with a storage of its own, and write it to the target."""
    say("building the operator's image")
    storage = target.with_suffix(".storage")
    shutil.rmtree(storage, ignore_errors=True)
    context = storage / "context"
    try:
        _write_context(context)
        _commit_base(storage)
        options = ["--layers=false", "--pull=never", f"--timestamp={EPOCH}", f"--build-arg=VERSION={VERSION}"]
        _buildah(storage, "build", *options, f"--tag={name}", str(context))
        scratch = target.with_suffix(".part")
        _buildah(storage, "push", "--quiet", name, f"oci-archive:{scratch}:{name}")
        scratch.rename(target)
    finally:
        shutil.rmtree(storage, ignore_errors=True)


def _target() -> Path:
    return paths.cache() / "images" / f"nats-operator-{paths.digest_of(_inputs())}.tar"


def _inputs() -> Iterator[Path]:
    yield from (paths.SOURCE_TREE / name for name in INPUTS)
    for folder in FOLDERS:
        files = sorted((paths.SOURCE_TREE / folder).rglob("*"))
        yield from (each for each in files if each.is_file() and "__pycache__" not in each.parts)
    yield from (Path(__file__), Path(debian_python.__file__))


def _write_context(context: Path) -> None:
    """The source tree with the wheels in it, without touching the tree."""
    skipped = shutil.ignore_patterns("__pycache__")
    for name in INPUTS:
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.SOURCE_TREE / name, context)
    for folder in FOLDERS:
        shutil.copytree(paths.SOURCE_TREE / folder, context / folder, ignore=skipped)
    target = context / "dist" / "wheels"
    target.mkdir(parents=True)
    _, archive = debian_python.archives()
    subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={target}"], check=True)


def _commit_base(storage: Path) -> None:
    """Debian's Python under the name of the image that the Dockerfile starts from."""
    container = _buildah(storage, "from", "scratch")
    system, _ = debian_python.archives()
    _buildah(storage, "add", "--quiet", container, str(system), "/")
    _buildah(storage, "commit", "--quiet", "--rm", container, wheels.PYTHON_IMAGE)


def _buildah(storage: Path, *argv: str) -> str:
    places = [f"--root={storage / 'root'}", f"--runroot={storage / 'run'}", "--storage-driver=vfs"]
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(storage)}
    done = subprocess.run(["buildah", *places, *argv], capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise TestbedError(f"`buildah {argv[0]}` failed:\n{done.stderr[-3000:]}{done.stdout[-1000:]}")
    return done.stdout.strip()


def _forget_older(target: Path) -> None:
    others = [each for each in target.parent.glob("nats-operator-*.tar") if each != target]
    for each in sorted(others, key=lambda file: file.stat().st_mtime)[:-KEPT]:
        each.unlink(missing_ok=True)
