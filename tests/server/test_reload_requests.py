"""Requests to real servers to reload: one that refuses says why, and nothing of what it quotes is repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from natsop_core.actions import Credentials, Request
from natsop_core.reloads import reload_errors
from natsop_core.requests import request_to
from natsop_core.servers import Server
from natsop_runtime.nats_requests import converse
from tests import tokens
from tests.certificates import Authority
from tests.server.jwt_world import laid_out
from tests.server.pod_process import Monitor, PodProcess, started
from tests.unit.natsop_core.world import Object, cluster, config_map, pod, resolved, secret

VERSIONS: Final = ("2.10.26", "2.12.6", "2.15.2")

NKEY: Final = tokens.user("operator")
LEAF: Final = 'leafnodes {{ port: {port}, authorization {{ user: leaf, password: "hunter2" }} }}\n'
USERS: Final = f"accounts {{ $SYS {{ users: [ {{ nkey: {NKEY.public_key} }} ] }} }}\n"
SPEC: Final[Object] = {
    "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}},
    "config": {
        "nats": {"tls": {"enabled": True, "secretName": "tls"}},
        "includes": [{"name": "users.conf", "secret": {"name": "users", "key": "users"}}],
    },
}
CA: Final = Authority()
PAIR: Final = CA.issue("c-headless.prod.svc.cluster.local")


def objects(*, key: str = PAIR.key, port: int = 7422) -> list[Object]:
    return [
        secret("users", users=USERS + LEAF.format(port=port)),
        secret("tls", **{"tls.crt": PAIR.certificate, "tls.key": key}),
        config_map("ca", **{"ca.crt": CA.pem}),
    ]


def asked_to_reload(server: PodProcess) -> dict[str, str]:
    """What it says against it."""
    servers = resolved(cluster(SPEC), *objects()).cluster
    subject = f"$SYS.REQ.SERVER.{server.varz()['server_id']}.RELOAD"
    there = [pod("c-0", ip="127.0.0.1")]
    request = request_to(
        servers, there, Credentials(nkey_seed=NKEY.seed), name="reload the server of c-0", subject=subject
    )
    assert isinstance(request, Request), request
    return reload_errors(servers, [Server("c-0")], asyncio.run(converse([request])))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_refuses_says_why(
    version: str, threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path
) -> None:
    good, other_key, other_port = (
        laid_out(SPEC, each) for each in (objects(), objects(key=CA.issue().key), objects(port=7423))
    )

    def life() -> None:
        with started(good, binary_of(version), Monitor(8222, tls=False), tmp_path) as server:
            assert asked_to_reload(server) == {}

            assert server.reload(other_key)
            assert asked_to_reload(server)["c-0"].endswith("private key does not match public key")

            assert server.reload(other_port)
            refused = asked_to_reload(server)["c-0"]
            assert refused.startswith("config reload not supported for LeafNode"), refused
            assert "hunter2" not in refused

            assert not server.reload(good)
            before = server.varz()["config_load_time"]
            assert asked_to_reload(server) == {}
            assert server.varz()["config_load_time"] > before

    threads.submit(life).result()
