"""What the log says of an outage that some watches and custom resources notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from natsop_core.kinds import CLUSTERS, SECRETS, STATEFUL_SETS
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.outages import Outages
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.logged import logged, messages

AWAY = UnavailableError("connection refused")
CLUSTER = CLUSTERS.key("prod", "c")
WATCHES = (
    Selection(CLUSTERS),
    Selection(SECRETS, metadata_only=True),
    Selection(STATEFUL_SETS, metadata_only=True),
    Selection(STATEFUL_SETS, labels="ours"),
)


def told(story: Callable[[Outages], Awaitable[None]], watches: tuple[Selection, ...] = WATCHES) -> list[str]:
    """What is logged in a story in which all watches work at first. It begins at a time other than 0."""

    async def whole() -> None:
        await asyncio.sleep(1000)
        outages = Outages()
        for watch in watches:
            outages.works(watch)
        await story(outages)

    with logged() as lines:
        in_virtual_time(whole)
    assert not [line for line in lines if "name" in line], "no custom resource has anything to do with it"
    return messages(lines)
