"""What servers and their volumes commit us to, on a real API server: what is refused, what it outlives, how to go on.

There is no node: Kubernetes' own controllers make pods and claims, and nothing runs in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from natsop_core import names
from natsop_core.guards import GUARDS
from natsop_core.record import Record, read_record
from tests.cluster.site import SOON, Site, nats_cluster, new_site
from tests.example_objects import ORDERS, SYSTEM, jwt_secrets
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

ACCOUNTS: Final[list[Manifest]] = [
    {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "nats-jwts", "key": f"{who.name}.jwt"}}
    for who in (SYSTEM, ORDERS)
]


def jetstream(**file_store: Any) -> Manifest:
    return {"enabled": True, "fileStore": file_store}


def sized(size: str) -> Manifest:
    return {"resources": {"requests": {"storage": size}}}


def with_config(replicas: int = 3, **config: Any) -> Manifest:
    return {"replicas": replicas, "config": config}


def with_resolver(resolver: Manifest) -> Manifest:
    operator = {"name": "nats-jwts", "key": "operator.jwt"}
    return {
        "auth": {
            "jwt": {
                "operator": operator,
                "systemAccount": SYSTEM.public_key,
                "accounts": ACCOUNTS,
                "resolver": resolver,
            }
        }
    }


TRIO: Final = with_config(jetstream=jetstream(pvc=sized("10Gi")))
IN_PODS: Final = with_config(jetstream=jetstream(pvc={"enabled": False}))
PLAIN: Final = with_config()
FULL: Final = with_resolver({"type": "full", "storage": sized("1Gi")})
MEMORY: Final = with_resolver({"type": "memory"})


@pytest.fixture
def site(operated: Operator) -> Site:
    site = new_site(operated, "commitments")
    for secret in jwt_secrets():
        site.client.create(secret)
    return site


def ask(site: Site, spec: Manifest, **annotations: str) -> None:
    """Give the NatsCluster this spec, and no annotations but these."""
    if site.client.find("NatsCluster", "c") is None:
        site.client.create(nats_cluster("c", spec, annotations=annotations))
        return
    change = [
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
        {"op": "replace", "path": "/spec", "value": spec},
    ]
    site.client.patch("NatsCluster", "c", change, patch_type="json")


def await_granted(site: Site) -> None:
    site.await_condition("NatsCluster", "c", "Degraded", "False")


def await_refused(site: Site, reason: str) -> str:
    """The message, once the operator has refused the latest generation."""
    message: str = site.await_condition("NatsCluster", "c", "Degraded", "True", reason=reason)["message"]
    return message


def claims(site: Site) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in site.client.list("PersistentVolumeClaim")}


def said(obj: Manifest) -> Record:
    return read_record(json.loads((obj["metadata"].get("annotations") or {}).get(names.COMMITMENTS_ANNOTATION, "{}")))


def await_recorded(site: Site, count: int, **expected: Any) -> None:
    """Wait until that many claims say so."""

    def recorded() -> bool:
        found = claims(site)
        assert len(found) == count, list(found)
        for name, each in found.items():
            for field, value in expected.items():
                assert getattr(said(each), field) == value, (name, said(each))
        return True

    wait_until(recorded, SOON, f"{count} claims say {expected}")


def start(site: Site, spec: Manifest) -> None:
    ask(site, spec)
    await_granted(site)
    site.await_pods()
    site.await_quiet()


def claim_writes(site: Site, *, since: int = 0) -> list[AuditEntry]:
    return [each for each in site.writes(since=since) if each.resource == "persistentvolumeclaims"]


# Claims remember


def test_each_claim_is_written_once_and_never_again(site: Site) -> None:
    mark = site.mark()
    start(site, TRIO)
    await_recorded(site, 3, replicas=3, server_name_prefix="", jetstream="claim")
    site.await_quiet(2)
    assert sorted(each.name for each in claim_writes(site, since=mark)) == [f"jetstream-c-{n}" for n in range(3)]

    mark = site.mark()
    site.operator.stop()
    site.operator.start()
    site.operator.await_ready()
    site.await_quiet(3)
    assert not [each for each in site.writes(since=mark) if each.verb != "create"]

    ask(site, {**TRIO, "service": {"annotations": {"a": "b"}}})  # it is alive
    await_granted(site)
    assert not claim_writes(site, since=mark)


def test_what_changes_is_written_on_the_claims_of_servers_that_come_and_go(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    ask(site, {**TRIO, "replicas": 5})
    await_granted(site)
    await_recorded(site, 5, replicas=5)
    ask(site, TRIO, **{names.ALLOW_DATA_LOSS_ANNOTATION: "replicas=5->3"})
    await_granted(site)
    await_recorded(site, 5, replicas=3)


def test_a_claim_that_somebody_edits_is_written_anew_and_nothing_else_of_it(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    before = claims(site)["jetstream-c-0"]
    edit = {"metadata": {"annotations": {names.COMMITMENTS_ANNOTATION: '{"replicas":1}', "mine": "stays"}}}
    site.client.patch("PersistentVolumeClaim", "jetstream-c-0", edit)
    await_recorded(site, 3, replicas=3)
    after = claims(site)["jetstream-c-0"]
    assert after["metadata"]["annotations"]["mine"] == "stays"
    assert after["spec"] == before["spec"]
    assert after["metadata"].get("ownerReferences") == before["metadata"].get("ownerReferences")


def test_claims_of_others_are_left_alone(site: Site) -> None:
    strange = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "jetstream-c-x", "labels": names.cluster_labels("c")},
        "spec": {"accessModes": ["ReadWriteOnce"], **sized("1Gi")},
    }
    site.client.create(strange)
    site.client.create({**strange, "metadata": {"name": "jetstream-c-7"}})  # without our labels
    start(site, TRIO)
    wait_until(lambda: said(claims(site)["jetstream-c-0"]).replicas == 3, SOON, "the cluster's claims are written")
    site.await_quiet()
    assert {each.name for each in claim_writes(site)} == {f"jetstream-c-{n}" for n in range(3)}


# Nothing makes us forget


def delete_stateful_set(site: Site) -> None:
    site.kubectl("delete", "statefulset", "c", "--cascade=orphan")


def delete_cluster(site: Site) -> None:
    site.client.delete("NatsCluster", "c", propagationPolicy="Foreground")
    site.await_gone("NatsCluster", "c")


def orphan_cluster(site: Site) -> None:
    site.client.delete("NatsCluster", "c", propagationPolicy="Orphan")
    site.await_gone("NatsCluster", "c")


def clear_managed_fields(site: Site) -> None:
    for kind, name in (("StatefulSet", "c"), *(("PersistentVolumeClaim", name) for name in claims(site))):
        site.client.patch(kind, name, {"metadata": {"managedFields": [{}]}})


FORGETTING: Final[dict[str, Sequence[Callable[[Site], None]]]] = {
    "the StatefulSet is orphaned": [delete_stateful_set],
    "the NatsCluster is deleted": [delete_cluster],
    "the NatsCluster is orphaned": [orphan_cluster],
    "and its StatefulSet deleted": [orphan_cluster, delete_stateful_set],
    "managedFields are cleared": [clear_managed_fields],
    "and the NatsCluster deleted": [clear_managed_fields, delete_cluster],
}


@pytest.mark.parametrize("ways", FORGETTING.values(), ids=list(FORGETTING))
@pytest.mark.parametrize(("before", "after"), [(5, 3), (3, 1), (1, 3)])
def test_nothing_makes_us_forget_the_servers(
    operated: Operator, site: Site, before: int, after: int, ways: Sequence[Callable[[Site], None]]
) -> None:
    config = {**TRIO["config"], "serverNamePrefix": "a-"}
    start(site, {"replicas": before, "config": config, "image": {"tag": "2.10.29-alpine"}})
    await_recorded(site, before, replicas=before, server_name_prefix="a-")
    operated.stop()  # so that it sees only what is left in the end
    try:
        for way in ways:
            way(site)
        keeps_names = before == 1 or site.client.find("NatsCluster", "c")  # others the API server refuses
        ask(site, {"replicas": after, "config": {**config, "serverNamePrefix": "a-" if keeps_names else "b-"}})
    finally:
        operated.start()
        operated.await_ready()

    message = await_refused(site, "UnsafeScale")
    assert f'"replicas={before}->{after}"' in message
    site.await_quiet()
    stateful_set = site.client.get("StatefulSet", "c")
    assert stateful_set["spec"]["replicas"] == before
    server = stateful_set["spec"]["template"]["spec"]["containers"][0]
    assert server["image"] == "nats:2.10.29-alpine"
    assert {"name": "SERVER_NAME", "value": "'a-$(POD_NAME)'"} in server["env"]
    assert len(claims(site)) == before


def test_claims_that_say_nothing_count(site: Site) -> None:
    for ordinal in range(3):
        site.client.create(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": f"jetstream-c-{ordinal}", "labels": names.cluster_labels("c")},
                "spec": {"accessModes": ["ReadWriteOnce"], **sized("10Gi")},
            }
        )
    ask(site, {**TRIO, "replicas": 1})
    assert '"replicas=3->1"' in await_refused(site, "UnsafeScale")
    assert site.client.get("StatefulSet", "c")["spec"]["replicas"] == 3


def test_strays_of_a_forgotten_stateful_set_are_put_back(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    stray = {
        "metadata": {"managedFields": [{}]},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "nats", "image": "mine"}]}}},
    }
    image = site.client.get("StatefulSet", "c")["spec"]["template"]["spec"]["containers"][0]["image"]
    site.client.patch("StatefulSet", "c", stray, patch_type="strategic")

    def is_put_back() -> bool:
        spec = site.client.get("StatefulSet", "c")["spec"]
        assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"]) == (3, image)
        return True

    wait_until(is_put_back, SOON, "the StatefulSet is as it was")


# Every guard, and the ways out that its message names


@dataclass(frozen=True)
class Row:
    """before: what runs. asked: one after the other, each accepted by the API server; the last is refused by the guard.

    back: what the message tells to set. finally_: what the StatefulSet has once the rest of the remedy is done.
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
