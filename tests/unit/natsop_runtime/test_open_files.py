"""The soft limit of open files, which is 1,024 on most machines: each test asks a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from natsop_core.kinds import CREATED, OPTIONAL, WATCHED_IN_FULL
from natsop_runtime.open_files import WATCHES

PROGRAM = """
import logging, resource, sys
from natsop_runtime import open_files
soft, hard, namespaces = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
logging.basicConfig(format="%(levelname)s %(message)s")
open_files.raise_limit(namespaces)
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def raised(soft: int, hard: int, namespaces: int) -> tuple[str, str]:
    """The limits afterwards, and what was logged."""
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard), str(namespaces)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip(), done.stderr.strip()


def test_the_soft_limit_becomes_the_hard_one() -> None:
    assert raised(64, 2048, 80) == ("2048 2048", "")


@pytest.mark.parametrize(("namespaces", "warns"), [(0, False), (1, False), (40, True)])
def test_a_hard_limit_that_is_too_low_for_the_namespaces_is_told(namespaces: int, warns: bool) -> None:
    limits, said = raised(64, 512, namespaces)

    assert limits == "512 512"
    assert said.startswith("WARNING 512 files may be open at once, but 40 namespaces need about") == warns
    assert bool(said) == warns


def test_a_watch_of_each_kind_is_counted() -> None:
    assert len((*CREATED, *OPTIONAL, *WATCHED_IN_FULL)) + 2 == WATCHES
