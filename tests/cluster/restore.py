"""What backup tools do: objects made anew from what was written down, without anything that ties them to the past."""

from __future__ import annotations

from typing import Final

from tests.testbed.client import Manifest

KEPT_METADATA: Final = ("name", "labels", "annotations")

ASSIGNED: Final = {
    "Service": ("clusterIP", "clusterIPs"),
    "PersistentVolumeClaim": ("volumeName",),
}
"""What the API server gave to an object of the kind, in its spec, and gives to another one anew."""


def as_restored(manifest: Manifest) -> Manifest:
    """The object as a restore makes it: no owners, no UID, no managedFields, no status."""
    metadata = {field: manifest["metadata"][field] for field in KEPT_METADATA if field in manifest["metadata"]}
    content = {field: value for field, value in manifest.items() if field not in {"metadata", "status"}}
    if "spec" in content:
        dropped = ASSIGNED.get(manifest["kind"], ())
        is_headless = content["spec"].get("clusterIP") == "None"
        content["spec"] = {
            field: value for field, value in content["spec"].items() if is_headless or field not in dropped
        }
    return {**content, "metadata": metadata}
