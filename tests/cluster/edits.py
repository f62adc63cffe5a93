"""What people and other programs do to our objects: edits that take something of ours away, and ones that only add."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from natsop_core.live import reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION
from tests.testbed.client import Client, Manifest

Operation = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """One edit of the child whose name is that of its custom resource followed by `suffix`."""

    kind: str
    suffix: str
    make: Callable[[Client, str, str], object]

    @property
    def is_of_box(self) -> bool:
        """Whether it is a NatsBox's child; else it is a NatsCluster's."""
        return self.kind in {"Secret", "Deployment"}

    def child(self, owner: str) -> str:
        return f"{owner}{self.suffix}"

    def apply_to(self, client: Client, owner: str) -> None:
        """Make the edit of the custom resource's child."""
        self.make(client, self.kind, self.child(owner))


def state(obj: Manifest) -> tuple[Manifest, str]:
    """What an edit can change and the operator puts back: the object's content, and which fields of it are ours."""
    return content(obj), reduce_metadata(obj["metadata"]).owned_fields


def content(obj: Manifest) -> Manifest:
    """The object without what the API server and its controllers fill in anew, and without orders that mean nothing."""
    written = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
    kept = copy.deepcopy({key: value for key, value in obj.items() if key != "status"})
    kept["metadata"] = {key: value for key, value in kept["metadata"].items() if key not in written}
    kept["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    if obj["kind"] == "Service":
        meaningless = ("externalName",) if obj["spec"]["type"] != "ExternalName" else ()
        for field in ("clusterIP", "clusterIPs", *meaningless):
            kept["spec"].pop(field, None)
        kept["spec"].get("ports", []).sort(key=itemgetter("name"))
    if "template" in kept.get("spec", {}):
        kept["spec"]["template"]["spec"]["containers"].sort(key=itemgetter("name"))
    return kept


def patched(kind: str, suffix: str, *operations: Operation) -> Edit:
    """A `kubectl edit` or `kubectl patch`, as a JSON patch."""

    def make(client: Client, kind: str, name: str) -> object:
        return client.patch(kind, name, list(operations), patch_type="json")

    return Edit(kind, suffix, make)


def changed(path: str, value: object) -> Operation:
    return {"op": "replace", "path": path, "value": value}


def added(path: str, value: object) -> Operation:
    return {"op": "add", "path": path, "value": value}


def removed(path: str) -> Operation:
    return {"op": "remove", "path": path}


def scaled(kind: str, replicas: int) -> Edit:
    """A `kubectl scale`."""

    def make(client: Client, kind: str, name: str) -> object:
        return client.patch(kind, name, {"spec": {"replicas": replicas}}, subresource="scale")

    return Edit(kind, "", make)


def merged(kind: str, suffix: str, change: Manifest) -> Edit:
    """A merge patch, in which null removes."""

    def make(client: Client, kind: str, name: str) -> object:
        return client.patch(kind, name, change)

    return Edit(kind, suffix, make)


def replaced(kind: str, suffix: str, change: Callable[[Manifest], None]) -> Edit:
    """A `kubectl get -o yaml`, an editor, a `kubectl replace`: the whole object, and no managedFields in it."""

    def make(client: Client, kind: str, name: str) -> object:
        manifest = client.get(kind, name)
        del manifest["metadata"]["managedFields"], manifest["metadata"]["resourceVersion"]
        change(manifest)
        return client.replace(manifest)

    return Edit(kind, suffix, make)


def applied_by_another(kind: str, suffix: str, fields: Manifest) -> Edit:
    """A forced server-side apply by somebody who wants other values."""

    def make(client: Client, kind: str, name: str) -> object:
        live = client.get(kind, name)
        return client.apply({"apiVersion": live["apiVersion"], "kind": kind, "metadata": {"name": name}, **fields})

    return Edit(kind, suffix, make)


def both(first: Edit, second: Edit) -> Edit:
    """One edit after the other, of the same object."""

    def make(client: Client, kind: str, name: str) -> object:
        return first.make(client, kind, name), second.make(client, kind, name)

    return Edit(first.kind, first.suffix, make)


def deleted(kind: str, suffix: str, propagation: str = "Background") -> Edit:
    def make(client: Client, kind: str, name: str) -> None:
        client.delete(kind, name, propagationPolicy=propagation)

    return Edit(kind, suffix, make)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _change_conf_and_labels(manifest: Manifest) -> None:
    manifest["data"] = {"nats.conf": "port: 1"}
    del manifest["metadata"]["labels"]


def _change_server(manifest: Manifest) -> None:
    server = manifest["spec"]["template"]["spec"]["containers"][0]
    server["image"] = "mine"
    server["ports"][0]["containerPort"] = 4333
    del server["env"]


FORGOTTEN: Final[Manifest] = {"metadata": {"managedFields": [{}]}}
"""A patch with it clears managedFields."""

_LABEL = "/metadata/labels/app.kubernetes.io~1"
_POD = "/spec/template/spec"
_SERVER = f"{_POD}/containers/0"
_PORT = f"{_SERVER}/ports/0/containerPort"
_CLIENT_PORT = changed("/spec/ports/0/port", 4333)

TAKING: Final[dict[str, Edit]] = {
    # the StatefulSet
    "server-image": patched("StatefulSet", "", changed(f"{_SERVER}/image", "mine")),
    "server-args": patched("StatefulSet", "", changed(f"{_SERVER}/args", ["--config", "/mine"])),
    "server-container-port": patched("StatefulSet", "", changed(_PORT, 4333)),
    "env-value": patched("StatefulSet", "", changed(f"{_SERVER}/env/1/value", "mine")),
    "env-removed": patched("StatefulSet", "", removed(f"{_SERVER}/env/0")),
    "env-other-source": patched(
        "StatefulSet", "", changed(f"{_SERVER}/env/0", {"name": "POD_NAME", "value": "always-the-same"})
    ),
    "server-image-by-apply": applied_by_another(
        "StatefulSet", "", {"spec": {"template": {"spec": {"containers": [{"name": "nats", "image": "mine"}]}}}}
    ),
    "probe-handler": patched(
        "StatefulSet",
        "",
        removed(f"{_SERVER}/livenessProbe/httpGet"),
        added(f"{_SERVER}/livenessProbe/tcpSocket", {"port": 4222}),
    ),
    "reloader-removed": patched("StatefulSet", "", removed(f"{_POD}/containers/1")),
    "volume-source": patched("StatefulSet", "", changed(f"{_POD}/volumes/0", {"name": "config", "emptyDir": {}})),
    "grace-period": patched("StatefulSet", "", changed(f"{_POD}/terminationGracePeriodSeconds", 1)),
    "update-strategy": patched("StatefulSet", "", changed("/spec/updateStrategy", {"type": "OnDelete"})),
    "pod-label": patched("StatefulSet", "", removed("/spec/template/metadata/labels/app.kubernetes.io~1part-of")),
    "scaled": scaled("StatefulSet", 5),
    "scaled-by-edit": patched("StatefulSet", "", changed("/spec/replicas", 1)),
    "stateful-set-unmanaged": patched("StatefulSet", "", removed(f"{_LABEL}managed-by")),
    "stateful-set-relabelled": patched("StatefulSet", "", changed(f"{_LABEL}managed-by", "me")),
    "stateful-set-replaced": replaced("StatefulSet", "", _change_server),
    "stateful-set-forgotten": merged("StatefulSet", "", FORGOTTEN),
    "stateful-set-forgotten-and-port": both(
        merged("StatefulSet", "", FORGOTTEN), patched("StatefulSet", "", changed(_PORT, 4333))
    ),
    "stateful-set-deleted": deleted("StatefulSet", ""),
    "stateful-set-orphaned": deleted("StatefulSet", "", "Orphan"),
    # the Services
    "service-port": patched("Service", "", _CLIENT_PORT),
    "service-port-of-headless": patched("Service", "-headless", changed("/spec/ports/1/port", 4334)),
    "service-all-ports": patched(
        "Service",
        "-headless",
        changed("/spec/ports/0/port", 1),
        changed("/spec/ports/1/port", 2),
        changed("/spec/ports/2/port", 3),
    ),
    "service-protocol": patched("Service", "", changed("/spec/ports/0/protocol", "UDP")),
    "service-target-port": patched("Service", "", changed("/spec/ports/0/targetPort", 1)),
    "service-port-forgotten": both(merged("Service", "", FORGOTTEN), patched("Service", "", _CLIENT_PORT)),
    "service-selector": patched("Service", "", added("/spec/selector/mine", "only")),
    "service-node-port": patched("Service", "", changed("/spec/type", "NodePort")),
    "service-load-balancer": patched("Service", "", changed("/spec/type", "LoadBalancer")),
    "service-external-name": merged("Service", "", {"spec": {"type": "ExternalName", "externalName": "example.org"}}),
    "service-label": patched("Service", "-headless", removed(f"{_LABEL}part-of")),
    "service-unmanaged": patched("Service", "", removed(f"{_LABEL}managed-by")),
    "service-owner": patched("Service", "", changed("/metadata/ownerReferences/0/blockOwnerDeletion", value=False)),
    "service-deleted": deleted("Service", "-headless"),
    # the ConfigMap
    "conf": patched("ConfigMap", "-config", changed("/data/nats.conf", "port: 1")),
    "conf-removed": patched("ConfigMap", "-config", removed("/data")),
    "conf-as-binary": patched(
        "ConfigMap", "-config", removed("/data"), added("/binaryData", {"nats.conf": encoded("port: 1")})
    ),
    "conf-annotation": merged("ConfigMap", "-config", {"metadata": {"annotations": {APPLIED_ANNOTATION: None}}}),
    "conf-replaced": replaced("ConfigMap", "-config", _change_conf_and_labels),
    "conf-forgotten": merged("ConfigMap", "-config", FORGOTTEN),
    "conf-deleted": deleted("ConfigMap", "-config"),
    # the PodDisruptionBudget
    "budget": merged("PodDisruptionBudget", "-pdb", {"spec": {"maxUnavailable": "50%"}}),
    "budget-other-limit": merged("PodDisruptionBudget", "-pdb", {"spec": {"maxUnavailable": None, "minAvailable": 3}}),
    "budget-selector": merged("PodDisruptionBudget", "-pdb", {"spec": {"selector": {"matchLabels": {"mine": "only"}}}}),
    "budget-deleted": deleted("PodDisruptionBudget", "-pdb"),
    # a box's Secret and Deployment
    "contexts": patched("Secret", "-contexts", changed("/data/default.json", encoded("{}"))),
    "contexts-as-text": merged("Secret", "-contexts", {"stringData": {"default.json": "{}"}}),
    "contexts-removed": patched("Secret", "-contexts", removed("/data/default.json")),
    "contexts-label": patched("Secret", "-contexts", removed(f"{_LABEL}instance")),
    "contexts-deleted": deleted("Secret", "-contexts"),
    "box-image": patched("Deployment", "", changed(f"{_SERVER}/image", "mine")),
    "box-command": patched("Deployment", "", changed(f"{_SERVER}/command", ["sh"])),
    "box-scaled": scaled("Deployment", 0),
    "box-unmanaged": patched("Deployment", "", removed(f"{_LABEL}managed-by")),
    "box-deleted": deleted("Deployment", ""),
}
"""Edits that take something away from us: each is put back."""

_SIDECAR = {"name": "mine", "image": "mine", "ports": [{"name": "mine", "containerPort": 9000}]}

ADDING: Final[dict[str, Edit]] = {
    "annotation": merged("ConfigMap", "-config", {"metadata": {"annotations": {"mine": "too"}}}),
    "data-key": merged("ConfigMap", "-config", {"data": {"mine.conf": "too"}}),
    "label": merged("Service", "", {"metadata": {"labels": {"mine": "too"}}}),
    "service-port": patched("Service", "", added("/spec/ports/-", {"name": "mine", "port": 9000})),
    "service-port-of-headless": patched("Service", "-headless", added("/spec/ports/-", {"name": "mine", "port": 9000})),
    "sidecar": patched("StatefulSet", "", added(f"{_POD}/containers/-", _SIDECAR)),
    "env": patched("StatefulSet", "", added(f"{_SERVER}/env/-", {"name": "MINE", "value": "too"})),
    "container-port": patched("StatefulSet", "", added(f"{_SERVER}/ports/-", {"name": "mine", "containerPort": 9001})),
    "restarted": patched("StatefulSet", "", added("/spec/template/metadata/annotations/restartedAt", "now")),
    "toleration": patched("StatefulSet", "", added(f"{_POD}/tolerations", [{"key": "mine", "operator": "Exists"}])),
    "finalizer": merged("PodDisruptionBudget", "-pdb", {"metadata": {"finalizers": ["tests.example/mine"]}}),
    "eviction-policy": merged("PodDisruptionBudget", "-pdb", {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}),
    "secret-key": patched("Secret", "-contexts", added("/data/mine.json", encoded("{}"))),
    "box-label": merged("Deployment", "", {"metadata": {"labels": {"mine": "too"}}}),
}
"""Edits that only add: each is left alone."""

SCALING: Final = frozenset({"scaled", "scaled-by-edit"})
"""Those that change how many pods a StatefulSet has, and so which claims there are."""

TAKING_BESIDE_ADDED: Final[tuple[str, ...]] = (
    "conf",
    "service-port",
    "service-all-ports",
    "server-container-port",
    "server-image",
    "reloader-removed",
    "env-removed",
    "contexts",
    "box-image",
)
"""Names of TAKING edits of the objects that the ADDING ones add to, whose repair must leave the addition alone."""
