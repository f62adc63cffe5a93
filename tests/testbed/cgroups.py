"""The one cgroup under which all containers of a run are, in every hierarchy (one with version 2, many with version 1).

Killed kubelets leave cgroups behind; since all of a run's have one parent, they can be found and removed.
"""

from contextlib import suppress
from pathlib import Path

from tests.testbed.wait import wait_until

PARENT = "natsop-testbed"
REMOVAL_SECONDS = 60


def name_for(run: str) -> str:
    """The cgroup of the run of that name, as the kubelet wants it: from the hierarchy's root."""
    return f"/{PARENT}/{run}"


def make(cgroup: str) -> None:
    """Make it in every hierarchy: the kubelet wants its root to exist."""
    for mount in mounts():
        folder = mount / cgroup.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        _hand_down_controllers(mount, folder.parent)


def remove(cgroup: str) -> None:
    """Remove it in every hierarchy, waiting for processes that the kernel is still about to end."""
    for mount in mounts():
        top = mount / cgroup.lstrip("/")
        inner = [path for path in top.rglob("*") if path.is_dir()] if top.exists() else []
        for folder in sorted([top, *inner], reverse=True):
            _remove_one(folder)
        with suppress(OSError):
            top.parent.rmdir()  # it has none but this run's, or stays


def mounts() -> list[Path]:
    """Where the hierarchies are mounted."""
    lines = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [Path(fields[4]) for fields in lines if fields[fields.index("-") + 1].startswith("cgroup")]


def _remove_one(folder: Path) -> None:
    def removed() -> bool:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False  # a process is still in it
        return True

    wait_until(removed, timeout=REMOVAL_SECONDS, what=f"cgroup {folder} is empty and removed")


def _hand_down_controllers(*folders: Path) -> None:
    """With version 2 a cgroup has the controllers that those above it hand down; the kubelet asks for some."""
    for folder in folders:
        controllers = folder / "cgroup.controllers"
        for controller in controllers.read_text().split() if controllers.exists() else []:
            with suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")
