"""The Kubernetes API for any kind: plain dicts in and out, typed errors.

Together with `connection` the only module that imports lightkube, whose client builds and sends the requests. Its own
`watch` is not used: it does not list first, asks for no bookmarks, and loses deletions after a gap.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx2
import msgspec
from lightkube.core.generic_client import ALL_NS, BasicRequest, GenericAsyncClient
from lightkube.generic_resource import GenericNamespacedResource, create_namespaced_resource
from lightkube.types import PatchType

from natsop_core.inputs import HttpAnswer
from natsop_core.names import FIELD_MANAGER
from natsop_runtime.api_server.errors import NotFoundError, UnavailableError
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

METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects to list and watch: of a kind, a namespace and labels; complete or metadata only."""

    resource: ApiResource
    namespace: str = ""
    labels: str = ""
    metadata_only: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; its items are decoded one by one. The list is of `version`, where a watch continues."""

    items: Iterable[Object]
    version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """An event of a watch; a bookmark's object has only a resource version."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Object


class Kube:
    """One API server, reached as one user. See `connection`."""

    def __init__(self, client: GenericAsyncClient, http_client: HttpClient, *, server: str) -> None:
        self.server = server
        self._client = client
        self._http_client = http_client

    def without_fence(self) -> Kube:
        """A client for requests that do not need the leadership and must not wait for other requests."""
        return Kube(self._client, self._http_client.without_fence(), server=self.server)

    async def list_pages(self, selection: Selection, *, page_size: int = PAGE) -> AsyncGenerator[Page]:
        """List in pages, so that ten thousand objects are never held at once."""
        resource = selection.resource
        parameters = {"labelSelector": selection.labels or None, "limit": page_size}
        headers = {"Accept": METADATA_LIST} if selection.metadata_only else None
        proceed: str | None = None
        while True:
            prepared = self._client.prepare_request(
                "list",
                _class(resource),
                namespace=selection.namespace or ALL_NS,
                params={**parameters, "continue": proceed},
                headers=headers,
            )
            content = await self._http_client.content(resource.plural, prepared, fenced=False)
            page, proceed = _page(content)
            yield page
            if not proceed:
                return

    async def watch(self, selection: Selection, version: str) -> AsyncGenerator[WatchEvent]:
        """A bookmark of this version as soon as the stream has begun, and what changes until the server ends it."""
        resource = selection.resource
        prepared = self._client.prepare_request(
            "list",
            _class(resource),
            namespace=selection.namespace or ALL_NS,
            watch=True,
            headers={"Accept": METADATA} if selection.metadata_only else None,
            params={
                "labelSelector": selection.labels or None,
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": random.randint(*WATCH_SECONDS),  # noqa: S311
            },
        )
        prepared.timeout = httpx2.Timeout(REQUEST_TIMEOUT, read=WATCH_SILENCE)
        async with aclosing(self._http_client.lines(prepared, silence=WATCH_SILENCE)) as lines:
            async for line in lines:
                if not line:
                    yield WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": version}})
                elif (event := _decoded_event(line)) is not None:
                    yield event

    async def serves(self, resource: ApiResource) -> bool:
        """Whether discovery lists the kind; only for kinds outside of the core group."""
        request = BasicRequest("GET", f"apis/{resource.api_version}")
        try:
            found = await self._http_client.send("apis", request, fenced=False)
        except NotFoundError:
            return False
        return any(each["name"] == resource.plural for each in found.get("resources") or ())

    async def get(self, resource: ApiResource, key: ObjectKey) -> Object:
        """Get an object."""
        return await self._send("get", resource, self._prepare("get", resource, key))

    async def get_metadata(self, resource: ApiResource, key: ObjectKey) -> Object:
        """Get the metadata of an object."""
        return await self._send("get", resource, self._prepare("get", resource, key, headers={"Accept": METADATA}))

    async def answer(self, path: str, *, body: str = "", metadata_only: bool = False, most: int) -> HttpAnswer:
        """The first bytes of the answer to a GET or, with a JSON body, to the creation of a review."""
        prepared = BasicRequest("POST" if body else "GET", path, data=msgspec.Raw(body.encode()) if body else None)
        prepared.headers = {"Accept": METADATA_LIST} if metadata_only else None
        return HttpAnswer(*await self._http_client.answer(prepared, most=most))

    async def apply(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any], *, force: bool) -> Object:
        """Server-side apply. Returns the new object."""
        headers = {"Content-Type": PatchType.APPLY.value}
        parameters = _apply(force=force)
        raw = msgspec.Raw(json_in_yaml(body))
        prepared = self._prepare("patch", resource, key, body=raw, headers=headers, params=parameters)
        return await self._send("patch", resource, prepared)

    async def apply_status(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any]) -> Object:
        """Server-side apply of the status. Returns the whole object."""
        headers = {"Content-Type": PatchType.APPLY.value}
        prepared = self._client.prepare_request(
            "patch",
            _class(resource).Status,
            obj=msgspec.Raw(json_in_yaml(body)),
            name=key.name,
            namespace=key.namespace,
            headers=headers,
            params=_apply(force=True),
        )
        return await self._send("patch", resource, prepared)

    async def json_patch(self, resource: ApiResource, key: ObjectKey, patch: list[Object]) -> None:
        """A JSON patch (RFC 6902)."""
        headers = {"Content-Type": PatchType.JSON.value, "Accept": METADATA}
        parameters = {"fieldManager": FIELD_MANAGER}
        prepared = self._prepare("patch", resource, key, body=patch, headers=headers, params=parameters)
        await self._send("patch", resource, prepared)

    async def merge_patch(
        self, resource: ApiResource, key: ObjectKey, patch: Mapping[str, Any], *, manager: str = FIELD_MANAGER
    ) -> Object:
        """A JSON merge patch (RFC 7386). Returns the new object."""
        headers = {"Content-Type": PatchType.MERGE.value}
        parameters = {"fieldManager": manager}
        prepared = self._prepare("patch", resource, key, body=dict(patch), headers=headers, params=parameters)
        return await self._send("patch", resource, prepared)

    async def delete(self, resource: ApiResource, key: ObjectKey, *, uid: str, version: str = "") -> None:
        """Delete the object with this UID, and its dependents in the background.

        version: unless the object has another one meanwhile. Raises ConflictError, NotFoundError.
        """
        prepared = self._prepare("delete", resource, key)
        prepared.data = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid, "resourceVersion": version} if version else {"uid": uid},
        }
        await self._send("delete", resource, prepared)

    async def create(self, resource: ApiResource, body: Object) -> Object:
        """Create an object in the namespace that it names."""
        path = _path(resource, body["metadata"]["namespace"])
        return await self._send("create", resource, BasicRequest("POST", path, data=body))

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        """Create a review: the answer is in the returned status, and nothing is stored."""
        path = f"apis/{resource.api_version}/{resource.plural}"
        return await self._send("create", resource, BasicRequest("POST", path, data=body))

    async def replace(self, resource: ApiResource, body: Object) -> Object:
        """Replace an object if its resourceVersion is still that of `body`."""
        metadata = body["metadata"]
        path = f"{_path(resource, metadata['namespace'])}/{metadata['name']}"
        return await self._send("update", resource, BasicRequest("PUT", path, data=body))

    async def _send(self, verb: str, resource: ApiResource, prepared: BasicRequest) -> Object:
        return await self._http_client.send(resource.plural, prepared, fenced=verb != "get")

    def _prepare(
        self,
        verb: str,
        resource: ApiResource,
        key: ObjectKey,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> BasicRequest:
        return self._client.prepare_request(
            verb,
            _class(resource),
            obj=body,
            name=key.name,
            namespace=key.namespace,
            headers=headers,
            params=params,
        )


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


def _path(resource: ApiResource, namespace: str) -> str:
    root = f"apis/{resource.api_version}" if resource.group else f"api/{resource.api_version}"
    return f"{root}/namespaces/{namespace}/{resource.plural}"


def _apply(*, force: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}


@cache
def _class(resource: ApiResource) -> type[GenericNamespacedResource]:
    """The class by which lightkube knows the kind."""
    version = resource.api_version.rpartition("/")[2]
    return create_namespaced_resource(resource.group, version, resource.kind, resource.plural)
