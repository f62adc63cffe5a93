"""A simulation that notices nothing is worth nothing: faults put into the operator on purpose show in a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from natsop_core.names import cluster_labels
from tests.simulation.histories import TOKENS_BY_NAME, Wish
from tests.simulation.mutations import MUTATIONS
from tests.simulation.referred import ANOTHER_LIMIT, ANOTHER_PASSWORD, JWT, REQUIRED
from tests.simulation.scenario import SETTLE, Scenario, play
from tests.simulation.steps import Step, custom_resource
from tests.simulation.verdicts import Verdict
from tests.testbed.client import Manifest

TLS: Final = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}}
INCLUDE: Final = {"config": {"includes": [{"name": "a.conf", "configMap": {"name": "extra", "key": "a"}}]}}
BOTH: Final = {"config": {**TLS["config"], **INCLUDE["config"]}}
ROUTES: Final = {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}}
LABELLED: Final = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "a-headless", "labels": cluster_labels("a")},
    "spec": {"ports": [{"name": "mine", "port": 80}], "selector": {"mine": "only"}},
}
MONITORED: Final = {"promExporter": {"enabled": True, "podMonitor": {"enabled": True}}}
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


def asked(wish: Wish, *, after: float = 4.0) -> Step:
    return put(wish.manifests[-1], after=after)


def settled(verdict: Verdict | None = None) -> Step:
    return Step(0.0, SETTLE, {"expected": {"prod/a": verdict} if verdict else {}})


WITH_STREAMS: Final = Wish(replicas=1, store="claim", resolver="none")
SEVERAL_WITH_STREAMS: Final = replace(WITH_STREAMS, replicas=3)
WITH_TOKENS: Final = replace(WITH_STREAMS, resolver="memory")

WITH_NACK: Final = (
    trouble("install", api_version=NACK_ACCOUNTS.api_version),
    referred("jwts"),
    referred("app-creds"),
    cluster({"auth": {"jwt": JWT}}),
)
JWT_ALONE: Final = {"auth": {"jwt": {**JWT, "accounts": [{**each, "userCreds": None} for each in JWT["accounts"]]}}}

WHILE_BUSY: Final = (
    referred("routes"),
    cluster(ROUTES),
    fault("slow", "write"),
    cluster({**ROUTES, "service": {"annotations": {"a": "b"}}}),
    put(ANOTHER_PASSWORD, after=1.0),
)
"""A Secret is changed after it was read, while a write takes long that has nothing to do with it."""

FIGHT: Final = Step(20.0, "fight", {"namespace": "prod", "owner": "a", "edit": "conf"})

SCENARIOS: Final[dict[str, tuple[Step, ...]]] = {
    "relist_forgets_deletions": (
        cluster(),
        trouble("black_out", seconds=6.0),
        named("delete", "ConfigMap", "a-config", after=1.0),
    ),
    "references_known_too_late": (
        referred("tls"),
        cluster(),
        fault("slow", "get"),
        cluster(BOTH),
        referred("extra", after=1.0),
    ),
    "references_never_known": (cluster(), cluster(INCLUDE), referred("extra")),
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
        cluster(),
        fault("slow", "write"),
        cluster({"service": {"enabled": False}}),
        named("take_name", "Service", "a", after=1.0),
    ),
    "nothing_is_pruned": (cluster(WITH_ACCOUNT), cluster()),
    "prunes_what_others_control": (cluster(), named("take_name", "Secret", "a-auth"), cluster({"replicas": 2})),
    "gate_is_open": (
        cluster(),
        cluster({"replicas": 2}, after=80.0),
        trouble("stall", after=0.0, operator=0, seconds=100.0),
        trouble("stall", after=200.0, operator=0, seconds=0.0),
    ),
    "silence_is_trusted": (cluster(), trouble("break_watches", how="silence"), cluster({"replicas": 2})),
    "every_change_is_our_own": WHILE_BUSY,
    "status_is_always_written": (cluster(),),
    "streams_do_not_matter": (asked(WITH_STREAMS), settled(), asked(replace(WITH_STREAMS, replicas=3))),
    "strays_are_believed": (
        asked(SEVERAL_WITH_STREAMS),
        settled(),
        trouble("crash", operator=0),
        Step(0.0, "edit", {"namespace": "prod", "owner": "a", "edit": "scaled-by-edit"}),
        asked(WITH_STREAMS, after=0.0),
    ),
    "deletion_is_forgetting": (
        asked(WITH_STREAMS),
        settled(),
        trouble("crash", operator=0),
        named("delete", "StatefulSet", "a", after=0.0),
        asked(SEVERAL_WITH_STREAMS, after=0.0),
    ),
    "claims_do_not_count": (
        asked(SEVERAL_WITH_STREAMS),
        settled(),
        named("delete", "NatsCluster", "a"),
        asked(WITH_STREAMS, after=20.0),
    ),
    "losing_data_is_never_allowed": (
        asked(WITH_STREAMS),
        settled(),
        asked(replace(SEVERAL_WITH_STREAMS, allowed="replicas=1->3")),
        settled("granted"),
    ),
    "claims_are_sent_anyway": (asked(WITH_STREAMS), settled(), asked(replace(WITH_STREAMS, store="other claim"))),
    "servers_are_renamed": (
        asked(SEVERAL_WITH_STREAMS),
        settled(),
        asked(replace(WITH_STREAMS, prefix="x-")),
    ),
    "bad_tokens_leave_nothing": (
        put(TOKENS_BY_NAME["good"]),
        asked(WITH_TOKENS),
        settled(),
        put(TOKENS_BY_NAME["untrusted"]),
        settled("refused"),
    ),
    "optional_kinds_are_forgotten": (
        trouble("install", api_version=POD_MONITORS.api_version),
        fault("crash after", "write", after=4),
        cluster(MONITORED),
        cluster(after=2.0),
    ),
    "accounts_come_before_their_finalizer": (*WITH_NACK, cluster(JWT_ALONE)),
    "finalizer_goes_with_the_wish": (*WITH_NACK, cluster(JWT_ALONE)),
    "deletion_waits_for_nothing": (*WITH_NACK, named("delete", "NatsCluster", "a", after=4.0)),
    "finalizer_stays": (*WITH_NACK, named("delete", "NatsCluster", "a", after=4.0)),
    "adoption_without_trace": (put(LABELLED), cluster()),
    "restored_objects_are_strangers": (
        cluster({"replicas": 2}),
        Step(20.0, "restore_backup", {"namespace": "prod", "name": "a", "owner_first": False}),
    ),
    "repairs_never_slow_down": (cluster(), FIGHT, trouble("compact", after=100.0)),
    "fights_are_never_over": (cluster(), FIGHT, trouble("compact", after=100.0)),
    "nothing_is_held_back": (fault("internal error", "write"), cluster()),
    "servers_are_not_asked_again": (referred("extra"), cluster(INCLUDE), put(ANOTHER_LIMIT, after=60.0)),
    "servers_are_asked_for_ever": (cluster(),),
}
"""For each fault of the operator what has to happen for it to matter."""


WITH_TWO_OPERATORS: Final = ("gate_is_open",)
WITH_PODS: Final = ("servers_are_not_asked_again", "servers_are_asked_for_ever")


def scenario(name: str) -> Scenario:
    return Scenario(
        seed=1,
        operators=2 if name in WITH_TWO_OPERATORS else 1,
        namespaces=(),
        installed=(),
        steps=SCENARIOS[name],
        has_pods=name in WITH_PODS,
    )


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_simulation_notices_when(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = play(scenario(name), REQUIRED)
    MUTATIONS[name](monkeypatch)

    faulty = play(scenario(name), REQUIRED)

    assert not sound.problems, sound.report(scenario(name))
    assert faulty.problems, faulty.report(scenario(name))
