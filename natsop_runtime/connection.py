"""Which API server, as whom, over which connections: lightkube's kubeconfigs, credentials, TLS and clients."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx2
from lightkube.config.client_adapter import ConnectionParams
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, KubeConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError
from lightkube.core.generic_client import GenericAsyncClient

from natsop_runtime.errors import ConfigurationError
from natsop_runtime.kube import REQUEST_TIMEOUT, Kube

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

IDLE_CONNECTIONS: Final = 4
"""How many idle connections are kept: each is probed at every request, which costs CPU time."""

IDLE_SECONDS: Final = 60.0
"""How long an idle connection is kept; an API server closes its own after 90 seconds."""


def load_config(kubeconfig: str | None, context: str | None) -> SingleConfig:
    """The named kubeconfig; or the pod's ServiceAccount, $KUBECONFIG or ~/.kube/config, whichever is there first."""
    try:
        config = _kubeconfig(kubeconfig, context).get(context)
    except ConfigError as error:
        raise ConfigurationError(str(error)) from error
    except Exception as error:  # what lightkube raises for a file that is no kubeconfig can be anything
        raise ConfigurationError(f"the kubeconfig cannot be understood ({error!r})") from error
    if config is None:
        raise ConfigurationError("the kubeconfig has no current context")
    return config._replace(user=config.user or User())  # lightkube insists on a user; `kubectl proxy` needs none


def _kubeconfig(path: str | None, context: str | None) -> KubeConfig:
    if path is not None:
        return KubeConfig.from_file(path)
    if context is not None:  # a ServiceAccount has none
        return KubeConfig.from_file(os.environ.get("KUBECONFIG", DEFAULT_KUBECONFIG))
    return KubeConfig.from_env()


@asynccontextmanager
async def connected(config: SingleConfig, transport: httpx2.AsyncBaseTransport | None = None) -> AsyncIterator[Kube]:
    """The API server that the configuration names. Another transport stands in for the network in tests."""
    timeout = httpx2.Timeout(REQUEST_TIMEOUT)
    parameters = ConnectionParams(timeout=timeout, transport=transport)  # type: ignore[arg-type]
    requests, watches = _Client(parameters, config), _Client(parameters, config)
    try:
        yield Kube(requests, watches, server=config.cluster.server)
    finally:
        await requests.close()  # type: ignore[no-untyped-call]
        await watches.close()  # type: ignore[no-untyped-call]


def _http_client(config: SingleConfig, conn_parameters: ConnectionParams) -> httpx2.AsyncClient:
    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
    )
    return httpx2.AsyncClient(**conn_parameters.httpx_params(config), limits=limits, headers={"User-Agent": "natsop"})


class _Client(GenericAsyncClient):
    """lightkube's client, with connections that are kept. HTTP/1.1: in HTTP/2 an idle watch holds up all others."""

    AdapterClient = staticmethod(_http_client)
