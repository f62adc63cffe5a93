"""Decentralized authentication on the node, from the first client to accounts that come and go, without a restart."""

from __future__ import annotations

import time
from typing import Final

import pytest

from tests import tokens
from tests.cluster.node.jwt_cluster import (
    OPERATOR,
    ORDERS,
    PODS,
    SHOP,
    SYSTEM,
    JwtCluster,
    creds_of,
    delete_account,
    orders_jwt,
    publishing,
    sequences_in,
    with_account,
    without_account,
)
from tests.cluster.node.nats import READY_WITHIN, restarts, uids, wait_until_loaded, wait_until_ready
from tests.cluster.node.public import assert_nowhere
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace
from tests.tokens import ISSUED

MEMORY: Final[Manifest] = {"type": "memory"}
FULL: Final[Manifest] = {
    "type": "full",
    "allowDelete": True,
    "storage": {"resources": {"requests": {"storage": "1Gi"}}},
}
RESOLVERS: Final = {"memory": MEMORY, "full": FULL}

OTHER_OPERATOR: Final = tokens.operator("somebody")
STRANGER: Final = tokens.account("stranger")

LIVE_WITHIN: Final = 30.0
"""Seconds after the kubelet's sync, which takes 2 s here, until every server has the new claims."""


@pytest.mark.parametrize("resolver", RESOLVERS)
def test_claims_live_and_change_without_a_restart(workspace: Namespace, resolver: str) -> None:
    cluster = JwtCluster(workspace, RESOLVERS[resolver])
    cluster.start()
    before = uids(workspace, PODS)
    only_those_with_valid_credentials_get_in(cluster)
    raised_limits_are_live_on_every_server(cluster)
    a_bad_jwt_changes_nothing(cluster)
    a_new_account_works(cluster)
    if resolver == "full":
        a_removed_account_is_named_until_it_is_gone(cluster)
    else:
        a_removed_account_is_refused(cluster)
    assert uids(workspace, PODS) == before
    assert restarts(workspace, PODS) == 0
    nothing_secret_is_public(cluster)


def only_those_with_valid_credentials_get_in(cluster: JwtCluster) -> None:
    assert cluster.lets_in(creds_of(ORDERS))
    assert not cluster.lets_in("")
    assert not cluster.lets_in(creds_of(STRANGER)), "the operator has not signed that account"
    assert cluster.servers_seen_by(creds_of(SYSTEM)) == 3
    assert cluster.servers_seen_by(creds_of(ORDERS)) == 0


def raised_limits_are_live_on_every_server(cluster: JwtCluster) -> None:
    wait_until_added(cluster, "FIRST")
    assert not cluster.adds_stream("SECOND"), "the account may have one stream"
    with publishing(cluster, "FIRST") as acknowledged:
        for pod in PODS:
            assert cluster.lets_in(creds_of(ORDERS), pod)
        edited = time.monotonic()
        cluster.put(orders=orders_jwt(streams=2))
        cluster.namespace.wait_until(
            lambda: not cluster.uses("orders", ORDERS), LIVE_WITHIN, "every server has the new claims"
        )
        print(f"live on every server after {time.monotonic() - edited:.1f} s")
        count = len(acknowledged)
        cluster.namespace.wait_until(lambda: len(acknowledged) > count, what="the publisher goes on")
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert sequences_in(cluster, "FIRST") == len(acknowledged)
    wait_until_loaded(cluster.namespace)
    wait_until_ready(cluster.namespace)
    assert cluster.adds_stream("SECOND", PODS[1])


def wait_until_added(cluster: JwtCluster, stream: str) -> None:
    """Servers that are ready may still be about to elect the leader who is asked for it."""
    cluster.namespace.wait_until(lambda: cluster.adds_stream(stream), READY_WITHIN, f"stream {stream} is added")


def a_bad_jwt_changes_nothing(cluster: JwtCluster) -> None:
    good = cluster.jwts["orders"]
    bad = {
        "JwtMalformed": "garbage",
        "JwtUntrusted": orders_jwt(streams=3, by=OTHER_OPERATOR),
        "JwtExpired": orders_jwt(streams=3, expires=ISSUED + 1),
    }
    for reason, jwt in bad.items():
        cluster.put(orders=jwt)
        said = cluster.await_status("Degraded", "True", reason)
        assert "its last valid JWT stays in use" in said["message"]
        assert cluster.lets_in(creds_of(ORDERS))
        assert not cluster.adds_stream("THIRD")
    cluster.put(orders=good)
    cluster.await_status("Degraded", "False", "AsExpected")


def a_new_account_works(cluster: JwtCluster) -> None:
    assert not cluster.lets_in(creds_of(SHOP))
    cluster.put(shop=tokens.account_jwt(SHOP, OPERATOR))
    cluster.set_accounts(with_account(SHOP))
    for pod in PODS:
        cluster.namespace.wait_until(
            lambda pod=pod: cluster.lets_in(creds_of(SHOP), pod),  # type: ignore[misc]
            READY_WITHIN,
            f"{pod} lets users of the new account in",
        )
    wait_until_ready(cluster.namespace)
    wait_until_loaded(cluster.namespace)


def a_removed_account_is_refused(cluster: JwtCluster) -> None:
    cluster.set_accounts(without_account(SHOP))
    for pod in PODS:
        cluster.namespace.wait_until(
            lambda pod=pod: not cluster.lets_in(creds_of(SHOP), pod),  # type: ignore[misc]
            READY_WITHIN,
            f"{pod} refuses users of the removed account",
        )
    assert cluster.lets_in(creds_of(ORDERS))


def a_removed_account_is_named_until_it_is_gone(cluster: JwtCluster) -> None:
    cluster.set_accounts(without_account(SHOP))
    said = cluster.await_status("AccountsNotRemoved", "True", "KeptByResolver")
    assert SHOP.public_key in said["message"]
    assert cluster.lets_in(creds_of(SHOP))
    wait_until_ready(cluster.namespace)

    assert "deleted 1 accounts" in delete_account(cluster, SHOP)
    assert not cluster.lets_in(creds_of(SHOP))

    def gone() -> bool:
        conditions = cluster.namespace.client.get("NatsCluster", "demo")["status"]["conditions"]
        assert "AccountsNotRemoved" not in {each["type"] for each in conditions}
        return True

    cluster.namespace.wait_until(gone, READY_WITHIN, "the condition is gone with the account")


def nothing_secret_is_public(cluster: JwtCluster) -> None:
    """The servers' own monitor shows JWTs of accounts, so these are asked for, too, but not in what we write."""
    seeds = [tokens.user(f"{who.name}-user").seed for who in (SYSTEM, ORDERS, SHOP)]
    assert_nowhere(cluster.namespace, (*cluster.jwts.values(), *seeds))


def test_a_server_that_was_away_has_the_new_claims_when_it_is_back(workspace: Namespace) -> None:
    cluster = JwtCluster(workspace, FULL)
    cluster.start()
    wait_until_added(cluster, "FIRST")
    away = PODS[2]
    [before] = uids(workspace, [away])
    workspace.client.delete("Pod", away, gracePeriodSeconds=0)
    cluster.put(orders=orders_jwt(streams=2))
    workspace.wait_until(lambda: uids(workspace, [away]) != [before], READY_WITHIN, "the pod is made anew")
    workspace.wait_for_condition("Pod", away, "Ready", timeout=READY_WITHIN)
    wait_until_ready(workspace)
    wait_until_loaded(workspace)
    assert cluster.lets_in(creds_of(ORDERS), away)
    assert cluster.uses("orders", ORDERS) == []
    assert cluster.adds_stream("SECOND", away)


def test_without_credentials_of_the_system_account_a_restart_is_asked_for(workspace: Namespace) -> None:
    cluster = JwtCluster(workspace, FULL)
    cluster.start(with_credentials=False)
    wait_until_added(cluster, "FIRST")
    cluster.put(orders=orders_jwt(streams=2))
    said = cluster.await_status("ConfigurationLoaded", "False", "ClaimsNotPushed")
    assert "kubectl rollout restart statefulset demo" in said["message"]
    assert not cluster.adds_stream("SECOND")
    workspace.kubectl("rollout", "restart", "statefulset", "demo")
    cluster.await_status("Degraded", "False", "AsExpected")
    wait_until_loaded(workspace)
    wait_until_added(cluster, "SECOND")
