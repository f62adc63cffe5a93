"""A cluster that stays up for a person: up, look around, down."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.testbed import outside, paths, runs
from tests.testbed.errors import TestbedError
from tests.testbed.progress import say
from tests.testbed.wait import WaitError, wait_until

SHELL = ["bash"]
PURPOSE = "up"
DEMO = "demo"
START_TIMEOUT = 180

HOW_TO_USE = """\
The cluster is up, in namespaces of its own: commands must be run inside of them.
  python -m tests.testbed exec kubectl get pods -A    run one command (KUBECONFIG is set: you are the admin)
  python -m tests.testbed shell                       look around; kubectl, ctr and nats are on PATH
  python -m tests.testbed down                        end it, leaving nothing behind
Its folder, with kubeconfig, logs/ and audit.log: {folder}"""


def up(size: str) -> int:
    """Start a cluster in the background, unless one is up; returns when it is ready."""
    running = runs.alive(PURPOSE)
    if not running:
        outside.prepare(size)
        _start_in_background(size)
        running = runs.alive(PURPOSE)
    print(HOW_TO_USE.format(folder=running[0].folder))
    return 0


def down() -> int:
    """End the cluster that is up, if any."""
    running = runs.alive(PURPOSE)
    if not running:
        say("no cluster is up")
    for run in running:
        os.kill(run.outer_pid, signal.SIGTERM)
        wait_until(lambda run=run: not run.folder.exists(), timeout=60, what=f"the cluster {run.name} has ended")  # type: ignore[misc]
        say(f"cluster {run.name} has ended")
    return 0


def execute(command: list[str]) -> int:
    """Run a command inside the cluster that is up, or the demo's, as its admin, in the current folder."""
    running = runs.alive(PURPOSE) or runs.alive(DEMO)
    if not running:
        raise TestbedError("no cluster is up; start one with `python -m tests.testbed up`.")
    run = running[0]
    environment = {
        **os.environ,
        paths.CLUSTER_VARIABLE: str(run.folder),
        "KUBECONFIG": str(run.folder / "kubeconfig"),
        "KUBECACHEDIR": str(run.folder / "kubectl-cache"),
        "CONTAINERD_ADDRESS": "/run/containerd.sock",
        "CONTAINERD_NAMESPACE": "k8s.io",
        "PATH": f"{run.folder / 'bin'}:{os.environ['PATH']}",
    }
    # nsenter changes to the root folder of the namespace; env goes back to where we are.
    enter = ["nsenter", f"--target={run.init_pid}", "--net", "--mount", "--pid", "env", f"--chdir={Path.cwd()}"]
    return subprocess.run([*enter, *command], env=environment, check=False).returncode


def _start_in_background(size: str) -> None:
    log = paths.cache() / "up.log"
    program = (
        "import sys; from tests.testbed import outside; sys.exit(outside.run(sys.argv[1], ['sleep', 'infinity'], 'up'))"
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program, size],
            cwd=paths.SOURCE_TREE,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    say("starting the cluster …")
    try:
        wait_until(
            lambda: process.poll() is not None or any(run.ready for run in runs.alive(PURPOSE)),
            timeout=START_TIMEOUT,
            what="the cluster is up",
        )
    except WaitError as error:
        process.terminate()
        raise TestbedError(f"{error}\n{log.read_text()}") from error
    if process.poll() is not None:
        raise TestbedError(f"the cluster did not start:\n{log.read_text()}")
    say(log.read_text().strip().removeprefix("testbed: "))
