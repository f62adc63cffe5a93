"""Other managers that force a field of ours back each time that we set it, until they are stopped."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from natsop_core.repairs import PAUSE_SECONDS
from tests.simulation.api_server.server import Answer, Request
from tests.simulation.edits import EDITS
from tests.simulation.people import People
from tests.testbed.client import ApiError

if TYPE_CHECKING:
    from tests.simulation.api_server.storage import Change, Storage

NAME: Final = "rival"

SET_BACK_AFTER: Final = 0.5
"""Seconds after a change of the object by somebody else."""

MOST_FAST: Final = 40
"""So often may somebody have to set the same thing back less than a minute after the last time: some operators begin
anew in between, and do not know of the fight."""

FOUGHT_OVER: Final = ("conf", "service-selector", "grace-period", "account-servers", "contexts", "monitor-limit")
"""Edits that can be made again and again."""


class Rivals:
    """`send` is how they reach the API server."""

    def __init__(self, storage: Storage, send: Callable[[Request], Answer]) -> None:
        self._storage = storage
        self._send = send
        self._rivals: list[_Rival] = []

    def fight(self, namespace: str, owner: str, edit: str) -> None:
        """From now on, make this edit of a child of a custom resource whenever the child is not like that."""
        rival = _Rival(People(self._send, namespace, manager=NAME), owner, edit)
        self._rivals.append(rival)
        self._storage.listen(rival.hear)
        rival.set_back()

    def stop(self) -> None:
        """All of them leave it at that."""
        for rival in self._rivals:
            self._storage.unlisten(rival.hear)
            rival.stop()

    @property
    def misdeeds(self) -> list[str]:
        """Where the operator went on fighting as if nothing were."""
        return [f"{each.what} was set back at once {each.fast} times" for each in self._rivals if each.fast > MOST_FAST]


class _Rival:
    def __init__(self, people: People, owner: str, edit: str) -> None:
        self._people = people
        self._owner = owner
        self._edit = EDITS[edit]
        self._due: asyncio.TimerHandle | None = None
        self._is_setting_back = False
        self._latest = -math.inf
        self.what = f"{people.namespace}/{owner}: {edit}"
        self.fast = 0

    def hear(self, change: Change) -> None:
        metadata = change.now.metadata
        place = change.kind.resource.kind, metadata["namespace"], metadata["name"]
        wanted = self._edit.kind, self._people.namespace, self._edit.child(self._owner)
        if place != wanted or change.deleted:
            return
        if self._is_setting_back:
            self._count()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(SET_BACK_AFTER, self.set_back)

    def set_back(self) -> None:
        """What is like that already, the API server leaves as it is."""
        self.stop()
        self._is_setting_back = True
        with suppress(ApiError, LookupError):  # it is not there, or not yet as it will be
            self._edit.apply_to(self._people, self._owner)  # type: ignore[arg-type]
        self._is_setting_back = False

    def _count(self) -> None:
        """Something was changed: the operator had set it the other way."""
        now = asyncio.get_running_loop().time()
        self.fast += now - self._latest < PAUSE_SECONDS
        self._latest = now

    def stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
