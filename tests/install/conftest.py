"""A cluster of its own, in which no other operator runs; one after the other, the tests tell the life of a release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart import NAMESPACE
from tests.chart import helm as helm_binary
from tests.install.installation import Installation
from tests.testbed import operator_image
from tests.testbed.cluster import Cluster
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.given import IS_ANOTHERS, is_given
from tests.testbed.namespace import Namespace, new_namespace


@pytest.fixture(scope="session")
def installation(kubernetes: Cluster) -> Installation:
    """The namespace for the operator, and Helm."""
    if is_given():
        pytest.skip(IS_ANOTHERS.format("images"))
    try:
        operator_image.look_up()
    except CannotRunError as error:
        cannot_run(str(error))
    helm_binary()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubernetes.client.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    )
    return Installation(kubernetes)


@pytest.fixture(scope="session")
def archive(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged chart."""
    return installation.package(tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="session")
def team(installation: Installation) -> Iterator[Namespace]:
    """A namespace of a user's, which outlives the releases."""
    with new_namespace(installation.cluster, "team") as namespace:
        yield namespace
