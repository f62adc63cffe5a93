"""The testbed's life: it ends without a trace however it ends, hands exit statuses through, and keeps runs apart."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed import cgroups, isolation, paths, runs
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.wait import wait_until

TESTBED = [sys.executable, "-m", "tests.testbed"]
SAY_WHERE_AND_STAY = ["sh", "-c", "echo $TESTBED_CLUSTER; exec sleep infinity"]


@pytest.fixture(scope="module", autouse=True)
def _runs_are_possible_here() -> None:
    try:
        isolation.require_possible()
    except CannotRunError as error:
        cannot_run(str(error))


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Those of start() that a failed test left running are ended."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def start(started: list[subprocess.Popen[str]], *argv: str) -> tuple[subprocess.Popen[str], Path]:
    """Start a run whose command first prints its folder; returns when it has, hence when the cluster is ready."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([*TESTBED, "run", *argv], stdin=pipe, stdout=pipe, cwd=paths.SOURCE_TREE, text=True)
    started.append(process)
    assert process.stdout
    folder = process.stdout.readline().strip()
    assert folder, f"the run ended with status {process.wait()}; its messages are above"
    return process, Path(folder)


def processes_of(folder: Path) -> list[str]:
    """All processes that carry the run's marker in their environment, and those in its containers' cgroups."""
    found = [
        f"{entry.name} {_read(entry / 'cmdline')}" for entry in Path("/proc").glob("[0-9]*") if _marked(entry, folder)
    ]
    for cgroup in cgroups_of(folder):
        found += [f"{pid} in {cgroup}" for procs in cgroup.rglob("cgroup.procs") for pid in _read(procs).split()]
    return found


def has_ended(folder: Path) -> bool:
    """Whether none of its processes is left, and none that is about to end holds its lock any more."""
    return not processes_of(folder) and folder not in {run.folder for run in runs.alive()}


def cgroups_of(folder: Path) -> list[Path]:
    places = [mount / cgroups.name_for(folder.name).lstrip("/") for mount in cgroups.mounts()]
    return [place for place in places if place.exists()]


def _marked(process: Path, folder: Path) -> bool:
    return f"{paths.CLUSTER_VARIABLE}={folder}\0" in _read(process / "environ")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it has ended meanwhile


def network_and_mounts(folder: Path) -> tuple[list[str], list[str]]:
    """The interfaces of where we are, less those of pods, which other tests start and end; the folder's mounts."""
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [link for link in links if not link.startswith("veth")], mounts


def test_an_interrupted_run_leaves_nothing_behind(started: list[subprocess.Popen[str]]) -> None:
    before, _ = network_and_mounts(Path("/nowhere"))
    process, folder = start(started, "--control-plane", "--", *SAY_WHERE_AND_STAY)
    assert len(processes_of(folder)) > 3, "the marker finds the run's processes while it lives"

    process.send_signal(signal.SIGINT)

    assert process.wait(120) == 128 + signal.SIGINT
    assert processes_of(folder) == []
    assert network_and_mounts(folder) == (before, [])
    assert cgroups_of(folder) == []
    assert not folder.exists()


def test_a_killed_run_leaves_no_process_and_the_next_start_sweeps_the_rest(
    started: list[subprocess.Popen[str]],
) -> None:
    before, _ = network_and_mounts(Path("/nowhere"))
    process, folder = start(started, "--", *SAY_WHERE_AND_STAY)
    assert any(" in /sys/fs/cgroup" in each for each in processes_of(folder)), "CoreDNS runs in a cgroup of this run's"

    process.kill()

    wait_until(lambda: has_ended(folder), 60, f"all of its processes end: {processes_of(folder)}")
    assert network_and_mounts(folder) == (before, [])
    next_run, lock = runs.create("control-plane", "test")
    try:
        assert not folder.exists()
        assert cgroups_of(folder) == []
    finally:
        runs.remove(next_run)
        os.close(lock)


def test_two_runs_at_once_keep_apart_and_hand_their_commands_status_through(
    started: list[subprocess.Popen[str]],
) -> None:
    script = """
        echo $TESTBED_CLUSTER; export KUBECONFIG=$TESTBED_CLUSTER/kubeconfig
        kubectl create configmap whose --from-literal=run=$0 >&2; read go
        kubectl get configmap whose --output=jsonpath={.data.run}; exit $1
    """
    both = [
        start(started, "--control-plane", "--", "sh", "-c", script, name, status) for name, status in NAMES_AND_STATUSES
    ]

    answers = [process.communicate("go\n", timeout=120)[0] for process, _ in both]

    assert answers == [name for name, _ in NAMES_AND_STATUSES]
    assert [process.returncode for process, _ in both] == [int(status) for _, status in NAMES_AND_STATUSES]
    assert [folder for _, folder in both if folder.exists()] == []


NAMES_AND_STATUSES = (("first", "3"), ("second", "0"))


def test_who_is_not_root_is_told_so() -> None:
    as_user = ["unshare", "--user", "--map-user=1000"]  # which may still read the files of root, unlike a real one
    done = subprocess.run(
        [*as_user, *TESTBED, "run", "--", "true"], cwd=paths.SOURCE_TREE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("testbed: ")
    assert "needs root" in done.stderr


def test_a_command_that_does_not_exist_is_named() -> None:
    done = subprocess.run(
        [*TESTBED, "run", "--", "no-such-program"],
        cwd=paths.SOURCE_TREE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "testbed: there is no program no-such-program on PATH.\n"
