"""Log lines: their two formats, the custom resource that they are about, and how errors are told."""

from __future__ import annotations

import asyncio
import json
import logging
import re

import pytest

from natsop_core.kinds import CLUSTERS
from natsop_runtime.logs import CALLS_TOLD, FORMATS, JsonLines, Text, about, fault, set_up
from tests.unit.natsop_runtime.logged import logged

CLUSTER = CLUSTERS.key("prod", "c")


def record(message: str, *arguments: object) -> logging.LogRecord:
    made = logging.LogRecord("natsop_runtime.controller", logging.WARNING, "", 0, message, arguments, None)
    made.created = 1767323045.25
    return made


def test_a_line_of_json_is_one_object_with_the_time_in_utc() -> None:
    line = JsonLines().format(record('two\n%s "lines"', "quoted"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-01-02T03:04:05.250Z",
        "level": "warning",
        "logger": "natsop_runtime.controller",
        "message": 'two\nquoted "lines"',
    }


def test_a_line_of_text_has_the_time_in_utc_and_the_custom_resource() -> None:
    assert Text().format(record("trouble")) == "2026-01-02T03:04:05.250Z WARNING trouble"
    with about(CLUSTER):
        assert Text().format(record("trouble")).endswith(" WARNING NatsCluster prod/c: trouble")


def test_whatever_is_logged_while_a_custom_resource_is_reconciled_can_be_found_by_it() -> None:
    log = logging.getLogger("natsop_runtime.some_module")

    async def reconcile(name: str) -> None:
        with about(CLUSTERS.key("prod", name)):
            await asyncio.sleep(0)
            log.info("one")
            await asyncio.create_task(helper())
            with about(None):
                log.info("nobody's")

    async def helper() -> None:
        log.info("two", extra={"fields": {"action": "created"}})

    async def story() -> None:
        await asyncio.gather(reconcile("a"), reconcile("b"))
        log.info("afterwards")

    with logged() as lines:
        asyncio.run(story())
    mine = [line for line in lines if line.get("name") == "a"]
    assert [(line["message"], line.get("action")) for line in mine] == [("one", None), ("two", "created")]
    assert {(line["controllerKind"], line["namespace"]) for line in mine} == {("NatsCluster", "prod")}
    assert len({line["reconcileID"] for line in mine}) == 1
    assert len({line["reconcileID"] for line in lines if "reconcileID" in line}) == 2
    assert [line["message"] for line in lines if "name" not in line] == ["nobody's", "nobody's", "afterwards"]


@pytest.mark.parametrize("format_", [None, *FORMATS])
@pytest.mark.parametrize("terminal", [True, False])
def test_the_format_is_the_one_asked_for_or_that_of_where_it_goes(
    format_: str | None, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up("info", format_)  # type: ignore[arg-type]
        logging.getLogger("natsop_runtime.x").info("hello")
        is_text = not capsys.readouterr().err.startswith("{")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        logging.getLogger("nats").setLevel(logging.NOTSET)
        logging.getLogger("natsop_runtime").setLevel(logging.NOTSET)
    assert is_text == (format_ == "text" or (format_ is None and terminal))


def test_an_error_is_told_by_its_last_calls_and_not_by_its_words() -> None:
    def deep(levels: int) -> None:
        if not levels:
            raise KeyError("hunter2")
        deep(levels - 1)

    with pytest.raises(KeyError) as caught:
        deep(9)
    places = fault(caught.value).removeprefix("KeyError in ").split(", called by ")
    assert len(places) == CALLS_TOLD
    assert {place.partition(":")[0] for place in places} == {__name__}
    assert places[0] != places[1] == places[2]
    assert fault(ValueError("never raised")) == "ValueError in no known place"


def test_the_place_of_an_error_in_a_package_names_the_package() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    places = fault(caught.value)
    modules = ["json.decoder", "json.decoder", "json", __name__]
    assert re.findall(r"([\w.]+):\d+", places) == modules, places
