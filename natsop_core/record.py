"""Record: the commitments that are stored on the StatefulSet, on the claims and in the status, with the same content.

A record in an annotation has a seal, the digest of its values: it is still trusted after a restore that drops
managedFields, but not after someone has edited it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic.alias_generators import to_camel

from natsop_core.frozen import frozen
from natsop_core.live import owns_annotation
from natsop_core.names import COMMITMENTS_ANNOTATION

if TYPE_CHECKING:
    from typing import Literal

_SEAL: Final = "seal"
_SEAL_LENGTH: Final = 16


@frozen(kw_only=True)
class Record:
    """The commitments that cannot be read reliably from other objects. None: unknown.

    replicas, server_name_prefix: number and name prefix of the servers that store JetStream streams.
    jetstream, resolver: where streams and accounts are stored.
    server_tag, reloader_tag, exporter_tag: the tags or digests of the images.
    keeps_identity: the servers keep the user of their image, as before they were taken over.
    keeps_idle_claim: the servers keep an unused claim that they had before they were taken over.
    """

    replicas: int | None = None
    server_name_prefix: str | None = None
    jetstream: Literal["claim", "emptyDir", "none"] | None = None
    resolver: Literal["full", "memory", "none"] | None = None
    server_tag: str | None = None
    reloader_tag: str | None = None
    exporter_tag: str | None = None
    keeps_identity: bool | None = None
    keeps_idle_claim: bool | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The known values, in the form of the status."""
        items = ((name, getattr(self, attribute)) for attribute, name in _NAMES.items())
        return {name: value for name, value in items if value is not None}

    @property
    def annotation(self) -> str:
        """The known values and the seal, in the form of the annotation."""
        return _sealed(self)


@lru_cache(maxsize=1024)  # most clusters have the same record
def _sealed(record: Record) -> str:
    values = record.values
    return _text({**values, _SEAL: _seal(values)})


_NAMES: Final = {each.name: to_camel(each.name) for each in fields(Record)}
"""The names in the stored form, by attribute."""

NO_RECORD: Final = Record()

_TYPES: Final = {"replicas": int, "keeps_identity": bool, "keeps_idle_claim": bool}
_WORDS: Final = {"jetstream": ("claim", "emptyDir", "none"), "resolver": ("full", "memory", "none")}


def read_record(values: object) -> Record:
    """The record in these values; a value of the wrong type counts as unknown."""
    if not isinstance(values, Mapping):
        return NO_RECORD
    found = {attribute: values.get(name) for attribute, name in _NAMES.items()}
    return Record(**{attribute: value for attribute, value in found.items() if _is_sound(attribute, value)})


def trusted_record(metadata: Mapping[str, Any]) -> Record:
    """The record in the annotation of an object, unless its seal or managedFields show that someone else wrote it."""
    text = (metadata.get("annotations") or {}).get(COMMITMENTS_ANNOTATION)
    if text is None or owns_annotation(metadata, COMMITMENTS_ANNOTATION) is False:
        return NO_RECORD
    return _sealed_record(text)


@lru_cache(maxsize=1024)  # all claims of a cluster have the same record
def _sealed_record(text: str) -> Record:
    try:
        values = json.loads(text)
    except ValueError:
        return NO_RECORD
    if not isinstance(values, dict) or values.pop(_SEAL, None) != _seal(values):
        return NO_RECORD
    return read_record(values)


def _is_sound(name: str, value: object) -> bool:
    if name in _WORDS:
        return value in _WORDS[name]
    if name == "replicas" and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES.get(name, str))


def _seal(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(values).encode()).hexdigest()[:_SEAL_LENGTH]


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))
