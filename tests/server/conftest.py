"""Fixtures for tests that ask the real nats-server."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.private_network import private_networks
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.nats_servers import nats_server
from tests.testbed.versions import NATS_SERVER_MODULE


@pytest.fixture(scope="session")
def binary_of() -> Callable[[str], Path]:
    """The nats-server binary of a version; skips the test where this machine cannot have it."""

    def binary(version: str) -> Path:
        try:
            return nats_server(version)
        except CannotRunError as error:
            cannot_run(str(error))

    return binary


@pytest.fixture(scope="session")
def newest(binary_of: Callable[[str], Path]) -> Path:
    """The binary of the newest version that is tested."""
    return binary_of(NATS_SERVER_MODULE)


@pytest.fixture(scope="session")
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads that may start pods' servers, one for each version; skips the test where there can be none."""
    try:
        with private_networks(threads=4) as pool:
            yield pool
    except CannotRunError as error:
        cannot_run(str(error))
