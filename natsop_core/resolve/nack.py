"""Resolves NACK Accounts: one for each account that has userCreds. NACK manages streams as Kubernetes resources.

NACK reads credentials and CAs only from Secrets. If the Secret of an Account lacks the key, NACK silently uses its
global credentials, which may belong to another account. So the key must exist before the Account is created. An Account
whose key was removed is not changed: deleting it would orphan the streams that refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.kinds import NACK_ACCOUNTS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.children import children_of_kind
from natsop_core.resolve.files import authority
from natsop_core.resolve.integrations import Integrated, Integration, may_have, removal_in_progress, why_unavailable
from natsop_core.resolve.jwts import creds_reference
from natsop_core.resolve.referred import find
from natsop_core.resolve.types import Nack, NackAccount, NackAuthority

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.reasons import ConditionType
    from natsop_core.references import KeyReference, ObjectKey
    from natsop_core.resolve.types import Tls

CONDITION: Final[ConditionType] = "NackIntegrationAvailable"


def credentials(cr: NatsCluster) -> Iterator[tuple[str, KeyReference]]:
    """Name and credentials reference of each account with userCreds.

    Without the system account: its credentials are for the operator, and NACK must not get control over the servers.
    """
    jwt = cr.spec.auth.jwt
    for account in jwt.accounts if jwt else ():
        reference = creds_reference(cr, account)
        if jwt and reference and account.public_key != jwt.system_account:
            yield account.name, reference


def resolve_nack(cr: NatsCluster, client_tls: Tls | None, lookup: Lookup) -> Answer[Integrated[Nack]]:
    """The Accounts, if NACK is installed and enabled. client_tls: the TLS settings of the client listener."""
    wanted = dict(credentials(cr))
    mode = lookup.settings.nack_integration
    existing = children_of_kind(cr.metadata, NACK_ACCOUNTS, lookup)
    may_exist = may_have(cr, NACK_ACCOUNTS, lookup)
    if not wanted and mode == "disabled":
        return Answer(Integrated(may_exist=may_exist), keep=existing)
    if not wanted:
        removal = removal_in_progress(cr, NACK_ACCOUNTS, CONDITION, lookup)
        return Answer(Integrated(integration=removal, may_exist=may_exist))
    problems = {account: _problem(reference, lookup) for account, reference in wanted.items()}
    lack = _lack(lookup)
    if lack is not None:
        integration = Integration(CONDITION, lack, is_awaited=mode != "disabled")
        return Answer(Integrated(None, integration, may_exist), (lack,) if mode == "enabled" else (), keep=existing)
    nack = Nack(
        tuple(
            NackAccount(names.account(cr.metadata.name, account), reference.name, reference.key)
            for account, reference in wanted.items()
            if problems[account] is None
        ),
        _authority(cr, lookup) if client_tls else None,
    )
    return Answer(
        Integrated(nack, Integration(CONDITION, _unreachable(client_tls)), may_exist or bool(nack.accounts)),
        tuple(problem for account, problem in problems.items() if problem and not wanted[account].optional),
        keep=tuple(_account_key(cr, account) for account, problem in problems.items() if problem),
    )


def _account_key(cr: NatsCluster, account: str) -> ObjectKey:
    return NACK_ACCOUNTS.key(cr.metadata.namespace, names.account(cr.metadata.name, account))


def _lack(lookup: Lookup) -> Finding | None:
    """Why NACK cannot be used; None if it can."""
    if lookup.settings.nack_integration == "disabled":
        return Finding("Disabled", "The NACK integration of the operator is disabled; existing Accounts are kept.")
    return why_unavailable(
        NACK_ACCOUNTS,
        lookup,
        advice="install NACK to manage streams as Kubernetes resources, or remove userCreds",
    )


def _problem(reference: KeyReference, lookup: Lookup) -> Finding | None:
    """Why an Account must not use these credentials; None if it may."""
    found = find(reference, lookup)
    if isinstance(found, Finding):
        return found
    if not found:
        return Finding(
            "KeyEmpty",
            f"Secret {reference.name}, which {reference.field} refers to, has an empty key {reference.key}; set it.",
        )
    return None


def _authority(cr: NatsCluster, lookup: Lookup) -> NackAuthority | None:
    """The CA with which NACK verifies the servers. NACK reads only Secrets, so a CA in a ConfigMap is copied."""
    reference = authority(cr)
    found = find(reference, lookup) if reference else None
    if reference is None or not isinstance(found, bytes):
        return None
    if reference.kind == "Secret":
        return NackAuthority(reference.name, reference.key, copy="")
    copy = found.decode("utf-8", "surrogateescape")
    return NackAuthority(names.nack_authority_secret(cr.metadata.name), names.NACK_AUTHORITY_KEY, copy)


def _unreachable(client_tls: Tls | None) -> Finding | None:
    if client_tls is None or not client_tls.verify:
        return None
    return Finding(
        "ClientCertificateRequired",
        "spec.config.nats.tls.verify requires a client certificate, which an Account cannot have here, so NACK cannot"
        " connect unless it is configured with its own client certificate.",
    )
