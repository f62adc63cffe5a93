"""Maps HTTP answers and network failures to typed errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from natsop_runtime.api_server.errors import (
    ApiError,
    Cause,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RefusedError,
    TerminatingError,
    UnauthorizedError,
    UnavailableError,
)

if TYPE_CHECKING:
    import httpx2

_PLAIN: Final[Mapping[int, type[ApiError]]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
}

_TOO_LARGE: Final = ("etcdserver: request is too large", "trying to send message larger than max")
"""Messages of etcd and its client for an object that is too large, which the API server returns as its own failure."""

AUDIT_ID: Final = "Audit-Id"
"""A header of every response of an API server (apiserver/pkg/endpoints/filters/audit_init.go). Its 404 for a kind that
it does not serve has no `Status`."""

MAX_RETRY_AFTER: Final = 60.0
"""The longest Retry-After, in seconds: a proxy must not stop us for a day."""

MAX_MESSAGE_LENGTH: Final = 2_000
"""Characters; an error quotes the invalid value, which may be a megabyte."""


def raise_for_status(response: httpx2.Response) -> None:
    """Raise the error of an answer, unless it is a success."""
    if response.is_success:
        return
    status = _status_object(response)
    if response.status_code == 404 and not status and AUDIT_ID not in response.headers:
        raise UnavailableError("HTTP status 404 from something in front of the API server, such as a proxy")
    raise _error(response.status_code, status, retry_after=_seconds(response.headers.get("Retry-After", "")))


def error_in_stream(status: Mapping[str, Any]) -> ApiError:
    """What an ERROR event of a watch means. A watch that cannot catch up in time (504) has to start again, too."""
    code = status.get("code", 500)
    return GoneError(status.get("message", "")) if code == 504 else _error(code, status, retry_after=0.0)


def unreachable(error: Exception) -> UnavailableError:
    """A failure of the network, of a connection, or of the program that makes our credentials."""
    return UnavailableError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _error(code: int, status: Mapping[str, Any], *, retry_after: float) -> ApiError:
    message = _fitting(status.get("message") or f"HTTP status {code}")
    if code == 422:
        return _invalid(message, status)
    if code == 403 and any(cause.get("reason") == "NamespaceTerminating" for cause in _causes(status)):
        return TerminatingError(message)
    if code == 500 and any(words in message for words in _TOO_LARGE):
        return RefusedError(message)
    if code in _PLAIN:
        return _PLAIN[code](message)
    if code in (408, 429) or code >= 500:
        return UnavailableError(message, retry_after=retry_after)
    return RefusedError(message)


def _invalid(message: str, status: Mapping[str, Any]) -> ApiError:
    causes = tuple(Cause(cause.get("field", ""), _fitting(cause.get("message", ""))) for cause in _causes(status))
    if any(cause.field == "metadata.uid" for cause in causes):  # our guard: another object has the name now
        return ConflictError(message)
    return InvalidError(message, causes)


def _causes(status: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    listed: Sequence[Mapping[str, Any]] = (status.get("details") or {}).get("causes") or ()
    return listed


def _fitting(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE_LENGTH else f"{message[:MAX_MESSAGE_LENGTH]}… (cut off)"


def _status_object(response: httpx2.Response) -> Mapping[str, Any]:
    """The `Status` that the API server sends with an error; a proxy in between may send anything."""
    try:
        status = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return status if isinstance(status, dict) and status.get("kind") == "Status" else {}


def _seconds(header: str) -> float:
    return min(float(header), MAX_RETRY_AFTER) if header.isdecimal() else 0.0
