"""Checks the JWTs that a custom resource refers to, before nats-server reads them.

A finding names the Secret and key, the problem and the remedy, but never the content.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core.conf.jwt import BadSignatureError, NotAJwtError, token_in, verified_claims
from natsop_core.conf.nkeys import is_public_key
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.resolve.referred import find, key_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.auth import JwtAccountSpec, JwtSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.jwt import Claims
    from natsop_core.conf.nkeys import KeyType
    from natsop_core.lookup import Lookup
    from natsop_core.reasons import ReasonName
    from natsop_core.references import KeyReference


@frozen
class Operator:
    """A NATS operator with a valid JWT. file: the unchanged content of its Secret."""

    file: bytes = field(repr=False)
    token: str = field(repr=False)
    claims: Claims


def jwt_references(cr: NatsCluster, jwt: JwtSpec) -> Iterator[KeyReference]:
    """The references to the operator's JWT and to those of the accounts."""
    yield _operator_reference(cr, jwt)
    yield from (_account_reference(cr, account) for account in jwt.accounts)


def creds_reference(cr: NatsCluster, account: JwtAccountSpec) -> KeyReference | None:
    """The reference to the credentials of a user of the account, or None."""
    if account.user_creds is None:
        return None
    field = f"spec.auth.jwt.accounts[{account.name}].userCreds"
    return key_reference("Secret", cr.metadata.namespace, account.user_creds, field)


def read_operator(cr: NatsCluster, jwt: JwtSpec, lookup: Lookup) -> Operator | Finding:
    """The operator, or why its JWT cannot be used."""
    reference = _operator_reference(cr, jwt)
    content = find(reference, lookup)
    if not isinstance(content, bytes):
        return content or _indispensable(reference)
    token = token_in(content)
    claims = _claims(reference, token, "operator", lookup)
    if isinstance(claims, Finding):
        return claims
    if claims.issuer not in (claims.subject, *claims.signing_keys):
        return _finding(reference, "OperatorNotSelfSigned", "is not signed by its own operator; sign it with nsc")
    if not all(is_public_key(key, "operator") for key in claims.signing_keys):
        return _finding(reference, "JwtMalformed", "has a signing key that is not an operator key; correct it")
    if claims.system_account not in {"", jwt.system_account}:
        return _finding(
            reference,
            "OtherSystemAccount",
            "names another system account than spec.auth.jwt.systemAccount; set the same account in both",
        )
    return Operator(content, token, claims)


def read_account(cr: NatsCluster, account: JwtAccountSpec, operator: Operator, lookup: Lookup) -> str | Finding | None:
    """The JWT of the account; a finding if it is invalid; None if it is optional and does not exist."""
    content = find(_account_reference(cr, account), lookup)
    if not isinstance(content, bytes):
        return content
    token = token_in(content)
    return check_account(cr, account, token, operator, lookup) or token


def read_system_account(cr: NatsCluster, account: JwtAccountSpec, operator: Operator, lookup: Lookup) -> str | Finding:
    """Likewise for the system account, which every server needs."""
    reference = _account_reference(cr, account)
    token = read_account(cr, account, operator, lookup) or _indispensable(reference)
    if isinstance(token, str) and verified_claims(token).uses_jetstream:
        return _finding(
            reference,
            "SystemAccountHasJetStream",
            "gives the system account JetStream limits; remove them, because nats-server does not start with them",
        )
    return token


def check_account(
    cr: NatsCluster, account: JwtAccountSpec, token: str, operator: Operator, lookup: Lookup
) -> Finding | None:
    """Why the JWT of the account is invalid; None if it is valid."""
    reference = _account_reference(cr, account)
    claims = _claims(reference, token, "account", lookup)
    if isinstance(claims, Finding):
        return claims
    if claims.issuer not in operator.claims.trusted_keys:
        return _untrusted(reference)
    if claims.subject != account.public_key:
        return _finding(
            reference, "JwtSubjectMismatch", "belongs to a different account than its publicKey; correct one of them"
        )
    return None


def _claims(reference: KeyReference, token: str, type_: KeyType, lookup: Lookup) -> Claims | Finding:
    """The claims of the JWT, or a finding if it is malformed, wrongly signed or not valid now."""
    try:
        claims = verified_claims(token)
    except NotAJwtError as error:
        return _finding(reference, "JwtMalformed", f"cannot be decoded: {error}; store the JWT as nsc exports it")
    except BadSignatureError:
        return _untrusted(reference)
    if claims.type != type_ or not is_public_key(claims.subject, type_):
        return _finding(reference, "JwtMalformed", f"is not the JWT of an {type_}; correct the reference")
    now = lookup.now.timestamp()
    if 0 < claims.expires < now:
        return _finding(reference, "JwtExpired", "has expired; replace it")
    if claims.not_before > now:
        return _finding(reference, "JwtNotYetValid", "is not valid yet; wait, or replace it")
    return claims


def _untrusted(reference: KeyReference) -> Finding:
    return _finding(
        reference,
        "JwtUntrusted",
        "is not signed by the NATS operator in spec.auth.jwt.operator or by one of its signing keys; sign it with one",
    )


def _indispensable(reference: KeyReference) -> Finding:
    """The finding for an optional reference that is required all the same: servers never run without authentication."""
    what = f"Secret {reference.name} with key {reference.key}, which {reference.field} refers to,"
    return Finding("SecretNotFound", f"{what} does not exist; create it. No server starts without it.")


def _finding(reference: KeyReference, reason: ReasonName, problem: str) -> Finding:
    where = f"key {reference.key} of Secret {reference.name}, which {reference.field} refers to,"
    return Finding(reason, f"The JWT in {where} {problem}.")


def _operator_reference(cr: NatsCluster, jwt: JwtSpec) -> KeyReference:
    return key_reference("Secret", cr.metadata.namespace, jwt.operator, "spec.auth.jwt.operator")


def _account_reference(cr: NatsCluster, account: JwtAccountSpec) -> KeyReference:
    field = f"spec.auth.jwt.accounts[{account.name}].jwt"
    return key_reference("Secret", cr.metadata.namespace, account.jwt, field)
