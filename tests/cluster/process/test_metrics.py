"""Metrics and probes of a running operator, with access as a real API server grants it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from natsop_core import names
from natsop_core.kinds import ACCESS_REVIEWS, TOKEN_REVIEWS
from natsop_core.rbac import cluster_role
from natsop_runtime.foreign_writes import SETTLED_AFTER
from tests.cluster.process.ports import ANYWHERE, Ports, running, suspended
from tests.cluster.process.prometheus_itself import has_read_the_metrics, prometheus_itself
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane, own_loopback_address
from tests.testbed.operator import USER, install_crds, install_service_account
from tests.testbed.process import Component
from tests.testbed.wait import wait_until

READER = "prometheus"
STRANGER = "stranger"

STARTED_WITHIN = 90
"""Seconds for Prometheus, which takes two or three when the machine has nothing else to do."""

LONGEST_SILENCE = 90
"""Seconds: a bookmark comes every minute."""

AUTHORITY = trustme.CA()


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Cluster:
    """A control plane with the CRDs, one ServiceAccount that may read metrics, and one that may not."""
    cluster = control_plane.cluster
    install_crds(cluster)
    for name in (READER, STRANGER):
        cluster.client.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    grant(cluster, READER)
    return cluster


def grant(cluster: Cluster, account: str) -> None:
    """Run the very commands that a refusal suggests."""
    command = ["create", "clusterrole", f"reader-{account}", "--verb=get", "--non-resource-url=/metrics"]
    cluster.kubectl(*command)
    subject = f"--serviceaccount=default:{account}"
    cluster.kubectl("create", "clusterrolebinding", f"reader-{account}", f"--clusterrole=reader-{account}", subject)


def token_of(cluster: Cluster, account: str) -> str:
    """A fresh token of a ServiceAccount of "default"."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/default/serviceaccounts/{account}/token"
    return str(cluster.client.request("POST", path, body=request)["status"]["token"])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("certificates")
    pair = AUTHORITY.issue_cert("127.0.0.1")
    pair.private_key_pem.write_to_path(folder / "tls.key")
    pair.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    return folder


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster) -> Path:
    """That of an operator with the rights that it asks for, and no others."""
    return install_service_account(cluster)


@pytest.fixture(scope="module")
def ports(cluster: Cluster, kubeconfig: Path, certificates: Path) -> Iterator[Ports]:
    """An operator that serves all it can, with a given certificate."""
    with running(cluster, kubeconfig, "serving", *ANYWHERE, f"--metrics-cert-path={certificates}") as ports:
        yield ports


def test_who_may_read_the_metrics_gets_them_over_a_connection_to_be_trusted(ports: Ports, cluster: Cluster) -> None:
    trusting = ssl.create_default_context()
    AUTHORITY.configure_trust(trusting)
    answer = ports.metrics(token_of(cluster, READER), verify=trusting)
    assert answer.status_code == 200, answer.text
    metrics = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"rest_client_requests", "controller_runtime_reconcile", "workqueue_depth", "natsop_build_info"} <= metrics


def test_prometheus_itself_can_be_set_up_to_read_them(ports: Ports, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token_of(cluster, READER))
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.crt")
    job = {
        "job_name": "natsop",
        "scrape_interval": "5s",  # also as long as it waits for an answer
        "scheme": "https",
        "authorization": {"credentials_file": "token"},
        "tls_config": {"ca_file": "ca.crt"},
        "static_configs": [{"targets": [f"127.0.0.1:{ports.number('metrics')}"]}],
    }
    (tmp_path / "prometheus.json").write_text(json.dumps({"scrape_configs": [job]}))
    address = f"{own_loopback_address()}:9090"
    options = [f"--config.file={tmp_path}/prometheus.json", f"--storage.tsdb.path={tmp_path}/data"]
    server = Component(
        "prometheus", [prometheus_itself(), *options, f"--web.listen-address={address}"], log=tmp_path / "log"
    )
    server.start()
    try:
        wait_until(lambda: has_read_the_metrics(address), STARTED_WITHIN, "Prometheus has read the metrics")
    finally:
        server.stop()


def test_who_may_not_is_told_how_to_change_that_and_it_works(ports: Ports, cluster: Cluster) -> None:
    token = token_of(cluster, STRANGER)
    refused = ports.metrics(token)
    assert refused.status_code == 403, refused.text
    assert "system:serviceaccount:default:stranger may not get /metrics" in refused.text
    assert "--serviceaccount=default:stranger" in refused.text
    grant(cluster, STRANGER)
    wait_until(lambda: ports.metrics(token).status_code == 200, what="the stranger may read")


@pytest.mark.parametrize("token", ["", "made-up", "a.b.c"])
def test_who_is_unknown_is_asked_for_a_token(ports: Ports, token: str) -> None:
    answer = ports.metrics(token)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_many_scrapes_cost_two_requests_and_no_token_is_logged(ports: Ports, cluster: Cluster) -> None:
    token = token_of(cluster, READER)
    mark = cluster.audit.mark()
    assert {ports.metrics(token).status_code for _ in range(20)} == {200}
    asked = [entry.resource for entry in cluster.audit.entries(since=mark, user=USER) if "reviews" in entry.resource]
    assert sorted(asked) == sorted([TOKEN_REVIEWS.plural, ACCESS_REVIEWS.plural])
    assert token not in ports.said


def test_while_the_api_server_hangs_only_those_get_metrics_that_got_them_just_now(
    ports: Ports, cluster: Cluster, control_plane: ControlPlane
) -> None:
    known, fresh = token_of(cluster, READER), token_of(cluster, READER)
    wait_until(lambda: ports.metrics(known).status_code == 200, what="one is known")
    with suspended(control_plane.api_server.pid):
        again, refused = ports.metrics(known), ports.metrics(fresh)
        assert again.status_code == 200, again.text
        assert (refused.status_code, refused.text[:33]) == (503, "The API server cannot be asked wh")
        assert ports.probe("/healthz").status_code == 200
    wait_until(lambda: ports.metrics(fresh).status_code == 200, what="the API server answers again")


def test_a_cluster_that_is_degraded_shows_until_it_is_gone(ports: Ports, cluster: Cluster) -> None:
    token = token_of(cluster, READER)
    metadata = {"name": "broken", "namespace": "default"}
    taken = {"name": "broken-config", "namespace": "default"}
    cluster.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": taken})
    degraded = {"kind": names.CLUSTER_KIND, "name": "broken", "type": "Degraded", "status": "True"}
    cluster.client.apply(
        {"apiVersion": names.API_VERSION, "kind": names.CLUSTER_KIND, "metadata": metadata, "spec": {"replicas": 1}}
    )
    wait_until(lambda: ports.value("natsop_condition", token, **degraded) == 1, what="the condition shows")
    assert ports.value("natsop_resources", token, kind=names.CLUSTER_KIND) == 1
    wait_until(lambda: succeeded(ports, token) >= 1, what="a success is counted, a moment later")
    cluster.client.delete(names.CLUSTER_KIND, "broken", namespace="default")
    wait_until(lambda: ports.value("natsop_condition", token, name="broken") is None, what="the condition is gone")
    cluster.client.delete("ConfigMap", taken["name"], namespace="default")


def test_the_event_loop_the_watches_and_the_requests_of_a_running_operator_show(
    ports: Ports, cluster: Cluster, kubeconfig: Path
) -> None:
    token = token_of(cluster, READER)
    host = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"].removeprefix("https://")
    lag = "natsop_event_loop_lag_seconds_count"
    wait_until(lambda: (ports.value(lag, token) or 0) >= 2, what="the lag was sampled")
    for resource in ("natsclusters", "secrets", "pods"):
        heard_at = ports.value("natsop_watch_last_event_timestamp_seconds", token, resource=resource)
        assert heard_at is not None
        assert 0 <= time.time() - heard_at < LONGEST_SILENCE, resource
    for series in ("rest_client_requests_total", "rest_client_request_duration_seconds_count"):
        assert ports.value(series, token, host=host), series


def test_a_single_operator_counts_no_write_of_its_own_as_foreign(ports: Ports, cluster: Cluster) -> None:
    token, metadata = token_of(cluster, READER), {"name": "single", "namespace": "default"}
    manifest = {"apiVersion": names.API_VERSION, "kind": names.CLUSTER_KIND, "metadata": metadata}
    started = ports.value("process_start_time_seconds", token) or 0
    wait_until(lambda: time.time() - started > 2 * SETTLED_AFTER, what="it has been at work for long enough")
    for replicas in (1, 3, 1, 3):
        done = succeeded(ports, token)
        cluster.client.apply({**manifest, "spec": {"replicas": replicas}})
        wait_until(lambda done=done: succeeded(ports, token) > done, what="it was reconciled")  # type: ignore[misc]
    cluster.client.delete(names.CLUSTER_KIND, "single", namespace="default")
    for kind in (names.CLUSTER_KIND, "ConfigMap", "StatefulSet", "Service"):
        assert ports.value("natsop_foreign_writes_total", token, kind=kind) == 0


def succeeded(ports: Ports, token: str) -> float:
    """How many reconciliations of clusters."""
    metric, controller = "controller_runtime_reconcile_total", names.CLUSTER_KIND.lower()
    results = "success", "requeue_after"
    return sum(ports.value(metric, token, controller=controller, result=result) or 0 for result in results)


def test_the_probe_is_answered_by_the_loop_itself(ports: Ports) -> None:
    assert ports.probe("/healthz").status_code == 200
    with suspended(ports.operator.pid), pytest.raises(httpx2.TimeoutException):
        ports.probe("/healthz", timeout=1)
    assert ports.probe("/healthz").status_code == 200


def test_it_is_ready_when_it_knows_the_cluster(cluster: Cluster, kubeconfig: Path, control_plane: ControlPlane) -> None:
    with ExitStack() as stack:
        with suspended(control_plane.api_server.pid):
            ports = stack.enter_context(running(cluster, kubeconfig, "starting", *ANYWHERE, ready=False))
            unready = ports.probe("/readyz")
            assert (unready.status_code, unready.text[:16]) == (503, "not listed yet: ")
            assert ports.probe("/healthz").status_code == 200
        wait_until(lambda: ports.probe("/readyz").status_code == 200, what="it is ready")


def test_a_standby_is_ready_and_serves_its_metrics(cluster: Cluster) -> None:
    token = token_of(cluster, READER)
    election = ("--leader-elect", "--leader-election-namespace=default")
    with running(cluster, cluster.kubeconfig, "leader", *ANYWHERE, *election) as leader:
        wait_until(lambda: "leading" in leader.said, what="one leads")
        with running(cluster, cluster.kubeconfig, "standby", *ANYWHERE, *election) as standby:
            status = "leader_election_master_status"
            wait_until(lambda: standby.probe("/readyz").status_code == 200, what="the standby is ready")
            assert leader.value(status, token, name="nats-operator") == 1
            assert standby.value(status, token, name="nats-operator") == 0


def test_in_plain_the_metrics_are_for_everybody_and_nobody_is_asked(cluster: Cluster, kubeconfig: Path) -> None:
    mark = cluster.audit.mark()
    with running(cluster, kubeconfig, "plain", *ANYWHERE, "--no-metrics-secure") as ports:
        assert ports.metrics(scheme="http").status_code == 200
    assert not [entry for entry in cluster.audit.entries(since=mark) if entry.resource == TOKEN_REVIEWS.plural]


def test_what_is_off_is_off(cluster: Cluster, kubeconfig: Path) -> None:
    off = ("--metrics-bind-address=0", "--health-probe-bind-address=0")
    with running(cluster, kubeconfig, "off", *off) as ports:
        assert "serving metrics at port none, probes at port none" in ports.said


def test_without_the_right_to_ask_nobody_gets_metrics_and_the_log_says_which(cluster: Cluster) -> None:
    asks = {TOKEN_REVIEWS.plural, ACCESS_REVIEWS.plural}
    but_reviews = [rule for rule in cluster_role()["rules"] if not asks & set(rule["resources"])]
    try:
        with running(cluster, install_service_account(cluster, but_reviews), "forbidden", *ANYWHERE) as ports:
            assert ports.metrics(token_of(cluster, READER)).status_code == 503
            assert "bind the ClusterRole system:auth-delegator" in ports.said
            assert ports.probe("/readyz").status_code == 200
    finally:
        install_service_account(cluster)


def test_a_port_that_is_taken_is_said_in_one_line(kubeconfig: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        option = f"--metrics-bind-address=127.0.0.1:{port}"
        command = [sys.executable, "-m", "natsop_runtime", "run", f"--kubeconfig={kubeconfig}", option]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    *_, last = map(json.loads, done.stderr.splitlines())
    assert last["level"] == "error"
    assert last["message"].startswith(f"Cannot listen at 127.0.0.1:{port}: Address already in use")
