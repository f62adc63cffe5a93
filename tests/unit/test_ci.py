"""`.ci/run`: caches of its own, and nothing of it stays, however it ends."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed.paths import SOURCE_TREE
from tests.testbed.wait import wait_until

CACHES = ("XDG_CACHE_HOME", "GOMODCACHE", "GOCACHE", "PIP_CACHE_DIR")
OF_THE_MACHINE = ("TESTBED_CACHE", "KUBEBUILDER_ASSETS")

MAKE = """#!/usr/bin/env bash
# In place of make: writes down what it was asked, and leaves a module cache as Go does.
echo "$@" >> "$ASKED"
env > "$ASKED.env"
mkdir -p "$GOMODCACHE/module" && touch "$GOMODCACHE/module/file" && chmod -R a-w "$GOMODCACHE"
[ "${@: -1}" != "$BREAKS_AT" ] || exit 7
[ "${@: -1}" != "$HANGS_AT" ] || { sleep 600 & echo $! > "$ASKED.pid"; wait; }
"""
DF = "#!/bin/sh\necho Avail\necho $FREE\n"
PLENTY = str(2**30)


class Ci:
    """Runs it with stand-ins for make, go and df."""

    def __init__(self, folder: Path) -> None:
        self.scratch, self.asked, programs = folder / "scratch", folder / "asked", folder / "bin"
        for each in (self.scratch, programs):
            each.mkdir()
        for name, text in {"make": MAKE, "go": '#!/bin/sh\necho go "$@" >> "$ASKED"\n', "df": DF}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = {
            **os.environ,
            **dict.fromkeys((*CACHES, *OF_THE_MACHINE), "/nowhere"),
            "PIP_FIND_LINKS": "/wheels",
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CI_SCRATCH": str(self.scratch),
            "ASKED": str(self.asked),
        }

    def start(self, *, breaks_at: str = "", hangs_at: str = "", free: str = PLENTY) -> subprocess.Popen[str]:
        """Start it; make does not do what it is told at these targets."""
        told = {"BREAKS_AT": breaks_at, "HANGS_AT": hangs_at, "FREE": free}
        heeding = ["env", "--default-signal=HUP,INT,TERM"]  # whoever runs the tests may ignore some, as nohup does
        argv = [*heeding, str(SOURCE_TREE / ".ci" / "run")]
        return subprocess.Popen(argv, env=self.environment | told, stderr=-1, text=True)

    def targets(self) -> list[str]:
        """What was done, in order: the targets of make, and the commands of go."""
        return [line.split(" ", 1)[1] for line in self.asked.read_text().splitlines()]

    def leftovers(self) -> list[Path]:
        return list(self.scratch.iterdir())

    def child(self) -> int:
        """A process of make that is at work; 0 while there is none."""
        file = Path(f"{self.asked}.pid")
        return int(file.read_text() or 0) if file.exists() else 0


@pytest.fixture
def ci(tmp_path: Path) -> Iterator[Ci]:
    made = Ci(tmp_path)
    yield made
    assert made.leftovers() == []


def test_every_cache_is_its_own_and_gone_at_the_end(ci: Ci) -> None:
    assert ci.start().wait() == 0
    lines = Path(f"{ci.asked}.env").read_text().splitlines()
    seen = {name: value for name, _, value in (line.partition("=") for line in lines)}
    for cache in CACHES:
        assert Path(seen[cache]).is_relative_to(ci.scratch)
    assert not set(OF_THE_MACHINE) & seen.keys()
    assert (seen["CI"], seen["PIP_FIND_LINKS"]) == ("true", "/wheels")
    assert ci.targets() == ["parts", "clean -cache -modcache", "test"]


@pytest.mark.parametrize("target", ["parts", "test"])
def test_the_first_failure_is_its_own(ci: Ci, target: str) -> None:
    assert ci.start(breaks_at=target).wait() == 7
    assert ci.targets()[-1] == target


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_of_it(ci: Ci, number: signal.Signals) -> None:
    running = ci.start(hangs_at="test")
    child = wait_until(ci.child, what="the tests run")
    running.send_signal(number)
    assert running.wait(60) != 0
    wait_until(lambda: not Path(f"/proc/{child}").exists(), what="what make has started has ended")


def test_a_disk_that_is_too_small_is_told_before_it_is_full(ci: Ci) -> None:
    running = ci.start(free="1048576")
    _, errors = running.communicate()
    assert running.returncode == 1
    assert "has 1 GiB" in errors
    assert "CI_SCRATCH" in errors
    assert not ci.asked.exists()
