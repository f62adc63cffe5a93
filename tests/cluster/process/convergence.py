"""What a namespace looks like once the operator is done: what its custom resources want, all of it, and nothing else.

What they want is rendered here by the core alone, as `natsop render` does; that the API server has exactly that shows
in a dry run of applying it: it changes nothing, neither a value nor who owns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from natsop_core import inputs_at_hand, read, render
from natsop_core.api.read import InvalidResource
from natsop_core.drift import stamped
from natsop_core.kinds import CREATED
from natsop_core.mounts import referred_to_by
from natsop_core.names import FIELD_MANAGER
from tests.cluster.process.crowd import custom_resources
from tests.cluster.site import Site, controller_of
from tests.testbed.client import PATCH_TYPES, Manifest
from tests.testbed.wait import wait_until

Identity = tuple[str, str]
"""Kind and name."""

OF_KUBERNETES: Final = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
"""What it makes in every namespace."""

_PATHS: Final = {(each.api_version, each.kind): each for each in CREATED}


def await_convergence(
    site: Site, *, others: Iterable[Identity] = (), conflicted: Iterable[Identity] = (), timeout: float
) -> None:
    """Wait until all is as it should be. `others`: what other people made here; `conflicted`: whose names they hold."""
    not_ours, victims = {*others, *OF_KUBERNETES}, {*conflicted}

    def converged() -> bool:
        for each in custom_resources(site):
            problem = unhandled(each, is_conflicted=identity(each) in victims)
            assert not problem, problem
        wanted = {identity(each): each for each in wanted_objects(site)}
        found = {identity(each): each for each in children(site)}
        extra = [each for key, each in found.items() if key not in wanted.keys() | not_ours | used_by_pods(site)]
        lacking = wanted.keys() - found.keys()
        assert not extra and not lacking, f"too much: {described(site, extra)}; missing: {sorted(lacking)}"
        for key in wanted.keys() - not_ours:
            changed = difference(site, wanted[key], found[key])
            assert not changed, f"{key} would be changed: {changed}"
        return True

    wait_until(converged, timeout, "everything is as the custom resources want it", interval=1)


def used_by_pods(site: Site) -> set[Identity]:
    """What pods refer to stays until they are replaced, which none is here: without a kubelet no pod becomes ready."""
    pods = site.client.list("Pod")
    return {(key.kind, key.name) for pod in pods for key in referred_to_by(pod["spec"], site.name)}


def identity(obj: Mapping[str, Any]) -> Identity:
    return obj["kind"], obj["metadata"]["name"]


def unhandled(custom_resource: Manifest, *, is_conflicted: bool) -> str:
    """What the custom resource's status lacks; empty when it says that all is well, of the current generation."""
    metadata, status = custom_resource["metadata"], custom_resource.get("status", {})
    degraded = {each["type"]: each for each in status.get("conditions", ())}.get("Degraded", {})
    expected = ("True", "NameConflict") if is_conflicted else ("False", "AsExpected")
    if "deletionTimestamp" in metadata or status.get("observedGeneration") != metadata["generation"]:
        return f"{identity(custom_resource)} is not handled yet: {metadata}, {status}"
    if (degraded.get("status"), degraded.get("reason")) != expected:
        return f"{identity(custom_resource)} is Degraded={degraded}"
    return ""


def wanted_objects(site: Site) -> list[Manifest]:
    """What the core renders for the custom resources as they are now."""
    referred = [each for kind in ("Secret", "ConfigMap", "StatefulSet") for each in listed(site, kind)]
    resources = custom_resources(site)
    inputs = inputs_at_hand([*referred, *resources], datetime.now(UTC))
    objects: list[Manifest] = []
    for each in resources:
        resource = read(each)
        assert resource is not None and not isinstance(resource, InvalidResource), resource
        objects += map(stamped, render(resource, inputs).objects or ())
    return objects


def children(site: Site) -> list[Manifest]:
    """All objects of the kinds that the operator makes, whoever made them."""
    return [each for resource in CREATED for each in listed(site, resource.kind)]


def listed(site: Site, kind: str) -> list[Manifest]:
    """The objects, each with its kind, which lists leave out."""
    api_versions = {resource.kind: resource.api_version for resource in CREATED}
    return [{"apiVersion": api_versions[kind], "kind": kind, **each} for each in site.client.list(kind)]


def described(site: Site, objects: Iterable[Manifest]) -> list[str]:
    """What they are, and whose matter: ours as long as their owner is there, then the garbage collector's."""
    owners = {each["metadata"]["uid"] for each in custom_resources(site)}

    def of(obj: Manifest) -> str:
        whose = "ours" if controller_of(obj) in owners else "to be collected"
        return f"{obj['kind']} {obj['metadata']['name']} ({whose}, {obj['metadata'].get('deletionTimestamp', 'stays')})"

    return sorted(map(of, objects))


def difference(site: Site, wanted: Manifest, live: Manifest) -> Manifest:
    """What applying `wanted` as the operator would change: the parts of the object before and after."""
    resource = _PATHS[wanted["apiVersion"], wanted["kind"]]
    prefix = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.api_version}"
    after: Manifest = site.client.request(
        "PATCH",
        f"{prefix}/namespaces/{site.name}/{resource.plural}/{wanted['metadata']['name']}",
        body=wanted,
        query={"dryRun": "All", "force": "true", "fieldManager": FIELD_MANAGER},
        content_type=PATCH_TYPES["apply"],
    )
    before = site.client.get(wanted["kind"], wanted["metadata"]["name"]) if after != live else live
    return {key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)}
