"""Objects as they come back from a backup: made anew by another manager, without managedFields."""

from __future__ import annotations

from tests.cluster.site import Site
from tests.testbed.client import Manifest


def restore(site: Site, manifest: Manifest, **metadata: object) -> Manifest:
    """Make the object anew as a restore does: of its metadata only name, labels and annotations stay."""
    kept = {field: manifest["metadata"][field] for field in ("name", "labels", "annotations")} | metadata
    content = {field: value for field, value in manifest.items() if field not in {"metadata", "status"}}
    if manifest["kind"] == "Service":
        addresses = {"clusterIPs", *(["clusterIP"] if manifest["spec"]["clusterIP"] != "None" else [])}
        content["spec"] = {field: value for field, value in manifest["spec"].items() if field not in addresses}
    site.client.delete(manifest["kind"], manifest["metadata"]["name"], propagationPolicy="Background")
    site.await_gone(manifest["kind"], manifest["metadata"]["name"])
    return site.client.create({**content, "metadata": kept})
