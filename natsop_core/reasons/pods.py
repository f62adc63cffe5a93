"""Reasons that tell what keeps a pod from starting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

PODS: Final[Mapping[ReasonName, Reason]] = {
    "ImagePullFailed": Reason(
        ("Available", "Progressing"),
        "The node cannot pull the image of a container.",
        "Correct the image (spec.image and its like), add pull secrets, or make the registry reachable."
        " A corrected image reaches the pod by itself.",
    ),
    "ContainerCrashing": Reason(
        ("Available", "Progressing"),
        "A container ends again and again; the message tells how it ended last.",
        "Read why in its log: `kubectl logs POD -c CONTAINER --previous`. OOMKilled: raise its memory limit.",
    ),
    "ContainerConfigInvalid": Reason(
        ("Available", "Progressing"),
        "The node cannot create a container: a Secret or ConfigMap of its environment is missing,"
        " or its securityContext contradicts itself.",
        "Create what the message names, or correct the spec.",
    ),
    "VolumeNotMounted": Reason(
        ("Available", "Progressing"),
        "A volume of a pod cannot be mounted: its claim is not bound, the claim, Secret or ConfigMap is missing,"
        " or the storage does not attach it.",
        "Create what is missing, or see `kubectl describe pod POD` and `kubectl describe pvc CLAIM` for the words of"
        " the storage driver.",
    ),
    "Unschedulable": Reason(
        ("Available", "Progressing"),
        "No node can take a pod; the message has the scheduler's own words.",
        "Add nodes or resources, or relax resource requests, topologySpreadConstraints, affinity, or nodeSelector.",
    ),
    "PodReplaced": Reason(
        ("Event",),
        "The operator deleted a pod of an older revision that could not start, so that Kubernetes makes it anew from"
        " the current revision. Kubernetes does not do this itself with OrderedReady.",
    ),
}
