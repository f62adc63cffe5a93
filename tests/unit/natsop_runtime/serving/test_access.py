"""Who may read the metrics, and what it costs the API server to be asked."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from natsop_core.kinds import ACCESS_REVIEWS, TOKEN_REVIEWS, ApiResource
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, UnavailableError
from natsop_runtime.serving.access import (
    ALLOWED_HOLDS,
    CANNOT_ASK,
    MAX_CONCURRENT_REVIEWS,
    NEWCOMERS_AT_ONCE,
    NEWCOMERS_PER_SECOND,
    REFUSED_HOLDS,
    TOO_MANY,
    UNAUTHENTICATED,
    Access,
    Refusal,
    claimed_subject,
)
from tests.unit.natsop_runtime.small_api import until

Object = dict[str, Any]

PROMETHEUS = "system:serviceaccount:monitoring:prometheus"


class ApiServer:
    """Knows the tokens of `users`, lets the names in `may_read` read, and fails as it is told to."""

    def __init__(self) -> None:
        self.users = {"good": PROMETHEUS, "poor": "system:serviceaccount:prod:poor", "jane": "jane o'hara"}
        self.may_read = {PROMETHEUS}
        self.asked: list[tuple[str, Object]] = []
        self.failure: ApiError | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.busy = self.most_busy = 0

    @property
    def tokens_reviewed(self) -> list[str]:
        return [spec["token"] for kind, spec in self.asked if kind == "TokenReview"]

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        assert (body["apiVersion"], body["kind"]) == (resource.api_version, resource.kind)
        self.asked.append((resource.kind, body["spec"]))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.sleep(0)
            await self.answers.wait()
        finally:
            self.busy -= 1
        if self.failure is not None:
            raise self.failure
        return {**body, "status": self._status(resource, body["spec"])}

    def _status(self, resource: ApiResource, spec: Object) -> Object:
        if resource == ACCESS_REVIEWS:
            return {"allowed": spec["user"] in self.may_read}
        if (name := self.users.get(spec["token"])) is None:
            return {"authenticated": False, "error": f"token {spec['token']} is unknown"}
        return {"authenticated": True, "user": {"username": name, "uid": "u-1", "groups": ["g"], "extra": {"k": ["v"]}}}


class World:
    """An API server, a clock that a test moves, and the access that it gives."""

    def __init__(self) -> None:
        self.api = ApiServer()
        self.now = 1000.0
        self.access = Access(self.api, "/metrics", lambda: self.now)

    async def refusal(self, token: str, peer: str = "10.0.0.1") -> Refusal | None:
        return await self.access.refusal(f"Bearer {token}", peer)


def tell(story: Callable[[World], Awaitable[None]]) -> None:
    """Run a story in a world of its own."""

    async def begin() -> None:
        async with asyncio.timeout(20):
            await story(World())

    asyncio.run(begin())


def test_who_may_read_is_decided_by_the_api_server() -> None:
    async def story(world: World) -> None:
        assert await world.refusal("good") is None
        user = {"user": PROMETHEUS, "uid": "u-1", "groups": ["g"], "extra": {"k": ["v"]}}
        assert world.api.asked == [
            (TOKEN_REVIEWS.kind, {"token": "good"}),
            (ACCESS_REVIEWS.kind, {**user, "nonResourceAttributes": {"path": "/metrics", "verb": "get"}}),
        ]

    tell(story)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic Z29vZA==", "good"])
def test_without_a_token_nobody_is_asked(header: str) -> None:
    async def story(world: World) -> None:
        assert await world.access.refusal(header, "10.0.0.1") == UNAUTHENTICATED
        assert not world.api.asked

    tell(story)


def test_an_unknown_token_is_refused_and_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        refusal = await world.refusal("made-up-token")
        assert refusal == UNAUTHENTICATED
        assert refusal.headers["WWW-Authenticate"] == "Bearer"
        assert "made-up-token" not in refusal.message + caplog.text

    caplog.set_level(logging.DEBUG)
    tell(story)


@pytest.mark.parametrize(
    ("token", "subject"),
    [("poor", "--serviceaccount=prod:poor"), ("jane", """--user='jane o'"'"'hara'""")],
)
def test_who_lacks_the_permission_is_told_how_to_get_it(token: str, subject: str) -> None:
    async def story(world: World) -> None:
        refusal = await world.refusal(token)
        assert refusal is not None
        assert refusal.status == 403
        assert refusal.message.startswith(f"{world.api.users[token]} may not get /metrics.")
        assert refusal.message.endswith(subject)

    tell(story)


@pytest.mark.parametrize(("token", "holds"), [("good", ALLOWED_HOLDS), ("poor", REFUSED_HOLDS), ("bad", REFUSED_HOLDS)])
def test_an_answer_holds_for_a_while(token: str, holds: float) -> None:
    async def story(world: World) -> None:
        first = await world.refusal(token)
        world.now += holds - 0.1
        assert await world.refusal(token) == first
        assert world.api.tokens_reviewed == [token]
        world.now += 0.2
        assert await world.refusal(token) == first
        assert world.api.tokens_reviewed == [token, token]

    tell(story)


def test_permission_that_is_revoked_or_granted_counts_when_the_answer_ends() -> None:
    async def story(world: World) -> None:
        assert await world.refusal("good") is None
        world.api.may_read.clear()
        world.now += ALLOWED_HOLDS
        refusal = await world.refusal("good")
        assert refusal is not None
        assert refusal.status == 403
        world.api.may_read.add(PROMETHEUS)
        world.now += REFUSED_HOLDS
        assert await world.refusal("good") is None

    tell(story)


def test_who_was_let_in_once_is_no_newcomer_until_refused() -> None:
    async def story(world: World) -> None:
        tokens = [f"t{number}" for number in range(2 * NEWCOMERS_AT_ONCE)]
        for token in tokens:
            world.api.users[token] = PROMETHEUS
            world.now += 1 / NEWCOMERS_PER_SECOND
            assert await world.refusal(token) is None
        world.api.users.clear()
        for expected in (0, NEWCOMERS_AT_ONCE):
            world.now += ALLOWED_HOLDS
            refusals = await asyncio.gather(*map(world.refusal, tokens))
            assert refusals.count(TOO_MANY) == expected

    tell(story)


def test_scrapes_that_come_together_ask_once() -> None:
    async def story(world: World) -> None:
        world.api.answers.clear()
        scrapes = [asyncio.create_task(world.refusal("good")) for _ in range(30)]
        await asyncio.sleep(0)
        scrapes[0].cancel()  # whoever asked first may leave: the others still get their answer
        await asyncio.sleep(0)
        world.api.answers.set()
        assert await asyncio.gather(*scrapes[1:]) == [None] * 29
        assert world.api.tokens_reviewed == ["good"]

    tell(story)


def test_a_flood_of_made_up_tokens_costs_the_api_server_little() -> None:
    async def story(world: World) -> None:
        refusals = await asyncio.gather(*(world.refusal(f"made up {number}") for number in range(500)))
        assert refusals.count(UNAUTHENTICATED) == NEWCOMERS_AT_ONCE
        assert refusals.count(TOO_MANY) == 500 - NEWCOMERS_AT_ONCE
        assert world.api.most_busy == MAX_CONCURRENT_REVIEWS

        reviewed = NEWCOMERS_AT_ONCE
        for pause, more in ((1, NEWCOMERS_PER_SECOND), (3600, NEWCOMERS_AT_ONCE)):
            world.now += pause
            await asyncio.gather(*(world.refusal(f"{pause} later {number}") for number in range(500)))
            reviewed += more
            assert len(world.api.tokens_reviewed) == reviewed

    tell(story)


def test_a_flood_keeps_nobody_out_who_was_let_in_before() -> None:
    async def story(world: World) -> None:
        assert await world.refusal("good") is None
        world.now += ALLOWED_HOLDS + 1
        world.api.answers.clear()
        flood = [asyncio.create_task(world.refusal(f"made up {number}")) for number in range(500)]
        await asyncio.sleep(0)
        scrape = asyncio.create_task(world.refusal("good"))
        await until(lambda: "good" in world.api.tokens_reviewed[1:], "it does not wait for the flood")
        world.api.answers.set()
        assert await scrape is None
        await asyncio.gather(*flood)

    tell(story)


def test_a_flood_keeps_no_newcomer_of_another_address_out() -> None:
    """An hour of a stranger's made-up tokens, and a Prometheus that comes with a new one every minute."""

    async def story(world: World) -> None:
        for minute in range(60):
            flood = [world.refusal(f"made up {minute} {number}", "10.0.0.66") for number in range(200)]
            refusals = await asyncio.gather(*flood)
            assert TOO_MANY in refusals
            world.api.users[f"token {minute}"] = PROMETHEUS
            assert await world.refusal(f"token {minute}", "10.0.0.7") is None
            world.now += 60.0

    tell(story)


def test_a_flood_from_its_own_address_keeps_nobody_out_who_has_a_new_token_and_was_let_in_before() -> None:
    async def story(world: World) -> None:
        first, second = jwt(PROMETHEUS, 1), jwt(PROMETHEUS, 2)
        world.api.users |= dict.fromkeys((first, second), PROMETHEUS)
        assert await world.refusal(first) is None
        world.api.answers.clear()
        flood = [asyncio.create_task(world.refusal(f"made up {number}")) for number in range(500)]
        await asyncio.sleep(0)
        scrape = asyncio.create_task(world.refusal(second))
        await until(lambda: second in world.api.tokens_reviewed, "it waits for no stranger")
        world.api.answers.set()
        assert await scrape is None
        assert TOO_MANY in await asyncio.gather(*flood)

    tell(story)


def test_whoever_claims_to_be_somebody_who_was_let_in_elsewhere_is_a_stranger() -> None:
    async def story(world: World) -> None:
        token = jwt(PROMETHEUS, 1)
        world.api.users[token] = PROMETHEUS
        assert await world.refusal(token) is None
        claims = [jwt(PROMETHEUS, number) for number in range(2, 500)]
        refusals = await asyncio.gather(*(world.refusal(claim, "10.0.0.66") for claim in claims))
        assert refusals.count(UNAUTHENTICATED) == NEWCOMERS_AT_ONCE
        assert refusals.count(TOO_MANY) == len(claims) - NEWCOMERS_AT_ONCE

    tell(story)


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b", "a.!.c", "a.W10.c", "a.eyJzdWIiOjF9.c", "é.é.é", "a." + "W1tb" * 9999 + ".c"]
)
def test_a_token_that_is_no_jwt_claims_to_be_nobody(token: str) -> None:
    assert claimed_subject(token) == ""


def test_a_jwt_claims_to_be_its_subject() -> None:
    assert claimed_subject(jwt(PROMETHEUS, 1)) == PROMETHEUS


def jwt(subject: str, number: int) -> str:
    """A token as a ServiceAccount has it, but for its signature."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject, "jti": number}).encode()).rstrip(b"=")
    return f"header.{claims.decode()}.signature"


def test_of_many_tokens_those_that_were_used_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        world.api.users = dict.fromkeys("abcd", PROMETHEUS)
        for token in "abcadc":  # d takes the place of b, which was used before a was again
            await world.refusal(token)
        assert world.api.tokens_reviewed == ["a", "b", "c", "d"]
        await world.refusal("b")
        assert world.api.tokens_reviewed == ["a", "b", "c", "d", "b"]

    monkeypatch.setattr("natsop_runtime.serving.access.REMEMBERED", 3)
    tell(story)


@pytest.mark.parametrize("failure", [UnavailableError("connection refused"), ForbiddenError("nobody may ask")])
def test_without_an_answer_nobody_is_let_in_and_the_log_says_why_once(
    failure: ApiError, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(world: World) -> None:
        world.api.failure = failure
        for _ in range(3):
            assert await world.refusal("good") == CANNOT_ASK
        assert len(caplog.messages) == 1
        assert failure.message in caplog.text
        assert ("system:auth-delegator" in caplog.text) == isinstance(failure, ForbiddenError)
        assert "good" not in caplog.text

        world.api.failure = None
        assert await world.refusal("good") is None, "the failure was remembered"
        world.api.failure = failure
        world.now += ALLOWED_HOLDS
        assert await world.refusal("good") == CANNOT_ASK, "an old answer was good enough"
        assert len(caplog.messages) == 2

    tell(story)


def test_an_api_server_that_hangs_lets_nobody_wait_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        world.api.answers.clear()
        assert await world.refusal("good") == CANNOT_ASK

    monkeypatch.setattr("natsop_runtime.serving.access.REVIEW_TIMEOUT", 0.05)
    tell(story)


@pytest.mark.parametrize("answer", [{}, {"status": {}}, {"status": {"authenticated": "true"}}, {"status": None}])
def test_an_answer_that_says_nothing_lets_nobody_in(answer: Object) -> None:
    class Mute:
        async def create_review(self, _resource: ApiResource, _body: Object) -> Object:
            return answer

    async def story() -> None:
        assert await Access(Mute(), "/metrics", lambda: 0.0).refusal("Bearer t", "10.0.0.1") == UNAUTHENTICATED

    asyncio.run(story())
