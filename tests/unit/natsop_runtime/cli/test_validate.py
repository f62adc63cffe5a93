"""natsop validate, as people call it."""

from __future__ import annotations

import pytest

from tests.unit.natsop_runtime.cli.natsop import BOX, CLUSTER, Natsop

RUNNING = CLUSTER.replace("spec:\n", "spec:\n  replicas: 3\n").replace(
    "  config:\n", "  config:\n    jetstream: {enabled: true}\n"
)
RENAMED = RUNNING.replace("  config:\n", "  config:\n    serverNamePrefix: east-\n")


def test_what_is_valid_is_counted(natsop: Natsop) -> None:
    done = natsop("validate", "-f", "all", **{"all/a.yaml": CLUSTER, "all/b.yml": BOX, "all/readme.txt": "{"})
    assert (done.code, done.out, done.err) == (0, "2 valid\n", "")


def test_a_box_need_not_find_its_cluster(natsop: Natsop) -> None:
    assert natsop("validate", "-f", "b.yaml", **{"b.yaml": BOX}).code == 0


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("port: 4333", "port: 0", "c.yaml:7: NatsCluster c: spec.config.nats.port: "),
        ("port: 4333", "prot: 4333", "c.yaml:7: NatsCluster c: spec.config.nats.prot: unknown field"),
        ("port: 4333", "port: '4333'", "c.yaml:7: NatsCluster c: spec.config.nats.port: "),
        ("{name: c}", "{name: c, label: {}}", "c.yaml:3: NatsCluster c: metadata.label: unknown field"),
        ("{name: c}", "{name: C}", "c.yaml:3: NatsCluster C: metadata.name: "),
        ("v1alpha1", "v1", "c.yaml:1: NatsCluster c: apiVersion: "),
        ("spec:", "status: {x: 1}\nspec:", "c.yaml:4: NatsCluster c: status.x: unknown field"),
        ("port: 4333", "port: 8222", "c.yaml:4: NatsCluster c: spec: "),
    ],
)
def test_what_an_api_server_refuses_is_refused_with_its_place(natsop: Natsop, old: str, new: str, place: str) -> None:
    done = natsop("validate", "-f", "c.yaml", **{"c.yaml": CLUSTER.replace(old, new)})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(place)


def test_every_fault_has_a_line_of_its_own(natsop: Natsop) -> None:
    done = natsop("validate", "-f", "c.yaml", **{"c.yaml": CLUSTER.replace("4333", "0\n      x: 1\n      y: 2")})
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["c.yaml:7", "c.yaml:8", "c.yaml:9"]


def test_a_refused_change_is_told_where_the_new_file_has_it(natsop: Natsop) -> None:
    done = natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **{"new.yaml": RENAMED, "old.yaml": RUNNING})
    assert done.code == 1
    assert done.err.startswith("new.yaml:4: NatsCluster c: spec: config.serverNamePrefix cannot change ")


@pytest.mark.parametrize("before", [RENAMED, RENAMED.replace("name: c", "name: d"), BOX, "kind: Secret\n"])
def test_what_did_not_change_or_was_not_there_is_no_refused_change(natsop: Natsop, before: str) -> None:
    assert natsop("validate", "-f", "n.yaml", "--old", "o.yaml", **{"n.yaml": RENAMED, "o.yaml": before}).code == 0


def test_objects_of_others_are_not_looked_at(natsop: Natsop) -> None:
    foreign = "apiVersion: nats.io/v1alpha2\nkind: NatsCluster\nmetadata: {name: x}\nspec: {size: 3}\n"
    done = natsop("validate", "-f", "x.yaml", **{"x.yaml": f"{foreign}---\n{CLUSTER}"})
    assert done.out == "1 valid\n"


def test_an_input_without_any_is_no_success(natsop: Natsop) -> None:
    assert natsop("validate", "-f", "x.yaml", **{"x.yaml": "kind: Secret\n"}).code == 1
