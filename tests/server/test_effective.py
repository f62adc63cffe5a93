"""The effective configuration against real servers: what we accept starts, what we refuse does not; digests agree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from natsop_core.conf import ConfError, Unknown
from natsop_core.conf.effective import EffectiveConfig, read_effective
from natsop_core.conf.environment import Environment
from natsop_core.conf.faults import ambiguous_options, faults
from tests.property.trees import unhurried
from tests.server.cases import VERSIONS
from tests.testbed.wait import wait_until

MAIN = (
    "host: 127.0.0.1\nport: -1\nhttp: '127.0.0.1:-1'\nserver_name: $SERVER_NAME\nmax_pending: 64MB\n"
    "include ../extra/a.conf\n"
)
VARIABLES = {"SERVER_NAME": "'10-0'", "POD_NAME": "c-0", "LIMIT": "1k", "PASSWORD": "'secret'"}
SERVER = {"SERVER_NAME": "10-0", "POD_NAME": "c-0"}
ENVIRONMENT = Environment({"LIMIT": VARIABLES["LIMIT"]}, opaque=frozenset(VARIABLES) - {"LIMIT"})

PIECES = (
    "max_payload: 1MB",
    "MAX_PAYLOAD: 1MB",
    "max_paylaod: 1MB",
    "max_payload: '1MB'",
    "authorization { password: 1234 }",
    "server_tags: a",
    "most: 1MB\nmax_payload: $most",
    "most: 1MB\nmax_payload: $most\nmost: 2MB",
    "max_subscriptions: $LIMIT",
    "max_subs: $LIMIT",
    "server_tags: [ $POD_NAME, a ]",
    "max_connections: $UNDEFINED",
    "authorization { users: [ {user: a, password: $PASSWORD} ] }",
    "authorization { users: [ {user: a, pasword: b} ] }",
    "accounts { A { users: [ {user: b, password: $PASSWORD} ] }, $SYS {} }",
    "websocket { port: -1 }",
    "ws { Port: -1, NO_TLS: yes }",
    "leafnodes { port: -1 }",
    "Leaf { listen: '127.0.0.1:-1' }",
    "gateway { name: g, port: -1 }",
    "Port: -1",
    "net: 127.0.0.1",
    "include b.conf",
    "include nowhere.conf",
    "jetstream { max_file: 1MB }",
    "cluster { name: g, port: -1, nmae: c }",
    "mqtt {}",
    "a: {",
)
NEXT = "ping_interval: '1m'\nserver_metadata { a: b }\n"
"""What b.conf holds; 2.10 does not know all of it."""

many = settings(unhurried, max_examples=100)


@dataclass(frozen=True)
class Started:
    """A server that runs; `ask` gives what its monitor says."""

    pid: int
    ask: Callable[[str], Mapping[str, Any]]


def lay_out(folder: Path, included: str) -> Path:
    for path, text in {"conf/nats.conf": MAIN, "extra/a.conf": included, "extra/b.conf": NEXT}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    return folder / "conf" / "nats.conf"


def ours(main: Path) -> EffectiveConfig:
    folder = main.parent.parent
    files = {str(path): path.read_text() for path in folder.glob("*/*.conf")}
    return read_effective(str(main), files, ENVIRONMENT, user_files=frozenset(files))


@contextmanager
def trying(binary: Path, main: Path) -> Iterator[Started | None]:
    """The server, or None when it ends instead of starting."""
    folder = main.parent.parent
    ports = folder / "ports"
    ports.mkdir(exist_ok=True)
    command: list[str | Path] = [
        binary,
        "-c",
        main,
        "--ports_file_dir",
        ports,
        "-sd",
        folder / "store",
        "-l",
        folder / "log",
    ]
    process = subprocess.Popen(
        command, env=VARIABLES, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(
            lambda: process.poll() is not None or any(file.read_text().endswith("}") for file in ports.iterdir()),
            timeout=20,
            what="the server has started or ended",
            interval=0.01,
        )
        if process.poll() is not None:
            yield None
            return
        monitor = json.loads(next(ports.iterdir()).read_text())["monitoring"][0]
        yield Started(process.pid, lambda path: ask(f"{monitor}/{path}"))
    finally:
        process.kill()
        process.wait(10)
        for file in ports.iterdir():
            file.unlink()


def ask(url: str) -> Mapping[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
        found: Mapping[str, Any] = json.load(answer)
        return found


def is_accepted(main: Path) -> bool | None:
    """None where the server decides at random, or where only one that is newer than some knows."""
    try:
        config = ours(main)
    except ConfError:
        return False
    if any(ambiguous_options(config)):
        return None
    return not any(faults(config))


@many
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("\n".join))
def test_we_accept_what_the_server_starts_with(
    newest: Path, tmp_path_factory: pytest.TempPathFactory, included: str
) -> None:
    main = lay_out(tmp_path_factory.mktemp("start"), included)
    accepted = is_accepted(main)
    assume(accepted is not None)
    event(f"accepted: {accepted}")
    with trying(newest, main) as server:
        assert (server is not None) == accepted, included
        if server is None:
            return
        expected = ours(main).server_digest(SERVER, server.ask("varz")["version"])
        assert isinstance(expected, Unknown) == ("$PASSWORD" in included)
        assert isinstance(expected, Unknown) or expected == server.ask("varz")["config_digest"]


RELOADED, REFUSED = "Reloaded server configuration", "Failed to reload"


def answer_in(log: Path) -> str | None:
    """What the server says of a reload, once it does."""
    return next((answer for answer in (RELOADED, REFUSED) if answer in log.read_text()), None)


USERS = "authorization { users: [ {user: app, password: $PASSWORD} ] }\n"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("change", "reloads"), [("max_subscriptions: 200\n", False), ("max_connections: $LIMIT\n", True)]
)
def test_a_variable_in_an_include_does_not_hide_what_a_reload_refuses(
    binary_of: Callable[[str], Path], tmp_path: Path, version: str, change: str, reloads: bool
) -> None:
    main = lay_out(tmp_path, USERS)
    before = ours(main).restart_digest({})
    with trying(binary_of(version), main) as server:
        assert server is not None
        lay_out(tmp_path, USERS + change)
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: answer_in(tmp_path / "log"), timeout=10, what="the server has answered", interval=0.02)
        assert (answer_in(tmp_path / "log") == RELOADED) == reloads
    assert (ours(main).restart_digest({}) == before) == reloads
