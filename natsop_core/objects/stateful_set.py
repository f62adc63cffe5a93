"""The StatefulSet: the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata
from natsop_core.objects.probes import liveness_probe, readiness_probe, startup_probe
from natsop_core.objects.security import container_security_context, pod_security_context
from natsop_core.resolve.types import Claim, Scratch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kubernetes.types import (
        Container,
        EnvVar,
        PersistentVolumeClaim,
        PodSpec,
        StatefulSet,
        StatefulSetSpec,
        Volume,
        VolumeMount,
    )
    from natsop_core.resolve.types import Cluster
    from natsop_core.resolve.types import Container as ContainerSettings

TERMINATION_GRACE_SECONDS: Final = 60
"""Lame duck mode takes its 30 s, its grace period and then the server's own shutdown."""


def build_stateful_set(cluster: Cluster, pod_annotations: Mapping[str, str]) -> StatefulSet:
    """The servers' StatefulSet. A change of `pod_annotations` rolls the pods."""
    asked = {names.REPLICAS_ANNOTATION: str(cluster.replicas), names.IMAGE_ANNOTATION: cluster.server.image}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": cluster_metadata(cluster, names.stateful_set(cluster.name), annotations=asked),
        "spec": _spec(cluster, pod_annotations),
    }


def _spec(cluster: Cluster, pod_annotations: Mapping[str, str]) -> StatefulSetSpec:
    spec: StatefulSetSpec = {
        "replicas": cluster.replicas,
        "serviceName": names.headless_service(cluster.name),
        "podManagementPolicy": "Parallel",  # a first JetStream quorum needs all servers up at once
        "updateStrategy": {"type": "RollingUpdate"},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "selector": {"matchLabels": names.cluster_selector(cluster.name)},
        "template": {
            "metadata": {"labels": names.cluster_labels(cluster.name), "annotations": dict(pod_annotations)},
            "spec": _pod_spec(cluster),
        },
    }
    if cluster.jetstream and isinstance(cluster.jetstream.volume, Claim):
        spec["volumeClaimTemplates"] = [_claim_template(cluster.name, cluster.jetstream.volume)]
    return spec


def _pod_spec(cluster: Cluster) -> PodSpec:
    containers = [_server(cluster)]
    if cluster.reloader is not None:
        containers.append(_reloader(cluster.reloader))
    return {
        "containers": containers,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "shareProcessNamespace": cluster.reloader is not None,  # the reloader signals the server's process
        "terminationGracePeriodSeconds": TERMINATION_GRACE_SECONDS,
        "volumes": _volumes(cluster),
    }


def _server(cluster: Cluster) -> Container:
    return {
        "name": names.SERVER_CONTAINER,
        "image": cluster.server.image,
        "imagePullPolicy": cluster.server.pull_policy,
        "args": ["--config", names.CONFIG_FILE],
        "env": _environment(cluster),
        "ports": [
            {"name": listener.name, "containerPort": listener.port, "protocol": "TCP"} for listener in cluster.listeners
        ],
        "resources": cluster.server.resources,
        "lifecycle": {"preStop": {"exec": {"command": ["nats-server", f"-sl=ldm={names.PID_FILE}"]}}},
        "startupProbe": startup_probe(cluster),
        "readinessProbe": readiness_probe(cluster),
        "livenessProbe": liveness_probe(cluster),
        "securityContext": container_security_context(),
        "volumeMounts": [*_shared_mounts(), *_data_mounts(cluster)],
    }


def _reloader(reloader: ContainerSettings) -> Container:
    return {
        "name": names.RELOADER_CONTAINER,
        "image": reloader.image,
        "imagePullPolicy": reloader.pull_policy,
        "args": ["-pid", names.PID_FILE, "-config", names.CONFIG_FILE],
        "resources": reloader.resources,
        "securityContext": container_security_context(),
        "volumeMounts": _shared_mounts(),
    }


def _environment(cluster: Cluster) -> list[EnvVar]:
    pod_name = f"$({names.POD_NAME_VARIABLE})"
    return [
        {
            "name": names.POD_NAME_VARIABLE,
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
        },
        {"name": names.SERVER_NAME_VARIABLE, "value": names.server_name(pod_name)},
        *_variables(cluster.environment),
    ]


def _variables(environment: Mapping[str, str]) -> list[EnvVar]:
    return [{"name": name, "value": value} for name, value in environment.items()]


def _shared_mounts() -> list[VolumeMount]:
    return [
        {"name": names.CONFIG_VOLUME, "mountPath": names.CONFIG_FOLDER},
        {"name": names.PID_VOLUME, "mountPath": names.PID_FOLDER},
    ]


def _data_mounts(cluster: Cluster) -> list[VolumeMount]:
    return [{"name": names.JETSTREAM_VOLUME, "mountPath": names.DATA_FOLDER}] if cluster.jetstream else []


def _volumes(cluster: Cluster) -> list[Volume]:
    volumes: list[Volume] = [
        {"name": names.CONFIG_VOLUME, "configMap": {"name": names.config_map(cluster.name)}},
        {"name": names.PID_VOLUME, "emptyDir": {}},
    ]
    if cluster.jetstream and isinstance(cluster.jetstream.volume, Scratch):
        volumes.append({"name": names.JETSTREAM_VOLUME, "emptyDir": {"sizeLimit": cluster.jetstream.volume.size}})
    return volumes


def _claim_template(cluster: str, claim: Claim) -> PersistentVolumeClaim:
    """The template of each pod's claim, with the fixed labels alone: nothing in it can change later."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": names.JETSTREAM_VOLUME, "labels": names.cluster_labels(cluster)},
        "spec": claim.spec,
    }
