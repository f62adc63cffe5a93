"""HTTP requests to an API server: a limit of concurrent requests, the fence before each write, typed errors, JSON.

lightkube's own client is not used: it decodes answers into classes of kinds, and its `watch` does not list first, asks
for no bookmarks, and loses deletions after a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import msgspec

from natsop_runtime.api_server.api_warnings import ApiWarnings
from natsop_runtime.api_server.errors import GoneError, UnavailableError
from natsop_runtime.api_server.status_errors import raise_for_status, unreachable
from natsop_runtime.clock import loop_time

Object = dict[str, Any]

FenceCheck = Callable[[], None]
"""Raises LeadershipLostError when nothing may be written any more."""

NO_ANSWER: Final = "<error>"
"""Instead of an HTTP status, for requests without an answer; client-go counts them so."""

Answered = Callable[[str, str, float | None], None]
"""Called after each request: its method, the HTTP status or `NO_ANSWER`, and its seconds; None for a watch."""

MAX_CONCURRENT_REQUESTS: Final = 16

WRITE_TIMEOUT: Final = 35.0
"""Seconds to wait for the answer to a write: a webhook may take 30, and giving up earlier would repeat the write."""

TOTAL_TIMEOUT: Final = 40.0
"""Seconds for a whole request; the timeouts of the HTTP client apply to each read, and an answer may be slow."""

BEFORE_BYTES: Final = ("send_request_headers.started", "send_request_body.started")
"""The trace events of httpcore immediately before it sends a part of a request over its connection."""


@dataclass(slots=True)
class Request:
    """A request before it is sent.

    path: without the server and a leading slash. parameters: those that are None are left out. accept: other media
    types than any. read_timeout: seconds to wait for each part of the answer, instead of the client's.
    """

    method: str
    path: str
    parameters: Mapping[str, str | int | None] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = ""
    read_timeout: float | None = None


def unfenced() -> None:
    """The fence without leader election: always open."""


def uncounted(_method: str, _code: str, _seconds: float | None) -> None:
    """Without metrics."""


class HttpClient:
    """Sends requests over two clients: open watches hold their connections, and must not use up those of requests."""

    def __init__(
        self,
        requests: httpx2.AsyncClient,
        watches: httpx2.AsyncClient,
        *,
        server: str,
        check_fence: FenceCheck,
        answered: Answered,
    ) -> None:
        self.server = server
        self._requests = requests
        self._watches = watches
        self._check_fence = check_fence
        self._answered = answered
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_REQUESTS)
        self._warnings = ApiWarnings()

    def without_fence(self) -> HttpClient:
        """A client over the same connections, with its own limit of concurrent requests and without a fence."""
        return HttpClient(
            self._requests, self._watches, server=self.server, check_fence=unfenced, answered=self._answered
        )

    async def send(self, plural: str, request: Request, *, fenced: bool) -> Object:
        """Send a request; returns the object in the answer. Raises ApiError. `fenced`: only while the fence is open."""
        return _json_object(await self.content(plural, request, fenced=fenced))

    async def content(self, plural: str, request: Request, *, fenced: bool) -> bytes:
        """Like `send`, but return the body as bytes."""
        async with self._slots:
            began = loop_time()
            try:
                async with asyncio.timeout(TOTAL_TIMEOUT):
                    response = await self._send_again_when_dropped(request, fenced=fenced)
            except (httpx2.RequestError, OSError) as error:  # a timeout is one of them
                self._answered(request.method, NO_ANSWER, loop_time() - began)
                raise unreachable(error) from error
            self._answered(request.method, str(response.status_code), loop_time() - began)
        self._warnings.log(plural, response.request.url.path, response.headers.get_list("Warning"))
        raise_for_status(response)
        return response.content

    async def answer(self, request: Request, *, most: int) -> tuple[int, bytes]:
        """The HTTP status and the first bytes of the body. Raises UnavailableError if there is no answer."""
        content = bytearray()
        async with self._slots:
            began = loop_time()
            try:
                response = await self._requests.send(self._built(request), stream=True)
                async with aclosing(response.aiter_bytes()) as chunks:  # which closes the response, too
                    async for chunk in chunks:
                        content += chunk
                        if len(content) >= most:
                            break
            except (httpx2.RequestError, OSError) as error:
                self._answered(request.method, NO_ANSWER, loop_time() - began)
                raise unreachable(error) from error
            self._answered(request.method, str(response.status_code), loop_time() - began)
        return response.status_code, bytes(content[:most])

    async def lines(self, request: Request, *, silence: float) -> AsyncGenerator[bytes]:
        """An empty line once the stream has begun, then its lines; GoneError after so many seconds without a byte."""
        try:
            response = await self._watches.send(self._built(request), stream=True)
            async with aclosing(response):
                self._answered(request.method, str(response.status_code), None)
                if not response.is_success:
                    await response.aread()
                    raise_for_status(response)
                yield b""
                async with aclosing(_split(response)) as lines:
                    async for line in lines:
                        yield line
        except httpx2.ReadTimeout as error:
            raise GoneError(f"not a word for {silence:g} s") from error
        except (httpx2.RequestError, OSError) as error:
            self._answered(request.method, NO_ANSWER, None)
            raise unreachable(error) from error

    def _built(self, request: Request) -> httpx2.Request:
        """With one URL of server, path and parameters: httpx would parse it anew with each part that it adds."""
        given = [(name, value) for name, value in request.parameters.items() if value is not None]
        query = f"?{urlencode(given)}" if given else ""
        headers = {"Accept": request.accept} if request.accept else {}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        built = self._requests.build_request(
            request.method, f"{self.server}/{request.path}{query}", content=request.body, headers=headers
        )
        if request.read_timeout is not None:
            built.extensions["timeout"] = {**built.extensions["timeout"], "read": request.read_timeout}
        return built

    async def _send_again_when_dropped(self, request: Request, *, fenced: bool) -> httpx2.Response:
        """The server may close an idle connection just as it is used. All our requests may be sent twice."""
        try:
            return await self._send_once(request, fenced=fenced)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await self._send_once(request, fenced=fenced)

    async def _send_once(self, request: Request, *, fenced: bool) -> httpx2.Response:
        built = self._built(request)
        if fenced:
            built.extensions["trace"] = self._pass_gate
            built.extensions["timeout"] = {**built.extensions["timeout"], "read": WRITE_TIMEOUT}
        return await self._requests.send(built)

    async def _pass_gate(self, event: str, _details: object) -> None:
        """Check as late as possible: connecting may take long, and the process may be suspended meanwhile."""
        if event.endswith(BEFORE_BYTES):
            self._check_fence()


def _json_object(content: bytes) -> Object:
    try:
        answer = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise UnavailableError(f"The API server's answer is no JSON: {error}") from error
    if not isinstance(answer, dict):
        raise UnavailableError("The API server's answer is no object")
    return answer


async def _split(response: httpx2.Response) -> AsyncGenerator[bytes]:
    """The response's lines. httpx's own `aiter_lines` also splits at characters that JSON strings may hold (U+0085)."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
