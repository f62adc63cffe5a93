"""A reflector's store becomes equal to what the API server has, whatever happens to lists and watches."""

from __future__ import annotations

import json

import httpx2
import pytest

from natsop_runtime.api_server import kube as kube_module
from tests.unit.natsop_runtime.cache.reflected import reflecting
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import config_map, failure, until

pytestmark = pytest.mark.usefixtures("impatience")


def test_a_long_list_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_module.Kube.list_pages, "__kwdefaults__", {"page_size": 2})

    async def story() -> None:
        async with reflecting("a", "b", "c", "d", "e") as reflected:
            await reflected.equal()
            assert reflected.api.lists() == 3

    in_virtual_time(story)


def test_changes_are_followed() -> None:
    async def story() -> None:
        async with reflecting("a", "b") as reflected:
            reflected.api.put("c")
            reflected.api.put("a")
            reflected.api.remove("b")
            await reflected.equal()
            assert reflected.told == ["c", "a", "-b"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)


def test_a_watch_that_broke_carries_on_where_it_was() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.end_watches(httpx2.ReadError("connection reset"))
            reflected.api.put("b")
            reflected.api.remove("a")
            await reflected.equal()
            assert reflected.told == ["b", "-a"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)


def test_what_was_deleted_in_a_gap_too_long_for_a_watch_is_told_after_a_list() -> None:
    async def story() -> None:
        async with reflecting("a", "b") as reflected:
            reflected.api.end_watches()
            reflected.api.remove("a")
            reflected.api.put("c")
            reflected.api.forget_history()
            await reflected.equal()
            assert sorted(reflected.told) == ["-a", "c"]

    in_virtual_time(story)


def test_the_history_may_be_forgotten_in_the_middle_of_a_watch() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.send(b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}')
            await until(lambda: reflected.api.lists() == 2, "a second list")
            reflected.api.put("b")
            await reflected.equal()

    in_virtual_time(story)


def test_a_bookmark_is_where_the_next_watch_begins() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.bookmark()
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.watched_from()) == 2, "a second watch")
            assert reflected.api.watched_from()[1] == str(reflected.api.version)
            assert reflected.told == []

    in_virtual_time(story)


def test_after_a_watch_that_fell_silent_everything_is_listed_again() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.end_watches(httpx2.ReadTimeout("nothing for a long time"))
            reflected.api.put("b")
            await reflected.equal()
            assert reflected.api.lists() == 2

    in_virtual_time(story)


@pytest.mark.parametrize(
    "line",
    [
        b"no JSON at all",
        b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "900", "name": "x"}}}',
        b'{"type": "ADDED", "object": null}',
        b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "new", "name": "x", "namespace": "prod"}}}',
        json.dumps({"type": "ADDED", "object": config_map("x", 900, ownerReferences=["none"])}).encode(),
    ],
)
def test_an_event_that_cannot_be_read_is_skipped_and_logged(line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.send(line)
            reflected.api.put("b")
            await reflected.equal()
            assert len(reflected.api.watched_from()) == 1

    in_virtual_time(story)
    if line.startswith(b"{"):
        [record] = caplog.records
        assert record.getMessage() == "skipped an event of configmaps that cannot be read"
        assert record.exc_info, "the traceback says what could not be read"


def test_an_event_is_one_line_though_it_holds_what_unicode_calls_a_line_end() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.put("b", annotations={"text": "one\u0085two\u2028three"})
            await reflected.equal()
            assert reflected.told == ["b"]

    in_virtual_time(story)


def test_a_kind_that_was_not_served_for_a_while_is_listed_again() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(failure(404))
            reflected.api.end_watches()
            await until(lambda: reflected.api.lists() == 2, "a second list")

    in_virtual_time(story)


def test_a_kind_that_is_not_served_any_more_has_no_objects() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(failure(404))
            reflected.api.end_watches()
            await until(lambda: reflected.told == ["-a", "a"], "the object goes, and comes back")

    in_virtual_time(story)


def test_the_page_of_a_proxy_says_nothing_about_a_kind() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(httpx2.Response(404, text="<html>404 Not Found</html>"))
            reflected.api.end_watches()
            reflected.api.put("b")
            await reflected.equal()
            assert reflected.told == ["b"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)
