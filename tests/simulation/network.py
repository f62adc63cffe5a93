"""The way between an operator and the API server, in place of httpx's own transport: it takes time, and it fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import httpx2

from tests.simulation.api_server.errors import Refusal
from tests.simulation.api_server.server import Answer, Request
from tests.simulation.api_server.streams import WatchStream
from tests.simulation.faults import REFUSALS
from tests.simulation.recording import HttpClient

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import Target
    from tests.simulation.faults import FaultKind
    from tests.simulation.operators import Operator
    from tests.simulation.world import World

SLOW: Final = 4.0


class Network(httpx2.AsyncBaseTransport):
    """What one operator's requests go through. After a crash nothing of it gets through any more."""

    def __init__(self, world: World, operator: Operator) -> None:
        self._world = world
        self._server = world.server
        self._operator = operator
        self.streams: dict[WatchStream, None] = {}  # in their order, so that a replay is the same
        self.is_cut = False
        self.stalled_until = 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = await _read(request, self._operator.name)
        patience = request.extensions["timeout"]["read"]
        await self._travel()
        if self.stalled_until > self._world.clock():
            await asyncio.sleep(self.stalled_until - self._world.clock())
        if self.is_cut or not self._world.witness.allows_more():
            await asyncio.Event().wait()
        if (trace := request.extensions.get("trace")) is not None:  # as httpcore does, right before the bytes leave
            await trace("http11.send_request_headers.started", {"request": request})
            await trace("http11.send_request_body.started", {"request": request})
        sent_at = self._world.clock()
        fault = self._next_fault(sent)
        if fault is None or fault == "slow":
            await self._travel(SLOW if fault else 0.0)
            response = self._respond(sent, patience, sent_at)
            await self._travel()
            return response
        return await self._fail(fault, sent, patience, sent_at)

    def _next_fault(self, sent: Request) -> FaultKind | None:
        if max(self._world.black_out_until, self._operator.partitioned_until) > self._world.clock():
            return "no connection"
        return self._world.faults.next(method=sent.method, goes_on=sent.is_watch or "continue" in sent.query)

    def break_streams(self, how: str, api_version: str = "") -> None:
        """Something happens to all open watches at once, or to those of one group."""
        for stream in [each for each in self.streams if api_version in ("", each.api_version)]:
            match how:
                case "silence":
                    stream.fall_silent()
                case "reset":
                    stream.break_off(httpx2.ReadError("connection reset"))
                case "end":
                    stream.break_off()
                case "gone":
                    stream.fail(REFUSALS["gone"])
                case "error":
                    stream.fail(REFUSALS["internal error"])

    def cut(self) -> None:
        """The operator's process is dead."""
        self.is_cut = True
        for stream in tuple(self.streams):
            stream.close()

    async def _fail(self, fault: FaultKind, sent: Request, patience: float, sent_at: float) -> httpx2.Response:
        if fault in REFUSALS:
            refusal = REFUSALS[fault]
            self._record(sent, f"{refusal.code} {fault}")
            return _response(Answer(refusal.code, refusal.status, refusal.retry_after))
        if fault in ("timeout after", "reset after", "crash after") and not sent.is_watch:
            self._respond(sent, patience, sent_at)
        self._record(sent, fault)
        match fault:
            case "no connection":
                raise httpx2.ConnectError("connection refused (a fault)")
            case "reset after":
                raise httpx2.ReadError("connection reset (a fault)")
            case "crash before" | "crash after":
                self._operator.crash()
                await asyncio.Event().wait()
        await asyncio.sleep(patience)
        raise httpx2.ReadTimeout("no answer (a fault)")

    def _respond(self, sent: Request, patience: float, sent_at: float) -> httpx2.Response:
        """What the API server answers, now."""
        if self._is_forbidden(sent):
            self._record(sent, 403)
            return _response(Answer(403, Refusal(403, "Forbidden", "permission was revoked").status))
        if sent.is_watch:
            return self._open_watch(sent, patience)
        before = self._target_of(sent) if sent.is_write else None
        answer = self._server.handle(sent)
        self._record(sent, answer.code, answer.text)
        if before is not None:
            self._world.witness.see(sent, *before, sent_at=sent_at, answer=answer)
        return _response(answer)

    def _target_of(self, sent: Request) -> tuple[Target, Stored | None] | None:
        """The object that a write is about, as it is before."""
        try:
            target = self._server.target(sent.path)
        except Refusal:
            return None
        return target, self._server.storage.get(target.kind, target.namespace, target.name)

    def _open_watch(self, sent: Request, silence: float) -> httpx2.Response:
        lag = self._world.chance.choice((0.0, 0.01, 0.1, 0.5))
        try:
            stream = WatchStream(self._server, self._server.target(sent.path), sent, lag=lag, silence=silence)
        except Refusal as refusal:
            self._record(sent, refusal.code)
            return _response(Answer(refusal.code, refusal.status))
        self.streams[stream] = None
        stream.closed = self._forget
        self._record(sent, 200)
        return httpx2.Response(200, headers={"Content-Type": "application/json"}, stream=stream)

    def _forget(self, stream: WatchStream) -> None:
        self.streams.pop(stream, None)

    def _is_forbidden(self, sent: Request) -> bool:
        return any(f"/{plural}" in sent.path for plural in self._world.revoked)

    async def _travel(self, more: float = 0.0) -> None:
        await asyncio.sleep(self._world.chance.uniform(0.0005, 0.01) + more)

    def _record(self, sent: Request, result: int | str, answer: str = "") -> None:
        http_client = HttpClient(self._world.clock(), self._operator.name, sent, result, answer)
        self._world.recording.entries.append(http_client)


async def _read(request: httpx2.Request, who: str) -> Request:
    body = await request.aread()
    return Request(
        method=request.method,
        path=request.url.path,
        query=dict(request.url.params),
        content_type=request.headers.get("Content-Type", ""),
        accept=request.headers.get("Accept", ""),
        body=body.decode(),
        user=who,
    )


def _response(answer: Answer) -> httpx2.Response:
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    if answer.retry_after:
        headers["Retry-After"] = str(answer.retry_after)
    return httpx2.Response(answer.code, headers=headers, content=answer.text.encode())
