"""NACK is installed and uninstalled while the operator runs, and the operator is gone while a cluster is deleted."""

from __future__ import annotations

from typing import Final

from natsop_core import names
from natsop_core.kinds import NACK_ACCOUNTS, NACK_STREAMS
from tests.cluster.nack import ACCOUNT, GROUP
from tests.cluster.process.everything import EVERYTHING
from tests.cluster.site import SOON, Site, nats_cluster, new_site
from tests.example_objects import jwt_secrets
from tests.testbed.go_modules import integration_crds
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

AVAILABLE: Final = "NackIntegrationAvailable"
NOTICED_WITHIN: Final = 75.0
"""Seconds: the API server is asked once a minute."""


def test_it_lights_up_goes_dark_and_holds_nobody(operated: Operator) -> None:
    site = new_site(operated, "nack")
    for manifest in jwt_secrets():
        site.client.create(manifest)
    site.create(nats_cluster("c", {"auth": EVERYTHING["auth"]}))
    site.await_condition("NatsCluster", "c", AVAILABLE, "False", reason="NackNotInstalled")
    site.await_condition("NatsCluster", "c", "Degraded", "False")
    assert finalizers_of(site) == []

    install(site)
    site.await_condition("NatsCluster", "c", AVAILABLE, "True", timeout=NOTICED_WITHIN)
    wait_until(lambda: site.client.find(ACCOUNT, "c-orders"), SOON, "there is an Account")
    assert finalizers_of(site) == [names.ACCOUNTS_FINALIZER]

    for plural in (NACK_STREAMS.plural, NACK_ACCOUNTS.plural):
        site.client.delete("CustomResourceDefinition", f"{plural}.{GROUP}")
    site.await_condition("NatsCluster", "c", AVAILABLE, "False", timeout=NOTICED_WITHIN)
    wait_until(lambda: finalizers_of(site) == [], SOON, "the finalizer is removed")
    site.client.delete("NatsCluster", "c", propagationPolicy="Background")
    site.await_gone("NatsCluster", "c")
    site.await_gone("StatefulSet", "c")


def test_without_the_operator_people_remove_its_finalizer(operated: Operator) -> None:
    site = new_site(operated, "alone")
    install(site)
    for manifest in jwt_secrets():
        site.client.create(manifest)
    site.create(nats_cluster("c", {"auth": EVERYTHING["auth"]}))
    site.await_condition("NatsCluster", "c", AVAILABLE, "True", timeout=NOTICED_WITHIN)
    wait_until(lambda: site.client.find(ACCOUNT, "c-orders"), SOON, "there is an Account")
    operated.stop()
    try:
        site.client.delete("NatsCluster", "c", propagationPolicy="Background")
        assert finalizers_of(site) == [names.ACCOUNTS_FINALIZER]

        site.client.patch("NatsCluster", "c", [{"op": "remove", "path": "/metadata/finalizers"}], patch_type="json")

        for kind in ("NatsCluster", "StatefulSet"):
            site.await_gone(kind, "c")
        site.await_gone(ACCOUNT, "c-orders")
    finally:
        operated.start()


def finalizers_of(site: Site) -> list[str]:
    found: list[str] = site.client.get("NatsCluster", "c")["metadata"].get("finalizers", [])
    return found


def install(site: Site) -> None:
    """NACK's kinds; nobody runs NACK here."""
    for definition in integration_crds():
        if definition["spec"]["group"] == GROUP:
            site.client.apply(definition)
    wait_until(lambda: site.client.list(ACCOUNT) is not None, SOON, "Accounts are served")
