"""What the real API server says of many custom resources: asked over one connection, in dry runs, strictly."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, Problem, changed_cluster, read_box, read_cluster

Manifest = dict[str, Any]

PLURALS: Final = {"NatsCluster": "natsclusters", "NatsBox": "natsboxes"}
READERS: Final = {"NatsCluster": read_cluster, "NatsBox": read_box}

_UNKNOWN: Final = re.compile(r'unknown field "(.*?)"(?=, unknown field "|$)', re.DOTALL)
_METADATA: Final = re.compile(r"Go struct field (?:ObjectMeta|OwnerReference|ManagedFieldsEntry)\.([A-Za-z]+)")
_FORMAT: Final = re.compile(r"must be of type integer .* in (.*)$", re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """Whether a resource is accepted, and at which paths it is at fault. `about` is where, when that is all we know."""

    accepted: bool
    paths: frozenset[str] = frozenset()
    about: str = ""
    words: str = ""


class Judge:
    """An API server and a group of CustomResourceDefinitions there. Not for several threads."""

    def __init__(self, kubeconfig: Path, group: str = "nats.crewlet.cloud") -> None:
        self._resources = f"/apis/{group}/v1alpha1/namespaces/default"
        config = YAML(typ="safe").load(kubeconfig)
        cluster = config["clusters"][0]["cluster"]
        server = urlsplit(cluster["server"])
        context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._connection = http.client.HTTPSConnection(str(server.hostname), server.port, context=context, timeout=60)
        self._headers = {
            "Authorization": f"Bearer {config['users'][0]['user']['token']}",
            "Content-Type": "application/json",
        }

    def create(self, manifest: Manifest) -> Verdict:
        """What it says when asked to create the resource."""
        return self._ask("POST", PLURALS[manifest["kind"]], manifest)

    def replace(self, manifest: Manifest) -> Verdict:
        """What it says when asked to put the resource in place of the one that has its name."""
        return self._ask("PUT", f"{PLURALS[manifest['kind']]}/{manifest['metadata']['name']}", manifest)

    def _ask(self, method: str, path: str, manifest: Manifest) -> Verdict:
        url = f"{self._resources}/{path}?dryRun=All&fieldValidation=Strict"
        try:
            status, content = self._exchange(method, url, manifest)
        except (http.client.RemoteDisconnected, ConnectionError):  # closed by the API server after a minute's silence
            self._connection.close()
            status, content = self._exchange(method, url, manifest)
        return Verdict(accepted=True) if status < http.client.BAD_REQUEST else _refusal(content)

    def _exchange(self, method: str, url: str, manifest: Manifest) -> tuple[int, dict[str, Any]]:
        self._connection.request(method, url, body=json.dumps(manifest), headers=self._headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


def _refusal(status: dict[str, Any]) -> Verdict:
    message = status["message"]
    if found := _UNKNOWN.findall(message):
        return Verdict(accepted=False, paths=frozenset(found), words=message)
    if causes := (status.get("details") or {}).get("causes"):
        return Verdict(accepted=False, paths=frozenset(_paths(causes)), words=message)
    if field := _METADATA.search(message):
        return Verdict(accepted=False, about=f"metadata.{field[1]}", words=message)
    about = "apiVersion" if "API version" in message or "apiVersion" in message else "metadata"
    return Verdict(accepted=False, about=about, words=message)


def _paths(causes: list[dict[str, str]]) -> Iterable[str]:
    for cause in causes:
        if cause["field"] != "<nil>":
            yield cause["field"]
        elif found := _FORMAT.search(cause["message"]):
            yield found[1]


def our_verdict(manifest: Manifest, old: Manifest | None = None) -> Verdict:
    """What we say of the resource, or of putting it in place of `old`."""
    result = READERS[manifest["kind"]](manifest, strict=True)
    problems: tuple[Problem, ...] = result.problems if isinstance(result, InvalidResource) else ()
    if old is not None and isinstance(result, NatsCluster):
        before = read_cluster(old)
        assert isinstance(before, NatsCluster)
        problems = changed_cluster(before, result)
    assert problems or isinstance(result, NatsCluster | NatsBox)
    words = "; ".join(map(str, problems))
    return Verdict(accepted=not problems, paths=_judged(problems), words=words)


def _judged(problems: tuple[Problem, ...]) -> frozenset[str]:
    """The API server looks for unknown fields first, and goes no further when there are any."""
    unknown = frozenset(problem.path for problem in problems if problem.message == "unknown field")
    return unknown or frozenset(problem.path for problem in problems)


def agree(ours: Verdict, theirs: Verdict) -> bool:
    """Whether both say the same, at the same paths.

    When a value is out of bounds, the API server may apply the rules all the same; we first want types and bounds
    mended. Which of several malformed fields of the metadata it names first is up to it.
    """
    if ours.accepted or theirs.accepted:
        return ours.accepted == theirs.accepted
    if theirs.about:
        return any(path.startswith(theirs.about) for path in ours.paths)
    return bool(ours.paths) and ours.paths <= theirs.paths
