"""Requests to real servers: who is let in, who is not, and how long it takes to find out."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import trustme

from natsop_core.actions import Credentials, Request, RequestTls
from natsop_core.outcomes import Answered, Failed, Outcome
from natsop_core.requests import request_to
from natsop_runtime.nats_requests import NO_RESPONDERS, NOT_PERMITTED, REFUSED, converse
from tests import tokens
from tests.server.jwt_world import APP, FULL, STRANGER, SYSTEM, USER, laid_out, layout
from tests.server.pod_layout import Layout
from tests.server.pod_process import Monitor, started
from tests.unit.natsop_core.world import Object, cluster, config_map, pod, resolved, secret

VERSIONS: Final = ("2.10.26", "2.12.6", "2.15.2")

NKEY: Final = tokens.user("operator")
USERS: Final = f"""
accounts {{ $SYS {{ users: [
  {{ nkey: {NKEY.public_key} }},
  {{ user: "o p", password: "p@ss w'rd" }},
  {{ user: "limited", password: "limited", permissions: {{ publish: "$SYS.REQ.ACCOUNT.>" }} }},
] }} }}
"""
"""Who sees the servers from inside."""

PLAIN: Final[Object] = {
    "config": {"includes": [{"name": "users.conf", "secret": {"name": "users", "key": "users"}}]},
}
TLS: Final[Object] = {
    "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}},
    "config": {"nats": {"tls": {"enabled": True, "secretName": "client-tls"}}, **PLAIN["config"]},
}

SERVERS: Final = "$SYS.REQ.SERVER.PING.IDZ"
NKEYED: Final = Credentials(nkey_seed=NKEY.seed)
NAMED: Final = Credentials(user="o p", password="p@ss w'rd")  # noqa: S106
WRONG: Final = Credentials(user="o p", password="guessed")  # noqa: S106

Run = Callable[[Layout, Callable[[], Any]], Any]


@pytest.fixture(params=VERSIONS)
def run(
    request: pytest.FixtureRequest, binary_of: Callable[[str], Path], threads: ThreadPoolExecutor, tmp_path: Path
) -> Run:
    """Start a server with a layout and do something beside it, in the server's network."""

    def beside(seen: Layout, do: Callable[[], Any]) -> Any:
        with started(seen, binary_of(request.param), Monitor(8222, tls=False), tmp_path):
            return do()

    return lambda seen, do: threads.submit(beside, seen, do).result()


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    """What the clusters refer to. The certificate names no address, as the documented one."""
    ca = trustme.CA()
    pair = ca.issue_cert("c-headless.prod.svc.cluster.local")
    certificate = pair.cert_chain_pems[0].bytes().decode()
    return [
        secret("users", users=USERS),
        secret("client-tls", **{"tls.crt": certificate, "tls.key": pair.private_key_pem.bytes().decode()}),
        config_map("ca", **{"ca.crt": ca.cert_pem.bytes().decode()}),
    ]


def request_of(
    spec: Object, objects: list[Object], credentials: Credentials = NKEYED, subject: str = SERVERS
) -> Request:
    servers = resolved(cluster(spec), *objects).cluster
    found = request_to(servers, [pod("c-0", ip="127.0.0.1")], credentials, name="ask", subject=subject)
    assert isinstance(found, Request), found
    return found


def outcome_of(request: Request) -> Outcome:
    [outcome] = asyncio.run(converse([request])).values()
    return outcome


def said(outcome: Outcome) -> Any:
    assert isinstance(outcome, Answered), outcome
    return json.loads(outcome.body)


@pytest.mark.parametrize("spec", [PLAIN, TLS], ids=["plain", "TLS"])
def test_who_is_known_is_answered_and_who_is_not_is_refused(run: Run, objects: list[Object], spec: Object) -> None:
    seen, request = laid_out(spec, objects), partial(request_of, spec, objects)

    def talk() -> None:
        for credentials in (NKEYED, NAMED):
            assert said(outcome_of(request(credentials)))["name"] == "c-0"
        for stranger in (WRONG, Credentials(nkey_seed=USER.seed)):
            assert outcome_of(request(stranger)) == REFUSED

    run(seen, talk)


def test_what_a_user_may_not_ask_is_refused_at_once_and_the_rest_is_answered(run: Run, objects: list[Object]) -> None:
    seen, request = laid_out(PLAIN, objects), partial(request_of, PLAIN, objects)
    limited = Credentials(user="limited", password="limited")  # noqa: S106

    def talk() -> None:
        begun = time.monotonic()
        may_not = request(limited, "$SYS.REQ.SERVER.PING")
        may = replace(request(limited, "$SYS.REQ.ACCOUNT.PING.STATZ"), key=replace(may_not.key, name="ask another"))
        refused, answered = asyncio.run(converse([may_not, may])).values()
        assert refused == NOT_PERMITTED
        assert isinstance(answered, Answered)
        assert time.monotonic() - begun < 2

    run(seen, talk)


def test_over_tls_nobody_else_is_told_who_we_are(run: Run, objects: list[Object]) -> None:
    seen, request = laid_out(TLS, objects), partial(request_of, TLS, objects)
    right = request().tls
    assert right is not None

    def talk() -> None:
        for tls, problem in (
            (RequestTls("c.other.svc", right.ca), "Hostname mismatch"),
            (RequestTls(right.server_name, b""), "unable to get"),
            (None, "no connection"),
        ):
            outcome = outcome_of(replace(request(), tls=tls))
            assert isinstance(outcome, Failed)
            assert problem in outcome.message

    run(seen, talk)


def test_where_nobody_answers_such_requests_it_is_said_at_once(run: Run, objects: list[Object]) -> None:
    seen, request = laid_out(PLAIN, objects), partial(request_of, PLAIN, objects)
    begun = time.monotonic()
    assert run(seen, lambda: outcome_of(request(subject="$SYS.REQ.SERVER.NOBODY.IDZ"))) == NO_RESPONDERS
    assert time.monotonic() - begun < 20


def test_creds_of_an_account_let_in_and_those_of_a_strange_one_do_not(run: Run, objects: list[Object]) -> None:
    request = partial(request_of, PLAIN, objects)

    def talk() -> None:
        assert said(outcome_of(request(Credentials(creds=tokens.credentials(USER, SYSTEM)))))["name"] == "c-0"
        own = request(Credentials(creds=tokens.credentials(USER, APP)), "$SYS.REQ.USER.INFO")
        assert said(outcome_of(own))["data"]["account"] == APP.public_key
        assert outcome_of(request(Credentials(creds=tokens.credentials(USER, STRANGER)))) == REFUSED
        assert outcome_of(request(Credentials())) == REFUSED

    run(layout(FULL), talk)


def test_nobody_listens_or_never_speaks(objects: list[Object]) -> None:
    request = partial(request_of, PLAIN, objects)
    with silent_port() as port:
        begun = time.monotonic()
        outcome = outcome_of(replace(request(), servers=(f"nats://127.0.0.1:{port}",)))
        assert isinstance(outcome, Failed)
        assert "no answer within" in outcome.message
        assert time.monotonic() - begun < 5
    outcome = outcome_of(replace(request(), servers=(f"nats://127.0.0.1:{port}",)))
    assert isinstance(outcome, Failed)
    assert "Connection refused" in outcome.message


@contextmanager
def silent_port() -> Iterator[int]:
    """Where connections are taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
