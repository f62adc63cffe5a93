"""The contexts of a NatsBox that lead to its cluster: address, CA, and the user of the system account."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from tests.unit.natsop_core.resolve.boxes import FOLDER, TO_CLUSTER, files_of, findings_of, stored
from tests.unit.natsop_core.world import NAMESPACE, Object, cluster_object

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"


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
