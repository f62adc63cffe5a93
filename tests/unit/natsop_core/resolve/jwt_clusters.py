"""NatsClusters with JWTs, sound and signed, and what is made of them."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from natsop_core.plan import Plan
from tests import tokens
from tests.tokens import Identity, account_jwt, decorated, operator_jwt
from tests.unit.natsop_core.trio import status_of
from tests.unit.natsop_core.world import NOW, Object, cluster, live_children, one_of, secret

OPERATOR = tokens.operator()
SIGNER = tokens.operator("signer")
SYSTEM = tokens.account("system")
APP = tokens.account("app")
OTHER = tokens.account("other")
LATER = int((NOW + timedelta(hours=1)).timestamp())
EARLIER = int((NOW - timedelta(hours=1)).timestamp())

GOOD = {
    "operator": decorated("NATS OPERATOR JWT", operator_jwt(OPERATOR, system_account=SYSTEM.public_key)),
    "system": account_jwt(SYSTEM, OPERATOR, expires=LATER),
    "app": account_jwt(APP, OPERATOR),
}
FULL = {"type": "full", "storage": {}}


def account_entry(who: Identity, **changes: Any) -> Object:
    return {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "jwt", "key": who.name}, **changes}


def spec(*accounts: Object, **changes: Any) -> Object:
    entries = list(accounts) or [account_entry(SYSTEM), account_entry(APP)]
    operator = {"name": "jwt", "key": "operator"}
    return {"auth": {"jwt": {"operator": operator, "systemAccount": SYSTEM.public_key, "accounts": entries, **changes}}}


def jwts(**changes: str) -> Object:
    return secret("jwt", **{**GOOD, **changes})


def degraded(wanted: Object, *objects: Object) -> str:
    [found] = [each["reason"] for each in status_of(wanted, *objects)["conditions"] if each["type"] == "Degraded"]
    return str(found)


def auth_files(done: Plan) -> dict[str, str]:
    data = one_of(done.apply, "Secret", "c-auth")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def running(wanted: Object, *objects: Object) -> list[Object]:
    """What lives once the custom resource was carried out."""
    return live_children(cluster(wanted), *objects)
