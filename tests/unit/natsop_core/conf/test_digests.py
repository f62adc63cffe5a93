"""The server's digest where it cannot be known, and the digest of what needs a restart."""

import pytest

from natsop_core.conf import Block, Include, Item, Unknown, Variable, parse, restart_digest
from tests.config_digests import config_digest

JETSTREAM = Block(store_dir="/data", max_file_store=1)
CLUSTER = Block(name="c", port=6222, no_advertise=False, routes=["nats://a:6222"])
TREE = Block(port=4222, server_name=Variable("SERVER_NAME"), pid_file="/a.pid", jetstream=JETSTREAM, cluster=CLUSTER)


def test_the_digest_differs_between_pods() -> None:
    assert config_digest(TREE, {"SERVER_NAME": "c-0"}) != config_digest(TREE, {"SERVER_NAME": "c-1"})


@pytest.mark.parametrize(
    ("text", "version", "reason"),
    [
        ("include x.conf", "2.15.2", "the included file x.conf does not exist"),
        ("a: $X", "2.15.2", "this variable is neither an earlier key nor an environment variable"),
        ("a: {", "2.15.2", "nats.conf:1:4: the closing } is missing"),
        ("a: 1", "2.10.29", "nats-server 2.10.29 does not report a digest"),
        ("a: 1\nb: $a", "2.12.5", "leaves keys that are used as variables out"),
        ("a: 1\nb: $a", None, "leaves keys that are used as variables out"),
    ],
)
def test_it_is_unknown_with_a_reason(text: str, version: str | None, reason: str) -> None:
    seen = config_digest(text, {}, version=version)
    assert isinstance(seen, Unknown)
    assert reason in seen.reason


def test_it_is_known_for_variables_of_newer_servers() -> None:
    assert isinstance(config_digest("a: 1\nb: $a", {}, version="2.12.6"), str)


@pytest.mark.parametrize(
    "changed",
    [
        Block(pid_file="/b.pid"),
        Block(debug=True),
        Block(cluster=CLUSTER | Block(no_advertise=True)),
        Block(cluster=CLUSTER | Block(routes=["nats://a:6222", "nats://b:6222"])),
    ],
)
def test_a_change_that_reloads_keeps_the_restart_digest(changed: Block) -> None:
    assert restart_digest(TREE | changed) == restart_digest(TREE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", 4223),
        ("port", "4222"),
        ("port", True),
        ("server_name", "$SERVER_NAME"),
        ("jetstream", JETSTREAM | Block(max_file_store=2)),
        ("jetstream", JETSTREAM | Block(no_advertise=True)),
        ("cluster", CLUSTER | Block(port=6223)),
        ("cluster", Block()),
        ("cluster", "none"),
        ("never_heard_of", 1),
        ("cluster.routes", 1),
        (".debug", True),
    ],
)
def test_any_other_change_changes_it(key: str, value: Item) -> None:
    assert restart_digest(TREE | Block((key, value))) != restart_digest(TREE)


def test_adding_and_removing_a_block_or_an_include_changes_it() -> None:
    without = Block(*((key, TREE[key]) for key in TREE if key != "cluster"))
    assert len({restart_digest(tree) for tree in (TREE, without, TREE | Block(Include("x.conf")))}) == 3


def test_order_and_case_of_option_names_do_not_matter() -> None:
    one = parse("Cluster { name: c, port: 1, No_Advertise: yes }\nport: 2")
    other = parse("port: 2\nCluster { port: 1, name: c }")
    assert restart_digest(one) == restart_digest(other)


def test_the_restart_digest_is_the_same_in_every_release() -> None:
    """Another one would restart every pod of every cluster when the operator is upgraded."""
    assert restart_digest(TREE) == "f44b76b59dfe7d9d"
