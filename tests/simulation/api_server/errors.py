"""What the API server answers when it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence


class Refusal(Exception):  # noqa: N818 (an answer like others to those who asked)
    """An answer with a status code of 4xx or 5xx."""

    def __init__(self, code: int, reason: str, message: str, fields: Sequence[str] = (), retry_after: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.fields = fields
        self.retry_after = retry_after

    @property
    def status(self) -> str:
        """The `Status` object that explains it."""
        causes = [{"field": field, "message": self.message} for field in self.fields]
        return json.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "code": self.code,
                "reason": self.reason,
                "message": self.message,
                "details": {"causes": causes} if causes else {},
            }
        )


def not_found(what: str) -> Refusal:
    return Refusal(404, "NotFound", f"{what} not found")


def conflict(message: str) -> Refusal:
    return Refusal(409, "Conflict", message)


def already_exists(what: str) -> Refusal:
    return Refusal(409, "AlreadyExists", f"{what} already exists")


def invalid(message: str, *fields: str) -> Refusal:
    return Refusal(422, "Invalid", message, fields)


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def gone(message: str = "too old resource version") -> Refusal:
    return Refusal(410, "Expired", message)
