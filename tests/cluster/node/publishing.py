"""A publisher that goes on in the background while something happens to the servers, and counts what it is promised."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final

import nats
from nats import errors
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from tests.cluster.node.nats import READY_WITHIN
from tests.testbed.wait import wait_until

_NOT_NOW: Final = (errors.TimeoutError, errors.NoRespondersError, NoStreamResponseError, ServiceUnavailableError)
"""There is no leader at the moment."""

PAUSE: Final = 0.02
"""Seconds between two messages: some load, on a machine that others need as well."""


@dataclass
class Publisher:
    """As a context manager, with a stream for its messages of three replicas, or of one.

    Every message has an ID by which the stream knows it: one whose acknowledgment is lost is sent once more, and not
    counted twice. acknowledged: how many the stream has promised to keep. reconnects: how often a connection was lost.
    """

    servers: list[str]
    tls: ssl.SSLContext | None = None
    hostname: str = ""
    replicas: int = 1
    acknowledged: int = 0
    reconnects: int = 0
    _is_over: threading.Event = field(default_factory=threading.Event)
    _executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _work: Future[None] | None = None

    def __enter__(self) -> Publisher:
        self._work = self._executor.submit(asyncio.run, self._publish())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._executor.shutdown()
        if self._work and kind is None:
            self._work.result()

    def await_more(self, count: int = 20) -> None:
        """Wait until the stream has acknowledged that many more messages."""
        enough = self.acknowledged + count

        def acknowledged() -> bool:
            return self.acknowledged >= enough or self._work is None or self._work.done()

        wait_until(acknowledged, READY_WITHIN, f"{count} more messages are acknowledged")
        if self._work and self._work.done():
            self._work.result()

    def stored(self) -> int:
        """How many messages the stream holds."""

        async def count() -> int:
            client = await self._connect()
            try:
                return int((await client.jetstream(timeout=30).stream_info("LOAD")).state.messages)
            finally:
                await client.close()

        return _run(count())

    async def _connect(self) -> Any:
        options: dict[str, Any] = {"tls": self.tls, "tls_hostname": self.hostname} if self.tls else {}
        return await nats.connect(
            self.servers, reconnected_cb=self._reconnected, max_reconnect_attempts=-1, connect_timeout=20, **options
        )

    async def _reconnected(self) -> None:
        self.reconnects += 1

    async def _publish(self) -> None:
        client = await self._connect()
        try:
            stream = client.jetstream(timeout=10)
            await self._add_stream(stream)
            while not self._is_over.is_set():
                headers = {"Nats-Msg-Id": str(self.acknowledged)}
                try:
                    await stream.publish("load", b"message", headers=headers)
                    self.acknowledged += 1
                except _NOT_NOW:
                    pass
                await asyncio.sleep(PAUSE)
        finally:
            await client.close()

    async def _add_stream(self, stream: Any) -> None:
        """Ready servers may still be about to elect the leader who is asked for it. Once more is no error."""
        while not self._is_over.is_set():
            try:
                await stream.add_stream(name="LOAD", subjects=["load"], num_replicas=self.replicas)
            except _NOT_NOW:
                await asyncio.sleep(PAUSE)
            else:
                return


def _run(work: Coroutine[Any, Any, int]) -> int:
    return asyncio.run(work)
