"""Remedies: for every guard, what it refuses and to which servers, and what becomes of these by its advice.

Guards that one cluster can show one after the other share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Protocol, TypeAlias

from natsop_core.resolve.images import SERVER
from natsop_core.resolve.security import UNPRIVILEGED
from tests.cluster import go_servers
from tests.cluster.go_servers import GoServers
from tests.cluster.node.accounts import Accounts, start_with_accounts, with_resolver
from tests.cluster.node.nats import SMALL, nats_cluster, pods_of, start, wait_until_routed
from tests.cluster.node.streams import Streams, wait_until_meta_group_has
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace


class Data(Protocol):
    """What the servers keep: streams or accounts."""

    def wait_until_whole(self) -> None: ...
    def back_up(self) -> None: ...
    def restore(self, replicas: int) -> None: ...
    def give_up(self) -> None: ...


Fate: TypeAlias = Literal["kept", "restored", "out of reach", "given up"]
"""What the advice makes of the data: out of reach while JetStream or authentication is off, or given up on purpose."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that a guard refuses.

    asked: specs, each accepted by the API server; the last is refused. Without one, what runs is refused already.
    servers: how many there are once the advice was followed. claims: the state that claims are to be brought to.
    prefix: of the server names that are asked for. is_again: another row has shown what setting it back does.
    then: what is done with the data before the next case.
    """

    guard: str
    asked: Sequence[Manifest] = ()
    data: Fate
    servers: int = 1
    claims: Manifest | None = None
    prefix: str = ""
    is_again: bool = False
    then: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Scene:
    """One cluster, in a namespace where pods may run as root.

    start: has it run as `spec` says, and gives its data. image, user: of the servers, from then on and for good.
    """

    spec: Manifest
    start: Callable[[Namespace], Data]
    cases: Sequence[Case]
    image: str = str(SERVER)
    user: str = str(UNPRIVILEGED)

    @property
    def is_of_go_program(self) -> bool:
        """Whether another program has made the servers."""
        return self.image == go_servers.IMAGE


OF_GO_PROGRAM: Final = {"image": go_servers.IMAGE, "user": go_servers.ROOT}


def spec_of(replicas: int = 1, **config: Any) -> Manifest:
    return {"replicas": replicas, "container": {"resources": SMALL}, "config": config}


def jetstream(pvc: Manifest) -> Manifest:
    return {"enabled": True, "fileStore": {"pvc": pvc, "maxSize": "512Mi"}}


def sized(size: str) -> Manifest:
    return {"resources": {"requests": {"storage": size}}}


def start_with_streams(spec: Manifest, namespace: Namespace) -> Streams:
    """Streams on each of the servers."""
    streams = Streams(start(namespace, {**nats_cluster(), "spec": spec}))
    _await_mesh(namespace, spec["replicas"])
    streams.spread_over(spec["replicas"])
    return streams


def start_of_go_program(servers: GoServers, namespace: Namespace) -> Streams:
    """Servers of the Go program with streams, if they have JetStream, and a NatsCluster that takes them over."""
    streams = Streams(servers.run(namespace))
    if "config" in servers.spec:
        _await_mesh(namespace, servers.replicas)
        streams.add("SHARED", servers.replicas)
        streams.add("ALONE", 1)
    namespace.client.create({**nats_cluster(), "spec": servers.spec})
    return streams


def _await_mesh(namespace: Namespace, replicas: int) -> None:
    wait_until_routed(namespace, pods_of(replicas))
    wait_until_meta_group_has(namespace, replicas)


ON_CLAIMS: Final = jetstream(sized("1Gi"))
LONE: Final = spec_of(jetstream=ON_CLAIMS)
LARGER: Final = spec_of(jetstream=jetstream(sized("2Gi")))
PAIR: Final = spec_of(2, jetstream=ON_CLAIMS)
OTHER_NAMES: Final = {"jetstream": ON_CLAIMS, "serverNamePrefix": "x-"}
IN_PODS: Final = spec_of(jetstream=jetstream({"enabled": False}))
MEMORY: Final = with_resolver({"type": "memory"})
FULL: Final = with_resolver({"type": "full", "storage": sized("1Gi")})
LARGER_FULL: Final = with_resolver({"type": "full", "storage": sized("2Gi")})
OPEN: Final = {key: value for key, value in FULL.items() if key != "auth"}

SCENES: Final[dict[str, Scene]] = {
    "three servers of the Go program": Scene(
        go_servers.TRIO.spec,
        partial(start_of_go_program, go_servers.TRIO),
        [
            Case(
                guard="pod-management-stays",
                asked=[{**go_servers.TRIO.spec, "statefulSet": {"podManagementPolicy": "OrderedReady"}}],
                data="kept",
                servers=3,
            )
        ],
        **OF_GO_PROGRAM,
    ),
    "a server of the Go program without JetStream": Scene(
        go_servers.SOLO.spec,
        partial(start_of_go_program, go_servers.SOLO),
        [Case(guard="jetstream-stays-off", asked=[LONE], data="kept")],
        **OF_GO_PROGRAM,
    ),
    "streams in a container": Scene(
        go_servers.OUTSIDE.spec,
        partial(start_of_go_program, go_servers.OUTSIDE),
        [Case(guard="streams-in-containers", data="restored")],
        **OF_GO_PROGRAM,
    ),
    "streams on a claim": Scene(
        LONE,
        partial(start_with_streams, LONE),
        [
            Case(guard="stream-claims-stay", asked=[LARGER], data="kept", claims=sized("2Gi")),
            Case(guard="jetstream-stays-on", asked=[spec_of()], data="out of reach"),
            Case(guard="jetstream-stays-off", asked=[LARGER], data="kept"),
            Case(guard="no-cluster-of-a-lone-server", asked=[{**LARGER, "replicas": 2}], data="restored", servers=2),
        ],
    ),
    "streams in a pod": Scene(
        IN_PODS,
        partial(start_with_streams, IN_PODS),
        [
            Case(guard="streams-stay-in-pods", asked=[LONE], data="restored"),
            Case(guard="streams-stay-on-claims", asked=[IN_PODS], data="given up"),
        ],
    ),
    "two servers": Scene(
        PAIR,
        partial(start_with_streams, PAIR),
        [
            Case(
                guard="server-names-stay",
                asked=[{**PAIR, "replicas": 1}, spec_of(1, **OTHER_NAMES), spec_of(2, **OTHER_NAMES)],
                data="restored",
                servers=2,
                prefix="x-",
            ),
            Case(guard="no-fewer-servers", asked=[spec_of(1, **OTHER_NAMES)], data="restored", prefix="x-"),
        ],
    ),
    "accounts": Scene(
        MEMORY,
        partial(start_with_accounts, spec=MEMORY),
        [
            Case(guard="accounts-stay-in-memory", asked=[FULL], data="kept", then=Accounts.push_shop),
            Case(guard="account-claims-stay", asked=[LARGER_FULL], data="kept", claims=sized("2Gi")),
            Case(guard="authentication-stays", asked=[OPEN], data="out of reach"),
            Case(guard="accounts-stay-in-memory", asked=[LARGER_FULL], data="kept", is_again=True),
            Case(guard="accounts-stay-on-claims", asked=[OPEN, MEMORY], data="given up"),
        ],
    ),
}
