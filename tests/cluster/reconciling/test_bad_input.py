"""Bad input is a condition of the custom resource that has it; it holds up no other, and keeps nobody busy."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from tests.cluster.reconciling.bad_inputs import (
    ASKS,
    BAD_INPUTS,
    BROKEN,
    HUNG,
    SEPARATORS,
    SILENT,
    BadInput,
    secret,
    webhook_configuration,
)
from tests.cluster.site import SOON, Site, nats_cluster, new_site, requests_within
from tests.testbed.client import ApiError, Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

GOOD: Final = 100

ATTEMPTS: Final = 3

MOST_SECONDS: Final = 8
"""Between two writes; a request that hangs is given up after ten."""

LOOKED_AT: Final = 20
"""Seconds in which bad input may not keep the operator busy."""

MOST_REQUESTS: Final = 30
"""In that time, for one bad custom resource: two or three rounds over all of its objects, further and further apart."""

MOST_MEMORY: Final = 250
"""MiB, with custom resources of up to 1.4 MB."""

HANDLED_WITHIN: Final = 180
"""Seconds until even what hangs has been reported: four objects, each given up after ten seconds, some twice."""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def webhooks(operated: Operator) -> Iterator[None]:
    """In force. Nobody listens where the broken one should be; the silent one takes connections, and that is all."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        urls = {SILENT: url_of(silent), BROKEN: url_of(closed)}
        client = operated.cluster.client
        client.create(webhook_configuration(urls))
        site = asking(operated, "probe", BROKEN)
        wait_until(lambda: is_broken(site), SOON, "the webhooks are in force")
        yield
        client.delete("ValidatingWebhookConfiguration", "tests")


def url_of(server: socket.socket) -> str:
    host, port = server.getsockname()
    return f"https://{host}:{port}"


def is_broken(site: Site) -> bool:
    path = f"/api/v1/namespaces/{site.name}/configmaps"
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}}
    try:
        site.client.request("POST", path, body=probe, query={"dryRun": "All"})
    except ApiError as error:
        return "failed calling webhook" in error.message
    return False


def asking(operator: Operator, purpose: str, webhook: str) -> Site:
    """A site where that webhook is asked."""
    name = f"{purpose}-{os.urandom(4).hex()}"
    metadata = {"name": name, "labels": {ASKS: webhook}}
    operator.cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return Site(operator, name)


@pytest.fixture(scope="module")
def bad(operated: Operator, webhooks: None) -> dict[str, Site]:
    """A site for each bad input, with its custom resource in it."""
    del webhooks  # they come first
    sites = {name: asking(operated, name, each.asks) for name, each in BAD_INPUTS.items()}
    for name, each in BAD_INPUTS.items():
        each.make(sites[name])
    return sites


def longest_pause(site: Site, count: int) -> float:
    """Seconds for which the operator wrote nothing here, from the creation of good clusters until all were handled."""
    mark, begun = site.mark(), datetime.now(UTC)
    for number in range(count):
        site.client.create(nats_cluster(f"good-{number}"))
    wait_until(lambda: not unhandled(site), HANDLED_WITHIN, f"all of {count} good clusters are handled", interval=0.2)
    times = [begun, *sorted(each.answered for each in site.writes(since=mark)), datetime.now(UTC)]
    return max((later - earlier).total_seconds() for earlier, later in pairwise(times))


def unhandled(site: Site) -> list[str]:
    clusters = site.client.list("NatsCluster")
    return [each["metadata"]["name"] for each in clusters if "observedGeneration" not in each.get("status", {})]


def test_good_clusters_are_not_held_up_by_bad_ones(operated: Operator, bad: dict[str, Site]) -> None:
    """Not while all that is bad is being tried, either: just created, or changed a moment ago.

    However slow a machine is, who waits for no request that hangs writes on. The best of up to three: it may stand
    still for so long.
    """
    pauses: list[float] = []
    while not pauses or (min(pauses) >= MOST_SECONDS and len(pauses) < ATTEMPTS):
        for name, each in BAD_INPUTS.items():
            touch(bad[name], each.kind, len(pauses))
        pauses.append(longest_pause(new_site(operated, "good"), GOOD))
    assert min(pauses) < MOST_SECONDS, pauses


def touch(site: Site, kind: str, turn: int) -> None:
    """Change all of them, in a way that does not matter."""
    change = {"metadata": {"annotations": {"tests.example/touched": f"{turn}"}}}
    for each in site.client.list(kind):
        site.client.patch(kind, each["metadata"]["name"], change)


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_what_is_wrong_is_a_condition_that_says_it(bad: dict[str, Site], name: str) -> None:
    each = BAD_INPUTS[name]

    condition = wait_until(
        lambda: condition_of(bad[name], each), HANDLED_WITHIN, f"{each.condition}={each.status} {each.reason}"
    )

    for words in each.words:
        assert words in condition["message"]
    assert len(condition["message"]) < 5000


def condition_of(site: Site, bad: BadInput) -> Manifest:
    """The condition, once it is as expected; the generation does not count, since a deletion counts it up."""
    conditions = site.client.get(bad.kind, "bad").get("status", {}).get("conditions", ())
    found: Manifest = next((each for each in conditions if each["type"] == bad.condition), {})
    assert (found.get("status"), found.get("reason")) == (bad.status, bad.reason), conditions
    return found


def test_nothing_bad_keeps_the_operator_busy(operated: Operator, bad: dict[str, Site]) -> None:
    entries = requests_within(operated, LOOKED_AT)

    for name, site in bad.items():
        asked = Counter(
            (each.verb, each.resource, each.subresource, each.code) for each in entries if each.namespace == site.name
        )
        custom_resources = HUNG if name == "webhook-hangs" else 1
        assert asked.total() <= MOST_REQUESTS * custom_resources, (name, asked)


def test_what_a_namespace_refuses_because_it_ends_is_no_event(bad: dict[str, Site]) -> None:
    refused = bad["terminating"].writes()

    assert {each.code for each in refused if each.code >= 400} <= {403, 404, 409}
    assert not [each for each in refused if each.resource == "events"]


def test_huge_custom_resources_take_little_memory(operated: Operator, bad: dict[str, Site]) -> None:
    assert bad["megabyte"].client.get("NatsCluster", "bad")
    assert memory_of(operated) <= MOST_MEMORY


def memory_of(operator: Operator) -> float:
    """MiB that the process uses."""
    lines = Path(f"/proc/{operator.pid}/status").read_text().splitlines()
    [used] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(used) / 1024


def test_the_status_of_others_stays_beside_ours(bad: dict[str, Site]) -> None:
    site = bad["garbage"]
    site.await_condition("NatsCluster", "bad", "Degraded", "False")

    status = site.client.get("NatsCluster", "bad")["status"]

    assert status["observedGeneration"] == 1
    assert status["replicas"] >= 0
    assert status["endpoints"]["client"].startswith("nats://bad.")
    assert [each["type"] for each in status["conditions"] if each["reason"] == "Mine"] == ["Mine"]


def test_a_child_with_unusual_characters_is_repaired_like_any_other(bad: dict[str, Site]) -> None:
    """The events of such an object are read as they are: a watch that stumbles over them would miss the change."""
    site = bad["separators"]
    text = SEPARATORS
    site.await_handled("NatsCluster", "bad")
    site.client.patch("ConfigMap", "bad-config", {"metadata": {"annotations": {"tests.example/text": text}}})

    site.client.patch("ConfigMap", "bad-config", {"data": {"nats.conf": text}})

    wait_until(lambda: "port: 4222" in conf_of(site), SOON, "nats.conf is put back")
    assert site.client.get("ConfigMap", "bad-config")["metadata"]["annotations"]["tests.example/text"] == text


def conf_of(site: Site) -> str:
    return str(site.client.get("ConfigMap", "bad-config")["data"]["nats.conf"])


def test_missing_keys_that_are_added_are_all_that_was_missing(bad: dict[str, Site]) -> None:
    site = bad["keys-missing"]
    site.await_condition("NatsCluster", "bad", "Progressing", "True", reason="WaitingForKey")

    site.client.apply(secret("routes", {"user": "u", "password": "p:@/%"}))
    site.client.apply(secret("extra", {"mine.conf": "max_payload: 1000"}))

    routes = site.await_child("Secret", "bad-routes", site.client.get("NatsCluster", "bad"))
    assert routes["data"]
