"""Accounts of a JWT cluster on the node: whose users the servers let in, and how one is pushed to a full resolver."""

from __future__ import annotations

from dataclasses import dataclass, field

from natsop_core import names
from tests import tokens
from tests.cluster.node.nats import BOX, CLUSTER, READY_WITHIN, SMALL, Box, box_in, wait_until_ready
from tests.example_objects import OPERATOR, ORDERS, SHOP, SYSTEM, jwt_secrets
from tests.testbed.client import Manifest
from tests.testbed.errors import CommandError
from tests.testbed.namespace import Namespace

USERS = {who.name: who for who in (SYSTEM, ORDERS, SHOP)}


@dataclass
class Accounts:
    """Those whose users can connect. The Secrets have the system account and `orders`."""

    box: Box
    known: set[str] = field(default_factory=lambda: {SYSTEM.name, ORDERS.name})

    def push_shop(self) -> None:
        """Give the servers an account that no Secret has, as `nsc push` does."""
        self.box.nats("--context=system", "req", "$SYS.REQ.CLAIMS.UPDATE", tokens.account_jwt(SHOP, OPERATOR))
        self.known.add(SHOP.name)
        self.wait_until_whole()

    def wait_until_whole(self) -> None:
        """Wait until users of all known accounts can connect."""
        for name in self.known:
            what = f"users of the account {name} can connect"
            self.box.namespace.wait_until(lambda name=name: self._lets_in(name), READY_WITHIN, what)  # type: ignore[misc]

    def give_up(self) -> None:
        """Know what was pushed no more, and check that the servers do not either."""
        self.known.remove(SHOP.name)
        self.wait_until_whole()
        assert not self._lets_in(SHOP.name), "the servers still know an account that was given up"

    def back_up(self) -> None:
        """The Secrets and `nsc` have them all."""

    def restore(self, replicas: int) -> None:
        """Nothing that a remedy of accounts asks for."""
        raise NotImplementedError(replicas)

    def _lets_in(self, account: str) -> bool:
        try:
            self.box.nats(f"--context={account}", "pub", "hello", "there")
        except CommandError as error:
            if "Authorization Violation" not in str(error):
                raise
            return False
        return True


def with_resolver(resolver: Manifest) -> Manifest:
    """The spec of one server that knows the accounts of the Secrets by that resolver."""
    accounts = [
        {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "nats-jwts", "key": f"{who.name}.jwt"}}
        for who in (SYSTEM, ORDERS)
    ]
    operator = {"name": "nats-jwts", "key": "operator.jwt"}
    jwt = {"operator": operator, "systemAccount": SYSTEM.public_key, "accounts": accounts, "resolver": resolver}
    return {"replicas": 1, "container": {"resources": SMALL}, "auth": {"jwt": jwt}}


def start_with_accounts(namespace: Namespace, spec: Manifest) -> Accounts:
    """Create the Secrets, the cluster and a box with a context for a user of each account."""
    for secret in jwt_secrets():
        namespace.client.create(secret)
    for name, account in USERS.items():
        creds = tokens.credentials(tokens.user(f"{name}-in-box"), account)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-creds"}}
        namespace.client.create({**secret, "stringData": {"creds": creds}})
    contexts = {name: {"creds": {"name": f"{name}-creds", "key": "creds"}} for name in USERS}
    box = {"clusterRef": {"name": CLUSTER}, "contexts": contexts, "defaultContextName": "orders", "resources": SMALL}
    for kind, name, content in (("NatsCluster", CLUSTER, spec), ("NatsBox", BOX, box)):
        manifest = {"apiVersion": names.API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": content}
        namespace.client.create(manifest)
    wait_until_ready(namespace)
    namespace.wait_for_condition("NatsBox", BOX, "Ready", timeout=READY_WITHIN)
    return Accounts(box_in(namespace))
