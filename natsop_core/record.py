"""Record: what of the commitments is written down, on the StatefulSet, on the claims and in the status.

All three say the same in the same words. A record in an annotation carries a seal, the digest of what it says, so that
it can still be believed after a restore that drops managedFields, and is not believed once somebody has edited it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic.alias_generators import to_camel

from natsop_core.live import owns_annotation
from natsop_core.names import COMMITMENTS_ANNOTATION

if TYPE_CHECKING:
    from typing import Literal

_SEAL: Final = "seal"
_SEAL_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The commitments that nothing else tells for good. None: not said.

    replicas, server_name_prefix: of the servers that JetStream's streams lie on; no replicas: there are none.
    jetstream, resolver: where the streams and the accounts are kept.
    server_tag, reloader_tag, exporter_tag: the tags or digests of the images.
    keeps_identity: the servers run as whoever their image says, since before we took them over.
    keeps_idle_claim: the servers keep a claim that they had before we took them over, with the file store off.
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
        """What is said, as it stands in the status."""
        said = ((name, getattr(self, attribute)) for attribute, name in _NAMES.items())
        return {name: value for name, value in said if value is not None}

    @property
    def annotation(self) -> str:
        """What is said, with its seal, as it stands in the annotation."""
        return _sealed(self)


@lru_cache(maxsize=1024)  # most clusters say the same
def _sealed(record: Record) -> str:
    values = record.values
    return _text({**values, _SEAL: _seal(values)})


_NAMES: Final = {each.name: to_camel(each.name) for each in fields(Record)}
"""As they are written down, by attribute."""

SILENT: Final = Record()

_TYPES: Final = {"replicas": int, "keeps_identity": bool, "keeps_idle_claim": bool}
_WORDS: Final = {"jetstream": ("claim", "emptyDir", "none"), "resolver": ("full", "memory", "none")}


def read_record(values: object) -> Record:
    """What is said there; anything that is not of its type counts as not said."""
    if not isinstance(values, Mapping):
        return SILENT
    found = {attribute: values.get(name) for attribute, name in _NAMES.items()}
    return Record(**{attribute: value for attribute, value in found.items() if _is_sound(attribute, value)})


def believed_record(metadata: Mapping[str, Any]) -> Record:
    """What the annotation of an object says, unless somebody else has written it: as far as its seal and the object's
    managedFields tell."""
    text = (metadata.get("annotations") or {}).get(COMMITMENTS_ANNOTATION)
    if text is None or owns_annotation(metadata, COMMITMENTS_ANNOTATION) is False:
        return SILENT
    return _sealed_record(text)


@lru_cache(maxsize=1024)  # all claims of a cluster say the same
def _sealed_record(text: str) -> Record:
    try:
        values = json.loads(text)
    except ValueError:
        return SILENT
    if not isinstance(values, dict) or values.pop(_SEAL, None) != _seal(values):
        return SILENT
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
