"""The certificates, keys and CAs that the servers of a cluster should have loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from natsop_core.conf.x509 import certificates_in
from natsop_core.frozen import frozen
from natsop_core.resolve.files import authority, certificates
from natsop_core.resolve.referred import find
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import KeyReference


@frozen
class ServedCertificates:
    """digest: of all of them. It needs no salt: a private key cannot be guessed, and the rest is public.

    written: when their Secrets and ConfigMaps were last written; None if unknown.
    expiries: when the certificate of each listener expires, as far as it can be read.
    """

    digest: str
    written: datetime | None
    expiries: Mapping[str, datetime]


def served_certificates(cr: NatsCluster, lookup: Lookup) -> ServedCertificates | None:
    """The certificates, keys and CAs that the custom resource refers to; None if there are none."""
    references = {f"{name}/{each.key}": each for name, _, *pair in certificates(cr) for each in pair}
    if ca := authority(cr):
        references["ca"] = ca
    if not references:
        return None
    contents = {path: _content(reference, lookup) for path, reference in references.items()}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    return ServedCertificates(
        digest=hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:32],
        written=_written(references.values(), lookup),
        expiries={
            name: found[0].not_after
            for name, tls, *_ in certificates(cr)
            if (found := certificates_in(contents[f"{name}/{tls.cert}"]))
        },
    )


def _content(reference: KeyReference, lookup: Lookup) -> bytes:
    content = find(reference, lookup)
    return content if isinstance(content, bytes) else b""


def _written(references: Iterable[KeyReference], lookup: Lookup) -> datetime | None:
    """The time of the last write by a manager that owns data in one of the objects."""
    objects = (lookup.referred(reference) for reference in references)
    times = [time for each in objects if isinstance(each, Mapping) for time in _times(each)]
    return max(times, default=None)


def _times(obj: Mapping[str, Any]) -> list[datetime]:
    entries = obj["metadata"].get("managedFields", ()) if "metadata" in obj else ()
    owners = (each for each in entries if {"f:data", "f:binaryData"} & each.get("fieldsV1", {}).keys())
    return [time for each in owners if (time := moment(each.get("time")))]
