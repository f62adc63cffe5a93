"""The contexts of a NatsBox: what they refer to, their names, and which one is selected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natsop_core.inputs import Inputs
from natsop_core.offline import inputs_at_hand
from natsop_core.references import ObjectKey, ObjectRef
from tests.unit.natsop_core.resolve.boxes import (
    FOLDER,
    TO_CLUSTER,
    files_of,
    findings_of,
    objects_of,
    pod_of,
    stored,
    volume_of,
)
from tests.unit.natsop_core.world import NAMESPACE, NOW, Object, box, cluster_object, missing_for

# What contexts refer to


def test_credentials_are_mounted_as_a_folder_per_object_with_the_keys_that_are_asked_for() -> None:
    context = {
        "url": "nats://x:1",
        "creds": {"name": "users", "key": "a.creds"},
        "nkey": {"name": "users", "key": "seed"},
        "tls": {"name": "client"},
    }
    spec: Object = {"contexts": {"default": context}}
    others = stored("Secret", "users", "a.creds", "seed", "more"), stored("Secret", "client", "tls.crt", "tls.key")
    assert files_of(spec, *others)["default.json"] == {
        "url": "nats://x:1",
        "creds": f"{FOLDER}/secret/users/a.creds",
        "nkey": f"{FOLDER}/secret/users/seed",
        "cert": f"{FOLDER}/secret/client/tls.crt",
        "key": f"{FOLDER}/secret/client/tls.key",
    }
    sources = volume_of("references", spec, *others)["projected"]["sources"]
    assert [(each["secret"]["name"], [item["key"] for item in each["secret"]["items"]]) for each in sources] == [
        ("client", ["tls.crt", "tls.key"]),
        ("users", ["a.creds", "seed"]),
    ]
    [mount] = [
        each for each in pod_of(spec, *others)["spec"]["containers"][0]["volumeMounts"] if "refer" in each["name"]
    ]
    assert mount == {"name": "references", "mountPath": FOLDER, "readOnly": True}


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"creds": {"name": "no", "key": "k"}}, "SecretNotFound"),
        ({"creds": {"name": "users", "key": "no"}}, "KeyNotFound"),
        ({"nkey": {"name": "", "key": "k"}}, "InvalidSpec"),
        ({"tls": {"name": "users"}}, "KeyNotFound"),
        ({"ca": {"configMap": {"name": "no", "key": "k"}}}, "ConfigMapNotFound"),
    ],
)
def test_what_is_missing_is_named(context: Object, reason: str) -> None:
    spec: Object = {"contexts": {"default": {"url": "nats://x:1", **context}}}
    [first, *_] = findings_of(spec, stored("Secret", "users", "k"))
    assert first.startswith(f"{reason}: ")
    assert "spec.contexts[default]." in first


def test_what_is_optional_is_left_out_until_it_is_there() -> None:
    creds = {"name": "users", "key": "k", "optional": True}
    spec: Object = {"contexts": {"default": {"url": "nats://x:1", "creds": creds}}}
    assert "creds" not in files_of(spec)["default.json"]
    assert "creds" in files_of(spec, stored("Secret", "users", "k"))["default.json"]


def test_what_contexts_refer_to_is_asked_for_and_the_cluster_s_ca_once_the_cluster_is_known() -> None:
    spec: Object = {**TO_CLUSTER, "contexts": {"ops": {"creds": {"name": "users", "key": "k"}}}}
    cluster = cluster_object(
        {
            "config": {"nats": {"tls": {"enabled": True, "secretName": "t"}}},
            "tlsCA": {"configMap": {"name": "authority", "key": "ca"}},
        }
    )
    asked = missing_for(box(spec), Inputs(NOW))
    assert ObjectRef(ObjectKey("v1", "Secret", NAMESPACE, "users")) in asked
    authority = ObjectRef(ObjectKey("v1", "ConfigMap", NAMESPACE, "authority"))
    assert authority not in asked
    assert authority in missing_for(box(spec), replace(inputs_at_hand([cluster], NOW), is_complete=False))


# Names


def test_names_that_hardly_differ_do_not_collide() -> None:
    names = ["a.b", "a-b", "A-B", "a b", "ä", "a/b".replace("/", ":"), ".a"]
    spec: Object = {"contexts": {name: {"url": f"nats://{index}:1"} for index, name in enumerate(names)}}
    items = volume_of("contexts", spec)["secret"]["items"]
    files, keys = {each["path"] for each in items}, {each["key"] for each in items}
    assert files == {"context.txt", *(f"{name}.json" for name in names)}
    assert len(keys) == len(files)
    assert all(key.replace(".", "").replace("-", "").isalnum() and key.isascii() for key in keys)


def test_names_that_can_be_keys_need_no_items() -> None:
    assert "items" not in volume_of("contexts", {"contexts": {"a.b": {"url": "nats://x:1"}}})["secret"]


@pytest.mark.parametrize("name", ["", "a..b", "a\\b", "x" * 251])
def test_a_name_that_the_cli_or_a_file_system_refuses_is_invalid(name: str) -> None:
    assert findings_of({"contexts": {name: {"url": "nats://x:1"}}})[0].startswith("InvalidSpec: ")


# Selection and rolling


def test_another_context_can_be_selected() -> None:
    spec: Object = {"contexts": {"a": {"url": "nats://x:1"}}, "defaultContextName": "a"}
    assert files_of(spec)["context.txt"] == "a"


@pytest.mark.parametrize(
    "spec", [{"contexts": {"a": {"url": "nats://x:1"}}}, {"defaultContextName": "a"}, {"defaultContextName": "default"}]
)
def test_a_missing_default_context_is_told_and_the_box_is_built(spec: Object) -> None:
    assert findings_of(spec)[0].startswith("ContextNotFound: ")
    assert objects_of(spec)


def test_a_box_of_no_contexts_needs_none() -> None:
    assert findings_of({}) == []


def test_pods_roll_with_their_contexts_only_where_asked_for() -> None:
    def annotations(url: str, *, rolls: bool) -> Object:
        contexts = {"default": {"url": url}}
        spec: Object = {"contexts": contexts, "podTemplate": {"configChecksumAnnotation": rolls}}
        return dict(pod_of(spec)["metadata"].get("annotations", {}))

    assert annotations("nats://x:1", rolls=False) == annotations("nats://y:1", rolls=False) == {}
    assert annotations("nats://x:1", rolls=True) != annotations("nats://y:1", rolls=True)


def test_the_order_of_contexts_does_not_matter() -> None:
    one, other = {"url": "nats://x:1"}, {"url": "nats://y:1"}
    assert objects_of({"contexts": {"a": one, "b": other}}) == objects_of({"contexts": {"b": other, "a": one}})
