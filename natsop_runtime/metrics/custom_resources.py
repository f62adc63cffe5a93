"""Metrics of custom resources: how many there are, their conditions, and what expires.

There are several series for each custom resource. Each is written out as text when its custom resource changes, so that
a scrape has only to join them: 3,000 custom resources would otherwise hold the event loop for more than 100 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
from prometheus_client import CollectorRegistry, Gauge

from natsop_core import kinds
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey

_CONDITION: Final = "natsop_condition"
_EXPIRY: Final = "natsop_next_expiry_timestamp_seconds"

_CONDITION_HEAD: Final = (
    f"# HELP {_CONDITION} 1 for the status that a condition of a custom resource has now.\n# TYPE {_CONDITION} gauge\n"
).encode()
_EXPIRY_HEAD: Final = (
    f"# HELP {_EXPIRY} When the first of the certificates, CAs, JWTs and credentials of a custom resource expires,"
    " as Unix time.\n"
    f"# TYPE {_EXPIRY} gauge\n"
).encode()


class _Condition(msgspec.Struct):
    type: str
    status: str


class _Status(msgspec.Struct):
    conditions: list[_Condition] | None = None
    nextExpiry: str | None = None  # noqa: N815 (the field's name in the API)


class _CustomResource(msgspec.Struct):
    status: _Status | None = None


_DECODER: Final = msgspec.json.Decoder(_CustomResource)


class CustomResourceMetrics:
    """Keeps the series of each custom resource up to date."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._numbers = Gauge("natsop_resources", "Custom resources that there are now.", ("kind",), registry=registry)
        for each in kinds.CUSTOM:
            self._numbers.labels(each.kind)
        self._conditions: dict[ObjectKey, bytes] = {}
        self._expiries: dict[ObjectKey, bytes] = {}

    def changed(self, key: ObjectKey, custom_resource: bytes | None) -> None:
        """A custom resource is new or has changed, and this is its JSON now; or it is gone."""
        is_known = key in self._conditions
        if custom_resource is None:
            if is_known:
                self._numbers.labels(key.kind).dec()
                del self._conditions[key]
                self._expiries.pop(key, None)
            return
        if not is_known:
            self._numbers.labels(key.kind).inc()
        status = _status(custom_resource)
        labels = f'kind="{key.kind}",name="{key.name}",namespace="{key.namespace}"'
        self._conditions[key] = "".join(
            f'{_CONDITION}{{{labels},status="{_escaped(each.status)}",type="{_escaped(each.type)}"}} 1.0\n'
            for each in status.conditions or ()
        ).encode()
        if next_expiry := moment(status.nextExpiry):
            self._expiries[key] = f"{_EXPIRY}{{{labels}}} {next_expiry.timestamp()}\n".encode()
        else:
            self._expiries.pop(key, None)

    def lines(self) -> Iterator[bytes]:
        """The series in the text format, which is the same for gauges in Prometheus' own and in OpenMetrics."""
        yield _CONDITION_HEAD
        yield from self._conditions.values()
        yield _EXPIRY_HEAD
        yield from self._expiries.values()


def _status(custom_resource: bytes) -> _Status:
    try:
        return _DECODER.decode(custom_resource).status or _Status()
    except msgspec.ValidationError:
        return _Status()  # somebody else's, as we report no such status


@lru_cache(maxsize=512)
def _escaped(value: str) -> str:
    """A label's value between quotes. The names of Kubernetes need none of it, but a status may say anything."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
