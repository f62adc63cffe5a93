"""What people's own configuration does to a cluster: accepted, refused with a place, reloaded or restarted."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core import names
from natsop_core.conclude import conclude_cluster
from natsop_core.lookup import Lookup
from natsop_core.plan import Plan
from natsop_core.resolve.cluster import ResolvedCluster, resolve_cluster
from natsop_core.resolve.environment import read_environment
from tests.unit.natsop_core.world import (
    Object,
    applied,
    cluster,
    conditions,
    config_map,
    container_of,
    inputs,
    jetstream,
    live_children,
    message,
    one_of,
    plan_of,
    pod,
    secret,
    varz,
)

STREAMS: Object = {"replicas": 3, **jetstream()}
PASSWORD_VARIABLE: Object = {
    "env": [{"name": "NATS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}]
}
USERS = "authorization { users: [ {user: app, password: $NATS_PASSWORD} ] }\n"
LOGIN = secret("login", password="pw")  # noqa: S106


def including(spec: Object, name: str = "a.conf", **more: Any) -> Object:
    include = {"name": name, "configMap": {"name": "mine", "key": name}}
    config: Object = spec.get("config", {})
    return {**spec, "config": {**config, "includes": [*config.get("includes", []), include]}, **more}


def decide(spec: Object, *others: Object) -> ResolvedCluster:
    cr = cluster(spec)
    return resolve_cluster(cr, Lookup(inputs(cr, *others)))


def plan(spec: Object, *others: Object) -> Plan:
    cr = cluster(spec)
    return plan_of(cr, inputs(cr, *others))


def status(spec: Object, *others: Object, **more: Any) -> Any:
    cr = cluster(spec)
    seen = inputs(cr, *others, **more)
    return conclude_cluster(cr, seen, plan_of(cr, seen), {}).status


def restart_digest(spec: Object, *others: Object) -> str:
    annotations = one_of(plan(spec, *others).apply, "StatefulSet")["spec"]["template"]["metadata"]["annotations"]
    digest: str = annotations[names.RESTART_ANNOTATION]
    return digest


def included(text: str) -> Object:
    return config_map("mine", **{"a.conf": text})


def refusal(spec: Object, *others: Object) -> tuple[str, str]:
    """Why nothing is changed."""
    decided = decide(spec, *others)
    assert decided.cluster is None
    [finding] = decided.findings
    return finding.reason, finding.message


# Variables


@pytest.mark.parametrize(
    "source",
    [
        {"valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
        {"value": "pw"},
    ],
)
def test_a_variable_in_an_include_does_not_switch_the_restart_decision_off(source: Object) -> None:
    spec = including(STREAMS, container={"env": [{"name": "NATS_PASSWORD", **source}]})
    digests = [
        restart_digest(spec, included(USERS + rest), LOGIN)
        for rest in ("max_subscriptions: 100", "max_subscriptions: 200", "max_subscriptions: 100\nmax_payload: 1000")
    ]
    assert digests[0] != digests[1]
    assert digests[0] == digests[2]


def test_a_scale_does_not_roll_pods_whose_include_uses_a_variable() -> None:
    spec = including({"replicas": 3}, container=PASSWORD_VARIABLE)
    assert restart_digest(spec, included(USERS), LOGIN) == restart_digest(
        {**spec, "replicas": 5}, included(USERS), LOGIN
    )


@pytest.mark.parametrize("name", ["NATS_PASSWORT", "ecret", "HOST"])
def test_a_variable_that_nothing_defines_is_refused_and_named_by_its_place_alone(name: str) -> None:
    spec = including(STREAMS, container=PASSWORD_VARIABLE)
    reason, said = refusal(spec, included(f"max_pending: 64MB\nauthorization {{ password: ${name} }}"), LOGIN)
    assert reason == "InvalidInclude"
    assert said.startswith("spec.config.includes[a.conf] cannot be used: /etc/nats-extra/a.conf:2:27: this variable")
    assert name not in said


@pytest.mark.parametrize("name", ["SERVER_NAME", "POD_NAME", "HOSTNAME", "KUBERNETES_SERVICE_HOST", "NATS_PASSWORD"])
def test_a_variable_that_every_pod_has_is_taken(name: str) -> None:
    spec = including(STREAMS, container=PASSWORD_VARIABLE)
    assert decide(spec, included(f"client_advertise: ${name}"), LOGIN).cluster


def test_references_to_other_variables_are_known_as_the_kubelet_expands_them() -> None:
    env = [
        {"name": "SIZE", "value": "1"},
        {"name": "LIMIT", "value": "$(SIZE)k"},
        {"name": "TEXT", "value": "'$$(SIZE) $(NOBODY)'"},
        {"name": "WHO", "value": "x-$(POD_NAME)"},
    ]
    spec = including({}, container={"env": env})
    config = decide(spec, included("max_payload: $LIMIT\nserver_tags: [ $TEXT ]\nclient_advertise: $WHO")).config
    assert config is not None
    assert config.find("max_payload") == 1000
    assert config.find("server_tags") == ("$(SIZE) $(NOBODY)",)
    assert [variable.name for variable in config.variables] == ["SERVER_NAME", "WHO"]


def test_references_that_are_never_closed_stand_for_themselves_and_are_read_at_once() -> None:
    tag = "x" * 50 + "$(SIZE)" + "$(" * 2**19 + "$$"
    known = read_environment([{"name": "SIZE", "value": "1)"}, {"name": "TAG", "value": tag}], is_open=False)
    assert known.texts["TAG"] == "x" * 50 + "1)" + "$(" * 2**19 + "$"


@pytest.mark.parametrize("text", ["12e4567890123456", "ab;c#d", "a b", "10-0"])
def test_a_value_that_no_server_can_read_is_found_before_the_roll(text: str) -> None:
    spec = including(STREAMS, container=PASSWORD_VARIABLE)
    reason, said = refusal(spec, included(USERS), secret("login", password=text))
    assert reason == "InvalidInclude"
    assert "/etc/nats-extra/a.conf:1:48: the value of environment variable NATS_PASSWORD" in said
    assert text not in said
    assert decide({**STREAMS, "container": PASSWORD_VARIABLE}, secret("login", password=text)).cluster, "it is not used"


@pytest.mark.parametrize(("others", "reason"), [([], "SecretNotFound"), ([secret("login")], "KeyNotFound")])
def test_what_the_environment_comes_from_must_be_there_before_any_pod_is_rolled(
    others: list[Object], reason: str
) -> None:
    spec = {**STREAMS, "container": PASSWORD_VARIABLE}
    found, said = refusal(spec, *others)
    assert found == reason
    assert "Secret login, which spec.container.env[NATS_PASSWORD] refers to," in said
    optional = {"secretKeyRef": {"name": "login", "key": "password", "optional": True}}
    assert decide({"container": {"env": [{"name": "X", "valueFrom": optional}]}}, *others).cluster


def test_likewise_for_whole_objects_and_for_the_other_containers() -> None:
    env_from = {"envFrom": [{"prefix": "X_", "configMapRef": {"name": "many"}}]}
    assert refusal({"container": env_from})[0] == "ConfigMapNotFound"
    assert decide({"container": env_from}, config_map("many", a="b")).cluster
    sidecar = {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "many", "key": "a"}}}]}
    assert refusal({"reloader": sidecar})[0] == "ConfigMapNotFound"
    assert decide({"reloader": sidecar}, config_map("many", a="b")).cluster


def test_the_digest_of_a_server_is_known_with_variables_that_are_known() -> None:
    spec = including({}, container={"env": [{"name": "LIMIT", "value": "1k"}]})
    text = "max_payload: $LIMIT\nserver_tags: [ $POD_NAME ]\n"
    config = decide(spec, included(text)).config
    assert config is not None
    digest = config.server_digest({"SERVER_NAME": "c-0", "POD_NAME": "c-0"}, "2.15.2")
    servers = [pod("c-0")]
    found = status(
        spec,
        included(text),
        *live_children(cluster(spec), included(text)),
        *servers,
        answers={"c-0": varz(version="2.15.2", config_digest=digest)},
    )
    assert conditions(found)["ConfigurationLoaded"] == ("True", "Loaded")


# Includes that no server should get


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("jetstream { domain: hub }\n", "1:1"),
        ('jetstream { domain: CSC, store_dir: "/data", max_memory_store: 2147483648, max_file_store: 0 }', "1:1"),
        ("debug: true\ncluster { name: c, port: 6222, no_advertise: true }\n", "2:1"),
        ("server_name: mine\n", "1:1"),
        ("Server_Name: mine\n", "1:1"),
    ],
)
def test_an_include_must_not_take_streams_away(text: str, place: str) -> None:
    decided = decide(including(STREAMS), included(text))
    assert decided.cluster is None
    assert {finding.reason for finding in decided.findings} == {"InvalidInclude"}
    assert f"/etc/nats-extra/a.conf:{place}: an included file must not set" in str(decided.findings)


def test_without_jetstream_an_override_is_told_and_what_it_means_for_a_scale() -> None:
    found = status(including({"replicas": 3}), included('cluster { port: 6222, routes: ["nats://elsewhere:6222"] }'))
    assert conditions(found)["ConfigurationOverridden"] == ("True", "IncludeRedefines")
    assert message(found, "ConfigurationOverridden").endswith(
        "a.conf redefines cluster. A change of spec.replicas does not change the routes."
    )


@pytest.mark.parametrize("text", ["max_paylaod: 1", "Port: 4333", "listen: '0.0.0.0:4333'", "x: {"])
def test_what_servers_would_refuse_or_take_at_random_changes_nothing(text: str) -> None:
    spec = including(STREAMS)
    children = live_children(cluster(STREAMS))
    found = plan(spec, included(text), *children)
    assert (found.apply, found.prune, len(found.keep)) == ((), (), len(children))
    reason, said = refusal(spec, included(text))
    assert reason == "InvalidInclude"
    assert "/etc/nats-extra/a.conf:1:" in said


def test_an_include_that_is_far_too_large_is_refused() -> None:
    _, said = refusal(including({}), included("# comment\n" * 90_000))
    assert "larger than 200,000 characters" in said


# What real users include (users.md 4, 6, 11)


NSC = """\
# Operator named x
operator: eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJBIn0.c2ln
# System Account named SYS
system_account: AAAAA

resolver: MEMORY

resolver_preload: {
\t// Account "SYS"
\tAAAAA: eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJBIn0.c2ln

}
"""
BCRYPT = """\
accounts {
  $SYS {
    users = [
      { user: "sys",
        pass: "$2a$11$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      }
    ]
  }
  $STORE {
    jetstream: enabled
    users = [
      { user: "store"
      },
      { user: "admin", pass: "$2a$11$BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" }
    ]
  }
}
no_auth_user: store
"""


@pytest.mark.parametrize("text", [NSC, BCRYPT])
def test_whole_files_of_production_are_taken(text: str) -> None:
    decided = decide(including(STREAMS), included(text))
    assert decided.cluster
    assert decided.findings == ()


def test_another_hash_of_a_password_reloads_and_another_user_without_one_restarts() -> None:
    before = restart_digest(including(STREAMS), included(BCRYPT))
    assert restart_digest(including(STREAMS), included(BCRYPT.replace("BBBB", "CCCC"))) == before
    assert restart_digest(including(STREAMS), included(BCRYPT.replace("_user: store", "_user: admin"))) != before


REMOTES = """\
leafnodes {
  port: 7422
  remotes: [ { urls: ["tls://hub.example.com:7422"], credentials: "/etc/nats-creds/leaf.creds", account: APP } ]
}
accounts { SYS: {}, APP: { jetstream: enabled, users: [ {user: app, password: x1} ] } }
system_account: SYS
"""


def test_a_file_that_no_volume_brings_is_named() -> None:
    spec = including({"config": {"leafnodes": {"enabled": True}}})
    found = status(spec, included(REMOTES))
    assert conditions(found)["FilesMounted"] == ("False", "FileNotMounted")
    assert "/etc/nats-creds/leaf.creds (credentials at /etc/nats-extra/a.conf:3:54)" in message(found, "FilesMounted")
    mounted = REMOTES.replace("nats-creds", "nats-extra")
    assert "FilesMounted" not in conditions(status(spec, included(mounted)))


def test_a_port_that_services_and_probes_do_not_know_is_told() -> None:
    spec = including({"config": {"leafnodes": {"enabled": True}}})
    found = status(spec, included(REMOTES.replace("port: 7422", "no_advertise: true")))
    assert conditions(found)["Degraded"] == ("True", "ConfigurationDiffers")
    assert "leafnodes is disabled there, but enabled in spec.config.leafnodes" in message(found, "Degraded")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https_port: 8222\ntls {}\nhttp_port: 0", "the monitor only uses HTTPS there"),
        ("http_base_path: /nats", "the monitor has an http_base_path there"),
        ("monitor_port: 8222\nport: 4222\nlisten: 4222", ""),
    ],
)
def test_a_monitor_that_probes_do_not_find_is_told(text: str, said: str) -> None:
    found = status(including({}), included(text))
    assert (said in message(found, "Degraded")) if said else conditions(found)["Degraded"][0] == "False"


# A nats.conf of the user's own


OWN = """\
max_payload: 1048576
port: 4222
http: 8222
server_name: $POD_NAME
jetstream { key: "x", store_dir: "/data/jetstream/store", max_memory_store: -1, max_file_store: -1 }
cluster {
  port: 6222
  name: ev
  routes: [nats://c-0.c-headless.prod.svc:6222, nats://c-1.c-headless.prod.svc:6222]
  cluster_advertise: $ADVERTISE
  connect_retries: 120
}
lame_duck_duration: 30s
include ./auth.conf
"""
BROUGHT: Object = {
    **STREAMS,
    "configMap": {"existingName": "own"},
    "container": {"env": [{"name": "ADVERTISE", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]},
}


def own(conf: str = OWN, auth: str = "authorization { user: app, password: pw1 }") -> Object:
    return config_map("own", **{"nats.conf": conf, "auth.conf": auth})


def test_all_keys_of_the_users_own_config_map_are_followed() -> None:
    before = restart_digest(BROUGHT, own())
    assert restart_digest(BROUGHT, own(auth="authorization { user: app, password: pw2 }")) == before
    assert restart_digest(BROUGHT, own(auth="max_subscriptions: 100")) != before
    reloader = container_of(one_of(plan(BROUGHT, own()).apply, "StatefulSet"), "reloader")
    assert reloader["args"][2:6] == ["-config", "/etc/nats-config/nats.conf", "-config", "/etc/nats-config/auth.conf"]


@pytest.mark.parametrize(
    ("conf", "place"),
    [
        (OWN.replace("1048576", "{"), "1:14"),
        (OWN.replace("$ADVERTISE", "$advertise"), "10:22"),
        (OWN.replace("max_payload", "max_paylaod"), "1:1"),
        (OWN.replace('store_dir: "/data/jetstream/store", ', ""), "5:1"),
        (OWN.replace("/data/jetstream/store", "/tmp/nats"), "5:1"),
        (OWN.replace("$POD_NAME", "one"), "4:1"),
        (OWN.replace("server_name: $POD_NAME\n", ""), "nats.conf"),
        (OWN.replace("./auth.conf", "./author.conf"), "14:1"),
    ],
)
def test_a_bad_edit_of_it_reaches_no_server(conf: str, place: str) -> None:
    children = live_children(cluster(BROUGHT), own())
    found = plan(BROUGHT, own(conf), *children)
    assert (found.apply, found.prune, len(found.keep)) == ((), (), len(children))
    reason, said = refusal(BROUGHT, own(conf))
    assert reason == "InvalidConfig"
    assert said.startswith("ConfigMap own cannot be used: /etc/nats-config/nats.conf")
    assert place in said


def test_what_it_says_otherwise_than_the_spec_is_told() -> None:
    found = status(BROUGHT, own(OWN.replace("4222", "14222").replace("http: 8222\n", "")))
    assert conditions(found)["Degraded"] == ("True", "ConfigurationDiffers")
    assert message(found, "Degraded").startswith(
        "ConfigMap own configures listeners differently from the spec, from which Services and probes are built:"
        " nats has port 14222 there, but 4222 in spec.config.nats.port; monitor is disabled there, but enabled in"
        " spec.config.monitor."
    )
    assert plan(BROUGHT, own(OWN.replace("4222", "14222"))).apply


def test_beside_it_typed_includes_that_it_does_not_include_are_not_judged() -> None:
    spec = including(BROUGHT)
    found = status(spec, own(), included("max_paylaod: 1"))
    assert message(found, "ConfigurationOverridden").endswith("have no effect: /etc/nats-extra/a.conf.")
    told = refusal(spec, own(f"{OWN}include ../nats-extra/a.conf\n"), included("max_paylaod: 1"))
    assert told[0] == "InvalidInclude"


def test_the_servers_of_another_program_keep_their_pods_while_its_nats_conf_stores_streams_in_the_container() -> None:
    stateful_set = applied(one_of(plan(BROUGHT, own()).apply, "StatefulSet"))
    stateful_set["metadata"]["managedFields"] = []
    stateful_set["metadata"]["annotations"] = {}
    outside = own(OWN.replace('store_dir: "/data/jetstream/store", ', ""))
    decided = decide(BROUGHT, outside, stateful_set)
    assert [finding.reason for finding in decided.findings] == ["DataOutsideVolume"]
    assert "StatefulSet" in {key.kind for key in decided.keep}


# The checksum of all that servers read


def test_the_checksum_covers_certificates_keys_variables_and_everything_included() -> None:
    spec = including(
        {
            "config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}},
            "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}},
            "podTemplate": {"configChecksumAnnotation": True},
            "container": {**PASSWORD_VARIABLE, "envFrom": [{"secretRef": {"name": "more"}}]},
        }
    )

    def checksum(
        *,
        certificate: str = "a",
        key: str = "b",
        authority: str = "c",
        text: str = "debug: true",
        login: str = "d",
        more: str = "e",
    ) -> str:
        tls = secret("tls", **{"tls.crt": certificate, "tls.key": key})
        ca = config_map("ca", **{"ca.crt": authority})
        environment = (secret("login", password=login), secret("more", A=more))
        stateful_set = one_of(plan(spec, tls, ca, included(text), *environment).apply, "StatefulSet")
        value: str = stateful_set["spec"]["template"]["metadata"]["annotations"][names.CHECKSUM_ANNOTATION]
        return value

    changed = [
        checksum(),
        checksum(certificate="x"),
        checksum(key="x"),
        checksum(authority="x"),
        checksum(text="debug: false"),
        checksum(login="x"),
        checksum(more="x"),
    ]
    assert len(set(changed)) == 7
    assert checksum() == changed[0]
