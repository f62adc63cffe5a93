"""The contexts of a NatsBox: addresses, credentials and CAs, and what keeps them from being used."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from natsop_core.inputs import Inputs
from natsop_core.lookup import Lookup
from natsop_core.offline import inputs_at_hand
from natsop_core.references import ObjectKey, ObjectRef
from natsop_core.rendering import render_box
from natsop_core.resolve.box import resolve_box
from tests.unit.natsop_core.world import NAMESPACE, NOW, Object, box, cluster_object, missing_for, one_of

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"

TO_CLUSTER: Object = {"clusterRef": {"name": "c"}}
FOLDER = "/etc/nats-references"


def stored(kind: str, name: str, *keys: str) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": dict.fromkeys(keys, "YQ==")}


def objects_of(spec: Object, *others: Object) -> tuple[Object, ...]:
    resolved = resolve_box(box(spec), Lookup(inputs_at_hand(others, NOW)))
    assert resolved.box, resolved.findings
    return render_box(resolved.box)


def files_of(spec: Object, *others: Object) -> dict[str, Any]:
    """What the box's Secret holds, contexts as values."""
    data = one_of(objects_of(spec, *others), "Secret")["data"]
    files = {name: base64.b64decode(text).decode() for name, text in data.items()}
    return {name: text if name == "context.txt" else json.loads(text) for name, text in files.items()}


def pod_of(spec: Object, *others: Object) -> Object:
    return dict(one_of(objects_of(spec, *others), "Deployment")["spec"]["template"])


def volume_of(name: str, spec: Object, *others: Object) -> Object:
    [found] = [each for each in pod_of(spec, *others)["spec"]["volumes"] if each["name"] == name]
    return dict(found)


def findings_of(spec: Object, *others: Object) -> list[str]:
    resolved = resolve_box(box(spec), Lookup(inputs_at_hand(others, NOW)))
    return [f"{each.reason}: {each.message}" for each in resolved.findings]


# Addresses


def test_the_default_context_leads_to_the_cluster() -> None:
    files = files_of(TO_CLUSTER, cluster_object())
    assert files["default.json"]["url"] == "nats://c-headless.prod.svc.cluster.local:4222"
    assert files["context.txt"] == "default"


def test_the_address_has_the_cluster_s_port_domain_scheme_and_ca() -> None:
    spec: Object = {
        "config": {
            "nats": {"port": 5222, "tls": {"enabled": True, "secretName": "t"}},
            "cluster": {"routeURLs": {"k8sClusterDomain": "k8s.example.com"}},
        },
        "tlsCA": {"secret": {"name": "authority", "key": "ca.pem"}},
    }
    default = files_of(TO_CLUSTER, cluster_object(spec), stored("Secret", "authority", "ca.pem"))["default.json"]
    assert default["url"] == "tls://c-headless.prod.svc.k8s.example.com:5222"
    assert default["ca"] == f"{FOLDER}/secret/authority/ca.pem"


RUNS_PLAIN = {"endpoints": {"client": "nats://c.prod.svc:4222", "headless": "nats://c-headless.prod.svc:4222"}}
WANTS_TLS: Object = {
    "config": {"nats": {"port": 4333, "tls": {"enabled": True, "secretName": "missing"}}},
    "tlsCA": {"secret": {"name": "authority", "key": "ca.pem"}},
}


def test_a_box_goes_by_what_its_cluster_runs_and_not_by_what_was_refused() -> None:
    default = files_of(TO_CLUSTER, cluster_object(WANTS_TLS) | {"status": RUNS_PLAIN})["default.json"]
    assert default["url"] == "nats://c-headless.prod.svc.cluster.local:4222"
    assert "ca" not in default


def test_a_box_speaks_tls_as_long_as_its_cluster_does() -> None:
    runs_tls = {"endpoints": {"headless": "tls://c-headless.prod.svc:4333"}}
    wants_plain = cluster_object({"tlsCA": WANTS_TLS["tlsCA"]}) | {"status": runs_tls}
    default = files_of(TO_CLUSTER, wants_plain, stored("Secret", "authority", "ca.pem"))["default.json"]
    assert default["url"] == "tls://c-headless.prod.svc.cluster.local:4333"
    assert default["ca"] == f"{FOLDER}/secret/authority/ca.pem"


SYSTEM_BOX: Object = {"clusterRef": {"name": "c", "systemContext": True}}
JWT: Object = {"operator": {"name": "o", "key": "o"}, "systemAccount": "S"}


def jwt_cluster(**system_account: object) -> Object:
    account = {"name": "system", "publicKey": "S", "jwt": {"name": "j", "key": "j"}, **system_account}
    return cluster_object({"auth": {"jwt": {**JWT, "accounts": [account]}}})


def test_the_system_context_has_the_key_of_the_system_user() -> None:
    seen = cluster_object({"auth": {"systemUser": {"enabled": True}}}), stored("Secret", "c-system", "user.nk")
    files = files_of(SYSTEM_BOX, *seen)
    assert files["system.json"]["nkey"] == f"{FOLDER}/secret/c-system/user.nk"
    assert files["system.json"]["url"] == files["default.json"]["url"]
    assert "nkey" not in files["default.json"]
    assert "system.json" not in files_of(TO_CLUSTER, *seen)


def test_with_jwts_it_has_the_credentials_of_the_system_account() -> None:
    seen = jwt_cluster(userCreds={"name": "creds", "key": "sys.creds"}), stored("Secret", "creds", "sys.creds")
    assert files_of(SYSTEM_BOX, *seen)["system.json"]["creds"] == f"{FOLDER}/secret/creds/sys.creds"


def test_a_system_context_of_one_s_own_stays_as_it_is() -> None:
    own = {**SYSTEM_BOX, "contexts": {"system": {"url": "nats://elsewhere"}}}
    assert files_of(own, cluster_object())["system.json"] == {"url": "nats://elsewhere"}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (cluster_object(), "NatsCluster c has none"),
        (jwt_cluster(), "NatsCluster c has none"),
        (cluster_object({"auth": {"systemUser": {"enabled": True}}}), "SecretNotFound: Secret c-system"),
    ],
    ids=["nothing asks for a user", "JWTs without userCreds", "no Secret yet"],
)
def test_without_a_user_of_the_system_account_the_box_says_what_is_missing(seen: Object, said: str) -> None:
    [found] = findings_of(SYSTEM_BOX, seen)
    assert said in found
    assert "spec.clusterRef.systemContext" in found


@pytest.mark.parametrize("status", [{}, {"endpoints": None}, {"endpoints": {}}, {"endpoints": {"headless": "?"}}])
def test_a_cluster_that_reports_no_endpoint_yet_is_taken_at_its_word(status: Object) -> None:
    seen = cluster_object(WANTS_TLS) | {"status": status}, stored("Secret", "authority", "ca.pem")
    assert files_of(TO_CLUSTER, *seen)["default.json"]["url"] == "tls://c-headless.prod.svc.cluster.local:4333"


def test_tls_for_leaf_nodes_alone_changes_nothing_for_a_box() -> None:
    leaf_tls = {**WANTS_TLS, "config": {"leafnodes": {"enabled": True, "tls": {"enabled": True, "secretName": "t"}}}}
    default = files_of(TO_CLUSTER, cluster_object(leaf_tls))["default.json"]
    assert (default["url"], "ca" in default) == ("nats://c-headless.prod.svc.cluster.local:4222", False)


def test_the_certificate_of_the_tls_example_has_the_name_that_a_box_dials() -> None:
    example = (EXAMPLES / "tls-everywhere.yaml").read_text()
    documented = set(re.findall(r"[a-z*][a-z.*-]+\.[a-z]+", example.partition("apiVersion")[0]))
    seen = cluster_object(YAML(typ="safe").load(example)["spec"], name="secure")
    files = files_of({"clusterRef": {"name": "secure"}}, seen, stored("ConfigMap", "company-ca", "ca.crt"))
    host = str(urlsplit(files["default.json"]["url"]).hostname)
    assert host.replace(f".{NAMESPACE}.", ".default.") in documented


def test_any_context_without_a_url_gets_the_cluster_s_and_keeps_its_own_ca() -> None:
    contexts = {"ops": {"ca": {"configMap": {"name": "m", "key": "ca"}}}, "other": {"url": "nats://x:1"}}
    files = files_of({**TO_CLUSTER, "contexts": contexts}, cluster_object(), stored("ConfigMap", "m", "ca"))
    assert files["ops.json"]["url"].startswith("nats://c-headless.")
    assert files["ops.json"]["ca"] == f"{FOLDER}/configmap/m/ca"
    assert files["other.json"] == {"url": "nats://x:1"}
    assert "default.json" in files, "it is filled in beside others"


def test_a_context_without_a_url_and_without_a_cluster_is_invalid() -> None:
    assert findings_of({"contexts": {"lost": {}}})[0].startswith("InvalidSpec: spec.contexts[lost] has no url")


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
