"""YAML means here what it means to kubectl, and no file is too much."""

from __future__ import annotations

import time
from typing import Any

import pytest

from natsop_runtime.cli.documents import parse_source
from natsop_runtime.cli.sources import LARGEST, InputError, Source
from natsop_runtime.yaml.reader import YamlFaultError, read_yaml


def value(text: str) -> Any:
    [document] = read_yaml(f"a: {text}\n")
    return document.content["a"]


def fault(text: str) -> str:
    with pytest.raises(YamlFaultError) as refused:
        read_yaml(text)
    return f"{refused.value.line + 1}:{refused.value.column + 1}: {refused.value}"


# go.yaml.in/yaml/v2 resolve.go, and what sigs.k8s.io/yaml makes of it on the way to JSON


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"])
def test_yes_is_true(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize("text", ["false", "n", "N", "no", "No", "off", "OFF"])
def test_no_is_false(text: str) -> None:
    assert value(text) is False


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_null(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0644", 420),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", -31),
        ("0b11", 3),
        ("1_000", 1000),
        ("08", 8),
        ("1.0", 1),
        ("1e3", 1000),
        ("-0.0", 0),
        ("18446744073709551615", 2**64 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e30", 1e30),
        ("99999999999999999999", 1e20),
    ],
)
def test_numbers_are_those_of_go(text: str, number: float) -> None:
    found = value(text)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-02", "2026-01-02T03:04:05Z", "12:30:45", "190:20:30", "tRUE", "yEs", "0o8", "1e", "1e999", "._5"),
        *("=", "1.2.3", "0x", "1 2", "..", "'1'", '"yes"', "!!str 1", "! 1"),
    ],
)
def test_anything_else_is_a_text(text: str) -> None:
    assert isinstance(value(text), str)


@pytest.mark.parametrize(("text", "expected"), [("!!int '7'", 7), ("!!float 1", 1), ("!!bool yes", True)])
def test_tags_that_json_knows_count(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text", [".nan", ".inf", "-.Inf", "!!binary YQ==", "!x 1", "!!int x", "!!int yes", "!!set {a}"]
)
def test_what_json_cannot_say_is_refused_with_its_place(text: str) -> None:
    assert fault(f"a: {text}\n").startswith("1:4: ")


@pytest.mark.parametrize(
    ("text", "key"), [("1: x", "1"), ("yes: x", "true"), ("off: x", "false"), ("1.5: x", "1.5"), ("'1': x", "1")]
)
def test_keys_are_texts(text: str, key: str) -> None:
    [document] = read_yaml(text)
    assert document.content == {key: "x"}


@pytest.mark.parametrize("text", ["~: x", "? [a]\n: x", "? {a: b}\n: x"])
def test_other_keys_are_refused(text: str) -> None:
    assert "cannot be a key" in fault(text)


# What `helm template` with a file of values, which kubectl's reader reads, says of each


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[nats://a:4222, b]", ["nats://a:4222", "b"]),
        ("{a: nats://a:4222, b: 1}", {"a": "nats://a:4222", "b": 1}),
        ("{a:1}", {"a:1": None}),
        ("[a: b, {c: d:e}]", [{"a": "b"}, {"c": "d:e"}]),
        ('{"a":1}', {"a": 1}),
        ("[b\n]", ["b"]),
        ("\t1", 1),
    ],
)
def test_colons_within_flow_collections_are_those_of_kubectl(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text", ["[::1]", "[a?b]", "b\u2028c", "&a.b x", "'\x7f'", '"\\ud83d\\ude00"', "[a:b, c\nd: 1"]
)
def test_what_kubectl_refuses_is_refused(text: str) -> None:
    assert fault(f"a: {text}\n")


def test_places_stay_right_where_the_slower_parser_reads() -> None:
    [document] = parse_source(Source("f.yaml", b"a: [nats://a:1]\nb:\n  c: \xc3\xbc\n  d: 1\n"))
    assert (document.place("a"), document.place("b.d")) == ("f.yaml:1", "f.yaml:4")
    assert fault("a: [nats://a:1]\nb: [ü, \x00]").startswith("2:8: ")


# Anchors and merges


def test_aliases_and_merges_are_followed() -> None:
    [document] = read_yaml("base: &b {x: 1, z: 2}\nsame: *b\nmore: {<<: *b, z: 3}\nboth: {<<: [{x: 9}, *b]}\n")
    assert document.content["same"] == {"x": 1, "z": 2}
    assert document.content["more"] == {"x": 1, "z": 3}
    assert document.content["both"] == {"x": 9, "z": 2}


def test_anchors_end_with_their_document() -> None:
    assert "no anchor b" in fault("a: &b 1\n---\na: *b\n")


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "a: &a {b: *a}\n", "{x: 1, <<: {x: 2}}\n", "<<: 5\n", "a: *nothing\n"]
)
def test_doubtful_keys_and_aliases_are_refused(text: str) -> None:
    assert fault(text)


# Too much


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (bomb(20), "aliases stand for too many values"),
        ("[" * 5_000_000, "nested too deeply"),
        ("{a: " * 1_000_000, "nested too deeply"),
        ("- " * 2_000_000, "nested too deeply"),
        ("a: x\n" * (LARGEST // 4), "larger than 8 MiB"),
    ],
    ids=["aliases", "lists", "maps", "dashes", "size"],
)
def test_what_is_too_much_is_refused_quickly(text: str, words: str) -> None:
    started = time.process_time()
    with pytest.raises(InputError, match=words):
        parse_source(Source("x.yaml", text.encode()))
    assert time.process_time() - started < 5, "on a busy machine; alone it takes a fraction of that"


@pytest.mark.parametrize("sign", ["", "-", "+"])
def test_a_number_of_thousands_of_digits_is_a_text_as_it_is_to_kubectl(sign: str) -> None:
    digits = sign + "9" * 5_000
    assert value(digits) == digits
    assert fault(f"a: !!int {digits}\n").startswith("1:4: ")
    assert value("0" + "7" * 5_000) == "0" + "7" * 5_000


def test_aliases_do_not_nest_deeper_than_what_is_written_may() -> None:
    def nested(value: str) -> str:
        return "[" * 150 + value + "]" * 150

    assert "nested too deeply" in fault(f"a: &a {nested('x')}\nb: &b {nested('*a')}\n")
    assert "nested too deeply" in fault(f'{{"a": "\\ud83d\\ude00", "b": {nested(nested("1"))}}}')


# JSON


def test_json_has_surrogate_pairs() -> None:
    [document] = read_yaml('{"a": "\\ud83d\\ude00", "b": 1.0}')
    assert document.content == {"a": "\U0001f600", "b": 1}


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d"}', '{"a": "\\ud83d\\ude00", "a": 1}', '{"a": "\\ud83d\\ude00", "b": NaN}']
)
def test_json_that_no_api_server_takes_is_refused(text: str) -> None:
    assert fault(text)


# Places


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 2),
        ("kind", 2),
        ("spec.list[1].name", 6),
        ("spec.list[7]", 4),
        ("spec.absent.deeper", 3),
        ("spec[a.b/c].x", 7),
        ("spec.a.b/c.x", 7),
        ("spec.copy.x", 7),
    ],
)
def test_every_field_has_a_line(path: str, line: int) -> None:
    text = "\n".join(["", "kind: K", "spec:", "  list:", "  - {}", "  - name: n", "  a.b/c: &a {x: 1}", "  copy: *a"])
    [document] = parse_source(Source("f.yaml", text.encode()))
    assert document.place(path) == f"f.yaml:{line}"
