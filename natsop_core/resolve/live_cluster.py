"""What the live StatefulSet of a cluster commits us to: data lies in its volumes, by its number of servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.kinds import STATEFUL_SETS
from natsop_core.live import is_ours, owned_annotations, reduce_metadata
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.types import DEFAULT_VOLUME_SIZE, Scratch, VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup


@dataclass(frozen=True, slots=True)
class LiveCluster:
    """The servers as they run: their number, image and names as we asked for them last, and their volumes: of
    JetStream, and of a full account resolver.

    is_taken_over: another program made the StatefulSet, and we have not applied it yet.
    keeps_identity: the servers run as whoever their image says, since before we took them over.
    """

    replicas: int
    image: str
    volume: VolumeClaim | Scratch | None
    resolver_volume: VolumeClaim | None
    server_name_prefix: str
    pod_management_policy: str
    is_taken_over: bool
    keeps_identity: bool


def live_cluster(cr: NatsCluster, lookup: Lookup) -> LiveCluster | None:
    """The live servers of this very custom resource, or None when it has none yet."""
    metadata = cr.metadata
    live = lookup.readable(STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)))
    if live is None or not is_ours(reduce_metadata(live["metadata"]), owner_of(metadata, names.CLUSTER_KIND)):
        return None
    spec = live["spec"]
    remembered = owned_annotations(live["metadata"])
    taken_over = names.APPLIED_ANNOTATION not in live["metadata"].get("annotations", {})
    return LiveCluster(
        replicas=_replicas(cr, live, remembered, is_taken_over=taken_over),
        image=_image(live, remembered),
        volume=_volume(spec),
        resolver_volume=_claim(spec, names.RESOLVER_VOLUME),
        server_name_prefix=_server_name_prefix(live, remembered),
        pod_management_policy=spec.get("podManagementPolicy", "OrderedReady"),
        is_taken_over=taken_over,
        keeps_identity=_has_no_identity(spec) if taken_over else names.IDENTITY_ANNOTATION in remembered,
    )


def replicas_with_data(cr: NatsCluster) -> int:
    """On how many servers the streams lie by our own report; 0 when there has been none. It outlives a StatefulSet."""
    reported = cr.status.get("jetStreamReplicas", 0)
    return reported if isinstance(reported, int) else 0


def _replicas(cr: NatsCluster, live: Mapping[str, Any], remembered: Mapping[str, str], *, is_taken_over: bool) -> int:
    """What we asked for, not what a stray `kubectl scale` made of it; the spec's word on a StatefulSet not ours yet."""
    asked = remembered.get(names.REPLICAS_ANNOTATION, "")
    replicas: int = live["spec"].get("replicas", 1)
    if asked.isdecimal():
        return int(asked)
    return replicas if is_taken_over else replicas_with_data(cr) or replicas


def _image(live: Mapping[str, Any], remembered: Mapping[str, str]) -> str:
    """Likewise what we asked for, and not what a stray `kubectl set image` made of it."""
    image: str = remembered.get(names.IMAGE_ANNOTATION) or _server(live["spec"]).get("image", "")
    return image


def _server_name_prefix(live: Mapping[str, Any], remembered: Mapping[str, str]) -> str:
    """Likewise: a stray edit, taken for what runs, would be kept, and destroy the streams of the servers it renames."""
    if names.PREFIX_ANNOTATION in remembered:
        return remembered[names.PREFIX_ANNOTATION]
    for variable in _server(live["spec"]).get("env", ()):
        if variable["name"] == names.SERVER_NAME_VARIABLE:
            value: str = variable.get("value", "")
            return value.strip("'").removesuffix(f"$({names.POD_NAME_VARIABLE})")
    return ""


def _has_no_identity(spec: Mapping[str, Any]) -> bool:
    security = spec["template"]["spec"].get("securityContext", {})
    return "runAsUser" not in security or "fsGroup" not in security


def _server(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    containers: list[Mapping[str, Any]] = spec["template"]["spec"]["containers"]
    return next((container for container in containers if container["name"] == names.SERVER_CONTAINER), {})


def _volume(spec: Mapping[str, Any]) -> VolumeClaim | Scratch | None:
    if claim := _claim(spec, names.JETSTREAM_VOLUME):
        return claim
    for volume in spec["template"]["spec"].get("volumes", ()):
        if volume["name"] == names.JETSTREAM_VOLUME:
            return Scratch(volume.get("emptyDir", {}).get("sizeLimit", DEFAULT_VOLUME_SIZE))
    return None


def _claim(spec: Mapping[str, Any], name: str) -> VolumeClaim | None:
    templates = spec.get("volumeClaimTemplates", ())
    return next((VolumeClaim(template["spec"]) for template in templates if template["metadata"]["name"] == name), None)
