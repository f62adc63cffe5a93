"""A custom resource, and a world in which it is reconciled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from natsop_core.inputs import Inputs, Settings
from natsop_core.kinds import CLUSTERS, SECRETS
from natsop_core.lookup import NotYet
from natsop_core.outcomes import Applied, Outcome, Outcomes
from natsop_core.plan import Plan
from natsop_core.reconcile import ReconciledKind
from natsop_core.references import ObjectKey, ObjectRef, Reference
from natsop_core.report import Event, Report
from natsop_runtime.api_server.errors import ApiError, NotFoundError, UnavailableError
from natsop_runtime.cache.informers import Change
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.reconciler import Reconciler, Result
from natsop_runtime.reference_index import ReferenceIndex

Object = dict[str, Any]
KEY = CLUSTERS.key("prod", "c")
FIRST, SECOND = ObjectRef(SECRETS.key("prod", "first")), ObjectRef(SECRETS.key("prod", "second"))
READY = {"ready": True}
KEPT = Event("Normal", "IdentityKept", "The servers go on as root.", is_passing=True)
RECOVERED = Event("Normal", "Recovered", "What was wrong has been mended.")


def custom_resource(version: int = 10, **fields: Any) -> Object:
    metadata = {"name": "c", "namespace": "prod", "uid": "uid-c", "resourceVersion": str(version), "generation": 1}
    return {"apiVersion": CLUSTERS.api_version, "kind": CLUSTERS.kind, "metadata": metadata, "spec": {}} | fields


class World:
    """All that the controller works with: a core that wants two Secrets and reports READY, and what was done."""

    def __init__(self, *, raw: Object | None = None, answer: ApiError | None = None) -> None:
        self.raw = raw
        self.answer = answer
        self.unavailable = False
        self.events: list[Event] = []
        self.to_tell: tuple[Event, ...] = (RECOVERED,)
        self.outcome: Outcome = Applied()
        self.requeue_after: float | None = 30
        self.statuses: list[Object] = []
        self.rounds: list[tuple[Reference, ...]] = []
        self.index = ReferenceIndex()
        self.expectations: set[Change] = set()
        self.secret: Object | None = None
        self.threads: list[threading.Thread] = []
        self.forgotten: list[ObjectKey] = []
        self.written_meanwhile: Object | None = None
        self.is_own_write = True
        self.found: Object | None = None
        self.looked_at: list[ObjectKey] = []
        self.taken_in: list[Object] = []
        self.unavailable_later = False
        self.foreign_writes: ForeignWrites | None = ForeignWrites()
        self.settings = Settings()
        self.wanted: tuple[Reference, ...] = (FIRST, SECOND)
        self.plan = Plan()
        self.inputs: list[Inputs] = []
        self.outcomes: Outcomes | None = None
        self.status: Object | None = READY

    def reconcile(self) -> Result:
        functions = ReconciledKind(CLUSTERS, dict, self._plan, self._conclude)
        controller = Reconciler(
            reconciled=[functions],
            kube=self,  # type: ignore[arg-type]
            informers=self,  # type: ignore[arg-type]
            references=self.index,
            fetcher=self,  # type: ignore[arg-type]
            executor=self,  # type: ignore[arg-type]
            recorder=self,  # type: ignore[arg-type]
            now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
            settings=self.settings,
            entropy=lambda: b"chance",
            foreign_writes=self.foreign_writes,
        )
        return asyncio.run(controller.reconcile(KEY, self.expectations))

    def _plan(self, _custom_resource: Object, inputs: Inputs) -> Plan | NotYet:
        self.threads.append(threading.current_thread())
        self.inputs.append(inputs)
        missing = tuple(reference for reference in self.wanted if reference not in inputs)
        return NotYet(missing[:1]) if missing else self.plan

    def _conclude(self, _custom_resource: Object, _inputs: Inputs, _plan: Plan, _outcomes: Outcomes) -> Report:
        self.threads.append(threading.current_thread())
        return Report(self.status, self.to_tell, self.requeue_after)

    def in_full(self, _key: ObjectKey) -> Object | None:
        return self.raw

    async def get(self, _resource: object, key: ObjectKey) -> Object:
        self.looked_at.append(key)
        if self.unavailable_later:
            raise UnavailableError("timeout")
        if self.found is None:
            raise NotFoundError("gone")
        return self.found

    def written(self, key: ObjectKey, obj: Object) -> Change:
        self.taken_in.append(obj)
        return Change(key, obj["metadata"]["resourceVersion"])

    async def fetch(self, references: Iterable[Reference]) -> dict[Reference, Object | None]:
        self.rounds.append(tuple(references))
        if self.unavailable:
            raise UnavailableError("timeout")
        return dict.fromkeys(self.rounds[-1], self.secret)

    async def execute(self, _key: ObjectKey, _plan: Plan, expectations: set[Change]) -> Outcomes:
        if self.written_meanwhile is not None:
            self.raw = self.written_meanwhile
            if self.is_own_write:
                expectations.add(Change(KEY, self.raw["metadata"]["resourceVersion"]))
        return self.outcomes or {FIRST.key: self.outcome}

    def forget(self, key: ObjectKey) -> None:
        self.forgotten.append(key)

    async def apply_status(self, _resource: object, _key: ObjectKey, body: Object) -> Object:
        self.statuses.append(body)
        if self.answer is not None:
            raise self.answer
        return custom_resource(11, status=body["status"])

    async def send(self, _regarding: Object, events: tuple[Event, ...], _now: datetime) -> None:
        self.events += events
