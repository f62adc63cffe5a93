"""Carries out a plan, one step after the other; whatever becomes of a step is its outcome and stops no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from natsop_core.actions import Annotate, Delete
from natsop_core.drift import ApplyRequest, next_request, will_be_observed
from natsop_core.kinds import resource_of
from natsop_core.live import Child, LiveObject, reduce_metadata
from natsop_core.outcomes import Applied, Failed, HeldBack, Outcome, Outcomes, Rejected, Taken, Unchanged
from natsop_core.ownership import Refill, TakeOwnership, next_step_of_ownership
from natsop_core.plan import Plan, key_of
from natsop_runtime.api_server.errors import (
    ApiError,
    ConflictError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    UnavailableError,
)
from natsop_runtime.deferred_steps import NOT_TRIED, DeferredSteps, Try

if TYPE_CHECKING:
    from natsop_core.actions import Action
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.stores import Change, Stores

TRIES: Final = 3
"""How often one step is decided anew because others change the object at the same time."""

PAUSE: Final = 1.0
"""Seconds after which a failed step is worth another try, unless the API server asked for more."""

LONGEST_PLAN: Final = 45.0
"""Seconds after which no further step is begun: what became of those before must be reported some time."""

log = logging.getLogger(__name__)


class Executor:
    """Carries out plans. Logs and returns names and the API server's words, never a manifest: it may be a Secret's."""

    def __init__(self, kube: Kube, stores: Stores) -> None:
        self._kube = kube
        self._stores = stores
        self._deferred = DeferredSteps()

    async def execute(self, custom_resource: ObjectKey, plan: Plan, own_writes: set[Change]) -> Outcomes:
        """Apply and prune as the plan says. Adds to `own_writes` the changes that are all said by their outcomes.

        A step is held back when another that has to come before it could not be carried out.
        """
        applies = {key_of(each): partial(self._apply, each, key_of(each), own_writes) for each in plan.apply}
        prunes = {child.key: partial(self._delete, child) for child in plan.prune}
        acts = {action.key: partial(self._act, action, own_writes) for action in plan.actions}
        steps = applies | prunes | acts
        order = self._deferred.order(custom_resource, tuple(steps), plan.after)
        tries = await self._try_all({key: steps[key] for key in order}, plan)
        self._deferred.note(custom_resource, tries)
        for key in steps:
            if not isinstance(tries[key].outcome, Unchanged):
                log.info("%s: %s", key, tries[key].outcome, extra={"about": key})
        return {key: tries[key].outcome for key in steps}

    def forget(self, custom_resource: ObjectKey) -> None:
        """Of a custom resource that is gone nothing need be known any more."""
        self._deferred.forget(custom_resource)

    async def _try_all(
        self, steps: Mapping[ObjectKey, Callable[[], Awaitable[Outcome]]], plan: Plan
    ) -> dict[ObjectKey, Try]:
        """Carry out one step after the other, until there is no time left to begin another."""
        now = asyncio.get_running_loop().time
        begun = now()
        tries: dict[ObjectKey, Try] = {}
        for key, step in steps.items():
            before = now()
            if (held_back := self._held_back(key, plan, tries)) is not None:
                outcome = held_back
            else:
                outcome = NOT_TRIED if before - begun > LONGEST_PLAN else await _outcome(step())
            tries[key] = Try(outcome, now() - before)
        return tries

    def _held_back(self, key: ObjectKey, plan: Plan, tries: Mapping[ObjectKey, Try]) -> Outcome | None:
        """The outcome of a step that must not be begun yet, or None when it may; only a request has to wait."""
        before = (first for first in plan.after.get(key, ()) if first in tries)
        failed = [first for first in before if not isinstance(tries[first].outcome, Applied | Unchanged)]
        if not failed:
            return None
        manifest = next(each for each in plan.apply if key_of(each) == key)
        request = next_request(manifest, self._stores.live(key))
        return HeldBack(failed[0]) if isinstance(request, ApplyRequest) else request

    async def _apply(self, manifest: dict[str, Any], key: ObjectKey, own_writes: set[Change]) -> Outcome:
        live = self._stores.live(key)
        for _ in range(TRIES):
            step = next_request(manifest, live)
            if isinstance(step, Unchanged | Taken):
                return step
            try:
                answer = await self._send(key, step)
            except ConflictError:  # it is not what it was when we last heard of it: decide anew
                live = await self._look(key)
            except NotFoundError:
                self._stores.optional_kinds.doubt(resource_of(key))
                raise
            else:
                change = self._stores.written(key, answer)
                if not self._stores.is_watched_in_full(key) or will_be_observed(answer):
                    own_writes.add(change)
                return Applied(adopted=step.adopts)
        return Failed(f"{key} is being changed by others at the same time", PAUSE)

    async def _send(self, key: ObjectKey, request: ApplyRequest) -> dict[str, Any]:
        resource = resource_of(key)
        try:
            return await self._kube.apply(resource, key, request.body, force=request.force)
        except InvalidError as refusal:
            if not request.force or not await self._claim(key, request, refusal):
                raise
        return await self._kube.apply(resource, key, request.body, force=request.force)

    async def _claim(self, key: ObjectKey, request: ApplyRequest, refusal: InvalidError) -> bool:
        """Take over what others own and the apply collides with. False when that is not why it was refused."""
        resource, causes = resource_of(key), tuple(cause.field for cause in refusal.causes)
        claim = next_step_of_ownership(request.body, await self._kube.get(resource, key), causes)
        if isinstance(claim, Refill):
            live = await self._kube.apply(resource, key, claim.body, force=True)
            claim = next_step_of_ownership(request.body, live, causes)
        if not isinstance(claim, TakeOwnership):
            return False
        await self._kube.json_patch(resource, key, claim.patch)
        return True

    async def _act(self, action: Action, own_writes: set[Change]) -> Outcome:
        resource = resource_of(action.key)
        match action:
            case Annotate(key, uid, annotations):
                metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "annotations": dict(annotations)}
                body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata}
                own_writes.add(self._stores.written(key, await self._kube.apply(resource, key, body, force=True)))
            case Delete(key, uid, orphans):
                try:
                    await self._kube.delete(resource, key, uid=uid, orphans=orphans)
                except (ConflictError, NotFoundError):
                    return Unchanged()  # the object that was meant is gone
        return Applied()

    async def _look(self, key: ObjectKey) -> LiveObject | None:
        try:
            found = await self._kube.get_metadata(resource_of(key), key)
        except NotFoundError:
            return None
        return reduce_metadata(found["metadata"])

    async def _delete(self, child: Child) -> Outcome:
        """Delete the very object, as long as it is the custom resource's: somebody may just be taking it over."""
        live: LiveObject | None = child.live
        for _ in range(TRIES):
            if live is None or live.deleting or (live.uid, live.controller) != (child.live.uid, child.live.controller):
                return Unchanged()
            try:
                await self._kube.delete(resource_of(child.key), child.key, uid=live.uid, version=live.resource_version)
            except ConflictError:
                live = await self._look(child.key)
            except NotFoundError:
                return Unchanged()
            else:
                return Applied()
        return Failed(f"{child.key} is being changed by others at the same time", PAUSE)


async def _outcome(step: Awaitable[Outcome]) -> Outcome:
    """What the step returns, or what its error amounts to."""
    try:
        return await step
    except UnavailableError as error:
        return Failed(error.message, max(PAUSE, error.retry_after))
    except (ConflictError, NotFoundError, TerminatingError) as error:
        return Failed(error.message, PAUSE)
    except InvalidError as error:
        return Rejected(error.message, error.causes[0].field if error.causes else "")
    except ApiError as error:
        return Rejected(error.message)
