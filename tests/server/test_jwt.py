"""Real servers, started with the rendered files of decentralized authentication: who gets in, and who does not."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from natsop_core.conf.environment import Environment
from natsop_core.conf.expand import expand
from natsop_core.conf.parser import parse
from natsop_core.conf.restart import restart_digest
from natsop_core.names import CONFIG_FILE
from natsop_core.offline import inputs_at_hand, render
from tests import tokens
from tests.config_digests import config_digest
from tests.server.jwt_world import (
    APP,
    FULL,
    GOOD,
    JETSTREAM,
    MEMORY,
    OPERATOR,
    STRANGER,
    SYSTEM,
    USER,
    jwt_spec,
    laid_out,
    layout,
)
from tests.server.pod_layout import Layout, lay_out
from tests.server.pod_process import Monitor, PodProcess, started
from tests.server.private_network import private_networks
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.tokens import ISSUED, Identity, account_jwt, operator_jwt, user_jwt
from tests.unit.natsop_core.world import NOW, Object, cluster, config_map

VERSIONS = ("2.10.25", "2.12.6", "2.14.2", "2.15.2")

WITHOUT = laid_out(JETSTREAM, [])


def restart_digest_of(seen: Layout) -> str:
    texts = seen.texts()
    tree = parse(texts[CONFIG_FILE], CONFIG_FILE)
    return restart_digest(
        expand(tree, environment=Environment(seen.environment), includes=texts, file=CONFIG_FILE).tree
    )


@pytest.fixture(scope="module")
def in_private_network() -> Iterator[ThreadPoolExecutor]:
    try:
        with private_networks(1) as pool:
            yield pool
    except CannotRunError as error:
        cannot_run(str(error))


class Refused(Exception):  # noqa: N818 (an answer, not an error)
    """The server's word to a client that it does not let in."""


@contextmanager
def connected(who: Identity, token: str) -> Iterator[Callable[[str], str]]:
    """A client with these credentials, in the server's own protocol: send a line, get the next one."""
    with socket.create_connection(("127.0.0.1", 4222), timeout=10) as connection, connection.makefile("rwb") as stream:

        def say(line: str) -> str:
            stream.write(line.encode() + b"\r\n")
            stream.flush()
            answer = stream.readline().decode().strip()
            while answer == "PING" or answer.startswith("INFO"):
                answer = stream.readline().decode().strip()
            if answer.startswith("-ERR"):
                raise Refused(answer)
            return answer

        nonce = json.loads(stream.readline().decode().removeprefix("INFO "))["nonce"]
        options = {"jwt": token, "sig": tokens.part(who.keys.sign(nonce.encode())), "verbose": False, "pedantic": False}
        stream.write(f"CONNECT {json.dumps(options)}\r\n".encode())
        assert say("PING") == "PONG"
        yield say


def gets_in(who: Identity, token: str) -> bool:
    try:
        with connected(who, token):
            return True
    except Refused:
        return False


def is_let_in(account: Identity = APP, who: Identity = USER) -> bool:
    return gets_in(who, user_jwt(who, account))


Test = Callable[[PodProcess], Any]


@pytest.fixture(params=VERSIONS)
def run(
    request: pytest.FixtureRequest,
    binary_of: Callable[[str], Path],
    in_private_network: ThreadPoolExecutor,
    tmp_path: Path,
) -> Callable[[Layout, Test], None]:
    """Start a server with a layout and carry the test out beside it, in the server's network."""

    def carry_out(seen: Layout, test: Test) -> None:
        with started(seen, binary_of(request.param), Monitor(8222, tls=False), tmp_path) as server:
            test(server)

    return lambda seen, test: in_private_network.submit(carry_out, seen, test).result()


Run = Callable[[Layout, Test], None]


@pytest.mark.parametrize("resolver", [MEMORY, FULL], ids=["memory", "full"])
def test_users_of_the_accounts_get_in_and_others_do_not(run: Run, resolver: Object) -> None:
    def test(_server: PodProcess) -> None:
        assert is_let_in(APP)
        assert is_let_in(SYSTEM)
        assert not is_let_in(STRANGER)
        assert not gets_in(tokens.user("other"), user_jwt(USER, APP)), "somebody with a JWT that is not theirs"

    run(layout(resolver), test)


ROTATED = replace(GOOD, app=account_jwt(APP, OPERATOR, issued=ISSUED + 1, revocations={USER.public_key: ISSUED + 1}))
"""A new JWT for the account, which shuts the user out."""


def test_a_memory_resolver_takes_rotated_accounts_over_by_a_reload(run: Run) -> None:
    def test(server: PodProcess) -> None:
        assert is_let_in(APP)
        assert server.reload(layout(MEMORY, ROTATED)) == ""
        assert not is_let_in(APP)
        assert is_let_in(SYSTEM)
        assert server.reload(layout(MEMORY)) == ""
        assert is_let_in(APP)

    run(layout(MEMORY), test)
    assert restart_digest_of(layout(MEMORY)) == restart_digest_of(layout(MEMORY, ROTATED))


def test_a_full_resolver_does_not_refuse_rotated_accounts_and_does_not_take_them_over(run: Run) -> None:
    """So the operator has to push them."""

    def test(server: PodProcess) -> None:
        assert is_let_in(APP)
        assert server.reload(layout(FULL, ROTATED)) == ""
        assert is_let_in(APP)

    run(layout(FULL), test)
    assert restart_digest_of(layout(FULL)) == restart_digest_of(layout(FULL, ROTATED))


NEW_OPERATOR = replace(GOOD, operator=operator_jwt(OPERATOR, system_account=SYSTEM.public_key, tags=["rotated"]))
SWITCHED = replace(GOOD, operator=operator_jwt(OPERATOR))

REFUSED = {
    "authentication": (WITHOUT, layout(MEMORY)),
    "the operator": (layout(MEMORY), layout(MEMORY, NEW_OPERATOR)),
    "the system account": (layout(MEMORY, SWITCHED), layout(MEMORY, SWITCHED, system=APP)),
}


@pytest.mark.parametrize("change", REFUSED)
def test_a_change_that_is_refused_restarts_the_pods(run: Run, change: str) -> None:
    for before, after in permutations(REFUSED[change]):
        run(before, _answers(after, "reload not supported"))
        assert restart_digest_of(before) != restart_digest_of(after)


OTHER_RESOLVERS = {
    "its type": MEMORY,
    "its interval": {**FULL, "interval": "3m"},
    "what may be deleted": {**FULL, "allowDelete": False},
}


@pytest.mark.parametrize("change", OTHER_RESOLVERS)
def test_a_change_of_the_resolver_restarts_the_pods_although_no_server_refuses_it(run: Run, change: str) -> None:
    before, after = layout(FULL), layout(OTHER_RESOLVERS[change])
    run(before, _answers(after, ""))
    assert restart_digest_of(before) != restart_digest_of(after)


def test_we_compute_the_digest_that_the_server_reports(run: Run) -> None:
    for seen in (layout(MEMORY), layout(FULL)):
        run(seen, _has_digest_of(seen))


NOT_BESIDE_AN_OPERATOR = {
    "accounts": "accounts { A: {} }",
    "authorization.users": "authorization { users: [{ user: a, password: b }] }",
    "no_auth_user": "no_auth_user: a",
    "websocket.no_auth_user": "websocket { port: 8080, no_tls: true, no_auth_user: a }",
    "mqtt.no_auth_user": "mqtt { port: 1883, no_auth_user: a }",
}
BESIDE_AN_OPERATOR = ("accounts {}", "authorization { timeout: 3 }", "authorization { user: a, password: b }")


@pytest.mark.parametrize("field", NOT_BESIDE_AN_OPERATOR)
def test_an_include_with_which_no_server_would_start_is_refused(run: Run, field: str) -> None:
    text = NOT_BESIDE_AN_OPERATOR[field]

    [finding] = render(INCLUDING, inputs_at_hand([*GOOD.objects, included(text)], NOW)).findings
    assert (finding.reason, field in finding.message) == ("InvalidInclude", True)

    with pytest.raises(AssertionError, match=r"operators do not allow|not compatible with Trusted Operator"):
        run(including(text), _does_nothing)


@pytest.mark.parametrize("text", BESIDE_AN_OPERATOR)
def test_an_include_that_goes_together_with_an_operator_is_not_refused(run: Run, text: str) -> None:
    assert not render(INCLUDING, inputs_at_hand([*GOOD.objects, included(text)], NOW)).findings
    run(including(text), _does_nothing)


INCLUDING = cluster(
    {
        "replicas": 1,
        "auth": {"jwt": jwt_spec(MEMORY)},
        "config": {"includes": [{"name": "mine.conf", "configMap": {"name": "mine", "key": "conf"}}]},
    }
)


def included(text: str) -> Object:
    return config_map("mine", conf=text)


def including(text: str) -> Layout:
    """What the pods would see with this text, which may be one that is refused."""
    objects = render(INCLUDING, inputs_at_hand([*GOOD.objects, included("")], NOW)).objects
    assert objects is not None
    return lay_out([*GOOD.objects, included(text), *objects])


def _does_nothing(_server: PodProcess) -> None:
    """It started, and that is all that is asked."""


def _answers(reloaded: Layout, expected: str) -> Test:
    """The server answers a reload with words that have these among them, or with none where none are expected."""

    def test(server: PodProcess) -> None:
        answer = server.reload(reloaded)
        assert expected in answer
        assert bool(expected) == bool(answer)

    return test


def _has_digest_of(seen: Layout) -> Test:
    def test(server: PodProcess) -> None:
        varz, texts = server.varz(), seen.texts()
        ours = config_digest(texts[CONFIG_FILE], seen.environment, texts, version=varz["version"], file=CONFIG_FILE)
        assert varz.get("config_digest") in {ours, None}

    return test
