"""People at their terminals: `tests.testbed.client` in small, for the API server in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.simulation.api_server.kinds import kinds
from tests.simulation.api_server.server import Answer, Request
from tests.simulation.controllers import path_of
from tests.testbed.client import PATCH_TYPES, ApiError, Manifest

MANAGER: Final = "people"
_RESOURCES: Final = {kind.resource.kind: kind.resource for kind in kinds().values()}


class People:
    """Does what `Client` does, by the same names. A refusal is an ApiError."""

    def __init__(self, send: Callable[[Request], Answer], namespace: str, *, manager: str = MANAGER) -> None:
        self._send = send
        self._manager = manager
        self.namespace = namespace

    def get(self, kind: str, name: str) -> Manifest:
        return self._exchange("GET", kind, name)

    def create(self, manifest: Manifest) -> Manifest:
        manifest = {**manifest, "metadata": {**manifest["metadata"], "namespace": self.namespace}}
        return self._exchange("POST", manifest["kind"], "", manifest)

    def replace(self, manifest: Manifest) -> Manifest:
        return self._exchange("PUT", manifest["kind"], manifest["metadata"]["name"], manifest)

    def apply(self, manifest: Manifest) -> Manifest:
        return self.patch(manifest["kind"], manifest["metadata"]["name"], manifest, patch_type="apply", force="true")

    def patch(self, kind: str, name: str, change: object, *, patch_type: str = "merge", **query: str) -> Manifest:
        return self._exchange("PATCH", kind, name, change, PATCH_TYPES[patch_type], **query)

    def delete(self, kind: str, name: str, **options: object) -> None:
        self._exchange("DELETE", kind, name, options)

    def _exchange(
        self, method: str, kind: str, name: str, body: Any = None, content_type: str = "application/json", **query: str
    ) -> Manifest:
        request = Request(
            method=method,
            path=path_of(_RESOURCES[kind], self.namespace, name),
            query={"fieldManager": self._manager, **query} if method in ("PATCH", "PUT", "POST") else {},
            content_type=content_type,
            body="" if body is None else json.dumps(body),
            user=self._manager,
        )
        answer = self._send(request)
        found: Manifest = json.loads(answer.text)
        if answer.code >= 400:
            raise ApiError(answer.code, found["reason"], found["message"])
        return found
