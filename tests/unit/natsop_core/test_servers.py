"""Which servers are asked, and what is made of their answers."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.conditions.loaded import configuration_loaded
from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.lookup import Lookup
from natsop_core.references import HttpRef
from natsop_core.servers import Server, ask_servers, servers_by_ordinal, some_did_not_answer
from tests.unit.natsop_core.world import Object, cluster, inputs, live_children, one_of, pod, secret, varz, varz_of

CR = cluster()


def requests(*pods: Object) -> list[HttpRef]:
    lookup = Lookup(inputs(CR, *pods))
    ask_servers(pods, lookup)
    return [each for each in lookup.asked if isinstance(each, HttpRef)]


def asked(*pods: Object) -> list[str]:
    return [reference.pod.name for reference in requests(*pods)]


def observed(answer: HttpAnswer | Unreachable) -> Server:
    [server] = ask_servers([pod("c-0")], Lookup(inputs(CR, pod("c-0"), answers={"c-0": answer})))
    return server


def test_every_running_server_of_the_cluster_is_asked_in_order() -> None:
    assert asked(pod("c-0"), pod("c-2")) == ["c-0", "c-2"]
    servers = [Server("c-2", version="2.12.6"), Server("c-3", version="2.12.6")]
    assert servers_by_ordinal(CR.metadata, 3, servers) == (Server("c-0"), Server("c-1"), servers[0])


def test_a_server_is_asked_where_its_own_pod_says_it_listens() -> None:
    [reference] = requests(pod("c-0", port=8333, ip="10.1.2.3"))
    assert (reference.scheme, reference.host, reference.port, reference.path) == ("http", "10.1.2.3", 8333, "/varz")


@pytest.mark.parametrize("port", ["monitor", 8222])
@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_a_server_is_asked_by_the_scheme_by_which_its_own_probes_ask(probe: str, port: str | int) -> None:
    def asked_by(scheme: str, **changes: Any) -> str:
        asking = pod("c-0")
        asking["spec"]["containers"][0][probe] = {"httpGet": {"port": port, "scheme": scheme, **changes}}
        [reference] = requests(asking)
        return reference.scheme

    assert asked_by("HTTPS") == "https"
    assert asked_by("HTTP") == "http"
    assert asked_by("HTTPS", port=8080) == "http", "that is another port"


@pytest.mark.parametrize("tls", [False, True])
def test_the_pods_that_we_make_are_asked_over_tls_where_the_monitor_has_it(tls: bool) -> None:
    monitor = {"nats": {"tls": {"enabled": True, "secretName": "s"}}, "monitor": {"tlsEnabled": tls}}
    cr = cluster({"config": monitor})
    secrets = secret("s", **{"tls.crt": "a", "tls.key": "b"})
    made = one_of(live_children(cr, secrets), "StatefulSet")["spec"]["template"]["spec"]
    [reference] = requests({**pod("c-0"), "spec": made})
    assert reference.scheme == ("https" if tls else "http")


@pytest.mark.parametrize(
    "unfit",
    [
        pod("c-0", running=False),
        pod("c-0", port=None),
        pod("c-0", ip=""),
        pod("c-0", deletionTimestamp="2026-01-02T03:04:05Z"),
        {key: value for key, value in pod("c-0").items() if key != "status"},
    ],
    ids=["not running", "no monitor", "no address yet", "going away", "never seen by a kubelet"],
)
def test_a_server_that_cannot_answer_is_not_asked(unfit: Object) -> None:
    assert asked(unfit) == []


def test_a_server_says_its_version_and_digest() -> None:
    server = observed(varz(version="2.12.6", config_digest="sha256:abc", mem=1))
    assert server == Server("c-0", was_queried=True, version="2.12.6", config_digest="sha256:abc")


@pytest.mark.parametrize(
    "answer",
    [
        Unreachable("timeout"),
        HttpAnswer(500, b'{"version": "2.12.6"}'),
        *(
            HttpAnswer(200, body)
            for body in (b"", b"\xff", b"<html>", b"null", b"[]", b"1", b"[" * 100_000, b"9" * 9999)
        ),
        *(varz(version=version) for version in (None, 2, ["2"], "", "<b>", "9" * 5000, "\ud800", "2.12.6\n")),
    ],
)
def test_any_other_answer_says_nothing(answer: HttpAnswer | Unreachable) -> None:
    assert observed(answer) == Server("c-0", was_queried=True)
    assert some_did_not_answer((observed(answer),))


@pytest.mark.parametrize(
    ("pods", "answer", "why"),
    [
        ([], None, "the pod is not running, or monitoring is disabled"),
        ([pod("c-0", port=None)], None, "the pod is not running, or monitoring is disabled"),
        ([pod("c-0")], Unreachable("timeout"), "no answer on the monitor port"),
        ([pod("c-0")], varz(version="2.10.25"), "nats-server 2.10.25 does not report it"),
    ],
)
def test_why_a_server_did_not_tell_is_said(pods: list[Object], answer: Any, why: str) -> None:
    answers = {"c-0": answer} if answer else {}
    servers = ask_servers(pods, Lookup(inputs(CR, *pods, answers=answers)))
    condition = configuration_loaded(servers_by_ordinal(CR.metadata, 1, servers), {})
    assert (condition.status, condition.finding.message) == (
        "Unknown",
        f"c-0 has not reported the configuration: {why}.",
    )


def test_servers_that_are_silent_for_the_same_reason_are_told_together() -> None:
    silent = [Server("c-0"), Server("c-1"), Server("c-2", was_queried=True)]
    assert configuration_loaded(silent, {}).finding.message == (
        "c-0, c-1 have not reported the configuration: the pod is not running, or monitoring is disabled."
        " c-2 has not reported the configuration: no answer on the monitor port."
    )


@pytest.mark.parametrize(
    ("meta", "knows_leader"),
    [({"leader": "c-0", "cluster_size": 3}, True), ({"cluster_size": 3}, False), (None, None), ("nonsense", None)],
)
def test_a_server_of_a_clustered_jetstream_says_whether_there_is_a_leader(meta: Any, knows_leader: bool | None) -> None:
    said = observed(varz(version="2.12.6", routes=4, jetstream={"config": {}, "meta": meta}))
    assert (said.routes, said.knows_leader) == (4, knows_leader)


def test_what_is_asked_is_what_is_looked_up() -> None:
    assert requests(pod("c-0")) == [varz_of(pod("c-0"))]


def test_a_pod_that_no_stateful_set_of_its_name_made_is_not_asked() -> None:
    stranger = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "c", "uid": "u", "controller": True}
    assert asked(pod("c-0", ownerReferences=[stranger])) == []


@pytest.mark.parametrize(
    ("operators", "keys"),
    [
        ([{"sub": "O1", "nats": {}}, {"sub": "O2", "nats": {"signing_keys": ["S"]}}], ("O1", "O2", "S")),
        ([{"sub": "O", "nats": {"signing_keys": ["S"], "strict_signing_key_usage": True}}], ("S",)),
        (None, ()),
        ({}, ()),
        ([1], ()),
        ([{"sub": 1, "nats": {}}], ()),
        ([{"nats": {"signing_keys": 1}}], ()),
    ],
)
def test_a_server_says_by_which_keys_it_trusts_accounts(operators: Any, keys: tuple[str, ...]) -> None:
    assert observed(varz(version="2.12.6", trusted_operators_claim=operators)).trusted_keys == keys
