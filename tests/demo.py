"""`make demo`: the README's quick start on a real cluster, as a person would do it, shown step by step.

Exit status 0 only when every step was seen to work: the objects, the conditions, a stream of three replicas, and the
messages that were published read back. On a terminal it then stays up, for a look around, until Ctrl-C.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any, Final

from tests.testbed import diagnosis
from tests.testbed.cluster import Finished, connected
from tests.testbed.errors import TestbedError
from tests.testbed.namespace import Namespace, new_namespace
from tests.testbed.operator import Operator, install_crds, install_service_account
from tests.testbed.wait import wait_until

QUICK_START: Final = Path(__file__).parents[1] / "docs" / "examples" / "quick-start.yaml"
MESSAGES: Final = 5

HINT: Final = """
The cluster stays up until Ctrl-C. In another terminal, in this folder:
  .venv/bin/python -m tests.testbed exec kubectl -n {namespace} get natscluster,natsbox,pods
  .venv/bin/python -m tests.testbed exec kubectl -n {namespace} describe natscluster my-nats
  .venv/bin/python -m tests.testbed exec kubectl -n {namespace} edit natscluster my-nats
  .venv/bin/python -m tests.testbed exec kubectl -n {namespace} exec -it deployment/my-box -- nats stream ls
  .venv/bin/python -m tests.testbed shell     kubectl, ctr and nats are on PATH"""


def main() -> int:
    """Run the demo in the testbed that this process is inside of."""
    cluster = connected()
    if cluster is None:
        print("The demo needs a cluster: make demo", file=sys.stderr)
        return 1
    _say("Install the CRDs, and start the operator as its own ServiceAccount")
    install_crds(cluster)
    operator = Operator(cluster, install_service_account(cluster))
    operator.start()
    operator.await_ready()
    with new_namespace(cluster, "demo") as namespace:
        try:
            _quick_start(namespace)
            _say("All of it worked.")
            stay_up(namespace.name)
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except (AssertionError, TestbedError) as error:
            print(f"\nThe demo failed: {error}\n\n{diagnosis.of_namespace(namespace)}\n{operator.log_tail()}")
            return 1
    operator.stop()
    return 0


def stay_up(namespace: str) -> None:
    """On a terminal, tell how to look around, and wait for Ctrl-C; elsewhere nobody is there to look."""
    if not sys.stdout.isatty():
        return
    with suppress(KeyboardInterrupt):
        print(HINT.format(namespace=namespace), flush=True)
        Event().wait()
    _say("Ending; nothing of it is left")


def _quick_start(namespace: Namespace) -> None:
    _say("Apply the quick start: three servers with JetStream, and a nats-box")
    print(QUICK_START.read_text())
    started = time.monotonic()
    _kubectl(namespace, "apply", "-f", str(QUICK_START))
    _kubectl(namespace, "wait", "--for=condition=Ready", "natscluster/my-nats", "natsbox/my-box", "--timeout=180s")
    print(f"ready {time.monotonic() - started:.1f} s after kubectl apply")
    _show_objects(namespace)
    _show_stream(namespace)


def _show_objects(namespace: Namespace) -> None:
    _say("What the operator made")
    _kubectl(namespace, "get", "natscluster,natsbox")
    _kubectl(namespace, "get", "statefulset,deployment,pods,services,configmaps,secrets,pdb,pvc", "--show-kind")
    _say("What it says about the cluster")
    cluster = namespace.client.get("NatsCluster", "my-nats")
    for condition in cluster["status"]["conditions"]:
        print(f"{condition['type']:21} {condition['status']:8} {condition['reason']:14} {condition['message']}")
    assert cluster["status"]["readyReplicas"] == 3, cluster["status"]


def _show_stream(namespace: Namespace) -> None:
    _say("A stream of three replicas, from the nats-box")
    _nats(namespace, "stream", "add", "ORDERS", "--subjects=orders.*", "--storage=file", "--replicas=3", "--defaults")
    for number in range(1, MESSAGES + 1):
        _nats(namespace, "pub", f"orders.{number}", f"order {number}", "--jetstream")
    read = [_nats(namespace, "stream", "get", "ORDERS", str(number)).stdout for number in range(1, MESSAGES + 1)]
    assert all(f"order {number}" in text for number, text in enumerate(read, start=1)), read
    _say("The stream's state on its three servers")
    info = wait_until(lambda: _current(namespace), what="all replicas of the stream are current")
    assert info["state"]["messages"] == MESSAGES, info["state"]
    _nats(namespace, "stream", "ls")
    _nats(namespace, "stream", "info", "ORDERS")


def _current(namespace: Namespace) -> dict[str, Any]:
    answer = namespace.exec("deployment/my-box", "nats", "stream", "info", "ORDERS", "--json")
    info: dict[str, Any] = json.loads(answer.stdout)
    replicas = info["cluster"].get("replicas", [])
    assert len(replicas) == 2 and all(replica.get("current") for replica in replicas), replicas
    return info


def _nats(namespace: Namespace, *arguments: str) -> Finished:
    return _kubectl(namespace, "exec", "deployment/my-box", "--", "nats", *arguments)


def _kubectl(namespace: Namespace, *arguments: str) -> Finished:
    print(f"\n$ kubectl {' '.join(arguments)}", flush=True)
    finished = namespace.kubectl(*arguments, timeout=200)
    print(finished.stdout.rstrip() or finished.stderr.rstrip(), flush=True)
    return finished


def _say(heading: str) -> None:
    print(f"\n=== {heading}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
