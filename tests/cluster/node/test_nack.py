"""NACK on the node: streams in their accounts and nowhere else, and the end of a cluster that has some."""

from __future__ import annotations

from typing import Final

import pytest

from natsop_core import names
from tests.cluster.nack import ACCOUNT, GROUP, NAME, STREAM
from tests.cluster.node.nack_cluster import (
    IN_ORDERS,
    IN_SHOP,
    ORDERS,
    SECRET,
    SHOP,
    SYSTEM,
    account_names,
    accounts,
    create_ready,
    creds_of,
    of_nack,
    secrets_of,
    start_with_nack,
    stream,
    streams_in,
)
from tests.cluster.node.nats import CLUSTER, READY_WITHIN, condition, edit
from tests.cluster.node.public import assert_nowhere
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

pytestmark = pytest.mark.long

GONE_WITHIN: Final = 200
"""Seconds for NACK, the operator and the garbage collector one after the other, on a busy node."""


def test_all_that_nack_makes_is_in_the_right_account_and_only_there(workspace: Namespace) -> None:
    start_with_nack(workspace)

    create_ready(workspace, stream())
    create_ready(
        workspace,
        of_nack("Consumer", "billing", streamName="ORDERS", durableName="billing"),
        of_nack("KeyValue", "carts", bucket="carts"),
        of_nack("ObjectStore", "papers", bucket="papers"),
    )

    assert streams_in(workspace, ORDERS) == {"ORDERS", "KV_carts", "OBJ_papers"}
    assert streams_in(workspace, SHOP) == set()
    assert account_names(workspace) == [IN_ORDERS, IN_SHOP], "none for the system account"


def test_credentials_that_change_or_are_wrong_put_nothing_into_another_account(workspace: Namespace) -> None:
    start_with_nack(workspace)

    workspace.client.patch("Secret", SECRET, {"stringData": {"orders.creds": creds_of(ORDERS, "rotated")}})
    create_ready(workspace, stream("rotated"))
    assert streams_in(workspace, ORDERS) == {"ROTATED"}

    wrong = accounts(SYSTEM, ORDERS, SHOP)
    wrong[1]["userCreds"]["key"] = "shop.cred"
    edit(workspace, auth={"jwt": {"accounts": wrong}})
    workspace.wait_until(lambda: reason(workspace, "Degraded") == "KeyNotFound", READY_WITHIN)
    create_ready(workspace, stream("wrong"))
    assert streams_in(workspace, ORDERS) == {"ROTATED", "WRONG"}
    assert streams_in(workspace, SHOP) == set()

    edit(workspace, auth={"jwt": {"accounts": accounts(SYSTEM, ORDERS)}})
    workspace.wait_until(lambda: account_names(workspace) == [IN_ORDERS], READY_WITHIN, "the other Account is gone")
    assert_nowhere(workspace, secrets_of(workspace))


def test_a_cluster_with_streams_goes_when_they_are_gone_and_serves_until_then(workspace: Namespace) -> None:
    start_with_nack(workspace)
    create_ready(workspace, stream())
    assert cluster(workspace)["metadata"]["finalizers"] == [names.ACCOUNTS_FINALIZER]

    workspace.client.delete("NatsCluster", CLUSTER, propagationPolicy="Background")
    workspace.wait_until(lambda: "Stream orders" in blocked(workspace, "AccountsInUse"), READY_WITHIN)

    assert account_names(workspace) == [IN_ORDERS], "what nothing uses is gone"
    assert streams_in(workspace, ORDERS) == {"ORDERS"}
    workspace.client.delete(STREAM, "orders")
    await_end(workspace)


def test_after_a_foreground_deletion_streams_are_let_go_without_their_servers(workspace: Namespace) -> None:
    start_with_nack(workspace)
    create_ready(workspace, stream())

    workspace.client.delete("NatsCluster", CLUSTER, propagationPolicy="Foreground")
    workspace.wait_until(lambda: "preventDelete" in blocked(workspace, "ServersDeleted"), READY_WITHIN)

    workspace.client.patch(STREAM, "orders", {"spec": {"preventDelete": True}})
    workspace.client.delete(STREAM, "orders")
    await_end(workspace)


def test_where_nack_is_gone_and_its_kinds_are_not_people_release_the_account(workspace: Namespace) -> None:
    start_with_nack(workspace)
    workspace.wait_until(lambda: all_have_finalizers(workspace), READY_WITHIN, "NACK has seen the Accounts")
    workspace.client.delete("Deployment", NAME, propagationPolicy="Foreground")
    workspace.wait_until(lambda: workspace.client.find("Deployment", NAME) is None, GONE_WITHIN)

    workspace.client.delete("NatsCluster", CLUSTER, propagationPolicy="Background")
    workspace.wait_until(lambda: IN_ORDERS in blocked(workspace, "AccountsNotReleased"), READY_WITHIN)

    for name in account_names(workspace):
        workspace.client.patch(ACCOUNT, name, {"metadata": {"finalizers": None}})
    await_end(workspace)


def cluster(namespace: Namespace) -> Manifest:
    return namespace.client.get("NatsCluster", CLUSTER)


def reason(namespace: Namespace, type_: str) -> str:
    return str(condition(cluster(namespace), type_)["reason"])


def blocked(namespace: Namespace, expected: str) -> str:
    """The message of DeletionBlocked once it has that reason."""
    found = condition(cluster(namespace), "DeletionBlocked")
    assert (found["status"], found["reason"]) == ("True", expected), found
    return str(found["message"])


def all_have_finalizers(namespace: Namespace) -> bool:
    return all(each["metadata"].get("finalizers") for each in namespace.client.list(ACCOUNT))


def await_end(namespace: Namespace) -> None:
    """Wait until cluster, servers and all that NACK had are gone."""
    left = ("NatsCluster", f"Account.{GROUP}", f"Stream.{GROUP}", "StatefulSet", "Service")

    def is_gone() -> bool:
        found = {kind: [each["metadata"]["name"] for each in namespace.client.list(kind)] for kind in left}
        assert not any(found.values()), found
        return True

    namespace.wait_until(is_gone, GONE_WITHIN, "all is gone")
