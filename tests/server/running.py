"""A real nats-server as a process of the test: start, reload by SIGHUP, ask, end."""

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from natsop_core.conf import Block, write
from tests.config_digests import config_digest
from tests.testbed.process import Component
from tests.testbed.wait import wait_until

_RELOADED = re.compile(r"(Reloaded|Failed to reload) server configuration(.*)")


class RunningServer:
    """Paths in its configuration are relative to `folder`; its monitor's port is read from its ports file."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._file = folder / "nats.conf"
        self._log = folder / "server.log"
        self._ports = folder / "ports"
        self._ports.mkdir()
        self._process = Component(
            "nats-server",
            ["env", "-C", folder, binary, "-c", self._file, "--ports_file_dir", self._ports],
            log=self._log,
            ready=lambda: any(file.read_text().endswith("}") for file in self._ports.iterdir()),
        )

    def start(self, tree: Block) -> None:
        self._file.write_text(write(tree))
        self._process.start()
        self._process.await_ready()

    def reload(self, tree: Block) -> str:
        """Let it read `tree` and return what it says of it: an empty string, or why it refused."""
        seen = len(self._reloads())
        self._file.write_text(write(tree))
        pid = self._process.pid
        assert pid is not None, self._process.log_tail()
        os.kill(pid, signal.SIGHUP)
        wait_until(
            lambda: len(self._reloads()) > seen, timeout=10, what="the server has answered SIGHUP", interval=0.02
        )
        word, rest = self._reloads()[-1]
        return "" if word == "Reloaded" else str(rest)

    def varz(self) -> dict[str, Any]:
        ports = json.loads(next(self._ports.iterdir()).read_text())
        with urllib.request.urlopen(f"{ports['monitoring'][0]}/varz", timeout=5) as answer:  # noqa: S310
            seen: dict[str, Any] = json.load(answer)
            return seen

    def await_digest_of(self, tree: Block) -> None:
        """Wait until it tells that it runs with `tree`, a moment after it has logged so; before 2.11 it never tells."""

        def told() -> bool:
            seen = self.varz()
            expected = config_digest(tree, os.environ, version=seen["version"], file=str(self._file))
            assert seen.get("config_digest") in {expected, None}, seen["config_digest"]
            return True

        wait_until(told, timeout=10, what="the server reports the digest", interval=0.02)

    def stop(self) -> None:
        self._process.stop()

    def _reloads(self) -> list[tuple[str, str]]:
        return _RELOADED.findall(self._log.read_text())


@contextmanager
def running(binary: Path, folder: Path, tree: Block) -> Iterator[RunningServer]:
    """A server that has started with `tree`, until the end of the block."""
    server = RunningServer(binary, folder)
    try:
        server.start(tree)
        yield server
    finally:
        server.stop()
