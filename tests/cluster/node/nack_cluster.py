"""A cluster of one server with accounts for NACK on the node, and what is in each account."""

from __future__ import annotations

import asyncio
import base64
from typing import Final

import nats
from nats.aio.client import RawCredentials

from tests import tokens
from tests.cluster.nack import ACCOUNT, GROUP, install_nack
from tests.cluster.node.nats import CLUSTER, JETSTREAM, READY_WITHIN, nats_cluster, wait_until_ready
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace
from tests.tokens import Identity

OPERATOR: Final = tokens.operator()
SYSTEM, ORDERS, SHOP = (tokens.account(name) for name in ("system", "orders", "shop"))
SECRET: Final = "nats-jwts"  # noqa: S105 (a name)

IN_ORDERS: Final = f"{CLUSTER}-orders"
IN_SHOP: Final = f"{CLUSTER}-shop"


def creds_of(account: Identity, user: str = "nack") -> str:
    return tokens.credentials(tokens.user(f"{account.name}-{user}"), account)


def secrets_of(namespace: Namespace) -> list[str]:
    """The JWTs of operator and accounts, and the seeds of all users."""
    data = namespace.client.get("Secret", SECRET)["data"]
    jwts = [base64.b64decode(text).decode() for key, text in data.items() if not key.endswith(".creds")]
    users = [tokens.user(f"{each.name}-{user}") for each in (SYSTEM, ORDERS, SHOP) for user in ("nack", "rotated")]
    return [*jwts, *(each.seed for each in users)]


def accounts(*who: Identity) -> list[Manifest]:
    """Entries of the spec, each with credentials for NACK: those of the system account are not given to it."""
    return [
        {
            "name": each.name,
            "publicKey": each.public_key,
            "jwt": {"name": SECRET, "key": each.name},
            "userCreds": {"name": SECRET, "key": f"{each.name}.creds"},
        }
        for each in who
    ]


def start_with_nack(namespace: Namespace) -> None:
    """Create the cluster, install NACK beside it, and wait until both accounts have their Account."""
    jwts = {
        "operator": tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key),
        "system": tokens.account_jwt(SYSTEM, OPERATOR),
        "orders": tokens.account_jwt(ORDERS, OPERATOR, jetstream=True),
        "shop": tokens.account_jwt(SHOP, OPERATOR, jetstream=True),
        **{f"{each.name}.creds": creds_of(each) for each in (SYSTEM, ORDERS, SHOP)},
    }
    metadata = {"name": SECRET}
    namespace.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": jwts})
    cluster = nats_cluster(jetstream=JETSTREAM)
    operator = {"name": SECRET, "key": "operator"}
    jwt = {"operator": operator, "systemAccount": SYSTEM.public_key, "accounts": accounts(SYSTEM, ORDERS, SHOP)}
    cluster["spec"]["auth"] = {"jwt": jwt}
    namespace.client.create(cluster)
    install_nack(namespace)
    wait_until_ready(namespace)
    namespace.wait_until(lambda: account_names(namespace) == [IN_ORDERS, IN_SHOP], READY_WITHIN, "there are Accounts")


def account_names(namespace: Namespace) -> list[str]:
    return sorted(each["metadata"]["name"] for each in namespace.client.list(ACCOUNT))


def of_nack(kind: str, name: str, /, **spec: object) -> Manifest:
    """An object of NACK's that uses the account orders unless it says otherwise."""
    return {
        "apiVersion": f"{GROUP}/v1beta2",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"account": IN_ORDERS, **spec},
    }


def stream(name: str = "orders", **spec: object) -> Manifest:
    return of_nack("Stream", name, name=name.upper(), subjects=[f"{name}.*"], storage="file", **spec)


def create_ready(namespace: Namespace, *manifests: Manifest) -> None:
    """Create objects of NACK's, and wait until it says that they are there."""
    for each in manifests:
        namespace.client.create(each)
    for each in manifests:
        kind, name = f"{each['kind']}.{GROUP}", each["metadata"]["name"]
        namespace.wait_for_condition(kind, name, "Ready", timeout=READY_WITHIN)


def streams_in(namespace: Namespace, account: Identity) -> set[str]:
    """The names of all streams in the account, as the server tells them."""

    async def ask() -> set[str]:
        url = f"nats://{namespace.pod_address(f'{CLUSTER}-0')}:4222"
        client = await nats.connect(url, user_credentials=RawCredentials(creds_of(account, "test")))
        try:
            return {str(each.config.name) for each in await client.jetstream().streams_info()}
        finally:
            await client.close()

    return asyncio.run(ask())
