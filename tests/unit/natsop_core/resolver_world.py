"""Servers with full resolvers, as plain values: what they hold of accounts, what they answer, and how a turn ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from natsop_core.actions import Request
from natsop_core.conclude import conclude_cluster
from natsop_core.conf.auth import preloaded_accounts
from natsop_core.conf.jwt import verified_claims
from natsop_core.inputs import Found, HttpAnswer, Inputs, Unreachable
from natsop_core.lookup import NotYet
from natsop_core.outcomes import Answered, Applied, Failed, Outcome, Unchanged
from natsop_core.plan import Plan, key_of, plan_cluster
from natsop_core.references import HttpRef, LabelledRef, Reference
from natsop_core.report import Report
from tests.unit.natsop_core.world import Object, applied, cluster, inputs, one_of, pod, settled_status


@dataclass
class FakeServer:
    """directory: what its resolver has on disk. loaded: the accounts in use. digest: of the configuration it runs."""

    version: str = "2.12.6"
    start: str = "2026-01-02T03:00:00Z"
    trusts: tuple[str, ...] = ()
    digest: str = "sha256:old"
    is_reachable: bool = True
    directory: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)

    def store(self, token: str) -> None:
        """What a push does, whoever signed the token (measured)."""
        key = verified_claims(token).subject
        self.directory[key] = token
        if key in self.loaded:
            self.loaded[key] = token

    def preload(self, tokens: Mapping[str, str], digest: str) -> None:
        """What a reload does: the directory alone, and nothing older than what is in there."""
        self.digest = digest
        for key, token in tokens.items():
            if not self._has_newer(key, token):
                self.directory[key] = token

    def use(self, key: str) -> None:
        """Somebody connects to the account."""
        self.loaded.setdefault(key, self.directory[key])

    def restart(self, start: str) -> None:
        self.start, self.loaded = start, {}

    def answer(self, path: str) -> HttpAnswer | Unreachable:
        if not self.is_reachable:
            return Unreachable("timeout")
        url = urlsplit(path)
        if url.path == "/varz":
            return self._varz()
        [key] = parse_qs(url.query)["acc"]
        if key not in self.loaded:
            return HttpAnswer(400, f"Account {key} does not exist".encode())
        token = self.loaded[key]
        decoded = {"iat": verified_claims(token).issued_at}
        return _json({"account_detail": {"account_name": key, "jwt": token, "decoded_jwt": decoded}})

    def _varz(self) -> HttpAnswer:
        digest = {} if self.version.startswith("2.10") else {"config_digest": self.digest}
        operators = [{"sub": key, "nats": {}} for key in self.trusts]
        return _json({"version": self.version, "start": self.start, "trusted_operators_claim": operators, **digest})

    def _has_newer(self, key: str, token: str) -> bool:
        known = self.directory.get(key)
        return known is not None and verified_claims(known).issued_at > verified_claims(token).issued_at


@dataclass
class Turn:
    """What one look at the cluster came to."""

    plan: Plan
    report: Report
    asked: list[str]

    @property
    def pushed(self) -> list[str]:
        """What it requested of the servers."""
        return [action.key.name for action in self.plan.actions if isinstance(action, Request)]

    @property
    def status(self) -> Mapping[str, Any]:
        assert self.report.status is not None
        return self.report.status


class Life:
    """A running cluster, its servers, and what the operator makes of it, turn after turn."""

    def __init__(self, spec: Object, *objects: Object, servers: int = 3, version: str = "2.12.6") -> None:
        self.spec = {"replicas": servers, **spec}
        self.objects = {key_of(each): each for each in objects}
        self.status: Mapping[str, Any] = {}
        self.servers = {f"c-{number}": FakeServer(version) for number in range(servers)}
        self.refusal = ""
        self.kubelets_sync = True
        self.turn()  # creates the StatefulSet
        self.settle()

    def turn(self) -> Turn:
        """Fetch, plan, carry out, report; then the files reach the servers."""
        cr = cluster(self.spec, status=dict(self.status))
        pods = [pod(name, ip=f"10.0.0.{number}") for number, name in enumerate(self.servers)]
        seen = replace(inputs(cr, *self.objects.values(), *pods), is_complete=False)
        asked: list[str] = []
        while isinstance(plan := plan_cluster(cr, seen), NotYet):
            found = {each: self._find(each, seen, asked) for each in plan.references}
            seen = replace(seen, found={**seen.found, **found})
        outcomes: dict[Any, Outcome] = {key_of(each): self._apply(each) for each in plan.apply}
        for action in plan.actions:
            if isinstance(action, Request):
                outcomes[action.key] = self._carry_out(action)
        report = conclude_cluster(cr, seen, plan, outcomes)
        self.status = report.status or {}
        if self.kubelets_sync:
            self._sync(plan)
        return Turn(plan, report, asked)

    def _find(self, reference: Reference, seen: Inputs, asked: list[str]) -> Found:
        match reference:
            case HttpRef(pod=key, path=path):
                asked.append(f"{key.name}{path}")
                return self.servers[key.name].answer(path)
            case LabelledRef():
                return seen.labelled(reference)
        return None

    def _apply(self, manifest: Object) -> Outcome:
        key, annotations = key_of(manifest), manifest["metadata"]["annotations"]
        if key in self.objects and self.objects[key]["metadata"]["annotations"] == annotations:
            return Unchanged()
        status = settled_status(len(self.servers)) if manifest["kind"] == "StatefulSet" else {}
        self.objects[key] = applied(manifest, **status)
        return Applied()

    def settle(self) -> None:
        """Until nothing is asked or requested any more."""
        for _ in range(9):
            turn = self.turn()
            if not turn.pushed and not [each for each in turn.asked if "accountz" in each]:
                return
        raise AssertionError(turn.report)

    def _sync(self, plan: Plan) -> None:
        secret = one_of(self.objects.values(), "Secret", "c-auth")
        files = {name: base64.b64decode(text).decode() for name, text in secret["data"].items()}
        config = plan.decision.resolved.config  # type: ignore[union-attr]
        for name, server in self.servers.items():
            names = {"SERVER_NAME": name, "POD_NAME": name}
            server.preload(preloaded_accounts(files), str(config.server_digest(names, server.version)))  # type: ignore[union-attr]

    def _carry_out(self, request: Request) -> Outcome:
        reached = [each for each in self.servers.values() if each.is_reachable]
        if not reached:
            return Failed("no server", 1.0)
        if self.refusal:
            return Answered(json.dumps({"error": {"code": 500, "description": self.refusal}}).encode())
        if request.subject.endswith(".CLAIMS.LOOKUP"):
            return Answered(reached[0].directory.get(request.subject.split(".")[3], "").encode())
        assert request.subject == "$SYS.REQ.CLAIMS.UPDATE"
        for server in reached:
            server.store(request.payload.decode())
        return Answered(b'{"data": {"code": 200, "message": "jwt updated"}}')


def _json(value: object) -> HttpAnswer:
    return HttpAnswer(200, json.dumps(value).encode())
