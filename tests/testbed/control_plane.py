"""etcd, kube-apiserver and, on request, kube-controller-manager: enough for tests that look at objects, not at pods."""

import os
import secrets
import ssl
import subprocess
import urllib.request
from http import HTTPStatus
from pathlib import Path
from types import TracebackType

from tests.testbed import audit, debian, parts, rights, runs
from tests.testbed.cluster import Cluster, write_kubeconfig
from tests.testbed.process import Component

SERVICE_ADDRESSES = "10.96.0.0/16"


def own_loopback_address() -> str:
    """A loopback address that nobody else uses, so that several control planes at once can all use the usual ports."""
    return "127." + ".".join(str(1 + secrets.randbelow(253)) for _ in range(3))


class ControlPlane:
    """A control plane of its own, as a context manager; it needs neither root nor namespaces.

    Without a folder it gets one of its own that goes with it; when this process is killed, the next start sweeps it.

    Its components can be stopped and started again one by one: `plane.api_server.restart()`. Data survives that.
    """

    def __init__(self, folder: Path | None = None, *, address: str = "", controller_manager: bool = False) -> None:
        self._own_run: tuple[runs.Run, int] | None = None
        if folder is None:
            self._own_run = runs.create("control-plane", "test")
            folder = self._own_run[0].folder
        self.cluster = Cluster(folder)
        self.address = address or own_loopback_address()
        self._on_loopback = self.address.startswith("127.")
        self._wants_controller_manager = controller_manager
        _prepare_folder(self.cluster.folder, parts.binaries(parts.CONTROL_PLANE))
        self.etcd = self._etcd()
        self.api_server = self._api_server()
        self.controller_manager = self._controller_manager()

    @property
    def components(self) -> list[Component]:
        """In the order in which they start."""
        wanted = [self.controller_manager] if self._wants_controller_manager else []
        return [self.etcd, self.api_server, *wanted]

    def __enter__(self) -> "ControlPlane":
        try:
            self.start()
            self.await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start etcd and the API server; the rest needs the API server and follows in await_ready."""
        self.etcd.start()
        self.api_server.start()

    def await_ready(self) -> None:
        """Wait until the API server answers, and start the controller manager if it is wanted."""
        self.etcd.await_ready()
        self.api_server.await_ready(120)
        if self._wants_controller_manager:
            self.controller_manager.start()
            self.controller_manager.await_ready()

    def stop(self) -> None:
        """Stop all components, and forget the data if the folder was made for it."""
        for component in reversed(self.components):
            component.stop(grace=0)  # nothing of it is kept
        if self._own_run:
            run, lock = self._own_run
            rights.keep(self.cluster.audit)
            runs.remove(run)
            os.close(lock)
            self._own_run = None

    def _etcd(self) -> Component:
        clients, peers = f"http://{self.address}:2379", f"http://{self.address}:2380"
        return Component(
            "etcd",
            [
                self.cluster.binary("etcd"),
                f"--data-dir={self.cluster.folder / 'etcd'}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={clients}",
                f"--advertise-client-urls={clients}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
                "--log-level=warn",
            ],
            log=self.cluster.logs / "etcd.log",
            ready=lambda: _answers(f"{clients}/health"),
        )

    def _api_server(self) -> Component:
        folder = self.cluster.folder
        arguments = [
            f"--etcd-servers=http://{self.address}:2379",
            f"--bind-address={self.address}",
            "--secure-port=6443",
            f"--cert-dir={folder / 'certificates'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
            f"--service-account-key-file={folder / 'service-account.key'}",
            f"--service-account-signing-key-file={folder / 'service-account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--kubelet-preferred-address-types=InternalIP",
            f"--audit-policy-file={folder / 'audit-policy.yaml'}",
            f"--audit-log-path={folder / 'audit.log'}",
            "--audit-log-mode=blocking",
            "--audit-log-maxsize=100000",  # MiB: never rotated, marks are positions in it
            # The Service "kubernetes" cannot lead to a loopback address; the API server would refuse to start.
            *(["--endpoint-reconciler-type=none"] if self._on_loopback else [f"--advertise-address={self.address}"]),
        ]
        return Component(
            "kube-apiserver",
            [self.cluster.binary("kube-apiserver"), *arguments],
            log=self.cluster.logs / "kube-apiserver.log",
            ready=lambda: self._serves(f"https://{self.address}:6443/readyz") and self._write_kubeconfig(),
        )

    def _controller_manager(self) -> Component:
        folder = self.cluster.folder
        arguments = [
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--bind-address={self.address}",
            f"--cert-dir={folder / 'controller-manager'}",
            "--leader-elect=false",
            "--controllers=*",
            f"--service-account-private-key-file={folder / 'service-account.key'}",
            f"--root-ca-file={self._authority}",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ]
        return Component(
            "kube-controller-manager",
            [self.cluster.binary("kube-controller-manager"), *arguments],
            log=self.cluster.logs / "kube-controller-manager.log",
            ready=self._default_service_account_exists,
        )

    @property
    def _authority(self) -> Path:
        return self.cluster.folder / "certificates" / "apiserver.crt"

    def _serves(self, url: str) -> bool:
        return self._authority.exists() and _answers(url, self._authority, self._token)

    @property
    def _token(self) -> str:
        return (self.cluster.folder / "tokens.csv").read_text().partition(",")[0]

    def _write_kubeconfig(self) -> bool:
        server = f"https://{self.address}:6443"
        write_kubeconfig(self.cluster.kubeconfig, server=server, authority=str(self._authority), token=self._token)
        return True

    def _default_service_account_exists(self) -> bool:
        return self.cluster.client.find("ServiceAccount", "default", namespace="default") is not None


def _prepare_folder(folder: Path, binaries: dict[str, Path]) -> None:
    for name in ("bin", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    link_binaries(folder, binaries)
    (folder / "audit-policy.yaml").write_text(audit.POLICY)
    (folder / "tokens.csv").touch(mode=0o600)
    (folder / "tokens.csv").write_text(f'{secrets.token_hex(16)},admin,admin,"system:masters"\n')
    debian.CONTROL_PLANE.require()
    key = folder / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)


def link_binaries(folder: Path, binaries: dict[str, Path]) -> None:
    """Make the binaries available under one folder, as a PATH for people and for containerd."""
    for name, binary in binaries.items():
        link = folder / "bin" / name
        if not link.exists():
            link.symlink_to(binary)


def _answers(url: str, authority: Path | None = None, token: str = "") -> bool:
    """Whether a GET of the URL answers 200. Not through an HTTP proxy that the environment may name."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 (our own server)
    try:
        context = ssl.create_default_context(cafile=authority) if authority else None  # its file may be half written
        https = urllib.request.HTTPSHandler(context=context)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
        with opener.open(request, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, ValueError):
        return False
