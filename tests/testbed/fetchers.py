"""The table of everything that comes from the network. All of it is fetched before the namespaces close.

Tests look things up, with functions that never fetch; a test that needs something new adds a row here.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from tests.testbed import debian, debian_python, go_modules, nats_servers, parts, prometheus, versions
from tests.testbed.errors import CannotRunError
from tests.testbed.progress import say


class Size(IntEnum):
    """What is going to run. Each needs what is fetched for those before it, and more."""

    SERVERS = 1
    """nats-server and other programs, without Kubernetes."""
    CONTROL_PLANE = 2
    """A control plane as processes of this machine."""
    NAMESPACES = 3
    """A control plane in namespaces of its own."""
    NODE = 4
    """A whole cluster, with a node that runs containers."""


class Fetcher(Protocol):
    """Something that can be missing, and can then be fetched: into an empty cache, and after any interrupted fetch."""

    @property
    def name(self) -> str: ...

    def missing(self) -> list[str]: ...

    def fetch(self) -> None: ...


@dataclass(frozen=True)
class Row:
    """A fetcher, and the smallest size that needs it. Without what `only_tests` need, a cluster still starts."""

    size: Size
    fetcher: Fetcher
    only_tests: bool = False


def table() -> list[Row]:
    """All rows; what is quick to fetch comes first, so that a missing network shows at once."""
    return [
        Row(Size.SERVERS, debian.TESTS, only_tests=True),
        Row(Size.SERVERS, debian.SITE, only_tests=True),
        Row(Size.SERVERS, prometheus.PROGRAMS, only_tests=True),
        *(Row(Size.SERVERS, server, only_tests=True) for server in nats_servers.SERVERS.values()),
        *(Row(Size.SERVERS, built, only_tests=True) for built in parts.built(parts.WITHOUT_A_NODE)),
        Row(Size.CONTROL_PLANE, debian.CONTROL_PLANE),
        *(Row(Size.CONTROL_PLANE, module.fetched, only_tests=True) for module in go_modules.ALL),
        Row(Size.NAMESPACES, debian.NAMESPACES),
        Row(Size.NODE, debian.NODE),
        Row(Size.NODE, debian.NETWORK_POLICIES, only_tests=True),
        Row(Size.NODE, debian.IMAGE, only_tests=True),
        Row(Size.NODE, debian_python.SYSTEM, only_tests=True),
        Row(Size.NODE, debian_python.WHEELS, only_tests=True),
        Row(Size.NODE, nats_servers.SERVERS[versions.NATS_SERVER_DEFAULT]),
        *(Row(Size.CONTROL_PLANE, built) for built in parts.built(parts.CONTROL_PLANE)),
        *(Row(Size.NODE, built) for built in parts.built(parts.NODE | parts.IN_IMAGES)),
        *(Row(Size.NODE, built, only_tests=True) for built in parts.built(parts.NETWORK_POLICIES)),
    ]


def fetch_for(size: Size) -> None:
    """Fetch all that a size needs, and the tests that run in it.

    CannotRunError when a part of the cluster cannot be had here. What only tests need and cannot be had is told;
    those tests say so too.
    """
    rows = [row for row in table() if row.size <= size and row.fetcher.missing()]
    for row in rows:
        try:
            row.fetcher.fetch()
        except CannotRunError as error:
            if not row.only_tests:
                raise
            say(f"going on without {row.fetcher.name}: {error}")
