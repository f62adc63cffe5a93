"""What an audit log says of rights used, and what a run of the whole suite makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cluster.least_privilege import EXCEPTED, differences, rights_of_the_operator
from tests.testbed import rights
from tests.testbed.audit import AuditLog
from tests.testbed.rights import Right, Use

USER: Final = "system:serviceaccount:nats-system:nats-operator"
ALL: Final = rights_of_the_operator() - EXCEPTED
SURPLUS: Final = Right("apps", "daemonsets", "list")


def event(verb: str, *, user: str = USER, code: int = 200, decision: str = "allow", **subject: str) -> dict[str, Any]:
    """As the API server writes it."""
    return {
        "user": {"username": user},
        "verb": verb,
        "objectRef": subject,
        "responseStatus": {"code": code},
        "requestReceivedTimestamp": "2026-01-02T03:04:05.000006Z",
        "stageTimestamp": "2026-01-02T03:04:05.000007Z",
        "annotations": {"authorization.k8s.io/decision": decision},
    }


def log_of(folder: Path, *events: dict[str, Any]) -> AuditLog:
    file = folder / "audit.log"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in events))
    return AuditLog(file)


def use_of(folder: Path, *events: dict[str, Any]) -> Use:
    return rights.used(log_of(folder, *events))[USER]


def test_a_subresource_is_part_of_the_resource(tmp_path: Path) -> None:
    use = use_of(tmp_path, event("patch", apiGroup="g", resource="things", subresource="status"))
    assert use == Use(allowed=frozenset({Right("g", "things/status", "patch")}))


def test_a_patch_that_created_took_both_rights(tmp_path: Path) -> None:
    use = use_of(tmp_path, event("patch", code=201, resource="pods"))
    assert use.allowed == {Right("", "pods", "patch"), Right("", "pods", "create")}


def test_what_was_refused_is_counted_apart(tmp_path: Path) -> None:
    use = use_of(tmp_path, event("list", code=403, decision="forbid", resource="pods"))
    assert use == Use(refused=frozenset({Right("", "pods", "list")}))


def test_of_others_and_of_what_is_no_resource_nothing_is_counted(tmp_path: Path) -> None:
    discovery = event("get")
    stranger = event("list", user=f"{USER}-b", resource="pods")
    assert rights.used(log_of(tmp_path, discovery, stranger)).get(USER) is None


def test_what_several_logs_leave_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setenv(rights.FOLDER_VARIABLE, str(folder))
    for verb in ("list", "watch"):
        rights.keep(log_of(tmp_path, event(verb, resource="pods")))
    assert rights.kept(folder, USER).allowed == {Right("", "pods", "list"), Right("", "pods", "watch")}


def test_nothing_is_wrong_when_each_right_was_used() -> None:
    assert not differences(Use(allowed=ALL))


@pytest.mark.parametrize(
    ("use", "wrong"),
    [
        (Use(allowed=ALL - {Right("apps", "statefulsets", "get")}), "granted and never used: get statefulsets.apps"),
        (Use(allowed=ALL | {SURPLUS}), "used and not granted: list daemonsets.apps"),
        (Use(allowed=ALL, refused=frozenset({SURPLUS})), "refused and not granted: list daemonsets.apps"),
        (
            Use(allowed=ALL | EXCEPTED),
            "excepted and yet used: update natsboxes/finalizers.nats.crewlet.cloud",
        ),
    ],
)
def test_each_difference_is_told(use: Use, wrong: str) -> None:
    assert wrong in differences(use)


def test_a_right_that_a_test_took_away_for_a_while_is_no_difference() -> None:
    assert not differences(Use(allowed=ALL, refused=frozenset({Right("", "secrets", "list")})))
