"""Fixtures for all tests; the testbed's need no machine that can run it until a test asks for one."""

import pytest

from tests import hypothesis_profiles
from tests.testbed.fixtures import control_plane, kubernetes, namespace, pytest_runtest_makereport

__all__ = ["control_plane", "kubernetes", "namespace", "pytest_runtest_makereport"]

hypothesis_profiles.load_profile()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, so that others run meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
