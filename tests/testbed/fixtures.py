"""The testbed's pytest fixtures; tests/conftest.py makes them known.

def test_a_pod_starts(namespace):
    namespace.client.create({...})
    namespace.wait_for_condition("Pod", "hello", "Ready")
"""

import os
from collections.abc import Generator, Iterator
from typing import NoReturn

import pytest

from tests.testbed import diagnosis
from tests.testbed.cluster import Cluster, connected
from tests.testbed.control_plane import ControlPlane
from tests.testbed.errors import CannotRunError
from tests.testbed.given import IS_ANOTHERS, given, is_given
from tests.testbed.namespace import Namespace, new_namespace, open_namespaces

HOW_TO_RUN = "needs a cluster: python -m tests.testbed run -- python -m pytest tests/cluster"


@pytest.fixture(scope="session")
def kubernetes() -> Cluster:
    """The whole cluster that this test run is inside of, shared by all tests and all of pytest-xdist's workers."""
    cluster = given() or connected()
    if cluster is None:
        cannot_run(HOW_TO_RUN)
    if not cluster.has_node:
        cannot_run("needs a node: run without --control-plane")
    return cluster


@pytest.fixture
def namespace(kubernetes: Cluster, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A fresh Namespace for the test, enforcing Pod Security "restricted"; deleted with all that is in it."""
    with new_namespace(kubernetes, request.node.originalname) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """A control plane of the module's own, with a controller manager and without a node. Works outside of a run too."""
    skip_on_a_given_cluster()
    try:
        plane = ControlPlane(controller_manager=True)
    except CannotRunError as error:
        cannot_run(str(error))
    with plane:
        yield plane


def skip_on_a_given_cluster() -> None:
    """Skip what stops, breaks or reconfigures the control plane."""
    if is_given():
        pytest.skip(IS_ANOTHERS.format("control plane"))


def cannot_run(reason: str) -> NoReturn:
    """Skip the test with the reason, or fail it where everything is supposed to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Append to a failed test's report what its namespaces and control plane look like at that moment."""
    del call
    report = yield
    if report.failed:
        for namespace in open_namespaces():
            report.sections.append((f"namespace {namespace.name}", diagnosis.of_namespace(namespace)))
        for plane in getattr(item, "funcargs", {}).values():
            if isinstance(plane, ControlPlane):
                report.sections.append(("control plane", diagnosis.of_control_plane(plane)))
    return report
