"""Fixtures for the tests of leader election."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.process.election import Pair, steady_pair, unrest
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane


@pytest.fixture(scope="module")
def restless(quiet_plane: ControlPlane) -> Iterator[Cluster]:
    """With clusters that are changed all the time."""
    with unrest(quiet_plane.cluster):
        yield quiet_plane.cluster


@pytest.fixture
def pair(restless: Cluster) -> Iterator[Pair]:
    """Two operators that keep their Lease steadily."""
    with steady_pair(restless) as pair:
        yield pair
