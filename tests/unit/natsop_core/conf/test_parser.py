"""Errors of a configuration say where and what to do. What is one: tests/server/test_conf_digest.py asks the server."""

import pytest

from natsop_core.conf import Block, ConfError, Include, Variable, expand, parse
from natsop_core.conf.environment import Environment
from natsop_core.conf.parser import MAX_DEPTH

BROKEN = {
    "p 1 2": "x.conf:1:5: a new line, comma or semicolon is missing before this; quote the value if this is part of it",
    "a {\n  b: [1]\n}": "x.conf:2:8: nats-server reads a ] directly after a number as text; put a space between them",
    "a {\n  b: 1\n": "x.conf:1:3: the closing } is missing; add it",
    'a: "x': "x.conf:1:4: the closing quote is missing",
    r'a: "\d"': "x.conf:1:5: after a backslash only t, n, r, quote, backslash or x with two hex digits may follow; "
    r"write \\",
    "a:\n1": "x.conf:1:3: the value is missing; write it on the line of its key",
    "a: 10-0": "x.conf:1:4: digits and a minus start a time, such as 2030-01-02T03:04:05Z; quote the text",
    "a: {b: }": "x.conf:1:5: the key has no value",
    "include 5.conf": "x.conf:1:9: the path of the include must be quoted",
    "a: 1\n\0": "x.conf:2:1: there is a NUL or a byte that is not UTF-8, which nats-server cannot read; remove it",
}


@pytest.mark.parametrize("text", BROKEN)
def test_an_error_tells_where_and_what_to_do(text: str) -> None:
    with pytest.raises(ConfError) as caught:
        parse(text, "x.conf")
    assert str(caught.value) == BROKEN[text]


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    assert parse("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(ConfError, match="nested more than"):
        parse("a: " + "[" * 100_000)


def test_variables_and_includes_stay_in_the_tree() -> None:
    assert parse("a: $B\ninclude '../c.conf'\n") == Block(("a", Variable("B")), Include("../c.conf"))


def expanded(text: str, environment: dict[str, str] | None = None, includes: dict[str, str] | None = None) -> Block:
    file = "/etc/nats/nats.conf"
    return expand(
        parse(text, file), environment=Environment(environment or {}), includes=includes or {}, file=file
    ).tree


def test_keys_come_before_the_environment_and_the_environment_is_parsed() -> None:
    seen = expanded("a: 1\nb { c: $a, d: $X }", {"a": "no", "X": "[ 1k, yes ]"})
    assert seen == Block(a=1, b=Block(c=1, d=(1000, True)))


def test_an_absolute_include_lies_below_the_folder_of_its_file() -> None:
    assert expanded("include /a.conf", includes={"/etc/nats/a.conf": "a: 1"}) == Block(a=1)
    assert expanded("include ../../../a.conf", includes={"/a.conf": "a: 1"}) == Block(a=1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: $X", "nats.conf:2:4: this variable is neither an earlier key nor an environment variable"),
        ("b: $LOOP", "environment variable LOOP:1:4: environment variable LOOP refers to itself"),
        ("b: $BAD", "environment variable BAD:1:4: digits and a minus start a time"),
        ("include x.conf", "nats.conf:1:1: the included file /etc/nats/x.conf does not exist"),
        ("include loop.conf", "loop.conf:1:1: include /etc/nats/loop.conf refers to itself"),
    ],
)
def test_what_the_server_would_not_start_with_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfError) as caught:
        expanded(text, {"LOOP": "$LOOP", "BAD": "10-0"}, {"/etc/nats/loop.conf": "include loop.conf"})
    assert problem in str(caught.value)


def test_a_small_text_cannot_become_a_huge_tree() -> None:
    lines = ["a0: x", *(f"a{n}: [ $a{n - 1}, $a{n - 1} ]" for n in range(1, 31))]
    with pytest.raises(ConfError, match="larger than"):
        expanded("\n".join(lines))
