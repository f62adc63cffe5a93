"""What the operator's lists cost: the API server answers them from its watch cache, and etcd is asked for none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from natsop_core.kinds import BOXES, CLUSTERS, CREATED, WATCHED_IN_FULL
from natsop_runtime.api_server.kube import PAGE
from tests.cluster.process.crowd import SEED, Crowd
from tests.cluster.site import Site, new_site
from tests.testbed.client import Client
from tests.testbed.operator import Operator

OURS: Final = frozenset(kind.plural for kind in (BOXES, CLUSTERS, *CREATED, *WATCHED_IN_FULL))

_SAMPLE: Final = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)

pytestmark = pytest.mark.long


@pytest.fixture
def site(operated: Operator) -> Iterator[Site]:
    yield new_site(operated, "lists")


def test_a_start_asks_etcd_for_no_list(site: Site) -> None:
    """Though there are more objects than fit into a page."""
    for number in range(PAGE + 10):
        name = {"name": f"secret-{number}"}
        site.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": name})
    Crowd(site, SEED, 5).gather()
    site.await_quiet()
    operator = site.operator
    operator.stop(grace=10)
    before = Lists(site.client)
    operator.start()
    operator.await_ready()

    after = Lists(site.client)
    assert after.from_etcd == before.from_etcd
    assert before.from_etcd["secrets"] >= 1, "with which the watch cache itself began"
    from_cache = {each: after.from_cache[each] - before.from_cache[each] for each in OURS}
    assert all(count >= 2 for count in from_cache.values()), "one by the check at the start, one by the reflector"
    assert from_cache["secrets"] >= 3, "two pages"


class Lists:
    """How often the API server has listed each of our kinds so far, by its metrics in Kubernetes 1.37."""

    def __init__(self, client: Client) -> None:
        samples = _SAMPLE.findall(client.request("GET", "/metrics", accept="text/plain"))
        self.from_etcd = _by_resource(samples, "etcd_requests_total", 'operation="list')
        self.from_cache = _by_resource(samples, "apiserver_storage_list_total", 'storage="watchcache"')


def _by_resource(samples: list[tuple[str, str, str]], metric: str, label: str) -> dict[str, float]:
    found = dict.fromkeys(OURS, 0.0)
    for name, labels, value in samples:
        resource = re.search(r'(?:^|,)resource="([^"]*)"', labels)
        if name == metric and label in labels and resource and resource[1] in OURS:
            found[resource[1]] += float(value)
    return found
