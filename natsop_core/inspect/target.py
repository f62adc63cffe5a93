"""The custom resource that a command is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.inspect.view import Request, path_of
from natsop_core.kinds import BOXES, CLUSTERS, DEPLOYMENTS, STATEFUL_SETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kinds import ApiResource

_KINDS: Final = {
    **dict.fromkeys(("natscluster", "natsclusters", "nc", "cluster"), CLUSTERS),
    **dict.fromkeys(("natsbox", "natsboxes", "nb", "box"), BOXES),
}
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@frozen
class Target:
    """A NatsCluster or NatsBox, by name."""

    resource: ApiResource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.namespace}/{self.name}"

    @property
    def is_cluster(self) -> bool:
        return self.resource == CLUSTERS

    @property
    def workload(self) -> ApiResource:
        """The kind of the workload that runs its pods."""
        return STATEFUL_SETS if self.is_cluster else DEPLOYMENTS

    @property
    def workload_name(self) -> str:
        return names.stateful_set(self.name) if self.is_cluster else names.deployment(self.name)

    @property
    def workload_title(self) -> str:
        """The name of the request for the workload in the view's failures."""
        return f"{self.workload.kind} {self.workload_name}"

    @property
    def selector(self) -> str:
        """The labels of its pods."""
        labels: Mapping[str, str] = (names.cluster_selector if self.is_cluster else names.box_selector)(self.name)
        return ",".join(f"{name}={value}" for name, value in labels.items())

    @property
    def request(self) -> Request:
        """The request for the custom resource itself."""
        return Request(path_of(self.resource, self.namespace, self.name))


def read_target(text: str) -> tuple[ApiResource, str]:
    """Kind and name from `my-nats`, `nc/my-nats` or `box/my-box`. Raises ValueError."""
    kind, slash, name = text.rpartition("/")
    resource = _KINDS.get(kind.lower().partition(".")[0]) if slash else CLUSTERS
    if resource is None:
        raise ValueError(f"{text!r}: the kind must be natscluster (nc) or natsbox (nb)")
    return resource, read_name(name)


def read_name(text: str) -> str:
    """The text, if it is a valid name of an object or namespace. Raises ValueError."""
    if not _NAME.fullmatch(text) or ".." in text:
        raise ValueError(f"{text!r} is not a valid name of an object")
    return text
