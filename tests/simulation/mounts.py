"""The files that a server finds in its pod: what its volumes name, as the API server has it at one moment."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from natsop_core.kinds import CONFIG_MAPS, SECRETS
from natsop_core.names import SERVER_CONTAINER
from tests.simulation.api_server.kinds import kind_of

if TYPE_CHECKING:
    from tests.simulation.api_server.storage import Storage

Object = Mapping[str, Any]


def server_container(pod_spec: Object) -> Object:
    """The container that runs nats-server."""
    container: Object = next(each for each in pod_spec["containers"] if each["name"] == SERVER_CONTAINER)
    return container


def mounted_files(pod_spec: Object, namespace: str, storage: Storage) -> dict[str, str] | None:
    """The texts of all mounted files by their paths; None while something is missing that the pod needs to start."""
    folders = {each["name"]: each["mountPath"] for each in server_container(pod_spec).get("volumeMounts", ())}
    files: dict[str, str] = {}
    for volume in pod_spec.get("volumes", ()):
        for source in _sources(volume):
            texts = _texts(source, namespace, storage)
            if texts is None:
                return None
            files |= {f"{folders[volume['name']]}/{path}": text for path, text in texts.items()}
    return files


def _sources(volume: Object) -> Iterator[Object]:
    """What of it is a ConfigMap or a Secret."""
    for each in (volume, *volume.get("projected", {}).get("sources", ())):
        yield from (each[kind] | {"kind": kind} for kind in ("configMap", "secret") if kind in each)


def _texts(source: Object, namespace: str, storage: Storage) -> dict[str, str] | None:
    resource = CONFIG_MAPS if source["kind"] == "configMap" else SECRETS
    stored = storage.get(kind_of(resource), namespace, source.get("secretName") or source["name"])
    data = dict(stored.content.get("data") or {}) if stored else {}
    paths = {each["key"]: each["path"] for each in source.get("items", ())} or {key: key for key in data}
    if not paths.keys() <= data.keys() or stored is None:
        return {} if source.get("optional") else None
    if resource == SECRETS:
        data = {key: base64.b64decode(value).decode() for key, value in data.items()}
    return {path: data[key] for key, path in paths.items()}
