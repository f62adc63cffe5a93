"""Lists and watches of some objects that came, changed and went: asked of the API server in memory or of a real one.

Versions differ from server to server. In what comes out, they are the number of the write that made them; a list's own
is that of the last write before it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Protocol

from natsop_core.kinds import CLUSTERS, ApiResource
from natsop_runtime.api_server.kube import METADATA, METADATA_LIST
from tests.simulation.api_server.server import ApiServer, Request
from tests.simulation.api_server.streams import WatchStream
from tests.simulation.controllers import path_of
from tests.simulation.world import run_in_virtual_time
from tests.testbed.client import JSON, Manifest

LABEL: Final = "color"
SELECTOR: Final = f"{LABEL}=red"
WATCHED_FOR: Final = 1
"""Seconds: what a watch has to tell of the past, it tells at once."""

FAR_AHEAD: Final = 10**9
"""Versions that no server has reached."""

WRITES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("POST", "a", "red", "1"),
    ("POST", "b", "red", "1"),
    ("POST", "c", "blue", "1"),
    ("POST", "d", "red", "1"),
    ("PATCH", "a", "red", "2"),
    ("PATCH", "b", "blue", "2"),  # leaves the selection
    ("PATCH", "c", "red", "2"),  # enters it
    ("DELETE", "d", "", ""),
    ("PATCH", "b", "blue", "3"),  # outside of it
)
"""Method, name, color and value."""


class Side(Protocol):
    """An API server."""

    def write(self, method: str, path: str, body: Manifest | None) -> None: ...

    def read(self, path: str, query: Mapping[str, str], accept: str) -> tuple[int, str]:
        """Status and body, of a watch when it has ended."""
        ...

    def compact(self, is_done: Callable[[], bool]) -> None:
        """Forget the history up to now; `is_done` tells whether it has."""


class InMemory:
    """The API server of simulations."""

    def __init__(self) -> None:
        self._server = ApiServer(lambda: 0.0)

    def write(self, method: str, path: str, body: Manifest | None) -> None:
        content_type = "application/merge-patch+json" if method == "PATCH" else JSON
        text = json.dumps(body) if body else ""
        answer = self._server.handle(Request(method=method, path=path, content_type=content_type, body=text))
        assert answer.code < 300, answer

    def read(self, path: str, query: Mapping[str, str], accept: str) -> tuple[int, str]:
        request = Request(method="GET", path=path, query=query, accept=accept)
        if request.is_watch:
            return 200, run_in_virtual_time(self._watched(request), seed=0)
        answer = self._server.handle(request)
        return answer.code, answer.text

    async def _watched(self, request: Request) -> str:
        stream = WatchStream(self._server, self._server.target(request.path), request, lag=0.0, silence=0.0)
        return b"".join([line async for line in stream]).decode()

    def compact(self, is_done: Callable[[], bool]) -> None:
        self._server.compact()
        assert is_done()


@dataclass
class Reader:
    """Asks one API server about objects of one kind in one namespace."""

    side: Side
    resource: ApiResource
    namespace: str
    answers: dict[str, Any] = field(default_factory=dict)
    _versions: list[int] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """All answers, by what was asked."""
        for write in WRITES:
            self._write(*write)
        for name, query in self._lists():
            self._list(name, query)
        for name, query in self._watches():
            self._watch(name, query)
        self._old()
        return self.answers

    def _lists(self) -> Iterator[tuple[str, dict[str, str]]]:
        middle, now = str(self._versions[4]), str(self._versions[-1])
        ahead = str(self._versions[-1] + FAR_AHEAD)
        exact, not_older = {"resourceVersionMatch": "Exact"}, {"resourceVersionMatch": "NotOlderThan"}
        yield "all", {}
        yield "selected", {"labelSelector": SELECTOR}
        yield "a page", {"limit": "2"}
        yield "a page of the selected", {"limit": "1", "labelSelector": SELECTOR}
        yield "any version", {"resourceVersion": "0"}
        yield "any version, selected", {"resourceVersion": "0", "labelSelector": SELECTOR}
        yield "any version, in pages", {"resourceVersion": "0", "limit": "2"}
        yield "any version, said twice", {"resourceVersion": "0", **not_older}
        yield "any version exactly", {"resourceVersion": "0", **exact}
        yield "at least a version", {"resourceVersion": middle}
        yield "at least a version, in pages", {"resourceVersion": middle, "limit": "2"}
        yield "not older than a version, in pages", {"resourceVersion": middle, "limit": "2", **not_older}
        yield "not older than the last version", {"resourceVersion": now, **not_older}
        yield "an exact version", {"resourceVersion": middle, **exact}
        yield "an exact version, in pages", {"resourceVersion": middle, "limit": "2", **exact}
        yield "a version ahead", {"resourceVersion": ahead}
        yield "exactly a version ahead", {"resourceVersion": ahead, **exact}
        yield "a match without a version", not_older
        yield "no version", {"resourceVersion": "x"}
        yield "no token", {"limit": "2", "continue": "x"}

    def _watches(self) -> Iterator[tuple[str, dict[str, str]]]:
        start, middle = str(self._versions[3]), str(self._versions[5])
        yield "watch", {"resourceVersion": start}
        yield "watch the selected", {"resourceVersion": start, "labelSelector": SELECTOR}
        yield "watch from the middle", {"resourceVersion": middle, "labelSelector": SELECTOR}
        yield "watch from now on", {"resourceVersion": str(self._versions[-1])}
        yield "watch any version", {"resourceVersion": "0"}
        yield "watch without a version", {}
        yield "watch the selected without a version", {"labelSelector": SELECTOR}
        if self.resource.group == CLUSTERS.group:  # of built-in kinds all is known since the API server's start
            yield "watch from long ago", {"resourceVersion": "1"}
        yield "watch from a version ahead", {"resourceVersion": str(self._versions[-1] + FAR_AHEAD)}
        yield "watch with bookmarks", {"resourceVersion": start, "allowWatchBookmarks": "true"}
        yield "watch for longer", {"resourceVersion": start, "allowWatchBookmarks": "true", "timeoutSeconds": "5"}
        yield "watch in pages", {"resourceVersion": start, "limit": "2"}

    def _old(self) -> None:
        """What was begun before the history is forgotten."""
        token = self.answers.pop("token of a page")
        self._list("the next page", {"limit": "2", "continue": token})
        self._list("the next page from a version", {"limit": "2", "continue": token, "resourceVersion": "0"})
        middle = str(self._versions[4])
        exactly = {"resourceVersion": middle, "resourceVersionMatch": "Exact"}
        self._write("PATCH", "a", "red", "4")
        self.side.compact(lambda: self._read(exactly, JSON)[0] != 200)
        self._list("the next page of what is forgotten", {"limit": "2", "continue": token})
        self._list("exactly a version that is forgotten", exactly)
        self._list("at least a version that is forgotten", {"resourceVersion": middle})

    def _write(self, method: str, name: str, color: str, value: str) -> None:
        metadata = {"name": name, "namespace": self.namespace, "labels": {LABEL: color}}
        annotated = {"metadata": {**metadata, "annotations": {"value": value}}}
        body = {"apiVersion": self.resource.api_version, "kind": self.resource.kind, "spec": {}, **annotated}
        if not self.resource.group:
            del body["spec"]
        path = path_of(self.resource, self.namespace, "" if method == "POST" else name)
        self.side.write(method, path, None if method == "DELETE" else body)
        _, text = self._read({}, JSON)
        self._versions.append(int(json.loads(text)["metadata"]["resourceVersion"]))

    def _read(self, query: Mapping[str, str], accept: str) -> tuple[int, str]:
        return self.side.read(path_of(self.resource, self.namespace), query, accept)

    def _list(self, name: str, query: Mapping[str, str]) -> None:
        for accept, more in ((JSON, ""), (METADATA_LIST, ", metadata only")):
            code, text = self._read(query, accept)
            answer = json.loads(text)
            if name == "a page" and not more:
                self.answers["token of a page"] = answer["metadata"]["continue"]
            self.answers[name + more] = self._listed(answer) if code == 200 else _refused(code, answer)

    def _watch(self, name: str, query: Mapping[str, str]) -> None:
        query = {"timeoutSeconds": str(WATCHED_FOR), **query, "watch": "true"}
        for accept, more in ((JSON, ""), (METADATA, ", metadata only")):
            code, text = self._read(query, accept)
            self.answers[name + more] = self._events(text) if code == 200 else _refused(code, json.loads(text))

    def _listed(self, answer: Manifest) -> Any:
        metadata = answer["metadata"]
        rest = metadata.get("remainingItemCount")
        items = [self._shown(each) for each in answer["items"]]
        return {
            "as of": self._write_of(metadata),
            "goes on": bool(metadata.get("continue")),
            "rest": rest,
            "items": items,
        }

    def _events(self, lines: str) -> Any:
        """Without bookmarks that say the same again: how many there are depends on the moment."""
        return [event for event, _ in groupby(self._event(json.loads(line)) for line in lines.splitlines())]

    def _event(self, event: Manifest) -> Any:
        if event["type"] == "ERROR":
            return "ERROR", _refused(event["object"]["code"], event["object"])
        if event["type"] == "BOOKMARK":
            return "BOOKMARK", event["object"]["kind"], self._write_of(event["object"]["metadata"])
        return event["type"], self._shown(event["object"])

    def _shown(self, obj: Manifest) -> Any:
        metadata = obj["metadata"]
        color, value = metadata["labels"][LABEL], metadata["annotations"]["value"]
        return obj.get("kind", "no kind"), metadata["name"], color, value, self._write_of(metadata)

    def _write_of(self, metadata: Manifest) -> int:
        return bisect_right(self._versions, int(metadata["resourceVersion"]))


def _refused(code: int, status: Manifest) -> Any:
    return code, status.get("reason")
