"""A simulation that notices nothing is worth nothing: faults put into the operator on purpose show in a scenario."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulation.generation import ANOTHER_PASSWORD, REQUIRED
from tests.simulation.mutations import MUTATIONS
from tests.simulation.scenario import Scenario, play
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

TLS: Final = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}}
INCLUDE: Final = {"config": {"includes": [{"name": "a.conf", "configMap": {"name": "extra", "key": "a"}}]}}
BOTH: Final = {"config": {**TLS["config"], **INCLUDE["config"]}}
ROUTES: Final = {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}}
WITH_ACCOUNT: Final = {"serviceAccount": {"enabled": True}}


def put(manifest: Manifest, *, after: float = 4.0) -> Step:
    return Step(after, "put", {"namespace": "prod", "manifest": manifest})


def cluster(spec: Manifest | None = None, *, after: float = 4.0) -> Step:
    return put(custom_resource("NatsCluster", "a", spec or {}), after=after)


def box(*, after: float = 4.0) -> Step:
    return put(custom_resource("NatsBox", "box", {"contexts": {"far": {"url": "nats://far:4222"}}}), after=after)


def referred(name: str, *, after: float = 4.0) -> Step:
    return put(next(each for each in REQUIRED if each["metadata"]["name"] == name), after=after)


def named(do: str, kind: str, name: str, *, after: float = 4.0) -> Step:
    return Step(after, do, {"namespace": "prod", "kind": kind, "name": name})


def fault(kind: str, to: str, *, after: int = 0) -> Step:
    return Step(4.0, "fault", {"kind": kind, "to": to, "after": after})


def trouble(do: str, *, after: float = 4.0, **what: Any) -> Step:
    return Step(after, do, what)


WHILE_BUSY: Final = (
    referred("routes"),
    cluster(ROUTES),
    fault("slow", "write"),
    cluster({**ROUTES, "service": {"annotations": {"a": "b"}}}),
    put(ANOTHER_PASSWORD, after=1.0),
)
"""A Secret is changed after it was read, while a write takes long that has nothing to do with it."""

SCENARIOS: Final[dict[str, tuple[Step, ...]]] = {
    "relist_forgets_deletions": (
        cluster(),
        trouble("black_out", seconds=6.0),
        named("delete", "ConfigMap", "a-config", after=1.0),
    ),
    "references_known_too_late": (
        referred("tls"),
        fault("slow", "get"),
        cluster(BOTH),
        referred("extra", after=1.0),
    ),
    "references_never_known": (cluster(INCLUDE), referred("extra")),
    "too_old_is_tried_again": (cluster(), trouble("black_out", seconds=6.0), cluster({"replicas": 2}, after=1.0)),
    "creation_without_guard": (
        fault("slow", "write"),
        cluster(),
        named("take_name", "ConfigMap", "a-config", after=1.0),
    ),
    "names_of_others_are_taken": (named("take_name", "Service", "a-headless"), cluster()),
    "failures_are_final": (fault("internal error", "write"), fault("unavailable", "write"), box()),
    "news_while_busy_is_lost": WHILE_BUSY,
    "status_without_version": (cluster(),),
    "deletion_by_name": (
        cluster(WITH_ACCOUNT),
        fault("slow", "write"),
        cluster(),
        named("take_name", "ServiceAccount", "a-sa", after=1.0),
    ),
    "nothing_is_pruned": (cluster(WITH_ACCOUNT), cluster()),
    "prunes_what_others_control": (cluster(), named("take_name", "Secret", "a-auth"), cluster({"replicas": 2})),
    "gate_is_open": (
        cluster(),
        cluster({"replicas": 2}, after=20.0),
        trouble("stall", after=0.0, operator=0, seconds=100.0),
        trouble("stall", after=200.0, operator=0, seconds=0.0),
    ),
    "silence_is_trusted": (cluster(), trouble("break_watches", how="silence"), cluster({"replicas": 2})),
    "every_change_is_our_own": WHILE_BUSY,
    "status_is_always_written": (cluster(),),
}
"""For each fault of the operator what has to happen for it to matter."""


def scenario(name: str) -> Scenario:
    return Scenario(
        seed=1, operators=2 if name == "gate_is_open" else 1, namespaces=(), installed=(), steps=SCENARIOS[name]
    )


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_simulation_notices_when(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = play(scenario(name), REQUIRED)
    MUTATIONS[name](monkeypatch)

    faulty = play(scenario(name), REQUIRED)

    assert not sound.problems, sound.report(scenario(name))
    assert faulty.problems, faulty.report(scenario(name))
