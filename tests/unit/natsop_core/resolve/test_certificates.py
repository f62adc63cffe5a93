"""ConfigurationLoaded, as far as certificates go: which servers still have earlier ones, and never a false alarm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.report import Report
from tests.certificates import Authority
from tests.config_digests import config_digest
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    cluster,
    conditions,
    config_map,
    inputs,
    live_children,
    message,
    one_of,
    plan_of,
    pod,
    said_before,
    secret,
    varz,
)

CA = Authority()
SPEC: Object = {
    "config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}},
    "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}},
}
INCLUDE = {"name": "x.conf", "configMap": {"name": "included", "key": "x"}}
OLD = CA.issue("old", expires=NOW + timedelta(days=30))
NEW = CA.issue("new", expires=NOW + timedelta(days=90))
LOADED = ("True", "Loaded")
PENDING = ("False", "ReloadPending")


def tls(issued: Any, *, written: datetime | None = None, field: str = "f:data") -> Object:
    found = secret("tls", **{"tls.crt": issued.certificate, "tls.key": issued.key})
    if written:
        entry = {"manager": "cert-manager", "time": stamp(written), "fieldsV1": {field: {}}}
        found["metadata"]["managedFields"] = [entry]
    return found


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


class World:
    """A cluster of one server that loads when a test says so, as the operator looks at it again and again."""

    def __init__(self, spec: Object | None = None) -> None:
        self.spec = {**SPEC, **(spec or {})}
        self.ca = Authority("of clients").pem
        self.said: Object = {}
        self.included: dict[str, str] = {}
        self.skew = timedelta()
        self.version = "2.12.6"
        self.own_expiry: datetime | None = None

    def look(self, secret: Object, *, loaded: datetime, now: datetime = NOW, status: Object | None = None) -> Report:
        """What is reported at a time of a server that has loaded at another; it goes by a clock of its own."""
        cr = cluster(self.spec, status=self.said if status is None else status)
        objects = secret, config_map("ca", **{"ca.crt": self.ca}), config_map("included", **self.included)
        children = live_children(cr, *objects)
        text = one_of(children, "ConfigMap")["data"]["nats.conf"]
        digest = config_digest(text, {"SERVER_NAME": "'c-0'"})
        answer: Object = {
            "version": self.version,
            "config_digest": digest if isinstance(digest, str) else "",
            "now": (now + self.skew).isoformat(),
            "config_load_time": (loaded + self.skew).isoformat(),
        }
        if self.own_expiry:
            answer["tls_cert_not_after"] = stamp(self.own_expiry)
        seen = inputs(cr, *children, *objects, pod("c-0"), answers={"c-0": varz(**answer)}, now=now)
        report = conclude_cluster(cr, seen, plan_of(cr, seen), {})
        assert report.status is not None
        self.said = report.status
        return report


def loaded(report: Report) -> tuple[str, str]:
    return conditions(report.status)["ConfigurationLoaded"]


@pytest.fixture
def world() -> World:
    """A server that started an hour ago, with the certificate that there is."""
    world = World()
    assert loaded(world.look(tls(OLD), loaded=before(3600), now=before(60))) == LOADED
    return world


def test_a_server_that_started_with_the_certificate_is_current(world: World) -> None:
    assert loaded(world.look(tls(OLD), loaded=before(3600))) == LOADED


@pytest.mark.parametrize("skew", [0, -7200, 7200], ids=["same clock", "late clock", "early clock"])
def test_a_server_is_behind_until_it_reloads_whatever_its_clock_says(world: World, skew: float) -> None:
    world.skew = timedelta(seconds=skew)
    behind = world.look(tls(NEW), loaded=before(3600), now=before(50))
    assert loaded(behind) == PENDING
    assert message(behind.status, "ConfigurationLoaded") == "c-0 has not loaded the new certificates yet."
    assert conditions(behind.status)["Progressing"] == ("True", "ReloadPending")
    assert loaded(world.look(tls(NEW), loaded=before(3600), now=before(20))) == PENDING
    assert loaded(world.look(tls(NEW), loaded=before(10))) == LOADED
    assert loaded(world.look(tls(NEW), loaded=before(10), now=NOW + timedelta(days=1))) == LOADED


def test_a_new_ca_or_key_counts_as_well(world: World) -> None:
    world.ca = Authority("another").pem
    assert loaded(world.look(tls(OLD), loaded=before(3600))) == PENDING
    assert loaded(world.look(tls(OLD), loaded=NOW, now=NOW + timedelta(seconds=9))) == LOADED
    other_key = tls(OLD) | {"data": {**tls(OLD)["data"], "tls.key": tls(NEW)["data"]["tls.key"]}}
    assert loaded(world.look(other_key, loaded=NOW, now=NOW + timedelta(seconds=60))) == PENDING


def test_one_that_does_not_reload_for_long_has_refused_to(world: World) -> None:
    world.look(tls(NEW), loaded=before(3600), now=before(181))
    world.said["conditions"] = [said_before("ConfigurationLoaded", "False", "ReloadPending", seconds=181)]
    report = world.look(tls(NEW), loaded=before(3600))
    assert loaded(report) == ("False", "ReloadRejected")
    assert conditions(report.status)["Degraded"] == ("True", "ReloadRejected")
    assert "the private key must belong to the certificate" in message(report.status, "Degraded")


def test_what_is_taken_back_before_it_reaches_the_server_is_no_alarm(world: World) -> None:
    assert loaded(world.look(tls(NEW), loaded=before(3600), now=before(600))) == PENDING
    assert loaded(world.look(tls(OLD), loaded=before(3600), now=before(590))) == LOADED
    assert loaded(world.look(tls(OLD), loaded=before(3600))) == LOADED
    assert loaded(world.look(tls(NEW), loaded=before(3600))) == PENDING


def test_what_is_taken_back_after_it_was_loaded_has_to_be_loaded_again(world: World) -> None:
    world.look(tls(NEW), loaded=before(3600), now=before(600))
    assert loaded(world.look(tls(OLD), loaded=before(550), now=before(500))) == PENDING
    assert loaded(world.look(tls(OLD), loaded=before(450))) == LOADED


def test_of_many_changes_the_last_are_remembered(world: World) -> None:
    for days in range(9):
        world.look(tls(CA.issue(expires=NOW + timedelta(days=90 + days))), loaded=before(3600))
    assert len(world.said["certificates"]["earlier"]) == 3


def test_what_has_waited_for_something_else_is_not_refused_at_once(world: World) -> None:
    world.said["conditions"] = [said_before("ConfigurationLoaded", "False", "ClaimsPending", seconds=7200)]
    assert loaded(world.look(tls(NEW), loaded=before(3600), now=before(181))) == PENDING
    assert loaded(world.look(tls(NEW), loaded=before(3600))) == ("False", "ReloadRejected")


# The status is lost, or nobody has looked


def test_a_lost_status_is_no_alarm(world: World) -> None:
    world.look(tls(NEW), loaded=before(3600), now=before(50))
    assert loaded(world.look(tls(NEW), loaded=before(3600), status={})) == LOADED
    assert "since" not in world.said["certificates"]


def test_what_was_loaded_while_the_operator_was_away_counts(world: World) -> None:
    written = before(1000)
    assert loaded(world.look(tls(NEW, written=written), loaded=before(900))) == LOADED
    assert world.said["certificates"]["since"] == stamp(written)


def test_who_wrote_anything_but_data_changed_no_certificate(world: World) -> None:
    assert loaded(world.look(tls(NEW, written=before(1000), field="f:metadata"), loaded=before(900))) == PENDING


def test_a_secret_from_the_future_changed_now(world: World) -> None:
    assert loaded(world.look(tls(NEW, written=NOW + timedelta(hours=1)), loaded=before(3600))) == PENDING
    assert world.said["certificates"]["since"] == stamp(NOW)


def test_certificates_that_stay_are_remembered_word_for_word(world: World) -> None:
    first = world.look(tls(NEW), loaded=before(3600)).status
    again = world.look(tls(NEW, written=before(5)), loaded=before(3600), now=NOW + timedelta(minutes=1)).status
    assert first is not None
    assert again is not None
    assert first["certificates"] == again["certificates"]


# What a server says of its certificate itself


def test_a_server_that_reloaded_before_the_file_arrived_is_behind(world: World) -> None:
    world.own_expiry = NOW + timedelta(days=30)
    world.look(tls(NEW), loaded=before(3600), now=before(50))
    assert loaded(world.look(tls(NEW), loaded=before(10))) == PENDING
    world.own_expiry = NOW + timedelta(days=90)
    assert loaded(world.look(tls(NEW), loaded=before(5))) == LOADED


def test_a_user_s_own_file_may_name_another_certificate(world: World) -> None:
    world.spec = {**SPEC, "config": {**SPEC["config"], "includes": [INCLUDE]}}
    world.included = {"x": "max_payload: 1000"}
    world.own_expiry = NOW + timedelta(days=1)
    assert "certificates" not in message(world.look(tls(OLD), loaded=before(10)).status, "ConfigurationLoaded")


@pytest.mark.parametrize(
    "answer",
    [{}, {"now": 5, "config_load_time": "yesterday"}, {"tls_cert_not_after": [], "cluster": 3, "leaf": {"x": 1}}],
)
def test_a_server_that_does_not_tell_is_not_said_to_be_behind(answer: Object) -> None:
    cr = cluster(SPEC, status={"certificates": {"digest": "another", "since": stamp(NOW)}})
    objects = tls(NEW), config_map("ca", **{"ca.crt": CA.pem})
    children = live_children(cr, *objects)
    digest = config_digest(one_of(children, "ConfigMap")["data"]["nats.conf"], {"SERVER_NAME": "'c-0'"})
    said = varz(version="2.12.6", config_digest=digest, **answer)
    seen = inputs(cr, *children, *objects, pod("c-0"), answers={"c-0": said})
    assert loaded(conclude_cluster(cr, seen, plan_of(cr, seen), {})) == LOADED


def test_a_cluster_without_tls_has_nothing_to_remember() -> None:
    world = World({"config": {}, "tlsCA": {}})
    assert loaded(world.look(tls(OLD), loaded=before(10))) == LOADED
    assert "certificates" not in world.said


def test_no_key_and_no_digest_of_a_key_alone_is_told(world: World) -> None:
    digest = world.said["certificates"]["digest"]
    assert len(digest) == 32
    assert OLD.key not in str(world.said)
