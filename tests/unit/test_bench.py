"""What the bench makes of what it measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.bench.cold import current_at, most_writes
from tests.bench.figures import Figures
from tests.testbed.audit import AuditEntry

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
