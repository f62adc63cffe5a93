"""Whatever we say that a running server reloads it does reload; what we restart for, some server refuses to reload."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from natsop_core import names
from tests.config_digests import config_digest
from tests.server.cases import VERSIONS
from tests.server.changes import BASES, Change, State, changes_of
from tests.server.pod_process import PodProcess, ServerError, started

HANGS = "never answers"

_VERIFY = "a server that takes it without a word need not obey (reload.go)"
_RESOLVER = "no server starts a resolver that it got by a reload (server.go)"

BETTER_RESTARTED = {
    "config.leafnodes.tls.verify": _VERIFY,
    "config.websocket.tls.verify": _VERIFY,
    "config.mqtt.tls.verify": _VERIFY,
    "config.gateway.tls.verify": _VERIFY,
    "config.websocket.tls.timeout": "it has no effect at all",
    "auth.jwt.resolver.allowDelete": _RESOLVER,
    "auth.jwt.resolver.interval": _RESOLVER,
}
"""Fields that every server takes over without a word and that we restart for all the same."""


@dataclass(frozen=True)
class Outcome:
    """What a server made of a change and of undoing it: empty, or why it refused; None where it was not asked."""

    version: str
    there: str
    back: str | None

    @property
    def reloads(self) -> bool:
        return self.there == "" and self.back == ""


class Subject:
    """A server that runs with the same state again after each change."""

    def __init__(self, state: State, binary: Path, version: str, folder: Path) -> None:
        self._state = state
        self._binary = binary
        self._version = version
        self._folder = folder
        self._stack = ExitStack()
        self._server: PodProcess | None = None

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def measure(self, change: Change) -> Outcome:
        there = self._reload(change.after)
        back = None if there else self._reload(change.before)
        if back or there == HANGS:
            self._stack.close()
            self._server = None
        return Outcome(self._version, there, back)

    def _reload(self, state: State) -> str:
        """What the server says, checked against what it tells of the configuration that it runs with afterwards."""
        server = self._running()
        before = server.varz()
        try:
            answer = server.reload(state.layout)
        except ServerError:
            return HANGS
        if answer == "":  # said a moment before the new times and digests are there to be asked for
            server.await_until(lambda: server.varz()["config_load_time"] != before["config_load_time"])
        after = server.varz()
        expected = self._digest(state) if answer == "" else before.get("config_digest")
        assert self._version.startswith("2.10.") or after["config_digest"] == expected, server.log()
        return answer

    def _running(self) -> PodProcess:
        if self._server is None:
            started_server = started(self._state.layout, self._binary, self._state.monitor, self._folder)
            self._server = self._stack.enter_context(started_server)
        return self._server

    def _digest(self, state: State) -> object:
        """Of these files in the process that runs: its environment is the old one."""
        files = state.layout.texts()
        environment = self._state.layout.environment
        return config_digest(
            files[names.CONFIG_FILE], environment, files, version=self._version, file=names.CONFIG_FILE
        )


def measured(changes: list[Change], binary: Path, version: str, folder: Path) -> list[Outcome]:
    with Subject(changes[0].before, binary, version, folder) as subject:
        return [subject.measure(change) for change in changes]


@pytest.mark.parametrize("base", BASES)
def test_what_we_say_reloads_does_and_nothing_else(
    threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path, base: str
) -> None:
    changes = list(changes_of(BASES[base]))
    running = [threads.submit(measured, changes, binary_of(version), version, tmp_path) for version in VERSIONS]
    outcomes = list(zip(*(each.result() for each in running), strict=True))
    faults = [fault for change, seen in zip(changes, outcomes, strict=True) if (fault := _fault(change, seen))]
    assert not faults, "\n".join(faults)


def _fault(change: Change, outcomes: tuple[Outcome, ...]) -> str | None:
    refused = [outcome for outcome in outcomes if not outcome.reloads]
    if refused and not change.needs_restart:
        return f"{change}: we say that it reloads, and {refused}"
    if not refused and change.needs_restart and not change.rolls_anyway and change.field not in BETTER_RESTARTED:
        return f"{change}: we restart, and every server reloads it both ways"
    return None
