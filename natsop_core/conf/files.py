"""All the files that a cluster's servers read as configuration, by their paths in the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conf.auth import Authentication, auth_files
from natsop_core.conf.server import routes_block, server_block
from natsop_core.conf.writer import write

if TYPE_CHECKING:
    from natsop_core.resolve.types import Cluster


def configuration_files(cluster: Cluster) -> dict[str, str]:
    """nats.conf first, ours or the user's, then all that it may include. Some of them are secret."""
    existing = cluster.existing_config
    files = {names.CONFIG_FILE: existing.conf if existing else write(server_block(cluster))}
    if cluster.routes and cluster.routes.credentials:
        files[f"{names.ROUTES_FOLDER}/{names.ROUTES_KEY}"] = write(routes_block(cluster.routes))
    for file in cluster.includes:
        files[f"{names.INCLUDES_FOLDER}/{file.name}"] = file.text
    if cluster.auth:
        content = cluster.auth.content
        texts = auth_files(content) if isinstance(content, Authentication) else content
        files |= {f"{names.AUTH_FOLDER}/{name}": text for name, text in texts.items()}
    return files
