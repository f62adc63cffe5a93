"""ConfigurationLoaded: whether the servers run the rendered configuration with the current certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conditions.condition import Condition, Status
from natsop_core.conf.digest import Unknown
from natsop_core.findings import Finding
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.reasons import ConditionType, ReasonName
    from natsop_core.resolve.types import Cluster
    from natsop_core.servers import Server

TYPE: Final[ConditionType] = "ConfigurationLoaded"

RELOAD_PATIENCE: Final = 180.0
"""Seconds within which every server should load a changed file: a kubelet takes up to two minutes to write it."""

_DIGEST_LENGTH: Final = 19


def configuration_loaded(
    servers: Sequence[Server],
    expected: Mapping[str, str | Unknown],
    *,
    outdated: frozenset[str] = frozenset(),
    age: float = inf,
    errors: Mapping[str, str] | None = None,
    pending: float = 0.0,
    rejects: bool = False,
) -> Condition:
    """True or False by the digest that every server reports; Unknown if a server does not report one.

    expected: the digest that each server should report, by pod name, for the servers that report one.
    outdated: the pods whose servers do not have the current certificates. age: seconds since those last changed.
    errors: why servers rejected a reload, by pod.

    pending: for how many seconds the condition has been False. rejects: all pods have the latest revision and reload by
    themselves, so a server that stays behind for long has rejected the configuration.
    """
    known = [(each, expected.get(each.pod)) for each in servers]
    unknown = [digest for _, digest in known if isinstance(digest, Unknown)]
    late = behind(servers, expected, outdated)
    changed = _with_other_configuration(servers, expected)
    what = "configuration" if changed else "certificates"
    silent = [each for each in servers if not each.config_digest]
    waited = pending if changed else min(pending, age)
    if late and rejects and waited >= RELOAD_PATIENCE:
        why = _why([each.pod for each in late], errors or {})
        message = _rejected(late, why) if changed else _without_certificates(late, why)
        return _condition("False", "ReloadRejected", message)
    if late:
        pods = [each.pod for each in late]
        return _condition("False", "ReloadPending", f"{some_of(pods)} {_have(pods)} not loaded the new {what} yet.")
    if unknown:
        return _condition("Unknown", "NotKnown", unknown[0].reason)
    if silent:
        return _condition("Unknown", "NotObserved", _not_reported(silent))
    return _condition("True", "Loaded", "Every server runs the current configuration.")


def expected_digests(cluster: Cluster, config: EffectiveConfig, servers: Sequence[Server]) -> dict[str, str | Unknown]:
    """The digest that each server should report, by pod name, for the servers that report one."""
    return {
        each.pod: expected_digest(cluster, config, each.pod, each.version) for each in servers if each.config_digest
    }


def expected_digest(cluster: Cluster, config: EffectiveConfig, pod: str, version: str | None) -> str | Unknown:
    """The digest that a server of that version reports once it has loaded the configuration in that pod."""
    variables = {names.SERVER_NAME_VARIABLE: f"{cluster.server_name_prefix}{pod}", names.POD_NAME_VARIABLE: pod}
    return config.server_digest(variables, version)


def behind(
    servers: Sequence[Server], expected: Mapping[str, str | Unknown], outdated: frozenset[str]
) -> Sequence[Server]:
    """The servers that run another configuration; if there are none, the servers with other certificates."""
    return _with_other_configuration(servers, expected) or [each for each in servers if each.pod in outdated]


def _with_other_configuration(servers: Sequence[Server], expected: Mapping[str, str | Unknown]) -> list[Server]:
    known = [(each, expected.get(each.pod)) for each in servers]
    return [server for server, digest in known if isinstance(digest, str) and server.config_digest != digest]


def _why(pods: Sequence[str], errors: Mapping[str, str]) -> str:
    """The errors of the servers or, if the operator has none, where to find them."""
    known = [f"{pod}: {errors[pod]}" for pod in pods if pod in errors]
    return f"Reported errors: {some_of(known)}." if known else f"The log has the error: kubectl logs {pods[0]} -c nats."


def _rejected(behind: Sequence[Server], why: str) -> str:
    running = some_of([f"{each.pod} (digest {each.config_digest[:_DIGEST_LENGTH]})" for each in behind])
    return (
        f"These servers did not load the current configuration and run an earlier one: {running}. {why}"
        " Correct the configuration: a server that restarts reads the current one, and cannot start if it is invalid."
    )


def _without_certificates(behind: Sequence[Server], why: str) -> str:
    return (
        f"These servers did not load the current certificates and use earlier ones:"
        f" {some_of([each.pod for each in behind])}. {why}"
        " Correct the Secret (the private key must belong to the certificate): a server that restarts reads the"
        " current one, and cannot start if it is invalid."
    )


def _not_reported(silent: Sequence[Server]) -> str:
    by_reason: dict[str, list[str]] = {}
    for each in silent:
        by_reason.setdefault(each.silence, []).append(each.pod)
    return " ".join(
        f"{some_of(pods)} {_have(pods)} not reported the configuration: {why}." for why, pods in by_reason.items()
    )


def _have(pods: Sequence[str]) -> str:
    return "has" if len(pods) == 1 else "have"


def _condition(status: Status, reason: ReasonName, message: str) -> Condition:
    return Condition(TYPE, status, Finding(reason, message))
