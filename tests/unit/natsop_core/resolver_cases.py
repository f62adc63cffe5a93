"""A cluster with full resolvers and an account in use, for tests to change."""

from __future__ import annotations

from typing import Any

from natsop_core.references import ObjectKey
from tests import tokens
from tests.tokens import ISSUED, Identity, account_jwt, credentials, decorated, operator_jwt
from tests.unit.natsop_core.resolver_world import Life, Turn
from tests.unit.natsop_core.world import Object, conditions, secret

OPERATOR = tokens.operator()
OTHER_OPERATOR = tokens.operator("other")
SYSTEM = tokens.account("system")
ORDERS = tokens.account("orders")
CREDS = credentials(tokens.user("sys"), SYSTEM)
FULL: Object = {"type": "full", "storage": {}}


def accounts(count: int) -> list[Identity]:
    return [tokens.account(f"a{number}") for number in range(count)]


def jwts(*others: Identity, **changes: str) -> Object:
    made = {each.name: account_jwt(each, OPERATOR) for each in (SYSTEM, ORDERS, *others)}
    operator = decorated("NATS OPERATOR JWT", operator_jwt(OPERATOR, system_account=SYSTEM.public_key))
    return secret("jwt", **{"operator": operator, "creds": CREDS, **made, **changes})


def newer(who: Identity, by: Identity = OPERATOR, *, seconds: int = 1, **changes: Any) -> str:
    return account_jwt(who, by, issued=ISSUED + seconds, **changes)


def spec(*others: Identity, creds: bool = True, **resolver: Any) -> Object:
    entries = [
        {"name": each.name, "publicKey": each.public_key, "jwt": {"name": "jwt", "key": each.name}}
        for each in (SYSTEM, ORDERS, *others)
    ]
    if creds:
        entries[0]["userCreds"] = {"name": "jwt", "key": "creds"}
    jwt = {"operator": {"name": "jwt", "key": "operator"}, "systemAccount": SYSTEM.public_key, "accounts": entries}
    return {"auth": {"jwt": {**jwt, "resolver": {**FULL, **resolver}}}}


def rotate(life: Life, **changes: str) -> None:
    life.objects[ObjectKey("v1", "Secret", "prod", "jwt")] = jwts(**changes)


def running(*, creds: bool = True, **others: Any) -> Life:
    """Three servers, in which the account is in use."""
    life = Life(spec(creds=creds), jwts(), **others)
    use(life)
    return life


def use(life: Life, who: Identity = ORDERS) -> None:
    for server in life.servers.values():
        server.use(who.public_key)


def loaded(turn: Turn) -> tuple[str, str]:
    return conditions(turn.status)["ConfigurationLoaded"]


def holds(life: Life, who: Identity = ORDERS) -> set[str]:
    return {server.loaded[who.public_key] for server in life.servers.values()}
