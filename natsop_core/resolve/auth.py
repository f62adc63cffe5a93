"""Resolves JWT authentication: checks the JWTs, and keeps the last valid ones if new ones are invalid.

A server never runs without the requested authentication. While the JWT of the operator or of the system account is
invalid, the Secret that the servers read is not changed; if there is no such Secret yet, no object is changed. Another
account with an invalid JWT keeps its last valid one, or is left out if it has none.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, cast

from natsop_core import names
from natsop_core.api.storage import VolumeTemplateSpec
from natsop_core.conf.auth import FILES, Authentication, FullResolver, preloaded_accounts
from natsop_core.conf.errors import ConfError
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.kinds import SECRETS
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.references import KeyReference
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.claims import claim_from
from natsop_core.resolve.jwts import check_account, jwt_references, read_account, read_operator, read_system_account
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.referred import find
from natsop_core.resolve.removed_accounts import removed_accounts
from natsop_core.resolve.system_credentials import system_credentials
from natsop_core.resolve.types import Auth, Folder, ResolverAccounts, VolumeClaim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.auth import JwtAccountSpec, JwtSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments
    from natsop_core.kubernetes.types import PersistentVolumeClaimSpec
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.jwts import Operator

RESOLVER_SIZE: Final = "1Gi"
RESOLVER_INTERVAL: Final = "2m"


@frozen
class LastGood:
    """The content of the live Secret: its files, and the JWTs of accounts by public key.

    removed: public keys of accounts that are or were in it but are no longer in the spec.
    """

    files: Mapping[str, str] = field(repr=False)
    accounts: Mapping[str, str] = field(repr=False)
    removed: tuple[str, ...]


def auth_secret_key(cr: NatsCluster) -> ObjectKey:
    """The Secret that the servers read. If it belongs to the cluster, it holds the last valid JWTs."""
    return SECRETS.key(cr.metadata.namespace, names.auth_secret(cr.metadata.name))


def auth_folder(cr: NatsCluster) -> Folder:
    """The folder where the Secret is mounted."""
    secret = names.auth_secret(cr.metadata.name)
    return Folder({"name": names.AUTH_VOLUME, "secret": {"secretName": secret}}, names.AUTH_FOLDER, FILES)


def resolve_auth(cr: NatsCluster, committed: Commitments, lookup: Lookup) -> Answer[Auth | None]:
    """The granted authentication, as far as its JWTs are valid."""
    jwt = cr.spec.auth.jwt
    if jwt is None:
        return _without(cr, committed, lookup)
    for reference in jwt_references(cr, jwt):
        lookup.referred(reference)  # request all in one round
    creds = system_credentials(cr, jwt, lookup)
    answer = _checked(cr, jwt, lookup)
    auth = replace(answer.value, system_creds=creds.value) if answer.value else None
    return replace(answer, value=auth, findings=(*answer.findings, *creds.findings))


def _checked(cr: NatsCluster, jwt: JwtSpec, lookup: Lookup) -> Answer[Auth | None]:
    volume = _volume(jwt)
    last_good = _last_good(cr, lookup)
    operator = read_operator(cr, jwt, lookup)
    if isinstance(operator, Finding):
        return _kept(jwt, last_good, volume, auth_secret_key(cr), because=operator)
    accounts, findings = _accounts(cr, jwt, operator, last_good, lookup)
    if jwt.system_account not in accounts:
        because, *others = findings
        return _kept(jwt, last_good, volume, auth_secret_key(cr), because=because, findings=tuple(others))
    full = FullResolver(jwt.resolver.allow_delete, jwt.resolver.interval or RESOLVER_INTERVAL) if volume else None
    authentication = Authentication(operator.file, operator.token, jwt.system_account, accounts, full)
    return Answer(Auth(authentication, volume, _in_resolvers(jwt, accounts, last_good) if volume else None), findings)


def _without(cr: NatsCluster, committed: Commitments, lookup: Lookup) -> Answer[Auth | None]:
    """The answer if no authentication is wanted. Servers with a volume for accounts must keep theirs."""
    claim = committed.resolver
    if claim is None or not claim.is_fixed:
        return Answer(None)
    last_good = _last_good(cr, lookup)
    if last_good is None:
        return Answer(None, (_nothing_to_keep(),), blocks=True)
    volume = VolumeClaim(cast("PersistentVolumeClaimSpec", claim.spec))
    return Answer(Auth(last_good.files, volume), keep=(auth_secret_key(cr),))


def _kept(
    jwt: JwtSpec,
    last_good: LastGood | None,
    volume: VolumeClaim | None,
    secret: ObjectKey,
    *,
    because: Finding,
    findings: tuple[Finding, ...] = (),
) -> Answer[Auth | None]:
    """The answer that keeps the live Secret; without one, no object may be changed."""
    if last_good is None:
        return Answer(None, (_until_then(because, "no object is changed"), *findings), blocks=True)
    finding = _until_then(because, "the last valid JWTs stay in use")
    accounts = _in_resolvers(jwt, last_good.accounts, last_good) if volume else None
    return Answer(Auth(last_good.files, volume, accounts), (finding, *findings), keep=(secret,))


def _in_resolvers(jwt: JwtSpec, tokens: Mapping[str, str], last_good: LastGood | None) -> ResolverAccounts:
    """The accounts that full resolvers should have, and the removed ones that may still be in them."""
    names_by_key = {account.public_key: account.name for account in jwt.accounts}
    removed = tuple(key for key in last_good.removed if key not in tokens) if last_good else ()
    return ResolverAccounts(tokens, names_by_key, removed, jwt.resolver.allow_delete)


def _accounts(
    cr: NatsCluster, jwt: JwtSpec, operator: Operator, last_good: LastGood | None, lookup: Lookup
) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The valid JWTs of accounts by public key. Empty, with the finding, if the system account's is invalid."""
    system = jwt.system
    if system is None:
        return {}, (_no_system_account(),)
    system_token = read_system_account(cr, system, operator, lookup)
    if isinstance(system_token, Finding):
        return {}, (system_token,)
    tokens, findings = {system.public_key: system_token}, []
    for account in jwt.accounts:
        token = read_account(cr, account, operator, lookup)
        if isinstance(token, Finding):
            earlier = _earlier(cr, account, operator, last_good, lookup)
            so_far = "its last valid JWT stays in use" if earlier else "the account is left out"
            findings.append(_until_then(token, so_far))
            token = earlier
        if token:
            tokens[account.public_key] = token
    return tokens, tuple(findings)


def _earlier(
    cr: NatsCluster, account: JwtAccountSpec, operator: Operator, last_good: LastGood | None, lookup: Lookup
) -> str:
    """The account's JWT that the servers already have, if it is still valid; otherwise empty."""
    token = last_good.accounts.get(account.public_key, "") if last_good else ""
    bad = check_account(cr, account, token, operator, lookup) if token else None
    return "" if bad else token


def _volume(jwt: JwtSpec) -> VolumeClaim | None:
    """The volume of a full resolver; None for other types."""
    if jwt.resolver.type != "full":
        return None
    return claim_from(jwt.resolver.storage or VolumeTemplateSpec(), RESOLVER_SIZE)


def _last_good(cr: NatsCluster, lookup: Lookup) -> LastGood | None:
    """The content of the live Secret, if it belongs to this custom resource and nats-server can read it."""
    key = auth_secret_key(cr)
    secret = lookup.readable(key)
    if secret is None or not is_ours(reduce_metadata(secret["metadata"]), owner_of(cr.metadata, names.CLUSTER_KIND)):
        return None
    contents = {name: find(KeyReference("Secret", key.namespace, key.name, name, ""), lookup) for name in FILES}
    files = {
        name: text.decode("utf-8", "surrogateescape") for name, text in contents.items() if isinstance(text, bytes)
    }
    try:
        accounts = preloaded_accounts(files)
    except (ConfError, KeyError):
        return None
    return LastGood(files, accounts, removed_accounts(cr, secret, accounts))


def _until_then(finding: Finding, consequence: str) -> Finding:
    return replace(finding, message=f"{finding.message} Until then, {consequence}.")


def _nothing_to_keep() -> Finding:
    return Finding(
        "ImmutableField",
        "The running servers have JWT authentication, but the Secret with it is missing or invalid: set spec.auth.jwt"
        " back. Until then, no object is changed.",
    )


def _no_system_account() -> Finding:
    return Finding(
        "SystemAccountNotFound",
        "No account in spec.auth.jwt.accounts has the publicKey in spec.auth.jwt.systemAccount; correct it.",
    )
