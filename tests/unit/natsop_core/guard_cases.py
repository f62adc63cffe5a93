"""For each guard: what is committed, a wish that it refuses, and the ways out that its remedy names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from natsop_core.commitments import EMPTY_DIR, Claim, Commitments
from tests import tokens
from tests.unit.natsop_core.world import Object, jetstream

SYSTEM: Final = tokens.account("system")


def on_claims(size: str = "10Gi", *, replicas: int = 3, **more: Any) -> Object:
    """A spec with JetStream on claims of that size."""
    pvc = {"resources": {"requests": {"storage": size}}, **more}
    return {"replicas": replicas, **jetstream(fileStore={"pvc": pvc})}


def with_jwt(resolver: Object) -> Object:
    """A spec with authentication, and accounts kept as the resolver says."""
    accounts = [{"name": "system", "publicKey": SYSTEM.public_key, "jwt": {"name": "jwt", "key": "system"}}]
    operator = {"name": "jwt", "key": "operator"}
    jwt = {"operator": operator, "systemAccount": SYSTEM.public_key, "accounts": accounts, "resolver": resolver}
    return {"auth": {"jwt": jwt}}


def full(size: str = "1Gi") -> Object:
    return with_jwt({"type": "full", "storage": {"resources": {"requests": {"storage": size}}}})


def named(prefix: str) -> Object:
    spec = on_claims()
    return {**spec, "config": {**spec["config"], "serverNamePrefix": prefix}}


def fixed(size: str, **more: Any) -> Claim:
    """The claim in the templates of a live StatefulSet."""
    return Claim(
        {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **more}, is_fixed=True
    )


def retained(size: str, **more: Any) -> Claim:
    """What is left of it when the StatefulSet is gone, and its volume is bound."""
    bound = {"storageClassName": "local", "volumeMode": "Filesystem"}
    return replace(fixed(size, **bound, **more), is_fixed=False)


RUNNING: Final = Commitments(
    has_servers=True,
    replicas=3,
    server_name_prefix="",
    jetstream=fixed("10Gi"),
    pod_management_policy="Parallel",
    server_tag="2.15.2-alpine",
)
NO_STREAMS: Final = replace(RUNNING, replicas=0, jetstream=None)
GONE: Final = replace(RUNNING, has_servers=False, jetstream=retained("10Gi"), pod_management_policy="")
NOTHING: Final = Commitments()


@dataclass(frozen=True, slots=True)
class Case:
    """back: the spec of before, which the first half of the remedy leads to. after: what is committed once the second
    half is done, with the wish as it is; None where the annotation is the second half. allows: its exact value."""

    guard: str
    committed: Commitments
    wanted: Object
    back: Object
    after: Commitments | None = None
    allows: str = ""


CASES: Final[Mapping[str, Case]] = {
    "streams in containers": Case(
        "streams-in-containers",
        replace(RUNNING, stores_outside=True, is_taken_over=True),
        on_claims(),
        on_claims(),
        allows="storeDirectory=container->/data",
    ),
    "JetStream off": Case("jetstream-stays-on", RUNNING, {"replicas": 3}, on_claims(), GONE),
    "emptyDir in place of claims": Case(
        "streams-stay-on-claims", RUNNING, on_claims(enabled=False), on_claims(), NOTHING
    ),
    "no file store": Case(
        "streams-stay-on-claims",
        RUNNING,
        {"replicas": 3, **jetstream(fileStore={"enabled": False})},
        on_claims(),
        NOTHING,
    ),
    "emptyDir, and the StatefulSet is gone": Case(
        "streams-stay-on-claims", GONE, on_claims(enabled=False), on_claims(), NOTHING
    ),
    "larger claims": Case(
        "stream-claims-stay", RUNNING, on_claims("20Gi"), on_claims(), replace(GONE, jetstream=retained("20Gi"))
    ),
    "smaller claims": Case(
        "stream-claims-stay", RUNNING, on_claims("5Gi"), on_claims(), replace(GONE, jetstream=retained("5Gi"))
    ),
    "claims of another class": Case(
        "stream-claims-stay",
        RUNNING,
        on_claims(storageClassName="fast"),
        on_claims(),
        replace(GONE, jetstream=Claim({**retained("10Gi").spec, "storageClassName": "fast"}, is_fixed=False)),
    ),
    "larger claims, and the StatefulSet is gone": Case(
        "stream-claims-stay", GONE, on_claims("20Gi"), on_claims(), replace(GONE, jetstream=retained("20Gi"))
    ),
    "claims in place of emptyDirs": Case(
        "streams-stay-in-pods",
        replace(RUNNING, jetstream=EMPTY_DIR),
        on_claims(),
        on_claims(enabled=False),
        replace(GONE, jetstream=EMPTY_DIR),
    ),
    "JetStream on for the first time": Case("jetstream-stays-off", NO_STREAMS, on_claims(), {"replicas": 3}, NOTHING),
    "JetStream on again": Case(
        "jetstream-stays-off", replace(RUNNING, jetstream=retained("10Gi")), on_claims(), {"replicas": 3}, GONE
    ),
    "no authentication": Case(
        "authentication-stays",
        replace(NO_STREAMS, resolver=fixed("1Gi")),
        {},
        full(),
        replace(NOTHING, resolver=retained("1Gi")),
    ),
    "accounts in memory": Case(
        "accounts-stay-on-claims",
        replace(NO_STREAMS, resolver=fixed("1Gi")),
        with_jwt({"type": "memory"}),
        full(),
        NOTHING,
    ),
    "accounts in memory, and the StatefulSet is gone": Case(
        "accounts-stay-on-claims",
        replace(NOTHING, resolver=retained("1Gi")),
        with_jwt({"type": "memory"}),
        full(),
        NOTHING,
    ),
    "larger claims of accounts": Case(
        "account-claims-stay",
        replace(NO_STREAMS, resolver=fixed("1Gi")),
        full("2Gi"),
        full(),
        replace(NOTHING, resolver=retained("2Gi")),
    ),
    "accounts on claims for the first time": Case(
        "accounts-stay-in-memory", NO_STREAMS, full(), with_jwt({"type": "memory"}), NOTHING
    ),
    "5 to 3": Case(
        "no-fewer-servers",
        replace(RUNNING, replicas=5),
        on_claims(),
        on_claims(replicas=5),
        allows="replicas=5->3",
    ),
    "3 to 1": Case("no-fewer-servers", RUNNING, on_claims(replicas=1), on_claims(), allows="replicas=3->1"),
    "3 to 1, and the StatefulSet is gone": Case(
        "no-fewer-servers", GONE, on_claims(replicas=1), on_claims(), allows="replicas=3->1"
    ),
    "1 to 3": Case(
        "no-cluster-of-a-lone-server",
        replace(RUNNING, replicas=1),
        on_claims(),
        on_claims(replicas=1),
        allows="replicas=1->3",
    ),
    "1 to 3, and the StatefulSet is gone": Case(
        "no-cluster-of-a-lone-server",
        replace(GONE, replicas=1),
        on_claims(),
        on_claims(replicas=1),
        allows="replicas=1->3",
    ),
    "another prefix": Case(
        "server-names-stay",
        replace(RUNNING, server_name_prefix="a-"),
        named("b-"),
        named("a-"),
        allows="serverNamePrefix=a-->b-",
    ),
    "a prefix for the first time": Case(
        "server-names-stay", RUNNING, named("b-"), on_claims(), allows="serverNamePrefix=->b-"
    ),
    "no prefix any more, and the StatefulSet is gone": Case(
        "server-names-stay",
        replace(GONE, server_name_prefix="a-"),
        on_claims(),
        named("a-"),
        allows="serverNamePrefix=a-->",
    ),
    "another way to start pods": Case(
        "pod-management-stays",
        RUNNING,
        {**on_claims(), "statefulSet": {"podManagementPolicy": "OrderedReady"}},
        on_claims(),
        GONE,
    ),
}
"""Freezing guards have nothing to set back, so `back` is what is wanted."""
