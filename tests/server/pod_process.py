"""The nats container of a pod as a process: chroot'ed into the pod's files, with a network of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.pod_layout import Layout
from tests.server.private_network import fresh_network
from tests.testbed.process import DIE_WITH_PARENT

BINARY = "nats-server"
READY = "/healthz?js-server-only=true"
ALONE = "/healthz?js-enabled-only=true"
"""The same of one server of a cluster without the others: for the former, 2.10.25 wants a quorum."""

_STEP = 0.005
_RELOADED = re.compile(r"(Reloaded|Failed to reload) server configuration(.*)")


class ServerError(AssertionError):
    """The server ended, or did not get ready in time. The message has its log."""


@dataclass(frozen=True)
class Monitor:
    """Where the server can be asked, and for what to see whether it is ready. With `tls`, nothing is verified."""

    port: int
    tls: bool
    ready: str = READY

    def get(self, path: str) -> tuple[int, bytes]:
        """The answer's status and body. OSError or HTTPException as long as nobody listens."""
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=_unverified())
            if self.tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        )
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class PodProcess:
    """A server that runs. `monitor` is None where it is off: then the client port says whether it is ready."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path, client_port: int, monitor: Monitor | None) -> None:
        self._process = process
        self._root = root
        self._client_port = client_port
        self.monitor = monitor

    def await_ready(self) -> None:
        """Asked only once it says so itself: a connection that comes too early may take one of its ports."""
        self._await(lambda: "Server is ready" in self.log(), "does not call itself ready")
        self._await(self._is_ready, "is not ready")

    def varz(self) -> dict[str, Any]:
        assert self.monitor is not None
        seen: dict[str, Any] = json.loads(self.monitor.get("/varz")[1])
        return seen

    def await_listening(self, name: str, port: int) -> None:
        """Some listeners come up a moment after the server has called itself ready."""
        self._await(lambda: _is_open(port), f"does not listen on {name}, port {port},")

    def reload(self, layout: Layout) -> str:
        """Let it read other files and return what it says of them: an empty string, or why it refused."""
        layout.write(self._root)
        seen = len(self._reloads())
        os.kill(self._process.pid, signal.SIGHUP)
        self._await(lambda: len(self._reloads()) > seen, "does not answer SIGHUP", timeout=10)
        word, rest = self._reloads()[-1]
        return "" if word == "Reloaded" else str(rest)

    def await_until(self, condition: Callable[[], bool]) -> None:
        self._await(condition, "does not do what it said")

    def log(self) -> str:
        """What it says, apart from its vain search for the other servers."""
        lines = _log_of(self._root).read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if "Error trying to connect to route" not in line)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _is_ready(self) -> bool:
        try:
            if self.monitor is not None:
                return self.monitor.get(self.monitor.ready)[0] == 200
            with socket.create_connection(("127.0.0.1", self._client_port), timeout=5) as connection:
                return connection.recv(5) == b"INFO "
        except (OSError, http.client.HTTPException):
            return False

    def _await(self, condition: Callable[[], bool], problem: str, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if self._process.poll() is not None:
                raise ServerError(f"the server ended with status {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise ServerError(f"the server {problem} after {timeout:g} s:\n{self.log()}")
            time.sleep(_STEP)

    def _reloads(self) -> list[tuple[str, str]]:
        return _RELOADED.findall(self.log())


@contextmanager
def started(layout: Layout, binary: Path, monitor: Monitor | None, folder: Path) -> Iterator[PodProcess]:
    """A server with exactly the container's files, environment and arguments, ready, until the end of the block.

    It sees nothing else: `folder` is only where its root is made. Call this in a thread of `private_networks`.
    """
    root = Path(tempfile.mkdtemp(dir=folder))
    fresh_network()
    try:
        layout.write(root)
        _link(binary, root / BINARY)
        with _log_of(root).open("ab") as log:
            process = subprocess.Popen(
                [*DIE_WITH_PARENT, "chroot", root, f"/{BINARY}", *layout.arguments],
                env={"PATH": os.environ["PATH"], **layout.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        server = PodProcess(process, root, layout.ports["nats"], monitor)
        try:
            server.await_ready()
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(root)


def _is_open(port: int) -> bool:
    """From another address: from the same one, a connection to a port that nobody has yet may find itself there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5, source_address=("127.0.0.2", 0)).close()
    except OSError:
        return False
    return True


def _log_of(root: Path) -> Path:
    return root / "server.log"


def _link(binary: Path, target: Path) -> None:
    try:
        os.link(binary, target)
    except OSError:  # another file system
        shutil.copy2(binary, target)


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
