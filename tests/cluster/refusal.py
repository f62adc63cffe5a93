"""What `natsop run` says when it cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def refusal(kubeconfig: Path | None, home: Path, *options: str) -> str:
    """The one line that it says before it gives up, beside those of its log, each of which is an object of JSON."""
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"} | {"HOME": str(home)}
    chosen = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    command = [sys.executable, "-m", "natsop_runtime", "run", *chosen, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 1, done
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("natsop: "), done.stderr
    return lines[0]
