"""Variables in people's own configuration, and what the environment must have for them."""

from __future__ import annotations

import pytest

from natsop_core.resolve.environment import read_environment
from tests.unit.natsop_core.resolve.configurations import (
    LOGIN,
    PASSWORD_VARIABLE,
    STREAMS,
    USERS,
    decide,
    included,
    including,
    refusal,
    restart_digest,
)
from tests.unit.natsop_core.trio import status_of
from tests.unit.natsop_core.world import Object, cluster, conditions, config_map, live_children, pod, secret, varz


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
    found = status_of(
        spec,
        included(text),
        *live_children(cluster(spec), included(text)),
        *servers,
        answers={"c-0": varz(version="2.15.2", config_digest=digest)},
    )
    assert conditions(found)["ConfigurationLoaded"] == ("True", "Loaded")
