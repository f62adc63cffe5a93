"""Hypothesis strategies for nats.conf trees and texts."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from natsop_core.conf import Block, Datetime, Include, Item, Variable, write

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a machine that others use as well."""

LEXER_CHARACTERS = (
    "\t\n\v\f\r \"'\\$#/{}[]();,=:.-+_@%*>\x01\x7f\x85\xa00159akKbBiImgxtTZéß\u2028\u200b\ufeff\U0001f600"
)

_character = st.one_of(st.sampled_from(LEXER_CHARACTERS), st.characters(exclude_categories=["Cs"]))
_WORDS = r"true Off 1k 1.5 -1 10-0 $X 2024-01-01T00:00:00Z include } 1.2.3.4 // \x41"
_nasty = st.sampled_from(["", "(\nx\n)", "a b", *_WORDS.split()])
strings = st.one_of(
    st.text(_character), _nasty, st.binary(max_size=6).map(lambda raw: raw.decode(errors="surrogateescape"))
)


def _can_be_quoted(text: str) -> bool:
    return "\0" not in text and not ('"' in text and "'" in text)


keys = st.one_of(st.text(_character), _nasty, st.from_regex(r"[a-z_]{1,8}", fullmatch=True)).filter(_can_be_quoted)
scalars: st.SearchStrategy[Item] = st.one_of(
    strings,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes().map(lambda moment: Datetime(f"{moment.replace(microsecond=0).isoformat()}Z")),
)
variables = st.from_regex(r"[A-Z_]{1,6}", fullmatch=True).map(Variable)
includes = st.text(_character, min_size=1).filter(_can_be_quoted).map(Include)


def trees(leaves: st.SearchStrategy[Item], *others: st.SearchStrategy[Include]) -> st.SearchStrategy[Block]:
    """Blocks nested in blocks and lists; `others` stand between the keys."""

    def blocks(inner: st.SearchStrategy[Item]) -> st.SearchStrategy[Block]:
        entries = st.one_of(st.tuples(keys, inner), *others)
        return st.lists(entries, max_size=5).map(lambda found: Block(*found))

    values = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), blocks(inner)), max_leaves=12)
    return blocks(values)


plain_trees = trees(scalars)
all_trees = trees(st.one_of(scalars, variables), includes)

_PIECES = r"a { } [ ] ; \" / $a $X 1 - 1k 2kib 1.5 1.2.3.4 yes 2024-02-30T00:00:00Z \ \x4 \n é ٣"
_pieces = (
    *("b: ", " = ", "include ", ", ", " ", "\n", "(\n", "\n)", "# x\n", "// y\n", "\u2028", "9" * 19, '"', "'"),
    *_PIECES.split(),
)
_fragments = st.one_of(st.sampled_from(_pieces), st.text(_character, max_size=3))
texts = st.lists(_fragments, max_size=12).map("".join)
"""Texts that look like a configuration, most of them broken somewhere."""


def _mutated(text: str, at: int, removed: int, inserted: str) -> str:
    at %= len(text) + 1
    return text[:at] + inserted + text[at + removed :]


mutated_texts = st.builds(_mutated, plain_trees.map(write), st.integers(0, 10**6), st.integers(0, 3), _fragments)
"""What we write, with one thing wrong."""
