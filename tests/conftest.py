"""Fixtures for all tests; the testbed's need no machine that can run it until a test asks for one."""

import os

import pytest

from tests import hypothesis_profiles
from tests.simulation import fresh
from tests.testbed.fixtures import control_plane, kubernetes, namespace, pytest_runtest_makereport

__all__ = ["control_plane", "kubernetes", "namespace", "pytest_runtest_makereport"]

hypothesis_profiles.load_profile()

for name in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL"):
    os.environ.pop(name, None)  # a make that a test starts would take over the variables of the one that runs the tests


def pytest_report_header() -> str:
    """How to play the same scenarios again."""
    return f"simulation: {fresh.VARIABLE}={fresh.SEED}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, so that others run meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
