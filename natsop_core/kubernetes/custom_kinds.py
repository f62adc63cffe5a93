"""Schemas of the optional kinds that the operator creates, as far as they determine the ownership of fields.

A field that is atomic in one release of these kinds and granular in another is atomic here: the operator owns the whole
field in both.
"""

from __future__ import annotations

from typing import Any, Final


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_METADATA: Final = {"$ref": "ObjectMeta"}
_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"x-kubernetes-map-type": "atomic"}
_LIST: Final = {"type": "array", "x-kubernetes-list-type": "atomic"}
_SECRET: Final = _object(name=_TEXT)

CUSTOM_KINDS: Final = {
    "jetstream.nats.io/v1beta2/Account": _object(
        metadata=_METADATA,
        spec=_object(servers=_LIST, creds=_object(secret=_SECRET, file=_TEXT), tls=_object(secret=_SECRET, ca=_TEXT)),
    ),
    "monitoring.coreos.com/v1/PodMonitor": _object(
        metadata=_METADATA, spec=_object(selector=_WHOLE, podMetricsEndpoints=_LIST)
    ),
}
