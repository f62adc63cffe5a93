"""Requests to servers that misbehave; tests/server has real ones."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
import trustme
from nats.aio.client import Client
from nats.protocol.parser import Parser

from natsop_core.actions import Credentials, RequestTls
from natsop_core.outcomes import Answered, Failed, Outcomes
from natsop_runtime import nats_requests
from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.nats import NatsRequests
from natsop_runtime.nats_client import MAX_ANSWER_BYTES, RequestClient
from natsop_runtime.nats_requests import CLOSED, NO_RESPONDERS, REFUSED, TIMEOUT, TOO_LONG, UNREADABLE, converse
from tests import tokens
from tests.unit.natsop_runtime.fake_nats import (
    IDENTITIES,
    SECRETS,
    SEED,
    FakeServer,
    TlsServer,
    outcome_with,
    outcomes_with,
    request,
)


def test_an_answer_comes_back_as_it_is() -> None:
    assert outcome_with(FakeServer(reply=b"\x00 yes")) == Answered(b"\x00 yes")


def test_requests_to_the_same_servers_share_a_connection() -> None:
    server = FakeServer()
    assert list(outcomes_with(server, "a", "b", "c").values()) == [Answered(b"+OK")] * 3
    assert server.connections == 1


def test_it_is_said_who_asks() -> None:
    server = FakeServer()
    outcome_with(server, credentials=SECRETS)
    said = json.loads(next(line for line in server.lines if line.startswith(b"CONNECT"))[8:])
    assert (said["user"], said["pass"]) == ("operator", "hunter2-hunter2")


@pytest.mark.parametrize("info", [{}, {"nonce": "abc", "auth_required": True}], ids=["no nonce", "nonce"])
@pytest.mark.parametrize("credentials", IDENTITIES)
def test_nothing_goes_over_a_plain_connection_where_tls_is_asked_for(
    credentials: Credentials, info: dict[str, Any]
) -> None:
    server = FakeServer(**info)
    outcome = outcome_with(server, credentials=credentials, tls=RequestTls("c.prod.svc", b""))
    assert isinstance(outcome, Failed)
    assert "the server does not offer TLS" in outcome.message
    assert not server.lines


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(creds="no creds"),
        Credentials(creds="-" * 2**20),
        Credentials(creds=tokens.decorated("NATS USER JWT", "a.b.c")),
        Credentials(creds=tokens.decorated("USER NKEY SEED", SEED)),
        Credentials(creds=tokens.decorated("NATS USER JWT", "a.b.c") + tokens.decorated("USER NKEY SEED", "SUX")),
        Credentials(nkey_seed="SU"),
        Credentials(nkey_seed="é"),
    ],
)
def test_what_are_no_credentials_are_refused_before_anybody_is_asked(credentials: Credentials) -> None:
    server = FakeServer()
    assert outcome_with(server, credentials=credentials) == UNREADABLE
    assert not server.connections


@pytest.mark.parametrize("words", ["Authorization Violation", "User Authentication Expired"])
def test_refused_credentials_are_no_matter_of_time(words: str) -> None:
    assert outcome_with(FakeServer(welcome=f"-ERR '{words}'\r\n"), credentials=SECRETS) == REFUSED


def test_what_a_server_says_is_not_repeated() -> None:
    outcome = outcome_with(FakeServer(welcome="-ERR 'your password is hunter2-hunter2'\r\n"), credentials=SECRETS)
    assert isinstance(outcome, Failed)
    assert "hunter2" not in outcome.message


def test_a_server_that_nobody_listens_at_fails_at_once_and_the_next_one_is_asked() -> None:
    async def story() -> None:
        listening = await asyncio.start_server(FakeServer(), "127.0.0.1")
        port = listening.sockets[0].getsockname()[1]
        async with listening:
            gone = await asyncio.start_server(FakeServer(), "127.0.0.1")
            dead = f"nats://127.0.0.1:{gone.sockets[0].getsockname()[1]}"
            gone.close()
            await gone.wait_closed()
            [answered] = (await converse([request(dead, f"nats://127.0.0.1:{port}")])).values()
            [failed] = (await converse([request(dead)])).values()
        assert answered == Answered(b"+OK")
        assert isinstance(failed, Failed)
        assert failed.message == f"no connection to {dead[7:]}: Connection refused"

    asyncio.run(story())


def test_nobody_at_all_can_be_asked_when_no_server_runs() -> None:
    [outcome] = asyncio.run(converse([request()])).values()
    assert isinstance(outcome, Failed)


@pytest.mark.parametrize("server", [FakeServer(silent=True), FakeServer(reply=b"")])
def test_a_server_that_never_answers_does_not_keep_us(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_requests, "TIMEOUT", 0.3)
    monkeypatch.setattr(nats_requests, "CONNECT_TIMEOUT", 0.2)

    async def story() -> None:
        begun = asyncio.get_running_loop().time()
        listening = await asyncio.start_server(server, "127.0.0.1")
        port = listening.sockets[0].getsockname()[1]
        outcomes = await converse([request(f"nats://127.0.0.1:{port}")])
        assert asyncio.get_running_loop().time() - begun < 2
        assert all(isinstance(each, Failed) for each in outcomes.values())
        listening.close()

    asyncio.run(story())


def test_all_of_it_takes_at_most_five_seconds() -> None:
    assert TIMEOUT + nats_requests.CLOSE_TIMEOUT <= 5


def test_what_was_answered_counts_though_another_request_was_not() -> None:
    class AnswersOne(FakeServer):
        def _publish(self, line: bytes, writer: asyncio.StreamWriter) -> None:
            if b"subject.a " in line:
                super()._publish(line, writer)
            else:
                writer.close()

    assert list(outcomes_with(AnswersOne(), "a", "b").values()) == [Answered(b"+OK"), CLOSED]


def test_a_server_that_hangs_up_is_noticed_at_once() -> None:
    assert outcome_with(FakeServer(reply=b"close")) == CLOSED


def test_an_answer_without_end_is_cut_off() -> None:
    assert outcome_with(FakeServer(reply=bytes(MAX_ANSWER_BYTES + 1))) == TOO_LONG
    assert outcome_with(FakeServer(reply=bytes(2 * MAX_ANSWER_BYTES))) == CLOSED


def test_nats_py_keeps_its_parser_where_ours_replaces_it() -> None:
    """A private name: see docs/contributing/decisions.md."""
    assert type(vars(Client())["_ps"]) is Parser
    assert isinstance(vars(RequestClient())["_ps"], Parser)


def test_no_responders_are_noticed_at_once() -> None:
    class Nobody(FakeServer):
        def _publish(self, line: bytes, writer: asyncio.StreamWriter) -> None:
            headers = b"NATS/1.0 503\r\n\r\n"
            writer.write(b"HMSG %s 1 %d %d\r\n%s\r\n" % (line.split()[2], len(headers), len(headers), headers))

    assert outcome_with(Nobody()) == NO_RESPONDERS


def test_a_certificate_of_another_name_or_of_nobodys_ca_is_not_accepted() -> None:
    ca, other = trustme.CA(), trustme.CA()
    for tls, words in (
        (RequestTls("c.other.svc", ca.cert_pem.bytes()), "Hostname mismatch"),
        (RequestTls("c.prod.svc", other.cert_pem.bytes()), "unable to get local issuer certificate"),
    ):
        outcome = outcome_with(TlsServer(ca, "c.prod.svc"), credentials=SECRETS, tls=tls)
        assert isinstance(outcome, Failed)
        assert words in outcome.message


@pytest.mark.parametrize("credentials", IDENTITIES)
def test_over_tls_it_is_said_who_asks(credentials: Credentials) -> None:
    ca = trustme.CA()
    server = TlsServer(ca, "c.prod.svc", nonce="abc")
    tls = RequestTls("c.prod.svc", ca.cert_pem.bytes())
    assert outcome_with(server, credentials=credentials, tls=tls) == Answered(b"+OK")
    said = json.loads(next(line for line in server.lines if line.startswith(b"CONNECT"))[8:])
    assert not said.get("auth_token")
    assert (said.get("user"), said.get("pass")) == (credentials.user or None, credentials.password or None)
    assert (said.get("nkey") is not None, said.get("jwt")) == (
        bool(credentials.nkey_seed),
        "a.b.c" if credentials.creds else None,
    )
    assert ("sig" in said) == bool(credentials.nkey_seed or credentials.creds)


def test_a_ca_that_is_none_is_said_to_be() -> None:
    outcome = outcome_with(FakeServer(), tls=RequestTls("c.prod.svc", b"no certificate"))
    assert isinstance(outcome, Failed)
    assert "TLS failed" in outcome.message


def test_nothing_is_sent_by_who_does_not_lead_any_more() -> None:
    def shut() -> None:
        raise LeadershipLostError

    server = FakeServer()
    with pytest.raises(LeadershipLostError):
        asyncio.run(NatsRequests(shut, converse).send([request("nats://127.0.0.1:1")]))
    assert not server.connections


def test_each_request_has_its_outcome_in_the_order_of_the_plan() -> None:
    async def echo(requests: Any) -> Outcomes:
        return {each.key: Answered(each.key.name.encode()) for each in requests}

    requests = [
        request("nats://a", name="1"),
        request("nats://b", name="2"),
        request("nats://a", name="3"),
        replace(request("nats://a", name="4"), credentials=SECRETS),
    ]
    outcomes = asyncio.run(NatsRequests(lambda: None, echo).send(requests))
    assert [*outcomes.values()] == [Answered(b"1"), Answered(b"2"), Answered(b"3"), Answered(b"4")]
    assert [key.name for key in outcomes if hasattr(key, "cluster")] == ["1", "2", "3", "4"]


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    creds = tokens.credentials(tokens.user(), tokens.account())
    everything = [
        Credentials(creds=creds),
        Credentials(nkey_seed=SEED),
        SECRETS,
    ]
    for credentials in everything:
        for server in (FakeServer(welcome="-ERR 'Authorization Violation'\r\n"), FakeServer(reply=b"close")):
            asked = request("nats://127.0.0.1:1", credentials=credentials, tls=RequestTls("c", b"hunter2-hunter2"))
            outcome = outcome_with(server, credentials=credentials)
            shown = f"{asked} {asked.key} {outcome} {Answered(b'hunter2-hunter2')} {caplog.text}"
            assert SEED not in shown
            assert "hunter2" not in shown
            assert creds.splitlines()[1] not in shown
