"""Which changes show a second operator, and which may be ours or somebody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core.foreign_writes import StatusMark, is_foreign_apply, is_foreign_status, status_mark
from natsop_core.live import Controller, LiveObject

Object = dict[str, Any]

OWNED = '{"f:metadata":{"f:annotations":{"f:nats.crewlet.cloud/applied":{}}}}'
TAKEN_FROM_US = '{"f:metadata":{"f:annotations":{"f:ours":{}}}}'
CONTROLLER = Controller("nats.crewlet.cloud/v1alpha1", "NatsCluster", "c", "uid-c")
BEFORE = LiveObject("uid", "5", CONTROLLER, applied="old", owned_fields=OWNED)
NOW = replace(BEFORE, resource_version="6", applied="new")


def test_an_apply_that_is_none_of_ours_is_foreign() -> None:
    assert is_foreign_apply(BEFORE, NOW, sent=())
    assert is_foreign_apply(BEFORE, NOW, sent={"another"})


@pytest.mark.parametrize(
    ("before", "now", "sent"),
    [
        pytest.param(BEFORE, NOW, {"another", "new"}, id="ours: sent, answered or not"),
        pytest.param(BEFORE, replace(NOW, applied="old"), (), id="somebody changed something else"),
        pytest.param(None, NOW, (), id="created, from a backup perhaps"),
        pytest.param(replace(BEFORE, uid="earlier"), NOW, (), id="created again"),
        pytest.param(BEFORE, replace(NOW, owned_fields=TAKEN_FROM_US), (), id="edited by another manager"),
        pytest.param(BEFORE, replace(NOW, owned_fields=""), (), id="restored without managedFields"),
        pytest.param(replace(BEFORE, applied=""), NOW, (), id="its owner reference is back"),
        pytest.param(BEFORE, replace(NOW, applied=""), (), id="the annotation was removed"),
    ],
)
def test_what_may_be_ours_or_comes_from_no_operator_is_not(
    before: LiveObject | None, now: LiveObject, sent: set[str]
) -> None:
    assert not is_foreign_apply(before, now, sent)


def custom_resource(*entries: Object, uid: str = "uid") -> Object:
    return {"metadata": {"uid": uid, "managedFields": list(entries)}}


def reported(time: str, **entry: str) -> Object:
    return {"manager": "nats-operator", "operation": "Apply", "subresource": "status", "time": time} | entry


def test_the_mark_is_the_time_of_our_own_entry() -> None:
    ours = reported("2026-01-02T03:04:05Z")
    applied = {"manager": "nats-operator", "operation": "Apply", "time": "2026-01-03T00:00:00Z"}
    theirs = reported("2026-01-04T00:00:00Z", manager="kubectl")
    assert status_mark(custom_resource(theirs, ours, applied)) == StatusMark("uid", "2026-01-02T03:04:05Z")
    assert status_mark(custom_resource(theirs)) == StatusMark("uid", "")
    assert status_mark({"metadata": {"uid": "uid"}}) == StatusMark("uid", "")


def test_a_status_that_was_written_since_our_own_is_foreign() -> None:
    now = StatusMark("uid", "2026-01-02T03:04:05Z")
    assert is_foreign_status(StatusMark("uid", "2026-01-02T03:04:04Z"), now)
    assert is_foreign_status(StatusMark("uid", ""), now)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(StatusMark("uid", "2026-01-02T03:04:05Z"), id="our own"),
        pytest.param(StatusMark("uid", "2026-01-02T03:04:06Z"), id="managedFields were removed, or etcd restored"),
        pytest.param(StatusMark("earlier", "2026-01-02T03:04:04Z"), id="created again"),
        pytest.param(None, id="what our own write came to is unknown"),
    ],
)
def test_a_status_that_may_be_ours_is_not(known: StatusMark | None) -> None:
    assert not is_foreign_status(known, StatusMark("uid", "2026-01-02T03:04:05Z"))
