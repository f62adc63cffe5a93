"""What `natsop run` says when it cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def refusal(kubeconfig: Path | None, home: Path, *options: str) -> str:
    """The one line that it says before it gives up."""
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"} | {"HOME": str(home)}
    chosen = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    command = [sys.executable, "-m", "natsop_runtime", "run", *chosen, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("natsop: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
