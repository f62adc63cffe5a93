"""Finds errors in a parsed configuration: servers do not start with it, or read it differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.conf.errors import Place
from natsop_core.conf.listen import port_of, ports
from natsop_core.conf.values import Block, Variable
from natsop_core.durations import is_go_duration
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from natsop_core.conf.effective import EffectiveConfig, Option
    from natsop_core.conf.options import Options
    from natsop_core.conf.values import Value


@frozen
class Fault:
    """An error: its place, the problem and the remedy. It contains no value of the configuration (may be secret)."""

    place: Place
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def faults(config: EffectiveConfig) -> Iterator[Fault]:
    """All errors that prevent a server from starting."""
    yield from unknown_options(config)
    yield from wrong_kinds(config)
    yield from ambiguous_options(config)
    yield from refused_beside_operator(config)
    yield from missing_system_account(config)
    yield from websocket_without_tls(config)
    yield from streams_without_routes(config)


def unknown_options(config: EffectiveConfig) -> Iterator[Fault]:
    """Options that no server knows, except keys that are used as variables (opts.go, unknownConfigFieldErr)."""
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
    """Options with a value of the wrong type: the server does not start (Go's type assertions)."""
    for block, options in config.blocks:
        for key, value in block.items():
            expected = options.kind_of(key)
            if expected and not isinstance(value, Variable) and not _is_of_kind(value, expected):
                place = block.place_of(key) or Place(config.main)
                yield Fault(place, f"the value of {key} has the wrong type; it must be {_WORDS[expected]}")


def _is_of_kind(value: Value, kind: str) -> bool:
    """Whether the value has this type. A bare number is a duration in seconds (opts.go, parseDuration)."""
    if kind == "duration":
        return type(value) is int or (isinstance(value, str) and is_go_duration(value))
    return _KINDS.get(type(value)) == kind


def ambiguous_options(config: EffectiveConfig) -> Iterator[Fault]:
    """Options that are set twice with two spellings: the server reads them in random order."""
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
    """Ports that are set twice: `listen` and `http` set both address and port."""
    for both, single in _SAME_PORT:
        first, second = options.find(block, both), options.find(block, single)
        if first and second and port_of(block[first]) != port_of(block[second]):
            yield _set_twice(config, block, first, second)


def _set_twice(config: EffectiveConfig, block: Block, first: str, second: str) -> Fault:
    """The fault at the option of the user, if the other one is rendered by the operator."""
    places = {key: block.place_of(key) or Place(config.main) for key in (second, first)}
    at, other = sorted(places, key=lambda key: places[key].file == config.main)
    problem = (
        f"{at} sets the same option as {other} at {places[other]}, and nats-server uses one of them at random; remove"
        " one"
    )
    return Fault(places[at], problem)


_BOUND_BY_STREAMS: Final = {
    "server_name": "servers that are renamed lose their streams",
    "cluster": "without the operator's routes the servers cannot find each other",
    "jetstream": "without the operator's store_dir the streams are not stored on the volume",
}


def redefined_with_jetstream(config: EffectiveConfig) -> Iterator[Fault]:
    """Options in included files that streams depend on: the server replaces the whole block of the operator."""
    for option in config.options:
        if option.name in _BOUND_BY_STREAMS and option.place.file in config.user_files:
            yield Fault(
                option.place,
                f"an included file must not set {option.key} while JetStream is on, because"
                f" {_BOUND_BY_STREAMS[option.name]}; remove it",
            )


def overridden(config: EffectiveConfig, ours: Collection[str]) -> list[Option]:
    """The options in files of the user that the operator also renders."""
    return [option for option in config.options if option.name in ours and option.place.file in config.user_files]


_BESIDE_OPERATOR: Final = (
    ("accounts",),
    ("authorization", "users"),
    ("authorization", "auth_callout"),
    ("no_auth_user",),
    ("websocket", "no_auth_user"),
    ("mqtt", "no_auth_user"),
)
"""From server/jwt.go, validateTrustedOperators, and server/auth.go, validateNoAuthUser; not checked by `-t`."""


def refused_beside_operator(config: EffectiveConfig) -> Iterator[Fault]:
    """Options that cannot be combined with an operator JWT, which requires accounts and users in JWTs."""
    if config.option("operator") is None:
        return
    for path in _BESIDE_OPERATOR:
        option = config.option(path[0])
        if option and config.find(*path):
            yield Fault(
                option.place,
                f"nats-server does not start with {'.'.join(path)} and an operator, which requires accounts and users"
                " in JWTs; remove it",
            )


def missing_system_account(config: EffectiveConfig) -> Iterator[Fault]:
    """From server/leafnode.go, validateLeafNode; not checked by `-t`."""
    gateway = config.option("gateway")
    if gateway is None or isinstance(gateway.value, Variable) or not ports(config).get("leafnodes"):
        return
    if config.option("system_account") is None and config.option("operator") is None:
        where = config.option("accounts") or gateway
        yield Fault(
            where.place,
            "nats-server does not start with leafnodes and a gateway but no system_account; set it to one of the"
            " accounts",
        )


def websocket_without_tls(config: EffectiveConfig) -> Iterator[Fault]:
    """From server/websocket.go, validateWebsocketOptions; not checked by `-t`."""
    option = config.option("websocket")
    if option is None or isinstance(option.value, Variable) or config.find("websocket", "tls") is not None:
        return
    port = config.find("websocket", "port") or config.find("websocket", "listen")
    if port and config.find("websocket", "no_tls") in (None, False):
        yield Fault(
            option.place, "nats-server does not start with a websocket that has neither tls nor no_tls: true; set one"
        )


def streams_without_routes(config: EffectiveConfig) -> Iterator[Fault]:
    """From server/jetstream_cluster.go, enableJetStreamClustering; not checked by `-t`."""
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
