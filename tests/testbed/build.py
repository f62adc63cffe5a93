"""The parts that are built with Go: each group of tools has its own go.mod, and a cache folder named by its content."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.testbed import paths, versions
from tests.testbed.errors import TestbedError
from tests.testbed.fetched import Fetched
from tests.testbed.progress import run_with_progress

STRIPPED = "-s -w"
_VERSION = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = versions.KUBERNETES.removeprefix("v").split(".")
KUBERNETES_STAMP = (
    f"{STRIPPED} -X {_VERSION}.gitVersion={versions.KUBERNETES}"
    f" -X {_VERSION}.gitMajor={_MAJOR} -X {_VERSION}.gitMinor={_MINOR}"
)
HELM_STAMP = " ".join(  # helm's own Makefile stamps these: else it thinks that it talks to Kubernetes 1.20
    [
        f"{STRIPPED} -X helm.sh/helm/v3/internal/version.version={versions.HELM}",
        *(
            f"-X helm.sh/helm/v3/pkg/{package}.k8sVersion{part}={number}"
            for package in ("chartutil", "lint/rules")
            for part, number in (("Major", _MAJOR), ("Minor", _MINOR))
        ),
    ]
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
    def folder(self) -> str:
        """Where in the cache its binaries are kept; another pin or flag is another folder."""
        digest = hashlib.sha256()
        for part in (
            (self.module / "go.mod").read_bytes(),
            (self.module / "go.sum").read_bytes(),
            self.ldflags.encode(),
            self.tags.encode(),
        ):
            digest.update(hashlib.sha256(part).digest())
        return f"bin/{self.name}-{digest.hexdigest()[:12]}"

    def built(self, tools: Iterable[str]) -> Fetched:
        """Some of its tools, built by one command."""
        wanted = frozenset(tools)
        return Fetched(
            name=f"{self.name} ({', '.join(sorted(wanted))})",
            folder=self.folder,
            files=wanted,
            fill=partial(_build, self),
            obstacle=without_go,
        )


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
    Group("nsc", {"nsc": "github.com/nats-io/nsc/v2"}),
    Group("kube-router", {"kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"}),
    Group("registry", {"registry": "github.com/google/go-containerregistry/cmd/registry"}),
    Group("helm", {"helm": "helm.sh/helm/v3/cmd/helm"}, ldflags=HELM_STAMP),
    Group("actionlint", {"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"}),
)


def group_of(tool: str) -> Group:
    """The group that builds the tool."""
    for group in GROUPS:
        if tool in group.tools:
            return group
    raise TestbedError(f"No tool of the testbed is called {tool}.")


def without_go() -> str:
    """Why Go cannot be used, if it cannot."""
    if shutil.which("go") is None:
        return "the testbed needs Go (1.26, or 1.21 and newer, which fetch it themselves); `go` is not on PATH."
    if subprocess.run(["go", "version"], capture_output=True, check=False).returncode != 0:
        return "`go version` fails: the Go installation is broken."
    return ""


def _build(group: Group, folder: Path, tools: list[str]) -> None:
    packages = [group.tools[tool] for tool in tools]
    argv = [
        "setpriv",
        "--pdeathsig",
        "TERM",
        "go",
        "build",
        "-v",
        "-o",
        f"{folder}/",
        "-ldflags",
        group.ldflags,
        "-tags",
        group.tags,
    ]
    work = {"GOTMPDIR": str(folder)}  # a killed build leaves it behind; it is removed with the scratch folder
    environment = {**os.environ, **work, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
    log = paths.cache() / f"build-{group.name}.log"
    run_with_progress(f"building {group.name}", [*argv, *packages], cwd=group.module, env=environment, log=log)
    for tool in tools:
        (folder / _file_name(group.tools[tool])).rename(folder / tool)


def _file_name(package: str) -> str:
    """What `go build` calls a package's binary: the last part of its path that is not a major version."""
    last, *before = reversed(package.split("/"))
    return before[0] if last[0] == "v" and last[1:].isdigit() else last
