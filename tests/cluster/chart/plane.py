"""Fixtures for tests of the chart on a control plane; conftest.py makes them known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.chart import NAMESPACE, WATCHED
from tests.cluster.chart.helm_releases import Helm
from tests.testbed.client import Client
from tests.testbed.control_plane import ControlPlane
from tests.testbed.go_modules import chart_crds
from tests.testbed.wait import wait_until
from tests.unit.chart.go_values import GO_VALUES

NAMESPACES: Final = (NAMESPACE, "elsewhere", GO_VALUES["namespaceOverride"], *WATCHED)

MONITORING: Final = ("ServiceMonitor", "PodMonitor", "PrometheusRule", "Certificate", "Issuer")


@pytest.fixture(scope="module")
def chart_plane(control_plane: ControlPlane) -> ControlPlane:
    """With the namespaces that the values name, and the kinds of the Prometheus operator and of cert-manager."""
    cluster = control_plane.cluster
    for name in NAMESPACES:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for definition in chart_crds():
        cluster.client.apply(definition)
    fresh = Client(cluster.kubeconfig)
    wait_until(lambda: [fresh.list(kind) for kind in MONITORING], what="their kinds are served")
    return control_plane


@pytest.fixture
def helm(chart_plane: ControlPlane) -> Iterator[Helm]:
    """Without a release, before and after. CRDs may be left, as an uninstalled release leaves them."""
    helm = Helm(chart_plane.cluster)
    yield helm
    if helm.client.list("Secret", labels="owner=helm", namespace=NAMESPACE):
        helm.uninstall()
    if helm.definitions():
        for namespace in NAMESPACES:
            Client(helm.cluster.kubeconfig).delete_all("NatsCluster", namespace=namespace)
