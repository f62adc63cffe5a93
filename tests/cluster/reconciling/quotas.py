"""What a ResourceQuota allows in a site's namespace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from tests.cluster.site import SOON, Site
from tests.testbed.client import ApiError
from tests.testbed.wait import wait_until

NAME: Final = "limit"

_PROBE: Final = "limitranges"
"""Of which nobody makes any here, and the quota allows none."""


def limit(site: Site, **hard: str) -> None:
    """A ResourceQuota, in force: the API server refuses by it, for which it has to hear of it from its controller."""
    spec = {"hard": {**hard, f"count/{_PROBE}": "0"}}
    site.client.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": NAME}, "spec": spec})
    wait_until(lambda: _refuses(site), SOON, "the quota is in force")


def _refuses(site: Site) -> bool:
    path = f"/api/v1/namespaces/{site.name}/{_PROBE}"
    probe = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "probe"}, "spec": {"limits": []}}
    try:
        site.client.request("POST", path, body=probe, query={"dryRun": "All"})
    except ApiError as error:
        return error.status == HTTPStatus.FORBIDDEN and "exceeded quota" in error.message
    return False
