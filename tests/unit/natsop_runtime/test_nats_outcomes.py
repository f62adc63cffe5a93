"""In which words a request fails, after how long, and what is left of its connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nats import errors

from natsop_core.outcomes import Answered, Failed, Outcome
from natsop_runtime import nats_requests
from natsop_runtime.nats_client import MAX_ANSWER_BYTES, PlainConnectionError, RequestClient
from natsop_runtime.nats_requests import (
    CLOSED,
    NO_RESPONDERS,
    NOT_PERMITTED,
    PAUSE,
    REFUSED,
    UNANSWERED,
    UNREADABLE,
    converse,
)
from tests.unit.natsop_runtime.fake_nats import SECRETS, FakeServer, outcome_with, request

NO_CONNECTION = "no connection to 127.0.0.1:1: "


class Says(FakeServer):
    """Answers each request with a line of the protocol, and hangs up if it is to."""

    def __init__(self, line: str, *, hangs_up: bool = False) -> None:
        super().__init__()
        self._line = line
        self._hangs_up = hangs_up

    def _publish(self, _line: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{self._line}\r\n".encode())
        if self._hangs_up:
            writer.close()


def test_the_words_for_people_are_these() -> None:
    assert [each.message for each in (REFUSED, NOT_PERMITTED, UNREADABLE, NO_RESPONDERS, CLOSED, UNANSWERED)] == [
        "authorization violation",
        "permissions violation",
        "the credentials cannot be read",
        "no responders for this subject",
        "the server closed the connection",
        "no answer within 4.5 s",
    ]
    assert asyncio.run(converse([request()])) == {request().key: Failed("no server is running", PAUSE)}


def test_credentials_that_are_revoked_are_refused() -> None:
    assert outcome_with(FakeServer(welcome="-ERR 'User Authentication Revoked'\r\n"), credentials=SECRETS) == REFUSED


@pytest.mark.parametrize(
    ("line", "outcome"),
    [("-ERR 'User Authentication Expired'", REFUSED), ("-ERR 'Slow Consumer'", CLOSED)],
)
def test_a_server_that_hangs_up_may_say_that_credentials_have_expired(line: str, outcome: Outcome) -> None:
    assert outcome_with(Says(line, hangs_up=True)) == outcome


def test_who_may_not_ask_is_told_so_at_once() -> None:
    assert outcome_with(Says("-ERR 'Permissions Violation for Publish to \"subject.ask\"'")) == NOT_PERMITTED


def test_a_request_that_is_larger_than_the_server_takes_is_not_sent() -> None:
    assert outcome_with(FakeServer(max_payload=0)) == Failed("it cannot be sent (MaxPayloadError)", PAUSE)


def test_the_longest_answer_is_one() -> None:
    assert outcome_with(FakeServer(reply=bytes(MAX_ANSWER_BYTES))) == Answered(bytes(MAX_ANSWER_BYTES))


def test_servers_are_not_asked_one_after_the_other_with_credentials_that_are_refused() -> None:
    first, second = FakeServer(welcome="-ERR 'Authorization Violation'\r\n"), FakeServer()

    async def story() -> Outcome:
        listening = [await asyncio.start_server(each, "127.0.0.1") for each in (first, second)]
        urls = [f"nats://127.0.0.1:{each.sockets[0].getsockname()[1]}" for each in listening]
        [outcome] = (await converse([request(*urls, credentials=SECRETS)])).values()
        return outcome

    assert asyncio.run(story()) == REFUSED
    assert (first.connections, second.connections) == (1, 0)


def test_a_conversation_ends_with_its_last_answer_and_leaves_no_connection() -> None:
    class Ends(FakeServer):
        ended = asyncio.Event()

        async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await super()._listen(reader, writer)
            self.ended.set()

    async def story() -> None:
        server = Ends()
        listening = await asyncio.start_server(server, "127.0.0.1")
        async with asyncio.timeout(nats_requests.TIMEOUT / 2):
            await converse([request(f"nats://127.0.0.1:{listening.sockets[0].getsockname()[1]}")])
            await server.ended.wait()

    asyncio.run(story())


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_requests, "TIMEOUT", 0.6)
    monkeypatch.setattr(nats_requests, "CONNECT_TIMEOUT", 0.2)


def test_a_request_that_is_never_answered_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_requests, "TIMEOUT", 1.5)

    async def story() -> None:
        listening = await asyncio.start_server(FakeServer(reply=b""), "127.0.0.1")
        asked = request(f"nats://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        assert await converse([asked]) == {asked.key: UNANSWERED}

    asyncio.run(story())


def test_a_request_that_runs_out_of_time_by_itself_is_said_to_be_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def runs_out(*_: object, **__: object) -> bytes:
        raise errors.TimeoutError

    monkeypatch.setattr(RequestClient, "ask", runs_out)
    assert outcome_with(FakeServer()) == UNANSWERED


def test_a_connection_has_to_be_made_in_time_however_its_parts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dawdles(FakeServer):
        async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.15)  # and as long again before it says who it is
            await super()._listen(reader, writer)

        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.15)
            await super().__call__(reader, writer)

    impatient(monkeypatch)
    outcome = outcome_with(Dawdles())
    assert isinstance(outcome, Failed)
    assert outcome.message.endswith(": no answer within 0.2 s")


@pytest.mark.parametrize(
    ("error", "earlier", "words"),
    [
        (errors.NoServersError(), [TimeoutError(), ConnectionRefusedError(111, "")], "Connection refused"),
        (errors.NoServersError(), [], "unexpected answer (NoServersError)"),
        (ConnectionResetError(104, ""), [TimeoutError()], "Connection reset by peer"),
        (PlainConnectionError(), [], "the server does not offer TLS"),
    ],
)
def test_a_connection_that_fails_is_told_by_its_last_problem(
    error: Exception, earlier: list[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(client: RequestClient, _url: str, **_options: Any) -> None:
        client.problems += earlier
        raise error

    monkeypatch.setattr(RequestClient, "open", fails)
    asked = request("nats://127.0.0.1:1")
    assert asyncio.run(converse([asked])) == {asked.key: Failed(NO_CONNECTION + words, PAUSE)}
