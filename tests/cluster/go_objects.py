"""Objects as the Go program left them on a real API server, put on another one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from natsop_core import names
from tests.testbed.client import Client, Manifest

FOLDER: Final = Path(__file__).parents[3] / "shared" / "reference" / "go-operator-objects"


def recorded(name: str) -> list[Manifest]:
    """All objects of a file, each custom resource before its children."""
    items: list[Manifest] = json.loads((FOLDER / f"{name}.json").read_text())["items"]
    return items


def put(client: Client, name: str) -> list[Manifest]:
    """Create what the file holds, the children as applied by the Go program, and return them as they are then."""
    owners: dict[str, str] = {}
    children = []
    for item in recorded(name):
        if item["apiVersion"] == names.API_VERSION:
            owners[item["metadata"]["uid"]] = _put_custom_resource(client, item)
        else:
            children.append(client.apply(_as_applied(item, owners), field_manager=names.FIELD_MANAGER))
    return children


def put_orphans(client: Client, items: Iterable[Manifest]) -> None:
    """Create the children among the items, as a deletion of the custom resource with `--cascade=orphan` leaves them."""
    for item in items:
        if item["apiVersion"] != names.API_VERSION:
            client.apply(_as_applied(item, {}), field_manager=names.FIELD_MANAGER)


def _put_custom_resource(client: Client, item: Manifest) -> str:
    """Its new UID."""
    metadata = {key: item["metadata"][key] for key in ("name", "namespace", "annotations") if key in item["metadata"]}
    created = client.create({**item, "metadata": metadata})
    if "status" in item:
        client.replace({**created, "status": item["status"]}, subresource="status")
    return str(created["metadata"]["uid"])


def _as_applied(item: Manifest, owners: dict[str, str]) -> Manifest:
    """What the Go program had sent: the fields that it owns, with the new UIDs of those owners that there are."""
    [entry] = [each for each in item["metadata"]["managedFields"] if each["manager"] == names.FIELD_MANAGER]
    sent: Manifest = _owned(item, entry["fieldsV1"])
    identity = {field: item["metadata"][field] for field in ("name", "namespace")}
    references = [each for each in copy.deepcopy(item["metadata"]["ownerReferences"]) if each["uid"] in owners]
    for reference in references:
        reference["uid"] = owners[reference["uid"]]
    metadata = {**sent["metadata"], **identity, "ownerReferences": references}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], **sent, "metadata": metadata}


def _owned(value: Any, fields: Manifest) -> Any:
    """The part of a value that a field set names; what it names as a leaf, as it is."""
    below = {key: each for key, each in fields.items() if key != "."}
    if not below:
        return value
    if isinstance(value, dict):
        return {key[2:]: _owned(value[key[2:]], each) for key, each in below.items()}
    return [_owned(item, fields) for item, fields in _items(value, below)]


def _items(items: list[Any], fields: Manifest) -> Iterator[tuple[Any, Manifest]]:
    for key, below in fields.items():
        wanted = json.loads(key[2:])
        for item in items:
            if all(item.get(name) == part for name, part in wanted.items()):
                yield item, below
