"""An API server that reviews tokens and access, and who is given access to the metrics."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from natsop_core.kinds import ACCESS_REVIEWS, ApiResource
from natsop_runtime.api_server.errors import ApiError
from natsop_runtime.serving.access import Access, Refusal

Object = dict[str, Any]

PROMETHEUS = "system:serviceaccount:monitoring:prometheus"


class ApiServer:
    """Knows the tokens of `users`, lets the names in `may_read` read, and fails as it is told to."""

    def __init__(self) -> None:
        self.users = {"good": PROMETHEUS, "poor": "system:serviceaccount:prod:poor", "jane": "jane o'hara"}
        self.may_read = {PROMETHEUS}
        self.asked: list[tuple[str, Object]] = []
        self.failure: ApiError | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.busy = self.most_busy = 0

    @property
    def tokens_reviewed(self) -> list[str]:
        return [spec["token"] for kind, spec in self.asked if kind == "TokenReview"]

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        assert (body["apiVersion"], body["kind"]) == (resource.api_version, resource.kind)
        self.asked.append((resource.kind, body["spec"]))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.sleep(0)
            await self.answers.wait()
        finally:
            self.busy -= 1
        if self.failure is not None:
            raise self.failure
        return {**body, "status": self._status(resource, body["spec"])}

    def _status(self, resource: ApiResource, spec: Object) -> Object:
        if resource == ACCESS_REVIEWS:
            return {"allowed": spec["user"] in self.may_read}
        if (name := self.users.get(spec["token"])) is None:
            return {"authenticated": False, "error": f"token {spec['token']} is unknown"}
        return {"authenticated": True, "user": {"username": name, "uid": "u-1", "groups": ["g"], "extra": {"k": ["v"]}}}


class World:
    """An API server, a clock that a test moves, and the access that it gives."""

    def __init__(self) -> None:
        self.api = ApiServer()
        self.now = 1000.0
        self.access = Access(self.api, "/metrics", lambda: self.now)

    async def refusal(self, token: str, peer: str = "10.0.0.1") -> Refusal | None:
        return await self.access.refusal(f"Bearer {token}", peer)


def tell(story: Callable[[World], Awaitable[None]]) -> None:
    """Run a story in a world of its own."""

    async def begin() -> None:
        async with asyncio.timeout(20):
            await story(World())

    asyncio.run(begin())


def jwt(subject: str, number: int) -> str:
    """A token as a ServiceAccount has it, but for its signature."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject, "jti": number}).encode()).rstrip(b"=")
    return f"header.{claims.decode()}.signature"
