"""What is wrong with a configuration that can be read: no server starts with it, or not every one alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core.conf.errors import Place
from natsop_core.conf.listen import port_of, ports
from natsop_core.conf.values import Block, Variable
from natsop_core.durations import is_go_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from natsop_core.conf.effective import EffectiveConfig, Option
    from natsop_core.conf.options import Options
    from natsop_core.conf.values import Value


@dataclass(frozen=True)
class Fault:
    """Where it is, what is wrong, and what to do. It holds no value of the configuration, which may be a secret."""

    place: Place
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def faults(config: EffectiveConfig) -> Iterator[Fault]:
    """Everything that keeps a server from starting, whoever wrote the configuration."""
    yield from unknown_options(config)
    yield from wrong_kinds(config)
    yield from ambiguous_options(config)
    yield from refused_beside_operator(config)
    yield from missing_system_account(config)
    yield from websocket_without_tls(config)
    yield from streams_without_routes(config)


def unknown_options(config: EffectiveConfig) -> Iterator[Fault]:
    """The server refuses what it does not know, unless it stands for a variable (opts.go, unknownConfigFieldErr)."""
    for block, options in config.blocks:
        for key in block:
            if not options.knows(key) and key not in block.used:
                yield Fault(
                    block.place_of(key) or Place(config.main),
                    f"no nats-server from 2.10 to 2.15 knows the option {key}; correct its name or remove it",
                )


_KINDS: Final = {str: "str", int: "int", bool: "bool", tuple: "list", Block: "map"}
_WORDS: Final = {
    "str": "a text, in quotes where it could be something else",
    "int": "a number, such as 1000 or 1MB, without quotes",
    "bool": "true or false, without quotes",
    "list": "a list in [ ]",
    "map": "a block in { }",
    "duration": "a duration, such as 30s or 2m, in quotes",
}


def wrong_kinds(config: EffectiveConfig) -> Iterator[Fault]:
    """Options whose value is of another kind than the server expects: it does not start (Go's type assertions)."""
    for block, options in config.blocks:
        for key, value in block.items():
            expected = options.kind_of(key)
            if expected and not isinstance(value, Variable) and not _is_of_kind(value, expected):
                place = block.place_of(key) or Place(config.main)
                yield Fault(place, f"the value of {key} is of the wrong kind; it has to be {_WORDS[expected]}")


def _is_of_kind(value: Value, kind: str) -> bool:
    """A number alone is a duration in seconds (opts.go, parseDuration)."""
    if kind == "duration":
        return type(value) is int or (isinstance(value, str) and is_go_duration(value))
    return _KINDS.get(type(value)) == kind


def ambiguous_options(config: EffectiveConfig) -> Iterator[Fault]:
    """Options that are set twice under two spellings: the server goes through them in random order."""
    for block, options in config.blocks:
        seen: dict[str, str] = {}
        for key in block:
            name = options.name_of(key)
            first = seen.setdefault(name, key) if name else key
            if block[first] != block[key]:
                yield _set_twice(config, block, first, key)
        yield from _set_by_listen(config, block, options)


_SAME_PORT: Final = (("listen", "port"), ("http", "http_port"), ("https", "https_port"))


def _set_by_listen(config: EffectiveConfig, block: Block, options: Options) -> Iterator[Fault]:
    """`listen` and `http` set address and port at once."""
    for both, single in _SAME_PORT:
        first, second = options.find(block, both), options.find(block, single)
        if first and second and port_of(block[first]) != port_of(block[second]):
            yield _set_twice(config, block, first, second)


def _set_twice(config: EffectiveConfig, block: Block, first: str, second: str) -> Fault:
    """The fault stands where a person wrote the option, when the other one is ours."""
    places = {key: block.place_of(key) or Place(config.main) for key in (second, first)}
    at, other = sorted(places, key=lambda key: places[key].file == config.main)
    problem = (
        f"{at} sets the same as {other} at {places[other]}, and nats-server takes one of them at random; remove one"
    )
    return Fault(places[at], problem)


_BOUND_BY_STREAMS: Final = {
    "server_name": "servers that are renamed lose their streams",
    "cluster": "without the operator's routes the servers do not find each other",
    "jetstream": "without the operator's store_dir the streams do not lie on the volume",
}


def redefined_with_jetstream(config: EffectiveConfig) -> Iterator[Fault]:
    """What an included file must not redefine where streams depend on it: the server replaces a block whole."""
    for option in config.options:
        if option.name in _BOUND_BY_STREAMS and option.place.file in config.user_files:
            yield Fault(
                option.place,
                f"an included file must not set {option.key} while JetStream is on, because"
                f" {_BOUND_BY_STREAMS[option.name]}; remove it",
            )


def overridden(config: EffectiveConfig, ours: Collection[str]) -> list[Option]:
    """What people's files set of the options that ours have, too."""
    return [option for option in config.options if option.name in ours and option.place.file in config.user_files]


_BESIDE_OPERATOR: Final = (
    ("accounts",),
    ("authorization", "users"),
    ("authorization", "auth_callout"),
    ("no_auth_user",),
    ("websocket", "no_auth_user"),
    ("mqtt", "no_auth_user"),
)
"""server/jwt.go, validateTrustedOperators, and server/auth.go, validateNoAuthUser: `-t` does not mind, a start does."""


def refused_beside_operator(config: EffectiveConfig) -> Iterator[Fault]:
    """Where an operator's JWT says who gets in, accounts and users come by JWT alone."""
    if config.option("operator") is None:
        return
    for path in _BESIDE_OPERATOR:
        option = config.option(path[0])
        if option and config.find(*path):
            yield Fault(
                option.place,
                f"nats-server does not start with {'.'.join(path)} beside an operator, with which accounts and users"
                " come by JWT; remove it",
            )


def missing_system_account(config: EffectiveConfig) -> Iterator[Fault]:
    """server/leafnode.go, validateLeafNode: `-t` does not mind."""
    gateway = config.option("gateway")
    if gateway is None or isinstance(gateway.value, Variable) or not ports(config).get("leafnodes"):
        return
    if config.option("system_account") is None and config.option("operator") is None:
        where = config.option("accounts") or gateway
        yield Fault(
            where.place,
            "nats-server does not start with leafnodes and a gateway but no system_account; set it to one of accounts",
        )


def websocket_without_tls(config: EffectiveConfig) -> Iterator[Fault]:
    """server/websocket.go, validateWebsocketOptions: `-t` does not mind."""
    option = config.option("websocket")
    if option is None or isinstance(option.value, Variable) or config.find("websocket", "tls") is not None:
        return
    port = config.find("websocket", "port") or config.find("websocket", "listen")
    if port and config.find("websocket", "no_tls") in (None, False):
        yield Fault(
            option.place, "nats-server does not start with a websocket that has neither tls nor no_tls: true; set one"
        )


def streams_without_routes(config: EffectiveConfig) -> Iterator[Fault]:
    """server/jetstream_cluster.go, enableJetStreamClustering: `-t` does not mind."""
    listening = ports(config)
    around = next((option for name in ("cluster", "gateway") if (option := config.option(name))), None)
    if around is None or config.jetstream is None or isinstance(config.find("jetstream"), Variable):
        return
    is_clustered = bool(listening.get("cluster") or listening.get("gateway"))
    if is_clustered and not config.find("cluster", "routes") and not config.find("leafnodes", "remotes"):
        yield Fault(
            around.place,
            f"nats-server does not start with JetStream and {around.key} but no routes; add the routes to the block"
            " cluster",
        )
