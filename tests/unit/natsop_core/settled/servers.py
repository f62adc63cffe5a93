"""Three servers with JetStream that are settled: what each answers, to be changed by a test."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from natsop_core.inputs import HttpAnswer
from natsop_core.settled import Observation, observe

Object: TypeAlias = dict[str, Any]
Answers: TypeAlias = dict[str, Object]
"""By pod: `health`, `varz` and `jsz`."""

NAMES: Final = ("c-0", "c-1", "c-2")
EXPECTED: Final = dict.fromkeys(NAMES, "")
NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def group(leader: str, reporter: str, members: tuple[str, ...] = NAMES) -> Object:
    """A group as a member reports it. A follower has never heard the other one, so that its view is of no use."""
    others = [each for each in members if each != reporter]
    hears = [each for each in others if leader in (reporter, each)]
    listed = [{"name": each, "current": each in hears, "active": 400_000_000 * (each in hears)} for each in others]
    return {"name": "c", "leader": leader, **({"replicas": listed} if listed else {})}


def consumer(name: str, cluster: Object, **config: Any) -> Object:
    return {"stream_name": "ORDERS", "name": name, "config": config, "cluster": cluster}


def stream(name: str, cluster: Object, replicas: int, *consumers: Object, **fields: Any) -> Object:
    """As nats-server has it: without messages, empty lists are absent."""
    return {
        "name": name,
        "cluster": cluster,
        "config": {"name": name, "retention": "limits", "num_replicas": replicas},
        "state": {"messages": 5_000, "bytes": 230_000, "last_seq": 5_000, "consumer_count": len(consumers)},
        **({"consumer_detail": list(consumers)} if consumers else {}),
        **fields,
    }


def jsz(reporter: str) -> Object:
    """ORDERS is on all, with a durable consumer on all and an ephemeral one on c-1; LONE is on c-2 alone."""
    consumers = [consumer("billing", group("c-1", reporter), durable_name="billing", num_replicas=0)]
    if reporter == "c-1":
        consumers.append(consumer("a8Kx", group("c-1", "c-1", ("c-1",)), num_replicas=0))
    streams = [stream("ORDERS", group("c-0", reporter), 3, *consumers)]
    if reporter == "c-2":
        streams.append(stream("LONE", group("c-2", "c-2", ("c-2",)), 1))
    return {
        "server_id": f"N{reporter}",
        "config": {"max_storage": 2**30},
        "storage": 230_000,
        "accounts": 1,
        "streams": len(streams),
        "meta_cluster": {**group("c-1", reporter), "cluster_size": 3},
        "account_details": [{"name": "$G", "id": "$G", "stream_detail": streams}],
    }


_SETTLED: Final[Answers] = {
    name: {"health": {"status": "ok"}, "varz": {"server_name": name}, "jsz": jsz(name)} for name in NAMES
}


def settled_answers() -> Answers:
    """A copy that a test may change."""
    return deepcopy(_SETTLED)


def seen(answers: Answers, *, after: float = 0.0) -> list[Observation]:
    """A look at the servers, that many seconds after the first. A health with an error has status 503."""
    now = {"now": (NOW + timedelta(seconds=after)).isoformat()}
    return [
        observe(
            name,
            said(each["health"], 503 if "error" in each["health"] else 200),
            said(each["varz"]),
            said({**now, **each["jsz"]}),
            said(each["routez"]) if "routez" in each else None,
        )
        for name, each in answers.items()
    ]


def said(value: object, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(value).encode())


def stream_of(answers: Answers, server: str, name: str = "ORDERS") -> Object:
    found: list[Object] = answers[server]["jsz"]["account_details"][0]["stream_detail"]
    return next(each for each in found if each["name"] == name)


def consumer_of(answers: Answers, server: str, name: str = "billing") -> Object:
    found: list[Object] = stream_of(answers, server)["consumer_detail"]
    return next(each for each in found if each["name"] == name)


def member_of(reported: Object, name: str) -> Object:
    """The entry of another member in what a server reports of a group."""
    found: list[Object] = reported["replicas"]
    return next(each for each in found if each["name"] == name)
