"""Builds the StatefulSet of the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from natsop_core import names
from natsop_core.objects.containers import container, folder_mounts, folder_volumes, pod_spec
from natsop_core.objects.metadata import cluster_metadata
from natsop_core.resolve.types import Extras, Scratch, VolumeClaim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kubernetes.types import (
        Container,
        EnvVar,
        PersistentVolumeClaim,
        PodSpec,
        PodTemplateSpec,
        StatefulSet,
        StatefulSetSpec,
        Volume,
        VolumeMount,
    )
    from natsop_core.resolve.types import Cluster, Exporter
    from natsop_core.resolve.types import Container as ContainerSettings


def build_stateful_set(cluster: Cluster, pod_annotations: Mapping[str, str]) -> StatefulSet:
    """The StatefulSet of the servers. A change of `pod_annotations` restarts the pods one by one."""
    ours = {names.COMMITMENTS_ANNOTATION: cluster.record.annotation}
    if cluster.optional_kinds:
        ours[names.OPTIONAL_KINDS_ANNOTATION] = ",".join(cluster.optional_kinds)
    extras = Extras(cluster.stateful_set.labels, {**cluster.stateful_set.annotations, **ours})
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": cluster_metadata(cluster, names.stateful_set(cluster.name), extras),
        "spec": _spec(cluster, pod_annotations),
    }


def _spec(cluster: Cluster, pod_annotations: Mapping[str, str]) -> StatefulSetSpec:
    spec = {
        "replicas": cluster.replicas,
        "serviceName": names.headless_service(cluster.name),
        "podManagementPolicy": cluster.pod_management_policy,
        "updateStrategy": {"type": "RollingUpdate"},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "selector": {"matchLabels": names.cluster_selector(cluster.name)},
        "template": _template(cluster, pod_annotations),
    }
    if cluster.min_ready_seconds:
        spec["minReadySeconds"] = cluster.min_ready_seconds
    if claims := _claim_templates(cluster):
        spec["volumeClaimTemplates"] = claims
    return cast("StatefulSetSpec", spec)


def _template(cluster: Cluster, annotations: Mapping[str, str]) -> PodTemplateSpec:
    extras = cluster.pod.extras
    return {
        "metadata": {
            "labels": {**extras.labels, **names.cluster_labels(cluster.name)},
            "annotations": {**extras.annotations, **annotations},
        },
        "spec": _pod_spec(cluster),
    }


def _pod_spec(cluster: Cluster) -> PodSpec:
    containers = [_server(cluster)]
    if cluster.reloader:
        containers.append(_reloader(cluster, cluster.reloader))
    if cluster.exporter:
        containers.append(_exporter(cluster, cluster.exporter))
    return {
        **pod_spec(cluster.pod),
        "containers": containers,
        "shareProcessNamespace": cluster.reloader is not None,  # the reloader sends signals to the server
        "volumes": _volumes(cluster),
    }


def _server(cluster: Cluster) -> Container:
    arguments = ["--config", names.CONFIG_FILE]
    if cluster.existing_config:
        arguments += ["-P", names.PID_FILE]  # the user's own nats.conf may have no pid_file
    return {
        **container(names.SERVER_CONTAINER, cluster.server),
        "args": arguments,
        "env": [*_identity(cluster), *cluster.server.env],
        "ports": [
            {"name": listener.name, "containerPort": listener.port, "protocol": "TCP"} for listener in cluster.listeners
        ],
        "lifecycle": {"preStop": {"exec": {"command": ["nats-server", f"-sl=ldm={names.PID_FILE}"]}}},
        "startupProbe": cluster.probes.startup,
        "readinessProbe": cluster.probes.readiness,
        "livenessProbe": cluster.probes.liveness,
        "volumeMounts": [*_configuration_mounts(cluster), *_data_mounts(cluster)],
    }


def _identity(cluster: Cluster) -> list[EnvVar]:
    server_name = names.server_name(f"{cluster.server_name_prefix}$({names.POD_NAME_VARIABLE})")
    return [
        {
            "name": names.POD_NAME_VARIABLE,
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
        },
        {"name": names.SERVER_NAME_VARIABLE, "value": server_name},
    ]


def _reloader(cluster: Cluster, reloader: ContainerSettings) -> Container:
    """The reloader's arguments. Each file is one of them: the reloader reads nats.conf for included files only once."""
    beside = cluster.existing_config.included if cluster.existing_config else ()
    files = [
        *(f"{names.CONFIG_FOLDER}/{key}" for key in (names.CONFIG_KEY, *beside)),
        *(f"{folder.path}/{file}" for folder in cluster.folders for file in folder.files),
    ]
    return {
        **container(names.RELOADER_CONTAINER, reloader),
        "args": ["-pid", names.PID_FILE, *(argument for file in files for argument in ("-config", file))],
        "volumeMounts": _configuration_mounts(cluster),
    }


def _exporter(cluster: Cluster, exporter: Exporter) -> Container:
    ca = [folder for folder in cluster.folders if folder.path == names.CA_FOLDER]
    return {
        **container(names.EXPORTER_CONTAINER, exporter.container),
        "args": ["-port", str(exporter.port), *exporter.flags, exporter.url],
        "ports": [{"name": names.METRICS_PORT, "containerPort": exporter.port, "protocol": "TCP"}],
        "volumeMounts": folder_mounts(ca),
    }


def _configuration_mounts(cluster: Cluster) -> list[VolumeMount]:
    return [
        {"name": names.CONFIG_VOLUME, "mountPath": names.CONFIG_FOLDER},
        {"name": names.PID_VOLUME, "mountPath": names.PID_FOLDER},
        *folder_mounts(cluster.folders),
    ]


def _data_mounts(cluster: Cluster) -> list[VolumeMount]:
    mounts: list[VolumeMount] = []
    if cluster.jetstream:
        mounts.append({"name": names.JETSTREAM_VOLUME, "mountPath": names.DATA_FOLDER})
    if cluster.auth and cluster.auth.volume:
        mounts.append({"name": names.RESOLVER_VOLUME, "mountPath": names.RESOLVER_FOLDER})
    return mounts


def _volumes(cluster: Cluster) -> list[Volume]:
    config_map = cluster.existing_config.name if cluster.existing_config else names.config_map(cluster.name)
    volumes: list[Volume] = [
        {"name": names.CONFIG_VOLUME, "configMap": {"name": config_map}},
        {"name": names.PID_VOLUME, "emptyDir": {}},
        *folder_volumes(cluster.folders),
    ]
    if cluster.jetstream and isinstance(cluster.jetstream.volume, Scratch):
        volumes.append({"name": names.JETSTREAM_VOLUME, "emptyDir": {"sizeLimit": cluster.jetstream.volume.size}})
    return volumes


def _claim_templates(cluster: Cluster) -> list[PersistentVolumeClaim]:
    templates = []
    if cluster.jetstream and isinstance(cluster.jetstream.volume, VolumeClaim):
        templates.append(_claim_template(cluster.name, names.JETSTREAM_VOLUME, cluster.jetstream.volume))
    if cluster.auth and cluster.auth.volume:
        templates.append(_claim_template(cluster.name, names.RESOLVER_VOLUME, cluster.auth.volume))
    return templates


def _claim_template(cluster: str, name: str, claim: VolumeClaim) -> PersistentVolumeClaim:
    """The claim template for each pod. It has only the fixed labels, because it can never change."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "labels": names.cluster_labels(cluster)},
        "spec": claim.spec,
    }
