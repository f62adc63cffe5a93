"""NatsBoxes, and what is made of them."""

from __future__ import annotations

import base64
import json
from typing import Any

from natsop_core.lookup import Lookup
from natsop_core.offline import inputs_at_hand
from natsop_core.rendering import render_box
from natsop_core.resolve.box import resolve_box
from tests.unit.natsop_core.world import NAMESPACE, NOW, Object, box, one_of

TO_CLUSTER: Object = {"clusterRef": {"name": "c"}}
FOLDER = "/etc/nats-references"


def stored(kind: str, name: str, *keys: str) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": dict.fromkeys(keys, "YQ==")}


def objects_of(spec: Object, *others: Object) -> tuple[Object, ...]:
    resolved = resolve_box(box(spec), Lookup(inputs_at_hand(others, NOW)))
    assert resolved.box, resolved.findings
    return render_box(resolved.box)


def files_of(spec: Object, *others: Object) -> dict[str, Any]:
    """What the box's Secret holds, contexts as values."""
    data = one_of(objects_of(spec, *others), "Secret")["data"]
    files = {name: base64.b64decode(text).decode() for name, text in data.items()}
    return {name: text if name == "context.txt" else json.loads(text) for name, text in files.items()}


def pod_of(spec: Object, *others: Object) -> Object:
    return dict(one_of(objects_of(spec, *others), "Deployment")["spec"]["template"])


def volume_of(name: str, spec: Object, *others: Object) -> Object:
    [found] = [each for each in pod_of(spec, *others)["spec"]["volumes"] if each["name"] == name]
    return dict(found)


def findings_of(spec: Object, *others: Object) -> list[str]:
    resolved = resolve_box(box(spec), Lookup(inputs_at_hand(others, NOW)))
    return [f"{each.reason}: {each.message}" for each in resolved.findings]
