"""What `natsop run` says when it cannot start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def refusal(kubeconfig: Path | None, home: Path, *options: str) -> str:
    """The error that it logs before it gives up; all that it says is JSON."""
    command, environment = _program(kubeconfig, home, *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 1, done
    assert done.stdout == ""
    *_, last = map(json.loads, done.stderr.splitlines())
    assert last["level"] == "error"
    return str(last["message"])


def first_warning(kubeconfig: Path, home: Path, *options: str) -> str:
    """What it logs before it tries again; it is ended then."""
    command, environment = _program(kubeconfig, home, *options)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stderr is not None
        try:
            lines = map(json.loads, running.stderr)
            return str(next(line["message"] for line in lines if line["level"] == "warning"))
        finally:
            running.terminate()


def _program(kubeconfig: Path | None, home: Path, *options: str) -> tuple[list[str], dict[str, str]]:
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"} | {"HOME": str(home)}
    chosen = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    return [sys.executable, "-m", "natsop_runtime", "run", *chosen, *options], environment
