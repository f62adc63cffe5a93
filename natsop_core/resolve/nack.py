"""NACK, which manages streams by Kubernetes resources, and gets an Account for each account with a user for it.

NACK takes credentials and CAs from Secrets only, and where the Secret lacks the key that an Account names it connects
with its global credentials, to whatever account those are of, without a word. So the key has to be there first, and an
Account whose key has gone is left as it is: deleting it would orphan the streams that refer to it.
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
    """For each account with a user for NACK, its name and the reference to the user's credentials.

    Those of the system account are for the operator: NACK gets no power over the servers.
    """
    jwt = cr.spec.auth.jwt
    for account in jwt.accounts if jwt else ():
        reference = creds_reference(cr, account)
        if jwt and reference and account.public_key != jwt.system_account:
            yield account.name, reference


def resolve_nack(cr: NatsCluster, client_tls: Tls | None, lookup: Lookup) -> Answer[Integrated[Nack]]:
    """The Accounts, as far as NACK is there and may be used. client_tls: that of the servers' client port."""
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
    """Why there is no NACK to build anything for."""
    if lookup.settings.nack_integration == "disabled":
        return Finding("Disabled", "The operator runs with the NACK integration disabled; existing Accounts are kept.")
    return why_unavailable(
        NACK_ACCOUNTS,
        lookup,
        advice="install NACK to manage streams by Kubernetes resources, or leave userCreds out",
    )


def _problem(reference: KeyReference, lookup: Lookup) -> Finding | None:
    """Why an Account must not name these credentials."""
    found = find(reference, lookup)
    if isinstance(found, Finding):
        return found
    if not found:
        return Finding(
            "KeyEmpty",
            f"Secret {reference.name}, which {reference.field} refers to, has nothing under {reference.key}; add it.",
        )
    return None


def _authority(cr: NatsCluster, lookup: Lookup) -> NackAuthority | None:
    """The CA by which NACK recognizes the servers. One in a ConfigMap is copied into a Secret, where NACK finds it."""
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
        "spec.config.nats.tls.verify asks clients for a certificate, and an Account cannot be given one here, so NACK"
        " cannot connect unless it was itself started with one.",
    )
