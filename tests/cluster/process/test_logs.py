"""The log of an operator at work: conditions, writes, reconciliations, outages, and what SIGUSR1 shows."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import Operator, install_crds, install_service_account
from tests.testbed.wait import wait_until

BACK_WITHIN: Final = 120
"""Seconds until all watches work again after an outage: the longest pause between two attempts is 30."""

Line = dict[str, Any]


@pytest.fixture(scope="module")
def talkative(control_plane: ControlPlane) -> Iterator[Operator]:
    """The module's own control plane with an operator that logs everything."""
    install_crds(control_plane.cluster)
    kubeconfig = install_service_account(control_plane.cluster)
    operator = Operator(control_plane.cluster, kubeconfig, "--log-level=debug", "--log-format=json", name="talkative")
    operator.start()
    operator.await_ready()
    yield operator
    operator.stop()


@pytest.fixture
def site(talkative: Operator) -> Site:
    return new_site(talkative, "logs")


def lines(operator: Operator, **fields: object) -> list[Line]:
    """The lines with these fields. The last one may be half written."""
    whole = operator.said().rpartition("\n")[0].splitlines()
    return [line for line in map(json.loads, whole) if fields.items() <= line.items()]


def about(site: Site, kind: str, name: str, **fields: object) -> list[Line]:
    """The lines about one custom resource."""
    return lines(site.operator, controllerKind=kind, namespace=site.name, name=name, **fields)


def test_each_change_of_a_condition_is_one_line_of_its_custom_resource(site: Site) -> None:
    site.create(nats_box("box", "c"))
    missing = site.await_condition("NatsBox", "box", "Progressing", "True", reason="ClusterNotFound")
    site.create(nats_cluster("c"))
    wait_until(lambda: progressing(site)[-1]["reason"] != "ClusterNotFound", SOON, "the log says that it is found")
    site.await_quiet()

    said = progressing(site)
    assert said[0]["message"] == f"condition Progressing: none -> True, ClusterNotFound: {missing['message']}"
    assert [line["reason"] for line in said].count("ClusterNotFound") == 1
    assert [line["oldStatus"] for line in said] == ["none", *(line["status"] for line in said[:-1])]
    now = site.await_condition("NatsBox", "box", "Progressing", said[-1]["status"])
    assert said[-1]["message"].endswith(f"-> {now['status']}, {now['reason']}: {now['message']}")
    assert {line["level"] for line in said} == {"info"}


def progressing(site: Site) -> list[Line]:
    """What the log says of one condition of the box."""
    return about(site, "NatsBox", "box", condition="Progressing")


def test_a_repair_is_told_from_a_first_apply_and_from_a_change(site: Site) -> None:
    site.create(nats_cluster("c"))
    site.await_quiet()
    [created] = about(site, "NatsCluster", "c", action="created", object=the_config_map(site))
    assert created["message"] == f"created ConfigMap {site.name}/c-config"

    site.client.patch("NatsCluster", "c", {"spec": {"config": {"nats": {"port": 4333}}}})
    site.await_handled("NatsCluster", "c")
    [changed] = about(site, "NatsCluster", "c", action="changed", object=the_config_map(site))
    assert changed["message"] == f"changed ConfigMap {site.name}/c-config"

    site.client.patch("ConfigMap", "c-config", {"data": {"nats.conf": "port: 1"}})
    wait_until(lambda: about(site, "NatsCluster", "c", action="repaired"), SOON, "it is put back")
    [repaired] = about(site, "NatsCluster", "c", action="repaired")
    assert (
        repaired["message"]
        == f"repaired data.nats.conf of ConfigMap {site.name}/c-config, changed by an unknown field manager"
    )
    assert repaired["object"] == the_config_map(site)


def the_config_map(site: Site) -> dict[str, str]:
    return {"kind": "ConfigMap", "namespace": site.name, "name": "c-config"}


def test_a_name_that_is_taken_is_one_line_however_often_it_is_looked_at(site: Site) -> None:
    site.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c-config"}})
    site.create(nats_cluster("c"))
    for replicas in (3, 5):
        site.client.patch("NatsCluster", "c", {"spec": {"replicas": replicas}})
        site.await_handled("NatsCluster", "c")

    [taken] = about(site, "NatsCluster", "c", action="taken")
    assert taken["level"] == "warning"
    assert taken["object"] == the_config_map(site)


def test_the_log_says_when_and_why_an_edit_was_taken_up_and_what_came_of_it(site: Site) -> None:
    site.create(nats_cluster("c"))
    site.await_quiet()
    edited = site.client.patch("NatsCluster", "c", {"spec": {"config": {"nats": {"port": 4333}}}})
    cause = f"NatsCluster {site.name}/c at version {edited['metadata']['resourceVersion']}"
    site.await_handled("NatsCluster", "c")
    wait_until(lambda: finished(site, cause), SOON, "the reconciliation has ended")

    texts = [line["message"] for line in finished(site, cause)]
    assert texts[0].startswith("reconciling ")
    assert any(text.startswith("reading ") for text in texts), texts
    assert f"changed ConfigMap {site.name}/c-config" in texts
    again = "in [0-9.]+ s, or when something changes|at once: something has changed meanwhile"
    assert re.search(f"^reconciled in [0-9.]+ s: success; next: ({again})$", texts[-1]), texts


def finished(site: Site, cause: str) -> list[Line]:
    """The lines of the reconciliation that the change caused, once it has ended."""
    begun = [line for line in about(site, "NatsCluster", "c") if line["message"].endswith(f"this: {cause}")]
    if not begun:
        return []
    found = lines(site.operator, reconcileID=begun[0]["reconcileID"])
    return found if any(line["message"].startswith("reconciled in ") for line in found) else []


@pytest.mark.long
def test_an_outage_is_one_line_when_it_begins_and_one_when_it_ends(site: Site, control_plane: ControlPlane) -> None:
    site.create(nats_cluster("c"))
    site.await_quiet()
    before = len(lines(site.operator))

    def said() -> list[Line]:
        return [line for line in lines(site.operator)[before:] if line["level"] != "debug"]

    control_plane.api_server.stop(grace=0)
    try:
        wait_until(said, SOON, "the log says that it is away")
    finally:
        control_plane.api_server.start()
        control_plane.api_server.await_ready(60)

    def is_back() -> bool:
        assert any("available again" in line["message"] for line in said()), said()
        return True

    wait_until(is_back, BACK_WITHIN, "the log says that it is back")

    site.create(nats_cluster("another"))
    told = [line["message"] for line in said() if "name" not in line and not is_about_the_machine(line)]
    assert len(told) == 2, told
    assert told[0].startswith("API server unavailable for all "), told
    assert told[1].startswith("API server available again, after "), told
    serious = [line for line in said() if line["level"] != "info" and not is_about_the_machine(line)]
    assert [line["message"] for line in serious] == told[:1]


def is_about_the_machine(line: Line) -> bool:
    """Whether it says that the process got no processor for a while."""
    return str(line["message"]).startswith("the event loop was held for ")


def test_sigusr1_shows_what_every_thread_and_task_is_doing(site: Site) -> None:
    site.operator.signal(signal.SIGUSR1)
    wait_until(lambda: stacks(site.operator, "worker 0"), SOON, "the stacks are in the log")
    assert any("natsop_runtime.controller:" in line["message"] for line in stacks(site.operator, "worker 0"))
    assert lines(site.operator, logger="natsop_runtime.stacks")[0]["level"] == "info"
    assert site.operator.running


def stacks(operator: Operator, task: str) -> list[Line]:
    found = lines(operator, logger="natsop_runtime.stacks")
    return [line for line in found if line["message"].startswith(f"task {task}")]
