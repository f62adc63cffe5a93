"""The commands of other programs that the pages show, run as they stand there: real servers take what they make."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest
from ruamel.yaml import YAML

from natsop_core.api.read import read_cluster
from natsop_core.offline import inputs_at_hand, render
from tests.pages import OURS, ROOT, checked, commands_of
from tests.server.pod_layout import Layout, lay_out
from tests.server.pod_process import Monitor, started
from tests.testbed import parts
from tests.testbed.errors import TestbedError
from tests.testbed.fixtures import cannot_run
from tests.unit.natsop_core.world import NAMESPACE, Object, accepted, secret


def commands_on(page: str, program: str) -> list[str]:
    """The commands of the page's blocks that use a program, but for those that need a cluster."""
    blocks = [commands_of(each) for each in checked("sh", "console") if each.place.startswith(f"{page}:")]
    [found] = [each for each in blocks if any(line.startswith(f"{program} ") for line in each)]
    return [line for line in found if not line.startswith("kubectl ")]


def carried_out(commands: list[str], folder: Path, path: str = "") -> str:
    """What they print; each has to succeed. HOME is the folder, so that nobody's keys are touched."""
    script = "\n".join(["set -eo pipefail", *commands])
    environment = {"HOME": str(folder), "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return f"{done.stdout}{done.stderr}"


def first_server_of(manifest: Object, objects: list[Object]) -> Layout:
    """What the first pod sees of the cluster in the namespace `prod`."""
    cr = accepted(read_cluster({**manifest, "metadata": {**manifest["metadata"], "namespace": NAMESPACE}}))
    rendered = render(cr, inputs_at_hand(objects, datetime.now(UTC)))
    assert rendered.objects is not None, rendered.findings
    return lay_out([*objects, *rendered.objects])


def alone(manifest: Object) -> Object:
    """The same cluster with one server: the others do not run here."""
    return {**manifest, "spec": {**manifest["spec"], "replicas": 1}}


def answered(**options: Any) -> bool:
    """Whether the server lets a client with these options in."""

    async def asked() -> bool:
        client = await nats.connect(
            "nats://127.0.0.1:4222", allow_reconnect=False, connect_timeout=20, error_cb=ignored, **options
        )
        await client.flush()
        await client.close()
        return True

    try:
        return asyncio.run(asked())
    except (nats.errors.Error, ssl.SSLCertVerificationError):
        return False


async def ignored(_error: Exception) -> None:
    """What goes wrong is raised, too."""


@pytest.fixture
def in_pod(newest: Path, threads: ThreadPoolExecutor, tmp_path: Path) -> Callable[[Layout, Callable[[], None]], None]:
    """Start the newest server with what a pod sees, and carry a test out beside it."""

    def carry_out(seen: Layout, test: Callable[[], None]) -> None:
        with started(seen, newest, Monitor(8222, tls=False), tmp_path):
            test()

    return lambda seen, test: threads.submit(carry_out, seen, test).result()


InPod = Callable[[Layout, Callable[[], None]], None]


def test_certificates_made_as_the_page_says_are_trusted_by_clients(in_pod: InPod, tmp_path: Path) -> None:
    carried_out(commands_on("docs/how-to/tls.md", "openssl"), tmp_path)
    files = {name: (tmp_path / name).read_text() for name in ("tls.crt", "tls.key", "ca.crt")}
    [block] = [
        each for each in checked("yaml") if each.place.startswith("docs/how-to/tls.md:") and OURS.search(each.text)
    ]
    [manifest] = [each for each in YAML(typ="safe").load_all(block.text) if each["kind"] == "NatsCluster"]

    def clients_are_served() -> None:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
        for host in ("secure.default.svc", "secure-1.secure-headless.default.svc.cluster.local"):
            assert answered(tls=context, tls_hostname=host), host
        assert not answered(tls=context, tls_hostname="other.default.svc")

    in_pod(first_server_of(alone(manifest), [secret("client-tls", **files)]), clients_are_served)


def test_accounts_made_as_the_page_says_let_their_users_in(in_pod: InPod, tmp_path: Path) -> None:
    try:
        [nsc] = parts.binaries(parts.NSC).values()
    except TestbedError as error:
        cannot_run(str(error))
    said = carried_out(commands_on("docs/how-to/jwt.md", "nsc"), tmp_path, str(nsc.parent))
    keys = dict(re.findall(r"\| +(SYS|orders) +\| (A[A-Z2-7]{55}) \| +\|", said))
    files = {name: (tmp_path / name).read_text() for name in ("operator.jwt", "system.jwt", "orders.jwt")}
    manifest = YAML(typ="safe").load(ROOT / "docs" / "examples" / "jwt-memory-resolver.yaml")
    jwt = manifest["spec"]["auth"]["jwt"]
    jwt["systemAccount"] = keys["SYS"]
    for account, name in zip(jwt["accounts"], ("SYS", "orders"), strict=True):
        account["publicKey"] = keys[name]

    def only_users_get_in() -> None:
        assert answered(user_credentials=str(tmp_path / "app.creds"))
        assert not answered()

    in_pod(first_server_of(alone(manifest), [secret("nats-jwts", **files)]), only_users_get_in)
