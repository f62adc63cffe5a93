"""A cluster of three servers with JWTs on the node: its Secret, its spec, and who is let in."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final, TypeVar

import nats
from nats.aio.client import Client, RawCredentials
from nats.errors import Error
from nats.js.errors import APIError

from tests import tokens
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    condition,
    monitor,
    nats_cluster,
    pods_of,
    wait_until_loaded,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace
from tests.tokens import ISSUED, Identity

OPERATOR: Final = tokens.operator()
SYSTEM, ORDERS, SHOP = (tokens.account(name) for name in ("system", "orders", "shop"))
SECRET: Final = "nats-jwts"  # noqa: S105 (a name)
PODS: Final = pods_of(3)

T = TypeVar("T")

_issued = itertools.count(ISSUED)


def creds_of(account: Identity) -> str:
    """Those of a user of the account."""
    return tokens.credentials(tokens.user(f"{account.name}-user"), account)


def orders_jwt(*, streams: int, **changes: Any) -> str:
    """A JWT of the account `orders` with that limit, newer than all before."""
    limits = {**tokens.UNLIMITED, **tokens.JETSTREAM, "streams": streams}
    return tokens.account_jwt(ORDERS, changes.pop("by", OPERATOR), issued=next(_issued), limits=limits, **changes)


@dataclass
class JwtCluster:
    """jwts: what the Secret holds, by key."""

    namespace: Namespace
    resolver: Manifest
    jwts: dict[str, str] = field(default_factory=dict)

    def start(self, *, with_credentials: bool = True) -> None:
        """Create Secret and cluster, with `system` and `orders`, which may have one stream."""
        operator = tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key)
        system = tokens.account_jwt(SYSTEM, OPERATOR)
        self.jwts = {"operator": operator, "system": system, "orders": orders_jwt(streams=1)}
        self.jwts["creds"] = creds_of(SYSTEM)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": self.jwts}
        self.namespace.client.create(secret)
        cluster = nats_cluster(replicas=3, jetstream=JETSTREAM)
        system_entry = {"userCreds": {"name": SECRET, "key": "creds"}} if with_credentials else {}
        cluster["spec"]["auth"] = {
            "jwt": {
                "operator": {"name": SECRET, "key": "operator"},
                "systemAccount": SYSTEM.public_key,
                "accounts": [{**_entry(SYSTEM), **system_entry}, _entry(ORDERS)],
                "resolver": self.resolver,
            }
        }
        self.namespace.client.create(cluster)
        wait_until_ready(self.namespace)
        wait_until_loaded(self.namespace)

    def put(self, **jwts: str) -> None:
        """Edit the Secret."""
        self.jwts |= jwts
        self.namespace.client.patch("Secret", SECRET, {"stringData": jwts})

    def set_accounts(self, change: Callable[[list[Manifest]], list[Manifest]]) -> None:
        """Edit the list of accounts in the spec."""
        jwt = self.namespace.client.get("NatsCluster", CLUSTER)["spec"]["auth"]["jwt"]
        patch = {"accounts": change(jwt["accounts"])}
        self.namespace.client.patch("NatsCluster", CLUSTER, {"spec": {"auth": {"jwt": patch}}})

    def status(self, type_: str) -> Manifest:
        return condition(self.namespace.client.get("NatsCluster", CLUSTER), type_)

    def await_status(self, type_: str, status: str, reason: str) -> Manifest:
        """Wait until the condition is so, and return it."""

        def seen() -> Manifest:
            found = self.status(type_)
            assert (found["status"], found["reason"]) == (status, reason), found
            return found

        return self.namespace.wait_until(seen, READY_WITHIN, f"{type_} is {status}, {reason}")

    def url(self, pod: str) -> str:
        return f"nats://{self.namespace.pod_address(pod)}:4222"

    def lets_in(self, creds: str, pod: str = PODS[0]) -> bool:
        """Whether that server lets somebody with these credentials in; empty: with none."""

        async def nothing(_client: Client) -> bool:
            return True

        try:
            return self.do(creds, nothing, pod)
        except (Error, nats.errors.NoServersError) as error:
            assert "authorization violation" in str(error).lower(), repr(error)
            return False

    def do(self, creds: str, what: Callable[[Client], Awaitable[T]], pod: str = PODS[0]) -> T:
        """Do something as a client of that server."""

        async def conversation() -> T:
            client = await _connect(self.url(pod), creds)
            try:
                return await what(client)
            finally:
                await client.close()

        return asyncio.run(conversation())

    def servers_seen_by(self, creds: str) -> int:
        """How many servers tell that client of themselves in `$SYS`."""

        async def ping(client: Client) -> int:
            answers = await client.subscribe(inbox := client.new_inbox())
            await client.publish("$SYS.REQ.SERVER.PING.IDZ", b"", reply=inbox)
            count = 0
            try:
                while True:
                    answer = json.loads((await answers.next_msg(timeout=2)).data or b"{}")
                    count += "name" in answer or "server" in answer
            except nats.errors.TimeoutError:
                return count

        return self.do(creds, ping)

    def adds_stream(self, name: str, pod: str = PODS[0]) -> bool:
        """Whether a user of `orders` may add this stream; False where the limit of the account is reached."""

        async def add(client: Client) -> bool:
            jetstream = client.jetstream(timeout=20)
            try:
                await jetstream.add_stream(name=name, subjects=[f"{name}.>"], num_replicas=3)
            except APIError as error:
                assert "maximum number of streams reached" in str(error), repr(error)
                return False
            return True

        return self.do(creds_of(ORDERS), add, pod)

    def uses(self, key: str, who: Identity) -> list[str]:
        """The pods whose servers have the account loaded with another JWT than that of the Secret."""
        loaded = {pod: _loaded(self.namespace, pod, who) for pod in PODS}
        return [pod for pod, token in loaded.items() if token not in {"", self.jwts[key]}]


def _entry(who: Identity) -> Manifest:
    return {"name": who.name, "publicKey": who.public_key, "jwt": {"name": SECRET, "key": who.name}}


def with_account(who: Identity) -> Callable[[list[Manifest]], list[Manifest]]:
    return lambda accounts: [*accounts, _entry(who)]


def without_account(who: Identity) -> Callable[[list[Manifest]], list[Manifest]]:
    return lambda accounts: [each for each in accounts if each["name"] != who.name]


def _loaded(namespace: Namespace, pod: str, who: Identity) -> str:
    """The JWT of an account that a server uses; empty where nobody has used the account there."""
    try:
        detail = monitor(namespace, pod, f"/accountz?acc={who.public_key}")["account_detail"]
    except ValueError:  # "Account … does not exist" is no JSON
        return ""
    return str(detail.get("jwt", ""))


async def _connect(url: str, creds: str) -> Client:
    options: dict[str, Any] = {"user_credentials": RawCredentials(creds)} if creds else {}
    options |= {"allow_reconnect": False, "max_reconnect_attempts": 1, "connect_timeout": 20, "error_cb": _silent}
    for _ in range(5):
        try:
            return await nats.connect(url, **options)
        except ConnectionResetError:  # a server that reloads may close a new connection before its reason arrives
            pass
        except Error as error:  # a server waits two seconds for credentials: a busy machine may need longer
            if "authentication timeout" not in str(error).lower():
                raise
    return await nats.connect(url, **options)


async def _silent(_error: Exception) -> None:
    """What goes wrong is raised, too."""


@contextmanager
def publishing(cluster: JwtCluster, stream: str) -> Iterator[list[int]]:
    """A client that publishes until the end of the block, on one connection; the sequences that were acknowledged."""
    acknowledged: list[int] = []
    is_over = Event()

    async def publish(client: Client) -> None:
        jetstream = client.jetstream(timeout=30)
        while not is_over.is_set():
            acknowledgement = await jetstream.publish(f"{stream}.new", b"order")
            acknowledged.append(acknowledgement.seq)

    executor = ThreadPoolExecutor(1)
    publisher: Future[None] = executor.submit(cluster.do, creds_of(ORDERS), publish)
    try:
        cluster.namespace.wait_until(lambda: acknowledged or publisher.done(), what="a message is acknowledged")
        yield acknowledged
    finally:
        is_over.set()
        executor.shutdown()
    publisher.result()


def sequences_in(cluster: JwtCluster, stream: str) -> int:
    """How many messages the stream holds."""

    async def count(client: Client) -> int:
        return (await client.jetstream(timeout=30).stream_info(stream)).state.messages

    return cluster.do(creds_of(ORDERS), count)


def deletion_of(who: Identity) -> bytes:
    """What `nsc push --prune` sends: signed with the operator's own key."""
    claims = tokens.claims_of(OPERATOR, OPERATOR, nats={"accounts": [who.public_key]}, issued=next(_issued))
    claims["nats"]["type"] = "generic"
    return OPERATOR.sign(claims).encode()


def delete_account(cluster: JwtCluster, who: Identity) -> str:
    """Delete an account from the full resolvers, as nsc does; the server's answer."""

    async def request(client: Client) -> str:
        return (await client.request("$SYS.REQ.CLAIMS.DELETE", deletion_of(who), timeout=20)).data.decode()

    return cluster.do(creds_of(SYSTEM), request)
