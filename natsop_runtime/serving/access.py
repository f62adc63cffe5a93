"""Who may read the metrics: the API server knows the caller's token (TokenReview) and rights (SubjectAccessReview).

An answer holds for a while, so that a scrape costs no requests. A caller that makes up tokens costs few: about tokens
that nobody has seen yet, each address gets ten questions a second, and those of one address keep no other waiting. Who
was let in before, or has a new token of somebody who was let in from the same address, has a budget apart from them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import shlex
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from natsop_core.frozen import frozen
from natsop_core.kinds import ACCESS_REVIEWS, TOKEN_REVIEWS
from natsop_runtime.api_server.errors import ApiError, ForbiddenError
from natsop_runtime.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource

Object = dict[str, Any]

ALLOWED_HOLDS: Final = 60.0
REFUSED_HOLDS: Final = 10.0
"""Seconds for which an answer of the API server is cached; a refusal is short, since rights may be granted."""

REMEMBERED: Final = 1000
"""The number of accepted tokens, and of refused ones, that are remembered."""

NEWCOMERS_AT_ONCE: Final = 20
NEWCOMERS_PER_SECOND: Final = 10
"""New tokens from one address that are reviewed."""

MAX_CONCURRENT_REVIEWS: Final = 4
"""Concurrent reviews; most requests to a slow API server are left to the controller."""

REVIEW_TIMEOUT: Final = 5.0
"""Seconds for both reviews: Prometheus waits for 10 by default."""

log = logging.getLogger(__name__)


class Reviews(Protocol):
    """The API server's reviews."""

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        """Ask; the object with its status filled in. ApiError when there is no answer."""
        ...


@frozen
class Refusal:
    """A refusal: an HTTP status, and what to do about it."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)


UNAUTHENTICATED: Final = Refusal(
    401,
    "Say who you are: send the token of a ServiceAccount that the API server knows as Authorization: Bearer TOKEN.",
    {"WWW-Authenticate": "Bearer"},
)
TOO_MANY: Final = Refusal(429, "Too many unknown tokens at once; come back in a second.", {"Retry-After": "1"})
CANNOT_ASK: Final = Refusal(503, "The API server cannot be asked who may read this; the operator's log says why.")


class Sender(NamedTuple):
    """From where a token comes, and whose it claims to be; empty where it says nothing, or counts for nothing."""

    peer: str
    subject: str


class Access:
    """Authenticates and authorizes clients: they need the right to `get` the path."""

    def __init__(self, reviews: Reviews, path: str, clock: Callable[[], float]) -> None:
        self._reviews = reviews
        self._path = path
        self._clock = clock
        self._allowed = _Answers(ALLOWED_HOLDS, clock)
        self._refused = _Answers(REFUSED_HOLDS, clock)
        self._newcomers: RateLimiter[Sender] = RateLimiter(burst=NEWCOMERS_AT_ONCE, interval=1 / NEWCOMERS_PER_SECOND)
        self._let_in: OrderedDict[Sender, None] = OrderedDict()  # lately, whatever their tokens
        self._slots = {known: asyncio.Semaphore(MAX_CONCURRENT_REVIEWS) for known in (True, False)}
        self._asking: dict[bytes, asyncio.Task[Refusal | None]] = {}
        self._could_ask = True

    async def refusal(self, authorization: str, peer: str) -> Refusal | None:
        """Why the sender of this Authorization header may not read the path, or None when it may.

        peer: the address that it comes from.
        """
        token = _bearer_token(authorization)
        if not token:
            return UNAUTHENTICATED
        key = hashlib.sha256(token.encode()).digest()
        for answers in (self._allowed, self._refused):
            if answers.hold(key):
                return answers.get(key)
        if key not in self._asking:
            sender = Sender(peer, claimed_subject(token))
            known = sender in self._let_in
            budget = sender if known else Sender(peer, "")
            if key not in self._allowed and not self._newcomers.admit(budget, self._clock()):
                return TOO_MANY
            asking = self._ask(key, token, sender, known=known or key in self._allowed)
            self._asking[key] = asyncio.create_task(asking)
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key))
        return await asyncio.shield(self._asking[key])  # others may wait for the same answer

    def close(self) -> None:
        """Ask no more; who waits for an answer is told that there will be none."""
        for asking in self._asking.values():
            asking.cancel()

    def _remember(self, sender: Sender) -> None:
        self._let_in[sender] = None
        self._let_in.move_to_end(sender)
        if len(self._let_in) > REMEMBERED:
            self._let_in.popitem(last=False)

    async def _ask(self, key: bytes, token: str, sender: Sender, *, known: bool) -> Refusal | None:
        try:
            async with asyncio.timeout(REVIEW_TIMEOUT), self._slots[known]:
                refusal = await self._review(token)
        except (ApiError, TimeoutError) as error:
            self._log_once(error)
            return CANNOT_ASK
        except asyncio.CancelledError:  # see `close`
            return CANNOT_ASK
        self._could_ask = True
        if refusal is None:
            self._allowed.put(key, None)
            if sender.subject:
                self._remember(sender)
        else:
            self._allowed.forget(key)
            self._refused.put(key, refusal)
        return refusal

    async def _review(self, token: str) -> Refusal | None:
        answer = await self._reviews.create_review(TOKEN_REVIEWS, _review(TOKEN_REVIEWS, {"token": token}))
        status = answer.get("status") or {}
        if status.get("authenticated") is not True:
            return UNAUTHENTICATED
        user = status.get("user") or {}
        question = {
            "user": user.get("username", ""),
            "uid": user.get("uid", ""),
            "groups": user.get("groups") or [],
            "extra": user.get("extra") or {},
            "nonResourceAttributes": {"path": self._path, "verb": "get"},
        }
        answer = await self._reviews.create_review(ACCESS_REVIEWS, _review(ACCESS_REVIEWS, question))
        if (answer.get("status") or {}).get("allowed") is not True:
            return Refusal(403, _how_to_grant(question["user"], self._path))
        return None

    def _log_once(self, error: Exception) -> None:
        """Say why nobody can be let in, until it works again: every scrape meets the same."""
        if self._could_ask:
            advice = "; bind the ClusterRole system:auth-delegator to the operator's ServiceAccount"
            why = f"{error or 'no answer in time'}{advice if isinstance(error, ForbiddenError) else ''}"
            log.warning("cannot ask the API server who may read %s: %s", self._path, why)
        self._could_ask = False


class _Answers:
    """The latest answers, each of which holds for a while; those that were asked for last are kept longest."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._answers: OrderedDict[bytes, tuple[float, Refusal | None]] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        return key in self._answers

    def hold(self, key: bytes) -> bool:
        """Whether there is an answer that holds still."""
        return key in self._answers and self._clock() < self._answers[key][0]

    def get(self, key: bytes) -> Refusal | None:
        self._answers.move_to_end(key)
        return self._answers[key][1]

    def put(self, key: bytes, answer: Refusal | None) -> None:
        self._answers[key] = self._clock() + self._seconds, answer
        self._answers.move_to_end(key)
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def forget(self, key: bytes) -> None:
        self._answers.pop(key, None)


def _bearer_token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def claimed_subject(token: str) -> str:
    """Whose a JSON Web Token claims to be, which nobody has verified; empty for other tokens."""
    _, _, rest = token.partition(".")
    claims = rest.partition(".")[0]
    try:
        claimed = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, RecursionError):
        return ""
    subject = claimed.get("sub") if isinstance(claimed, dict) else None
    return subject if isinstance(subject, str) else ""


def _review(resource: ApiResource, spec: Object) -> Object:
    return {"apiVersion": resource.api_version, "kind": resource.kind, "spec": spec}


def _how_to_grant(user: str, path: str) -> str:
    account = user.removeprefix("system:serviceaccount:")
    subject = f"--user={shlex.quote(user)}" if account == user else f"--serviceaccount={account}"
    return (
        f"{user} may not get {path}. To grant it:\n"
        f"kubectl create clusterrole natsop-metrics-reader --verb=get --non-resource-url={path}\n"
        f"kubectl create clusterrolebinding natsop-metrics-reader --clusterrole=natsop-metrics-reader {subject}"
    )
