"""`natsop doctor`: checks a cluster and the operator for problems, and says what to do about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.conditions.expiring import FORESIGHT
from natsop_core.inspect.check import Check
from natsop_core.inspect.operator_checks import check_definitions, check_operator
from natsop_core.inspect.overview import overview, states_of
from natsop_core.inspect.server_state import ServerState, clock_spread
from natsop_core.inspect.settling import first_reasons
from natsop_core.inspect.target import Target
from natsop_core.inspect.view import Request, list_of
from natsop_core.kinds import BOXES, CLAIMS, CLUSTERS, NACK_ACCOUNTS
from natsop_core.servers import expiries_in
from natsop_core.times import timestamp

if TYPE_CHECKING:
    from natsop_core.inspect.view import View

CLOCKS_APART: Final = 5.0
"""Seconds. A busy API server adds less than this to the time between two answers."""

_LISTENERS: Final = {
    names.CLIENT_PORT: "clients",
    names.ROUTES_PORT: "routes",
    names.LEAFNODES_PORT: "leaf nodes",
    names.WEBSOCKET_PORT: "websockets",
    names.MQTT_PORT: "MQTT",
    names.GATEWAY_PORT: "gateways",
}


def checks(target: Target | None, namespace: str, view: View) -> list[Check]:
    """All checks, first those of the operator. target: None checks all resources of the namespace."""
    found = [*check_definitions(view), *check_operator(view, namespace), _check_nack(view)]
    targets = [target] if target else list(_all(namespace, view))
    if not targets:
        failed = [view.failures[what] for what in (CLUSTERS.plural, BOXES.plural) if what in view.failures]
        message = failed[0] if failed else f"There is no NatsCluster or NatsBox in namespace {namespace}."
        found.append(Check("resources", "unknown" if failed else "ok", message))
    for each in targets:
        found += _checks_of(each, view)
    return found


def _all(namespace: str, view: View) -> Iterator[Target]:
    for kind in (CLUSTERS, BOXES):
        for each in view.items(list_of(kind, namespace), kind.plural):
            yield Target(kind, namespace, each["metadata"]["name"])


def _check_nack(view: View) -> Check:
    found = view.object(Request(f"apis/{NACK_ACCOUNTS.api_version}"), "NACK")
    if "NACK" in view.failures:
        return Check("NACK", "unknown", view.failures["NACK"])
    return Check("NACK", "ok", "Installed." if found else "Not installed.")


def _checks_of(target: Target, view: View) -> Iterator[Check]:
    found = overview(target, view)
    if found is None:
        failed = view.failures.get(str(target))
        yield Check(str(target), "unknown" if failed else "problem", failed or "It does not exist.")
        return
    for each in found["problems"]:
        yield Check(f"{target}, {each['reason']}", each["level"], each["message"], each["remedy"])
    if not found["problems"]:
        yield Check(str(target), "ok", "The status reports no problem.")
    if target.is_cluster:
        yield from _checks_of_servers(target, found, view)


def _checks_of_servers(target: Target, found: Mapping[str, Any], view: View) -> Iterator[Check]:
    states = states_of(target, view)
    yield _check_quorum(target, found["quorum"], view)
    yield from _check_settled(target, found)
    yield from _check_claims(target, view)
    if silent := [state for state in states if state.silence]:
        shown = ", ".join(state.pod for state in silent[:5])
        remedy = 'Servers are queried through the API server, which needs the right "get pods/proxy".'
        yield Check(f"{target}, servers", "unknown", f"{shown}: {silent[0].silence}", remedy)
    if jetstream := found["jetStream"]:
        yield from _check_jetstream(target, jetstream)
    yield from _check_certificates(target, states, view)
    yield from _check_clocks(target, states)


def _check_quorum(target: Target, quorum: Mapping[str, Any], view: View) -> Check:
    if quorum["holds"] is None:
        return Check(f"{target}, quorum", "unknown", view.failures[target.workload_title])
    message = f"{quorum['ready']} of {quorum['wanted']} servers are ready, {quorum['needed']} are needed."
    if quorum["holds"]:
        return Check(f"{target}, quorum", "ok", message)
    return Check(
        f"{target}, quorum",
        "problem",
        message,
        f"Check why pods do not start: `kubectl get pods -n {target.namespace}`.",
    )


def _check_settled(target: Target, found: Mapping[str, Any]) -> Iterator[Check]:
    """Nothing if the StatefulSet cannot be read, or no server be queried: another check says so."""
    title = f"{target}, settled"
    if found["settled"]:
        yield Check(title, "ok", "All servers are healthy; all streams and consumers have all their members.")
    elif found["unsettled"]:
        yield Check(
            title,
            "warning",
            f"Not settled: {first_reasons(found)}.",
            "Wait until the cluster is settled before you restart another server or drain its node: its streams may"
            " stop, and memory streams may lose messages.",
        )


def _check_claims(target: Target, view: View) -> Iterator[Check]:
    claims = view.items(list_of(CLAIMS, target.namespace, target.selector), "PersistentVolumeClaims")
    unbound = [each["metadata"]["name"] for each in claims if each.get("status", {}).get("phase") != "Bound"]
    title = f"{target}, volumes"
    if unbound:
        yield Check(
            title,
            "problem",
            f"PersistentVolumeClaims that are not bound: {', '.join(unbound[:5])}.",
            f"See `kubectl describe pvc -n {target.namespace} {unbound[0]}`; a StorageClass must provision it.",
        )
    elif claims:
        yield Check(title, "ok", f"{len(claims)} of {len(claims)} PersistentVolumeClaims are bound.")


def _check_jetstream(target: Target, jetstream: Mapping[str, Any]) -> Iterator[Check]:
    """Only checks that pass: the problems of JetStream are already in the overview."""
    meta, streams = jetstream["metaGroup"], jetstream["streams"]
    if meta and meta["leader"] and not meta["offline"]:
        yield Check(f"{target}, meta group", "ok", f"{meta['leader']} leads, {meta['size']} members are online.")
    if not any(each["problem"] for each in streams):
        yield Check(
            f"{target}, streams", "ok", f"{len(streams)} of {len(streams)} streams have a leader and current replicas."
        )


def _check_certificates(target: Target, states: list[ServerState], view: View) -> Iterator[Check]:
    """The certificates that the servers use, which may be older than those in the Secrets."""
    expiries = [
        (at, state.pod, _LISTENERS[listener]) for state in states for listener, at in expiries_in(state.variables)
    ]
    soon = sorted(each for each in expiries if each[0] - view.now < FORESIGHT)
    title = f"{target}, certificates in use"
    if soon:
        at, pod, listener = soon[0]
        yield Check(
            title,
            "problem",
            f"The certificate of {pod} for {listener} expires at {timestamp(at)}; {len(soon)} in total expire within"
            " seven days.",
            "Renew it in its Secret; the servers reload it. If the Secret already has a new one, restart the servers.",
        )
    elif expiries:
        yield Check(title, "ok", f"The earliest expiry is at {timestamp(min(expiries)[0])}.")


def _check_clocks(target: Target, states: list[ServerState]) -> Iterator[Check]:
    spread = clock_spread(states)
    if spread is None:
        return
    if spread > CLOCKS_APART:
        yield Check(
            f"{target}, clocks",
            "warning",
            f"The clocks of the nodes differ by about {spread:.0f} s.",
            "Check time synchronization on the nodes: certificates and JWTs depend on it.",
        )
    else:
        yield Check(f"{target}, clocks", "ok", "The clocks of the servers agree.")
