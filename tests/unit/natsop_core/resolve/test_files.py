"""What the configuration refers to: includes, an existing ConfigMap, the routes' credentials."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from natsop_core.conf import Block, parse
from natsop_core.inputs import Forbidden
from natsop_core.kinds import CONFIG_MAPS
from natsop_core.lookup import Lookup
from natsop_core.references import ObjectRef
from natsop_core.resolve.cluster import resolve_cluster
from tests.unit.natsop_core.trio import plan_for, status_of
from tests.unit.natsop_core.world import (
    Object,
    cluster,
    conditions,
    config_map,
    container_of,
    inputs,
    live_children,
    message,
    one_of,
    resolved,
    secret,
)


def reasons(spec: Object, *others: Object) -> list[str]:
    cr = cluster(spec)
    return [finding.reason for finding in resolve_cluster(cr, Lookup(inputs(cr, *others))).findings]


# Includes


def including(*files: str, **more: Any) -> Object:
    sources = [{"name": name, "configMap": {"name": "mine", "key": name, **more}} for name in files]
    return {"config": {"includes": sources}}


def test_includes_come_last_in_their_order_from_one_volume() -> None:
    objects = plan_for(including("b", "a"), config_map("mine", a="debug: true", b="trace: true")).apply
    lines = one_of(objects, "ConfigMap")["data"]["nats.conf"].splitlines()
    assert [line for line in lines if line][-2:] == ['include "../nats-extra/b"', 'include "../nats-extra/a"']
    stateful_set = one_of(objects, "StatefulSet")
    [volume] = [each for each in stateful_set["spec"]["template"]["spec"]["volumes"] if "projected" in each]
    paths = [item["path"] for source in volume["projected"]["sources"] for item in source["configMap"]["items"]]
    assert paths == ["b", "a"]
    assert "/etc/nats-extra/a" in container_of(stateful_set, "reloader")["args"]


def test_an_include_that_redefines_something_of_ours_is_named() -> None:
    found = status_of(including("a"), config_map("mine", a="port: 5000\ndebug: true"))
    assert conditions(found)["ConfigurationOverridden"] == ("True", "IncludeRedefines")
    assert "a redefines port" in message(found, "ConfigurationOverridden")


def test_one_that_adds_to_it_is_not() -> None:
    assert "ConfigurationOverridden" not in conditions(status_of(including("a"), config_map("mine", a="debug: true")))


def test_an_include_that_no_server_could_read_changes_nothing() -> None:
    children = live_children(cluster())
    found = plan_for(including("a"), config_map("mine", a="x { "), *children)
    assert (found.apply, found.prune, len(found.keep)) == ((), (), len(children))
    assert reasons(including("a"), config_map("mine", a="x { ")) == ["InvalidInclude"]


def test_text_that_was_taken_for_a_variable_is_refused_before_a_server_refuses_to_start_and_not_quoted() -> None:
    password = config_map("mine", a="authorization { user: u, password: $ecretPa55 }")
    found = status_of(including("a"), password)
    assert conditions(found)["Degraded"] == ("True", "InvalidInclude")
    assert "a:1:36" in message(found, "Degraded")
    assert "ecret" not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "name: a, mqtt: { js_domain: $name }",
        "client_advertise: $HOSTNAME",
        "client_advertise: $KUBERNETES_SERVICE_HOST",
        "server_tags: [$POD_NAME, $SERVER_NAME]",
        "server_tags: [$word]",
        'client_advertise: "$text"',
        "authorization { password: $2a$11$hash }",
    ],
)
def test_a_variable_that_something_defines_is_none_such(text: str) -> None:
    spec = {**including("a"), "container": {"env": [{"name": "word", "value": "x"}]}}
    assert reasons(spec, config_map("mine", a=text)) == []


def test_where_the_environment_is_not_known_any_variable_may_be_defined() -> None:
    spec = {**including("a"), "container": {"envFrom": [{"configMapRef": {"name": "environment", "optional": True}}]}}
    assert reasons(spec, config_map("mine", a="client_advertise: $word")) == []


@pytest.mark.parametrize(("others", "reason"), [([], "WaitingForConfigMap"), ([config_map("mine")], "WaitingForKey")])
def test_what_is_missing_is_named_and_changes_nothing(others: list[Object], reason: str) -> None:
    found = status_of(including("a"), *others)
    assert conditions(found)["Progressing"] == ("True", reason)
    assert "ConfigMap mine, which spec.config.includes[a] refers to" in message(found, "Progressing")
    assert plan_for(including("a"), *others).apply == ()
    assert reasons(including("a", optional=True), *others) == []


def test_what_may_not_be_read_is_not_called_missing() -> None:
    cr = cluster(including("a"))
    seen = inputs(cr)
    mine = ObjectRef(CONFIG_MAPS.key("prod", "mine"))
    found = resolve_cluster(cr, Lookup(replace(seen, found={**seen.found, mine: Forbidden("no")})))
    assert [finding.reason for finding in found.findings] == ["ConfigMapNotReadable"]


# A ConfigMap of the user's own

EXISTING = {"configMap": {"existingName": "own"}}


def test_a_config_map_of_the_user_s_is_mounted_and_ours_is_pruned() -> None:
    own = config_map("own", **{"nats.conf": "port: 4222"})
    left = one_of(live_children(cluster()), "ConfigMap")
    found = plan_for(EXISTING, own, *live_children(cluster(EXISTING), own), left)
    assert [child.key.name for child in found.prune] == ["c-config"]
    stateful_set = one_of(found.apply, "StatefulSet")
    assert stateful_set["spec"]["template"]["spec"]["volumes"][0]["configMap"] == {"name": "own"}
    assert container_of(stateful_set, "nats")["args"][-2:] == ["-P", "/var/run/nats/nats.pid"]


def test_the_status_says_which_config_map_counts() -> None:
    assert status_of(EXISTING, config_map("own", **{"nats.conf": "port: 4222"}))["configMapName"] == "own"


@pytest.mark.parametrize(("others", "reason"), [([], "ConfigMapNotFound"), ([config_map("own")], "KeyNotFound")])
def test_without_it_nothing_is_changed(others: list[Object], reason: str) -> None:
    assert reasons(EXISTING, *others) == [reason]
    assert plan_for(EXISTING, *others, *live_children(cluster())).prune == ()


# The routes' credentials

SECURED = {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}}


def credentials(user: bytes, password: bytes) -> Object:
    found = secret("routes")
    values = {"user": user, "password": password}
    return found | {"data": {key: base64.b64encode(value).decode() for key, value in values.items()}}


def routes_conf(*others: Object) -> Block:
    found = one_of(plan_for(SECURED, *others).apply, "Secret", "c-routes")["data"]["routes.conf"]
    return parse(base64.b64decode(found).decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("password", [b"p@ss:/?#[]%", bytes(range(256)), "pä$X".encode(), b"a\n", b"1e3"])
def test_any_byte_may_be_in_a_password(password: bytes) -> None:
    conf = routes_conf(credentials(b"u", password))
    authorization, urls = conf["authorization"], conf["routes"]
    assert isinstance(authorization, Block)
    assert isinstance(urls, tuple)
    assert str(authorization["password"]).encode("utf-8", "surrogateescape") == password
    assert urls[0] == f"nats://u:{quote_from_bytes(password, safe='')}@c-0.c-headless.prod.svc.cluster.local:6222"


def test_the_credentials_are_in_the_secret_alone() -> None:
    objects = plan_for(SECURED, credentials(b"u", b"hunter2")).apply
    assert "hunter2" not in str([each for each in objects if each["kind"] != "Secret"])
    assert "routes" not in parse(one_of(objects, "ConfigMap")["data"]["nats.conf"])["cluster"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([], ["SecretNotFound"]),
        ([secret("routes", user="u")], ["KeyNotFound"]),
        ([secret("routes", user="u", password="")], ["KeyEmpty"]),
        ([secret("routes", user="", password="")], ["KeyEmpty"] * 2),
    ],
)
def test_a_cluster_is_never_half_secured(others: list[Object], reason: list[str]) -> None:
    assert reasons(SECURED, *others) == reason
    assert plan_for(SECURED, *others).apply == ()


def test_a_lone_server_needs_no_credentials() -> None:
    assert resolved(cluster({**SECURED, "replicas": 1})).cluster.routes is None
