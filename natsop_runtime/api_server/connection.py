"""Over which connections an API server is reached: lightkube's credentials and TLS, our HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.request import getproxies, proxy_bypass

import httpx2
from lightkube.config.client_adapter import user_auth, verify_cluster
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import User

from natsop_runtime.api_server.errors import ConfigurationError
from natsop_runtime.api_server.exec_auth import ExecAuth
from natsop_runtime.api_server.http_client import HttpClient, uncounted, unfenced
from natsop_runtime.api_server.kube import REQUEST_TIMEOUT, Kube
from natsop_runtime.api_server.token_file import TokenFileAuth
from natsop_runtime.tls import verify_like_go
from natsop_runtime.tls_files import ReloadedContext
from natsop_runtime.transport import USER_AGENT, AiohttpTransport, no_cookies

if TYPE_CHECKING:
    import ssl

    from natsop_runtime.api_server.http_client import Answered, FenceCheck

Config: TypeAlias = SingleConfig
"""Which API server, and as whom; see `kubeconfig`."""

Transport: TypeAlias = httpx2.AsyncBaseTransport
"""What carries the requests, the network in most cases."""

LOOK_AGAIN: Final = 10.0
"""Seconds between two checks of the TLS files. A handshake that fails in between is retried anyway."""

IDLE_SECONDS: Final = 60.0
"""How long an idle connection is kept; an API server closes its own after 90 seconds."""


def described(config: Config) -> str:
    """Which API server, and as whom, for people to see where they are; nothing secret."""
    user = config.context.user or "nobody"
    return f"server {_server(config)}, context {config.context_name}, user {user}"


def _server(config: Config) -> str:
    """Its URL, without a password that it may hold."""
    return str(httpx2.URL(config.cluster.server).copy_with(userinfo=b"")).rstrip("/")


def host(config: Config) -> str:
    """Its name or address, with the port where the URL has one."""
    return httpx2.URL(config.cluster.server).netloc.decode("ascii")


@asynccontextmanager
async def connected(
    config: Config,
    transport: Transport | None = None,
    *,
    check_fence: FenceCheck = unfenced,
    answered: Answered = uncounted,
) -> AsyncIterator[Kube]:
    """The API server that the configuration names. Another transport stands in for the network in tests."""
    try:
        requests, watches = _http_client(config, transport), _http_client(config, transport)
    except (ValueError, ImportError, httpx2.InvalidURL) as error:  # the configuration itself has been checked before
        raise ConfigurationError(f"a proxy that the environment names cannot be used: {error}") from error
    async with requests, watches:
        server = config.cluster.server.rstrip("/")
        http_client = HttpClient(requests, watches, server=server, check_fence=check_fence, answered=answered)
        yield Kube(http_client, server=_server(config))


def _http_client(config: Config, transport: Transport | None) -> httpx2.AsyncClient:
    """Over HTTP/1.1: in HTTP/2 an idle watch holds up all others."""
    return httpx2.AsyncClient(
        transport=transport or _network(config),
        auth=_auth(config),
        timeout=REQUEST_TIMEOUT,
        headers={"User-Agent": USER_AGENT},
        cookies=no_cookies(),
    )


def _network(config: Config) -> Transport:
    """A direct connection whose TLS files are reloaded, or httpx's transport through a proxy, which reloads none."""
    context = ReloadedContext(lambda: _context(config), _tls_files(config), interval=LOOK_AGAIN)
    if (proxy := _proxy(config.cluster.server)) is None:
        return AiohttpTransport(context, idle_seconds=IDLE_SECONDS)
    limits = httpx2.Limits(keepalive_expiry=IDLE_SECONDS)  # of any number of connections
    return httpx2.AsyncHTTPTransport(verify=context(), proxy=proxy, limits=limits)


def _proxy(server: str) -> str | None:
    """The proxy for this server by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, or None."""
    url, proxies = httpx2.URL(server), getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or proxy_bypass(url.netloc.decode("ascii")):
        return None
    return found if "://" in found else f"http://{found}"


def _context(config: Config) -> ssl.SSLContext:
    return verify_like_go(verify_cluster(config.cluster, config.user or User(), config.abs_file))


def _tls_files(config: Config) -> tuple[Path, ...]:
    """The files of the CA and of the client certificate, as far as the configuration names files."""
    cluster, user = config.cluster, config.user or User()
    certificate = None if user.client_cert_data else user.client_cert
    key = None if user.client_key_data else user.client_key
    return tuple(Path(config.abs_file(file)) for file in (cluster.certificate_auth, certificate, key) if file)


def _auth(config: Config) -> httpx2.Auth | None:
    """How requests are authenticated. lightkube itself reads a token file only once, and knows no exec v1."""
    user = config.user or User()
    if user.token_file:
        return TokenFileAuth(user.token_file)
    if user.exec and not user.token:
        return ExecAuth(user.exec, config)
    return user_auth(user)
