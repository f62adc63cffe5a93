"""A thin synchronous client of the API server, for tests: plain manifests in, plain manifests out, nothing clever.

Kinds are named as in manifests ("StatefulSet"), or with their group where that is needed ("Event.events.k8s.io").
"""

import ssl
from pathlib import Path
from typing import Any

import httpx2
from ruamel.yaml import YAML

from natsop_runtime.api_server.json_in_yaml import json_in_yaml
from natsop_runtime.tls import verify_like_go
from tests.testbed.discovery import Discovery, Resource

Manifest = dict[str, Any]

NOT_FOUND = 404
JSON = "application/json"

EVERYWHERE = "*"
"""As a namespace: objects of all namespaces."""

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class ApiError(Exception):
    """What the API server refused, in its own words, and the paths of the fields that it names as causes."""

    def __init__(self, status: int, reason: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.fields = fields


class Client:
    """All requests carry `user_agent`, by which the audit log tells them from those of the operator."""

    def __init__(self, kubeconfig: Path, *, namespace: str = "default", user_agent: str = "natsop-tests") -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._user_agent = user_agent
        self._http = _http_client(kubeconfig, user_agent)
        self._discovery = Discovery(lambda path, accept: self.request("GET", path, accept=accept))

    def in_namespace(self, namespace: str) -> "Client":
        """The same client with another default namespace."""
        return Client(self.kubeconfig, namespace=namespace, user_agent=self._user_agent)

    def get(self, kind: str, name: str, *, namespace: str | None = None, subresource: str = "") -> Manifest:
        """The object; an ApiError with status 404 when it does not exist."""
        return self._exchange("GET", self._path(kind, name, namespace, subresource))

    def find(self, kind: str, name: str, *, namespace: str | None = None) -> Manifest | None:
        """The object, or None when it does not exist."""
        try:
            return self.get(kind, name, namespace=namespace)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def list(self, kind: str, *, labels: str = "", fields: str = "", namespace: str | None = None) -> list[Manifest]:
        """The objects that match the selectors; `namespace=EVERYWHERE` for those of all namespaces."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        items: list[Manifest] = self.request("GET", self._path(kind, "", namespace), query=query)["items"]
        return items

    def knows(self, kind: str) -> bool:
        """Whether the API server says that it serves the kind."""
        return self._discovery.knows(kind)

    def create(self, manifest: Manifest, *, namespace: str | None = None, field_manager: str = "tests") -> Manifest:
        path = self._path(_kind(manifest), "", _namespace(manifest, namespace))
        return self._exchange("POST", path, body=manifest, query={"fieldManager": field_manager})

    def replace(self, manifest: Manifest, *, namespace: str | None = None, subresource: str = "") -> Manifest:
        """A PUT: with the resourceVersion that the manifest carries, if any."""
        name = manifest["metadata"]["name"]
        path = self._path(_kind(manifest), name, _namespace(manifest, namespace), subresource)
        return self._exchange("PUT", path, body=manifest, query={"fieldManager": "tests"})

    def apply(
        self, manifest: Manifest, *, field_manager: str = "tests", force: bool = True, namespace: str | None = None
    ) -> Manifest:
        """Server-side apply."""
        path = self._path(_kind(manifest), manifest["metadata"]["name"], _namespace(manifest, namespace))
        query = {"fieldManager": field_manager, "force": str(force).lower()}
        return self._exchange("PATCH", path, body=manifest, query=query, content_type=PATCH_TYPES["apply"])

    def patch(
        self,
        kind: str,
        name: str,
        change: object,
        *,
        patch_type: str = "merge",
        namespace: str | None = None,
        subresource: str = "",
        field_manager: str = "tests",
    ) -> Manifest:
        """Change part of an object. `patch_type` is one of PATCH_TYPES; custom resources know no "strategic"."""
        path = self._path(kind, name, namespace, subresource)
        query = {"fieldManager": field_manager}
        return self._exchange("PATCH", path, body=change, query=query, content_type=PATCH_TYPES[patch_type])

    def delete(
        self, kind: str, name: str, *, namespace: str | None = None, missing_ok: bool = False, **options: object
    ) -> None:
        """Delete; `options` are the API's: propagationPolicy="Orphan", gracePeriodSeconds=0, preconditions={…}."""
        try:
            self.request("DELETE", self._path(kind, name, namespace), body=options)
        except ApiError as error:
            if not (missing_ok and error.status == NOT_FOUND):
                raise

    def delete_all(self, kind: str, *, labels: str = "", namespace: str | None = None, **options: object) -> None:
        """Delete the namespace's objects of that kind that match the selector."""
        self.request("DELETE", self._path(kind, "", namespace), body=options, query={"labelSelector": labels})

    def request(  # the type is whatever JSON the API server sends
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: dict[str, str] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Any:
        """Any request: parsed JSON, or text where the answer is no JSON (/readyz, logs)."""
        content = None if body is None else json_in_yaml(body)
        headers = {"Content-Type": content_type, "Accept": accept}
        params = {key: value for key, value in (query or {}).items() if value}
        try:
            answer = self._http.request(method, path, content=content, headers=headers, params=params)
        except httpx2.TransportError as error:
            raise ApiError(0, "Unreachable", f"{method} {path}: {error!r}") from error
        if answer.is_error:
            raise _error(answer)
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    def text(self, path: str, *, query: dict[str, str], accept: str = JSON) -> tuple[int, str]:
        """What is answered to a GET: its status and its body, of a watch when it has ended."""
        answer = self._http.get(path, headers={"Accept": accept}, params=query)
        return answer.status_code, answer.text

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: dict[str, str] | None = None,
        content_type: str = JSON,
    ) -> Manifest:
        answer: Manifest = self.request(method, path, body=body, query=query, content_type=content_type)
        return answer

    def _path(self, kind: str, name: str, namespace: str | None, subresource: str = "") -> str:
        resource: Resource = self._discovery.resource(kind)
        namespace = namespace or self.namespace
        place = f"/namespaces/{namespace}" if resource.namespaced and namespace != EVERYWHERE else ""
        parts = [f"{resource.prefix}{place}", resource.plural, name, subresource]
        return "/".join(part for part in parts if part)


def _http_client(kubeconfig: Path, user_agent: str) -> httpx2.Client:
    config = YAML(typ="safe").load(kubeconfig)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    verify = verify_like_go(ssl.create_default_context(cafile=cluster["certificate-authority"]))
    if "client-certificate" in user:
        verify.load_cert_chain(user["client-certificate"], user["client-key"])
    authorization = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    return httpx2.Client(
        base_url=cluster["server"],
        verify=verify,
        headers={**authorization, "User-Agent": user_agent},
        timeout=30,
        trust_env=False,
    )


def _kind(manifest: Manifest) -> str:
    group = manifest["apiVersion"].rpartition("/")[0]
    return f"{manifest['kind']}.{group}" if group else str(manifest["kind"])


def _namespace(manifest: Manifest, given: str | None) -> str | None:
    return given or manifest["metadata"].get("namespace")


def _error(answer: httpx2.Response) -> ApiError:
    try:
        status = answer.json()
        causes = (status.get("details") or {}).get("causes") or ()
        fields = tuple(cause.get("field", "") for cause in causes)
        return ApiError(answer.status_code, status.get("reason", ""), status.get("message", ""), fields)
    except (ValueError, AttributeError):
        return ApiError(answer.status_code, "", answer.text[:2000])
