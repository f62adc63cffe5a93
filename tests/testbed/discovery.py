"""Which URL a kind lives under, asked of the API server itself, so that custom resources work as built-in ones do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """A kind's place in the API: `prefix` is "/api/v1" or "/apis/apps/v1"."""

    prefix: str
    plural: str
    namespaced: bool


class Discovery:
    """Remembers what it saw; a kind that it does not know makes it look again (a CRD may have come)."""

    def __init__(self, get: Callable[[str, str], Any]) -> None:
        self._get = get
        self._known: dict[str, Resource] = {}

    def resource(self, kind: str) -> Resource:
        """The resource of "Kind" or "Kind.group"; of several groups that have the kind, the first one served."""
        if not self.knows(kind):
            raise LookupError(f"the API server serves no kind {kind}")
        return self._known[kind]

    def knows(self, kind: str) -> bool:
        """Whether the kind is served, or was when last looked at."""
        if kind not in self._known:
            self._known = self._read()
        return kind in self._known

    def _read(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for root in ("/api", "/apis"):
            for group in self._get(root, AGGREGATED)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    prefix = f"{root}/{name}/{version['version']}" if name else f"{root}/{version['version']}"
                    for entry in version["resources"]:
                        kind = entry["responseKind"]["kind"]
                        resource = Resource(prefix, entry["resource"], entry["scope"] == "Namespaced")
                        found.setdefault(kind, resource)
                        found.setdefault(f"{kind}.{name}" if name else kind, resource)
        return found
