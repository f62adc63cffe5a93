"""Least privilege: what the operator used in the whole suite is what it is granted, nothing more and nothing less."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from natsop_core.kinds import BOXES, CLUSTERS
from natsop_core.rbac import cluster_role, leader_election_role
from tests.testbed import rights
from tests.testbed.cluster import connected
from tests.testbed.operator import NAMESPACE, USER
from tests.testbed.rights import Right, Use

EXCEPTED: Final = frozenset(Right(kind.group, f"{kind.plural}/finalizers", "update") for kind in (CLUSTERS, BOXES))
"""What blockOwnerDeletion asks for where the admission plugin OwnerReferencesPermissionEnforcement is on: nobody ever
sends such a request, so no audit log shows it."""


def rights_of_the_operator() -> frozenset[Right]:
    """All that it is granted where it works in all namespaces and is elected."""
    return rights.granted([*cluster_role()["rules"], *leader_election_role(NAMESPACE)["rules"]])


def differences(use: Use) -> list[str]:
    """What is wrong, a line for each right; empty when all that is granted was used and nothing else was asked for.

    A right that a test took away for a while counts as granted: being refused it is what that test is about.
    """
    has = rights_of_the_operator()
    return [
        *_lines("granted and never used", has - EXCEPTED - use.allowed),
        *_lines("excepted and yet used", EXCEPTED & (use.allowed | use.refused)),
        *_lines("used and not granted", use.allowed - has),
        *_lines("refused and not granted", use.refused - has),
    ]


class Comparison:
    """A pytest plugin for a run of the whole suite. It fails the run: the rights are not one test's matter."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="natsop-rights-")
        self._differences: list[str] = []
        os.environ[rights.FOLDER_VARIABLE] = self._folder.name  # xdist's workers inherit it

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Compare, unless tests have failed, which may be why a right was not used."""
        use = rights.kept(Path(self._folder.name), USER)
        if (shared := connected()) is not None:
            use |= rights.used(shared.audit).get(USER, Use())
        self._folder.cleanup()
        if exitstatus == pytest.ExitCode.OK:
            self._differences = differences(use)
        if self._differences:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is wrong."""
        if self._differences:
            terminalreporter.section("rights of the operator", red=True, bold=True)
        for line in self._differences:
            terminalreporter.line(line)


def _lines(what: str, which: frozenset[Right]) -> list[str]:
    return [f"{what}: {each.verb} {each.resource}{each.group and '.'}{each.group}" for each in sorted(which)]
