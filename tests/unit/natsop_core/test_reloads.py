"""Servers that do not reload for long are asked to, and what they answer stands in the status, without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from natsop_core.actions import Request
from natsop_core.conclude import conclude_cluster
from natsop_core.outcomes import Answered, Failed, Outcome
from natsop_core.plan import Plan
from tests.unit.natsop_core.world import (
    Object,
    applied,
    cluster,
    inputs,
    message,
    plan_of,
    pod,
    said_before,
    settled_status,
    varz,
)

SPEC: Object = {"replicas": 3, "auth": {"systemUser": {"enabled": True}}}
PODS = [{**pod(f"c-{each}", ip=f"10.0.0.{each}")} for each in range(3)]
for each in PODS:
    each["spec"]["containers"][0]["ports"].append({"name": "nats", "containerPort": 4222})


def children() -> list[Object]:
    """What lives once the cluster was made."""
    cr = cluster(SPEC)
    made = plan_of(cr, replace(inputs(cr), entropy=b"1")).apply
    return [applied(each, **(settled_status(3) if each["kind"] == "StatefulSet" else {})) for each in made]


CHILDREN = children()


def plan(*, seconds: int = 181, spec: Object = SPEC, digest: str = "sha256:old") -> tuple[Any, Any, Plan]:
    """What is done about c-1, which has been behind for so long."""
    behind = said_before("ConfigurationLoaded", "False", "ReloadPending", seconds=seconds)
    cr = cluster(spec, status={"conditions": [behind]})
    answer = varz(version="2.12.6", server_id="NAAA", config_digest=digest)
    seen = replace(inputs(cr, *CHILDREN, *PODS, answers={"c-1": answer}), entropy=b"1")
    return cr, seen, plan_of(cr, seen)


def requests(found: Plan) -> list[Request]:
    return [each for each in found.actions if isinstance(each, Request)]


def degraded(answer: Outcome) -> str:
    cr, seen, done = plan()
    [request] = requests(done)
    report = conclude_cluster(cr, seen, done, {request.key: answer})
    return message(report.status, "ConfigurationLoaded")


def refusal(words: str) -> Answered:
    return Answered(json.dumps({"server": {"id": "NAAA"}, "error": {"code": 500, "description": words}}).encode())


def test_a_server_that_is_behind_for_long_is_asked_to_reload() -> None:
    [request] = requests(plan()[2])
    assert request.subject == "$SYS.REQ.SERVER.NAAA.RELOAD"
    assert str(request.key) == "NatsCluster prod/c: reload the server of c-1"
    assert request.credentials.nkey_seed.startswith("SU")


def test_nobody_is_asked_before_the_file_must_have_arrived() -> None:
    assert not requests(plan(seconds=170)[2])


def test_nobody_is_asked_without_a_user_of_the_system_account() -> None:
    assert not requests(plan(spec={"replicas": 3})[2])


def test_a_server_that_tells_no_digest_is_not_asked() -> None:
    assert not requests(plan(digest="")[2])


def test_its_words_stand_in_the_status() -> None:
    words = "tls: private key does not match public key"
    assert f"Reported errors: c-1: {words}. Correct the configuration" in degraded(refusal(words))


@pytest.mark.parametrize("answer", [Answered(b"{}"), Answered(b"\xff"), Failed("no answer within 4.5 s", 1)])
def test_without_words_the_log_tells(answer: Outcome) -> None:
    assert "The log has the error: kubectl logs c-1 -c nats." in degraded(answer)


@pytest.mark.parametrize(
    "words",
    [
        "config reload not supported for LeafNode: old={Username:u Password:hunter2}, new={Password:\nhunter2}",
        "nats.conf:3:5: unknown field 'hunter2'",
        'error parsing route url ["nats://u:hunter2@host"]',
        "error parsing route url [nats://u:hunter2@host:4222]: port",
        "error in eyJ0eXAiOiJKV1QifQ.hunter2.x",
        "`hunter2`",
        "invalid password 'it's hunter2'",
        f"{'a' * 299} hunter2",
    ],
)
def test_what_a_server_quotes_is_not_repeated(words: str) -> None:
    said = degraded(refusal(words))
    assert "Reported errors: c-1: " in said
    assert "hunter2" not in said


@pytest.mark.parametrize("words", ["/" * 500_000, "'" * 500_000, "half \ud800 a pair"])
def test_whatever_a_server_says_is_told_at_once_and_can_be_sent(words: str) -> None:
    said = degraded(refusal(words))
    assert "Reported errors: c-1: " in said
    assert said.encode()
