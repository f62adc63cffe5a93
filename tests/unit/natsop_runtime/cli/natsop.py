"""Running `natsop` in this process, on files of a folder of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from natsop_runtime.cli import main

CLUSTER = """\
apiVersion: nats.crewlet.cloud/v1alpha1
kind: NatsCluster
metadata: {name: c}
spec:
  config:
    nats:
      port: 4333
"""
BOX = """\
apiVersion: nats.crewlet.cloud/v1alpha1
kind: NatsBox
metadata: {name: b}
spec:
  clusterRef: {name: c}
"""


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Natsop:
    """`natsop("render", "-f", "a.yaml", **{"a.yaml": text})` writes the files first."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, **files: str) -> Done:
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        self.capsys.readouterr()
        code = main(arguments)
        printed = self.capsys.readouterr()
        return Done(code, printed.out, printed.err)
