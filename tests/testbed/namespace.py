"""A Namespace of one test: what a test does in it, and its end."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tests.testbed import wait
from tests.testbed.client import ApiError, Manifest
from tests.testbed.cluster import Cluster, Finished

T = TypeVar("T")

PRIVILEGED, BASELINE, RESTRICTED = "privileged", "baseline", "restricted"
"""The Pod Security levels."""

_open: list["Namespace"] = []


def open_namespaces() -> tuple["Namespace", ...]:
    """Those that tests of this process have at the moment; when one of the tests fails, they are looked at."""
    return tuple(_open)


class Namespace:
    """`client` and `kubectl` are the admin's, with this namespace as their default."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.client = cluster.client.in_namespace(name)

    def wait_until(self, predicate: Callable[[], T], timeout: float = 60, what: str = "") -> T:
        """Wait until the predicate returns something true, and return that; see tests.testbed.wait."""
        return wait.wait_until(predicate, timeout, what)

    def wait_for_condition(
        self, kind: str, name: str, condition: str, status: str = "True", timeout: float = 240
    ) -> Manifest:
        """Wait until the object has the condition, and return the object. The failure shows all of its conditions."""

        def seen() -> Manifest:
            found = self.client.get(kind, name)
            conditions = found.get("status", {}).get("conditions", [])
            wanted = any(each["type"] == condition and each["status"] == status for each in conditions)
            assert wanted, f"conditions: {conditions}"
            return found

        return self.wait_until(seen, timeout, f"{kind} {name} has {condition}={status}")

    def kubectl(self, *argv: str, stdin: str | None = None, check: bool = True, timeout: float = 60) -> Finished:
        """Run kubectl; with `check` a status other than 0 is an error that shows what kubectl said."""
        return self.cluster.kubectl(f"--namespace={self.name}", *argv, stdin=stdin, check=check, timeout=timeout)

    def exec(
        self,
        pod: str,
        *argv: str,
        container: str | None = None,
        stdin: str | None = None,
        check: bool = True,
        timeout: float = 60,
    ) -> Finished:
        """Run a command in a pod; "deployment/NAME" means one of its pods."""
        options = [*([f"--container={container}"] if container else []), *(["--stdin"] if stdin is not None else [])]
        return self.kubectl("exec", pod, *options, "--", *argv, stdin=stdin, check=check, timeout=timeout)

    def logs(self, pod: str, container: str = "", *, previous: bool = False, lines: int | None = None) -> str:
        """What a container has written; `previous` for the one before the last restart."""
        query = {"container": container, "previous": "true" if previous else "", "tailLines": str(lines or "")}
        path = f"/api/v1/namespaces/{self.name}/pods/{pod}/log"
        return str(self.client.request("GET", path, query=query))

    def pod_address(self, pod: str) -> str:
        """Its IP address, which tests inside the testbed can reach directly; a failed assertion while it has none."""
        status = self.client.get("Pod", pod)["status"]
        assert "podIP" in status, f"{pod} has no address: {status}"
        return str(status["podIP"])


@contextmanager
def new_namespace(cluster: Cluster, purpose: str, *, pod_security: str = RESTRICTED) -> Iterator[Namespace]:
    """A fresh Namespace, deleted afterwards with everything in it (the volumes of its claims too)."""
    name = _name(purpose)
    labels = {"pod-security.kubernetes.io/enforce": pod_security}
    cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    namespace = Namespace(cluster, name)
    _open.append(namespace)
    try:
        if cluster.has_node:
            what = f"{name} is ready for pods"
            namespace.wait_until(lambda: namespace.client.get("ServiceAccount", "default"), 60, what)
        yield namespace
    finally:
        _open.remove(namespace)
        _delete(namespace)


def _delete(namespace: Namespace) -> None:
    """Without waiting: nobody looks at it any more. Its pods end at once, they would only slow other tests down."""
    try:
        namespace.cluster.client.delete("Namespace", namespace.name, missing_ok=True)
        if namespace.cluster.has_node:
            namespace.client.delete_all("Pod", gracePeriodSeconds=1)
    except ApiError as error:
        print(f"could not delete namespace {namespace.name}: {error}")


def _name(purpose: str) -> str:
    """Short, since names of pods and their DNS records are made with it; unique, since tests run in parallel."""
    slug = re.sub(r"[^a-z0-9]+", "-", purpose.lower().removeprefix("test_")).strip("-")[:28].strip("-")
    return f"t-{slug}-{os.urandom(4).hex()}"
