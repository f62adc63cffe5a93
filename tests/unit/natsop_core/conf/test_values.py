"""The nats.conf tree."""

import pytest

from natsop_core.conf import Block, Include, Item, Variable, parse, write


def test_none_leaves_a_key_out() -> None:
    assert Block(port=4222, http_port=None) == Block(port=4222)


def test_a_block_is_a_mapping_of_its_keys() -> None:
    tree = Block(("a", 1), Include("x.conf"), ("b", Block(c=[1, 2])), ("a", 3))
    assert dict(tree) == {"a": 3, "b": Block(c=(1, 2))}
    assert tree.includes == (Include("x.conf"),)


def test_what_is_merged_in_counts_even_against_an_include_before_it() -> None:
    tree = Block(port=1, host="h") | Block(Include("x.conf")) | Block(port=2)
    assert write(tree) == 'host: "h"\ninclude "x.conf"\nport: 2\n'


def test_a_password_is_not_in_the_representation() -> None:
    assert repr(Block(("user", "u"), ("password", "hunter2"))) == "Block(user=…, password=…)"


@pytest.mark.parametrize("key", ["a\"b'c", "a\0b", "\ud800"])
def test_a_key_that_cannot_be_written_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a key must not contain NUL or both kinds of quote"):
        Block((key, 1))


@pytest.mark.parametrize("value", [2**63, float("nan"), float("inf"), "\ud800"])
def test_a_value_that_cannot_be_written_is_refused(value: Item) -> None:
    with pytest.raises(ValueError, match="must"):
        Block(a=value)


@pytest.mark.parametrize("value", [b"bytes", {"a": 1}, [None]])
def test_other_types_are_refused(value: Item) -> None:
    with pytest.raises(TypeError, match="has no values of the type"):
        Block(a=value)


@pytest.mark.parametrize("name", ["a b", "a,b", "2a$11$hash"])
def test_a_variable_that_would_be_read_as_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a variable name"):
        Variable(name)


def test_the_text_is_what_a_person_would_write() -> None:
    tree = Block(
        port=4222,
        server_name=Variable("SERVER_NAME"),
        lame_duck_duration="30s",
        jetstream=Block(store_dir="/data", max_file_store=10 * 2**30, max_memory_store=0),
        cluster=Block(name="c", no_advertise=True, routes=["nats://c-0.c-headless:6222", "nats://c-1.c-headless:6222"]),
        accounts=Block(SYS=Block(), APP=Block(("users", [Block(("user", 'Ann "A"'), ("password", "a\\b\n"))]))),
    ) | Block(Include("../nats-auth/auth.conf"), ("orders.>", 1.5))
    assert write(tree) == TEXT
    assert parse(TEXT) == tree


TEXT = r"""port: 4222
server_name: $SERVER_NAME
lame_duck_duration: "30s"

jetstream {
  store_dir: "/data"
  max_file_store: 10737418240
  max_memory_store: 0
}

cluster {
  name: "c"
  no_advertise: true
  routes: [
    "nats://c-0.c-headless:6222"
    "nats://c-1.c-headless:6222"
  ]
}

accounts {
  SYS {}
  APP {
    users: [
      {
        user: "Ann \"A\""
        password: "a\\b\n"
      }
    ]
  }
}

include "../nats-auth/auth.conf"
"orders.>": 1.5
"""
