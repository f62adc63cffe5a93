"""Stand-ins: what may be absent when a change is reviewed, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.offline import inputs_at_hand, render
from natsop_core.stand_ins import with_stand_ins
from tests.unit.natsop_core.world import NOW, Object, cluster

TLS: Object = {"config": {"nats": {"tls": {"enabled": True, "secretName": "t"}}}}
INCLUDE: Object = {"config": {"includes": [{"name": "a.conf", "secret": {"name": "s", "key": "k"}}]}}
OWN: Object = {"configMap": {"existingName": "own"}}
ROUTES: Object = {"replicas": 3, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "r"}}}}}


def reasons(spec: Object, *objects: Object) -> list[str]:
    cr, inputs = cluster(spec), inputs_at_hand(objects, NOW)
    return [each.reason for each in render(cr, with_stand_ins(cr, inputs)).findings]


@pytest.mark.parametrize("spec", [TLS, INCLUDE, OWN, ROUTES])
def test_what_only_has_to_be_there_is_stood_in_for(spec: Object) -> None:
    cr, inputs = cluster(spec), inputs_at_hand([], NOW)
    assert render(cr, inputs).objects is None
    assert render(cr, with_stand_ins(cr, inputs)).objects


def test_a_key_that_is_missing_in_what_is_there_is_a_mistake() -> None:
    metadata = {"name": "t", "namespace": "prod"}
    there: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"tls.crt": "YQ=="}}
    assert reasons(TLS, there) == ["KeyNotFound"]


def test_an_empty_name_is_a_mistake() -> None:
    routes = {"authSecretRef": {"name": ""}}
    assert "InvalidSpec" in reasons({"replicas": 3, "config": {"cluster": {"routeURLs": routes}}})


def test_what_is_optional_stays_away() -> None:
    cr = cluster({"config": {"includes": [{"name": "a", "secret": {"name": "s", "key": "k", "optional": True}}]}})
    inputs = inputs_at_hand([], NOW)
    assert with_stand_ins(cr, inputs).found == inputs.found


def test_nothing_stands_in_for_a_jwt() -> None:
    key = "A" * 56
    account = {"name": "a", "publicKey": key, "jwt": {"name": "j", "key": "a"}}
    jwt = {"operator": {"name": "j", "key": "o"}, "systemAccount": key, "accounts": [account]}
    assert reasons({"auth": {"jwt": jwt}})[0] == "SecretNotFound"
