"""ConfigurationLoaded: do the servers run the configuration that we rendered, with the current certificates?"""

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
"""Seconds within which a changed file has reached every pod and was loaded: a kubelet takes up to two minutes."""

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
    """True or False by the digest of every server, Unknown where one did not tell it; never a guess.

    expected: the digest of the configuration of each pod whose server told its own, by the pod's name.
    outdated: the pods whose servers have other certificates than those that are current for `age` seconds.
    errors: why servers have refused to reload, by pod.

    pending: for how many seconds it has been False already. rejects: all pods are of the latest revision and reload by
    themselves, so that one that is behind for long has refused the configuration.
    """
    known = [(each, expected.get(each.pod)) for each in servers]
    unknown = [digest for _, digest in known if isinstance(digest, Unknown)]
    late = behind(servers, expected, outdated)
    changed = _with_other_configuration(servers, expected)
    what = "configuration" if changed else "certificates"
    silent = [each for each in servers if not each.config_digest]
    waited = pending if changed else min(pending, age)
    if late and rejects and waited >= RELOAD_PATIENCE:
        said = _why([each.pod for each in late], errors or {})
        return _condition(
            "False", "ReloadRejected", _rejected(late, said) if changed else _without_certificates(late, said)
        )
    if late:
        pods = [each.pod for each in late]
        return _condition("False", "ReloadPending", f"{some_of(pods)} {_have(pods)} not loaded the new {what} yet.")
    if unknown:
        return _condition("Unknown", "NotKnown", unknown[0].reason)
    if silent:
        return _condition("Unknown", "NotObserved", _not_reported(silent))
    return _condition("True", "Loaded", "Every server runs the current configuration.")


def expected_digests(cluster: Cluster, config: EffectiveConfig, servers: Sequence[Server]) -> dict[str, str | Unknown]:
    """The digest of what each server that told its own should have loaded, with its own name in it."""
    return {
        each.pod: expected_digest(cluster, config, each.pod, each.version) for each in servers if each.config_digest
    }


def expected_digest(cluster: Cluster, config: EffectiveConfig, pod: str, version: str | None) -> str | Unknown:
    """What a server of that version reports that has loaded the configuration in that pod."""
    variables = {names.SERVER_NAME_VARIABLE: f"{cluster.server_name_prefix}{pod}", names.POD_NAME_VARIABLE: pod}
    return config.server_digest(variables, version)


def behind(
    servers: Sequence[Server], expected: Mapping[str, str | Unknown], outdated: frozenset[str]
) -> Sequence[Server]:
    """The servers that run another configuration; where none does, those that have other certificates."""
    return _with_other_configuration(servers, expected) or [each for each in servers if each.pod in outdated]


def _with_other_configuration(servers: Sequence[Server], expected: Mapping[str, str | Unknown]) -> list[Server]:
    known = [(each, expected.get(each.pod)) for each in servers]
    return [server for server, digest in known if isinstance(digest, str) and server.config_digest != digest]


def _why(pods: Sequence[str], errors: Mapping[str, str]) -> str:
    """The servers' own words; where there are none, where to find them."""
    told = [f"{pod}: {errors[pod]}" for pod in pods if pod in errors]
    return f"They say: {some_of(told)}." if told else f"Their log says why: kubectl logs {pods[0]} -c nats."


def _rejected(behind: Sequence[Server], why: str) -> str:
    running = some_of([f"{each.pod} (digest {each.config_digest[:_DIGEST_LENGTH]})" for each in behind])
    return (
        f"These servers did not load the current configuration and run an earlier one: {running}. {why}"
        " Correct the configuration: a server that starts anew reads the current"
        " one, and cannot start if it is faulty."
    )


def _without_certificates(behind: Sequence[Server], why: str) -> str:
    return (
        f"These servers did not load the current certificates and go on with earlier ones:"
        f" {some_of([each.pod for each in behind])}. {why}"
        " Correct the Secret (the private key has to belong to the certificate): a server that starts anew reads the"
        " current one, and cannot start if it is faulty."
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
