"""The operator's life: it ends when it is told to, in whatever it is busy with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final, Literal

import pytest

from natsop_core.kinds import NACK_ACCOUNTS
from natsop_runtime import manager
from natsop_runtime.bind_address import BindAddress
from natsop_runtime.controller import Controller
from natsop_runtime.manager import ENTROPY_BYTES, fresh_entropy, run_operator, seconds_since_boot
from natsop_runtime.metrics import Metrics
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.busy_api import BusyApi
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.running_operator import SlowServer, config, lived, operating

IN_TIME: Final = 20.0
WRITES_OF_A_TURN: Final = 30
"""At most: a turn applies all objects of a cluster, its status and events."""


def ended(*, while_it_lists: bool, namespaces: tuple[str, ...] = ()) -> float:
    """How long it takes to end an operator that has begun to look around, or to list what there is."""

    async def story() -> float:
        stop = asyncio.Event()
        settings, server = RunSettings(leader_elect=True, namespaces=namespaces), SlowServer()
        life = run_operator(config(), settings, stop, transport=server, pod_transport=SlowServer(), clock=clock)
        living = asyncio.create_task(life)
        await (server.listed.wait() if while_it_lists else asyncio.sleep(2))
        assert not living.done()
        told = clock()
        stop.set()
        await living
        return clock() - told

    return in_virtual_time(story)


def test_it_ends_in_time_while_it_looks_around_first() -> None:
    assert ended(while_it_lists=False) < IN_TIME


def test_it_ends_in_time_while_it_lists_what_there_is() -> None:
    assert ended(while_it_lists=True) < IN_TIME


def test_it_says_first_who_it_is_and_what_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended(while_it_lists=False)
    assert caplog.messages[0] == (
        f"natsop {version('natsop')}: server http://slow, context default, user default, all namespaces"
    )


def test_nothing_new_is_begun_once_it_is_told_to_end() -> None:
    async def story() -> None:
        api = BusyApi(clusters=20, slow=2, patience=3.0)
        async with operating(api, workers=2) as (living, stop):
            await api.writes_begun.wait()
            stop.set()
            await living
        assert len(api.times("release")) == 1
        assert len(api.times("write")) < 2 * WRITES_OF_A_TURN

    in_virtual_time(story)


def test_it_leaves_nothing_behind() -> None:
    async def story() -> None:
        api = BusyApi()
        async with operating(api) as (living, stop):
            await api.writes_begun.wait()
            stop.set()
            await living
            assert asyncio.all_tasks() == {asyncio.current_task()}

    in_virtual_time(story)


def test_a_fault_of_its_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_controller: object) -> None:
        raise ZeroDivisionError

    async def story() -> None:
        async with operating(BusyApi()) as (living, _):
            await living

    monkeypatch.setattr(Controller, "work", fails)
    with pytest.raises(BaseExceptionGroup) as error:
        in_virtual_time(story)
    assert error.value.subgroup(ZeroDivisionError)


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_it_leaves_nothing_behind_when_it_is_ended_otherwise(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails_or_works(_controller: object) -> None:
        if how == "failed":
            raise ZeroDivisionError
        await asyncio.sleep(1000)

    async def story() -> None:
        async with operating(BusyApi()) as (living, _):
            await asyncio.sleep(100)
            living.cancel()
            await asyncio.wait([living])
            assert asyncio.all_tasks() == {asyncio.current_task()}

    monkeypatch.setattr(Controller, "work", fails_or_works)
    in_virtual_time(story)


def test_its_requests_are_counted_and_its_ports_open_as_long_as_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    @asynccontextmanager
    async def noted(_settings: RunSettings, *, metrics: Metrics, **_options: Any) -> AsyncIterator[None]:
        seen.append(metrics)
        yield
        seen.append(metrics.exposition("")[1].decode())

    monkeypatch.setattr(manager, "serving", noted)
    api = lived(RunSettings())
    assert api.times("write")
    assert 'rest_client_requests_total{code="200"' in seen[1]


def test_its_clock_goes_on_while_the_machine_sleeps_and_chance_is_chance() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= seconds_since_boot() <= time.clock_gettime(time.CLOCK_BOOTTIME)
    assert len(fresh_entropy()) == ENTROPY_BYTES
    assert fresh_entropy() != fresh_entropy()


def test_the_log_tells_what_it_does(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=manager.__name__)
    lived(RunSettings(leader_elect=True))
    said = [each.getMessage() for each in caplog.records if each.name == manager.__name__]
    assert said[1:] == ["synced", "leading", "stopping"]


@pytest.mark.parametrize(
    ("namespaces", "scope"), [(("a",), "namespace a"), (("a", "b"), "namespaces a, b"), ((), "all namespaces")]
)
def test_it_says_where_it_works(namespaces: tuple[str, ...], scope: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=manager.__name__)
    ended(while_it_lists=False, namespaces=namespaces)
    assert caplog.messages[0].endswith(f", {scope}")


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (RunSettings(metrics_bind_address=BindAddress("127.0.0.1", 0)), True),
        (RunSettings(metrics_bind_address=BindAddress("127.0.0.1", 0), metrics_secure=False), False),
        (RunSettings(), False),
    ],
    ids=["secure", "plain", "no metrics"],
)
def test_the_right_to_review_tokens_is_only_asked_for_where_metrics_are_secure(
    settings: RunSettings, *, needed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def nowhere(*_arguments: Any, **_options: Any) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(manager, "serving", nowhere)
    assert any(resource == "tokenreviews" for _, resource, _ in lived(settings).asked_for) is needed


@pytest.mark.parametrize("nack", ["auto", "disabled"])
def test_rights_for_nack_are_only_asked_for_unless_it_is_disabled(nack: Literal["auto", "disabled"]) -> None:
    asked = lived(RunSettings(nack_integration=nack)).asked_for
    assert any(resource == NACK_ACCOUNTS.plural for _, resource, _ in asked) is (nack != "disabled")
