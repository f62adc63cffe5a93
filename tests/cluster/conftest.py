"""Fixtures for tests that need the operator at work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.namespace import Namespace
from tests.testbed.operator import Operator, ensure_shared_operator, install_crds, install_service_account


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests over xdist's workers: one worker for all that share a control plane, long ones first."""
    for item in items:
        if "control_plane" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def shared_operator(kubernetes: Cluster, testrun_uid: str) -> Cluster:
    """The cluster of the run with one operator in it, shared by all tests and workers: no test may stop it."""
    ensure_shared_operator(kubernetes, testrun_uid)
    return kubernetes


@pytest.fixture
def workspace(shared_operator: Cluster, namespace: Namespace) -> Namespace:
    """A fresh Namespace of a cluster in which the operator runs."""
    del shared_operator
    return namespace


@pytest.fixture(scope="module")
def operated(control_plane: ControlPlane) -> Iterator[Operator]:
    """The module's own control plane with its own operator: no node, so pods are made but never run.

    A test may stop, kill and start it again; `operated.cluster` is where it works.
    """
    install_crds(control_plane.cluster)
    operator = Operator(control_plane.cluster, install_service_account(control_plane.cluster))
    operator.start()
    operator.await_ready()
    yield operator
    operator.stop()
