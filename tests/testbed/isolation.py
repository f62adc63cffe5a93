"""The namespaces that a cluster lives in: nothing leaves the machine from there, and all of it disappears with them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.testbed.errors import CannotRunError

NODE_NAME = "node"
NODE_ADDRESS = "10.200.0.2"
PRIVATE_FOLDERS = ("/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet", "/opt")
"""Where containerd, kubelet and CNI plugins leave files whatever one configures; inside they are empty and private."""

ENTER = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "catatonit", "--")
"""catatonit as the first process reaps orphans and passes signals on; with `--kill-child` all ends with unshare."""


def require_possible() -> None:
    """An honest word where namespaces cannot be had, before anything is built."""
    if not sys.platform.startswith("linux"):
        raise CannotRunError(f"the testbed needs Linux namespaces; this is {sys.platform}.")
    if os.geteuid() != 0:
        raise CannotRunError(
            "the testbed makes network, mount and PID namespaces: it needs root (try sudo, or a container)."
        )
    missing = [tool for tool in ("unshare", "nsenter", "setpriv", "mount") if shutil.which(tool) is None]
    if missing:
        raise CannotRunError(f"the testbed needs {', '.join(missing)} (util-linux) on PATH.")
    trial = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    if trial.returncode != 0:
        raise CannotRunError(
            f"this machine lets us make no namespaces (a container without CAP_SYS_ADMIN?): {trial.stderr.strip()}"
        )


def furnish(folder: Path) -> None:
    """Inside the new namespaces: an address, a route to nowhere, private folders, and names that need no DNS."""
    for private in PRIVATE_FOLDERS:
        Path(private).mkdir(parents=True, exist_ok=True)
        _command("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", private)
    _replace("/etc/resolv.conf", folder / "resolv.conf", "")
    _replace("/etc/hosts", folder / "hosts", f"127.0.0.1 localhost\n{NODE_ADDRESS} {NODE_NAME}\n")
    _command("ip", "link", "set", "lo", "up")
    _command(
        "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "outside"
    )  # there is no dummy device everywhere
    _command("ip", "link", "set", "outside", "up")
    _command("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "eth0")
    _command("ip", "link", "set", "eth0", "up")
    _command("ip", "route", "add", "default", "dev", "eth0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _replace(path: str, source: Path, text: str) -> None:
    """Mount another file over it. It may be a link into a folder that is private, hence empty, by now."""
    source.write_text(text)
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.touch()
    _command("mount", "--bind", str(source), str(target))


def _command(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"`{' '.join(argv)}` failed inside the namespaces: {done.stderr.strip()}")
