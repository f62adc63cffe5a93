"""Digests in pod annotations, which restart the pods when their configuration changes, without revealing Secrets.

People who may not read Secrets can often read annotations, and could guess a weak password until the digest matches.
So the content of a Secret enters a digest only as its own digest with a salt; the salt is stored in a Secret.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.files import read_files, secret_includes
from natsop_core.conf.restart import short_digest
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.conf.files import ReadFile
    from natsop_core.resolve.types import Cluster, Salt

ANY_POD: Final = "any"
"""Placeholder for a pod's name, which does not matter for restarts."""


@frozen
class Digests:
    """The annotations of the pods, and whether they need a salt."""

    annotations: Mapping[str, str]
    needs_salt: bool


def pod_digests(cluster: Cluster, config: EffectiveConfig) -> Digests:
    """The digest of the configuration that needs a restart and, if the user wants it, of everything that pods read."""
    restart, has_secrets = _restart_digest(cluster, config)
    annotations = {names.RESTART_ANNOTATION: restart}
    if cluster.rolls_on_config_change:
        files = read_files(cluster, config)
        annotations[names.CHECKSUM_ANNOTATION] = checksum(
            {each.path: _digest_input(each, cluster.salt) for each in files}
        )
        has_secrets = has_secrets or any(each.is_secret for each in files)
    return Digests(annotations, needs_salt=has_secrets)


def checksum(files: Mapping[str, str]) -> str:
    """A hash of named texts."""
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _restart_digest(cluster: Cluster, config: EffectiveConfig) -> tuple[str, bool]:
    """The digest, and whether it depends on a Secret.

    JWTs do not count as secret, because they are signed and cannot be guessed. So the digest of a cluster whose Secrets
    hold nothing else that needs a restart is the same as in earlier versions.
    """
    constants = {names.SERVER_NAME_VARIABLE: ANY_POD}
    text = config.restart_text(constants)
    secret = secret_includes(cluster)
    public = config.restart_text(constants, without=secret) if secret else text
    if text == public:
        return short_digest(text), False
    return _salted(text.encode(), cluster.salt, size=8) or short_digest(public), True


def _digest_input(file: ReadFile, salt: Salt | None) -> str:
    return _salted(file.content, salt, size=32) if file.is_secret else file.content.decode("utf-8", "surrogateescape")


def _salted(content: bytes, salt: Salt | None, *, size: int) -> str:
    """The digest of a secret; empty if the name of the salt's Secret belongs to someone else."""
    if salt is None or not salt.is_ours:
        return ""
    return hashlib.blake2b(content, key=salt.value.encode(), digest_size=size).hexdigest()
