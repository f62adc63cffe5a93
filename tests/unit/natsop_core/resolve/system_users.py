"""NatsClusters with a system user, beside configuration of the user's own."""

from __future__ import annotations

from typing import Final

from tests.unit.natsop_core.world import Object, config_map

ON: Final[Object] = {"auth": {"systemUser": {"enabled": True}}}
INCLUDING: Final[Object] = ON | {
    "config": {"includes": [{"name": "mine.conf", "configMap": {"name": "mine", "key": "mine.conf"}}]}
}


def including(text: str) -> Object:
    return config_map("mine", **{"mine.conf": text})
