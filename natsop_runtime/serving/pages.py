"""What is served: `/metrics` at one port, `/healthz` and `/readyz` at another."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from aiohttp.web_response import Response

from natsop_core.names import METRICS_PATH
from natsop_runtime.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from aiohttp.web_request import BaseRequest

    from natsop_runtime.metrics import Metrics
    from natsop_runtime.serving.access import Access

METRICS: Final = METRICS_PATH
HEALTH: Final = "/healthz"
READINESS: Final = "/readyz"

SCRAPES_AT_ONCE: Final = 50
SCRAPES_PER_SECOND: Final = 20
"""From one address, where nobody needs permission. With thousands of custom resources a scrape takes milliseconds."""

HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "natsop"}
"""Of every response."""

log = logging.getLogger(__name__)


Page = Callable[["BaseRequest"], Awaitable[Response]]
WhyNot = Callable[[], str]
"""Returns what is wrong, or an empty text."""


class Pages:
    """Read-only pages by their paths."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages

    async def __call__(self, request: BaseRequest) -> Response:
        """The response to a request."""
        response = await self._response(request)
        response.headers.update(HEADERS)
        return response

    async def _response(self, request: BaseRequest) -> Response:
        page = self._pages.get(request.path)
        if page is None:
            return _text(404, f"Served here: {', '.join(self._pages)}")
        if request.method not in ("GET", "HEAD"):
            return _text(405, "This can only be read.", {"Allow": "GET, HEAD"})
        try:
            return await page(request)
        except Exception as error:  # clients learn no details, and aiohttp would log a traceback
            log.error("%s: %s", request.path, type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
            return _text(500, "This cannot be told now; the operator's log says why.")


def metrics_pages(metrics: Metrics, access: Access | None, clock: Callable[[], float]) -> Pages:
    """The metrics, for clients with access; without `access` for everyone, at a limited rate per address."""
    scrapes: RateLimiter[str] = RateLimiter(burst=SCRAPES_AT_ONCE, interval=1 / SCRAPES_PER_SECOND)

    async def page(request: BaseRequest) -> Response:
        if access is None:
            if not scrapes.admit(request.remote or "", clock()):
                return _text(429, "Too many requests from your address; come back in a second.", {"Retry-After": "1"})
        else:
            refusal = await access.refusal(_header(request, "Authorization"), request.remote or "")
            if refusal is not None:
                return _text(refusal.status, refusal.message, refusal.headers)
        content_type, text = metrics.exposition(_header(request, "Accept"))
        return Response(body=text, headers={"Content-Type": content_type})

    return Pages({METRICS: page})


def probe_pages(*, wedged: WhyNot, unready: WhyNot) -> Pages:
    """The probes. The event loop answers them itself, so an answer shows that it is not blocked."""

    async def health(_: BaseRequest) -> Response:
        if problem := wedged():
            log.error("not alive: %s", problem)  # the kubelet does not report the response when it kills the container
        return _verdict(500, problem)

    async def readiness(_: BaseRequest) -> Response:
        return _verdict(503, unready())

    return Pages({HEALTH: health, READINESS: readiness})


def _verdict(status: int, problem: str) -> Response:
    return _text(status, problem) if problem else _text(200, "ok")


def _text(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status=status, text=f"{message}\n", headers=headers)


def _header(request: BaseRequest, name: str) -> str:
    """The header's value; one that was sent twice is as good as not sent."""
    values = request.headers.getall(name, [])
    return values[0] if len(values) == 1 else ""
