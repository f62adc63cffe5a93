"""A NATS cluster with exporters, the operator's metrics page, and the real Prometheus that reads them every second."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import httpx2
import nats

from natsop_core.kinds import BOXES, CLUSTERS
from natsop_core.resolve.exporter import ALWAYS
from natsop_runtime.metrics import Metrics
from natsop_runtime.metrics.controllers import ReconcileResult
from tests.generate import alerts
from tests.server.clustered import clustered_server
from tests.testbed.control_plane import own_loopback_address
from tests.testbed.process import Component

JOB: Final = "shop/orders"
OPERATORS_JOB: Final = "nats-operator"
NAMESPACE: Final = "operators"
"""Of the operator."""

SERVERS: Final = ("orders-0", "orders-1", "orders-2")

WINDOW: Final = "[10s]"
"""In the place of minutes and hours in the queries, as everything is read every second."""


@dataclass(frozen=True)
class Programs:
    """What runs."""

    server: Path
    exporter: Path
    prometheus: Path


@dataclass(frozen=True)
class Monitored:
    """All of it, running. servers: by the names of their pods."""

    servers: dict[str, Component]
    client_url: str
    prometheus: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression of an alert or a panel gives now; a failed assertion where it is no PromQL."""
        query = re.sub(r"\[(\d+[mhd]|\$__rate_interval)\]", WINDOW, expression)
        answer = self._get("query", {"query": query.replace("$namespace", ".*").replace("$job", ".*")})
        found: list[dict[str, Any]] = answer["result"]
        return found

    def labels_of(self, metric: str) -> set[str]:
        """The labels that the series of a metric have; none when there is no such metric."""
        return {label for series in self._get("query", {"query": metric})["result"] for label in series["metric"]}

    def _get(self, what: str, parameters: dict[str, str]) -> Any:
        try:
            answer = httpx2.get(f"{self.prometheus}/api/v1/{what}", params=parameters, trust_env=False)
        except httpx2.TransportError as error:
            raise AssertionError(f"Prometheus does not answer: {error!r}") from error
        assert answer.status_code == 200, f"{answer.text}\n{parameters}"
        return answer.json()["data"]


@contextmanager
def monitored(programs: Programs, folder: Path) -> Iterator[Monitored]:
    """Start everything; stop it at the end of the block."""
    hosts = {name: own_loopback_address() for name in SERVERS}
    with ExitStack() as stack:
        servers = {name: clustered_server(programs.server, name, hosts, folder) for name in hosts}
        exporters = [_exporter(programs.exporter, name, host, folder) for name, host in hosts.items()]
        page = stack.enter_context(_operators_page())
        prometheus = own_loopback_address()
        watching = _prometheus(programs.prometheus, prometheus, {**hosts, "": page}, folder)
        for group in (servers.values(), (*exporters, watching)):  # an exporter looks again only after 30 s
            for component in group:
                stack.callback(component.stop, grace=2)
                component.start()
            for component in group:
                component.await_ready()
        client_url = f"nats://{hosts[SERVERS[0]]}:4222"
        yield Monitored(servers, client_url, f"http://{prometheus}:9090")


def _exporter(program: Path, name: str, host: str, folder: Path) -> Component:
    flags = ["-addr", host, *ALWAYS, "-jsz=all", f"http://{host}:8222"]
    return Component(f"exporter of {name}", [program, *flags], log=folder / f"{name}-exporter.log")


def _prometheus(program: Path, host: str, targets: dict[str, str], folder: Path) -> Component:
    pods = [
        {"targets": [f"{address}:7777"], "labels": {"namespace": "shop", "pod": pod}}
        for pod, address in targets.items()
        if pod
    ]
    operators = {"targets": [targets[""]], "labels": {"namespace": NAMESPACE, "pod": "nats-operator-a"}}
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"groups": [{"name": "nats-operator", "rules": alerts.rules()}]}))
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {"job_name": JOB, "static_configs": pods},
            {"job_name": OPERATORS_JOB, "honor_labels": True, "static_configs": [operators]},
        ],
    }
    file = folder / "prometheus.json"
    file.write_text(json.dumps(settings))
    options = [f"--config.file={file}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={host}:9090"]
    return Component("prometheus", [program, *options], log=folder / "prometheus.log")


async def make_stream(url: str) -> None:
    """A stream on all three servers with messages, and a consumer that has not got all of them."""
    client = await nats.connect(url, connect_timeout=1, allow_reconnect=False)
    try:
        jetstream = client.jetstream()
        await jetstream.add_stream(name="ORDERS", subjects=["orders.>"], num_replicas=len(SERVERS))
        for number in range(10):
            await jetstream.publish(f"orders.{number}", b"x" * 100)
        consumer = await jetstream.pull_subscribe("orders.>", durable="billing")
        await consumer.fetch(3)
    finally:
        await client.close()


TROUBLED: Final = {
    "Ready": "False",
    "Available": "False",
    "Degraded": "True",
    "ConfigurationLoaded": "False",
    "DeletionBlocked": "True",
    "ExpiringSoon": "True",
}


def _custom_resources() -> Iterator[dict[str, Any]]:
    """One that is in order, one in all sorts of trouble, one that waits, and one that is stalled."""
    yield _custom_resource("NatsCluster", "orders", Ready="True", Available="True", ConfigurationLoaded="True")
    yield _custom_resource("NatsCluster", "troubled", **TROUBLED)
    yield _custom_resource("NatsCluster", "waiting", Ready="False", Degraded="False")
    yield _custom_resource("NatsBox", "stalled", Ready="False", Degraded="True", Stalled="True")


def _custom_resource(kind: str, name: str, **conditions: str) -> dict[str, Any]:
    listed = [{"type": each, "status": status} for each, status in conditions.items()]
    expiry = {"nextExpiry": "2020-01-01T00:00:00Z"} if "ExpiringSoon" in conditions else {}
    return {"kind": kind, "metadata": {"namespace": "shop", "name": name}, "status": {"conditions": listed, **expiry}}


@contextmanager
def _operators_page() -> Iterator[str]:
    """The operator's own metrics, of a leader that is at work; where they are."""
    metrics = Metrics("0.1.0")
    for custom_resource in _custom_resources():
        resource = CLUSTERS if custom_resource["kind"] == CLUSTERS.kind else BOXES
        key = resource.key(custom_resource["metadata"]["namespace"], custom_resource["metadata"]["name"])
        metrics.custom_resources.changed(key, json.dumps(custom_resource).encode())
    metrics.leading("natsop", is_leader=True)
    metrics.watches.read_silence(lambda: {"pods": 1.0})
    answered = metrics.requests.to("10.96.0.1:443")

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answered("PATCH", "200", 0.02)
            metrics.event_loop_lagged(0.001)
            for resource in (CLUSTERS, BOXES):
                key = resource.key("shop", "orders")
                metrics.controllers.added(key)
                metrics.controllers.taken(key, 0.01)
                metrics.controllers.reconciled(key, ReconcileResult.SUCCESS, 0.02)
                metrics.controllers.finished(key, 0.02)
            content_type, text = metrics.exposition(self.headers.get("Accept", ""))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 (the parameter's name is given)
            """Say nothing."""

    with ThreadingHTTPServer((own_loopback_address(), 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        yield f"{host!s}:{port}"
        server.shutdown()
