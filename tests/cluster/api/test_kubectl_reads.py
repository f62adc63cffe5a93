"""What kubectl shows of our kinds: short names, the columns, and the description of fields."""

from __future__ import annotations

import pytest

from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import install_crds
from tests.testbed.wait import wait_until

API = "nats.crewlet.cloud/v1alpha1"


@pytest.fixture(scope="module")
def kinds(control_plane: ControlPlane) -> ControlPlane:
    """A control plane that serves our kinds, with a NatsCluster and a NatsBox that no operator has seen."""
    cluster = control_plane.cluster
    install_crds(cluster)
    cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "reads"}})
    for kind, name, spec in (
        ("NatsCluster", "my-nats", {}),
        ("NatsBox", "my-box", {"clusterRef": {"name": "my-nats"}}),
    ):
        cluster.client.apply(
            {"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": "reads"}, "spec": spec}
        )
    wait_until(
        lambda: cluster.kubectl("explain", "natscluster", check=False).code == 0, what="kubectl explains our kinds"
    )
    return control_plane


def test_the_short_names_list_both_kinds(kinds: ControlPlane) -> None:
    listed = kinds.cluster.kubectl("-n", "reads", "get", "nc,nb").stdout.splitlines()
    assert [line.split() for line in listed if line.startswith("NAME")] == [
        ["NAME", "REPLICAS", "READY", "STATUS", "VERSION", "AGE"],
        ["NAME", "REPLICAS", "READY", "STATUS", "AGE"],
    ]
    assert [line.split()[0] for line in listed if "/my-" in line] == [
        "natscluster.nats.crewlet.cloud/my-nats",
        "natsbox.nats.crewlet.cloud/my-box",
    ]


def test_explain_describes_every_field_of_jetstream(kinds: ControlPlane) -> None:
    said = kinds.cluster.kubectl("explain", "natscluster.spec.config.jetstream").stdout
    fields = said.partition("FIELDS:")[2]
    assert {"enabled", "fileStore", "memoryStore"} <= {line.split()[0] for line in fields.splitlines() if "\t<" in line}
    assert "<no description>" not in said
