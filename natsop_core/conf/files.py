"""All files that the servers of a cluster read as configuration, by path in the pod."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conf.auth import FILES, Authentication, auth_files
from natsop_core.conf.server import routes_block
from natsop_core.conf.writer import write
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.conf.values import Block
    from natsop_core.resolve.types import Cluster


def configuration_files(cluster: Cluster, own: Block | None) -> dict[str, str]:
    """nats.conf first, then all files that it may include. Some of them are secret.

    own: the result of `server_block` for the cluster; None if nats.conf is the user's own.
    """
    files = {names.CONFIG_FILE: write(own)} if own is not None else _brought(cluster)
    if cluster.routes and cluster.routes.credentials:
        files[f"{names.ROUTES_FOLDER}/{names.ROUTES_KEY}"] = write(routes_block(cluster.routes))
    for file in cluster.includes:
        files[f"{names.INCLUDES_FOLDER}/{file.name}"] = file.text
    if cluster.auth:
        content = cluster.auth.content
        texts = auth_files(content) if isinstance(content, Authentication) else content
        files |= {f"{names.AUTH_FOLDER}/{name}": text for name, text in texts.items()}
    return files


@frozen
class ReadFile:
    """A file or environment variable that the servers read. is_secret: it comes or may come from a Secret."""

    path: str
    content: bytes = field(repr=False)
    is_secret: bool


def read_files(cluster: Cluster, config: EffectiveConfig) -> list[ReadFile]:
    """Everything that the servers read: configuration, certificates, keys, CA, and variables from other objects."""
    secret = _secret_files(cluster)
    return [
        *(
            ReadFile(path, text.encode("utf-8", "surrogateescape"), path in secret)
            for path, text in config.files.items()
            if not cluster.existing_config or path in {config.main, *config.included}
        ),
        *(
            ReadFile(f"{folder.path}/{name}", content, "secret" in folder.volume)
            for folder in cluster.folders
            for name, content in folder.contents.items()
        ),
        *(
            ReadFile(f"${name}", text.encode("utf-8", "surrogateescape"), is_secret=True)
            for name, text in sorted(cluster.environment.items())
        ),
    ]


def secret_includes(cluster: Cluster) -> frozenset[str]:
    """The paths of the included files that come from Secrets."""
    return frozenset(f"{names.INCLUDES_FOLDER}/{file.name}" for file in cluster.includes if file.is_secret)


def _secret_files(cluster: Cluster) -> set[str]:
    return {
        f"{names.ROUTES_FOLDER}/{names.ROUTES_KEY}",
        *(f"{names.AUTH_FOLDER}/{name}" for name in FILES),
        *secret_includes(cluster),
    }


def user_files(cluster: Cluster) -> frozenset[str]:
    """The paths of the files that the user wrote."""
    existing = cluster.existing_config.texts if cluster.existing_config else ()
    return frozenset(
        (
            *(f"{names.CONFIG_FOLDER}/{key}" for key in existing),
            *(f"{names.INCLUDES_FOLDER}/{file.name}" for file in cluster.includes),
        )
    )


def _brought(cluster: Cluster) -> dict[str, str]:
    """The user's own nats.conf, and the other keys of its ConfigMap."""
    texts = cluster.existing_config.texts if cluster.existing_config else {}
    return {names.CONFIG_FILE: texts[names.CONFIG_KEY], **{f"{names.CONFIG_FOLDER}/{key}": texts[key] for key in texts}}
