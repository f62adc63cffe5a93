"""Bearer tokens from a file that is kept valid by others, such as a pod's ServiceAccount token by the kubelet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import httpx2

from natsop_runtime.api_server.errors import CredentialsError

READ_AGAIN: Final = 60.0
"""Seconds after which the file is read again, as in client-go (transport/token_source.go): the kubelet replaces a token
that is valid for ten minutes when two of them are left."""

log = logging.getLogger(__name__)


class TokenFileAuth(httpx2.Auth):
    """Reads the file every minute, and at once when the API server rejects the token.

    While the file cannot be read, the last token stays in use. CredentialsError if there is none yet.
    """

    def __init__(self, file: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._token = ""
        self._read_at: float  # set when the first token is read

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send the request with the token; if it is rejected and the file has a new one, send it again."""
        if not self._token or self._clock() - self._read_at >= READ_AGAIN:
            self._read()
        used = self._token
        request.headers["Authorization"] = f"Bearer {used}"
        if (yield request).status_code == 401:
            self._read()
            if self._token != used:
                request.headers["Authorization"] = f"Bearer {self._token}"
                yield request

    def _read(self) -> None:
        self._read_at = self._clock()
        try:
            self._token = _token_in(self._file)
        except (OSError, ValueError) as error:
            if not self._token:
                raise CredentialsError(f"no token in {self._file}: {error}") from error
            log.warning("cannot read a new token: %s: %s; the last one stays in use", self._file, error)


def _token_in(file: str) -> str:
    token = Path(file).read_text(encoding="utf-8").strip()
    if not token:
        raise ValueError("the file is empty")
    if not (token.isascii() and token.isprintable()):
        raise ValueError("the file holds characters that no token has")
    return token
