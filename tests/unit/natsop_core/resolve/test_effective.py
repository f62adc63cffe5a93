"""What files that people include do to a cluster: accepted, refused with a place, reloaded or restarted."""

from __future__ import annotations

import pytest

from natsop_core import names
from tests.unit.natsop_core.resolve.configurations import (
    PASSWORD_VARIABLE,
    STREAMS,
    decide,
    included,
    including,
    refusal,
    restart_digest,
)
from tests.unit.natsop_core.trio import plan_for, status_of
from tests.unit.natsop_core.world import cluster, conditions, config_map, live_children, message, one_of, secret

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
    found = status_of(including({"replicas": 3}), included('cluster { port: 6222, routes: ["nats://elsewhere:6222"] }'))
    assert conditions(found)["ConfigurationOverridden"] == ("True", "IncludeRedefines")
    assert message(found, "ConfigurationOverridden").endswith(
        "a.conf redefines cluster. A change of spec.replicas does not change the routes."
    )


@pytest.mark.parametrize("text", ["max_paylaod: 1", "Port: 4333", "listen: '0.0.0.0:4333'", "x: {"])
def test_what_servers_would_refuse_or_take_at_random_changes_nothing(text: str) -> None:
    spec = including(STREAMS)
    children = live_children(cluster(STREAMS))
    found = plan_for(spec, included(text), *children)
    assert (found.apply, found.prune, len(found.keep)) == ((), (), len(children))
    reason, said = refusal(spec, included(text))
    assert reason == "InvalidInclude"
    assert "/etc/nats-extra/a.conf:1:" in said


def test_an_include_that_is_far_too_large_is_refused() -> None:
    _, said = refusal(including({}), included("# comment\n" * 90_000))
    assert "larger than 200,000 characters" in said


# What real users include


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
    found = status_of(spec, included(REMOTES))
    assert conditions(found)["FilesMounted"] == ("False", "FileNotMounted")
    assert "/etc/nats-creds/leaf.creds (credentials at /etc/nats-extra/a.conf:3:54)" in message(found, "FilesMounted")
    mounted = REMOTES.replace("nats-creds", "nats-extra")
    assert "FilesMounted" not in conditions(status_of(spec, included(mounted)))


def test_a_port_that_services_and_probes_do_not_know_is_told() -> None:
    spec = including({"config": {"leafnodes": {"enabled": True}}})
    found = status_of(spec, included(REMOTES.replace("port: 7422", "no_advertise: true")))
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
    found = status_of(including({}), included(text))
    assert (said in message(found, "Degraded")) if said else conditions(found)["Degraded"][0] == "False"


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
        stateful_set = one_of(plan_for(spec, tls, ca, included(text), *environment).apply, "StatefulSet")
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
