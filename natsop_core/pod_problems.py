"""What keeps a pod from starting, read from the pod itself, so that nobody has to look for events.

Words that change from one moment to the next (back-offs, counts of restarts) are left out: they would only cost writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from natsop_core.findings import Finding, sentence
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName

VOLUME_PATIENCE: Final = timedelta(seconds=20)
"""How long a scheduled pod may wait for its volumes and its network before it counts as a problem."""

_MOST: Final = 3
"""How many different problems one message tells."""

_PULL: Final = frozenset(
    (
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
        "RegistryUnavailable", "SignatureValidationFailed",
    )
)  # fmt: skip
_CONFIG: Final = frozenset(("CreateContainerConfigError", "CreateContainerError"))
_NOT_STARTED: Final = frozenset(("StartError", "ContainerCannotRun"))
"""Ends in whose message the runtime says why it could not start the program: no output of the program itself."""

_BACK_OFF: Final = re.compile(r'^Back-off pulling image "[^"]*"(: \w+: )?')


@dataclass(frozen=True, slots=True)
class PodProblem:
    """Why one pod does not start. `problem` and `remedy` are sentences without the pod's name."""

    pod: str
    reason: ReasonName
    problem: str
    remedy: str


def pod_problem(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]], now: datetime) -> PodProblem | None:
    """Why the pod does not start, or None. `claims`: the PersistentVolumeClaims that are known, by name."""
    if "deletionTimestamp" in pod["metadata"]:
        return None
    found = _scheduling(pod, claims) or _containers(pod) or _volumes(pod, claims, now)
    return PodProblem(pod["metadata"]["name"], *found) if found else None


def explained(finding: Finding, problems: Iterable[PodProblem]) -> Finding:
    """The finding with what keeps the pods from starting; the first problem's reason says more than its own."""
    problems = tuple(problems)
    if not problems:
        return finding
    groups: dict[tuple[str, str], list[str]] = {}
    for each in problems:
        groups.setdefault((each.problem, each.remedy), []).append(each.pod)
    told = [
        f"Pod{'s' if len(pods) > 1 else ''} {', '.join(pods)}: {problem} {remedy}"
        for (problem, remedy), pods in list(groups.items())[:_MOST]
    ]
    return Finding(problems[0].reason, " ".join([finding.message, *told]))


def look_again_after(pods: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[float]:
    """The seconds until a pod that waits for its volumes counts as a problem: no change of the pod will tell."""
    for pod in pods:
        waiting = _waits_for_volumes_since(pod)
        if waiting is not None and now - waiting < VOLUME_PATIENCE:
            yield (waiting + VOLUME_PATIENCE - now).total_seconds()


class _Cause(NamedTuple):
    reason: ReasonName
    problem: str
    remedy: str


def _scheduling(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]]) -> _Cause | None:
    scheduled = condition_in(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    unbound = ", ".join(_unbound(pod, claims))
    about_claims = f" PersistentVolumeClaims that are not bound: {unbound}." if unbound else ""
    return _Cause(
        "Unschedulable",
        f"no node can take it: {sentence(scheduled.get('message') or 'the scheduler gives no reason')}{about_claims}",
        "Add nodes or resources, or relax what the pod asks for; a claim needs a StorageClass that provisions it.",
    )


def _containers(pod: Mapping[str, Any]) -> _Cause | None:
    status = pod.get("status", {})
    statuses = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return next((found for each in statuses if not each.get("ready") and (found := _container(pod, each))), None)


def _container(pod: Mapping[str, Any], status: Mapping[str, Any]) -> _Cause | None:
    name, waiting = status["name"], status.get("state", {}).get("waiting", {})
    words = waiting.get("message", "")
    if waiting.get("reason") in _PULL:
        why = _BACK_OFF.sub("", words)
        return _Cause(
            "ImagePullFailed",
            f"the image {_image(pod, name)} of container {name} cannot be pulled{': ' if why else ''}{sentence(why)}",
            "Correct the image or its pull secrets, or make the registry reachable.",
        )
    if waiting.get("reason") in _CONFIG:
        return _Cause(
            "ContainerConfigInvalid",
            f"container {name} cannot be created: {sentence(words)}",
            "Create what is missing, or correct the spec.",
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
        f"container {name} ended with exit code {end.get('exitCode')} ({reason}){sentence(words)}",
        f"Its log says why: kubectl logs -n {pod['metadata']['namespace']} {pod['metadata']['name']} -c {name}"
        " --previous.",
    )


def _volumes(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]], now: datetime) -> _Cause | None:
    waiting = _waits_for_volumes_since(pod)
    if waiting is None or now - waiting < VOLUME_PATIENCE:
        return None
    unbound = ", ".join(_unbound(pod, claims))
    about_claims = f" PersistentVolumeClaims that are not bound: {unbound}." if unbound else ""
    mounted = ", ".join(dict.fromkeys(_mounted(pod)))
    return _Cause(
        "VolumeNotMounted",
        f"node {pod['spec'].get('nodeName', '')} cannot mount its volumes, or set up its network.{about_claims}"
        f" It mounts {mounted or 'no volumes of its own'}.",
        f"Check that all of them exist; kubectl describe pod -n {pod['metadata']['namespace']}"
        f" {pod['metadata']['name']} shows the node's own words.",
    )


def _waits_for_volumes_since(pod: Mapping[str, Any]) -> datetime | None:
    """Volumes are mounted before the sandbox is made, which PodReadyToStartContainers tells (kubelet SyncPod)."""
    scheduled = condition_in(pod, "PodScheduled")
    is_waiting = pod.get("status", {}).get("phase") == "Pending" and scheduled.get("status") == "True"
    if not is_waiting or condition_in(pod, "PodReadyToStartContainers").get("status") == "True":
        return None
    return moment(scheduled.get("lastTransitionTime"))


def _unbound(pod: Mapping[str, Any], claims: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for volume in pod["spec"].get("volumes", ()):
        name = volume.get("persistentVolumeClaim", {}).get("claimName")
        if name in claims and claims[name].get("status", {}).get("phase") != "Bound":
            yield name


def _mounted(pod: Mapping[str, Any]) -> Iterator[str]:
    """What the pod's volumes are made of, by kind and name."""
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
    """A condition of any Kubernetes object, or an empty one."""
    conditions = obj.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == type_), {})
