"""A running cluster as its users see it, tests and people alike. It is found by its folder; see layout below."""

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.testbed import paths
from tests.testbed.audit import AuditLog
from tests.testbed.client import Client, Manifest
from tests.testbed.errors import CommandError
from tests.testbed.wait import wait_until


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Cluster:
    """The folder holds bin/ (links to the binaries), logs/, the admin's kubeconfig and audit.log."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """The admin's."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def has_node(self) -> bool:
        """Whether pods run here, or this is a control plane only."""
        return self.binary("kubelet").exists()

    @cached_property
    def client(self) -> Client:
        """As the admin."""
        return Client(self.kubeconfig)

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.folder / "audit.log")

    def binary(self, name: str) -> Path:
        return self.folder / "bin" / name

    def kubectl(self, *argv: str, stdin: str | None = None, check: bool = True, timeout: float = 60) -> Finished:
        """Run kubectl as the admin; with `check` a status other than 0 is an error that shows what kubectl said."""
        command = [str(self.binary("kubectl")), f"--kubeconfig={self.kubeconfig}", *argv]
        return run(
            command, stdin=stdin, check=check, timeout=timeout, env={"KUBECACHEDIR": str(self.folder / "kubectl-cache")}
        )

    def kubeconfig_for_service_account(self, namespace: str, name: str) -> Path:
        """A kubeconfig with a token of that ServiceAccount, so that its RBAC is what is tested."""
        wait_until(
            lambda: self.client.find("ServiceAccount", name, namespace=namespace),
            what=f"ServiceAccount {namespace}/{name}",
        )
        request: Manifest = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 86400},
        }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        token = self.client.request("POST", path, body=request)["status"]["token"]
        admin = json.loads(self.kubeconfig.read_text())
        server, authority = (admin["clusters"][0]["cluster"][key] for key in ("server", "certificate-authority"))
        target = self.folder / f"kubeconfig-{namespace}-{name}-{os.urandom(4).hex()}"
        write_kubeconfig(target, server=server, authority=authority, token=token)
        return target


def connected() -> Cluster | None:
    """The cluster of the run that we are inside of, or None outside."""
    folder = os.environ.get(paths.CLUSTER_VARIABLE)
    return Cluster(Path(folder)) if folder else None


def run(command: list[str], *, env: dict[str, str], stdin: str | None, check: bool, timeout: float) -> Finished:
    """Run a command to its end."""
    environment, shown = {**os.environ, **env}, " ".join(command)
    try:
        done = subprocess.run(
            command, input=stdin or "", capture_output=True, text=True, check=False, timeout=timeout, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{shown}\nhas not ended after {timeout:g} s") from error
    if check and done.returncode != 0:
        raise CommandError(f"{shown}\nended with status {done.returncode}:\n{done.stderr[-3000:]}{done.stdout[-3000:]}")
    return Finished(done.returncode, done.stdout, done.stderr)


def write_kubeconfig(
    target: Path, *, server: str, authority: str, token: str, certificate: tuple[Path, Path] | None = None
) -> None:
    """Write it as JSON, which is YAML too. certificate: the client's, and its key, in place of a token."""
    user = {"token": token} if token else {}
    if certificate is not None:
        user |= dict(zip(("client-certificate", "client-key"), map(str, certificate), strict=True))
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "testbed",
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "testbed"}}],
        "clusters": [{"name": "testbed", "cluster": {"server": server, "certificate-authority": authority}}],
        "users": [{"name": "testbed", "user": user}],
    }
    target.touch(mode=0o600)
    target.write_text(json.dumps(config))
