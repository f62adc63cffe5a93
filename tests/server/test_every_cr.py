"""Every accepted NatsCluster whose references are sound yields a configuration that the real server starts with."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from tests.property.crs import any_crs, is_accepted
from tests.property.referred import worlds
from tests.server.cases import VERSIONS, case_of, start
from tests.unit.natsop_core.world import Object

FUZZING = settings.default is not None and settings.default.max_examples >= 1000
EACH_ON = len(VERSIONS) if FUZZING else 1
"""How many versions start each configuration."""


@settings(max_examples=max(200, settings.default.max_examples if settings.default else 0))
@given(world=worlds(), first=st.integers(0, len(VERSIONS) - 1))
def test_the_server_starts_with_every_accepted_cr(
    threads: ThreadPoolExecutor,
    binary_of: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    world: tuple[Object, list[Object]],
    first: int,
) -> None:
    case = case_of(*world)
    note(str(case))
    chosen = [VERSIONS[(first + offset) % len(VERSIONS)] for offset in range(EACH_ON)]
    folder = tmp_path_factory.getbasetemp()
    running = {version: threads.submit(start, case, binary_of(version), version, folder) for version in chosen}
    for version, outcome in running.items():
        event(f"digest: {outcome.result()}")
        event(f"nats-server {version}")


def test_most_generated_crs_are_accepted() -> None:
    """Otherwise the test above would say less than it seems to."""
    seen: list[bool] = []

    @settings(max_examples=100)
    @given(any_crs)
    def look(obj: Object) -> None:
        seen.append(is_accepted(obj))

    look()
    assert sum(seen) >= len(seen) / 2, f"{sum(seen)} of {len(seen)} are accepted"
