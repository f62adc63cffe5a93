"""The Secrets that examples refer to and that nothing can stand in for: signed JWTs, made here and never stored."""

from __future__ import annotations

import base64
from typing import Any

from tests import tokens

OPERATOR = tokens.operator()
SYSTEM, ORDERS, SHOP = (tokens.account(name) for name in ("system", "orders", "shop"))


def jwt_secrets() -> list[dict[str, Any]]:
    """What `nsc` would have written, in Secrets under the names that the examples give them."""
    return [
        _secret(
            "nats-jwts",
            {
                "operator.jwt": tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key),
                "system.jwt": tokens.account_jwt(SYSTEM, OPERATOR),
                "orders.jwt": tokens.account_jwt(ORDERS, OPERATOR, jetstream=True),
                "shop.jwt": tokens.account_jwt(SHOP, OPERATOR),
            },
        ),
        _secret("system-user", {"user.creds": tokens.credentials(tokens.user("system"), SYSTEM)}),
        _secret("orders-user", {"user.creds": tokens.credentials(tokens.user("orders"), ORDERS)}),
    ]


def _secret(name: str, files: dict[str, str]) -> dict[str, Any]:
    data = {key: base64.b64encode(text.encode()).decode() for key, text in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
