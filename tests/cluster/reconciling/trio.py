"""A cluster of three servers, its objects, and the problems that are reported of it."""

from __future__ import annotations

from typing import Final

from tests.cluster.site import SOON, Site
from tests.testbed.client import Manifest

TRIO: Final[Manifest] = {"replicas": 3, "config": {"jetstream": {"enabled": True}}}

CHILDREN: Final = (
    ("ConfigMap", "c-config"),
    ("Service", "c"),
    ("Service", "c-headless"),
    ("PodDisruptionBudget", "c-pdb"),
    ("StatefulSet", "c"),
)


def await_problem(site: Site, kind: str, name: str, reason: str) -> str:
    """The message of the condition."""
    message: str = site.await_condition(kind, name, "Degraded", "True", reason=reason)["message"]
    site.await_condition(kind, name, "Ready", "False", reason=reason)
    return message


def await_all_is_well(site: Site, kind: str, name: str, timeout: float = SOON) -> None:
    site.await_condition(kind, name, "Degraded", "False", reason="AsExpected", timeout=timeout)
