"""ConfigurationLoaded: do the servers run the configuration that we rendered, with the current certificates?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from natsop_core.conditions.condition import Condition, Status
from natsop_core.conf.digest import Unknown
from natsop_core.findings import Finding
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from natsop_core.reasons import ConditionType, ReasonName
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
    pending: float = 0.0,
    rejects: bool = False,
) -> Condition:
    """True or False by the digest of every server, Unknown where one did not tell it; never a guess.

    expected: the digest of the configuration of each pod whose server told its own, by the pod's name.
    outdated: the pods whose servers have other certificates.
    pending: for how many seconds it has been False already. rejects: all pods are of the latest revision and reload by
    themselves, so that one that is behind for long has refused the configuration.
    """
    known = [(each, expected.get(each.pod)) for each in servers]
    unknown = [digest for _, digest in known if isinstance(digest, Unknown)]
    changed = [server for server, digest in known if isinstance(digest, str) and server.config_digest != digest]
    behind = changed or [server for server in servers if server.pod in outdated]
    what = "configuration" if changed else "certificates"
    silent = [each for each in servers if not each.config_digest]
    if behind and rejects and pending >= RELOAD_PATIENCE:
        return _condition("False", "ReloadRejected", _rejected(behind) if changed else _without_certificates(behind))
    if behind:
        pods = [each.pod for each in behind]
        return _condition("False", "ReloadPending", f"{some_of(pods)} {_have(pods)} not loaded the new {what} yet.")
    if unknown:
        return _condition("Unknown", "NotKnown", unknown[0].reason)
    if silent:
        return _condition("Unknown", "NotObserved", _not_reported(silent))
    return _condition("True", "Loaded", "Every server runs the current configuration.")


def _rejected(behind: Sequence[Server]) -> str:
    running = some_of([f"{each.pod} (digest {each.config_digest[:_DIGEST_LENGTH]})" for each in behind])
    return (
        f"These servers did not load the current configuration and run an earlier one: {running}. Their log says why:"
        f" kubectl logs {behind[0].pod} -c nats. Correct the configuration: a server that starts anew reads the current"
        " one, and cannot start if it is faulty."
    )


def _without_certificates(behind: Sequence[Server]) -> str:
    return (
        f"These servers did not load the current certificates and go on with earlier ones:"
        f" {some_of([each.pod for each in behind])}. Their log says why: kubectl logs {behind[0].pod} -c nats."
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
