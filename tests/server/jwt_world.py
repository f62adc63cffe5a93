"""An operator with two accounts, and what the pods of a cluster see that trusts it."""

from __future__ import annotations

from dataclasses import dataclass

from natsop_core.offline import inputs_at_hand, render
from tests import tokens
from tests.server.pod_layout import Layout, lay_out
from tests.tokens import Identity, account_jwt, operator_jwt
from tests.unit.natsop_core.world import NOW, Object, cluster, secret

OPERATOR = tokens.operator()
SYSTEM = tokens.account("system")
APP = tokens.account("app")
USER = tokens.user()
STRANGER = tokens.account("stranger")

MEMORY: Object = {"type": "memory"}
FULL: Object = {"type": "full", "allowDelete": True, "storage": {}}


@dataclass(frozen=True)
class Files:
    """What the user's Secret holds, by key."""

    operator: str
    system: str
    app: str

    @property
    def objects(self) -> list[Object]:
        return [secret("jwt", operator=self.operator, system=self.system, app=self.app)]


GOOD = Files(
    operator=tokens.decorated("NATS OPERATOR JWT", operator_jwt(OPERATOR, system_account=SYSTEM.public_key)),
    system=account_jwt(SYSTEM, OPERATOR),
    app=account_jwt(APP, OPERATOR),
)

JETSTREAM: Object = {"config": {"jetstream": {"enabled": True, "fileStore": {"maxSize": "10Mi"}}}}


def layout(resolver: Object, files: Files = GOOD, *, system: Identity = SYSTEM) -> Layout:
    return laid_out({"auth": {"jwt": jwt_spec(resolver, system)}, **JETSTREAM}, files.objects)


def jwt_spec(resolver: Object, system: Identity = SYSTEM) -> Object:
    accounts = [
        {"name": each.name, "publicKey": each.public_key, "jwt": {"name": "jwt", "key": each.name}}
        for each in (SYSTEM, APP)
    ]
    return {
        "operator": {"name": "jwt", "key": "operator"},
        "systemAccount": system.public_key,
        "accounts": accounts,
        "resolver": resolver,
    }


def laid_out(spec: Object, objects: list[Object]) -> Layout:
    rendered = render(cluster({"replicas": 1, **spec}), inputs_at_hand(objects, NOW))
    assert rendered.objects is not None, rendered.findings
    return lay_out([*objects, *rendered.objects])
