"""The commands that talk to a cluster, against a small API server on this machine."""

from __future__ import annotations

import asyncio
import json
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from natsop_core.inputs import HttpAnswer
from natsop_core.inspect.view import Request
from natsop_core.names import PAUSED_ANNOTATION
from natsop_core.settled import APART
from natsop_runtime import inspection
from natsop_runtime.inspection import BETWEEN_LOOKS
from tests.unit.natsop_core.inspect.answers import World, condition, resource, stream
from tests.unit.natsop_core.inspect.answers import jsz as jetstream
from tests.unit.natsop_runtime.cli.natsop import Natsop


class ApiServer:
    """Answers from a World over HTTP, and notes what it is asked to change."""

    def __init__(self) -> None:
        self.world = World()
        self.accepted: dict[str, str] = {}
        self.changes: list[tuple[str, Any]] = []
        self.stalls = threading.Event()
        self.delay = 0.0
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if api.delay and "/proxy/" in self.path:
                    api.stalls.wait(api.delay)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                api.accepted.setdefault(self.path.partition("?")[0], self.headers.get("Accept", ""))
                reply = api.world.answer(Request(self.path.removeprefix("/"), body=body))
                assert isinstance(reply, HttpAnswer)
                self.answer(reply.status, reply.body)

            do_POST = do_GET  # noqa: N815

            def do_PATCH(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.changes.append((self.path, body))
                is_known = self.path.partition("?")[0].endswith("/c")
                refusal = b'{"kind": "Status", "message": "natsclusters \\"other\\" not found"}'
                self.answer(200 if is_known else 404, b"{}" if is_known else refusal)

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def kubeconfig(self, folder: Path) -> Path:
        path = folder / "kubeconfig"
        server = f"http://127.0.0.1:{self.server.server_port}"
        content = {
            "clusters": [{"name": "k", "cluster": {"server": server}}],
            "contexts": [{"name": "k", "context": {"cluster": "k", "namespace": "prod"}}],
            "current-context": "k",
        }
        path.write_text(json.dumps(content))
        return path


@pytest.fixture
def api(natsop: Natsop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server of which $KUBECONFIG tells."""
    del natsop
    api = ApiServer()
    monkeypatch.setenv("KUBECONFIG", str(api.kubeconfig(tmp_path)))
    monkeypatch.setattr(inspection, "BETWEEN_LOOKS", 0.0)  # a World's clock goes on with every answer
    thread = threading.Thread(target=api.server.serve_forever)
    thread.start()
    yield api
    api.stalls.set()
    api.server.shutdown()
    api.server.server_close()
    thread.join()


def test_status_of_a_healthy_cluster_ends_with_zero(natsop: Natsop, api: ApiServer) -> None:
    done = natsop("status", "c")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("NatsCluster prod/c   Ready: True (Ready)\n")
    assert api.changes == []


def test_status_of_a_cluster_with_a_problem_ends_with_one_also_as_json(natsop: Natsop, api: ApiServer) -> None:
    api.world = World(cr=resource(condition("Degraded", "True", "SecretNotFound", "Secret s does not exist.")))
    done = natsop("status", "nc/c", "--output", "json")
    assert (done.code, json.loads(done.out)["problems"][0]["reason"]) == (1, "SecretNotFound")


def test_a_second_look_comes_a_second_after_the_first(
    natsop: Natsop, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        assert any("jsz" in each.path for each in api.world.asked), "the first look comes before"
        waited.append(seconds)

    monkeypatch.setattr(inspection, "BETWEEN_LOOKS", BETWEEN_LOOKS)
    monkeypatch.setattr(inspection, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": sleep}))
    assert "  Settled:    yes\n" in natsop("status", "c").out
    assert waited == [BETWEEN_LOOKS]
    assert timedelta(seconds=BETWEEN_LOOKS) > APART


def test_the_namespace_of_the_command_line_counts_more_than_the_context_s(natsop: Natsop, api: ApiServer) -> None:
    done = natsop("status", "c", "-n", "other")
    assert any("namespaces/other/natsclusters/c" in each.path for each in api.world.asked)
    assert not any("/namespaces/" in each.path and "/namespaces/other/" not in each.path for each in api.world.asked)
    assert done.code == 0


def test_a_cluster_that_does_not_exist_is_an_error_with_what_to_do(natsop: Natsop, api: ApiServer) -> None:
    api.world = World(cr=None)
    done = natsop("status", "c")
    assert (done.code, done.out) == (1, "")
    assert "NatsCluster prod/c does not exist." in done.err
    assert "natsop crds" in done.err


def test_without_a_cluster_or_with_one_that_is_away_it_says_so(natsop: Natsop, api: ApiServer, tmp_path: Path) -> None:
    assert "No Kubernetes cluster to work with" in natsop("status", "c", "--kubeconfig", str(tmp_path / "none")).err
    api.server.socket.close()
    gone = tmp_path / "gone"
    gone.write_text(Path(tmp_path / "kubeconfig").read_text().replace(str(api.server.server_port), "1"))
    done = natsop("status", "c", "--kubeconfig", str(gone))
    assert (done.code, "NatsCluster prod/c: No answer: " in done.err) == (1, True)


def test_without_the_http_client_it_says_what_to_install(natsop: Natsop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "natsop_runtime.inspection", raising=False)
    monkeypatch.delattr("natsop_runtime.inspection", raising=False)
    monkeypatch.setitem(sys.modules, "natsop_runtime.api_server.connection", None)
    done = natsop("status", "c")
    assert (done.code, "pip install 'natsop[operator]'" in done.err) == (1, True)


def test_servers_that_do_not_answer_cost_seconds_and_no_more(
    natsop: Natsop, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 0.3)
    api.delay = 30.0
    done = natsop("status", "c")
    assert done.code == 0
    assert "server c-0, server c-1, server c-2: No answer: not within 0.3 s." in done.out


def test_an_answer_of_no_end_is_cut_off(natsop: Natsop, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST", 10_000)
    api.world.jsz = jetstream(*(stream(f"S{number}") for number in range(1000)))
    done = natsop("status", "c")
    assert (done.code, "JetStream " in done.out) == (0, False)


@pytest.mark.parametrize("word", ["C", "a/b", "nc/", "..", "box/A", "c/../../secrets"])
def test_what_is_no_name_is_wrong_usage(natsop: Natsop, word: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        natsop("status", word)


def test_doctor_prints_every_check_and_ends_with_one_for_a_problem(natsop: Natsop, api: ApiServer) -> None:
    done = natsop("doctor", "c")
    assert done.code == 1, "there are no CRDs in this world"
    assert "✗ CRD natsclusters.nats.crewlet.cloud: Not installed." in done.out
    assert "✓ NatsCluster prod/c, quorum: 3 of 3 servers are ready, 2 are needed." in done.out
    assert api.changes == []


@pytest.mark.parametrize(("command", "word"), [("pause", "true"), ("resume", None)])
def test_pause_and_resume_change_the_annotation_and_nothing_else(
    natsop: Natsop, api: ApiServer, command: str, word: str | None
) -> None:
    assert natsop(command, "c").code == 0
    [(path, body)] = api.changes
    assert path == "/apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/natsclusters/c?fieldManager=kubectl-natsop"
    assert body == {"metadata": {"annotations": {PAUSED_ANNOTATION: word}}}


def test_restart_annotates_the_pod_template_as_kubectl_does(natsop: Natsop, api: ApiServer) -> None:
    done = natsop("restart", "c")
    [(path, body)] = api.changes
    assert (done.code, "kubectl rollout status statefulset/c -n prod" in done.out) == (0, True)
    assert path == "/apis/apps/v1/namespaces/prod/statefulsets/c?fieldManager=kubectl-natsop"
    [name] = body["spec"]["template"]["metadata"]["annotations"]
    assert name == "kubectl.kubernetes.io/restartedAt"


def test_what_the_api_server_refuses_is_told_in_its_words(natsop: Natsop, api: ApiServer) -> None:
    done = natsop("pause", "other")
    assert (done.code, 'NatsCluster prod/other: natsclusters "other" not found' in done.err) == (1, True)
    assert len(api.changes) == 1


def test_report_writes_a_file_that_only_its_owner_may_read(natsop: Natsop, api: ApiServer, tmp_path: Path) -> None:
    done = natsop("report", "c")
    assert (done.code, done.err) == (0, "")
    [path] = tmp_path.glob("natsop-report-prod-c-*.tar.gz")
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.txt", "summary.txt", "objects/NatsCluster.yaml", "servers/c-0.yaml", "not-known.txt"} <= names
    assert api.changes == []
    secrets = {path: accept for path, accept in api.accepted.items() if "/secrets" in path}
    assert list(secrets) == ["/api/v1/namespaces/prod/secrets"]
    assert "PartialObjectMetadataList" in secrets["/api/v1/namespaces/prod/secrets"], "only metadata is asked for"
