"""Runs the tests of a module with a fault in it, in a fork of a process that has loaded all else, which saves seconds.

Nothing is written: the fork compiles the changed syntax tree in place of the file.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Final, Literal, TypeVar

import pytest
from hypothesis import Phase, settings

Verdict = Literal["killed", "survived", "hangs"]
T = TypeVar("T")

PACKAGE: Final = "natsop_runtime"
PRELOADED: Final = ("natsop_runtime.main", "pytest_timeout", "looptime", "trustme", "tests.testbed.fixtures")

ENDLESS: Final = 0.5
"""Seconds of processor time, besides five times the usual, after which a test will not end any more."""

STUCK: Final = 5.0
"""Seconds, besides twenty times the usual processor time, after which a test waits for what will not come."""

KILLED: Final = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
"""How pytest ends when a test fails, or its file cannot be imported any more."""


def preload() -> None:
    """Load what every run needs, but nothing of what is mutated."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # most plugins take longer to load than the tests take
    for name in PRELOADED:
        importlib.import_module(name)
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    gc.freeze()  # no fork looks through what it shares


class MutatedModule(MetaPathFinder):
    """Finds one module: the syntax tree that it is given."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name = name
        self._loader = _TreeLoader(name, path, tree)

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        """Where the module is."""
        if fullname != self._name:
            return None
        return spec_from_file_location(fullname, self._loader.path, loader=self._loader)


class _TreeLoader(SourceFileLoader):
    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path.resolve()))
        self._tree = tree

    def get_code(self, _fullname: str) -> CodeType | None:
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class FewExamples:
    """Has Hypothesis look less hard than usual, and for no smaller example of a failure: it runs for each fault."""

    @pytest.hookimpl(tryfirst=True)  # but after the conftest that loads the usual profile
    def pytest_collection(self) -> None:
        settings.register_profile("mutate", settings(), max_examples=10, phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutate")


class UsualTimes:
    """Runs the quickest tests first, and ends a test that takes far longer than usual.

    In virtual time, a test that waits for ever spins or sleeps, as the case may be. file: seconds of processor time by
    the test's id, which a run without a fault `writes`.
    """

    def __init__(self, file: Path, *, writes: bool) -> None:
        self._file = file
        self._writes = writes
        self._usual: defaultdict[str, float] = defaultdict(lambda: 1.0)  # an id may hold a mutated value
        if not writes:
            self._usual.update(json.loads(file.read_text()))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if not self._writes:
            items.sort(key=lambda item: self._usual[item.nodeid])
            for item in items:
                item.add_marker(pytest.mark.timeout(STUCK + 20 * self._usual[item.nodeid]), append=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = time.process_time()
        if not self._writes:
            signal.setitimer(signal.ITIMER_PROF, ENDLESS + 5 * self._usual[item.nodeid])
        result = yield
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._usual[item.nodeid] = time.process_time() - begun
        return result

    def pytest_sessionfinish(self) -> None:
        if self._writes:
            self._file.write_text(json.dumps(self._usual))


def outcome_of_tests(files: Sequence[str], usual: UsualTimes, finder: MutatedModule | None = None) -> int:
    """pytest's exit code in this process, which is good for nothing else then."""
    if finder is not None:
        sys.meta_path.insert(0, finder)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "pytest_timeout"]
    return int(pytest.main([*options, *files], plugins=[FewExamples(), usual]))


def verdict(code: int | None) -> Verdict:
    """By how pytest ended; None when it had to be ended."""
    if code is None:
        return "hangs"
    if code in KILLED or code < 0:
        return "killed"
    if code == pytest.ExitCode.OK:
        return "survived"
    raise RuntimeError(f"pytest ended with {code}")


def in_forks(
    works: Iterable[tuple[T, Callable[[], int]]],
    *,
    jobs: int,
    timeout: float,
) -> Iterator[tuple[T, int | None]]:
    """What each work returns in a process of its own, `jobs` at a time; None where it took longer than the timeout."""
    running: dict[int, tuple[T, float]] = {}
    waiting = iter(works)
    try:
        while True:
            for key, work in islice(waiting, jobs - len(running)):
                running[_fork(work)] = (key, time.monotonic() + timeout)
            if not running:
                return
            pid, code = _next_to_end(running)
            yield running.pop(pid)[0], code
    finally:
        for pid in running:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _fork(work: Callable[[], int]) -> int:
    if pid := os.fork():
        return pid
    os.setsid()
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        code = work()
    finally:
        os._exit(code)


def _next_to_end(running: dict[int, tuple[T, float]]) -> tuple[int, int | None]:
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            return pid, os.waitstatus_to_exitcode(status)
        for late in [pid for pid, (_, deadline) in running.items() if time.monotonic() > deadline]:
            os.killpg(late, signal.SIGKILL)
            os.waitpid(late, 0)
            return late, None
        time.sleep(0.02)
