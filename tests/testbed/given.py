"""A cluster that somebody else has made, such as one of kind, in place of a testbed.

It is named by TESTBED_KUBECONFIG, never by a plain KUBECONFIG: tests make CRDs and namespaces in it, and delete things.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from natsop_runtime.api_server.errors import ConfigurationError
from natsop_runtime.api_server.kubeconfig import load_config
from tests.testbed.cluster import Cluster, write_kubeconfig
from tests.testbed.errors import TestbedError

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

    from tests.testbed.audit import AuditLog

VARIABLE: Final = "TESTBED_KUBECONFIG"
FOLDER_VARIABLE: Final = "NATSOP_GIVEN_CLUSTER"
"""Set for all processes of a test run to the folder in which it keeps what a testbed has in its own."""

IS_ANOTHERS: Final = f"needs a testbed's own {{}}, not the cluster of {VARIABLE}"


class GivenCluster(Cluster):
    """Of its API server, nothing is known but what it answers."""

    @property
    def has_node(self) -> bool:
        """Whether pods can run there."""
        return bool(self.client.list("Node"))

    @property
    def audit(self) -> AuditLog:
        """Not to be had: the test is skipped."""
        pytest.skip(IS_ANOTHERS.format("audit log"))


def is_given() -> bool:
    """Whether the tests are to run on a given cluster."""
    return bool(os.environ.get(VARIABLE))


def given() -> GivenCluster | None:
    """The given cluster, or None without one."""
    return GivenCluster(Path(os.environ[FOLDER_VARIABLE])) if is_given() else None


class GivenRun:
    """A pytest plugin for a run on a given cluster: the run's folder, and its end. Not for xdist's workers."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="natsop-given-"))
        furnish(self._folder, Path(os.environ[VARIABLE]))
        os.environ[FOLDER_VARIABLE] = str(self._folder)

    def pytest_unconfigure(self) -> None:
        """End the operator that all tests share, which ends with a testbed otherwise."""
        state = self._folder / "shared-operator"
        if state.exists():
            _, _, pid = state.read_text().partition(" ")
            os.kill(int(pid), signal.SIGTERM)
        shutil.rmtree(self._folder)


def furnish(folder: Path, kubeconfig: Path) -> None:
    """Make the folder of a cluster: the admin's kubeconfig in the form that tests read, kubectl, a place for logs."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise TestbedError(f"kubectl is not on PATH, which tests on the cluster of {VARIABLE} need.")
    for name in ("bin", "logs"):
        (folder / name).mkdir()
    (folder / "bin" / "kubectl").symlink_to(kubectl)
    try:
        config = load_config(str(kubeconfig), None)
    except ConfigurationError as error:
        raise TestbedError(f"{VARIABLE}: {error}") from error
    user = config.user
    token = Path(user.token_file).read_text().strip() if user and user.token_file else (user and user.token) or ""
    certificate = _client_certificate(folder, config)
    if not token and certificate is None:
        raise TestbedError(f"{VARIABLE}: its user needs a token or a client certificate; programs are not run for it.")
    authority = _file(config, config.cluster.certificate_auth, config.cluster.certificate_auth_data, folder / "ca.crt")
    if authority is None:
        raise TestbedError(f"{VARIABLE}: its cluster names no certificate-authority.")
    write_kubeconfig(
        folder / "kubeconfig",
        server=config.cluster.server,
        authority=str(authority),
        token=token,
        certificate=certificate,
    )


def _client_certificate(folder: Path, config: SingleConfig) -> tuple[Path, Path] | None:
    if config.user is None:
        return None
    certificate = _file(config, config.user.client_cert, config.user.client_cert_data, folder / "client.crt")
    key = _file(config, config.user.client_key, config.user.client_key_data, folder / "client.key")
    return (certificate, key) if certificate and key else None


def _file(config: SingleConfig, named: str | None, data: str | None, target: Path) -> Path | None:
    """The file that the kubeconfig names, or one with what it holds instead."""
    if named:
        return Path(config.abs_file(named)).absolute()
    if not data:
        return None
    target.touch(mode=0o600)
    target.write_bytes(base64.b64decode(data))
    return target
