"""Connections to an API server over a real network: whose certificate is trusted, as whom we go, and through whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
import trustme

from natsop_core.kinds import CONFIG_MAPS
from natsop_runtime import tls_files
from natsop_runtime.api_server import connection, kubeconfig, token_file
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.errors import RefusedError, UnauthorizedError, UnavailableError
from natsop_runtime.api_server.kube import Kube
from natsop_runtime.api_server.kubeconfig import load_config
from tests.unit.natsop_runtime.api_server.tls_server import ApiServer, listening
from tests.unit.natsop_runtime.servers import Server, serving
from tests.unit.natsop_runtime.small_api import kube_over

KEY = CONFIG_MAPS.key("prod", "a")


@pytest.fixture
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for changed files at each request."""
    monkeypatch.setattr(connection, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(token_file, "READ_AGAIN", 0.0)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a pod's ServiceAccount."""
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    (tmp_path / "namespace").write_text("nats-system")
    (tmp_path / "token").write_text("first")
    return tmp_path


def trust(file: Path, *authorities: trustme.CA) -> None:
    """Replace the file as the kubelet does, at once."""
    content = b"".join(each.cert_pem.bytes() for each in authorities)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)


def in_pod(
    server: ApiServer, pod: Path, monkeypatch: pytest.MonkeyPatch, story: Callable[[Kube], Awaitable[None]]
) -> None:
    """A story in a pod whose ServiceAccount trusts the server."""
    trust(pod / "ca.crt", server.authority)

    async def whole() -> None:
        async with listening(server):
            monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
            async with connected(load_config(None, None)) as kube:
                await story(kube)

    asyncio.run(asyncio.wait_for(whole(), 20))


async def look(kube: Kube) -> None:
    await kube.get(CONFIG_MAPS, KEY)


@pytest.mark.usefixtures("_impatience")
def test_a_pods_ca_is_read_again_when_it_was_rotated(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ApiServer()

    async def story(kube: Kube) -> None:
        await look(kube)
        server.show(trustme.CA())
        trust(pod / "ca.crt", server.authority)
        await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert server.connections == 2


@pytest.mark.usefixtures("_impatience")
def test_a_server_that_shows_its_new_certificate_too_early_is_trusted_once_the_ca_is_known(
    pod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ApiServer()

    async def story(kube: Kube) -> None:
        server.show(trustme.CA())
        for _ in range(2):
            with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
                await look(kube)
        trust(pod / "ca.crt", server.authority)
        await look(kube)

    in_pod(server, pod, monkeypatch, story)


@pytest.mark.usefixtures("_impatience")
def test_a_ca_that_is_trusted_no_more_is_not(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither over a connection that was made before."""
    server = ApiServer()

    async def story(kube: Kube) -> None:
        await look(kube)
        trust(pod / "ca.crt", trustme.CA())
        with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert len(server.heard) == 1


@pytest.mark.usefixtures("_impatience")
@pytest.mark.parametrize("content", [b"", b"half a certificate", None], ids=["empty", "broken", "gone"])
def test_a_ca_that_cannot_be_read_for_a_moment_changes_nothing(
    pod: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    server = ApiServer()

    async def story(kube: Kube) -> None:
        await look(kube)
        (pod / "ca.crt").unlink()
        if content is not None:
            (pod / "ca.crt").write_bytes(content)
        await look(kube)
        server.show(trustme.CA())
        trust(pod / "ca.crt", server.authority)
        await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert any(str(pod / "ca.crt") in each.getMessage() for each in caplog.records if each.levelname == "WARNING")


def test_files_are_looked_at_only_now_and_then(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    server = ApiServer()

    async def story(kube: Kube) -> None:
        await look(kube)
        monkeypatch.setattr(tls_files, "_fingerprint", lambda _files: looked.append("TLS"))
        monkeypatch.setattr(token_file, "_token_in", lambda _file: looked.append("token"))
        for _ in range(5):
            await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert looked == []
    assert (connection.LOOK_AGAIN, token_file.READ_AGAIN) == (10.0, 60.0)


def kubeconfig_of(server: ApiServer, folder: Path, **user: str) -> Path:
    """One whose files are beside it."""
    trust(folder / "ca.crt", server.authority)
    cluster = {"server": f"https://127.0.0.1:{server.port}", "certificate-authority": "ca.crt"}
    content = {
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "current-context": "c",
    }
    file = folder / "config"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.usefixtures("_impatience")
def test_the_files_that_a_kubeconfig_names_are_read_again_too(tmp_path: Path) -> None:
    first, second = trustme.CA(), trustme.CA()
    server = ApiServer(clients=first)

    async def story() -> None:
        async with listening(server):
            identify(first)
            (tmp_path / "token").write_text("first")
            names = {"client-certificate": "tls.crt", "client-key": "tls.key", "tokenFile": "token"}
            config = load_config(str(kubeconfig_of(server, tmp_path, **names)), None)
            async with connected(config) as kube:
                await look(kube)
                server.show(trustme.CA())
                server.context.load_verify_locations(cadata=second.cert_pem.bytes().decode())
                identify(second)
                trust(tmp_path / "ca.crt", server.authority)
                (tmp_path / "token").write_text("second")
                await look(kube)
        assert server.heard == ["first", "second"]

    def identify(authority: trustme.CA) -> None:
        issued = authority.issue_cert("us@example.com")
        issued.cert_chain_pems[0].write_to_path(tmp_path / "tls.crt")
        issued.private_key_pem.write_to_path(tmp_path / "tls.key")

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_rejected_token_is_read_again_at_once(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ApiServer()

    async def story(kube: Kube) -> None:
        await look(kube)
        server.token = "second"  # noqa: S105
        (pod / "token").write_text("second\n")
        await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert server.heard == ["first", "first", "second"]


def test_a_rejected_token_that_is_still_the_only_one_is_not_sent_twice(
    pod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ApiServer()
    server.token = "second"  # noqa: S105

    async def story(kube: Kube) -> None:
        with pytest.raises(UnauthorizedError):
            await look(kube)

    in_pod(server, pod, monkeypatch, story)
    assert server.heard == ["first"]


def test_neither_redirects_nor_cookies_of_an_api_server_are_followed_or_kept(tmp_path: Path) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
    server = Server(redirect, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def story() -> None:
        async with serving(server):
            cluster = {"server": f"http://localhost:{server.port}"}
            file = tmp_path / "config"
            file.write_text(
                json.dumps(
                    {
                        "clusters": [{"name": "k", "cluster": cluster}],
                        "contexts": [{"name": "c", "context": {"cluster": "k"}}],
                        "current-context": "c",
                    }
                )
            )
            async with connected(load_config(str(file), None)) as kube:
                with pytest.raises(RefusedError, match="302"):
                    await look(kube)
                await look(kube)

    asyncio.run(story())
    assert len(server.requests) == 2
    assert all(request.startswith(b"GET /api/v1/namespaces/prod/configmaps/a ") for request in server.requests)
    assert all(b"cookie" not in request.lower() for request in server.requests)
    assert b"\r\nUser-Agent: natsop/0" in server.requests[0]


def test_the_client_itself_keeps_no_cookies() -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, headers={"Set-Cookie": "a=1"}, json={})

    async def story() -> None:
        async with kube_over(answer) as kube:
            await look(kube)
            await look(kube)

    asyncio.run(story())
    assert "Cookie" not in requests[1].headers
