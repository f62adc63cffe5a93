"""The table of reasons: what the code says and what the table explains are the same words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

import pytest

import natsop_core
from natsop_core.reasons import CONDITION_TYPES, REASONS, ConditionType, ReasonName

CORE: Final = Path(natsop_core.__file__).parent


def words_in_the_code() -> Iterator[str]:
    """Every text constant of the core outside the table."""
    for file in CORE.rglob("*.py"):
        if CORE / "reasons" not in file.parents:
            yield from (
                node.value
                for node in ast.walk(ast.parse(file.read_text()))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )


def given(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    named = (each.value for each in call.keywords if each.arg == keyword)
    return call.args[position] if len(call.args) > position else next(named, None)


def reasons_in_the_code() -> Iterator[str]:
    """The reason of every Finding and Event that is given in so many words."""
    for file in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Finding", "Event"}:
                reason = given(node, 0 if node.func.id == "Finding" else 1, "reason")
                if isinstance(reason, ast.Constant):
                    assert isinstance(reason.value, str)
                    yield reason.value


def test_every_word_has_a_row_and_every_row_a_word() -> None:
    assert sorted(REASONS) == sorted(get_args(ReasonName))
    assert sorted(CONDITION_TYPES) == sorted(get_args(ConditionType))


def test_every_reason_that_the_code_gives_is_in_the_table() -> None:
    found = set(reasons_in_the_code())
    assert len(found) > 30
    assert found <= REASONS.keys()


def test_every_row_is_used_by_the_code() -> None:
    used = set(words_in_the_code())
    assert not REASONS.keys() - used


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_row_says_where_it_is_seen_what_it_means_and_what_to_do(name: ReasonName) -> None:
    row = REASONS[name]
    assert row.places
    assert set(row.places) <= {*CONDITION_TYPES, "Event"}
    assert row.meaning.endswith(".")
    assert not row.remedy or row.remedy.endswith(".")
    assert row.remedy or not row.needs_person
    assert not row.needs_person or "Degraded" in row.places
