"""Kubernetes Events about custom resources, on a best-effort basis: nothing depends on them."""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import EVENTS
from natsop_core.names import FIELD_MANAGER
from natsop_runtime.api_server.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from natsop_core.report import Event
    from natsop_runtime.api_server.kube import Kube

TIMEOUT: Final = 2.0
MAX_NOTE_BYTES: Final = 1024
"""Bytes (kubernetes/pkg/apis/core/validation/events.go)."""

log = logging.getLogger(__name__)


class Recorder:
    """Sends the events of reports."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._instance = socket.gethostname()

    async def send(self, regarding: Mapping[str, Any], events: Iterable[Event], now: datetime) -> None:
        """Send events about the custom resource; one that is not accepted within `TIMEOUT` seconds is dropped."""
        for event in events:
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self._kube.create(EVENTS, self._body(regarding, event, now))
            except (ApiError, TimeoutError) as error:
                log.warning("dropped the event %s: %s", event.reason, error or "timeout")

    def _body(self, regarding: Mapping[str, Any], event: Event, now: datetime) -> dict[str, Any]:
        metadata = regarding["metadata"]
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {
                "namespace": metadata["namespace"],
                "name": f"{metadata['name'][:200]}.{uuid.uuid4().hex[:16]}",
            },
            # Go clients read a MicroTime only with all six digits, which isoformat leaves out when they are zero.
            "eventTime": now.isoformat(timespec="microseconds"),
            "reportingController": FIELD_MANAGER,
            "reportingInstance": self._instance,
            "type": event.type,
            "reason": event.reason,
            "action": event.reason,
            "note": event.message.encode()[:MAX_NOTE_BYTES].decode(errors="ignore"),
            "regarding": {
                "apiVersion": regarding["apiVersion"],
                "kind": regarding["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
        }
