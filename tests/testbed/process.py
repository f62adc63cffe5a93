"""One long-running part of a cluster as a child process: start, wait until it is ready, stop, and the end of its log.

Start components from a thread that lives as long as they should, in practice the main one: the kernel kills them when
the thread that started them ends (so that nothing outlives a test run that was killed).
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.testbed.errors import StartError
from tests.testbed.wait import WaitError, wait_until

DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")


def never_ready_is_fine() -> bool:
    """For components that nobody waits for."""
    return True


class Component:
    """A named process with its log file. Stopped or killed it can be started again, with the same arguments."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        ready: Callable[[], bool] = never_ready_is_fine,
        outlives_us: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        self._argv = [*(() if outlives_us else DIE_WITH_PARENT), *map(str, argv)]
        self._env = {**os.environ, **(env or {})}
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.running else None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None and self.running, f"{self.name} does not run"
        self._process.send_signal(number)

    def await_end(self, timeout: float = 30) -> int:
        """Wait until it has ended by itself, and return its exit status (minus the signal that killed it)."""
        assert self._process is not None, f"{self.name} was not started"
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise WaitError(f"{self.name} has not ended after {timeout:g} s.\n{self.log_tail()}") from None

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        assert not self.running, f"{self.name} runs already"
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv, env=self._env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def await_ready(self, timeout: float = 90) -> None:
        """Wait until it answers; a process that died or hangs is reported with the end of its log."""
        try:
            wait_until(self._ready_or_dead, timeout=timeout, what=f"{self.name} is ready", interval=0.05)
        except WaitError as error:
            raise StartError(f"{error}\n{self.log_tail()}") from error

    def stop(self, grace: float = 10) -> None:
        """Ask it to end, and kill it when it has not after `grace` seconds (0: at once, as a crash would)."""
        if self._process is None:
            return
        if self.running and grace > 0:
            self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, grace: float = 2, timeout: float = 90) -> None:
        """Stop, start, and wait until it is ready. Little grace: the API server would wait long for its watchers."""
        self.stop(grace)
        self.start()
        self.await_ready(timeout)

    def log_tail(self, lines: int = 30) -> str:
        """The end of its log, with a heading."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"--- end of {self.log}", *text.splitlines()[-lines:]])

    def _ready_or_dead(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            status = self._process.returncode if self._process else "none"
            raise StartError(f"{self.name} ended with status {status}.\n{self.log_tail()}")
        return self._ready()
