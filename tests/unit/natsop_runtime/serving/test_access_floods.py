"""Many tokens at once: they cost the API server little, and keep nobody out who was let in before."""

from __future__ import annotations

import asyncio

from natsop_runtime.serving.access import (
    ALLOWED_HOLDS,
    MAX_CONCURRENT_REVIEWS,
    NEWCOMERS_AT_ONCE,
    NEWCOMERS_PER_SECOND,
    TOO_MANY,
    UNAUTHENTICATED,
)
from tests.unit.natsop_runtime.serving.reviews import PROMETHEUS, World, jwt, tell
from tests.unit.natsop_runtime.small_api import until


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
