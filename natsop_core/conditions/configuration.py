"""ConfigurationLoaded: do the servers run the configuration that we rendered? By their own digest of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding

if TYPE_CHECKING:
    from natsop_core.servers import Server

TYPE = "ConfigurationLoaded"


def configuration_loaded(servers: Sequence[Server], expected: Mapping[str, str]) -> Condition:
    """True or False by the digest of every server, Unknown where one did not tell it; never a guess.

    expected: the digest of each pod's configuration, by the pod's name.
    """
    behind = [each.pod for each in servers if each.config_digest and each.config_digest != expected[each.pod]]
    if behind:
        return Condition(TYPE, "False", Finding("ReloadPending", f"{_list(behind)} still run an older configuration."))
    silent = [each.pod for each in servers if not each.config_digest]
    if silent:
        return Condition(
            TYPE, "Unknown", Finding("NotObserved", f"{_list(silent)} did not tell which configuration they run.")
        )
    return Condition(TYPE, "True", Finding("Loaded", "Every server runs the current configuration."))


def _list(pods: Sequence[str]) -> str:
    return ", ".join(pods)
