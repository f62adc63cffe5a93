"""Work queues of plain keys."""

import asyncio

from natsop_runtime.queue import WorkQueue

Queue = WorkQueue[str, str]


async def ready(queue: Queue) -> list[str]:
    """All keys that are handed out now."""
    keys = []
    try:
        async with asyncio.timeout(0.02):
            while (key := await queue.get()) is not None:
                keys.append(key)
    except TimeoutError:
        pass
    return keys
