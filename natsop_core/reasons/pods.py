"""Reasons why a pod does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

PODS: Final[Mapping[ReasonName, Reason]] = {
    "ImagePullFailed": Reason(
        ("Available", "Progressing"),
        "The node cannot pull the image of a container.",
        "Correct the image (spec.image, spec.reloader.image, spec.promExporter.image), add pull secrets, or make the"
        " registry reachable. The operator rolls out a corrected image by itself.",
    ),
    "ContainerCrashing": Reason(
        ("Available", "Progressing"),
        "A container exits again and again; the message gives the last exit.",
        "Read its log: `kubectl logs POD -c CONTAINER --previous`. If it was OOMKilled, raise its memory limit.",
    ),
    "ContainerConfigInvalid": Reason(
        ("Available", "Progressing"),
        "The node cannot create a container: a Secret or ConfigMap for its environment variables is missing,"
        " or its securityContext contradicts itself.",
        "Create the object that the message names, or correct the spec.",
    ),
    "VolumeNotMounted": Reason(
        ("Available", "Progressing"),
        "A volume of a pod cannot be mounted: its claim is not bound, the claim, Secret or ConfigMap is missing,"
        " or the storage driver cannot attach it.",
        "Create the missing object, or look for the error of the storage driver in `kubectl describe pod POD` and"
        " `kubectl describe pvc CLAIM`.",
    ),
    "Unschedulable": Reason(
        ("Available", "Progressing"),
        "No node fits a pod; the message quotes the scheduler.",
        "Add nodes, or relax the resource requests, topologySpreadConstraints, affinity or nodeSelector.",
    ),
    "PodReplaced": Reason(
        ("Event",),
        "The operator deleted a pod of an older revision that could not start, so that Kubernetes recreates it from"
        " the current revision. With OrderedReady, Kubernetes does not do this itself.",
    ),
}
