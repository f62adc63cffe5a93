"""Servers whose CA lacks the extensions that Python's strict verification asks for, as that of EKS does."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_core.actions import RequestTls
from natsop_core.kinds import CLUSTERS
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.api_server.kube import Kube
from natsop_runtime.nats_client import verification
from tests.certificates import Authority

create_default_context = ssl.create_default_context


def strict_context(**options: Any) -> ssl.SSLContext:
    """What `ssl.create_default_context` makes from Python 3.13 on, on any version."""
    context = create_default_context(**options)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


@pytest.fixture
def ca() -> Authority:
    """Without key identifiers and key usage."""
    return Authority()


@pytest.fixture
def shown(ca: Authority, tmp_path: Path) -> ssl.SSLContext:
    """A server's context, with a certificate of that CA for 127.0.0.1."""
    issued, files = ca.issue("127.0.0.1"), (tmp_path / "tls.crt", tmp_path / "tls.key")
    for file, content in zip(files, (issued.certificate, issued.key), strict=True):
        file.write_text(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def told(shown: ssl.SSLContext, story: Callable[[int], Awaitable[None]]) -> None:
    """Tell the story to the port of a server with this certificate, which answers any request with an empty list."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"metadata": {"resourceVersion": "1"}, "items": []}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=shown) as server:
            await story(server.sockets[0].getsockname()[1])

    asyncio.run(serve())


async def discover(port: int, ca: Authority) -> None:
    cluster = Cluster(
        server=f"https://127.0.0.1:{port}", certificate_auth_data=base64.b64encode(ca.pem.encode()).decode()
    )
    config = KubeConfig.from_one(cluster=cluster, user=User()).get()
    assert config is not None
    async with connected(config) as kube:
        assert await served(kube) is False


async def served(kube: Kube) -> bool:
    return await kube.serves(CLUSTERS)


def test_python_3_13_would_refuse_such_a_server(shown: ssl.SSLContext, ca: Authority) -> None:
    async def story(port: int) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="Missing Authority Key Identifier"):
            await asyncio.open_connection("127.0.0.1", port, ssl=strict_context(cadata=ca.pem))

    told(shown, story)


@pytest.mark.parametrize("proxies", [{}, {"ftp": "http://127.0.0.1:1"}], ids=["aiohttp", "the transport for proxies"])
def test_an_api_server_is_verified_as_client_go_does(
    shown: ssl.SSLContext, ca: Authority, monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str]
) -> None:
    monkeypatch.setattr(ssl, "create_default_context", strict_context)
    monkeypatch.setattr("natsop_runtime.api_server.connection.getproxies", lambda: proxies)

    told(shown, lambda port: discover(port, ca))


def test_another_ca_is_still_refused(shown: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", strict_context)

    async def story(port: int) -> None:
        with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            await discover(port, Authority())

    told(shown, story)


def test_a_nats_server_is_verified_likewise(shown: ssl.SSLContext, ca: Authority) -> None:
    context = verification(RequestTls("127.0.0.1", ca.pem.encode()))["tls"]
    assert not context.verify_flags & ssl.VerifyFlags.VERIFY_X509_STRICT

    async def story(port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.close()

    told(shown, story)


def test_the_user_agent_names_the_version() -> None:
    agents: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        agents.append(request.headers["User-Agent"])
        return httpx2.Response(404, headers={"Audit-Id": "1"})

    async def story() -> None:
        config = KubeConfig.from_one(cluster=Cluster(server="http://small", insecure=True), user=User()).get()
        assert config is not None
        async with connected(config, httpx2.MockTransport(answer)) as kube:
            await served(kube)

    asyncio.run(story())
    [agent] = agents
    assert agent.startswith("natsop/0.")
