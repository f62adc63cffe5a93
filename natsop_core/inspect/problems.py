"""The problems of a custom resource and its servers, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Literal

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.inspect.server_state import restarts_of_note
from natsop_core.reasons import REASONS

if TYPE_CHECKING:
    from natsop_core.inspect.target import Target
    from natsop_core.inspect.view import Object

_WRONG: Final = {
    "Degraded": "True",
    "Ready": "False",
    "Available": "False",
    "ConfigurationLoaded": "False",
    "ExpiringSoon": "True",
    "DeletionBlocked": "True",
    "AccountsNotRemoved": "True",
    "FilesMounted": "False",
}
"""The condition status that is a problem, the most important condition first."""

_NOTABLE: Final = {
    "ConfigurationOverridden": "True",
    "FieldsIgnored": "True",
    "NackIntegrationAvailable": "False",
    "PodMonitorAvailable": "False",
    "Paused": "True",
}


@frozen
class Problem:
    """level: a warning needs no immediate action."""

    level: Literal["problem", "warning"]
    reason: str
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def conditions_of(resource: Object) -> dict[str, Object]:
    """The conditions in the status, by type."""
    status = resource.get("status")
    listed = status.get("conditions") if isinstance(status, Mapping) else None
    return {str(each.get("type")): each for each in listed or () if isinstance(each, Mapping)}


def is_paused(resource: Object) -> bool:
    """Whether the annotation pauses the operator for this resource."""
    return names.is_paused(resource["metadata"].get("annotations") or {})


def problems_of(resource: Object, target: Target) -> Iterator[Problem]:
    """The problems that the status reports, and a status that is missing or outdated."""
    yield from _unhandled(resource)
    yield from _mistaken_pause(resource, target)
    conditions = conditions_of(resource)
    reported: set[str] = set()
    for level, table in (("problem", _WRONG), ("warning", _NOTABLE)):
        for type_, bad in table.items():
            condition = conditions.get(type_, {})
            reason, message = str(condition.get("reason", "")), str(condition.get("message", ""))
            if condition.get("status") == bad and message not in reported and reason not in reported:
                reported |= {message, reason}
                yield Problem("problem" if level == "problem" else "warning", reason, message, _remedy(reason))


def _remedy(reason: str) -> str:
    return next((row.remedy for name, row in REASONS.items() if name == reason), "")


def _unhandled(resource: Object) -> Iterator[Problem]:
    """Report that the operator has not handled the resource or its latest edit."""
    status, generation = resource.get("status") or {}, resource["metadata"].get("generation", 0)
    if is_paused(resource):
        return
    if not status:
        yield Problem(
            "problem",
            "NotReported",
            "The operator has not reported a status.",
            "If this does not change within a few seconds, check that the operator runs and watches this namespace:"
            " `natsop doctor`.",
        )
    elif status.get("observedGeneration", 0) < generation:
        yield Problem(
            "problem",
            "NotHandled",
            f"The operator has not handled the latest edit yet: the status is for generation"
            f" {status.get('observedGeneration', 0)}, the spec has generation {generation}.",
            "If this does not change within a few seconds, check that the operator runs: `natsop doctor`.",
        )


def _mistaken_pause(resource: Object, target: Target) -> Iterator[Problem]:
    word = (resource["metadata"].get("annotations") or {}).get(names.PAUSED_ANNOTATION)
    if word not in (None, "true", "false"):
        yield Problem(
            "warning",
            "NotPaused",
            f'The annotation {names.PAUSED_ANNOTATION} has no effect: only the value "true" pauses.',
            f"Run `natsop pause {target.name}`, or remove the annotation.",
        )


def problems_of_server(row: Mapping[str, Any], *, has_problem: bool) -> Iterator[Problem]:
    """The problems of one server. has_problem: the status already says why pods do not start."""
    if row["ready"] and row["answers"] and row["health"] != "ok":
        yield Problem(
            "problem",
            "Unhealthy",
            f"{row['pod']} is not healthy: {row['health']}",
            f"See its log: `kubectl logs {row['pod']} -c {names.SERVER_CONTAINER}`.",
        )
    if not row["ready"] and not has_problem:
        yield Problem(
            "problem", "PodNotReady", f"{row['pod']} is not ready.", f"See `kubectl describe pod {row['pod']}`."
        )
    if restarts_of_note(row):
        yield Problem(
            "warning",
            "Restarts",
            f"Containers of {row['pod']} were restarted {row['restarts']} times.",
            f"See the log before the restart: `kubectl logs {row['pod']} -c {names.SERVER_CONTAINER} --previous`.",
        )
    if row["slowConsumers"]:
        yield Problem(
            "warning",
            "SlowConsumers",
            f"{row['pod']} has disconnected {row['slowConsumers']} slow consumers since its start.",
            "Find the clients that read too slowly; messages to them were dropped.",
        )


def problems_of_jetstream(meta: Mapping[str, Any] | None, streams: list[dict[str, Any]]) -> Iterator[Problem]:
    """The problems of the meta group and of streams."""
    if meta is not None:
        yield from _problems_of_meta_group(meta)
    faulty = [f"{each['account']}/{each['stream']} ({each['problem']})" for each in streams if each["problem"]]
    if faulty:
        more = f" and {len(faulty) - 5} more" if len(faulty) > 5 else ""
        yield Problem(
            "problem",
            "StreamsNotCurrent",
            f"{len(faulty)} of {len(streams)} streams have a problem: {', '.join(faulty[:5])}{more}.",
            "A replica catches up by itself once its server runs; do not restart another server before that. A stream"
            " without a leader needs a majority of its servers.",
        )


def _problems_of_meta_group(meta: Mapping[str, Any]) -> Iterator[Problem]:
    if not meta["leader"]:
        several = ", ".join(meta["leaders"])
        found = f"The servers name different leaders: {several}." if several else "No server knows a leader."
        yield Problem(
            "problem",
            "MetaLeaderUnknown",
            f"The servers do not agree on a leader of the JetStream meta group. {found}",
            "The JetStream API does not work until a majority of the servers run and have routes to each other.",
        )
    if meta["offline"]:
        yield Problem(
            "problem",
            "PeersOffline",
            f"Members of the JetStream meta group are offline: {', '.join(meta['offline'])}.",
            "Start these servers again. Remove a server that will never come back with `nats server cluster"
            " peer-remove`.",
        )
