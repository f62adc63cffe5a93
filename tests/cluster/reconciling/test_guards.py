"""Every guard, on a real API server: what it refuses, and the ways out that its message names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from natsop_core import names
from natsop_core.guards import GUARDS
from tests.cluster.reconciling.committed import (
    FULL,
    IN_PODS,
    MEMORY,
    PLAIN,
    TRIO,
    ask,
    await_granted,
    await_refused,
    claims,
    committed_site,
    jetstream,
    sized,
    start,
    with_config,
    with_resolver,
)
from tests.cluster.site import SOON, Site
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until


@pytest.fixture
def site(operated: Operator) -> Site:
    return committed_site(operated)


@dataclass(frozen=True)
class Row:
    """before: what runs. asked: one after the other, each accepted by the API server; the last is refused by the guard.

    back: what the message tells to set. has: whether the StatefulSet has what was asked for, once the rest of the
    remedy is done. claims: what the claims are brought to before. allows: the value of the annotation, if that is it.
    """

    before: Manifest
    asked: Sequence[Manifest]
    back: Sequence[Manifest]
    has: Callable[[Manifest], object]
    claims: Manifest | None = None
    allows: str = ""


def volumes(stateful_set: Manifest) -> list[str]:
    return [each["metadata"]["name"] for each in stateful_set["spec"].get("volumeClaimTemplates", ())]


def size(stateful_set: Manifest) -> str:
    found: str = stateful_set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
    return found


ROWS: Final[dict[str, Row]] = {
    "jetstream-stays-on": Row(TRIO, [PLAIN], [TRIO], lambda live: not volumes(live)),
    "streams-stay-on-claims": Row(TRIO, [IN_PODS], [TRIO], lambda live: not volumes(live), claims={}),
    "stream-claims-stay": Row(
        TRIO,
        [with_config(jetstream=jetstream(pvc=sized("20Gi")))],
        [TRIO],
        lambda live: size(live) == "20Gi",
        claims=sized("20Gi"),
    ),
    "streams-stay-in-pods": Row(IN_PODS, [TRIO], [IN_PODS], lambda live: volumes(live) == ["jetstream"]),
    "jetstream-stays-off": Row(PLAIN, [TRIO], [PLAIN], lambda live: volumes(live) == ["jetstream"]),
    "authentication-stays": Row(FULL, [{}], [FULL], lambda live: not volumes(live)),
    "accounts-stay-on-claims": Row(FULL, [{}, MEMORY], [FULL], lambda live: not volumes(live), claims={}),
    "account-claims-stay": Row(
        FULL,
        [with_resolver({"type": "full", "storage": sized("2Gi")})],
        [FULL],
        lambda live: size(live) == "2Gi",
        claims=sized("2Gi"),
    ),
    "accounts-stay-in-memory": Row(MEMORY, [FULL], [MEMORY], lambda live: volumes(live) == ["resolver"]),
    "no-fewer-servers": Row(
        TRIO, [{**TRIO, "replicas": 1}], [TRIO], lambda live: live["spec"]["replicas"] == 1, allows="replicas=3->1"
    ),
    "no-cluster-of-a-lone-server": Row(
        {**TRIO, "replicas": 1},
        [TRIO],
        [{**TRIO, "replicas": 1}],
        lambda live: live["spec"]["replicas"] == 3,
        allows="replicas=1->3",
    ),
    "server-names-stay": Row(
        TRIO,
        [
            {**TRIO, "replicas": 1},
            {"replicas": 1, "config": {**TRIO["config"], "serverNamePrefix": "x-"}},
            {"replicas": 3, "config": {**TRIO["config"], "serverNamePrefix": "x-"}},
        ],
        [TRIO],
        lambda live: "'x-$(POD_NAME)'" in json.dumps(live),
        allows="serverNamePrefix=->x-",
    ),
    "pod-management-stays": Row(
        TRIO,
        [{**TRIO, "statefulSet": {"podManagementPolicy": "OrderedReady"}}],
        [TRIO],
        lambda live: live["spec"]["podManagementPolicy"] == "OrderedReady",
    ),
}
ELSEWHERE: Final = "streams-in-containers"
"""See test_take_over.py: it takes servers that another program made."""

every_row = pytest.mark.parametrize(("guard", "row"), ROWS.items(), ids=list(ROWS))


def test_every_guard_has_a_row() -> None:
    assert {*ROWS, ELSEWHERE} == {guard.name for guard in GUARDS}


@every_row
def test_setting_it_back_is_accepted_and_ends_the_refusal(site: Site, guard: str, row: Row) -> None:
    start(site, row.before)
    before = site.client.get("StatefulSet", "c")
    refused(site, guard, row)
    for spec in row.back:
        ask(site, spec)
    await_granted(site)
    site.await_quiet()
    after = site.client.get("StatefulSet", "c")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])


@every_row
def test_the_other_way_is_accepted_and_gives_what_was_asked_for(site: Site, guard: str, row: Row) -> None:
    start(site, row.before)
    message = refused(site, guard, row)
    if row.allows:
        assert f'"{row.allows}"' in message
        site.kubectl("annotate", "natscluster", "c", f"{names.ALLOW_DATA_LOSS_ANNOTATION}={row.allows}")
    else:
        if row.claims is not None:
            bring_claims_to(site, row.claims)
        run_last_command(site, message)
    wait_until(lambda: bool(row.has(site.client.get("StatefulSet", "c"))), SOON, "what was asked for is there")
    await_granted(site)


def refused(site: Site, guard: str, row: Row) -> str:
    [reason] = [each.reason for each in GUARDS if each.name == guard]
    before = site.client.get("StatefulSet", "c")
    for spec in row.asked:
        ask(site, spec)
    message = await_refused(site, reason)
    site.await_quiet()
    after = site.client.get("StatefulSet", "c")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    return message


def run_last_command(site: Site, message: str) -> None:
    """The command that the message names last, word for word."""
    command = re.findall(r"`kubectl ([^`]*)`", message)[-1]
    site.kubectl(*command.split(), timeout=SOON)


def bring_claims_to(site: Site, wanted: Manifest) -> None:
    """Delete the claims, as with `--wait=false`; or make them anew as wanted, since without volumes none can grow."""
    for name, claim in claims(site).items():
        site.client.delete("PersistentVolumeClaim", name)
        if wanted:
            site.await_gone("PersistentVolumeClaim", name)
            made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {**claim["spec"], **wanted}}
            site.client.create({**made, "metadata": {"name": name, "labels": claim["metadata"]["labels"]}})
