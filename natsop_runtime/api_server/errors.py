"""What can go wrong between us and an API server, as few kinds of error as somebody reacts to differently."""

from __future__ import annotations

from natsop_core.frozen import frozen


class ConfigurationError(Exception):
    """The configuration names no API server or user; the message says what to do."""


class ApiError(Exception):
    """A request failed; the message is the API server's."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFoundError(ApiError):
    """The object does not exist, or the API server does not serve its kind."""


class ConflictError(ApiError):
    """The object has another UID or version than the request expects."""


class GoneError(ApiError):
    """The resource version is too old to list or watch from: start again."""


class ForbiddenError(ApiError):
    """Refused by authorization or by admission (a quota, a policy); the message says which."""


class TerminatingError(ForbiddenError):
    """Refused because the namespace is being deleted."""


class RefusedError(ApiError):
    """Any other error that a retry would not change."""


@frozen
class Cause:
    """One of the reasons why the API server finds an object invalid."""

    field: str
    message: str


class InvalidError(RefusedError):
    """The API server finds the object invalid, for the causes it lists."""

    def __init__(self, message: str, causes: tuple[Cause, ...]) -> None:
        super().__init__(message)
        self.causes = causes


class UnavailableError(ApiError):
    """No usable answer: unreachable, overloaded, failing. `retry_after` is what the server asked for, in seconds."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnauthorizedError(UnavailableError):
    """The API server does not accept our credentials; this is temporary while a token is rotated."""


class CredentialsError(UnauthorizedError):
    """The program that provides our credentials failed; the message says why."""
