"""What natsop writes as YAML means the same to a reader of YAML 1.1 and to one of YAML 1.2, and to kubectl."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from natsop_runtime.yaml.reader import read_yaml
from natsop_runtime.yaml.writer import to_yaml

WORDS: Final = (
    *("", " ", "y", "N", "yes", "On", "OFF", "true", "FALSE", "null", "~", "Null", "nan", ".nan", ".inf", "-.INF", "="),
    *(
        "1",
        "-1",
        "+1",
        "0o7",
        "07",
        "0x1F",
        "0b1",
        "1_000",
        "1e3",
        "1.5",
        ".5",
        "1.",
        "12:30:45",
        "190:20:30",
        "1e",
        "e1",
    ),
    *("2026-01-02", "2026-01-02T03:04:05Z", "<<", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "?", "? a", "-", "- a"),
    *(
        ": ",
        "a: b",
        "a:",
        ":a",
        "a #b",
        "#",
        "a#",
        "[",
        "]",
        "{",
        "}",
        ",",
        "a,b",
        "'",
        '"',
        "\\",
        "---",
        "...",
        "--- a",
    ),
    *(
        "a\n",
        "\na",
        "a\nb",
        "a\n\nb\n\n",
        " a\nb",
        "a \nb",
        "a\n b\n",
        "\n",
        "\t",
        "a\tb",
        "a\r\nb",
        "\x85",
        "a\u2028b",
    ),
    *("\ufeff", "\x00", "\x7f", "\ud7ff", "\U0001f600", "é", "\u200b", "sha256:abc", "nats://c-0.c:4222", "a" * 300),
    *(
        f"{'x ' * 200}",
        "/etc/nats",
        "$SERVER_NAME",
        "$(POD_NAME)",
        "'$(POD_NAME)'",
        "k8s.io/x-y_z",
        "10.0.0.1",
        "1Gi",
        "50%",
    ),
)

_texts: Final = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.sampled_from("aA01eEoxn~ \t\n\r:#-+._,'\"\\|>&*!%@`[]{}?=<\x85\u2028\ufeff"), max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
_values: Final = st.recursive(
    st.one_of(_texts, st.booleans(), st.integers(-(2**63), 2**63)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=8,
)
_objects: Final = st.lists(st.dictionaries(_texts, _values, max_size=4), min_size=1, max_size=3)


def read(text: str, version: str) -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return list(yaml.load_all(text))


@given(_objects)
@example([{"a": each} for each in WORDS])
@example([{each: 1} for each in WORDS])
@example([{"a": [[]], "b": {}, "c": [{"d": "x\ny"}]}])
@example([{"a": 1e30, "b": -1.5e-9, "c": None}])
def test_every_reader_reads_what_was_written(objects: list[dict[str, Any]]) -> None:
    text = to_yaml(objects)
    assert read(text, "1.1") == objects, text
    assert read(text, "1.2") == objects, text
    assert [document.content for document in read_yaml(text)] == objects, text


@given(_objects)
def test_keys_keep_their_order(objects: list[dict[str, Any]]) -> None:
    [first, *_] = read_yaml(to_yaml(objects))
    assert list(first.content) == list(objects[0])
