"""The system user on real servers: it comes, changes and goes by reloads. When it goes, clients reconnect."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import pytest

from natsop_core.actions import Credentials, Request, RequestKey
from natsop_core.names import SYSTEM_USER_KEY
from natsop_core.offline import inputs_at_hand, render
from natsop_core.outcomes import Answered, Outcome
from natsop_runtime.nats_requests import NO_RESPONDERS, REFUSED, converse
from tests.server.pod_layout import Layout, data_of, lay_out
from tests.server.pod_process import Monitor, PodProcess, started
from tests.unit.natsop_core.world import NOW, Object, cluster, one_of

VERSIONS: Final = ("2.10.26", "2.12.6", "2.15.2")

JETSTREAM: Final[Object] = {"replicas": 1, "config": {"jetstream": {"enabled": True, "fileStore": {"maxSize": "10Mi"}}}}
ON: Final[Object] = {**JETSTREAM, "auth": {"systemUser": {"enabled": True}}}

ANYBODY: Final = Credentials()
UNASKED: Final = Credentials(user="somebody", password="something")  # noqa: S106
"""What no server asks for."""


class Servers(NamedTuple):
    """What a pod sees, and who sees the servers from inside."""

    layout: Layout
    system: Credentials


def servers_of(spec: Object, entropy: bytes = b"1") -> Servers:
    made = render(cluster(spec), replace(inputs_at_hand([], NOW), entropy=entropy)).objects
    assert made is not None
    objects = [dict(each) for each in made]
    secrets = [each for each in objects if each["metadata"]["name"] == "c-system"]
    seed = data_of(one_of(secrets, "Secret"))[SYSTEM_USER_KEY].decode() if secrets else ""
    return Servers(lay_out(objects), Credentials(nkey_seed=seed))


@pytest.mark.parametrize("version", VERSIONS)
def test_it_comes_changes_and_goes_by_reloads(
    version: str, threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path
) -> None:
    def life() -> None:
        with started(off.layout, binary_of(version), Monitor(8222, tls=False), tmp_path) as server:
            live_with_it(server)

    off = servers_of(JETSTREAM)
    threads.submit(life).result()


def live_with_it(server: PodProcess) -> None:
    off, first, second = servers_of(JETSTREAM), servers_of(ON), servers_of(ON, b"2")
    assert first.system != second.system
    ask(ANYBODY, "$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["s"], "num_replicas": 1})
    ask(ANYBODY, "s", "a message")
    assert sees_stream(UNASKED), "before, they are let in"
    assert outcome_of(ANYBODY, IDENTITIES) == NO_RESPONDERS

    with connected() as stays_on:
        for servers in (first, second):
            assert server.reload(servers.layout) == ""
            assert ask(servers.system, IDENTITIES)["name"] == "c-0"
            assert stays_on()
            assert sees_stream(ANYBODY)
            assert outcome_of(ANYBODY, IDENTITIES) == NO_RESPONDERS, "it is none of the system account"
            assert outcome_of(UNASKED, IDENTITIES) == REFUSED
        assert outcome_of(first.system, IDENTITIES) == REFUSED, "its key was replaced"

        assert server.reload(off.layout) == ""
        assert outcome_of(second.system, IDENTITIES) == NO_RESPONDERS, "whoever sends what nobody asks for is anybody"
        assert not stays_on(), "the servers had made it a user of theirs, whom they forget as well"
        assert sees_stream(ANYBODY)
        assert sees_stream(UNASKED)


IDENTITIES: Final = "$SYS.REQ.SERVER.PING.IDZ"


def outcome_of(credentials: Credentials, subject: str, body: Any = None) -> Outcome:
    payload = b"" if body is None else json.dumps(body).encode()
    key = RequestKey("prod", "c", "ask")
    request = Request(key, ("nats://127.0.0.1:4222",), subject, payload, credentials)
    [outcome] = asyncio.run(converse([request])).values()
    return outcome


def ask(credentials: Credentials, subject: str, body: Any = None) -> Any:
    outcome = outcome_of(credentials, subject, body)
    assert isinstance(outcome, Answered), outcome
    answer = json.loads(outcome.body)
    assert "error" not in answer, answer
    return answer


def sees_stream(credentials: Credentials) -> bool:
    return bool(ask(credentials, "$JS.API.STREAM.INFO.S")["state"]["messages"] == 1)


@contextmanager
def connected() -> Iterator[Callable[[], bool]]:
    """A client without credentials that stays connected; says whether it still is."""
    with socket.create_connection(("127.0.0.1", 4222), timeout=10) as connection, connection.makefile("rwb") as stream:
        stream.readline()
        stream.write(b'CONNECT {"verbose":false,"pedantic":false}\r\n')
        assert _pong(stream)  # type: ignore[arg-type]
        yield lambda: _pong(stream)  # type: ignore[arg-type]


def _pong(stream: BinaryIO) -> bool:
    stream.write(b"PING\r\n")
    stream.flush()
    while line := stream.readline():
        if line == b"PONG\r\n":
            return True
        assert line.startswith((b"INFO", b"PING")), line
    return False
