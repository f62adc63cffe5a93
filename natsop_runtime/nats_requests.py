"""Sends requests to NATS servers. Does not interpret answers; no message quotes a server."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from nats import errors

from natsop_core.outcomes import Answered, Failed, Outcome, Outcomes, Rejected
from natsop_runtime.nats_client import (
    MAX_ANSWER_BYTES,
    NotPermittedError,
    PlainConnectionError,
    RequestClient,
    UnreadableCredentialsError,
    identification,
    over_tls,
)

if TYPE_CHECKING:
    from natsop_core.actions import Request, RequestKey

TIMEOUT: Final = 4.5
"""Seconds for all requests of a plan to the same servers, including the connection."""

CONNECT_TIMEOUT: Final = 2.5
"""Seconds for a connection, then the next server is tried: a full resolver looks up an unknown account for 1.9 s."""

CLOSE_TIMEOUT: Final = 0.5

PAUSE: Final = 1.0
"""Seconds until a request is retried; the work queue waits longer each time."""

REFUSALS: Final = ("authorization violation", "authentication expired", "authentication revoked")
"""Errors of a server that does not accept credentials, or no longer (nats-server client.go)."""

REFUSED: Final = Rejected("authorization violation")
NOT_PERMITTED: Final = Rejected("permissions violation")
UNREADABLE: Final = Rejected("the credentials cannot be read")
UNANSWERED: Final = Failed(f"no answer within {TIMEOUT:g} s", PAUSE)
NO_RESPONDERS: Final = Failed("no responders for this subject", PAUSE)
TOO_LONG: Final = Failed(f"the answer is longer than {MAX_ANSWER_BYTES} bytes", PAUSE)
CLOSED: Final = Failed("the server closed the connection", PAUSE)


async def converse(requests: Sequence[Request]) -> Outcomes:
    """Send requests to the same servers with the same credentials over one connection."""
    return await _Conversation(requests).hold()


class _CannotConnectError(Exception):
    def __init__(self, outcome: Failed | Rejected) -> None:
        self.outcome = outcome


class _Conversation:
    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._answers: dict[RequestKey, asyncio.Task[Outcome]] = {}

    async def hold(self) -> Outcomes:
        """All requests at once; one outcome each, whatever happens."""
        try:
            async with asyncio.timeout(TIMEOUT):
                rest = await self._ask_the_first_reachable()
        except TimeoutError:
            rest = UNANSWERED
        finally:
            for answer in self._answers.values():
                answer.cancel()
        return {each.key: self._outcome(each.key) or rest for each in self._requests}

    def _outcome(self, key: RequestKey) -> Outcome | None:
        answer = self._answers.get(key)
        return answer.result() if answer and answer.done() else None

    async def _ask_the_first_reachable(self) -> Failed | Rejected:
        """The outcome of requests without an answer."""
        outcome: Failed | Rejected = Failed("no server is running", PAUSE)
        for url in self._requests[0].servers:
            try:
                async with self._connected(url) as client:
                    return await self._ask(client)
            except _CannotConnectError as error:
                outcome = error.outcome
            if isinstance(outcome, Rejected):
                break
        return outcome

    @asynccontextmanager
    async def _connected(self, url: str) -> AsyncIterator[RequestClient]:
        first = self._requests[0]
        client = RequestClient()
        try:
            try:
                identity = identification(first.credentials)
                options = over_tls(first.tls, identity) if first.tls else identity
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    await client.open(url, patience=CONNECT_TIMEOUT, **options)
            except Exception as error:  # nats-py and its libraries raise many kinds
                raise _CannotConnectError(_why(url, error, client.problems)) from error
            yield client
        finally:
            with suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await client.close()

    async def _ask(self, client: RequestClient) -> Failed | Rejected:
        for each in self._requests:
            self._answers[each.key] = asyncio.create_task(_answer(client, each))
        end = asyncio.create_task(client.ended.wait())
        answers = asyncio.create_task(asyncio.wait(self._answers.values()))
        try:
            await asyncio.wait((answers, end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            answers.cancel()
            end.cancel()
        return REFUSED if _is_refusal(client.last_error) else CLOSED


async def _answer(client: RequestClient, request: Request) -> Outcome:
    try:
        body = await client.ask(request.subject, request.payload, patience=TIMEOUT)
    except errors.NoRespondersError:
        return NO_RESPONDERS
    except NotPermittedError:
        return NOT_PERMITTED
    except TimeoutError:  # of the request, which may end together with the conversation's
        return UNANSWERED
    except Exception as error:  # of too many kinds, as above
        return Failed(f"it cannot be sent ({type(error).__name__})", PAUSE)
    return Answered(body) if len(body) <= MAX_ANSWER_BYTES else TOO_LONG


def _is_refusal(error: Exception | None) -> bool:
    return any(words in str(error).lower() for words in REFUSALS)


def _why(url: str, error: Exception, earlier: Sequence[Exception]) -> Failed | Rejected:
    """Why the connection failed, in our words or those of the operating system."""
    if isinstance(error, UnreadableCredentialsError):
        return UNREADABLE
    if _is_refusal(error):
        return REFUSED
    address = url.rpartition("/")[2]
    return Failed(f"no connection to {address}: {_problem(error, earlier)}", PAUSE)


def _problem(error: Exception, earlier: Sequence[Exception]) -> str:
    if isinstance(error, errors.NoServersError) and earlier:  # which hides what it was
        error = earlier[-1]
    match error:
        case TimeoutError():
            return f"no answer within {CONNECT_TIMEOUT:g} s"
        case PlainConnectionError():
            return "the server does not offer TLS"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case ssl.SSLError():
            return f"TLS failed ({error.reason or 'unknown reason'})"
        case OSError(errno=int(number)):
            return os.strerror(number)
    return f"unexpected answer ({type(error).__name__})"
