"""Building the Go parts, once: each group of tools has its own go.mod and a cache folder named by what goes into it."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.testbed import paths, versions
from tests.testbed.errors import CannotRunError
from tests.testbed.locks import locked
from tests.testbed.progress import run_with_progress, say

STRIPPED = "-s -w"
_VERSION = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = versions.KUBERNETES.removeprefix("v").split(".")
KUBERNETES_STAMP = (
    f"{STRIPPED} -X {_VERSION}.gitVersion={versions.KUBERNETES}"
    f" -X {_VERSION}.gitMajor={_MAJOR} -X {_VERSION}.gitMinor={_MINOR}"
)


@dataclass(frozen=True)
class Group:
    """Tools that share a go.mod and are built by one command. `tools` maps a binary's name to its Go package."""

    name: str
    tools: dict[str, str]
    ldflags: str = STRIPPED
    tags: str = ""

    @property
    def module(self) -> Path:
        return paths.MODULES / self.name

    @property
    def folder(self) -> Path:
        """Where its binaries are kept; another pin or flag is another folder."""
        digest = hashlib.sha256()
        for part in (
            (self.module / "go.mod").read_bytes(),
            (self.module / "go.sum").read_bytes(),
            self.ldflags.encode(),
            self.tags.encode(),
        ):
            digest.update(hashlib.sha256(part).digest())
        return paths.cache() / "bin" / f"{self.name}-{digest.hexdigest()[:12]}"

    def missing(self, wanted: set[str]) -> list[str]:
        return [tool for tool in self.tools if tool in wanted and not (self.folder / tool).exists()]


_KUBERNETES_TOOLS = ("kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet")

GROUPS = (
    Group("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    Group(
        "kubernetes", {tool: f"k8s.io/kubernetes/cmd/{tool}" for tool in _KUBERNETES_TOOLS}, ldflags=KUBERNETES_STAMP
    ),
    Group(
        "containerd",
        {
            tool: f"github.com/containerd/containerd/v2/cmd/{tool}"
            for tool in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
        tags="no_btrfs no_devmapper no_zfs",
    ),
    Group("coredns", {"coredns": "github.com/coredns/coredns"}),
    Group(
        "nats",
        {
            "nats-server": "github.com/nats-io/nats-server/v2",
            "nats-server-config-reloader": "github.com/nats-io/nack/cmd/nats-server-config-reloader",
            "jetstream-controller": "github.com/nats-io/nack/cmd/jetstream-controller",
            "prometheus-nats-exporter": "github.com/nats-io/prometheus-nats-exporter",
        },
    ),
    Group("natscli", {"nats": "github.com/nats-io/natscli/nats"}),
)


def built(wanted: set[str]) -> dict[str, Path]:
    """The binaries by name, building those that are missing. Two first builds at once do not race: the second waits."""
    groups = [group for group in GROUPS if wanted & group.tools.keys()]
    if any(group.missing(wanted) for group in groups):
        lock = paths.cache() / "build.lock"
        with locked(lock, lambda: say("another build is running; waiting for it")):
            todo = [group for group in groups if group.missing(wanted)]
            for number, group in enumerate(todo, start=1):
                _build(group, group.missing(wanted), f"building {group.name} ({number} of {len(todo)})")
    return {tool: group.folder / tool for group in groups for tool in group.tools if tool in wanted}


def _build(group: Group, tools: list[str], what: str) -> None:
    """Build into a folder beside the final one, then rename: a killed build leaves no half-written binary."""
    _require_go()
    group.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{group.name}-", dir=group.folder.parent))
    packages = [group.tools[tool] for tool in tools]
    argv = [
        "setpriv",
        "--pdeathsig",
        "INT",
        "go",
        "build",
        "-v",
        "-o",
        f"{scratch}/",
        "-ldflags",
        group.ldflags,
        "-tags",
        group.tags,
    ]
    try:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
        log = paths.cache() / f"build-{group.name}.log"
        run_with_progress(what, [*argv, *packages], cwd=group.module, env=environment, log=log)
        for tool in tools:
            (scratch / _file_name(group.tools[tool])).rename(group.folder / tool)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _file_name(package: str) -> str:
    """What `go build` calls a package's binary: the last part of its path that is not a major version."""
    last, *before = reversed(package.split("/"))
    return before[0] if last[0] == "v" and last[1:].isdigit() else last


def _require_go() -> None:
    if shutil.which("go") is None:
        raise CannotRunError(
            "building the testbed needs Go (1.21 or newer, it fetches the version it wants); `go` is not on PATH."
        )
    if subprocess.run(["go", "version"], capture_output=True, check=False).returncode != 0:
        raise CannotRunError("`go version` fails: the Go installation is broken.")
