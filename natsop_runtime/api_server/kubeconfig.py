"""The configuration of the client: kubeconfigs and the pod's ServiceAccount, checked before connecting."""

from __future__ import annotations

import base64
import os
import ssl
from collections import ChainMap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
import msgspec
from lightkube.config.client_adapter import user_auth, user_cert, verify_cluster
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, SERVICE_ACCOUNT, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.core.exceptions import ConfigError

from natsop_runtime.api_server.errors import ConfigurationError
from natsop_runtime.api_server.exec_auth import EXEC_VERSIONS

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

SERVICE_ACCOUNT_USER: Final = "the pod's ServiceAccount"

IN_CLUSTER: Final = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")


def load_config(kubeconfig: str | None, context: str | None) -> SingleConfig:
    """The named kubeconfig; or the pod's ServiceAccount, $KUBECONFIG or ~/.kube/config, whichever is there first."""
    if kubeconfig is None and context is None and _is_in_cluster():  # a ServiceAccount has no contexts
        config = _checked(_selected(_service_account(), None, SERVICE_ACCOUNT_USER), SERVICE_ACCOUNT_USER)
        named = msgspec.structs.replace(config.context, user=SERVICE_ACCOUNT_USER)
        return config._replace(context_name="in-cluster", context=named)
    files = [kubeconfig] if kubeconfig else _listed(os.environ.get("KUBECONFIG", "")) or [DEFAULT_KUBECONFIG]
    source = ", ".join(files)
    return _checked(
        _selected(_merged([_read(file, is_part=len(files) > 1) for file in files]), context, source), source
    )


def _is_in_cluster() -> bool:
    """Whether this process runs in a pod, by client-go's rule."""
    return all(os.environ.get(name) for name in IN_CLUSTER) and Path(SERVICE_ACCOUNT, "token").is_file()


def _service_account() -> KubeConfig:
    try:
        return KubeConfig.from_service_account(SERVICE_ACCOUNT)
    except (ConfigError, OSError) as error:
        raise ConfigurationError(f"the pod's ServiceAccount cannot be read: {_said(error)}") from error


def _listed(variable: str) -> list[str]:
    """The files that $KUBECONFIG lists. Like kubectl, pass over those that are not there, as long as one is."""
    files = [file for file in variable.split(os.pathsep) if file]
    return [file for file in files if os.path.exists(_path(file))] or files[:1]  # noqa: PTH110 (of any length)


def _merged(configs: list[KubeConfig]) -> KubeConfig:
    """Merge several kubeconfigs as kubectl does: earlier files win."""
    if len(configs) == 1:
        return configs[0]
    absolute = [_absolute(config) for config in configs]
    return KubeConfig(
        clusters=dict(ChainMap(*(config.clusters for config in absolute))),
        contexts=dict(ChainMap(*(config.contexts for config in absolute))),
        users=dict(ChainMap(*(config.users for config in absolute))),
        current_context=next((config.current_context for config in absolute if config.current_context), None),
    )


def _absolute(config: KubeConfig) -> KubeConfig:
    """A kubeconfig whose files are found from anywhere: it names them relative to its own folder."""

    def found(file: str | None) -> str | None:
        return str(Path(config.fname or "").absolute().parent / file) if file else file

    clusters = {
        name: msgspec.structs.replace(each, certificate_auth=found(each.certificate_auth))
        for name, each in config.clusters.items()
    }
    users = {
        name: msgspec.structs.replace(
            each,
            client_cert=found(each.client_cert),
            client_key=found(each.client_key),
            token_file=found(each.token_file),
        )
        for name, each in config.users.items()
    }
    return KubeConfig(clusters=clusters, contexts=config.contexts, users=users, current_context=config.current_context)


def _read(path: str, *, is_part: bool) -> KubeConfig:
    content = _yaml(path)
    if is_part and isinstance(content, dict):
        content = {"clusters": [], "contexts": [], **content}
    if content is None:
        raise ConfigurationError(f"the kubeconfig {path} is empty")
    try:
        return KubeConfig.from_dict(content, fname=_path(path))
    except KeyError as error:
        raise ConfigurationError(f"{path} is no kubeconfig: {error.args[0]} is missing") from error
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path} is no kubeconfig: {error}") from error
    except (AttributeError, TypeError) as error:  # lightkube takes the structure for granted
        raise ConfigurationError(f"{path} is no kubeconfig") from error


def _yaml(path: str) -> Any:
    from natsop_runtime.yaml.reader import YamlFaultError, read_yaml  # noqa: PLC0415 (2 MiB that a pod does not need)

    try:
        documents = read_yaml(_path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} not found; pass --kubeconfig, or set $KUBECONFIG") from error
    except OSError as error:
        raise ConfigurationError(f"the kubeconfig {path} cannot be read: {_said(error)}") from error
    except YamlFaultError as fault:
        where = f"{path}:{fault.line + 1}:{fault.column + 1}"
        raise ConfigurationError(f"the kubeconfig is not YAML: {where}: {fault}") from fault
    except ValueError as error:
        raise ConfigurationError(f"the kubeconfig {path} is not YAML: not UTF-8 text") from error
    return documents[0].content if documents else None


def _path(file: str) -> Path:
    """The path, from the home directory for `~`. Of a user who does not exist, it stays as it is."""
    return Path(os.path.expanduser(file))  # noqa: PTH111 (Path.expanduser raises for such a user)


def _selected(config: KubeConfig, context: str | None, source: str) -> SingleConfig:
    name = context or config.current_context
    if not name:
        raise ConfigurationError(f"the kubeconfig {source} has no current context; pass --context")
    chosen = config.contexts.get(name)
    if chosen is None:
        raise ConfigurationError(f"Context '{name}' not found in {source}")
    if chosen.cluster not in config.clusters:
        raise ConfigurationError(f"{source}: there is no cluster '{chosen.cluster}', which context '{name}' names")
    if chosen.user and chosen.user not in config.users:
        raise ConfigurationError(f"{source}: there is no user '{chosen.user}', which context '{name}' names")
    selected = config.get(name)
    assert selected is not None  # noqa: S101 (only without a name)
    return selected._replace(user=selected.user or User())  # lightkube insists on a user; `kubectl proxy` needs none


def _checked(config: SingleConfig, source: str) -> SingleConfig:
    """The configuration, ready for use. What lightkube would only find when it connects is found now, by its name."""
    user = config.user or User()
    if user.token_file:  # lightkube takes it relative to the working directory
        user = msgspec.structs.replace(user, token_file=str(config.abs_file(user.token_file)))
    config = config._replace(user=user)
    try:
        _check_server(config.cluster.server)
        _check_user(user)
        for name, file, data in _material(config.cluster, user):
            _check_material(name, data or (str(config.abs_file(file)) if file else None), is_file=not data)
        _check_tls(config)
    except (_FaultError, ConfigError) as fault:
        raise ConfigurationError(f"{source}: {fault}") from fault
    return config


class _FaultError(Exception):
    """What is wrong with a configuration."""


def _check_server(server: str) -> None:
    try:
        url = httpx2.URL(server)
        url.host.encode("idna")
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise _FaultError(f"server {server} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _FaultError(f"server {server} is not a URL such as https://kubernetes.example.com:6443")
    if (url.port or 1) > 65535:
        raise _FaultError(f"server {server}: there is no port {url.port}")


def _check_user(user: User) -> None:
    user_auth(user)
    if user.exec and user.exec.apiVersion not in EXEC_VERSIONS:
        raise _FaultError(f"exec of apiVersion {user.exec.apiVersion} is not supported; it may be {EXEC_VERSIONS[0]}")
    if user.token and not (user.token.isascii() and user.token.isprintable()) and not user.token_file:
        raise _FaultError("the user's token has characters that no token has")
    for name, one, other in (
        ("client-key", user.client_cert or user.client_cert_data, user.client_key or user.client_key_data),
        ("client-certificate", user.client_key or user.client_key_data, user.client_cert or user.client_cert_data),
    ):
        if one and not other:
            raise _FaultError(f"{name} is missing")


def _material(cluster: Cluster, user: User) -> tuple[tuple[str, str | None, str | None], ...]:
    """What is read from files or from base64: the field, the file, the data. lightkube prefers the authority's file."""
    authority = None if cluster.certificate_auth else cluster.certificate_auth_data
    return (
        ("certificate-authority", cluster.certificate_auth, authority),
        ("client-certificate", user.client_cert, user.client_cert_data),
        ("client-key", user.client_key, user.client_key_data),
        ("tokenFile", user.token_file, None),
    )


def _check_material(name: str, value: str | None, *, is_file: bool) -> None:
    if value is None:
        return
    try:
        content = Path(value).read_bytes() if is_file else base64.b64decode("".join(value.split()), validate=True)
    except OSError as error:
        raise _FaultError(f"{name} {value}: {_said(error)}") from error
    except ValueError as error:
        raise _FaultError(f"{name}-data is not base64") from error
    if name == "client-key" and b"ENCRYPTED" in content:  # OpenSSL would ask for the password
        raise _FaultError("client-key is encrypted, which is not supported")


def _check_tls(config: SingleConfig) -> None:
    """Load the certificates, first those of the authority."""
    user = config.user or User()
    try:
        verify_cluster(config.cluster, User(), config.abs_file)
    except ssl.SSLError as error:
        raise _FaultError("certificate-authority holds no certificate") from error
    except OSError as error:
        raise _FaultError(f"the certificates to trust cannot be loaded: {_said(error)}") from error
    try:
        if pair := user_cert(user, config.abs_file):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*pair)
    except ssl.SSLError as error:
        raise _FaultError("client-certificate and client-key are no certificate and its key") from error


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
