"""The answers that were fetched so far. Records missing requests and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from natsop_core.frozen import frozen
from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.kinds import PODS
from natsop_core.servers import as_object, monitor_reference, read_answer

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource

Object: TypeAlias = Mapping[str, Any]
Reply: TypeAlias = HttpAnswer | Unreachable

MOST_ITEMS: Final = 500
"""Maximum number of items of a list: as many as a person can look through."""


@frozen
class Request:
    """A request to the API server. path: includes the query. body: JSON of an access review to create.

    metadata_only: request only metadata, so that no value of a Secret is fetched.
    again: a second look, to be sent some time after the first.
    """

    path: str
    body: str = ""
    metadata_only: bool = False
    again: bool = False


@dataclass
class View:
    """The fetched answers, by request.

    missing: requests that were made but have no answer yet. failures: why a request failed, by the name of its object.
    """

    found: Mapping[Request, Reply]
    now: datetime
    missing: list[Request] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def reply(self, request: Request) -> Reply | None:
        """The answer; None if it was not fetched yet."""
        reply = self.found.get(request)
        if reply is None and request not in self.missing:
            self.missing.append(request)
        return reply

    def object(self, request: Request, what: str) -> Object | None:
        """The requested object; None if it does not exist, was not fetched yet, or the request failed."""
        reply = self.reply(request)
        if reply is None:
            return None
        if isinstance(reply, HttpAnswer) and reply.status == 404:
            return None
        if isinstance(reply, HttpAnswer) and reply.status < 300 and (said := as_object(reply.body)) is not None:
            return said
        self.failures[what] = why(reply)
        return None

    def items(self, request: Request, what: str) -> tuple[Object, ...]:
        """The objects of a list, at most MOST_ITEMS."""
        found = (self.object(request, what) or {}).get("items")
        items = tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()
        if len(items) >= MOST_ITEMS:
            self.failures[what] = f"Only the first {MOST_ITEMS} are shown."
        return items

    def text(self, request: Request, what: str) -> str:
        """The answer as text; empty if there is none."""
        reply = self.reply(request)
        if isinstance(reply, HttpAnswer) and reply.status < 300:
            return reply.body.decode("utf-8", "replace")
        if reply is not None:
            self.failures[what] = why(reply)
        return ""

    def server(self, pod: Object, path: str, *, again: bool = False) -> Reply | None:
        """The answer of a pod's server, through the API server; None if it was not fetched or cannot be queried."""
        reference = monitor_reference(pod, path)
        if reference is None:
            return None
        scheme = "https:" if reference.scheme == "https" else ""
        key = reference.pod
        proxy = f"{path_of(PODS, key.namespace)}/{scheme}{key.name}:{reference.port}/proxy{path}"
        return self.reply(Request(proxy, again=again))


def path_of(resource: ApiResource, namespace: str = "", name: str = "") -> str:
    """The path of an object, or of the objects of a kind in one namespace or in all."""
    root = f"apis/{resource.api_version}" if resource.group else f"api/{resource.api_version}"
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{inside}/{resource.plural}{f'/{name}' if name else ''}"


def list_of(resource: ApiResource, namespace: str = "", labels: str = "", *, metadata_only: bool = False) -> Request:
    """The request for the objects of a kind."""
    selector = f"&labelSelector={labels}" if labels else ""
    return Request(f"{path_of(resource, namespace)}?limit={MOST_ITEMS}{selector}", metadata_only=metadata_only)


def is_from_api_server(reply: Reply | None) -> bool:
    """Whether the API server itself answered a proxied request."""
    return isinstance(reply, HttpAnswer) and read_answer(reply.body).get("kind") == "Status"


def why(reply: Reply) -> str:
    """Why the request failed, as a sentence."""
    if isinstance(reply, Unreachable):
        return f"No answer: {reply.reason.rstrip('.')}."
    said = read_answer(reply.body)
    message = said.get("message") or said.get("error")
    words = message.rstrip(".") if isinstance(message, str) and message else f"HTTP status {reply.status}"
    return f"{'Not allowed: ' if reply.status == 403 else ''}{words}."
