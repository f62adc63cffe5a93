"""Requests to an API server and what comes back: slots, the check_fence before each write, typed errors, JSON."""

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
"""In place of an HTTP status, as client-go counts requests that fail before there is one."""

Answered = Callable[[str, str, float | None], None]
"""Called after each request: its method, the HTTP status or `NO_ANSWER`, and its seconds; None for a watch."""

REQUESTS_AT_ONCE: Final = 16

TO_ADMIT: Final = 35.0
"""Seconds to wait for the answer to a write: a webhook may take 30, and whoever hangs up before has it done again."""

LONGEST_REQUEST: Final = 40.0
"""Seconds for a whole request; the timeouts of the HTTP client are for each read, and an answer may trickle in."""

BEFORE_BYTES: Final = ("send_request_headers.started", "send_request_body.started")
"""What httpcore says of a request right before it sends anything of it, when it has its connection already."""


def unfenced() -> None:
    """The check_fence of who need not be elected."""


def uncounted(_method: str, _code: str, _seconds: float | None) -> None:
    """Without metrics."""


class HttpClient:
    """Sends requests over two clients: an open watch holds its connection, and would starve the others of theirs."""

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
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)
        self._warnings = ApiWarnings()

    def without_fence(self) -> HttpClient:
        """Another one over the same connections, with slots of its own and without a check_fence."""
        return HttpClient(
            self._requests, self._watches, server=self.server, check_fence=unfenced, answered=self._answered
        )

    async def send(self, plural: str, prepared: BasicRequest, *, fenced: bool) -> Object:
        """The object that is the answer, or an ApiError. `fenced`: only sent while the check_fence is open."""
        return _json_object(await self.content(plural, prepared, fenced=fenced))

    async def content(self, plural: str, prepared: BasicRequest, *, fenced: bool) -> bytes:
        """The answer as it comes, likewise."""
        self._address(prepared)
        async with self._slots:
            began = _now()
            try:
                async with asyncio.timeout(LONGEST_REQUEST):
                    response = await self._send_again_when_dropped(prepared, fenced=fenced)
            except (httpx2.RequestError, ConfigError, OSError) as error:  # of which a timeout is one
                self._answered(prepared.method, NO_ANSWER, _now() - began)
                raise unreachable(error) from error
            self._answered(prepared.method, str(response.status_code), _now() - began)
        self._warnings.log(plural, response.request.url.path, response.headers.get_list("Warning"))
        raise_for_status(response)
        return response.content

    async def answer(self, prepared: BasicRequest, *, most: int) -> tuple[int, bytes]:
        """The HTTP status, and of what came with it the first bytes. Raises UnavailableError where there is none."""
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
                        if len(content) > most:
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
        """An idle connection may be closed by the server just as we use it; everything we send may be sent twice."""
        try:
            return await self._send_once(prepared, fenced=fenced)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await self._send_once(prepared, fenced=fenced)

    async def _send_once(self, prepared: BasicRequest, *, fenced: bool) -> httpx2.Response:
        request = self._requests.build_adapter_request(prepared)
        if fenced:
            request.extensions["trace"] = self._pass_gate
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": TO_ADMIT}
        response: httpx2.Response = await self._requests.send(request)  # type: ignore[no-untyped-call]
        return response

    async def _pass_gate(self, event: str, _details: object) -> None:
        """Connecting may have taken long, and the process may have been stopped meanwhile: so not any earlier."""
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
