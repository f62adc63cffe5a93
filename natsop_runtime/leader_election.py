"""Leader election: one of several operators works, as long as it renews a Lease.

No clocks are compared. A standby takes the Lease over when it has seen it unchanged for its whole duration. A leader
stops writing well before: two thirds of the duration after it *sent* the last successful renewal. This also holds for
a process that was suspended (SIGSTOP, a suspended machine) and resumes later.

A Lease that is absent, or without a holder though none released it, may have been taken from a leader by hand. A
standby waits for the duration that it states, or stated before, while client-go takes it at once: then two replicas
write until the leader's next renewal. A released Lease has no holder and states one second; it is taken at once.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import LEASES
from natsop_runtime.api_server.errors import ApiError, ConflictError, NotFoundError
from natsop_runtime.settings import MAX_LEASE_DURATION

if TYPE_CHECKING:
    from natsop_runtime.api_server.kube import Kube

Object = dict[str, Any]

RELEASE_TIMEOUT: Final = 2.0
"""Seconds for releasing the Lease at the end; otherwise the next leader has to wait until the Lease expires."""

MAX_RETRY_PERIOD: Final = 5.0
"""Seconds between two renewals at most: a leader must soon notice that somebody deleted its Lease or took it over."""

RESTORED_WITHIN: Final = 2 * MAX_RETRY_PERIOD
"""Seconds in which a leader restores a Lease that was deleted or edited, whatever its duration."""

RELEASED: Final = 1
"""The duration in seconds that a released Lease states, as client-go's `LeaderElector.release` writes it. A Lease whose
holder is removed by hand keeps another one."""

MAX_TRANSITIONS: Final = 2**31 - 1
"""The largest number of transitions that a Lease can hold."""

log = logging.getLogger(__name__)


class LeadershipLostError(Exception):
    """Another replica may be the leader by now: nothing may be written any more, and the process must exit."""


class Fence:
    """Until when this replica may write, by its own monotonic clock in seconds. Closed until it is extended."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = -math.inf

    @property
    def is_open(self) -> bool:
        """Whether this replica is the leader at this moment."""
        return self._clock() < self._end

    def extend(self, until: float) -> None:
        """The Lease was renewed."""
        self._end = until

    def close(self) -> None:
        """The Lease is given up."""
        self._end = -math.inf

    def check(self) -> None:
        """Called before every write. Raises LeadershipLostError when this replica is not the leader."""
        if not self.is_open:
            raise LeadershipLostError("it was not renewed in time")


class LeaderElector:
    """Acquires, renews and releases the Lease.

    duration: seconds for which the Lease is valid after a renewal. identity: unique to this process.
    """

    def __init__(
        self,
        kube: Kube,
        fence: Fence,
        *,
        name: str,
        namespace: str,
        identity: str,
        duration: int,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._kube = kube
        self._fence = fence
        self._key = LEASES.key(namespace, name)
        self._identity = identity
        self._duration = duration
        self._renew_deadline = duration * 2 / 3
        self._retry_period = min(duration * 2 / 15, MAX_RETRY_PERIOD)
        self._now = now
        self._clock = clock
        self._held: Object | None = None  # the Lease as last written, if that is known
        self._rival = ""
        self._seen: Mapping[str, Any] | None = None  # the spec that others left in the Lease, and since when
        self._seen_at = -math.inf
        self._stated_duration = 0  # by the last holder; without one, the longest stated since then
        self._trouble = ""

    @property
    def name(self) -> str:
        """The name of the Lease."""
        return self._key.name

    @property
    def namespace(self) -> str:
        """The namespace of the Lease."""
        return self._key.namespace

    async def look(self) -> Object | None:
        """Read the Lease. Raises ApiError when that is forbidden or fails."""
        try:
            return await self._kube.get(LEASES, self._key)
        except NotFoundError:
            return None

    async def acquire(self) -> None:
        """Wait until this replica is the leader."""
        waits_for = ""
        while not await self._claim():
            if self._rival not in ("", waits_for):
                waits_for = self._rival
                log.info("standing by: %s holds %s", waits_for, self._key)
            await asyncio.sleep(self._retry_period)

    async def keep(self) -> None:
        """Renew the Lease until cancelled. Raises LeadershipLostError when that fails too long, or another holds it."""
        while True:
            await asyncio.sleep(self._retry_period)
            self._fence.check()
            if not await self._claim() and self._rival:
                self._fence.close()
                raise LeadershipLostError(f"{self._rival} holds it now")

    async def release(self) -> None:
        """Stop writing, and release the Lease, so that the next leader can start at once."""
        self._fence.close()
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT):
                lease = await self.look()  # a renewal that was cut short may have been carried out
                if lease and (lease.get("spec") or {}).get("holderIdentity") == self._identity:
                    await self._kube.replace(LEASES, self._lease(lease, holder=None))
        except (ApiError, TimeoutError) as error:
            log.warning("could not release %s: %s", self._key, str(error) or "timeout")

    async def _claim(self) -> bool:
        """Write our name into the Lease, if it is ours or free. Whether that worked; if not, `_rival` may say why."""
        self._rival = ""
        asked_at = self._clock()
        try:
            async with asyncio.timeout(self._renew_deadline / 2):
                written = await self._write()
        except (ConflictError, NotFoundError):  # somebody changed or deleted it: it has to be looked at
            knew_it, self._held = self._held is not None, None
            return knew_it and await self._claim()
        except (ApiError, TimeoutError) as error:
            self._held = None
            self._tell(str(error) or "timeout")
            return False
        if written is None:
            return False
        self._held = written
        self._fence.extend(asked_at + self._renew_deadline)
        self._tell("")
        return True

    async def _write(self) -> Object | None:
        lease = self._held or await self.look()
        if not self._is_ours_to_take((lease or {}).get("spec") or {}):
            return None
        if lease is None:
            metadata = {"name": self._key.name, "namespace": self._key.namespace}
            blank = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata}
            return await self._kube.create(LEASES, self._lease(blank, holder=self._identity))
        return await self._kube.replace(LEASES, self._lease(lease, holder=self._identity))

    def _is_ours_to_take(self, spec: Mapping[str, Any]) -> bool:
        holder = spec.get("holderIdentity") or ""
        if holder == self._identity:
            return True
        if not holder and (self._fence.is_open or spec.get("leaseDurationSeconds") == RELEASED):
            return True
        self._rival = holder
        return self._has_expired(spec, holder)

    def _has_expired(self, spec: Mapping[str, Any], holder: str) -> bool:
        """Whether the Lease has been unchanged for so long that its last holder has stopped writing."""
        stated = min(spec.get("leaseDurationSeconds") or 0, MAX_LEASE_DURATION)
        self._stated_duration = stated if holder else max(stated, self._stated_duration)
        duration = max(self._duration, self._stated_duration, 0 if holder else RESTORED_WITHIN)
        if spec != self._seen:
            self._seen, self._seen_at = spec, self._clock()
            if not holder:
                log.info("%s is absent or has no holder; waiting %g s for a leader to restore it", self._key, duration)
        return self._clock() - self._seen_at >= duration

    def _lease(self, lease: Object, *, holder: str | None) -> Object:
        """The Lease with us as its holder, or with none; what else stands in it stays."""
        spec = lease.get("spec") or {}
        now = self._now().isoformat(timespec="microseconds")  # Go clients insist on all six digits of a MicroTime
        if holder is None:
            return {**lease, "spec": {"leaseDurationSeconds": RELEASED, "renewTime": now, **_transitions(spec)}}
        is_new = spec.get("holderIdentity") != holder
        acquired = now if is_new else spec.get("acquireTime") or now
        return {
            **lease,
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": self._duration,
                "acquireTime": acquired,
                "renewTime": now,
                **_transitions(spec, more=1 if is_new and spec else 0),
            },
        }

    def _tell(self, trouble: str) -> None:
        """Log why the Lease could not be acquired or renewed, once for each reason."""
        if trouble and trouble != self._trouble:
            log.warning("could not acquire or renew %s: %s; trying again", self._key, trouble)
        self._trouble = trouble


def _transitions(spec: Mapping[str, Any], *, more: int = 0) -> Object:
    return {"leaseTransitions": min((spec.get("leaseTransitions") or 0) + more, MAX_TRANSITIONS)}
