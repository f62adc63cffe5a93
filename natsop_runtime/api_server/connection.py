"""Over which connections an API server is reached: lightkube's credentials, TLS and clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.request import getproxies

import httpx2
from lightkube.config.client_adapter import ConnectionParams
from lightkube.config.client_adapter import ExecAuth as LightkubeExecAuth
from lightkube.config.kubeconfig import SingleConfig
from lightkube.core.generic_client import GenericAsyncClient

from natsop_runtime.api_server.errors import ConfigurationError
from natsop_runtime.api_server.exec_auth import ExecAuth
from natsop_runtime.api_server.http_client import HttpClient, uncounted, unfenced
from natsop_runtime.api_server.kube import REQUEST_TIMEOUT, Kube
from natsop_runtime.tls import verify_like_go
from natsop_runtime.transport import AiohttpTransport, no_cookies

if TYPE_CHECKING:
    from natsop_runtime.api_server.http_client import Count, FenceCheck

Config: TypeAlias = SingleConfig
"""Which API server, and as whom; see `kubeconfig`."""

Transport: TypeAlias = httpx2.AsyncBaseTransport
"""What carries the requests, the network in most cases."""

IDLE_SECONDS: Final = 60.0
"""How long an idle connection is kept; an API server closes its own after 90 seconds."""


def described(config: Config) -> str:
    """Which API server, and as whom, for people to see where they are; nothing secret."""
    user = config.context.user or "nobody"
    return f"server {_server(config)}, context {config.context_name}, user {user}"


def _server(config: Config) -> str:
    """Its URL, without a password that it may hold."""
    return str(httpx2.URL(config.cluster.server).copy_with(userinfo=b"")).rstrip("/")


@asynccontextmanager
async def connected(
    config: Config,
    transport: Transport | None = None,
    *,
    check_fence: FenceCheck = unfenced,
    count: Count = uncounted,
) -> AsyncIterator[Kube]:
    """The API server that the configuration names. Another transport stands in for the network in tests."""
    timeout = httpx2.Timeout(REQUEST_TIMEOUT)
    parameters = ConnectionParams(timeout=timeout, transport=transport)  # type: ignore[arg-type]
    try:
        requests, watches = _Client(parameters, config), _Client(parameters, config)
    except (ValueError, ImportError, httpx2.InvalidURL) as error:  # the configuration itself has been checked before
        raise ConfigurationError(f"a proxy that the environment names cannot be used: {error}") from error
    try:
        server = config.cluster.server.rstrip("/")
        yield Kube(
            requests,
            HttpClient(requests, watches, server=server, check_fence=check_fence, count=count),
            server=_server(config),
        )
    finally:
        await requests.close()  # type: ignore[no-untyped-call]
        await watches.close()  # type: ignore[no-untyped-call]


def _http_client(config: Config, conn_parameters: ConnectionParams) -> httpx2.AsyncClient:
    parameters = conn_parameters.httpx_params(config)
    verify_like_go(parameters["verify"])
    if isinstance(parameters["auth"], LightkubeExecAuth) and config.user and config.user.exec:
        parameters["auth"] = ExecAuth(config.user.exec, config)
    if parameters["transport"] is None and not getproxies():  # httpx's own knows how to go through a proxy
        parameters["transport"] = AiohttpTransport(parameters["verify"], idle_seconds=IDLE_SECONDS)
    limits = httpx2.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS)
    headers = {"User-Agent": f"natsop/{version('natsop')}"}
    return httpx2.AsyncClient(**parameters, limits=limits, headers=headers, cookies=no_cookies())


class _Client(GenericAsyncClient):
    """lightkube's client, with connections that are kept. HTTP/1.1: in HTTP/2 an idle watch holds up all others."""

    AdapterClient = staticmethod(_http_client)
