"""An httpx2 transport on aiohttp, which takes half of the CPU time of httpx2's own transport.

That one goes through a second abstraction of event loops, and through parsers in Python. (`make bench` compares.)
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import httpx2
from yarl import URL

from natsop_runtime.version import natsop_version

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

USER_AGENT: Final = f"natsop/{natsop_version()}"

HEADERS: Final = "http11.send_request_headers.started"
BODY: Final = "http11.send_request_body.started"
"""What the extension `trace` of a request is told right before bytes of it are sent, as by httpx2's own transport.

aiohttp calls its traces `…_sent`, and calls them just before (aiohttp/http_writer.py: write_headers, write)."""

_TLS_OBJECT: Final = re.compile(r" ssl:(?:<[^>]*>|\w+)(?= \[)")
"""What aiohttp says about TLS in the message of a connection that failed; it tells nobody anything."""

_ALL_OURS: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp must not add."""

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Connections to any number of servers; idle ones are reused within `idle_seconds`.

    context: asked for each request. A connection made with another context is not used for it.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext], *, idle_seconds: float) -> None:
        keep: dict[str, Any] = {"keepalive_timeout": idle_seconds} if idle_seconds else {"force_close": True}
        self._context = context
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, **keep),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # httpx2 does
            skip_auto_headers=_ALL_OURS,
            trace_configs=[_traced()],
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, and return the response before its body is read."""
        body = await request.aread()
        with _errors_of_httpx2():
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                data=body or None,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                ssl=self._context(),
                allow_redirects=False,
                timeout=_timeout(request),
                trace_request_ctx=request.extensions.get("trace"),
            )
        return httpx2.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


def no_cookies() -> CookieJar:
    """For httpx2's clients, which otherwise keep what any server sends, and send it to whoever has its address next."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class _Body(httpx2.AsyncByteStream):
    """The body of a response, as a stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx2():
            async for part in self._answer.content.iter_any():
                yield part

    async def aclose(self) -> None:
        self._answer.release()  # which closes the connection of one that was not read to its end


def _traced() -> aiohttp.TraceConfig:
    async def tell(event: str, context: Any) -> None:
        trace: Trace | None = context.trace_request_ctx
        if trace:
            await trace(event, {})

    async def before_headers(_session: aiohttp.ClientSession, context: Any, _: Any) -> None:
        await tell(HEADERS, context)

    async def before_body(_session: aiohttp.ClientSession, context: Any, _: Any) -> None:
        await tell(BODY, context)

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(before_headers)
    config.on_request_chunk_sent.append(before_body)
    return config


def _timeout(request: httpx2.Request) -> aiohttp.ClientTimeout:
    wanted = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(sock_connect=wanted.get("connect"), sock_read=wanted.get("read"))


@contextmanager
def _errors_of_httpx2() -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientError as error:
        said = _TLS_OBJECT.sub("", str(error)) or type(error).__name__
        raise next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))(said) from error


_ERRORS: Final[tuple[tuple[type[Exception], type[httpx2.TransportError]], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx2.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientOSError, httpx2.ReadError),
    (aiohttp.ClientConnectionError, httpx2.WriteError),
    (aiohttp.ClientError, httpx2.RemoteProtocolError),
)
"""The first match counts."""
