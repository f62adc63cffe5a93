"""Custom resources as users find them in each state that matters, with the status that the core reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from natsop_core.conclude import conclude_box
from natsop_core.inputs import HttpAnswer, Inputs
from natsop_core.live import Controller
from natsop_core.names import PAUSED_ANNOTATION
from natsop_core.outcomes import Outcomes, Rejected, Taken
from tests.unit.natsop_core.trio import SERVERS, SERVICE, answers_of, conclude, with_status
from tests.unit.natsop_core.world import (
    Object,
    box,
    box_object,
    cluster,
    cluster_object,
    conditions,
    inputs,
    jetstream,
    live_children,
    plan_of,
    pod_without_image,
    said_before,
)

TRIO: Final[Object] = {"replicas": 3, **jetstream()}
CHILDREN: Final = live_children(cluster(TRIO))
WITH_SECRET: Final[Object] = {"config": {"includes": [{"name": "a.conf", "secret": {"name": "s", "key": "k"}}]}}


@dataclass(frozen=True)
class State:
    """kstatus: what that library makes of it. argo: what our check for Argo CD makes of it."""

    resource: Object
    ready: str
    kstatus: str
    argo: str


def reported(spec: Object, seen: tuple[Object, ...] = (), **others: Any) -> Object:
    """A NatsCluster with its status. outcomes=…, status=… (the one before), others: as of `world.inputs`.

    annotations=…, generation=…: its metadata.
    """
    outcomes: Outcomes = others.pop("outcomes", {})
    metadata = {field: others.pop(field) for field in ("annotations", "generation") if field in others}
    resource = cluster_object(spec, **metadata)
    cr = cluster(spec, status=others.pop("status", {}), **metadata)
    found: Inputs = inputs(cr, *seen, **others)
    return resource | {"status": conclude(cr, found, outcomes).status}


def reported_box(spec: Object, *seen: Object, status: Object | None = None) -> Object:
    cr = box(spec, status=status)
    found = inputs(cr, *seen)
    return box_object(spec) | {"status": conclude_box(cr, found, plan_of(cr, found), {}).status}


def running(**changes: Any) -> tuple[Object, ...]:
    """The trio's children, with these changes of the StatefulSet's status."""
    return with_status(CHILDREN, **changes)


def answers(*, leader: str = "c-1", routes: int = 8, digest: str = "") -> dict[str, HttpAnswer]:
    """What the trio's servers say: that they run the current configuration, or one of another digest."""
    meta = {"leader": leader} if leader else {}
    return answers_of(CHILDREN, digest=digest, routes=routes, jetstream={"meta": {"cluster_size": 3, **meta}})


def _with_metadata(resource: Object, **metadata: Any) -> Object:
    return resource | {"metadata": resource["metadata"] | metadata}


def _since(type_: str, reason: str) -> Object:
    return {"conditions": [said_before(type_, "True" if type_ == "Progressing" else "False", reason, seconds=600)]}


_OTHER: Final = Controller("apps/v1", "Deployment", "theirs", "u")
_READY: Final = reported(TRIO, (*running(), *SERVERS), answers=answers())

STATES: Final[dict[str, State]] = {
    "ready": State(_READY, "Ready", "Current", "Healthy"),
    "not-created": State(reported(TRIO), "NotCreated", "InProgress", "Progressing"),
    "edited-and-not-seen-yet": State(_with_metadata(_READY, generation=2), "Ready", "InProgress", "Progressing"),
    "being-deleted": State(
        _with_metadata(_READY, deletionTimestamp="2026-01-02T03:04:05Z"), "Ready", "Terminating", "Progressing"
    ),
    "waiting-for-a-secret": State(reported(WITH_SECRET), "WaitingForSecret", "InProgress", "Progressing"),
    "secret-missing-for-long": State(
        reported(WITH_SECRET, status=_since("Progressing", "WaitingForSecret")),
        "SecretNotFound",
        "InProgress",
        "Degraded",
    ),
    "secret-missing-while-it-runs": State(
        reported({**TRIO, **WITH_SECRET}, (*running(), *SERVERS)), "SecretNotFound", "InProgress", "Degraded"
    ),
    "starting": State(reported(TRIO, running(readyReplicas=1)), "TooFewReady", "InProgress", "Progressing"),
    "rolling": State(
        reported(TRIO, (*running(updatedReplicas=1), *SERVERS), answers=answers()),
        "RollingOut",
        "InProgress",
        "Progressing",
    ),
    "image-cannot-be-pulled": State(
        reported(TRIO, (*running(readyReplicas=0), *(pod_without_image(f"c-{each}") for each in range(3)))),
        "ImagePullFailed",
        "InProgress",
        "Progressing",
    ),
    "routes-never-form": State(
        reported(TRIO, (*running(), *SERVERS), answers=answers(leader="", routes=0)),
        "RoutesIncomplete",
        "InProgress",
        "Progressing",
    ),
    "reload-pending": State(
        reported(TRIO, (*running(), *SERVERS), answers=answers(digest="sha256:0123456789abcdef")),
        "ReloadPending",
        "InProgress",
        "Progressing",
    ),
    "reload-rejected": State(
        reported(
            TRIO,
            (*running(), *SERVERS),
            answers=answers(digest="sha256:0123456789abcdef"),
            status=_since("ConfigurationLoaded", "ReloadPending"),
        ),
        "ReloadRejected",
        "Failed",
        "Degraded",
    ),
    "scale-refused": State(
        reported({**TRIO, "replicas": 1}, (*running(), *SERVERS), answers=answers()),
        "UnsafeScale",
        "Failed",
        "Degraded",
    ),
    "name-taken": State(
        reported(TRIO, (*running(), *SERVERS), answers=answers(), outcomes={SERVICE: Taken(_OTHER)}),
        "NameConflict",
        "Failed",
        "Degraded",
    ),
    "refused-by-the-api-server": State(
        reported(TRIO, (*running(), *SERVERS), answers=answers(), outcomes={SERVICE: Rejected("exceeded quota")}),
        "ApplyRejected",
        "Failed",
        "Degraded",
    ),
    "paused": State(
        reported(
            TRIO,
            (*running(), *SERVERS),
            answers=answers(),
            status=_READY["status"],
            annotations={PAUSED_ANNOTATION: "true"},
        ),
        "Ready",
        "Current",
        "Healthy",
    ),
    "paused-and-edited": State(
        reported(
            {**TRIO, "replicas": 5},
            (*running(), *SERVERS),
            answers=answers(),
            status=_READY["status"],
            annotations={PAUSED_ANNOTATION: "true"},
            generation=2,
        ),
        "Ready",
        "InProgress",
        "Progressing",
    ),
    "box-ready": State(reported_box({}, *live_children(box())), "Ready", "Current", "Healthy"),
    "box-waits-for-its-cluster": State(
        reported_box({"clusterRef": {"name": "c"}}), "ClusterNotFound", "InProgress", "Progressing"
    ),
}


def ready_reason(resource: Object) -> str:
    """What the column Status of `kubectl get` shows."""
    return conditions(resource["status"])["Ready"][1]
