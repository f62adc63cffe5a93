"""Builds the Secrets."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import box_metadata, cluster_metadata
from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kubernetes.types import ObjectMeta, Secret
    from natsop_core.resolve.types import Box, Cluster, Context, ResolverAccounts


def build_routes_secret(cluster: Cluster, files: Mapping[str, str]) -> Secret | None:
    """The routes with their credentials, or None without credentials. files: texts by path in the pod."""
    if not cluster.routes or not cluster.routes.credentials:
        return None
    routes = files[f"{names.ROUTES_FOLDER}/{names.ROUTES_KEY}"]
    return _secret(cluster_metadata(cluster, names.routes_secret(cluster.name)), {names.ROUTES_KEY: routes})


def build_auth_secret(cluster: Cluster, files: Mapping[str, str]) -> Secret | None:
    """The files of JWT authentication, or None without it. files: texts by path in the pod."""
    if not cluster.auth:
        return None
    folder = f"{names.AUTH_FOLDER}/"
    texts = {path.removeprefix(folder): text for path, text in files.items() if path.startswith(folder)}
    extras = Extras(annotations=_removed(cluster.auth.accounts))
    return _secret(cluster_metadata(cluster, names.auth_secret(cluster.name), extras), texts)


def build_nack_authority_secret(cluster: Cluster) -> Secret | None:
    """The copy of the CA for NACK; None if NACK needs none, or reads it from a Secret of the user."""
    authority = cluster.nack.authority if cluster.nack else None
    if authority is None or not authority.copy:
        return None
    return _secret(cluster_metadata(cluster, authority.secret), {authority.key: authority.copy})


def build_salt_secret(cluster: Cluster) -> Secret | None:
    """The salt of the digests on the pods, or None if no digest depends on a Secret."""
    if cluster.salt is None:
        return None
    return _secret(cluster_metadata(cluster, names.salt_secret(cluster.name)), {names.SALT_KEY: cluster.salt.value})


def build_system_secret(cluster: Cluster) -> Secret | None:
    """The private key of the system user, or None if there is no such user."""
    if cluster.system_user is None:
        return None
    return _secret(
        cluster_metadata(cluster, names.system_secret(cluster.name)), {names.SYSTEM_USER_KEY: cluster.system_user.seed}
    )


def build_contexts_secret(box: Box) -> Secret:
    """The contexts of a box for the nats CLI: a JSON file for each, and the name of the initially selected one."""
    files = {context.key: _context_file(context) for context in box.contexts}
    return _secret(
        box_metadata(box, names.contexts_secret(box.name)), {names.SELECTED_CONTEXT_KEY: box.selected, **files}
    )


def _removed(accounts: ResolverAccounts | None) -> Mapping[str, str]:
    """The annotation with the removed accounts that full resolvers may still have."""
    return {names.REMOVED_ACCOUNTS_ANNOTATION: ",".join(accounts.removed)} if accounts and accounts.removed else {}


def _secret(metadata: ObjectMeta, files: Mapping[str, str]) -> Secret:
    data = {name: base64.b64encode(text.encode("utf-8", "surrogateescape")).decode() for name, text in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data}


def _context_file(context: Context) -> str:
    return json.dumps(context.settings, indent=2, ensure_ascii=False) + "\n"
