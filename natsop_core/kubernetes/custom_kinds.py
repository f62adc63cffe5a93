"""The structure of the kinds that others define and we build: as much of it as says who owns which field.

Whatever is taken whole in one release of their definitions and part by part in another is taken whole here: we own the
whole of it in either.
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
