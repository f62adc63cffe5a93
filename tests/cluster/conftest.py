"""Fixtures for tests that need the operator at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.cluster.chart.plane import chart_plane, helm
from tests.cluster.least_privilege import Comparison
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run, skip_on_a_given_cluster
from tests.testbed.given import IS_ANOTHERS, GivenRun, is_given
from tests.testbed.namespace import Namespace
from tests.testbed.operator import Operator, ensure_shared_operator, install_crds, install_service_account

__all__ = ["chart_plane", "helm"]

HERE = Path(__file__).parent

WHOLE_SUITE = "--whole-suite"

CONTROL_PLANES_AT_ONCE = 2
"""The starts of more would starve each other, and the node's tests beside them, on a machine with two cores."""


MOSTLY_WAIT = ("crashes", "ends", "outages", "permissions", "nack_comes_and_goes")
"""Files in process/ about what is killed, or uninstalled, and comes back."""

START = 8
"""What the start of a control plane counts for among the tests that share it."""


class FewControlPlanes(LoadScopeScheduling):  # type: ignore[misc]
    """Spreads the node's tests over xdist's workers; two of these do all others, one control plane after the other.

    But for those that mostly wait: they have a worker of their own.

    In place of `--dist loadgroup`, which xdist 3.8 cannot do with pytest 9.2: it marks groups in an attribute of items
    that is not there any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return self._scopes.get(file, nodeid)

    @cached_property
    def _scopes(self) -> dict[str, str]:
        """The scope of each file without a node, the one with the most tests first, so that both end together."""
        tests = Counter(_file(nodeid) for nodeid in self.collection if not _needs_node(_file(nodeid)))
        waiting = {file: "outages" for file in tests if Path(file).stem.removeprefix("test_") in MOSTLY_WAIT}
        loads = {f"control plane {number}": 0 for number in range(CONTROL_PLANES_AT_ONCE)}
        scopes: dict[str, str] = {}
        for file, count in tests.most_common():
            if file not in waiting:
                scopes[file] = min(loads, key=lambda scope: loads[scope])
                loads[scopes[file]] += count + START
        return scopes | waiting


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _needs_node(file: str) -> bool:
    return Path(file).parent.name == "node" or Path(file).name == "test_node.py"


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


ABOUT_OURS = ("testbed/", "chart/", "node/test_image.py", "node/test_network_policy.py")
"""Files about the testbed itself, or that bring images or network plugins to its node."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what a given cluster cannot have."""
    if is_given():
        for item in items:
            if item.path.relative_to(HERE).as_posix().startswith(ABOUT_OURS):
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
