"""Rotated JWTs on their way to full resolvers, by an operator that runs whole: whatever fails, they arrive."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from natsop_core import resolver_requests
from tests import tokens
from tests.simulation.nats_servers import RequestFault
from tests.simulation.people import People
from tests.simulation.referred import APP, JWT, OPERATOR, SYSTEM, TOKENS, secret
from tests.simulation.resolver_pods import SERVERS, ResolverPods
from tests.simulation.scenario import STARTED_AFTER
from tests.simulation.steps import custom_resource
from tests.simulation.world import World, run_in_virtual_time
from tests.unit.natsop_core.world import conditions

NEWER: Final = tokens.account_jwt(APP, OPERATOR, issued=tokens.ISSUED + 1)
CREDS: Final = tokens.credentials(tokens.user("sys"), SYSTEM)
SOON: Final = 60.0
"""Seconds within which a JWT has arrived though something went wrong once or twice."""


def jwts(app: str) -> dict[str, str]:
    return {**TOKENS, "app": app, "creds": CREDS}


async def live(world: World) -> tuple[ResolverPods, People]:
    """A cluster at rest, whose servers have the account in use."""
    pods = ResolverPods()
    world.pod_transport, world.nats.answer = pods, pods.take
    world.start()
    await asyncio.sleep(STARTED_AFTER)
    people = People(world.send, "prod")
    people.create(secret("jwts", **jwts(TOKENS["app"])))
    system, app = JWT["accounts"]
    entry = {**system, "userCreds": {"name": "jwts", "key": "creds"}}
    resolver = {"type": "full", "storage": {}}
    auth = {"jwt": {**JWT, "accounts": [entry, app], "resolver": resolver}}
    people.create(custom_resource("NatsCluster", "a", {"replicas": SERVERS, "auth": auth}))
    await asyncio.sleep(STARTED_AFTER)
    pods.run(world, people, people.get("StatefulSet", "a"))
    for server in pods.servers.values():
        server.preload({APP.public_key: TOKENS["app"]}, "")
        server.use(APP.public_key)
    await asyncio.sleep(SOON)
    return pods, people


async def rotation(world: World, faults: list[RequestFault], *, crash: bool = False) -> None:
    """An account's JWT is replaced, and something goes wrong."""
    async with world:
        pods, people = await live(world)
        world.nats.faults.extend(faults)
        people.replace({**people.get("Secret", "jwts"), "data": secret("jwts", **jwts(NEWER))["data"]})
        if crash:
            await asyncio.sleep(0.05)
            world.operators[0].crash()
        await asyncio.sleep(SOON)
        assert {server.loaded[APP.public_key] for server in pods.servers.values()} == {NEWER}
        lost = faults.count("answer lost")
        assert pods.pushed == [NEWER] * max(1, lost), "once, unless nobody has told that it arrived"
        status = people.get("NatsCluster", "a")["status"]
        assert conditions(status)["ConfigurationLoaded"][0] != "False"
        assert sorted(status["resolver"]["servers"]) == ["a-0", "a-1", "a-2"]
        assert NEWER not in str(world.recording)
        assert not world.witness.misdeeds


FAULTS: Final[dict[str, list[RequestFault]]] = {
    "nothing": [],
    "no connection": ["no connection", "no connection"],
    "no answer": ["no answer"],
    "an answer that is lost": ["answer lost"],
    "credentials refused once": ["refused"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rotated_jwt_arrives(fault: str) -> None:
    run_in_virtual_time(rotation_with(FAULTS[fault]), seed=1)


def test_it_arrives_though_the_operator_is_killed_meanwhile() -> None:
    run_in_virtual_time(rotation_with([], crash=True), seed=1)


def test_claims_that_are_never_pushed_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_requests, "accounts_to_push", lambda *_: ())
    with pytest.raises(AssertionError, match="eyJ"):
        run_in_virtual_time(rotation_with([]), seed=1)


async def rotation_with(faults: list[RequestFault], *, crash: bool = False) -> None:
    await rotation(World(seed=1), faults, crash=crash)
