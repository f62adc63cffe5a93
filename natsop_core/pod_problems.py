"""Finds out from a pod's status why it does not start, so that users need not look for events.

Text that changes all the time (back-off times, restart counts) is left out, because every change costs a write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.names import SERVER_CONTAINER
from natsop_core.texts import sentence
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName

PATIENCE: Final = timedelta(seconds=15)
"""How long a new pod may wait for a node, and then for its volumes and network, before it counts as a problem."""

_MOST: Final = 3
"""How many different problems one message names."""

_PULL: Final = frozenset(
    (
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
        "RegistryUnavailable", "SignatureValidationFailed",
    )
)  # fmt: skip
_CONFIG: Final = frozenset(("CreateContainerConfigError", "CreateContainerError"))
_NOT_STARTED: Final = frozenset(("StartError", "ContainerCannotRun"))
"""Termination reasons whose message comes from the container runtime, not from the program itself."""

_CONNECTION: Final = re.compile(r"(?<!\S)\S+:\d+->\S+")
_BACK_OFF: Final = re.compile(r'^Back-off pulling image "[^"]*"(: \w+: )?')


@frozen
class PodProblem:
    """Why a pod does not start. problem, remedy: sentences without the pod's name."""

    pod: str
    reason: ReasonName
    problem: str
    remedy: str


def pod_problem(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]], now: datetime) -> PodProblem | None:
    """Why the pod does not start, or None. claims: the known PersistentVolumeClaims, by name."""
    if "deletionTimestamp" in pod["metadata"]:
        return None
    waits = _waits_since(pod)
    if waits is not None and now - waits < PATIENCE:
        return None
    found = _containers(pod) if waits is None else _waiting(pod, claims)
    return PodProblem(pod["metadata"]["name"], *found) if found else None


def explained(finding: Finding, problems: Iterable[PodProblem]) -> Finding:
    """The finding with the problems of the pods; the reason of the first problem replaces that of the finding."""
    problems = tuple(problems)
    if not problems:
        return finding
    groups: dict[tuple[str, str], list[str]] = {}
    for each in problems:
        groups.setdefault((each.problem, each.remedy), []).append(each.pod)
    sentences = [
        f"Pod{'s' if len(pods) > 1 else ''} {', '.join(pods)}: {problem} {remedy}"
        for (problem, remedy), pods in list(groups.items())[:_MOST]
    ]
    return Finding(problems[0].reason, " ".join([finding.message, *sentences]))


def delays_until_problem(pods: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[float]:
    """Seconds until a waiting pod counts as a problem; no event of the pod will follow."""
    for pod in pods:
        waits = _waits_since(pod)
        if waits is not None and now - waits < PATIENCE:
            yield (waits + PATIENCE - now).total_seconds()


class _Cause(NamedTuple):
    reason: ReasonName
    problem: str
    remedy: str


def _waits_since(pod: Mapping[str, Any]) -> datetime | None:
    """Since when the pod has waited for a node or, on its node, for volumes and network; None if it does not wait.

    Volumes are mounted before the sandbox is created, which sets PodReadyToStartContainers (kubelet SyncPod).
    """
    scheduled = condition_in(pod, "PodScheduled")
    has_sandbox = condition_in(pod, "PodReadyToStartContainers").get("status") == "True"
    if pod.get("status", {}).get("phase") != "Pending" or (scheduled.get("status") == "True" and has_sandbox):
        return None
    return moment(scheduled.get("lastTransitionTime"))


def _waiting(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]]) -> _Cause:
    scheduled = condition_in(pod, "PodScheduled")
    unbound = ", ".join(_unbound(pod, claims))
    about_claims = f" PersistentVolumeClaims that are not bound: {unbound}." if unbound else ""
    if scheduled.get("status") != "True":
        return _Cause(
            "Unschedulable",
            f"no node fits: {sentence(scheduled.get('message', 'no reason given'))}{about_claims}",
            "Add nodes, or relax the requirements of the pod; a claim needs a StorageClass that provisions it.",
        )
    mounted = ", ".join(dict.fromkeys(_mounted(pod)))
    return _Cause(
        "VolumeNotMounted",
        f"node {pod['spec'].get('nodeName', '')} cannot mount its volumes, or set up its network.{about_claims}"
        f" It mounts {mounted or 'no volumes of its own'}.",
        f"Check that all of them exist; kubectl describe pod -n {pod['metadata']['namespace']}"
        f" {pod['metadata']['name']} shows the error of the node.",
    )


def _containers(pod: Mapping[str, Any]) -> _Cause | None:
    status = pod.get("status", {})
    containers = sorted(status.get("containerStatuses", ()), key=lambda each: each["name"] != SERVER_CONTAINER)
    statuses = (*status.get("initContainerStatuses", ()), *containers)
    return next((found for each in statuses if not each.get("ready") and (found := _container(pod, each))), None)


def _container(pod: Mapping[str, Any], status: Mapping[str, Any]) -> _Cause | None:
    name, waiting = status["name"], status.get("state", {}).get("waiting", {})
    words = waiting.get("message", "")
    if waiting.get("reason") in _PULL:
        why = _CONNECTION.sub("…", _BACK_OFF.sub("", words))
        return _Cause(
            "ImagePullFailed",
            f"the image {_image(pod, name)} of container {name} cannot be pulled{': ' if why else ''}{sentence(why)}",
            "Correct the image or its pull secrets, or make the registry reachable.",
        )
    if waiting.get("reason") in _CONFIG:
        return _Cause(
            "ContainerConfigInvalid",
            f"container {name} cannot be created: {sentence(words)}",
            "Create the missing object, or correct the spec.",
        )
    return _crash(pod, status)


def _crash(pod: Mapping[str, Any], status: Mapping[str, Any]) -> _Cause | None:
    ends = (status.get(each, {}).get("terminated") for each in ("state", "lastState"))
    end = next((each for each in ends if each), None)
    backs_off = status.get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff"
    if end is None or (end.get("exitCode") == 0 and not backs_off):
        return None
    name, reason = status["name"], end.get("reason", "Error")
    words = f": {end.get('message', '')}" if reason in _NOT_STARTED else ""
    return _Cause(
        "ContainerCrashing",
        f"container {name} exited with code {end.get('exitCode')} ({reason}){sentence(words)}",
        f"See its log: kubectl logs -n {pod['metadata']['namespace']} {pod['metadata']['name']} -c {name} --previous.",
    )


def _unbound(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for volume in pod["spec"].get("volumes", ()):
        name = volume.get("persistentVolumeClaim", {}).get("claimName")
        if name in claims and claims[name].get("status", {}).get("phase") != "Bound":
            yield name


def _mounted(pod: Mapping[str, Any]) -> Iterator[str]:
    """The sources of the pod's volumes, by kind and name."""
    for volume in pod["spec"].get("volumes", ()):
        for source in (volume, *volume.get("projected", {}).get("sources", ())):
            if secret := source.get("secret", {}):
                yield f"Secret {secret.get('secretName') or secret.get('name')}"
            if config_map := source.get("configMap", {}):
                yield f"ConfigMap {config_map.get('name')}"
            if claim := source.get("persistentVolumeClaim", {}):
                yield f"PersistentVolumeClaim {claim.get('claimName')}"


def _image(pod: Mapping[str, Any], container: str) -> str:
    spec = pod["spec"]
    containers = (*spec.get("initContainers", ()), *spec["containers"])
    return next((each.get("image", "") for each in containers if each["name"] == container), "")


def condition_in(obj: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """The condition of that type of a Kubernetes object; empty if it has none."""
    conditions = obj.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == type_), {})
