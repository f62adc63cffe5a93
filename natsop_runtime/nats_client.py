"""nats-py's client, for one short conversation with one server that may be anybody's."""

from __future__ import annotations

import asyncio
import re
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import nkeys
from nats import errors
from nats.aio.client import Client, RawCredentials
from nats.protocol.parser import Parser

from natsop_runtime.tls import verify_like_go

if TYPE_CHECKING:
    from natsop_core.actions import Credentials, RequestTls

MAX_ANSWER_BYTES: Final = 2**20
"""Bytes; more than a server's own limit for a message, unless somebody has raised that."""

_UNREAD: Final = MAX_ANSWER_BYTES + 2**16
"""Bytes that are kept until they are a whole message, with what stands around it."""

_DENIED: Final = 'permissions violation for publish to "{}"'
"""As nats-py hands it on, in lower case."""

_CREDS_BLOCK: Final = re.compile(r"---\s*BEGIN (NATS USER JWT|USER NKEY SEED)\s*-{3,}\s+(\S+)\s+-{3,}")


class PlainConnectionError(errors.Error):
    """The server offers no TLS, and is not told who we are without."""


class UnreadableCredentialsError(Exception):
    """The credentials are none."""


class NotPermittedError(errors.Error):
    """Whoever we are may not ask this."""


class RequestClient(Client):
    """Never reconnects, and keeps no more than it can use of what a server sends.

    nats-py has no option for that limit: its parser is replaced under a private name (docs/contributing/decisions.md).
    problems: what went wrong so far. ended: set once the connection is closed, whoever did it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ps = _BoundedParser(self)
        self.problems: list[Exception] = []
        self.ended = asyncio.Event()
        self._denied: dict[str, asyncio.Future[None]] = {}  # by subject

    async def open(self, url: str, *, patience: float, **options: Any) -> None:
        """Connect, or raise what keeps us from it."""
        await self.connect(
            url,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # the least that is not endless
            reconnect_time_wait=0,
            connect_timeout=patience,  # type: ignore[arg-type]  # of each step, and a float will do
            error_cb=self._note,
            closed_cb=self._note_end,
            **options,
        )

    async def ask(self, subject: str, payload: bytes, *, patience: float) -> bytes:
        """The answer. NotPermittedError at once where a server says so, which ends no connection."""
        denied = self._denied.setdefault(subject, asyncio.get_running_loop().create_future())
        asking = asyncio.create_task(self.request(subject, payload, timeout=patience))
        try:
            await asyncio.wait((asking, denied), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise NotPermittedError
            return asking.result().data
        finally:
            asking.cancel()

    async def _note(self, problem: Exception) -> None:
        self.problems.append(problem)
        text = str(problem)
        for subject, denied in self._denied.items():
            if _DENIED.format(subject.lower()) in text and not denied.done():
                denied.set_result(None)

    async def _note_end(self) -> None:
        self.ended.set()


class _BoundedParser(Parser):
    async def parse(self, data: bytes = b"") -> None:
        if len(self.buf) + len(data) > _UNREAD:
            raise errors.ProtocolError
        await super().parse(data)


def identification(credentials: Credentials) -> dict[str, Any]:
    """The client's options for these credentials. UnreadableCredentialsError where they cannot be used."""
    if credentials.creds:
        found = dict(_CREDS_BLOCK.findall(credentials.creds))
        token, seed = found.get("NATS USER JWT", ""), found.get("USER NKEY SEED", "")
        if not token:  # nats-py would look for it for ever
            raise UnreadableCredentialsError
        return {"user_credentials": RawCredentials(_creds_file(token, _readable(seed)))}
    if credentials.nkey_seed:
        return {"nkeys_seed_str": _readable(credentials.nkey_seed.strip())}
    if credentials.user:
        return {"user": credentials.user, "password": credentials.password}
    return {}


def over_tls(tls: RequestTls, identification: dict[str, Any]) -> dict[str, Any]:
    """The client's options to verify the server, and then to identify as `identification` says.

    Without TLS, which nats-py uses only if the server requires it, nothing is sent: nats-py calls functions for the
    user and the token when it is about to send CONNECT. To a server, an empty token is none. Raises OSError where the
    CA cannot be read.
    """
    verified = verification(tls)

    def checked(text: str) -> str:
        if not verified["tls"].session_stats()["connect_good"]:
            raise PlainConnectionError
        return text

    user = identification.get("user")
    late = {"user": partial(checked, user)} if user else {"token": partial(checked, "")}
    return identification | verified | late


def verification(tls: RequestTls) -> dict[str, Any]:
    """The client's options to verify the server. Raises OSError where the CA cannot be read."""
    context = verify_like_go(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if tls.ca:
        context.load_verify_locations(cadata=tls.ca.decode("ascii", "replace"))
    else:
        context.load_default_certs()
    return {"tls": context, "tls_hostname": tls.server_name}


def _readable(seed: str) -> str:
    try:
        nkeys.from_seed(seed.encode())
    except (nkeys.NkeysError, ValueError) as error:
        raise UnreadableCredentialsError from error
    return seed


def _creds_file(token: str, seed: str) -> str:
    """In the one form that nats-py reads."""
    return f"-----BEGIN NATS USER JWT-----\n{token}\n-----BEGIN USER NKEY SEED-----\n{seed}\n------END------\n"
