"""What `natsop run` says when it cannot start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def refusal(kubeconfig: Path | None, home: Path, *options: str) -> str:
    """The error that it logs before it gives up; all that it says is JSON."""
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"} | {"HOME": str(home)}
    chosen = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    command = [sys.executable, "-m", "natsop_runtime", "run", *chosen, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 1, done
    assert done.stdout == ""
    *_, last = map(json.loads, done.stderr.splitlines())
    assert last["level"] == "error"
    return str(last["message"])
