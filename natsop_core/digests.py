"""Digests that roll the pods when what they read changes, and from which nobody finds out what a Secret holds.

An annotation is read by many who may not read Secrets. They could try one weak password after the other until the
digest fits; so what comes from a Secret counts as its own digest with a salt, which lies in a Secret, too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.files import read_files, secret_includes
from natsop_core.conf.restart import short_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.conf.files import ReadFile
    from natsop_core.resolve.types import Cluster, Salt

ANY_POD: Final = "any"
"""A pod's name does not matter to what needs a restart."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The annotations of the pods, and whether a salt is needed for them."""

    annotations: Mapping[str, str]
    needs_salt: bool


def pod_digests(cluster: Cluster, config: EffectiveConfig) -> Digests:
    """Of the part of the configuration that no reload changes, and of all that the servers read where asked for."""
    restart, has_secrets = _restart_digest(cluster, config)
    annotations = {names.RESTART_ANNOTATION: restart}
    if cluster.rolls_on_config_change:
        files = read_files(cluster, config)
        annotations[names.CHECKSUM_ANNOTATION] = checksum({each.path: _said_of(each, cluster.salt) for each in files})
        has_secrets = has_secrets or any(each.is_secret for each in files)
    return Digests(annotations, needs_salt=has_secrets)


def checksum(files: Mapping[str, str]) -> str:
    """A hash of texts by their names."""
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _restart_digest(cluster: Cluster, config: EffectiveConfig) -> tuple[str, bool]:
    """The digest, and whether anything of a Secret counts in it.

    JWTs do not count as secret: they are signed, and cannot be guessed. So clusters whose Secrets hold nothing else
    that needs a restart have the digest that they always had.
    """
    constants = {names.SERVER_NAME_VARIABLE: ANY_POD}
    text = config.restart_text(constants)
    secret = secret_includes(cluster)
    public = config.restart_text(constants, without=secret) if secret else text
    if text == public:
        return short_digest(text), False
    return _salted(text.encode(), cluster.salt, size=8) or short_digest(public), True


def _said_of(file: ReadFile, salt: Salt | None) -> str:
    return _salted(file.content, salt, size=32) if file.is_secret else file.content.decode("utf-8", "surrogateescape")


def _salted(content: bytes, salt: Salt | None, *, size: int) -> str:
    """The digest of a secret; empty where somebody else holds the name of the Secret for the salt."""
    if salt is None or not salt.is_ours:
        return ""
    return hashlib.blake2b(content, key=salt.value.encode(), digest_size=size).hexdigest()
