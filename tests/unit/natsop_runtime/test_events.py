"""Events about custom resources."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from natsop_core.report import Event
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.events import Recorder

CUSTOM_RESOURCE = {
    "apiVersion": "nats.crewlet.cloud/v1alpha1",
    "kind": "NatsCluster",
    "metadata": {"name": "c", "namespace": "prod", "uid": "uid-c", "resourceVersion": "7"},
}
WHOLE_SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Mailbox:
    """Takes events, or does not."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.bodies: list[dict[str, Any]] = []

    def create(self, _resource: object, body: dict[str, Any]) -> Awaitable[None]:
        self.bodies.append(body)
        if self.full:
            raise UnavailableError("overloaded")
        return asyncio.sleep(0)


def send(mailbox: Mailbox, *events: Event) -> list[dict[str, Any]]:
    recorder = Recorder(mailbox)  # type: ignore[arg-type]
    asyncio.run(recorder.send(CUSTOM_RESOURCE, events, WHOLE_SECOND))
    return mailbox.bodies


def test_an_event_is_about_the_custom_resource_and_readable_for_go_clients() -> None:
    (body,) = send(Mailbox(), Event("Warning", "NameConflict", "x" * 2000))
    assert body["regarding"]["uid"] == "uid-c"
    assert body["eventTime"] == "2026-01-02T03:04:05.000000+00:00"
    assert (body["type"], body["reason"], len(body["note"])) == ("Warning", "NameConflict", 1024)


def test_a_note_is_as_long_as_the_api_server_counts_it() -> None:
    (body,) = send(Mailbox(), Event("Warning", "NameConflict", "x" + "…" * 1000))
    assert 1021 <= len(body["note"].encode()) <= 1024


def test_an_event_that_is_not_taken_fails_nothing_and_the_next_has_its_chance() -> None:
    assert len(send(Mailbox(full=True), Event("Normal", "Available", "a"), Event("Normal", "Recovered", "b"))) == 2
