"""Who may read the metrics, and what it costs the API server to be asked."""

from __future__ import annotations

import asyncio
import logging

import pytest

from natsop_core.kinds import ACCESS_REVIEWS, TOKEN_REVIEWS, ApiResource
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, UnavailableError
from natsop_runtime.serving.access import (
    ALLOWED_HOLDS,
    CANNOT_ASK,
    NEWCOMERS_AT_ONCE,
    NEWCOMERS_PER_SECOND,
    REFUSED_HOLDS,
    TOO_MANY,
    UNAUTHENTICATED,
    Access,
    claimed_subject,
)
from tests.unit.natsop_runtime.serving.reviews import PROMETHEUS, Object, World, jwt, tell


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


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b", "a.!.c", "a.W10.c", "a.eyJzdWIiOjF9.c", "é.é.é", "a." + "W1tb" * 9999 + ".c"]
)
def test_a_token_that_is_no_jwt_claims_to_be_nobody(token: str) -> None:
    assert claimed_subject(token) == ""


def test_a_jwt_claims_to_be_its_subject() -> None:
    assert claimed_subject(jwt(PROMETHEUS, 1)) == PROMETHEUS


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
