"""What an operator serves, as Prometheus and the kubelet ask for it."""

from __future__ import annotations

import os
import re
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.testbed.cluster import Cluster
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

ANYWHERE: Final = ("--metrics-bind-address=127.0.0.1:0", "--health-probe-bind-address=127.0.0.1:0")


@dataclass(frozen=True)
class Ports:
    """Where a process serves."""

    operator: Operator

    def metrics(
        self, token: str = "", *, scheme: str = "https", verify: ssl.SSLContext | bool = False
    ) -> httpx2.Response:
        """Ask for the metrics."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{scheme}://127.0.0.1:{self.number('metrics')}/metrics"
        return httpx2.get(url, headers=headers, verify=verify, timeout=20, trust_env=False)

    def value(self, series: str, token: str, /, **labels: str) -> float | None:
        """The value of a series, or None when it is not there."""
        answer = self.metrics(token)
        assert answer.status_code == 200, answer.text
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name == series and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return None

    def probe(self, path: str, *, timeout: float = 20) -> httpx2.Response:
        """Ask as a kubelet does."""
        return httpx2.get(f"http://127.0.0.1:{self.number('probes')}{path}", timeout=timeout, trust_env=False)

    def number(self, what: str) -> str:
        """A port, found in the log."""
        found = wait_until(lambda: re.findall(rf"{what} at port (\d+)", self.said), what=f"it says where {what} are")
        return str(found[0])

    @property
    def said(self) -> str:
        """What the process has logged."""
        return self.operator.said()


@contextmanager
def running(cluster: Cluster, kubeconfig: Path, name: str, *options: str, ready: bool = True) -> Iterator[Ports]:
    """An operator with a log of its own, in which the port can be found that it chose."""
    operator = Operator(cluster, kubeconfig, *options, name=name)
    operator.start()
    try:
        if ready:
            operator.await_ready()
        yield Ports(operator)
    finally:
        operator.stop()


@contextmanager
def suspended(pid: int | None) -> Iterator[None]:
    """A process that hangs."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
