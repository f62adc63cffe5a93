"""The effective configuration: what the servers read, with the place of every option, and its digests."""

import pytest

from natsop_core.conf import ConfError, Unknown, parse, restart_digest
from natsop_core.conf.effective import EffectiveConfig, Store, read_effective, store_of
from natsop_core.conf.environment import Environment
from tests.config_digests import config_digest
from tests.unit.natsop_core.conf.configurations import MAIN, effective, with_include

NAMES = {"SERVER_NAME": "c-0", "POD_NAME": "c-0"}
OPAQUE = Environment(opaque=frozenset(("PASSWORD", "SERVER_NAME", "POD_NAME")))
APP_USER = "authorization { users: [ {user: app, password: $PASSWORD} ] }\n"


def test_every_option_has_the_place_that_set_it() -> None:
    config = with_include("debug: true\n  Max_Payload: 1MB\n", ours="port: 4222\ndebug: false\n")
    places = {option.name: str(option.place) for option in config.options}
    assert places == {
        "port": f"{MAIN}:1:1",
        "debug": "/etc/x/a.conf:1:1",
        "max_payload": "/etc/x/a.conf:2:3",
    }


def test_a_spelling_does_not_hide_an_option() -> None:
    config = effective("Leaf { Net: 10.0.0.1 }\n")
    assert config.find("leafnodes", "host") == "10.0.0.1"
    assert config.option("leafnodes") is not None


@pytest.mark.parametrize("included", ["max_subscriptions: 100\n", ""])
def test_an_opaque_variable_does_not_blind_the_restart_digest(included: str) -> None:
    before = effective("include ../x/a.conf\n", environment=OPAQUE, a=APP_USER + included)
    after = effective("include ../x/a.conf\n", environment=OPAQUE, a=f"{APP_USER}max_subscriptions: 200\n")
    reloaded = effective("include ../x/a.conf\n", environment=OPAQUE, a=f"{APP_USER}{included}max_payload: 200\n")
    assert before.restart_digest({}) != after.restart_digest({})
    assert before.restart_digest({}) == reloaded.restart_digest({})


def test_another_opaque_variable_is_another_configuration() -> None:
    environment = Environment(opaque=frozenset("AB"))
    digests = {effective(f"max_pending: ${name}\n", environment=environment).restart_digest({}) for name in "AB"}
    assert len(digests) == 2


def test_the_restart_digest_is_that_of_the_tree_where_nothing_is_included_and_no_variable_used() -> None:
    text = "port: 4222\nCluster { name: c, port: 6222 }\nmax_payload: 1\n"
    assert effective(text).restart_digest({}) == restart_digest(parse(text))


def test_a_constant_stands_for_what_differs_between_servers() -> None:
    one = effective("server_name: $SERVER_NAME\n", environment=OPAQUE)
    other = effective("server_name: any\n")
    assert one.restart_digest({"SERVER_NAME": "any"}) == other.restart_digest({})


def test_each_server_has_its_own_digest_of_one_configuration() -> None:
    config = effective("server_name: $SERVER_NAME\nserver_tags: [ $POD_NAME, x ]\n", environment=OPAQUE)
    for name in ("c-0", 'a"b'):
        expected = config_digest("server_name: $S\nserver_tags: [ $S, x ]\n", {"S": "'" + name + "'"}, version="2.15.2")
        assert config.server_digest({"SERVER_NAME": name, "POD_NAME": name}, "2.15.2") == expected


@pytest.mark.parametrize(
    ("text", "version", "reason"),
    [
        (APP_USER, "2.15.2", "uses $PASSWORD, whose value the operator does not know"),
        ("a: 1\nb: $a", "2.12.5", "leaves keys that are used as variables out"),
        ("port: 1", "2.10.29", "does not report a digest"),
    ],
)
def test_a_digest_is_unknown_only_where_it_cannot_be_known(text: str, version: str, reason: str) -> None:
    seen = effective(text, environment=OPAQUE).server_digest(NAMES, version)
    assert isinstance(seen, Unknown)
    assert reason in seen.reason


def test_a_known_variable_counts_as_its_text_would() -> None:
    config = with_include("max_subscriptions: $LIMIT\n", LIMIT="1k")
    assert config.find("max_subscriptions") == 1000
    assert config.server_digest({}, "2.15.2") == effective("port: 4222\nmax_subscriptions: 1000\n").server_digest(
        {}, "2.15.2"
    )


def test_a_variable_that_nothing_defines_is_refused_with_its_place() -> None:
    with pytest.raises(ConfError, match=r"^/etc/x/a.conf:1:15: this variable is neither"):
        with_include("max_payload:  $LIMIT\n")


def test_with_an_open_environment_any_variable_may_exist() -> None:
    config = effective("max_payload: $LIMIT\n", environment=Environment(is_open=True))
    assert isinstance(config.server_digest({}, "2.15.2"), Unknown)


def test_keys_that_stand_for_variables_are_remembered_until_they_are_set_again() -> None:
    assert effective("a: 1\nb { c: $a }\n").tree.used == {"a"}
    assert effective("a: 1\nb: $a\na: 2\n").tree.used == set()
    assert with_include("a: 1\nmax_payload: $a\n").tree.used == {"a"}


NESTED = "".join(f"a{n}: [{', '.join([f'$a{n - 1} '] * 10)}]\n" for n in range(1, 5))


@pytest.mark.parametrize(
    "text",
    [
        f"a0: [{', '.join(['1 '] * 10)}]\n{NESTED}",
        "max_payload: 1\n" + "# comment\n" * 20_001,
        "".join("include '../x/a.conf'\n" for _ in range(2_000)),
    ],
)
def test_what_expands_beyond_all_reason_is_refused(text: str) -> None:
    with pytest.raises(ConfError, match="larger than 200,000 characters; make it smaller"):
        effective(
            text,
            is_ours=False,
            a="max_payload: 1 # and a comment which makes it longer than it has to be, as it is with comments",
        )


def test_the_environment_cannot_bring_in_more_than_its_share() -> None:
    with pytest.raises(ConfError, match="environment variables add more than 10,000 characters"):
        with_include("server_tags: [ $T, $T ]\n", T=f"'{'x' * 6_000}'")


def test_what_we_wrote_ourselves_has_no_bound() -> None:
    files = {MAIN: "resolver_preload { A: '" + "x" * 300_000 + "' }\n"}
    assert read_effective(MAIN, files, Environment()).find("resolver_preload") is not None


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ("port: 1", None),
        ("jetstream: false", None),
        ("jetstream: disabled", None),
        ("jetstream { enabled: false }", None),
        ("jetstream {}", Store(None)),
        ("JetStream: Enabled", Store(None)),
        ("jetstream: true", Store(None)),
        ("jetstream { enable: true, storedir: /data }", Store("/data")),
        ("jetstream { Store: /data }", Store("/data")),
        ("store_dir: /data\njetstream: true", Store("/data")),
        ("jetstream { store_dir: $PASSWORD }", Store(None, is_known=False)),
        ("jetstream: $PASSWORD", Store(None, is_known=False)),
    ],
)
def test_where_the_streams_lie(text: str, store: Store | None) -> None:
    assert effective(text, environment=OPAQUE).jetstream == store
    assert store_of(parse(text)) == store


def test_no_value_shows_in_a_representation() -> None:
    config: EffectiveConfig = effective("authorization { password: secret }\nmax_payload: 4711\n")
    assert "secret" not in repr(config) + repr(config.options)
    assert "4711" not in repr(config) + repr(config.options)
