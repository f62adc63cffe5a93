"""Fixtures for tests that need the operator at work."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.cluster.chart_plane import chart_plane, helm
from tests.cluster.least_privilege import Comparison
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run, skip_on_a_given_cluster
from tests.testbed.given import IS_ANOTHERS, GivenRun, is_given
from tests.testbed.namespace import Namespace
from tests.testbed.operator import Operator, ensure_shared_operator, install_crds, install_service_account

__all__ = ["chart_plane", "helm"]

WHOLE_SUITE = "--whole-suite"

CONTROL_PLANES_AT_ONCE = 2
"""The starts of more would starve each other, and the node's tests beside them, on a machine with two cores."""


MOSTLY_WAIT = ("test_loop_", "test_nack_comes_and_goes")
"""Files about what is killed, or uninstalled, and comes back."""


class FewControlPlanes(LoadScopeScheduling):  # type: ignore[misc]
    """Spreads the node's tests over xdist's workers; two of these do all others, one control plane after the other.

    But for those that mostly wait: they have a worker of their own.

    In place of `--dist loadgroup`, which xdist 3.8 cannot do with pytest 9.2: it marks groups in an attribute of items
    that is not there any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if "_node" in Path(file).stem:
            return nodeid
        if Path(file).stem.startswith(MOSTLY_WAIT):
            return "outages"
        return f"control plane {zlib.crc32(file.encode()) % CONTROL_PLANES_AT_ONCE}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Called by xdist; without its own reordering, which would start the files with the most tests first."""
    config.option.loadscopereorder = False
    return FewControlPlanes(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option, since a session cannot know whether what it runs is everything."""
    parser.addoption(WHOLE_SUITE, action="store_true", help="compare what the operator was granted and what it used")


def pytest_configure(config: pytest.Config) -> None:
    """Not in xdist's workers: each of them runs only some of the tests."""
    if hasattr(config, "workerinput"):
        return
    if is_given():
        config.pluginmanager.register(GivenRun())
    elif config.getoption(WHOLE_SUITE, default=False):
        config.pluginmanager.register(Comparison())


ABOUT_OURS = (
    "test_testbed_",
    "test_chart",
    "test_image",
    "test_node_chart",
    "test_node_image",
    "test_node_network_policy",
)
"""Files about the testbed itself, or that bring images or network plugins to its node."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what a given cluster cannot have."""
    if is_given():
        for item in items:
            if item.path.name.startswith(ABOUT_OURS):
                item.add_marker(pytest.mark.skip(reason=IS_ANOTHERS.format("node, with images of ours")))


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
def quiet_plane() -> Iterator[ControlPlane]:
    """The module's own control plane with our CRDs and without controllers: nobody but a test changes an object."""
    skip_on_a_given_cluster()
    try:
        plane = ControlPlane()
    except CannotRunError as error:
        cannot_run(str(error))
    with plane:
        install_crds(plane.cluster)
        yield plane


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
