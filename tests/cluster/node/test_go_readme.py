"""The README of the Go program, word for word: what its users have written works, also where it did not work there."""

from __future__ import annotations

import json
from typing import Final

import pytest

from natsop_core import names
from tests import tokens
from tests.cluster.nack import ACCOUNT, STREAM, install_nack
from tests.cluster.node import go_readme
from tests.cluster.node.nats import READY_WITHIN, SMALL, Box, Stream, condition
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

MY_NATS: Final = "my-nats"
IN_MY_BOX: Final = ("exec", "-it", "deploy/my-box", "--")

OPERATOR: Final = tokens.operator()
SYSTEM: Final = tokens.account("system")
APP: Final = tokens.account("app")
APP_CONTEXT: Final = {
    "defaultContextName": "app",
    "contexts": {"app": {"creds": {"name": "nats-app-user-creds", "key": "nats.creds"}}},
    "resources": SMALL,
}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not go_readme.FILE.exists(), reason=f"the Go program's README is not at {go_readme.FILE}"),
]


def test_the_quick_start_and_its_box_work(workspace: Namespace) -> None:
    quick_start = go_readme.manifest(
        "kind: NatsCluster", "storage: 100Gi", **{"{cpu: 500m, memory: 2Gi}": "{cpu: 10m}"}
    )
    for manifest in (quick_start, go_readme.manifest("kind: NatsBox")):
        apply(workspace, manifest)
    wait_until_ready(workspace)
    workspace.wait_for_condition("NatsBox", "my-box", "Ready", timeout=READY_WITHIN)

    listed = workspace.kubectl(*IN_MY_BOX, "nats", "stream", "ls").stdout

    assert "No Streams defined" in listed
    stream = Stream(Box(workspace, "deploy/my-box"))
    stream.add(replicas=3)
    stream.wait_until_holds(stream.publish(5))


def test_with_the_jwt_example_and_nack_its_three_line_stream_becomes_a_real_one(workspace: Namespace) -> None:
    create_secrets(workspace)
    keys = {"AASYSTEM_ACCOUNT_PUBKEY": SYSTEM.public_key, "BBAPP_ACCOUNT_PUBKEY": APP.public_key}
    apply(workspace, go_readme.manifest("kind: NatsCluster", "systemAccount", **keys))
    install_nack(workspace)
    wait_until_ready(workspace)
    [account] = workspace.wait_until(lambda: workspace.client.list(ACCOUNT), READY_WITHIN)
    assert account["metadata"]["name"] == "my-nats-app"

    apply(workspace, go_readme.manifest("kind: Stream"))
    workspace.wait_for_condition(STREAM, "orders", "Ready", timeout=READY_WITHIN)

    box = box_of_the_app(workspace)
    config = json.loads(box.nats("stream", "info", "ORDERS", "--json"))["config"]
    assert (config["subjects"], config["storage"]) == (["orders.*"], "memory")
    box.nats("pub", "orders.new", "order {{Count}}", "--count=5", "--jetstream")
    assert "order 5" in box.nats("stream", "get", "ORDERS", "5")
    assert condition(workspace.client.get("NatsCluster", MY_NATS), "NackIntegrationAvailable")["status"] == "True"


def apply(namespace: Namespace, manifest: str) -> None:
    namespace.kubectl("apply", "--filename=-", stdin=manifest)


def wait_until_ready(namespace: Namespace) -> None:
    timeout = f"--timeout={READY_WITHIN}s"
    namespace.kubectl("wait", "natscluster", MY_NATS, "--for=condition=Ready", timeout, timeout=READY_WITHIN + 10)


def create_secrets(namespace: Namespace) -> None:
    """What `nsc` would have made, in Secrets of the names that the example has."""
    contents = {
        "nats-operator-jwt": {"operator.jwt": tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key)},
        "nats-system-account-jwt": {"account.jwt": tokens.account_jwt(SYSTEM, OPERATOR)},
        "nats-app-account-jwt": {"account.jwt": tokens.account_jwt(APP, OPERATOR, jetstream=True)},
        "nats-system-user-creds": {"nats.creds": tokens.credentials(tokens.user("system-user"), SYSTEM)},
        "nats-app-user-creds": {"nats.creds": tokens.credentials(tokens.user("app-user"), APP)},
    }
    for name, content in contents.items():
        namespace.client.create(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
        )


def box_of_the_app(namespace: Namespace) -> Box:
    """A box with the credentials of the account app."""
    manifest: Manifest = {
        "apiVersion": names.API_VERSION,
        "kind": "NatsBox",
        "metadata": {"name": "app-box"},
        "spec": {"clusterRef": {"name": MY_NATS}, **APP_CONTEXT},
    }
    namespace.client.create(manifest)
    namespace.wait_for_condition("NatsBox", "app-box", "Ready", timeout=READY_WITHIN)
    return Box(namespace, "deploy/app-box")
