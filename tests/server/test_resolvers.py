"""Full resolvers of real servers: what they say of an account, and how they answer requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from natsop_core.actions import Credentials, Request
from natsop_core.inputs import Found, HttpAnswer, Inputs
from natsop_core.lookup import Lookup
from natsop_core.outcomes import Answered
from natsop_core.references import Reference
from natsop_core.requests import request_to
from natsop_core.resolve.types import ResolverAccounts
from natsop_core.resolver_record import ResolverRecord
from natsop_core.resolver_requests import LOOKUP, UPDATE, error_in, has_none
from natsop_core.resolvers import ACCOUNTZ, Claims, ask_resolvers
from natsop_core.servers import VARZ, Server, ask_servers, monitor_reference
from natsop_runtime.nats_requests import converse
from tests.server.jwt_world import (
    APP,
    FULL,
    GOOD,
    JETSTREAM,
    OPERATOR,
    STRANGER,
    SYSTEM,
    USER,
    Files,
    jwt_spec,
    laid_out,
    layout,
)
from tests.server.pod_layout import Layout
from tests.server.pod_process import Monitor, PodProcess, started
from tests.tokens import ISSUED, Identity, account_jwt, claims_of, credentials
from tests.unit.natsop_core.world import NOW, cluster, pod, resolved, secret

VERSIONS: Final = ("2.10.26", "2.12.6", "2.15.2")
POD: Final = pod("c-0", ip="127.0.0.1")
DELETE: Final = "$SYS.REQ.CLAIMS.DELETE"


def newer(seconds: int) -> str:
    return account_jwt(APP, OPERATOR, issued=ISSUED + seconds)


def with_app(token: str) -> Files:
    return Files(operator=GOOD.operator, system=GOOD.system, app=token)


Test = Callable[[PodProcess], None]


@pytest.fixture(params=VERSIONS)
def run(
    request: pytest.FixtureRequest, binary_of: Callable[[str], Path], threads: ThreadPoolExecutor, tmp_path: Path
) -> Callable[[Test], None]:
    """Start a server with a full resolver and carry the test out beside it, in the server's network."""

    def beside(test: Test) -> None:
        with started(layout(FULL), binary_of(request.param), Monitor(8222, tls=False), tmp_path) as server:
            test(server)

    return lambda test: threads.submit(beside, test).result()


def server_of(process: PodProcess) -> Server:
    [server] = ask_servers([POD], Lookup(inputs_of(process, VARZ)))
    return server


def claims(process: PodProcess, wanted: str, who: Identity = APP) -> Claims:
    """What the core makes of the server's answers when the account should have this JWT."""
    accounts = ResolverAccounts({who.public_key: wanted}, {}, (), allow_delete=True)
    lookup = Lookup(inputs_of(process, VARZ, f"{ACCOUNTZ}?acc={who.public_key}"))
    [seen] = ask_resolvers([POD], [server_of(process)], accounts, ResolverRecord(), lookup)
    return seen.claims[who.public_key]


def inputs_of(process: PodProcess, *paths: str) -> Inputs:
    assert process.monitor is not None
    found: dict[Reference, Found] = {}
    for path in paths:
        reference = monitor_reference(POD, path)
        assert reference is not None
        found[reference] = HttpAnswer(*process.monitor.get(path))
    return Inputs(now=NOW, found=found)


def ask(subject: str, payload: str = "", creds: str | None = None) -> Any:
    """What becomes of a request; by a user of the system account, unless it is somebody else's."""
    servers = resolved(cluster({"replicas": 1, "auth": {"jwt": jwt_spec(FULL)}}), *GOOD.objects).cluster
    credentials_ = Credentials(creds=creds or credentials(USER, SYSTEM))
    request = request_to(servers, [POD], credentials_, name="ask", subject=subject, payload=payload.encode())
    assert isinstance(request, Request), request
    [outcome] = asyncio.run(converse([request])).values()
    return outcome


def answered(subject: str, payload: str = "") -> bytes:
    outcome = ask(subject, payload)
    assert isinstance(outcome, Answered), outcome
    return outcome.body


def use() -> None:
    """Connect as a user of the account."""
    ask("nobody.answers", creds=credentials(USER, APP))


def test_a_reload_does_not_reach_an_account_in_use_and_a_push_does(run: Callable[[Test], None]) -> None:
    def test(process: PodProcess) -> None:
        assert claims(process, GOOD.app) == "not loaded"
        use()
        assert claims(process, GOOD.app) == "current"
        assert process.reload(layout(FULL, with_app(newer(1)))) == ""
        assert claims(process, newer(1)) == "behind"
        assert error_in(answered(UPDATE, newer(1))) == ""
        assert claims(process, newer(1)) == "current"
        assert claims(process, GOOD.app) == "current", "the newest wins"

    run(test)


def test_an_account_that_nobody_uses_is_read_from_what_a_reload_has_left(run: Callable[[Test], None]) -> None:
    def test(process: PodProcess) -> None:
        assert process.reload(layout(FULL, with_app(newer(1)))) == ""
        assert claims(process, newer(1)) == "not loaded"
        use()
        assert claims(process, newer(1)) == "current"

    run(test)


def test_an_older_jwt_in_the_files_overwrites_nothing_and_a_pushed_one_does(run: Callable[[Test], None]) -> None:
    """So what is pushed has to be newer than what is there."""

    def test(process: PodProcess) -> None:
        use()
        answered(UPDATE, newer(2))
        assert process.reload(layout(FULL, with_app(newer(1)))) == ""
        assert claims(process, newer(2)) == "current"
        answered(UPDATE, newer(1))
        assert claims(process, newer(2)) == "behind"

    run(test)


def test_another_jwt_of_the_same_second_can_be_pushed(run: Callable[[Test], None]) -> None:
    def test(process: PodProcess) -> None:
        use()
        other = account_jwt(APP, OPERATOR, jetstream=True)
        assert claims(process, other) == "behind"
        answered(UPDATE, other)
        assert claims(process, other) == "current"

    run(test)


def test_a_server_says_what_it_does_not_take(run: Callable[[Test], None]) -> None:
    def test(_process: PodProcess) -> None:
        assert error_in(answered(UPDATE, "garbage")) == "jwt update resulted in error - expected 3 chunks"

    run(test)


def test_a_server_says_whom_it_trusts_and_when_it_started(run: Callable[[Test], None]) -> None:
    def test(process: PodProcess) -> None:
        server = server_of(process)
        assert server.trusted_keys == (OPERATOR.public_key,)
        assert server.start == process.varz()["start"]

    run(test)


def test_a_removed_account_is_there_until_it_is_deleted(run: Callable[[Test], None]) -> None:
    """Also one that came with a reload, which no list of the server's has."""
    new, lookup = account_jwt(STRANGER, OPERATOR), LOOKUP.format(STRANGER.public_key)
    deletion = claims_of(OPERATOR, OPERATOR, nats={"accounts": [STRANGER.public_key]})
    deletion["nats"]["type"] = "generic"

    def test(process: PodProcess) -> None:
        assert has_none(answered(lookup))
        assert process.reload(layout_with(new)) == ""
        assert process.reload(layout(FULL)) == ""
        assert answered(lookup).decode() == new
        assert STRANGER.public_key not in answered("$SYS.REQ.CLAIMS.LIST").decode()
        assert "deleted 1 accounts" in answered(DELETE, OPERATOR.sign(deletion)).decode()
        assert has_none(answered(lookup))

    run(test)


def layout_with(token: str) -> Layout:
    """One more account."""
    spec = jwt_spec(FULL)
    entry = {"name": "new", "publicKey": STRANGER.public_key, "jwt": {"name": "new", "key": "jwt"}}
    auth = {"jwt": {**spec, "accounts": [*spec["accounts"], entry]}}
    return laid_out({"auth": auth, **JETSTREAM}, [*GOOD.objects, secret("new", jwt=token)])
