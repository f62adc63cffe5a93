"""What a user hears of once: what running servers keep, and TLS without a CA to check certificates against."""

from __future__ import annotations

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.kinds import STATEFUL_SETS
from natsop_core.outcomes import Applied
from natsop_core.resolve.notices import kept, risks
from tests.unit.natsop_core.world import (
    NAMESPACE,
    Object,
    cluster,
    inputs,
    jetstream,
    live_stateful_set,
    plan_of,
    resolved,
    secret,
)


def test_an_image_that_a_running_server_keeps_is_told() -> None:
    cr = cluster()
    live = live_stateful_set(cluster({"image": {"tag": "2.12.6-alpine"}}))
    [notice] = kept(cr, resolved(cr, live).cluster)
    assert (notice.reason, "nats:2.12.6-alpine" in notice.message) == ("ImageKept", True)


def test_a_new_cluster_keeps_nothing() -> None:
    assert list(kept(cluster(), resolved(cluster()).cluster)) == []


@pytest.mark.parametrize(("replicas", "reasons"), [(1, []), (2, ["TwoServers"]), (3, [])])
def test_two_servers_with_jetstream_are_told_that_one_of_them_is_not_enough(replicas: int, reasons: list[str]) -> None:
    found = resolved(cluster({"replicas": replicas, **jetstream()})).cluster
    assert [notice.reason for notice in risks(found)] == reasons
    assert not list(risks(resolved(cluster({"replicas": replicas})).cluster))


@pytest.mark.parametrize(
    ("file_store", "reasons"),
    [
        ({"maxSize": "50Gi"}, []),
        ({"maxSize": "50Gi", "pvc": {"resources": {"requests": {"storage": "50Gi"}}}}, []),
        ({"maxSize": "50Gi", "pvc": {"resources": {"requests": {"storage": "10Gi"}}}}, ["VolumeTooSmall"]),
        ({"maxSize": "50Gi", "pvc": {"enabled": False, "resources": {"requests": {"storage": "10Gi"}}}}, []),
    ],
)
def test_a_claim_that_is_smaller_than_the_store_is_told(file_store: Object, reasons: list[str]) -> None:
    found = resolved(cluster(jetstream(fileStore=file_store))).cluster
    assert [notice.reason for notice in risks(found)] == reasons


def test_certificates_that_are_checked_without_a_ca_are_told_when_the_servers_change_and_only_then() -> None:
    tls: Object = {"enabled": True, "secretName": "t", "verify": True}
    cr = cluster({"config": {"nats": {"tls": tls}}})
    seen = inputs(cr, secret("t", **{"tls.crt": "", "tls.key": ""}))
    [notice] = risks(resolved(cr, secret("t", **{"tls.crt": "", "tls.key": ""})).cluster)
    stateful_set = STATEFUL_SETS.key(NAMESPACE, "c")
    plan = plan_of(cr, seen)

    changed = conclude_cluster(cr, seen, plan, {stateful_set: Applied()})
    at_rest = conclude_cluster(cr, seen, plan, {})

    assert notice.reason == "TLSWithoutCA"
    assert [event.reason for event in changed.events] == ["TLSWithoutCA"]
    assert at_rest.events == ()
