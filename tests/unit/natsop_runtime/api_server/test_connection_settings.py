"""A connection is what configuration and environment say: where it goes, through what, as whom, by which files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube.config.models import Cluster, Context, User, UserExec

from natsop_core.kinds import CONFIG_MAPS
from natsop_runtime.api_server import connection
from natsop_runtime.api_server.connection import IDLE_SECONDS, LOOK_AGAIN, Config, connected, described, host
from natsop_runtime.api_server.errors import ConfigurationError
from tests.unit.natsop_runtime.servers import Server, serving

KEY = CONFIG_MAPS.key("prod", "a")
FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)


def config(server: str, user: User | None = None, *, named: str | None = None, **cluster: Any) -> Config:
    context = Context(cluster="k", user=named)
    return Config(context_name="c", context=context, cluster=Cluster(server=server, **cluster), user=user)


def asked(found: Config) -> list[httpx2.Request]:
    """The requests that reading an object makes."""
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json={})

    async def story() -> None:
        async with connected(found, httpx2.MockTransport(answer)) as kube:
            await kube.get(CONFIG_MAPS, KEY)

    asyncio.run(story())
    return requests


@pytest.mark.parametrize(
    ("server", "user", "text"),
    [
        ("https://10.0.0.1:6443", "admin", "server https://10.0.0.1:6443, context c, user admin"),
        ("https://me:s3cret@robot.test/", None, "server https://robot.test, context c, user nobody"),
    ],
)
def test_a_configuration_is_described_without_secrets(server: str, user: str | None, text: str) -> None:
    assert described(config(server, named=user)) == text


def test_the_host_is_named_with_its_port_if_there_is_one() -> None:
    assert [host(config(url)) for url in ("https://a.test:6443/path", "https://a.test")] == ["a.test:6443", "a.test"]


def test_a_slash_at_the_end_of_the_servers_address_is_not_doubled() -> None:
    [request] = asked(config("http://robot.test/"))
    assert str(request.url) == "http://robot.test/api/v1/namespaces/prod/configmaps/a"


def test_a_request_has_the_timeout_of_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_TIMEOUT", 7.0)
    [request] = asked(config("http://api"))
    assert set(request.extensions["timeout"].values()) == {7.0}


@pytest.mark.parametrize(
    ("user", "authorization"),
    [
        (None, None),
        (User(), None),
        (User(token="t"), "Bearer t"),  # noqa: S106
        (User(token="t", exec=UserExec(command="/does/not/exist", apiVersion="v1")), "Bearer t"),  # noqa: S106
        (User(username="u", password="p"), "Basic dTpw"),  # noqa: S106
    ],
    ids=["no user", "empty user", "token", "token before a program", "password"],
)
def test_a_request_is_sent_as_the_user_of_the_configuration(user: User | None, authorization: str | None) -> None:
    [request] = asked(config("http://api", user))
    assert request.headers.get("Authorization") == authorization


def test_both_clients_are_closed_at_the_end() -> None:
    closed: list[httpx2.AsyncBaseTransport] = []

    class Noted(httpx2.AsyncBaseTransport):
        async def aclose(self) -> None:
            closed.append(self)

    async def story() -> None:
        async with connected(config("http://api"), Noted()):
            assert closed == []

    asyncio.run(story())
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("user", "files"),
    [
        (None, ["ca.crt"]),
        (User(client_cert="us.crt", client_key="us.key"), ["ca.crt", "us.crt", "us.key"]),
        (User(client_cert="us.crt", client_cert_data="x", client_key="us.key", client_key_data="x"), ["ca.crt"]),
    ],
    ids=["no user", "files", "data before files"],
)
def test_the_files_that_are_used_are_looked_at_again(
    user: User | None, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Path] = []

    def noted(_build: Callable[[], object], files: tuple[Path, ...], *, interval: float) -> Callable[[], None]:
        assert interval == LOOK_AGAIN
        looked_at.extend(files)
        return lambda: None

    async def story() -> None:
        found = config("https://api", user, certificate_auth="ca.crt")
        async with connected(found._replace(fname=tmp_path / "config")):
            pass

    monkeypatch.setattr(connection, "ReloadedContext", noted)
    asyncio.run(story())
    assert sorted({each.name for each in looked_at}) == files
    assert {each.parent for each in looked_at} == {tmp_path}


def test_a_server_with_tls_can_be_asked_by_nobody_in_particular() -> None:
    async def story() -> None:
        async with connected(config("https://api")):
            pass

    asyncio.run(story())


# Proxies


def first_line_heard(api: str, **environment: str) -> bytes:
    """What a server hears when an object is read from an API server at this address; {port} is that of the server."""
    server = Server(FOUND)

    async def story() -> None:
        async with serving(server):
            with pytest.MonkeyPatch.context() as patch:
                for name, value in environment.items():
                    patch.setenv(name, value.format(port=server.port))
                async with connected(config(api.format(port=server.port))) as kube:
                    await kube.get(CONFIG_MAPS, KEY)

    asyncio.run(asyncio.wait_for(story(), 20))
    return server.requests[0].partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "http://127.0.0.1:{port}", "ALL_PROXY": "http://127.0.0.1:1"},
        {"HTTP_PROXY": "127.0.0.1:{port}"},
        {"ALL_PROXY": "http://127.0.0.1:{port}"},
    ],
    ids=["of the scheme", "without a scheme", "of all schemes"],
)
def test_a_proxy_of_the_environment_is_used(environment: dict[str, str]) -> None:
    heard = first_line_heard("http://api.test", **environment)
    assert heard == b"GET http://api.test/api/v1/namespaces/prod/configmaps/a HTTP/1.1"


def test_a_server_that_is_excepted_is_asked_without_a_proxy() -> None:
    environment = {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1:{port}"}
    heard = first_line_heard("http://127.0.0.1:{port}", **environment)
    assert heard == b"GET /api/v1/namespaces/prod/configmaps/a HTTP/1.1"


@pytest.mark.parametrize("proxy", ["ftp://proxy", "socks5://proxy:1", "http://a:b:c"])
def test_a_proxy_that_cannot_be_used_is_said_to_be_of_the_environment(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with connected(config("http://api.test")):
            pass

    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="a proxy that the environment names cannot be used: "):
        asyncio.run(story())


def test_through_a_proxy_too_there_may_be_any_number_of_connections_and_the_ca_is_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[dict[str, Any]] = []
    context = object()

    def noted(**options: Any) -> httpx2.AsyncBaseTransport:
        made.append(options)
        return httpx2.MockTransport(lambda _request: httpx2.Response(200))

    async def story() -> None:
        async with connected(config("https://api.test")):
            pass

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setattr(connection, "ReloadedContext", lambda *_, **__: lambda: context)
    monkeypatch.setattr(httpx2, "AsyncHTTPTransport", noted)
    asyncio.run(story())
    limits = httpx2.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS)
    assert made == [{"verify": context, "proxy": "http://proxy:3128", "limits": limits}] * 2
