"""Run a command, in practice pytest, on the image's Python: in the Debian that has it, with this source tree in it."""

import os
import shutil
import subprocess
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tests.testbed import debian_python, paths

PASSED_ON: Final = ("CI", "HOME", "TERM", "XDG_CACHE_HOME", paths.CACHE_VARIABLE)

MOUNT_AND_ENTER: Final = """
root=$1 tree=$2; shift 2
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; shift; done
shift
exec chroot "$root" /bin/sh -ec 'cd "$0"; exec "$@"' "$tree" "$@"
"""


def run(command: list[str]) -> int:
    """Run it, and return its exit status. Its files are those of this machine, but for programs and libraries."""
    installed = debian_python.Installed()
    installed.fetch()
    enter = ["unshare", "--mount", "--propagation=private", "sh", "-ec", MOUNT_AND_ENTER, "enter"]
    places = [installed.folder, paths.SOURCE_TREE, *_shared_folders()]
    argv = [*enter, *map(str, places), "--", *command]
    with tempfile.TemporaryDirectory() as folder:
        _copy_metadata(Path(folder))
        return subprocess.run(argv, env=_environment(folder), check=False).returncode


def _copy_metadata(target: Path) -> None:
    """What the environment of this very Python knows of natsop besides its code: its version."""
    (found,) = Path(str(distribution("natsop").locate_file(""))).glob("natsop-*.dist-info")
    shutil.copytree(found, target / found.name)


def _shared_folders() -> list[Path]:
    tree = paths.SOURCE_TREE
    wanted = [Path("/proc"), Path("/sys"), Path("/dev"), Path("/tmp"), tree, tree.parent / "shared", paths.cache()]
    return [each for each in wanted if each.is_dir()]


def _environment(metadata: str) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **passed_on,
        "PATH": "/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": f"{paths.SOURCE_TREE}:{metadata}",
        "LANG": "C.UTF-8",
    }
