"""What is served: `/metrics` at one port, `/healthz` and `/readyz` at another. Tiny ASGI applications."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from natsop_core.names import METRICS_PATH

if TYPE_CHECKING:
    from natsop_runtime.metrics import Metrics
    from natsop_runtime.serving.access import Access

METRICS: Final = METRICS_PATH
HEALTH: Final = "/healthz"
READINESS: Final = "/readyz"

TEXT: Final = "text/plain; charset=utf-8"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Headers = Mapping[str, str]
"""A request's, by their names in lower case; one that was sent twice is as good as not sent."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, as far as it matters here. peer: the address that it comes from."""

    headers: Headers
    peer: str


Page = Callable[[Visit], Awaitable[Answer]]
WhyNot = Callable[[], str]
"""Says what is wrong, or nothing."""


class Pages:
    """An ASGI application of pages that can only be read."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Answer one request, and let the connection end with it."""
        answer = await self._answer(scope)
        headers = {
            "content-type": TEXT,
            "content-length": str(len(answer.body)),
            "connection": "close",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **answer.headers,
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: dict[str, Any]) -> Answer:
        page = self._pages.get(scope["path"])
        if page is None:
            return _text(404, f"Served here: {', '.join(self._pages)}")
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "This can only be read.", {"allow": "GET, HEAD"})
        try:
            return await page(Visit(_headers(scope), (scope["client"] or ("",))[0]))
        except Exception as error:  # a fault of ours must not look like a crash of the server
            log.error("%s: %s", scope["path"], type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
            return _text(500, "This cannot be told now; the operator's log says why.")


def metrics_pages(metrics: Metrics, access: Access | None) -> Pages:
    """The metrics, for everybody or for those that may have access."""

    async def page(visit: Visit) -> Answer:
        if access is not None:
            refusal = await access.refusal(visit.headers.get("authorization", ""), visit.peer)
            if refusal is not None:
                return _text(refusal.status, refusal.message, refusal.headers)
        content_type, text = metrics.exposition(visit.headers.get("accept", ""))
        return Answer(200, text, {"content-type": content_type})

    return Pages({METRICS: page})


def probe_pages(*, wedged: WhyNot, unready: WhyNot) -> Pages:
    """The probes. That they are answered at all proves that the event loop turns, for it answers them itself."""

    async def health(_: Visit) -> Answer:
        if problem := wedged():
            log.error("not alive: %s", problem)  # the kubelet tells nobody what the page said when it ends us
        return _verdict(500, problem)

    async def readiness(_: Visit) -> Answer:
        return _verdict(503, unready())

    return Pages({HEALTH: health, READINESS: readiness})


def _verdict(status: int, problem: str) -> Answer:
    return _text(status, problem) if problem else _text(200, "ok")


def _text(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, f"{message}\n".encode(), headers or {})


def _headers(scope: dict[str, Any]) -> Headers:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        known = name.decode("latin-1")
        headers[known] = "" if known in headers else value.decode("latin-1")
    return headers
