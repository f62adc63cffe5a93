"""From a request to its answer, at once and as a whole: what takes time and what goes wrong is the transport's part."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from natsop_core.kinds import OPTIONAL, SELF_ACCESS_REVIEWS, SELF_REVIEWS
from tests.simulation.api_server import lists
from tests.simulation.api_server.errors import Refusal, bad_request, conflict, not_found
from tests.simulation.api_server.kinds import EVENTS, Kind, kind_of, kinds
from tests.simulation.api_server.objects import Object, Stored
from tests.simulation.api_server.patches import json_patched, merge_patched
from tests.simulation.api_server.storage import Storage
from tests.simulation.api_server.writes import Writer

_PATH: Final = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+/[^/]+))"
    r"(?:(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>[^/]+))?)?)?"
)


_REVIEWS: Final = tuple(f"/apis/{kind.api_version}/{kind.plural}" for kind in (SELF_REVIEWS, SELF_ACCESS_REVIEWS))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it comes over the wire. `user` is who sends it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    accept: str = ""
    body: str = ""
    user: str = "people"

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not self.is_review

    @property
    def is_review(self) -> bool:
        """A question about oneself, which is answered and kept nowhere."""
        return self.path.startswith(_REVIEWS)

    @property
    def is_watch(self) -> bool:
        return "watch" in self.query


@dataclass(frozen=True, slots=True)
class Answer:
    """A status code and JSON."""

    code: int
    text: str
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names."""

    kind: Kind
    namespace: str
    name: str
    subresource: str


class ApiServer:
    """The API server. `clock` tells the virtual seconds.

    cache_lag: by how many versions the cache is behind from which those are answered who take any version.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.storage = Storage()
        self.unserved: set[str] = set()  # the apiVersions that nobody has installed
        self.cache_lag: Callable[[], int] = int
        self._writer = Writer(self.storage, clock)

    def handle(self, request: Request) -> Answer:
        """Answer any request but a watch."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return Answer(refusal.code, refusal.status, refusal.retry_after)

    def compact(self) -> None:
        """Forget the history: watches and lists that have yet to go on from earlier have to start anew."""
        self.storage.compact()

    def forget_events(self) -> None:
        """As the real one does after an hour."""
        kind = kind_of(EVENTS)
        for stored in list(self.storage.all(kind)):
            self.storage.remove(kind, stored)

    def uninstall(self, api_version: str) -> None:
        """Delete the CustomResourceDefinitions of a group, and all of their objects with them."""
        self.unserved.add(api_version)
        for kind in self.storage.kinds():
            if kind.resource.api_version == api_version:
                for stored in list(self.storage.all(kind)):
                    self.storage.remove(kind, stored)

    def target(self, path: str) -> Target:
        """What the path names; a refusal when nothing like that is served."""
        match = _PATH.fullmatch(path)
        if match is None or not match["plural"]:
            raise not_found(path)
        api_version = match["core"] or match["group"]
        kind = kinds().get((api_version, match["plural"]))
        if kind is None or api_version in self.unserved:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        return Target(kind, match["namespace"] or "", match["name"] or "", match["sub"] or "")

    def _answer(self, request: Request) -> Answer:
        if request.method == "GET" and (match := _PATH.fullmatch(request.path)) and not match["plural"]:
            return self._discovery(match["core"] or match["group"])
        if request.is_review:
            return Answer(201, '{"status": {"allowed": true, "userInfo": {"username": "operator"}}}')
        target = self.target(request.path)
        match request.method:
            case "GET" if target.name:
                return Answer(200, _shown(self._live(target), request))
            case "GET":
                return self._list(target, request)
            case "POST":
                created = self._writer.create(
                    target.kind, target.namespace, json.loads(request.body), _manager(request)
                )
                return Answer(201, created.json)
            case "PATCH" if "apply-patch" in request.content_type:
                return self._apply(target, request)
            case "PATCH" | "PUT":
                return self._update(target, request)
            case "DELETE":
                return self._delete(target, request)
        raise bad_request(f"nobody here sends a {request.method}")

    def _live(self, target: Target) -> Stored:
        live = self.storage.get(target.kind, target.namespace, target.name)
        if live is None:
            raise not_found(f'{target.kind.resource.plural} "{target.name}"')
        return live

    def _discovery(self, api_version: str) -> Answer:
        served = [kind.resource for kind in kinds().values() if kind.resource.api_version == api_version]
        if not served or api_version in self.unserved:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        listed = [{"name": each.plural, "kind": each.kind, "namespaced": True} for each in served]
        return Answer(200, json.dumps({"kind": "APIResourceList", "groupVersion": api_version, "resources": listed}))

    def _list(self, target: Target, request: Request) -> Answer:
        found = lists.page(self.storage, target.kind, target.namespace, request.query, lag=self.cache_lag())
        items = ",".join(_listed(each, target.kind, request) for each in found.items)
        return Answer(200, f'{{"kind":"List","metadata":{json.dumps(found.metadata)},"items":[{items}]}}')

    def _apply(self, target: Target, request: Request) -> Answer:
        stored, created = self._writer.apply(
            target.kind,
            target.namespace,
            target.name,
            json.loads(request.body),
            manager=_manager(request),
            force=request.query.get("force") == "true",
            subresource=target.subresource,
        )
        return Answer(201 if created else 200, _shown(stored, request))

    def _update(self, target: Target, request: Request) -> Answer:
        body = json.loads(request.body)

        def change(live: Object) -> Object:
            if request.method == "PUT":
                wanted: Object = body
            elif "json-patch" in request.content_type:
                wanted = json_patched(live, body)
            else:
                wanted = merge_patched(live, body)
            return wanted

        live = self._live(target)
        manager = _manager(request)
        stored = self._writer.update(target.kind, live, change, manager=manager, subresource=target.subresource)
        return Answer(200, _shown(stored, request))

    def _delete(self, target: Target, request: Request) -> Answer:
        live = self._live(target)
        preconditions = json.loads(request.body or "{}").get("preconditions", {})
        for name, wanted in preconditions.items():
            if wanted != live.metadata[name]:
                raise conflict(f"Precondition failed: {name} {wanted}, in record {live.metadata[name]}")
        return Answer(200, self._writer.delete(target.kind, live).json)


def _shown(stored: Stored, request: Request) -> str:
    return stored.metadata_json if "PartialObjectMetadata" in request.accept else stored.json


def _listed(stored: Stored, kind: Kind, request: Request) -> str:
    """In lists, objects of built-in kinds do not say of which kind they are."""
    is_whole = "PartialObjectMetadata" not in request.accept
    return stored.json_without_kind if is_whole and not kind.is_custom else _shown(stored, request)


def _manager(request: Request) -> str:
    return request.query.get("fieldManager") or request.user


def optional_groups() -> tuple[str, ...]:
    """The apiVersions that others have to install."""
    return tuple(kind.api_version for kind in OPTIONAL)
