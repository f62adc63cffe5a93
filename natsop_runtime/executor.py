"""Carries out a plan, step by step. The failure of a step is its outcome and does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from natsop_core.actions import Annotate, Delete, Request, SetFinalizers
from natsop_core.drift import ApplyRequest, next_request
from natsop_core.kinds import resource_of
from natsop_core.outcomes import Applied, Failed, HeldBack, Outcome, Outcomes, Rejected, Unchanged
from natsop_core.plan import Plan, key_of
from natsop_runtime.api_server.errors import (
    ApiError,
    ConflictError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    UnavailableError,
)
from natsop_runtime.applier import MAX_ATTEMPTS, PAUSE, Applier
from natsop_runtime.clock import loop_time
from natsop_runtime.deferred_steps import NOT_TRIED, DeferredSteps, Try
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.step_log import StepLog

if TYPE_CHECKING:
    from natsop_core.actions import Action, StepKey
    from natsop_core.live import Child, LiveObject
    from natsop_core.log_lines import StepKind
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.informers import Change, Informers

EXECUTE_TIMEOUT: Final = 45.0
"""Seconds after which no further step is started, so that the outcomes are reported."""

ACTION_KINDS: Final[Mapping[type[Action], StepKind]] = {
    Annotate: "annotate",
    Delete: "delete",
    SetFinalizers: "set finalizers of",
    Request: "request",
}

Send = Callable[[Sequence[Request]], Awaitable[Outcomes]]
"""Sends the requests to the servers that they name, and returns an outcome for each within seconds."""


class Executor:
    """Carries out plans. Logs and returns names and messages, never a manifest, which may be a Secret."""

    def __init__(
        self,
        kube: Kube,
        informers: Informers,
        send: Send,
        repaired: Callable[[str], None] = lambda _kind: None,
        foreign_writes: ForeignWrites | None = None,
    ) -> None:
        self._kube = kube
        self._send = send
        self._informers = informers
        self._applier = Applier(kube, informers, repaired, foreign_writes or ForeignWrites())
        self._deferred = DeferredSteps()
        self._log = StepLog(lambda: informers.outages.is_on)

    async def execute(self, custom_resource: ObjectKey, plan: Plan, expectations: set[Change]) -> Outcomes:
        """Apply, delete and act as the plan says. Adds its own changes to `expectations`.

        A step is held back when a step that it depends on failed. Requests come last, all at once.
        """
        apply = partial(self._applier.apply, custom_resource)
        applies = {
            key: partial(apply, key, each, expectations, based_on=plan.based_on.get(key))
            for each, key in zip(plan.apply, plan.targets, strict=True)
        }
        prunes = {child.key: partial(self._delete, child) for child in plan.prune}
        requests = [action for action in plan.actions if isinstance(action, Request)]
        acts = {
            action.key: partial(self._act, action, expectations)
            for action in plan.actions
            if not isinstance(action, Request)
        }
        steps = applies | prunes | acts
        order = self._deferred.order(custom_resource, tuple(steps), plan.after)
        tries = await self._try_all({key: steps[key] for key in order}, plan)
        self._deferred.note(custom_resource, tries)
        answers = await self._send(requests) if requests else {}
        outcomes: dict[StepKey, Outcome] = {key: tries[key].outcome for key in steps}
        outcomes.update(answers)
        self._log.tell(custom_resource, _kinds(plan), outcomes)
        return outcomes

    def forget(self, custom_resource: ObjectKey) -> None:
        """Forget a custom resource that is gone."""
        self._deferred.forget(custom_resource)
        self._applier.forget(custom_resource)
        self._log.forget(custom_resource)

    async def _try_all(
        self, steps: Mapping[ObjectKey, Callable[[], Awaitable[Outcome]]], plan: Plan
    ) -> dict[ObjectKey, Try]:
        """Carry out the steps one by one, until the time is up."""
        begun = loop_time()
        tries: dict[ObjectKey, Try] = {}
        for key, step in steps.items():
            before = loop_time()
            if (held_back := self._held_back(key, plan, tries)) is not None:
                outcome = held_back
            else:
                outcome = NOT_TRIED if before - begun > EXECUTE_TIMEOUT else await _outcome(step())
            tries[key] = Try(outcome, loop_time() - before)
        return tries

    def _held_back(self, key: ObjectKey, plan: Plan, tries: Mapping[ObjectKey, Try]) -> Outcome | None:
        """The outcome of a step that has to wait for another, or None when it may start. Only writes have to wait."""
        before = (first for first in plan.after.get(key, ()) if first in tries)
        failed = [first for first in before if not isinstance(tries[first].outcome, Applied | Unchanged)]
        if not failed:
            return None
        manifest = next(each for each in plan.apply if key_of(each) == key)
        request = next_request(manifest, self._informers.live(key))
        return HeldBack(failed[0]) if isinstance(request, ApplyRequest) else request

    async def _act(self, action: Annotate | Delete | SetFinalizers, expectations: set[Change]) -> Outcome:
        resource = resource_of(action.key)
        match action:
            case Annotate(key, uid, annotations):
                metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "annotations": dict(annotations)}
                body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata}
                expectations.add(self._informers.written(key, await self._kube.apply(resource, key, body, force=True)))
            case SetFinalizers(key, uid, version, finalizers):
                guarded = {"uid": uid, "resourceVersion": version, "finalizers": finalizers or None}
                written = await self._kube.merge_patch(resource, key, {"metadata": guarded})
                expectations.add(self._informers.written(key, written))
            case Delete(key, uid):
                try:
                    await self._kube.delete(resource, key, uid=uid)
                except (ConflictError, NotFoundError):
                    return Unchanged()  # this very object is gone
        return Applied()

    async def _delete(self, child: Child) -> Outcome:
        """Delete this very object if the custom resource still controls it; somebody may have taken it over."""
        live: LiveObject | None = child.live
        for _ in range(MAX_ATTEMPTS):
            if live is None or live.deleting or (live.uid, live.controller) != (child.live.uid, child.live.controller):
                return Unchanged()
            try:
                await self._kube.delete(resource_of(child.key), child.key, uid=live.uid, version=live.resource_version)
            except ConflictError:
                live = await self._applier.look(child.key)
            except NotFoundError:
                return Unchanged()
            else:
                return Applied()
        return Failed(f"{child.key} is being changed by others at the same time", PAUSE)


def _kinds(plan: Plan) -> dict[StepKey, StepKind]:
    """What each step of the plan does to what it is about."""
    kinds: dict[StepKey, StepKind] = dict.fromkeys(plan.targets, "apply")
    kinds.update((child.key, "delete") for child in plan.prune)
    kinds.update((action.key, ACTION_KINDS[type(action)]) for action in plan.actions)
    return kinds


async def _outcome(step: Awaitable[Outcome]) -> Outcome:
    """The outcome of a step; an error becomes one."""
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
