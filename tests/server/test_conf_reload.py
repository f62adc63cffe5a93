"""Every option that we say reloads does, in every supported version and direction; the others are refused."""

from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest

from natsop_core.conf import Block, Item, parse, restart_digest
from natsop_core.conf.restart import RELOADABLE
from tests.server.running import RunningServer, running

VERSIONS = ("2.10.25", "2.12.6", "2.14.2", "2.15.2")

CLUSTER = Block(name="c", host="127.0.0.1", port=-1)
BASE = Block(host="127.0.0.1", port=-1, http="127.0.0.1:-1", server_name="s", cluster=CLUSTER)

VALUES: dict[str, tuple[Item | None, ...]] = {
    "debug": (None, True, False),
    "trace": (None, True, False),
    "logtime": (None, True, False),
    "max_traced_msg_len": (None, 10, 20),
    "pid_file": (None, "a.pid", "b.pid"),
    "client_advertise": (None, "a:1", "b:2"),
    "server_tags": (None, ["a"], ["a", "b"]),
    "max_connections": (None, 10, 20),
    "max_payload": (None, 1000, 2000),
    "max_control_line": (None, 1000, 2000),
    "ping_interval": (None, "10s", "1m"),
    "ping_max": (None, 3, 4),
    "write_deadline": (None, "5s", "6s"),
    "authorization": (
        None,
        parse("user: u, password: p, timeout: 3"),
        parse("token: t"),
        parse("users: [ {user: a, password: b}, {user: c, password: d} ], timeout: '2s'"),
    ),
    "accounts": (
        None,
        parse("A { users: [ {user: a, password: b} ] }"),
        parse("A { exports: [ {stream: x} ] }, B { imports: [ {stream: {account: A, subject: x}} ] }"),
    ),
    "cluster.name": (None, "c", "d"),
    "cluster.no_advertise": (None, True, False),
    "cluster.cluster_advertise": (None, "a:1", "b:2"),
    "cluster.routes": (None, ["nats://127.0.0.1:6"], ["nats://127.0.0.1:6", "nats://127.0.0.1:7"]),
    "cluster.connect_retries": (None, 5, 6),
    "cluster.ping_interval": (None, "5s", "6s"),
    "cluster.authorization": (None, Block(("user", "u"), ("password", "p")), Block(("user", "u"), ("password", "q"))),
    "cluster.permissions": (None, Block(("import", ["a"])), Block(("import", ["b"]), export=["c"])),
    "cluster.compression": (None, "s2_fast", "off"),
    "cluster.pool_size": (None, 2, -1),
    "cluster.accounts": (None, ["$G"]),
}
"""For each option the values that it is changed between; None leaves it out."""

ELSEWHERE = {"resolver_preload", "tls", "cluster.tls"}
"""Measured by test_jwt.py and test_reload_or_restart.py, since they take real accounts and certificates."""

JETSTREAM = Block(store_dir="jetstream", max_file_store=2**20, max_memory_store=2**20)
SOLO = Block(host="127.0.0.1", port=-1, http="127.0.0.1:-1", server_name="s", jetstream=JETSTREAM)

REFUSED: dict[str, tuple[Block, Block]] = {
    "port": (SOLO, Block(port=1)),
    "http": (SOLO, Block(http="127.0.0.1:1")),
    "server_name": (SOLO, Block(server_name="t")),
    "lame_duck_duration": (SOLO, Block(lame_duck_duration="30s")),
    "lame_duck_grace_period": (SOLO, Block(lame_duck_grace_period="5s")),
    "jetstream.store_dir": (SOLO, Block(jetstream=JETSTREAM | Block(store_dir="elsewhere"))),
    "jetstream.max_file_store": (SOLO, Block(jetstream=JETSTREAM | Block(max_file_store=0))),
    "jetstream.max_memory_store": (SOLO, Block(jetstream=JETSTREAM | Block(max_memory_store=0))),
    "cluster": (SOLO, Block(cluster=CLUSTER | Block(routes=["nats://127.0.0.1:6"]))),
    "cluster.port": (BASE, Block(cluster=CLUSTER | Block(port=1))),
}
"""Changes of what every cluster's configuration holds, each from a whole configuration."""


def with_option(path: str, value: Item | None) -> Block:
    outer, _, key = path.rpartition(".")
    if outer:
        return BASE | Block(cluster=CLUSTER | Block((key, value)))
    return BASE | Block((key, value))


@pytest.fixture(scope="module", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, binary_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One server for all options: each test leaves it with BASE."""
    with running(binary_of(request.param), tmp_path_factory.mktemp("server"), BASE) as started:
        yield started


def test_every_row_of_the_table_is_measured() -> None:
    assert {row.path for row in RELOADABLE} == {*VALUES, *ELSEWHERE}


@pytest.mark.parametrize("path", VALUES)
def test_the_option_reloads_between_any_two_values(server: RunningServer, path: str) -> None:
    for old, new in permutations(VALUES[path], 2):
        for tree in (with_option(path, old), with_option(path, new)):
            assert server.reload(tree) == "", f"{path}: {old} -> {new}"
            server.await_digest_of(tree)
            assert restart_digest(tree) == restart_digest(BASE)
    assert server.reload(BASE) == ""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", REFUSED)
def test_a_change_that_is_refused_restarts_the_pods(
    binary_of: Callable[[str], Path], tmp_path: Path, version: str, path: str
) -> None:
    before, change = REFUSED[path]
    after = before | change
    with running(binary_of(version), tmp_path, before) as server:
        assert "reload not supported" in server.reload(after)
        server.await_digest_of(before)
    assert restart_digest(before) != restart_digest(after)
