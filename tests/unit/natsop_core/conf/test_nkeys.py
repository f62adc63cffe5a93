"""nkeys are written as NATS' own library writes them."""

from __future__ import annotations

import nkeys
from hypothesis import given
from hypothesis import strategies as st

from natsop_core.conf.nkeys import is_public_key, user_key, user_key_of

SEEDS = st.binary(min_size=32, max_size=32)


@given(raw=SEEDS)
def test_a_key_is_what_the_library_makes_of_its_seed(raw: bytes) -> None:
    pair = user_key(raw)
    theirs = nkeys.from_seed(bytearray(pair.seed.encode()))
    assert theirs.public_key.decode() == pair.public_key
    assert is_public_key(pair.public_key, "user")
    assert user_key_of(pair.seed) == pair


@given(raw=SEEDS, place=st.integers(min_value=0, max_value=57), letter=st.sampled_from("A2QZ7b "))
def test_a_seed_with_another_letter_is_none(raw: bytes, place: int, letter: str) -> None:
    seed = user_key(raw).seed
    changed = seed[:place] + letter + seed[place + 1 :]
    assert changed == seed or user_key_of(changed) is None


@given(text=st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert user_key_of(text) is None
