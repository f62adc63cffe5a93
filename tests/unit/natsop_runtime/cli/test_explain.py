"""natsop explain, and the page that is made from the same table."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsop_core.reasons.explain import words
from tests.unit.natsop_runtime.cli.natsop import Natsop

PAGE = Path(__file__).parents[4] / "docs" / "troubleshooting.md"


def test_a_reason_is_explained_with_its_places_and_its_remedy(natsop: Natsop) -> None:
    done = natsop("explain", "UnsafeScale")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("UnsafeScale (reason of Degraded)\n\nChanging to the requested number of servers would")
    assert "\nWhat to do: Set spec.replicas back" in done.out
    assert "Stalled is also True" in done.out


def test_a_word_that_is_condition_and_reason_is_explained_as_both(natsop: Natsop) -> None:
    said = natsop("explain", "Ready").out
    assert "Ready (condition)\n" in said
    assert "Ready (reason of Ready)\n" in said
    assert "What to do: Nothing." in said


def test_the_case_of_the_letters_does_not_matter(natsop: Natsop) -> None:
    assert natsop("explain", "unsafescale").out == natsop("explain", "UnsafeScale").out


@pytest.mark.parametrize(
    ("word", "hint"),
    [("UnsaveScale", "did you mean UnsafeScale or Unavailable?"), ("Qqqqqq", "`natsop explain` lists all.")],
)
def test_an_unknown_word_gets_the_nearest_ones_and_exit_code_two(natsop: Natsop, word: str, hint: str) -> None:
    done = natsop("explain", word)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"natsop explain: there is no condition, reason or event {word}: {hint}\n"


def test_without_a_word_all_are_listed_each_in_one_line(natsop: Natsop) -> None:
    lines = natsop("explain").out.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(words())


@pytest.mark.parametrize("word", words())
def test_every_word_is_explained_in_the_command_and_on_the_page(natsop: Natsop, word: str) -> None:
    assert natsop("explain", word).out.startswith(f"{word} (")
    assert f"| `{word}` |" in PAGE.read_text()


def test_the_page_is_up_to_date(natsop: Natsop) -> None:
    assert PAGE.read_text() == natsop("explain", "--markdown").out, "run make generate"
