"""The server reads what we wrote, and we read what the server reads: the same digest for the same text."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsop_core.conf import Block, Unknown, write
from tests.property.trees import mutated_texts, plain_trees, texts, unhurried
from tests.server.checking import Checker
from tests.testbed.versions import NATS_SERVER_MODULE

STRICTER = (
    "the key has no value",  # { a: } makes the server mix up keys
    "nats-server ignores a number",  # 1kbb is dropped, and its key goes to the next value
    "reads a ] directly after a number",  # [1] is never closed; [1]\n] is a list of "1]"
    "there is a NUL",  # the server takes some for a new line
    "the closing quote is missing",  # right at the end of the file the server does not mind
    "the closing } is missing",  # likewise for { around everything
    "the closing ] is missing",
    "a single / is not allowed here",  # the server skips some of them
    "or both kinds of quote",  # our trees hold only keys that can be written between quotes
)
"""Where we refuse what the server takes, on purpose (see conf/parser.py)."""

many = settings(unhurried, max_examples=200)


@pytest.fixture(scope="module")
def checker(newest: Path, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(newest, tmp_path_factory.mktemp("conf"), NATS_SERVER_MODULE)


def assert_agreement(checker: Checker, text: str, environment: Mapping[str, str] | None = None) -> None:
    theirs, ours = checker.server(text, environment), checker.ours(text, environment)
    if theirs is None:
        assert isinstance(ours, Unknown), f"the server refuses this: {text!r}"
    elif isinstance(ours, Unknown):
        assert any(reason in ours.reason for reason in STRICTER), f"the server takes this: {text!r}; we: {ours.reason}"
    else:
        assert ours == theirs, f"the server reads other values in {text!r}"


@many
@given(plain_trees)
def test_the_server_reads_the_values_of_any_tree(checker: Checker, tree: Block) -> None:
    assert checker.server(write(tree)) == checker.ours(write(tree)), write(tree)


@many
@given(st.one_of(texts, mutated_texts))
def test_we_take_and_refuse_what_the_server_does(checker: Checker, text: str) -> None:
    assert_agreement(checker, text)


@many
@given(st.one_of(texts, st.text(st.characters(exclude_categories=["Cs"]))).filter(lambda text: "\0" not in text))
def test_we_read_the_environment_as_the_server_does(checker: Checker, value: str) -> None:
    assert_agreement(checker, "a: $X\n", {"X": value})


TRICKY = {
    "separators": "a: 1\nb = 2\nc 3\nd : 4\ne{\n}\n",
    "blocks": "a {b: 1}\nc: {d = 2, e: 3; f 4}\ng = {}\n",
    "a list on one line": 'a: [ "x", 1 , 1.5, yes ]\n',
    "a number before the end of a list": "a: [1]\n",
    "a list by lines": 'a: [\n  1\n  "b"\n  {c: 1}\n  [2 ]\n]\n',
    "escapes": r'a: "\t\n\r\"\\\x41\xff\xc3\xa9\x00\x08\x7f"' + "\n",
    "no such escape": r'a: "\u00e9"' + "\n",
    "raw characters in a string": 'a: "tab\tline\n# // {} [] , ; $ é \u2028 <&>"\n',
    "single quotes know no escapes": r"a: '\t$X'" + "\n",
    "a quoted key": '"a \\ b": 1\n\'c"d\': 2\n',
    "bare words": "a: foo\nb: foo#bar\nc: http://x:1/y?z=1\nd: $2a$11$hash\n",
    "two bare words": "a: b c\n",
    "booleans": "a: yes\nb: Off\nc: TRUE\nd: 'on'\n",
    "units": "a: 1k\nb: 1KB\nc: 2Ki\nd: 3gib\ne: 4T\nf: -5m\ng: 1.5G\n",
    "units that overflow": "a: 8Ei\nb: 10E\n",
    "no units": "a: 1.5\nb: 1Mx\nc: 1000m\n",
    "integers at the edge": "a: 9223372036854775807\nb: -9223372036854775808\n",
    "an integer beyond it": "a: 9223372036854775808\n",
    "floats": "a: 1.50\nb: -0.0\nc: 0.00000012\nd: 0.000001\ne: 1234567890123456789012.0\nf: 123456789012345678901.0\n",
    "addresses": "a: 127.0.0.1:4222\nb: 10.0.0.1\n",
    "times": "a: 2024-02-29T23:59:59Z\n",
    "no such time": "a: 2023-02-29T00:00:00Z\n",
    "half a time": "a: 10-0\n",
    "comments": "# a\n// b\na: 1 # c\nb: 2 // d\nc { # e\n  d: 1 // f\n}\ng: [ # h\n 1 # i\n]\n",
    "a block string": "a: (\nline 1\n) no end\n)\nb: 1\n",
    "a block string at the end": "a: (\nx\n)",
    "the last of repeated keys": "a: {b: 1}\na: {c: 2}\n",
    "a variable of a block around": "a: 1\nb { c: $a, d: { e: $a } }\n",
    "a variable before it changes": "a: 1\nb: $a\na: 2\n",
    "no such variable": "a: $NOWHERE\n",
    "no variable inside quotes": 'a: "$X"\n',
    "JSON": '{"a": {"b": [1, 2, {"c": "d"}\n], "e": true}}\n',
    "a brace too many": "a {\n}\n}\n",
    "a byte order mark": "\ufeffa: 1\n",
    "nothing": "",
    "only spaces": " \t\r\n\u2003",
}


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY.keys())
def test_a_rule_of_the_lexer(checker: Checker, text: str) -> None:
    assert_agreement(checker, text)


def test_includes_replace_by_position_and_join_paths(newest: Path, tmp_path: Path) -> None:
    files = {
        "conf/body.conf": 'a: 1\nb: 1\ninclude "../sub/x.conf"\nb: 3\nc { d: 1; include ../sub/y.conf\n e: $f }\n',
        "sub/x.conf": "v: 7\na: $v\nb: 2\ninclude 'y.conf' # z\n",
        "sub/y.conf": "d: 2\nf: [ 8 ]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    checker = Checker(newest, tmp_path / "conf", NATS_SERVER_MODULE)
    ours = checker.ours(files["conf/body.conf"], includes={f"{tmp_path}/{name}": text for name, text in files.items()})
    assert ours == checker.server(files["conf/body.conf"])


@pytest.mark.parametrize("version", ["2.12.6", "2.14.2"])
def test_older_servers_agree(binary_of: Callable[[str], Path], tmp_path: Path, version: str) -> None:
    checker = Checker(binary_of(version), tmp_path, version)
    for text in TRICKY.values():
        assert_agreement(checker, text)


def test_only_from_2_15_on_a_digit_may_follow_a_unit(
    newest: Path, binary_of: Callable[[str], Path], tmp_path: Path
) -> None:
    assert_agreement(Checker(newest, tmp_path, NATS_SERVER_MODULE), "a: 1k5x\n")
    assert Checker(binary_of("2.14.2"), tmp_path, "2.14.2").server("a: 1k5x\n") is None
