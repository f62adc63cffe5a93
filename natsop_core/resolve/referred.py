"""Looks up keys of Secrets and ConfigMaps that a custom resource refers to."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.findings import Finding
from natsop_core.inputs import Forbidden
from natsop_core.references import KeyReference

if TYPE_CHECKING:
    from natsop_core.api.common import KeySelector
    from natsop_core.lookup import Lookup
    from natsop_core.reasons import ReasonName
    from natsop_core.references import ReferredKind

_NOT_FOUND: Final[Mapping[ReferredKind, ReasonName]] = {"Secret": "SecretNotFound", "ConfigMap": "ConfigMapNotFound"}
_NOT_READABLE: Final[Mapping[ReferredKind, ReasonName]] = {
    "Secret": "SecretNotReadable",
    "ConfigMap": "ConfigMapNotReadable",
}


def key_reference(kind: ReferredKind, namespace: str, selector: KeySelector, field: str) -> KeyReference:
    """The reference of a selector in the custom resource."""
    return KeyReference(kind, namespace, selector.name, selector.key, field, selector.optional)


def find(reference: KeyReference, lookup: Lookup) -> bytes | Finding | None:
    """The value of the key; a finding if the reference is broken; None if it is optional and does not exist."""
    if not reference.name or not reference.key:
        return Finding("InvalidSpec", f"{reference.field} does not name a {reference.kind}: set its name and key.")
    obj = lookup.referred(reference)
    if not isinstance(obj, Mapping):
        return whole(reference, lookup)
    value = _value(obj, reference.key)
    if value is None:
        return _absent(reference, "KeyNotFound", f"{_subject(reference)} has no key {reference.key}; add it.")
    return value


def whole(reference: KeyReference, lookup: Lookup) -> Finding | None:
    """The problem with a reference to an object, regardless of its content; None if there is none."""
    obj = lookup.referred(reference)
    if isinstance(obj, Forbidden):
        return Finding(_NOT_READABLE[reference.kind], f"{_subject(reference)} cannot be read: {obj.message}.")
    if obj is None:
        return _absent(reference, _NOT_FOUND[reference.kind], f"{_subject(reference)} does not exist; create it.")
    return None


def texts_beside(reference: KeyReference, lookup: Lookup) -> dict[str, str]:
    """The whole content of the object that a key is in, by key, as a pod sees it."""
    obj = lookup.referred(reference)
    found = obj if isinstance(obj, Mapping) else {}
    keys = sorted({key for field in ("data", "binaryData", "stringData") for key in found.get(field) or {}})
    values = {key: _value(found, key) for key in keys}
    return {key: value.decode("utf-8", "surrogateescape") for key, value in values.items() if value is not None}


def _absent(reference: KeyReference, reason: ReasonName, message: str) -> Finding | None:
    return None if reference.optional else Finding(reason, message)


def _subject(reference: KeyReference) -> str:
    return f"{reference.kind} {reference.name}, which {reference.field} refers to,"


def _value(obj: Mapping[str, Any], key: str) -> bytes | None:
    """A value as a pod sees it. A Secret from a file may have stringData, which overrides data."""
    if obj["kind"] == "ConfigMap":
        text = (obj.get("data") or {}).get(key)
        return text.encode() if text is not None else _decoded((obj.get("binaryData") or {}).get(key))
    text = (obj.get("stringData") or {}).get(key)
    return text.encode() if text is not None else _decoded((obj.get("data") or {}).get(key))


def _decoded(text: str | None) -> bytes | None:
    try:
        return None if text is None else base64.b64decode(text)
    except binascii.Error:
        return None
