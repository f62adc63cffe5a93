"""Objects that were restored without managedFields: what nobody wants any more goes, and what people added stays."""

from __future__ import annotations

from typing import Any, Final

import pytest

from natsop_core import names
from tests.cluster.restores import restore
from tests.cluster.site import Site, nats_cluster, new_site
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator

CLUSTER: Final = "c"
OBJECTS: Final = (("ConfigMap", "c-config"), ("Service", "c"), ("Service", "c-headless"), ("StatefulSet", "c"))
SECRET: Final[Manifest] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls"}}
PLAIN: Final[Manifest] = {"replicas": 1, "service": {"type": "NodePort"}}
RICH: Final[Manifest] = {
    **PLAIN,
    "global": {"labels": {"team": "orders"}},
    "config": {
        "leafnodes": {"enabled": True},
        "websocket": {"enabled": True, "tls": {"enabled": True, "secretName": "tls"}},
    },
    "container": {"env": [{"name": "WANTED", "value": "once"}]},
    "promExporter": {"enabled": True},
}
"""With a label, ports, a volume and its mounts, an environment variable and a container more than PLAIN."""

SIDECAR: Final = {"name": "theirs", "image": "theirs", "volumeMounts": [{"name": "config", "mountPath": "/theirs"}]}
ADDED: Final[dict[str, Manifest]] = {
    "StatefulSet": {
        "metadata": {"labels": {"theirs": "yes"}},
        "spec": {
            "template": {
                "metadata": {"annotations": {"theirs": "yes"}},
                "spec": {"containers": [{"name": "nats", "env": [{"name": "THEIRS", "value": "yes"}]}, SIDECAR]},
            }
        },
    },
    "Service": {
        "metadata": {"annotations": {"theirs": "yes"}},
        "spec": {"ports": [{"name": "theirs", "port": 9000, "protocol": "TCP"}]},
    },
}
"""What a person adds to our objects before the backup."""


@pytest.fixture
def site(operated: Operator) -> Site:
    return new_site(operated, "restored")


def bring_back(site: Site, *, owned: bool) -> None:
    """Restore a RICH cluster whose objects a person has edited; it is paused until somebody edits it."""
    site.create({**SECRET, "stringData": {"tls.crt": "a certificate", "tls.key": "a key"}})
    site.create(nats_cluster(CLUSTER, RICH))
    for kind, name in (("StatefulSet", "c"), ("Service", "c")):
        site.client.patch(kind, name, ADDED[kind], patch_type="strategic")
    site.await_pods()
    site.await_quiet()
    site.client.delete("NatsCluster", CLUSTER, propagationPolicy="Orphan")
    site.await_gone("NatsCluster", CLUSTER)
    paused = {names.PAUSED_ANNOTATION: "true"}
    owner = site.client.create(nats_cluster(CLUSTER, RICH, annotations=paused))
    site.await_condition("NatsCluster", CLUSTER, "Paused", "True")
    for kind, name in OBJECTS:
        references = {"ownerReferences": [reference_to(owner)]} if owned else {}
        restored = restore(site, site.client.get(kind, name), **references)
        assert {each["manager"] for each in restored["metadata"]["managedFields"]}.isdisjoint({names.FIELD_MANAGER})


def reference_to(owner: Manifest) -> Manifest:
    identity = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    metadata = {key: owner["metadata"][key] for key in ("name", "uid")}
    return {**identity, **metadata, "controller": True, "blockOwnerDeletion": True}


def objects(site: Site) -> dict[str, Manifest]:
    return {f"{kind} {name}": site.client.get(kind, name) for kind, name in OBJECTS}


def resume(site: Site) -> None:
    site.client.patch("NatsCluster", CLUSTER, {"metadata": {"annotations": {names.PAUSED_ANNOTATION: None}}})
    owner = site.client.get("NatsCluster", CLUSTER)
    for kind, name in OBJECTS:
        site.await_child(kind, name, owner)
    await_done(site)


def want(site: Site, spec: Manifest) -> None:
    """Edit the custom resource so that it wants exactly this."""
    change = [{"op": "replace", "path": "/spec", "value": spec}]
    site.client.patch("NatsCluster", CLUSTER, change, patch_type="json")


def await_done(site: Site) -> None:
    site.await_handled("NatsCluster", CLUSTER)
    site.await_pods()
    site.await_quiet()


def container(stateful_set: Manifest, name: str) -> Manifest:
    found: list[Manifest] = stateful_set["spec"]["template"]["spec"]["containers"]
    return next(each for each in found if each["name"] == name)


def named(items: list[dict[str, Any]]) -> set[str]:
    return {each["name"] for each in items}


def assert_additions_are_there(site: Site) -> None:
    stateful_set, service = site.client.get("StatefulSet", "c"), site.client.get("Service", "c")
    assert stateful_set["metadata"]["labels"]["theirs"] == "yes"
    assert stateful_set["spec"]["template"]["metadata"]["annotations"]["theirs"] == "yes"
    assert "THEIRS" in named(container(stateful_set, "nats")["env"])
    assert container(stateful_set, "theirs")["volumeMounts"] == SIDECAR["volumeMounts"]
    assert service["metadata"]["annotations"]["theirs"] == "yes"
    assert "theirs" in named(service["spec"]["ports"])


def assert_items_of_ours_are_gone(site: Site) -> None:
    """The items under names that only the operator uses."""
    stateful_set, service = site.client.get("StatefulSet", "c"), site.client.get("Service", "c")
    pod, server = stateful_set["spec"]["template"]["spec"], container(stateful_set, "nats")
    assert named(pod["containers"]) == {"nats", "reloader", "theirs"}
    assert named(pod["volumes"]) == {"config", "pid"}
    assert named(server["volumeMounts"]) == {"config", "pid"}
    assert named(server["ports"]) == {"nats", "monitor"}
    assert named(service["spec"]["ports"]) <= {"nats", "monitor", "theirs"}


def assert_rest_of_ours_is_gone(site: Site) -> None:
    """What is called as users like."""
    stateful_set = site.client.get("StatefulSet", "c")
    assert "WANTED" not in named(container(stateful_set, "nats")["env"])
    for found in (*objects(site).values(), stateful_set["spec"]["template"]):
        assert "team" not in found["metadata"]["labels"]


@pytest.mark.parametrize("owned", [True, False], ids=["with owners", "without owners"])
def test_what_was_restored_goes_when_nobody_wants_it_any_more(site: Site, *, owned: bool) -> None:
    bring_back(site, owned=owned)
    before = objects(site)
    resume(site)
    for name, now in objects(site).items():
        content = {"data", "spec"} & now.keys()
        assert [now[part] for part in content] == [before[name][part] for part in content], name
        assert now["metadata"]["uid"] == before[name]["metadata"]["uid"]

    want(site, PLAIN)
    await_done(site)

    assert_items_of_ours_are_gone(site)
    assert_rest_of_ours_is_gone(site)
    assert_additions_are_there(site)
    mark = site.mark()
    site.client.patch("NatsCluster", CLUSTER, {"metadata": {"annotations": {"look": "again"}}})
    site.await_quiet()
    assert not site.changes(since=mark)


def test_what_was_restored_and_is_not_wanted_from_the_start_goes_if_only_the_operator_names_it_so(site: Site) -> None:
    bring_back(site, owned=True)
    want(site, PLAIN)

    resume(site)

    assert_items_of_ours_are_gone(site)
    assert_additions_are_there(site)


def test_where_managed_fields_were_cleared_what_nobody_wants_any_more_goes(site: Site) -> None:
    site.create({**SECRET, "stringData": {"tls.crt": "a certificate", "tls.key": "a key"}})
    site.create(nats_cluster(CLUSTER, RICH))
    for kind, name in (("StatefulSet", "c"), ("Service", "c")):
        site.client.patch(kind, name, ADDED[kind], patch_type="strategic")
        site.client.patch(kind, name, {"metadata": {"managedFields": [{}]}})
    site.await_pods()
    site.await_quiet()

    want(site, PLAIN)
    await_done(site)

    assert_items_of_ours_are_gone(site)
    assert_rest_of_ours_is_gone(site)
    assert_additions_are_there(site)
