"""The sample of `kubectl natsop status` in the documentation: made by the command itself, of a world of the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from natsop_core.inspect.overview import overview
from natsop_core.inspect.screen import status_screen
from tests.generate.chart import ROOT
from tests.generate.regions import with_region
from tests.unit.natsop_core.inspect.answers import GROUP, TARGET, World, ask, condition, jsz, member, resource, stream

PAGE: Final = ROOT / "docs" / "how-to" / "kubectl-plugin.md"


def files() -> Iterator[tuple[Path, str]]:
    """The page with its sample."""
    yield PAGE, with_region(PAGE.read_text(), "status", f"```text\n{sample()}\n```")


def sample() -> str:
    """The screen for a cluster with problems, under the name that the documentation uses."""
    world = World(
        cr=resource(
            condition("Ready", "False", "UnsafeScale", _REFUSED),
            condition("Available", "True", "EnoughReady"),
            condition("Progressing", "True", "PodsNotReady"),
            condition("Degraded", "True", "UnsafeScale", _REFUSED),
        ),
        jsz=jsz(
            stream("ORDERS", current=False, offline=True),
            stream("INVOICES"),
            group={**GROUP, "replicas": [member("c-1"), member("c-2", current=False, offline=True)]},
        ),
    )
    world.varz = {f"c-{ordinal}": {"routes": 4, "mem": 21_000_000} for ordinal in range(2)}
    world.pods = (*world.pods[:2], _away(world.pods[2]))
    found, _ = ask(world, lambda view: overview(TARGET, view))
    assert found is not None
    return status_screen(_renamed(found))


_REFUSED: Final = (
    "The cluster keeps 3 servers instead of 1, because removing servers destroys the JetStream streams that"
    " only they store, and the remaining servers may lose their quorum. Set spec.replicas back to 3,"
    " or back up the streams."
)


def _away(pod: dict[str, object]) -> dict[str, object]:
    return {**pod, "status": {"containerStatuses": [{"name": "nats", "state": {"waiting": {}}, "restartCount": 0}]}}


def _renamed(found: dict[str, Any]) -> dict[str, Any]:
    """With the name that the documentation uses throughout."""
    renamed: dict[str, Any] = json.loads(re.sub(r"\bc-([0-2])\b", r"my-nats-\1", json.dumps(found)))
    return {**renamed, "name": "my-nats"}
