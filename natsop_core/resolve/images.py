"""Resolves images: the spec, completed from the global settings and the defaults of this release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.frozen import frozen
from natsop_core.kubernetes.image_name import image_name, tag_of

if TYPE_CHECKING:
    from natsop_core.api.common import ImageSpec, PullPolicy
    from natsop_core.api.workload import GlobalSpec
    from natsop_core.commitments import Commitments


@frozen
class DefaultImage:
    """The default image of a container. tag: may also be a digest."""

    repository: str
    tag: str

    def __str__(self) -> str:
        return image_name(self.repository, self.tag)


SERVER: Final = DefaultImage("nats", "2.15.2-alpine")
RELOADER: Final = DefaultImage("natsio/nats-server-config-reloader", "0.23.0")
EXPORTER: Final = DefaultImage("natsio/prometheus-nats-exporter", "0.20.1")
BOX: Final = DefaultImage("natsio/nats-box", "0.19.7")

DEFAULT_PULL_POLICY: Final[PullPolicy] = "IfNotPresent"


def image_reference(image: ImageSpec, default: DefaultImage, registry: str = "") -> str:
    """The complete image reference. A missing tag or repository is taken from the default; a digest is kept.

    registry: used if the repository has no registry.
    """
    repository = image.repository or default.repository
    if registry and not _has_registry(repository):
        repository = f"{registry.rstrip('/')}/{repository}"
    if "@" in repository:
        return repository
    return image_name(repository, image.tag or default.tag)


@frozen
class DefaultImages:
    """The default images of a cluster's containers."""

    server: DefaultImage
    reloader: DefaultImage
    exporter: DefaultImage


def default_images(image: ImageSpec, committed: Commitments) -> DefaultImages:
    """The defaults of the operator with the committed tags: an upgrade of the operator does not upgrade servers.

    image: the wanted image of the server. If its tag changes, the pods restart anyway, and sidecars get the defaults.
    """
    wanted = tag_of(image.repository or "") if "@" in (image.repository or "") else image.tag
    moves_on = bool(committed.server_tag and wanted and wanted != committed.server_tag)
    return DefaultImages(
        server=_at(SERVER, committed.server_tag),
        reloader=RELOADER if moves_on else _at(RELOADER, committed.reloader_tag),
        exporter=EXPORTER if moves_on else _at(EXPORTER, committed.exporter_tag),
    )


def _at(default: DefaultImage, tag: str) -> DefaultImage:
    return DefaultImage(default.repository, tag or default.tag)


def pull_policy(image: ImageSpec, settings: GlobalSpec | None = None) -> PullPolicy:
    """The pull policy. Always set, because the default of Kubernetes depends on the tag."""
    return image.pull_policy or (settings and settings.image_pull_policy) or DEFAULT_PULL_POLICY


def _has_registry(repository: str) -> bool:
    """Whether the first part is a registry: it has a dot or a port, or is localhost (rule of image references)."""
    first, slash, _ = repository.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")
