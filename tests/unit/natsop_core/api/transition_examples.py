"""Changes that the rules about changes keep, and changes that break them, with the message that a user then sees."""

from dataclasses import dataclass
from typing import Any

from tests.unit.natsop_core.api.examples import QUICK_START, Manifest, cluster
from tests.unit.natsop_core.api.rule_examples import jwt, resolver


@dataclass(frozen=True)
class Transition:
    """A change from `old` to `new`."""

    old: Manifest
    new: Manifest


def renamed(prefix: str | None, *, replicas: int = 3, jetstream: bool = True) -> Manifest:
    named = {} if prefix is None else {"serverNamePrefix": prefix}
    return cluster({"replicas": replicas, "config": {"jetstream": {"enabled": jetstream}, **named}})


PREFIX_MESSAGE = (
    "config.serverNamePrefix cannot change while JetStream runs on more than one server: "
    "servers with new names would discard the data of the old ones"
)
RESOLVER_MESSAGE = "resolver.type cannot change from full to memory: accounts pushed to the servers would be lost"


def told(manifest: Manifest, **commitments: Any) -> Manifest:
    """The resource with what its status says that runs."""
    return {**manifest, "status": {"commitments": commitments}}


BROKEN_TRANSITIONS: dict[str, tuple[str, str, str, Transition]] = {
    "prefix set": ("server-name-prefix-stays", "spec", PREFIX_MESSAGE, Transition(renamed(None), renamed("a-"))),
    "prefix changed": ("server-name-prefix-stays", "spec", PREFIX_MESSAGE, Transition(renamed("a-"), renamed("b-"))),
    "prefix cleared": ("server-name-prefix-stays", "spec", PREFIX_MESSAGE, Transition(renamed("a-"), renamed(None))),
    "prefix set and JetStream off": (
        "server-name-prefix-stays",
        "spec",
        PREFIX_MESSAGE,
        Transition(renamed(None), renamed("a-", jetstream=False)),
    ),
    "full resolver to memory": (
        "resolver-keeps-accounts",
        "spec.auth.jwt",
        RESOLVER_MESSAGE,
        Transition(resolver(), jwt(resolver={"type": "memory"})),
    ),
    "full resolver to none": (
        "resolver-keeps-accounts",
        "spec.auth.jwt",
        RESOLVER_MESSAGE,
        Transition(resolver(), jwt()),
    ),
    "prefix away from what runs": (
        "server-name-prefix-stays",
        "spec",
        PREFIX_MESSAGE,
        Transition(told(renamed("a-"), serverNamePrefix="a-"), renamed("b-")),
    ),
    "prefix to another that does not run": (
        "server-name-prefix-stays",
        "spec",
        PREFIX_MESSAGE,
        Transition(told(renamed("b-"), serverNamePrefix="a-"), renamed("c-")),
    ),
    "prefix of several servers": (
        "server-name-prefix-stays",
        "spec",
        PREFIX_MESSAGE,
        Transition(told(renamed("a-"), replicas=2), renamed("b-")),
    ),
    "full resolver that runs to memory": (
        "resolver-keeps-accounts",
        "spec.auth.jwt",
        RESOLVER_MESSAGE,
        Transition(told(resolver(), resolver="full"), jwt()),
    ),
}

KEPT_TRANSITIONS: dict[str, Transition] = {
    "nothing": Transition(QUICK_START, QUICK_START),
    "prefix kept": Transition(renamed("a-"), renamed("a-", replicas=5)),
    "prefix written as empty": Transition(renamed(None), renamed("")),
    "prefix of a single server": Transition(renamed(None, replicas=1), renamed("a-", replicas=1)),
    "prefix without JetStream": Transition(renamed(None, jetstream=False), renamed("a-", jetstream=False)),
    "memory resolver to full": Transition(jwt(), resolver()),
    "no authentication to JWT": Transition(cluster({}), resolver()),
    "JWT to no authentication": Transition(resolver(), cluster({})),
    "prefix back to what runs": Transition(told(renamed("b-"), serverNamePrefix="a-"), renamed("a-")),
    "prefix back to none": Transition(told(renamed("b-"), serverNamePrefix=""), renamed(None)),
    "prefix as it is, with another that runs": Transition(told(renamed("b-"), serverNamePrefix="a-"), renamed("b-")),
    "prefix of a lone server that several are wanted of": Transition(told(renamed("b-"), replicas=1), renamed("c-")),
    "resolver back to memory": Transition(told(resolver(), resolver="memory"), jwt()),
}
