"""The Kubernetes API as the loop uses it: plain dicts in and out, typed errors, any kind alike.

Together with `connection` the only module that imports lightkube, whose client builds and sends the requests. Its own
`watch` is not used: it does not list first, asks for no bookmarks, and loses deletions after a gap.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError
from lightkube.core.generic_client import ALL_NS, BasicRequest, GenericAsyncClient
from lightkube.generic_resource import GenericNamespacedResource, create_namespaced_resource
from lightkube.types import PatchType

from natsop_core.names import FIELD_MANAGER
from natsop_runtime.errors import GoneError, NotFoundError, UnavailableError
from natsop_runtime.json_in_yaml import json_in_yaml
from natsop_runtime.kube_errors import error_in_stream, raise_for_status, unreachable

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ObjectKey

Object = dict[str, Any]

log = logging.getLogger(__name__)

REQUEST_TIMEOUT: Final = 10.0
REQUESTS_AT_ONCE: Final = 16
PAGE: Final = 500

WATCH_SECONDS: Final = 290
"""How long the API server is asked to keep a watch open."""

WATCH_SILENCE: Final = 150.0
"""Seconds without a byte after which a watch counts as lost: bookmarks come every minute, but neither over a half-open
connection nor to those who ask for a version that a restored etcd has not reached yet."""

METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects to list and watch: all of a kind, or those with the labels; in full, or their metadata only."""

    resource: ApiResource
    labels: str = ""
    metadata_only: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. The whole list is as of `version`, from which a watch carries on."""

    items: list[Object]
    version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """A change that a watch reports; a bookmark's object has no content but its resource version."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Object


class Kube:
    """One API server, reached as one user. See `connection`."""

    def __init__(self, requests: GenericAsyncClient, watches: GenericAsyncClient, *, server: str) -> None:
        self.server = server
        self._requests = requests
        self._watches = watches  # an open watch holds its connection: in one pool they would starve the requests
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def list_pages(self, selection: Selection, *, page_size: int = PAGE) -> AsyncGenerator[Page]:
        """List in pages, so that ten thousand objects are never held at once."""
        parameters = {"labelSelector": selection.labels or None, "limit": page_size}
        headers = {"Accept": METADATA_LIST} if selection.metadata_only else None
        proceed: str | None = None
        while True:
            prepared = self._requests.prepare_request(
                "list",
                _class(selection.resource),
                namespace=ALL_NS,
                params={**parameters, "continue": proceed},
                headers=headers,
            )
            body = await self._send(prepared)
            yield Page(body.get("items") or [], body["metadata"]["resourceVersion"])
            proceed = body["metadata"].get("continue")
            if not proceed:
                return

    async def watch(self, selection: Selection, version: str) -> AsyncGenerator[WatchEvent]:
        """Follow the changes since `version` until the server ends the stream."""
        prepared = self._watches.prepare_request(
            "list",
            _class(selection.resource),
            namespace=ALL_NS,
            watch=True,
            headers={"Accept": METADATA} if selection.metadata_only else None,
            params={
                "labelSelector": selection.labels or None,
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": WATCH_SECONDS,
            },
        )
        prepared.timeout = httpx2.Timeout(REQUEST_TIMEOUT, read=WATCH_SILENCE)
        try:
            response = await _send(self._watches, prepared, stream=True)
            async with aclosing(response), aclosing(_lines(response)) as lines:
                if response.is_error:
                    await response.aread()
                    raise_for_status(response)
                async for line in lines:
                    if (event := _decoded_event(line)) is not None:
                        yield event
        except httpx2.ReadTimeout as error:
            raise GoneError(f"not a word for {WATCH_SILENCE:g} s") from error
        except (httpx2.TransportError, ConfigError) as error:
            raise unreachable(error) from error

    async def serves(self, resource: ApiResource) -> bool:
        """Whether the API server's discovery has the kind; only for kinds outside of the core group."""
        try:
            found = await self._send(BasicRequest("GET", f"apis/{resource.api_version}"))
        except NotFoundError:
            return False
        return any(each["name"] == resource.plural for each in found.get("resources") or ())

    async def get(self, resource: ApiResource, key: ObjectKey) -> Object:
        """One object, in full."""
        return await self._send(self._prepare("get", resource, key))

    async def get_metadata(self, resource: ApiResource, key: ObjectKey) -> Object:
        """One object without its content."""
        return await self._send(self._prepare("get", resource, key, headers={"Accept": METADATA}))

    async def apply(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any], *, force: bool) -> Object:
        """Server-side apply. Returns the object as it is now."""
        headers = {"Content-Type": PatchType.APPLY.value}
        parameters = _apply(force=force)
        raw = msgspec.Raw(json_in_yaml(body))
        return await self._send(self._prepare("patch", resource, key, body=raw, headers=headers, params=parameters))

    async def apply_status(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any]) -> Object:
        """Server-side apply of the status alone. Returns the whole object."""
        headers = {"Content-Type": PatchType.APPLY.value}
        prepared = self._requests.prepare_request(
            "patch",
            _class(resource).Status,
            obj=msgspec.Raw(json_in_yaml(body)),
            name=key.name,
            namespace=key.namespace,
            headers=headers,
            params=_apply(force=True),
        )
        return await self._send(prepared)

    async def json_patch(self, resource: ApiResource, key: ObjectKey, patch: list[Object]) -> None:
        """A JSON patch (RFC 6902)."""
        headers = {"Content-Type": PatchType.JSON.value, "Accept": METADATA}
        parameters = {"fieldManager": FIELD_MANAGER}
        await self._send(self._prepare("patch", resource, key, body=patch, headers=headers, params=parameters))

    async def delete(self, resource: ApiResource, key: ObjectKey, *, uid: str) -> None:
        """Delete that very object, and what it owns in the background."""
        prepared = self._prepare("delete", resource, key)
        prepared.data = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        await self._send(prepared)

    async def create(self, resource: ApiResource, body: Object) -> None:
        """Create an object in the namespace that it names."""
        namespace = body["metadata"]["namespace"]
        obj = _class(resource).from_dict(body)
        await self._send(self._requests.prepare_request("post", obj=obj, namespace=namespace))

    async def create_review(self, resource: ApiResource, body: Object) -> Object:
        """Ask a question that the API server answers in the status of what it returns, and keeps nowhere."""
        return await self._send(BasicRequest("POST", f"apis/{resource.api_version}/{resource.plural}", data=body))

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
        return self._requests.prepare_request(
            verb,
            _class(resource),
            obj=body,
            name=key.name,
            namespace=key.namespace,
            headers=headers,
            params=params,
        )

    async def _send(self, prepared: BasicRequest) -> Object:
        async with self._slots:
            try:
                response = await self._send_again_when_dropped(prepared)
            except (httpx2.TransportError, ConfigError) as error:
                raise unreachable(error) from error
        raise_for_status(response)
        try:
            answer: Object = msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise UnavailableError(f"The API server's answer is no JSON: {error}") from error
        return answer

    async def _send_again_when_dropped(self, prepared: BasicRequest) -> httpx2.Response:
        """An idle connection may be closed by the server just as we use it; everything we send may be sent twice."""
        try:
            return await _send(self._requests, prepared)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await _send(self._requests, prepared)


async def _send(client: GenericAsyncClient, prepared: BasicRequest, *, stream: bool = False) -> httpx2.Response:
    request = client.build_adapter_request(prepared)
    response: httpx2.Response = await client.send(request, stream=stream)  # type: ignore[no-untyped-call]
    return response


async def _lines(response: httpx2.Response) -> AsyncGenerator[bytes]:
    """The response's lines. httpx's own `aiter_lines` also splits at characters that JSON strings may hold (U+0085)."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _decoded_event(line: bytes) -> WatchEvent | None:
    """The event, or None when it cannot be read: that must not end the watch, which would only meet it again."""
    try:
        event = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        log.warning("skipped an event that is no JSON: %s", error)
        return None
    if event["type"] == "ERROR":
        raise error_in_stream(event["object"])
    return WatchEvent(event["type"], event["object"])


def _apply(*, force: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}


@cache
def _class(resource: ApiResource) -> type[GenericNamespacedResource]:
    """The class by which lightkube knows the kind."""
    version = resource.api_version.rpartition("/")[2]
    return create_namespaced_resource(resource.group, version, resource.kind, resource.plural)
