"""The Kubernetes API for any kind: plain dicts in and out, typed errors."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from natsop_core.frozen import frozen
from natsop_core.inputs import HttpAnswer
from natsop_core.names import FIELD_MANAGER
from natsop_runtime.api_server.errors import NotFoundError, UnavailableError
from natsop_runtime.api_server.http_client import Request
from natsop_runtime.api_server.json_in_yaml import json_in_yaml
from natsop_runtime.api_server.status_errors import error_in_stream

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.http_client import HttpClient

Object = dict[str, Any]

log = logging.getLogger(__name__)

REQUEST_TIMEOUT: Final = 10.0
PAGE: Final = 500

WATCH_SECONDS: Final = (145, 290)
"""Seconds for a watch, at random, so that not all end at once; a new one also delivers what a stuck one kept back."""

WATCH_SILENCE: Final = 150.0
"""Seconds without a byte after which a watch counts as lost: bookmarks come every minute, but neither over a half-open
connection nor to those who ask for a version that a restored etcd has not reached yet."""

APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"

METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@frozen
class Selection:
    """The objects to list and watch: of a kind, a namespace and labels; complete or metadata only."""

    resource: ApiResource
    namespace: str = ""
    labels: str = ""
    metadata_only: bool = False


@frozen
class Page:
    """A page of a list; its items are decoded one by one. The list is of `version`, where a watch continues."""

    items: Iterable[Object]
    version: str


@frozen
class WatchEvent:
    """An event of a watch; a bookmark's object has only a resource version."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Object


class Kube:
    """One API server, reached as one user. See `connection`."""

    def __init__(self, http_client: HttpClient, *, server: str) -> None:
        self.server = server
        self._http_client = http_client

    def without_fence(self) -> Kube:
        """A client for requests that do not need the leadership and must not wait for other requests."""
        return Kube(self._http_client.without_fence(), server=self.server)

    async def list_pages(self, selection: Selection, *, page_size: int = PAGE) -> AsyncGenerator[Page]:
        """List in pages, so that ten thousand objects are never held at once."""
        resource, proceed = selection.resource, None
        while True:
            request = Request(
                "GET",
                _collection(resource, selection.namespace),
                {"labelSelector": selection.labels or None, "limit": page_size, "continue": proceed},
                accept=METADATA_LIST if selection.metadata_only else "",
            )
            content = await self._http_client.content(resource.plural, request, fenced=False)
            page, proceed = _page(content)
            yield page
            if not proceed:
                return

    async def watch(self, selection: Selection, version: str) -> AsyncGenerator[WatchEvent]:
        """A bookmark of this version as soon as the stream has begun, and what changes until the server ends it."""
        request = Request(
            "GET",
            _collection(selection.resource, selection.namespace),
            {
                "labelSelector": selection.labels or None,
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": random.randint(*WATCH_SECONDS),  # noqa: S311
                "watch": "true",
            },
            accept=METADATA if selection.metadata_only else "",
            read_timeout=WATCH_SILENCE,
        )
        async with aclosing(self._http_client.lines(request, silence=WATCH_SILENCE)) as lines:
            async for line in lines:
                if not line:
                    yield WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": version}})
                elif (event := _decoded_event(line)) is not None:
                    yield event

    async def serves(self, resource: ApiResource) -> bool:
        """Whether discovery lists the kind; only for kinds outside of the core group."""
        request = Request("GET", f"apis/{resource.api_version}")
        try:
            found = await self._http_client.send("apis", request, fenced=False)
        except NotFoundError:
            return False
        return any(each["name"] == resource.plural for each in found.get("resources") or ())

    async def get(self, resource: ApiResource, key: ObjectKey) -> Object:
        """Get an object."""
        return await self._send(resource, Request("GET", _path(resource, key)))

    async def get_metadata(self, resource: ApiResource, key: ObjectKey) -> Object:
        """Get the metadata of an object."""
        return await self._send(resource, Request("GET", _path(resource, key), accept=METADATA))

    async def answer(self, path: str, *, body: str = "", metadata_only: bool = False, most: int) -> HttpAnswer:
        """The first bytes of the answer to a GET or, with a JSON body, to the creation of a review."""
        request = Request("POST", path, body=body.encode()) if body else Request("GET", path)
        request.accept = METADATA_LIST if metadata_only else ""
        return HttpAnswer(*await self._http_client.answer(request, most=most))

    async def apply(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any], *, force: bool) -> Object:
        """Server-side apply. Returns the new object."""
        return await self._send(resource, _apply(_path(resource, key), body, force=force))

    async def apply_status(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any]) -> Object:
        """Server-side apply of the status. Returns the whole object."""
        return await self._send(resource, _apply(f"{_path(resource, key)}/status", body, force=True))

    async def json_patch(self, resource: ApiResource, key: ObjectKey, patch: list[Object]) -> None:
        """A JSON patch (RFC 6902)."""
        request = _patch(_path(resource, key), JSON_PATCH, patch, manager=FIELD_MANAGER)
        request.accept = METADATA
        await self._send(resource, request)

    async def merge_patch(
        self, resource: ApiResource, key: ObjectKey, patch: Mapping[str, Any], *, manager: str = FIELD_MANAGER
    ) -> Object:
        """A JSON merge patch (RFC 7386). Returns the new object."""
        return await self._send(resource, _patch(_path(resource, key), MERGE_PATCH, patch, manager=manager))

    async def delete(self, resource: ApiResource, key: ObjectKey, *, uid: str, version: str = "") -> None:
        """Delete the object with this UID, and its dependents in the background.

        version: unless the object has another one meanwhile. Raises ConflictError, NotFoundError.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid, "resourceVersion": version} if version else {"uid": uid},
        }
        await self._send(resource, Request("DELETE", _path(resource, key), body=msgspec.json.encode(options)))

    async def create(self, resource: ApiResource, body: Object) -> Object:
        """Create an object in the namespace that it names."""
        path = _collection(resource, body["metadata"]["namespace"])
        return await self._send(resource, Request("POST", path, body=msgspec.json.encode(body)))

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        """Create a review: the answer is in the returned status, and nothing is stored."""
        path = f"apis/{resource.api_version}/{resource.plural}"
        return await self._send(resource, Request("POST", path, body=msgspec.json.encode(body)))

    async def replace(self, resource: ApiResource, body: Object) -> Object:
        """Replace an object if its resourceVersion is still that of `body`."""
        metadata = body["metadata"]
        path = f"{_collection(resource, metadata['namespace'])}/{metadata['name']}"
        return await self._send(resource, Request("PUT", path, body=msgspec.json.encode(body)))

    async def _send(self, resource: ApiResource, request: Request) -> Object:
        return await self._http_client.send(resource.plural, request, fenced=request.method != "GET")


class _List(msgspec.Struct):
    metadata: Object
    items: list[msgspec.Raw] | None = None


def _page(content: bytes) -> tuple[Page, str | None]:
    """A part of a list, and how to ask for the next."""
    try:
        found = msgspec.json.decode(content, type=_List)
        version = found.metadata["resourceVersion"]
        int(version)
    except (msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        raise UnavailableError("The API server's answer is no list") from error
    return Page(_items(found.items or ()), version), found.metadata.get("continue")


def _items(texts: Iterable[msgspec.Raw]) -> Iterator[Object]:
    """One after the other: hundreds of objects at once take memory that the process then keeps."""
    for text in texts:
        try:
            yield msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            log.warning("left out an object that is no JSON: %s", error)


def _decoded_event(line: bytes) -> WatchEvent | None:
    """The event, or None if it cannot be read: it must not end the watch, which would receive it again."""
    try:
        event = msgspec.json.decode(line)
        kind, obj = event["type"], event["object"]
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        log.warning("skipped an event that cannot be read: %s", error)
        return None
    if kind == "ERROR":
        raise error_in_stream(obj if isinstance(obj, dict) else {})
    return WatchEvent(kind, obj)


def _collection(resource: ApiResource, namespace: str) -> str:
    """The path of the objects of a namespace, or of all namespaces if it is empty."""
    root = f"apis/{resource.api_version}" if resource.group else f"api/{resource.api_version}"
    return f"{root}/namespaces/{namespace}/{resource.plural}" if namespace else f"{root}/{resource.plural}"


def _path(resource: ApiResource, key: ObjectKey) -> str:
    return f"{_collection(resource, key.namespace)}/{key.name}"


def _apply(path: str, body: Mapping[str, Any], *, force: bool) -> Request:
    parameters = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
    return Request("PATCH", path, parameters, body=json_in_yaml(body), content_type=APPLY)


def _patch(path: str, content_type: str, patch: Any, *, manager: str) -> Request:
    return Request("PATCH", path, {"fieldManager": manager}, body=msgspec.json.encode(patch), content_type=content_type)
