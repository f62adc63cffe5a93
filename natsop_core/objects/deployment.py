"""Builds the Deployment of a NatsBox: a pod to run the nats CLI in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.objects.containers import container, folder_mounts, folder_volumes, pod_spec
from natsop_core.objects.metadata import box_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kubernetes.types import (
        Container,
        Deployment,
        KeyToPath,
        ObjectMeta,
        PodSpec,
        PodTemplateSpec,
        SecretVolumeSource,
        Volume,
    )
    from natsop_core.resolve.types import Box

CLI_FOLDER: Final = f"{names.HOME_FOLDER}/.config/nats"
"""The folder where the nats CLI stores contexts and the name of the selected one (natscli, default XDG_CONFIG_HOME)."""

LINKED: Final = f"{CLI_FOLDER}/linked"
"""Exists once the contexts are in place."""

KEEP_CONTEXTS_LINKED: Final = f"""\
trap 'exit 0' TERM INT
mkdir -p {CLI_FOLDER}/context
while true; do
  for link in {CLI_FOLDER}/context/*.json {CLI_FOLDER}/context/.[!.]*.json; do
    if [ -L "$link" ] && [ ! -e "$link" ]; then rm "$link"; fi
  done
  for context in {names.CONTEXTS_FOLDER}/*.json {names.CONTEXTS_FOLDER}/.[!.]*.json; do
    link={CLI_FOLDER}/context/"${{context##*/}}"
    if [ -e "$context" ] && [ ! -e "$link" ]; then ln -s "$context" "$link"; fi
  done
  selected={CLI_FOLDER}/{names.SELECTED_CONTEXT_KEY}
  if [ ! -s "$selected" ]; then cat {names.CONTEXTS_FOLDER}/{names.SELECTED_CONTEXT_KEY} > "$selected"; fi
  touch {LINKED}
  sleep 5 &
  wait $!
done
"""
"""The main process of the box. It links the contexts into the folder of the CLI, where the user can add and select
others; with links instead of copies, updates by the kubelet are visible. As PID 1, the shell's `wait` reaps processes
that `kubectl exec` leaves behind, and handles TERM."""


def build_deployment(box: Box, pod_annotations: Mapping[str, str]) -> Deployment:
    """The box's Deployment. `pod_annotations` are the operator's own: a change of them rolls the pods."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": box_metadata(box, names.deployment(box.name)),
        "spec": {
            "replicas": box.replicas,
            "selector": {"matchLabels": names.box_selector(box.name)},
            "template": _template(box, pod_annotations),
        },
    }


def _template(box: Box, own_annotations: Mapping[str, str]) -> PodTemplateSpec:
    extras = box.pod.extras
    metadata: ObjectMeta = {"labels": {**extras.labels, **names.box_labels(box.name)}}
    if annotations := {**extras.annotations, **own_annotations}:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": _pod_spec(box)}


def _pod_spec(box: Box) -> PodSpec:
    return {
        **pod_spec(box.pod),
        "containers": [_container(box)],
        "volumes": [
            _contexts_volume(box),
            {"name": names.HOME_VOLUME, "emptyDir": {}},
            {"name": names.TEMPORARY_VOLUME, "emptyDir": {}},
            *folder_volumes(box.folders),
        ],
    }


def _contexts_volume(box: Box) -> Volume:
    """The Secret's keys as files; by their own names unless some context's name cannot be a key."""
    secret: SecretVolumeSource = {"secretName": names.contexts_secret(box.name)}
    if any(context.key != context.file for context in box.contexts):
        contexts: list[KeyToPath] = [{"key": each.key, "path": each.file} for each in box.contexts]
        secret["items"] = [{"key": names.SELECTED_CONTEXT_KEY, "path": names.SELECTED_CONTEXT_KEY}, *contexts]
    return {"name": names.CONTEXTS_VOLUME, "secret": secret}


def _container(box: Box) -> Container:
    return {
        **container(names.BOX_CONTAINER, box.container),
        "command": ["sh", "-c", KEEP_CONTEXTS_LINKED],
        "workingDir": names.HOME_FOLDER,
        "env": [
            {"name": "HOME", "value": names.HOME_FOLDER},
            {"name": "USER", "value": "nats"},  # a user without a passwd entry: the nats CLI panics without it
        ],
        "startupProbe": {"exec": {"command": ["test", "-e", LINKED]}, "periodSeconds": 1, "failureThreshold": 60},
        "volumeMounts": [
            {"name": names.CONTEXTS_VOLUME, "mountPath": names.CONTEXTS_FOLDER, "readOnly": True},
            {"name": names.HOME_VOLUME, "mountPath": names.HOME_FOLDER},
            {"name": names.TEMPORARY_VOLUME, "mountPath": "/tmp"},  # noqa: S108 (a mount of its own)
            *folder_mounts(box.folders),
        ],
    }
