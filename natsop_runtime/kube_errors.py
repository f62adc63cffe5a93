"""From what an API server or the network answers to our kinds of error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from natsop_runtime.errors import (
    ApiError,
    Cause,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RefusedError,
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


def raise_for_status(response: httpx2.Response) -> None:
    """Raise what the answer means, unless it is a success."""
    if response.is_success:
        return
    status = _status_object(response)
    raise _error(response.status_code, status, retry_after=_seconds(response.headers.get("Retry-After", "")))


def error_in_stream(status: Mapping[str, Any]) -> ApiError:
    """What an ERROR event of a watch means. A watch that cannot catch up in time (504) has to start again, too."""
    code = status.get("code", 500)
    return GoneError(status.get("message", "")) if code == 504 else _error(code, status, retry_after=0.0)


def unreachable(error: Exception) -> UnavailableError:
    """A failure of the network, of a connection, or of the program that makes our credentials."""
    return UnavailableError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _error(code: int, status: Mapping[str, Any], *, retry_after: float) -> ApiError:
    message = status.get("message") or f"HTTP status {code}"
    if code == 422:
        return _invalid(message, status)
    if code in _PLAIN:
        return _PLAIN[code](message)
    if code in (408, 429) or code >= 500:
        return UnavailableError(message, retry_after=retry_after)
    return RefusedError(message)


def _invalid(message: str, status: Mapping[str, Any]) -> ApiError:
    listed = (status.get("details") or {}).get("causes") or ()
    causes = tuple(Cause(cause.get("field", ""), cause.get("message", "")) for cause in listed)
    if any(cause.field == "metadata.uid" for cause in causes):  # our guard: another object has the name now
        return ConflictError(message)
    return InvalidError(message, causes)


def _status_object(response: httpx2.Response) -> Mapping[str, Any]:
    """The `Status` that the API server sends with an error; a proxy in between may send anything."""
    try:
        status = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return status if isinstance(status, dict) and status.get("kind") == "Status" else {}


def _seconds(header: str) -> float:
    return float(header) if header.isdecimal() else 0.0
