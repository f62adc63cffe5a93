"""natsop conf, as people call it."""

from __future__ import annotations

from natsop_core.conf.parser import parse
from tests.unit.natsop_runtime.cli.natsop import BOX, CLUSTER, Natsop

OTHER = CLUSTER.replace("name: c", "name: d").replace("4333", "4444")
WITH_ROUTES = """\
apiVersion: nats.crewlet.cloud/v1alpha1
kind: NatsCluster
metadata: {name: c}
spec:
  replicas: 3
  config: {cluster: {routeURLs: {authSecretRef: {name: r}}}}
"""
CREDENTIALS = "apiVersion: v1\nkind: Secret\nmetadata: {name: r}\nstringData: {user: route, password: hunter2}\n"
ROUTES = "/etc/nats-routes/routes.conf"


def test_nats_conf_is_printed(natsop: Natsop) -> None:
    done = natsop("conf", "-f", "c.yaml", **{"c.yaml": CLUSTER + "---\n" + BOX})
    assert (done.code, done.err) == (0, "")
    assert parse(done.out)["port"] == 4333


def test_one_of_several_clusters_is_chosen_by_name(natsop: Natsop) -> None:
    files = {"a.yaml": CLUSTER, "b.yaml": OTHER}
    assert "port: 4444" in natsop("conf", "-f", ".", "--cluster", "d", **files).out
    assert (
        "There are several NatsClusters in the input: c, d. Choose one with --cluster." in natsop("conf", "-f", ".").err
    )
    assert "There is no NatsCluster e in the input, only: c, d." in natsop("conf", "-f", ".", "--cluster", "e").err


def test_secrets_are_printed_only_where_asked_for(natsop: Natsop) -> None:
    files = {"c.yaml": WITH_ROUTES, "s.yaml": CREDENTIALS}
    assert "hunter2" not in natsop("conf", "-f", ".", **files).out
    assert natsop("conf", "-f", ".", "--list").out.splitlines() == ["/etc/nats-config/nats.conf", ROUTES]
    assert "hunter2" in natsop("conf", "-f", ".", "--file", ROUTES).out


def test_a_file_that_is_not_there_is_told_with_those_that_are(natsop: Natsop) -> None:
    done = natsop("conf", "-f", "c.yaml", "--file", "nats.conf", **{"c.yaml": CLUSTER})
    assert (done.code, "/etc/nats-config/nats.conf" in done.err) == (1, True)


def test_what_is_missing_is_told_unless_stand_ins_will_do(natsop: Natsop) -> None:
    done = natsop("conf", "-f", "c.yaml", **{"c.yaml": WITH_ROUTES})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("c.yaml:1: NatsCluster c: Secret r, ")
    assert natsop("conf", "-f", "c.yaml", "--stand-ins").code == 0
