"""Lists: as of which version they are, and in which pages they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.simulation.api_server.errors import Refusal, bad_request, gone, invalid
from tests.simulation.api_server.labels import matches, parse_labels

if TYPE_CHECKING:
    from tests.simulation.api_server.kinds import Kind
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.storage import Storage

ANY: Final = "0"
"""The version of those who take any."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. proceed: how to ask for the next. rest: how many are to come; None where that is not told."""

    version: int
    items: Sequence[Stored]
    proceed: str = ""
    rest: int | None = None

    @property
    def metadata(self) -> dict[str, object]:
        """As it is sent."""
        goes_on = {"continue": self.proceed} if self.proceed else {}
        rest = {} if self.rest is None else {"remainingItemCount": self.rest}
        return {"resourceVersion": str(self.version), **goes_on, **rest}


def page(storage: Storage, kind: Kind, namespace: str, query: Mapping[str, str], *, lag: int) -> Page:
    """What is answered to that query; a refusal when it cannot be.

    lag: how many versions older what those get may be who take any version.
    """
    limit = int(query.get("limit", "0"))
    if query.get("continue"):
        version, start = _goes_on(storage, query)
    else:
        version, start = _version(storage, query, limit, lag), None
    labels = parse_labels(query.get("labelSelector", ""))
    objects = sorted(storage.as_of(version, kind, namespace).items())
    items = [each for place, each in objects if matches(each, labels) and (start is None or place > start)]
    if not limit or len(items) <= limit or query.get("resourceVersion") == ANY:
        return Page(version, items)
    here = items[limit - 1].metadata
    token = f"{version}/{here['namespace']}/{here['name']}"
    return Page(version, items[:limit], token, None if labels else len(items) - limit)


def _goes_on(storage: Storage, query: Mapping[str, str]) -> tuple[int, tuple[str, str]]:
    """The version that a list is of, and the last object that was told."""
    version, *place = query["continue"].split("/")
    if len(place) != 2:
        raise bad_request("continue key is not valid")
    if int(version) < storage.oldest:
        raise gone("The provided continue parameter is too old")
    return int(version), (place[0], place[1])


def _version(storage: Storage, query: Mapping[str, str], limit: int, lag: int) -> int:
    """The one that is asked for exactly, also by those who ask for pages and do not say otherwise; else the latest."""
    text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    if match and (not text or (match == "Exact" and text == ANY)):
        raise invalid("resourceVersionMatch: Forbidden", "resourceVersionMatch")
    if text and not text.isdigit():
        raise bad_request(f"Invalid value: {text}")
    if text in ("", ANY):
        return max(storage.oldest, storage.version - lag) if text else storage.version
    if int(text) > storage.version:
        raise Refusal(504, "Timeout", f"Too large resource version: {text}, current: {storage.version}", retry_after=1)
    if match != "Exact" and (match or not limit):
        return storage.version
    if int(text) < storage.oldest:
        raise gone(f"The provided resource version is too old: {text}")
    return int(text)
