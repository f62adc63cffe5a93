"""The Secrets and ConfigMaps that custom resources refer to."""

from __future__ import annotations

from typing import Final

from natsop_core.kinds import NACK_STREAMS
from tests import tokens
from tests.cluster.edits import encoded
from tests.testbed.client import Manifest

OPERATOR: Final = tokens.operator()
SYSTEM, APP = tokens.account("system"), tokens.account("app")

JWT: Final[Manifest] = {
    "operator": {"name": "jwts", "key": "operator"},
    "systemAccount": SYSTEM.public_key,
    "accounts": [
        {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "jwts", "key": who.name}, **more}
        for who, more in ((SYSTEM, {}), (APP, {"userCreds": {"name": "app-creds", "key": "creds", "optional": True}}))
    ],
}


def secret(name: str, **data: str) -> Manifest:
    content = {key: encoded(value) for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": content}


def _config_map(name: str, **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


_CREDENTIALS: Final = tokens.credentials(tokens.user(), APP)
TOKENS: Final = {
    "operator": tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key),
    "system": tokens.account_jwt(SYSTEM, OPERATOR),
    "app": tokens.account_jwt(APP, OPERATOR),
}

REQUIRED: Final[tuple[Manifest, ...]] = (
    secret("jwts", **TOKENS),
    secret("app-creds", creds=_CREDENTIALS),
    secret("routes", user="u", password="p:@/"),  # noqa: S106
    secret("tls", **{"tls.crt": "a certificate", "tls.key": "its key"}),
    _config_map("ca", **{"ca.crt": "an authority"}),
    _config_map("extra", a="max_payload: 1000\n"),
    _config_map("existing", **{"nats.conf": "port: 4222\n"}),
)
"""What custom resources refer to: while it is missing, what becomes of them depends on what they were before."""

STREAM: Final[Manifest] = {
    "apiVersion": NACK_STREAMS.api_version,
    "kind": "Stream",
    "metadata": {"name": "orders"},
    "spec": {"name": "ORDERS", "account": "a-app"},
}
"""A Stream of NACK's in the account app of the cluster a."""

ANOTHER_PASSWORD: Final = secret("routes", user="u", password="another")  # noqa: S106

ANOTHER_LIMIT: Final = _config_map("extra", a="max_payload: 2000\n")

OPTIONAL_OBJECTS: Final[tuple[Manifest, ...]] = (
    secret("more", b="ping_interval: 10s\n"),
    secret("more", b="ping_interval: 20s\n"),
    ANOTHER_LIMIT,
    secret("jwts", **{**TOKENS, "app": tokens.account_jwt(APP, OPERATOR, jetstream=True)}),
    ANOTHER_PASSWORD,
)
