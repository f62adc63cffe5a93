"""A nats.conf of the user's own: followed, compared with the spec, refused with a place."""

from __future__ import annotations

import pytest

from tests.unit.natsop_core.resolve.configurations import (
    STREAMS,
    decide,
    included,
    including,
    refusal,
    restart_digest,
)
from tests.unit.natsop_core.trio import plan_for, status_of
from tests.unit.natsop_core.world import (
    Object,
    applied,
    cluster,
    conditions,
    config_map,
    container_of,
    live_children,
    message,
    one_of,
)

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
    reloader = container_of(one_of(plan_for(BROUGHT, own()).apply, "StatefulSet"), "reloader")
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
    found = plan_for(BROUGHT, own(conf), *children)
    assert (found.apply, found.prune, len(found.keep)) == ((), (), len(children))
    reason, said = refusal(BROUGHT, own(conf))
    assert reason == "InvalidConfig"
    assert said.startswith("ConfigMap own cannot be used: /etc/nats-config/nats.conf")
    assert place in said


def test_what_it_says_otherwise_than_the_spec_is_told() -> None:
    found = status_of(BROUGHT, own(OWN.replace("4222", "14222").replace("http: 8222\n", "")))
    assert conditions(found)["Degraded"] == ("True", "ConfigurationDiffers")
    assert message(found, "Degraded").startswith(
        "ConfigMap own configures listeners differently from the spec, from which Services and probes are built:"
        " nats has port 14222 there, but 4222 in spec.config.nats.port; monitor is disabled there, but enabled in"
        " spec.config.monitor."
    )
    assert plan_for(BROUGHT, own(OWN.replace("4222", "14222"))).apply


def test_beside_it_typed_includes_that_it_does_not_include_are_not_judged() -> None:
    spec = including(BROUGHT)
    found = status_of(spec, own(), included("max_paylaod: 1"))
    assert message(found, "ConfigurationOverridden").endswith("have no effect: /etc/nats-extra/a.conf.")
    told = refusal(spec, own(f"{OWN}include ../nats-extra/a.conf\n"), included("max_paylaod: 1"))
    assert told[0] == "InvalidInclude"


def test_the_servers_of_another_program_keep_their_pods_while_its_nats_conf_stores_streams_in_the_container() -> None:
    stateful_set = applied(one_of(plan_for(BROUGHT, own()).apply, "StatefulSet"))
    stateful_set["metadata"]["managedFields"] = []
    stateful_set["metadata"]["annotations"] = {}
    outside = own(OWN.replace('store_dir: "/data/jetstream/store", ', ""))
    decided = decide(BROUGHT, outside, stateful_set)
    assert [finding.reason for finding in decided.findings] == ["DataOutsideVolume"]
    assert "StatefulSet" in {key.kind for key in decided.keep}
