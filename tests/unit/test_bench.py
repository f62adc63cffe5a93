"""What the bench makes of what it measured."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.bench.cold import current_at, most_writes
from tests.bench.figures import Figures
from tests.bench.latencies import histogram_percentile, latencies, percentile
from tests.bench.load import MOST_UNDER_WAY, Load
from tests.bench.scale import Options, options
from tests.testbed.audit import AuditEntry
from tests.unit.natsop_runtime.lease_api import in_virtual_time

START = datetime(2026, 1, 2, tzinfo=UTC)


def entry(resource: str, name: str, second: int, *, verb: str = "patch", code: int = 200) -> AuditEntry:
    return AuditEntry(
        user="natsop",
        user_agent="natsop",
        verb=verb,
        group="",
        resource=resource,
        subresource="status" if resource == "natsclusters" else "",
        namespace="bench",
        name=name,
        code=code,
        time=START + timedelta(seconds=second),
        answered=START + timedelta(seconds=second, milliseconds=5),
        forbidden=False,
    )


def test_writes_count_up_to_the_first_status_that_was_taken() -> None:
    requests = [
        entry("configmaps", "n-00000-config", 1),
        entry("services", "n-00000", 2),
        entry("natsclusters", "n-00000", 3, code=409),
        entry("natsclusters", "n-00000", 4),
        entry("statefulsets", "n-00000", 5),
        entry("configmaps", "n-00001-config", 1),
        entry("natsclusters", "n-00001", 2),
        entry("secrets", "n-00001-auth", 1, verb="get"),
        entry("events", "n-00001.1", 1, verb="create"),
        *(entry("persistentvolumeclaims", f"jetstream-n-00001-{number}", 1) for number in range(5)),
    ]
    done = current_at(requests)
    assert done == {
        "n-00000": START + timedelta(seconds=4, milliseconds=5),
        "n-00001": START + timedelta(seconds=2, milliseconds=5),
    }
    assert most_writes(requests, done) == 4


@pytest.mark.parametrize(("value", "verdict"), [(6, "met"), (6.01, "MISSED")])
def test_a_figure_is_met_up_to_its_bound(value: float, verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    figures.show("writes", value, bound=6)
    assert verdict in capsys.readouterr().out
    assert [each.what for each in figures.missed] == (["writes"] if verdict == "MISSED" else [])


def written(resource: str, name: str, second: float, *, user: str = "natsop", verb: str = "patch") -> AuditEntry:
    began = START + timedelta(seconds=second)
    return replace(
        entry(resource, name, 0, verb=verb),
        user=user,
        subresource="",
        time=began,
        answered=began + timedelta(seconds=1),
    )


def test_a_config_map_answers_all_edits_before_it_and_a_status_the_creation() -> None:
    status = replace(written("natsclusters", "b", 9), subresource="status")
    found = latencies(
        [
            written("natsclusters", "a", 0, user="somebody"),
            written("natsclusters", "a", 2, user="somebody"),
            written("natsclusters", "b", 3, user="somebody", verb="create"),
            replace(written("configmaps", "a-config", 3), code=409),
            written("configmaps", "b-config", 3),
            written("configmaps", "a-config", 4),
            status,
            written("natsclusters", "c", 9, user="somebody"),
        ],
        operator="natsop",
    )
    assert (found.edits, found.creations, found.unanswered) == ([5, 3], [7], 1)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0.1, 1)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(each) for each in range(100, 0, -1)], percent) == value
    assert percentile([], percent) == 0


def test_a_histogram_tells_a_percentile_of_what_came_between_two_readings() -> None:
    before, after = {0.1: 100.0, 1.0: 100.0, math.inf: 100.0}, {0.1: 150.0, 1.0: 200.0, math.inf: 200.0}
    assert histogram_percentile(before, after, 50) == pytest.approx(0.1)
    assert histogram_percentile(before, after, 75) == pytest.approx(0.55)
    assert histogram_percentile(before, {**after, math.inf: 1000.0}, 99) == 1.0, "the last bucket has no end"
    assert histogram_percentile(after, after, 99) == 0


def test_the_scale_can_be_tried_in_small() -> None:
    assert options([]) == Options(clusters=10_000, seconds=900, creations=10, changes=160)
    assert options(["--clusters=300", "--seconds=30"]) == Options(clusters=300, seconds=30, creations=10, changes=160)


def test_a_load_is_as_fast_as_it_is_asked_to_be_while_requests_are_answered() -> None:
    async def story() -> float:
        load, numbers = Load(None, "", ""), []  # type: ignore[arg-type]  # nothing here uses the session

        async def send(number: int) -> None:
            numbers.append(number)
            await asyncio.sleep(0.5)

        await load.steadily(20, 3, send)
        assert numbers == list(range(60))
        return asyncio.get_running_loop().time()

    assert in_virtual_time(story) == pytest.approx(59 / 20 + 0.5)


def test_a_load_whose_requests_are_not_answered_has_a_bound() -> None:
    async def story() -> int:
        load, numbers = Load(None, "", ""), []  # type: ignore[arg-type]

        async def send(number: int) -> None:
            numbers.append(number)
            await asyncio.sleep(100)

        await load.steadily(1000, 10, send)
        return len(numbers)

    assert MOST_UNDER_WAY <= in_virtual_time(story) <= MOST_UNDER_WAY + 1
