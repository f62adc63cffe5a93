"""Inputs: what is decided from them."""

from __future__ import annotations

from datetime import UTC, datetime

from natsop_core.inputs import Forbidden, Inputs
from natsop_core.kinds import CONFIG_MAPS
from natsop_core.references import ObjectRef

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_long_texts_and_many_objects_are_heavy_and_what_is_usual_is_not() -> None:
    keys = [ObjectRef(CONFIG_MAPS.key("prod", f"c{number}")) for number in range(1000)]
    usual = {"data": {"nats.conf": "x" * 1_000}}
    assert not Inputs(NOW, {keys[0]: usual, keys[1]: None, keys[2]: Forbidden("no")}).is_heavy
    assert Inputs(NOW, {keys[0]: usual, keys[1]: {"data": {"nats.conf": "x" * 100_000}}}).is_heavy
    assert Inputs(NOW, {keys[0]: {"binaryData": {"nats.conf": "x" * 100_000}}}).is_heavy
    assert Inputs(NOW, dict.fromkeys(keys)).is_heavy
