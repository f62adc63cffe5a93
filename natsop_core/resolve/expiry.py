"""Finds when the certificates, CAs, JWTs and credentials that a custom resource refers to expire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from natsop_core.conf.jwt import expiry_in
from natsop_core.conf.x509 import certificates_in
from natsop_core.frozen import frozen
from natsop_core.resolve.contexts import context_references, wanted_contexts
from natsop_core.resolve.files import authority, certificates
from natsop_core.resolve.jwts import creds_reference, jwt_references
from natsop_core.resolve.referred import find

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.x509 import Certificate
    from natsop_core.lookup import Lookup
    from natsop_core.references import KeyReference

_LATEST: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


@frozen
class Expiry:
    """When something expires. what: begins a sentence. remedy: ends it.

    is_checked: another finding already reports that it has expired.
    """

    at: datetime
    what: str
    remedy: str
    is_checked: bool = False


def cluster_expiries(cr: NatsCluster, lookup: Lookup) -> tuple[Expiry, ...]:
    """The expiries of everything that a NatsCluster refers to and that can be read, the earliest first."""
    served = [certificate for _, _, certificate, _ in certificates(cr)]
    ca = authority(cr)
    return _in_order(
        (
            *_of_certificates(served, lookup),
            *(_of_authority(ca, served, lookup) if ca else ()),
            *_of_tokens(cr, lookup),
        )
    )


def box_expiries(cr: NatsBox, lookup: Lookup) -> tuple[Expiry, ...]:
    """The expiries of everything that the contexts of a NatsBox refer to, except the CA of its cluster."""
    expiries: list[Expiry] = []
    for name, spec in wanted_contexts(cr).items():
        references = dict(context_references(cr, name, spec, None))
        if creds := references.get("creds"):
            expiries += _of_token(creds, lookup, "credentials", is_checked=False)
        if certificate := references.get("cert"):
            expiries += _of_certificates([certificate], lookup)
        if ca := references.get("ca"):
            expiries += _of_authority(ca, [], lookup)
    return _in_order(expiries)


def _in_order(expiries: Iterable[Expiry]) -> tuple[Expiry, ...]:
    """Each key once, with its earliest expiry: several fields may refer to it, and it may hold several CAs."""
    by_key: dict[str, Expiry] = {}
    for each in sorted(expiries, key=lambda each: each.at):
        by_key.setdefault(each.what.partition(", which ")[0], each)
    return tuple(sorted(by_key.values(), key=lambda each: (each.at, each.what)))


def _of_certificates(references: Iterable[KeyReference], lookup: Lookup) -> Iterator[Expiry]:
    """The expiries of the server certificates. They come first in their file; the others are renewed with them."""
    for reference in references:
        for certificate in _certificates(reference, lookup)[:1]:
            yield Expiry(certificate.not_after, _what("certificate", reference), "renew it")


def _of_authority(reference: KeyReference, served: Iterable[KeyReference], lookup: Lookup) -> Iterator[Expiry]:
    """The expiry of the CA in a bundle that issued a served certificate, or else of the one that is valid longest.

    During the rotation of a CA, the bundle also has the old one, which may expire.
    """
    bundle = _certificates(reference, lookup)
    issuers = {each.issuer for certificate in served for each in _certificates(certificate, lookup)}
    used = [each for each in bundle if each.subject in issuers]
    latest: dict[bytes, datetime] = {}
    for each in used:
        latest[each.subject] = max(each.not_after, latest.get(each.subject, each.not_after))
    moments = latest.values() or ([max(each.not_after for each in bundle)] if bundle else ())
    for at in moments:
        yield Expiry(at, _what("CA certificate", reference), "renew it, and the certificates that it issued")


def _of_tokens(cr: NatsCluster, lookup: Lookup) -> Iterator[Expiry]:
    jwt = cr.spec.auth.jwt
    if jwt is None:
        return
    for reference in jwt_references(cr, jwt):
        yield from _of_token(reference, lookup, "JWT", is_checked=True)
    for account in jwt.accounts:
        if creds := creds_reference(cr, account):
            yield from _of_token(creds, lookup, "credentials", is_checked=False)


def _of_token(reference: KeyReference, lookup: Lookup, kind: str, *, is_checked: bool) -> Iterator[Expiry]:
    content = find(reference, lookup)
    seconds = expiry_in(content) if isinstance(content, bytes) else 0
    if seconds > 0:
        at = datetime.fromtimestamp(min(seconds, _LATEST), UTC)
        yield Expiry(at, _what(kind, reference), "replace it by one that is valid for longer", is_checked)


def _certificates(reference: KeyReference, lookup: Lookup) -> tuple[Certificate, ...]:
    content = find(reference, lookup)
    return certificates_in(content) if isinstance(content, bytes) else ()


def _what(kind: str, reference: KeyReference) -> str:
    where = f"key {reference.key} of {reference.kind} {reference.name}"
    return f"The {kind} in {where}, which {reference.field} refers to,"
