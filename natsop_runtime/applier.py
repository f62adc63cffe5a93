"""Applies one object of a plan, and remembers which changes by others it has reverted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core.drift import ApplyRequest, next_request, will_be_observed
from natsop_core.kinds import resource_of
from natsop_core.live import LiveObject, reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Applied, Failed, Outcome, Postponed, Repair, Taken, Unchanged
from natsop_core.ownership import Refill, TakeOwnership, next_step_of_ownership, reclaim
from natsop_core.repairs import (
    CONTESTED_AFTER,
    RepairRow,
    fields_to_repair,
    next_in_row,
    over_in,
    pause_before,
    rival,
)
from natsop_runtime.api_server.errors import ConflictError, InvalidError, NotFoundError
from natsop_runtime.clock import loop_time

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.informers import Change, Informers
    from natsop_runtime.foreign_writes import ForeignWrites

Manifest = Mapping[str, Any]

MAX_ATTEMPTS: Final = 3
"""How often a step is decided again when others change the object at the same time."""

PAUSE: Final = 1.0
"""Seconds until a failed step is retried, unless the API server asked for more."""


class Applier:
    """Applies objects of custom resources. `repaired` is called with the kind of each object that was repaired."""

    def __init__(
        self, kube: Kube, informers: Informers, repaired: Callable[[str], None], foreign_writes: ForeignWrites
    ) -> None:
        self._kube = kube
        self._informers = informers
        self._repaired = repaired
        self._foreign_writes = foreign_writes
        self._rows: dict[ObjectKey, dict[ObjectKey, RepairRow]] = {}  # by custom resource; none is empty

    def forget(self, custom_resource: ObjectKey) -> None:
        """Forget a custom resource that is gone."""
        self._rows.pop(custom_resource, None)

    async def apply(
        self,
        custom_resource: ObjectKey,
        key: ObjectKey,
        manifest: Manifest,
        expectations: set[Change],
        *,
        based_on: str | None = None,
    ) -> Outcome:
        """Make the object match the manifest; see `Executor.execute`, and `Plan` for `based_on`."""
        live = self._informers.live(key)
        for _ in range(MAX_ATTEMPTS):
            if based_on is not None and (live is None or live.uid != based_on):
                return Failed(f"{key} was deleted while this was decided", PAUSE)
            step = next_request(manifest, live)
            if isinstance(step, Taken):
                return step
            if isinstance(step, Unchanged):
                return Unchanged(self._latest_repair(custom_resource, key))
            row = await self._repair(custom_resource, key, manifest, live)
            if isinstance(row, Postponed):
                return row
            try:
                answer = await self._send(key, step)
            except ConflictError:  # it has changed since: decide again
                live = await self.look(key)
            except NotFoundError:
                self._informers.optional_kinds.doubt(resource_of(key))
                raise
            else:
                self._take_in(key, answer, expectations)
                repair = self._note(custom_resource, key, row)
                return Applied(created=live is None, adopted=step.adopts, repair=repair)
        return Failed(f"{key} is being changed by others at the same time", PAUSE)

    async def look(self, key: ObjectKey) -> LiveObject | None:
        """Read the object from the API server."""
        try:
            found = await self._kube.get_metadata(resource_of(key), key)
        except NotFoundError:
            return None
        return reduce_metadata(found["metadata"])

    def _take_in(self, key: ObjectKey, answer: dict[str, Any], expectations: set[Change]) -> None:
        change = self._informers.written(key, answer)
        if not self._informers.is_watched_in_full(key) or will_be_observed(answer):
            expectations.add(change)

    async def _send(self, key: ObjectKey, request: ApplyRequest) -> dict[str, Any]:
        if request.reclaims:
            await self._take_ownership(key, request.body, reclaim)
        try:
            return await self._apply(key, request.body, force=request.force)
        except InvalidError as refusal:
            causes = tuple(cause.field for cause in refusal.causes)
            if not request.force or not await self._take_ownership(
                key, request.body, lambda body, live: next_step_of_ownership(body, live, causes)
            ):
                raise
        return await self._apply(key, request.body, force=request.force)

    async def _apply(self, key: ObjectKey, body: Manifest, *, force: bool) -> dict[str, Any]:
        with self._foreign_writes.applying(key, body["metadata"]["annotations"][APPLIED_ANNOTATION]):
            return await self._kube.apply(resource_of(key), key, body, force=force)

    async def _take_ownership(
        self,
        key: ObjectKey,
        body: Manifest,
        next_step: Callable[[Manifest, Manifest], Refill | TakeOwnership | None],
    ) -> bool:
        """Take over fields that others own. False if there are none."""
        resource = resource_of(key)
        step = next_step(body, await self._kube.get(resource, key))
        if isinstance(step, Refill):
            step = next_step(body, await self._apply(key, step.body, force=True))
        if not isinstance(step, TakeOwnership):
            return False
        await self._kube.json_patch(resource, key, step.patch)
        return True

    async def _repair(
        self, custom_resource: ObjectKey, key: ObjectKey, manifest: Manifest, live: LiveObject | None
    ) -> RepairRow | Postponed | None:
        """The series of repairs that this apply belongs to, if it is a repair; Postponed if it has to wait."""
        fields = fields_to_repair(manifest, live) if live else ()
        if not fields:
            return None
        now = loop_time()
        before = self._rows.get(custom_resource, {}).get(key)
        if before is not None and (pause := pause_before(before, fields, now)) > 0:
            return Postponed(replace(before.latest, over_in=over_in(before, now)), pause)
        row = next_in_row(before, fields, now)
        if row.latest.in_a_row < CONTESTED_AFTER:
            return row
        found = await self._kube.get_metadata(resource_of(key), key)
        return replace(row, latest=replace(row.latest, manager=rival(manifest, found["metadata"])))

    def _note(self, custom_resource: ObjectKey, key: ObjectKey, row: RepairRow | None) -> Repair | None:
        if row is None:
            return None
        self._rows.setdefault(custom_resource, {})[key] = row
        self._repaired(key.kind)
        return self._latest_repair(custom_resource, key)

    def _latest_repair(self, custom_resource: ObjectKey, key: ObjectKey) -> Repair | None:
        """The latest repair of a series that is not over; a series that is over is forgotten."""
        rows = self._rows.get(custom_resource, {})
        if key not in rows:
            return None
        if (rest := over_in(rows[key], loop_time())) > 0:
            return replace(rows[key].latest, over_in=rest)
        del rows[key]
        if not rows:
            del self._rows[custom_resource]
        return None
