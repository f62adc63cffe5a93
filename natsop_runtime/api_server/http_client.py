"""HTTP requests to an API server: a limit of concurrent requests, the fence before each write, typed errors, JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError

from natsop_runtime.api_server.api_warnings import ApiWarnings
from natsop_runtime.api_server.errors import GoneError, UnavailableError
from natsop_runtime.api_server.status_errors import raise_for_status, unreachable

if TYPE_CHECKING:
    from lightkube.core.generic_client import BasicRequest, GenericAsyncClient

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


def unfenced() -> None:
    """The fence without leader election: always open."""


def uncounted(_method: str, _code: str, _seconds: float | None) -> None:
    """Without metrics."""


class HttpClient:
    """Sends requests over two clients: open watches hold their connections, and must not use up those of requests."""

    def __init__(
        self,
        requests: GenericAsyncClient,
        watches: GenericAsyncClient,
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

    async def send(self, plural: str, prepared: BasicRequest, *, fenced: bool) -> Object:
        """Send a request; returns the object in the answer. Raises ApiError. `fenced`: only while the fence is open."""
        return _json_object(await self.content(plural, prepared, fenced=fenced))

    async def content(self, plural: str, prepared: BasicRequest, *, fenced: bool) -> bytes:
        """Like `send`, but return the body as bytes."""
        self._address(prepared)
        async with self._slots:
            began = _now()
            try:
                async with asyncio.timeout(TOTAL_TIMEOUT):
                    response = await self._send_again_when_dropped(prepared, fenced=fenced)
            except (httpx2.RequestError, ConfigError, OSError) as error:  # a timeout is one of them
                self._answered(prepared.method, NO_ANSWER, _now() - began)
                raise unreachable(error) from error
            self._answered(prepared.method, str(response.status_code), _now() - began)
        self._warnings.log(plural, response.request.url.path, response.headers.get_list("Warning"))
        raise_for_status(response)
        return response.content

    async def answer(self, prepared: BasicRequest, *, most: int) -> tuple[int, bytes]:
        """The HTTP status and the first bytes of the body. Raises UnavailableError if there is no answer."""
        self._address(prepared)
        content = bytearray()
        async with self._slots:
            began = _now()
            try:
                request = self._requests.build_adapter_request(prepared)
                response: httpx2.Response = await self._requests.send(request, stream=True)  # type: ignore[no-untyped-call]
                async with aclosing(response), aclosing(response.aiter_bytes()) as chunks:
                    async for chunk in chunks:
                        content += chunk
                        if len(content) >= most:
                            break
            except (httpx2.RequestError, ConfigError, OSError) as error:
                self._answered(prepared.method, NO_ANSWER, _now() - began)
                raise unreachable(error) from error
            self._answered(prepared.method, str(response.status_code), _now() - began)
        return response.status_code, bytes(content[:most])

    async def lines(self, prepared: BasicRequest, *, silence: float) -> AsyncGenerator[bytes]:
        """An empty line once the stream has begun, then its lines; GoneError after so many seconds without a byte."""
        self._address(prepared)
        try:
            request = self._watches.build_adapter_request(prepared)
            response: httpx2.Response = await self._watches.send(request, stream=True)  # type: ignore[no-untyped-call]
            async with aclosing(response):
                self._answered(prepared.method, str(response.status_code), None)
                if not response.is_success:
                    await response.aread()
                    raise_for_status(response)
                yield b""
                async with aclosing(_split(response)) as lines:
                    async for line in lines:
                        yield line
        except httpx2.ReadTimeout as error:
            raise GoneError(f"not a word for {silence:g} s") from error
        except (httpx2.RequestError, ConfigError, OSError) as error:
            self._answered(prepared.method, NO_ANSWER, None)
            raise unreachable(error) from error

    def _address(self, prepared: BasicRequest) -> None:
        """Make one URL of server, path and parameters: httpx would parse it anew with each part that it adds."""
        query = f"?{urlencode(prepared.params)}" if prepared.params else ""
        prepared.url = f"{self.server}/{prepared.url}{query}"
        prepared.params = None  # type: ignore[assignment]  # others, also empty ones, would take the place of the query

    async def _send_again_when_dropped(self, prepared: BasicRequest, *, fenced: bool) -> httpx2.Response:
        """The server may close an idle connection just as it is used. All our requests may be sent twice."""
        try:
            return await self._send_once(prepared, fenced=fenced)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await self._send_once(prepared, fenced=fenced)

    async def _send_once(self, prepared: BasicRequest, *, fenced: bool) -> httpx2.Response:
        request = self._requests.build_adapter_request(prepared)
        if fenced:
            request.extensions["trace"] = self._pass_gate
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": WRITE_TIMEOUT}
        response: httpx2.Response = await self._requests.send(request)  # type: ignore[no-untyped-call]
        return response

    async def _pass_gate(self, event: str, _details: object) -> None:
        """Check as late as possible: connecting may take long, and the process may be suspended meanwhile."""
        if event.endswith(BEFORE_BYTES):
            self._check_fence()


def _now() -> float:
    return asyncio.get_running_loop().time()


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
