"""Frozen dataclasses behave as those of the standard library do."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from natsop_core.frozen import frozen


@dataclass(frozen=True, slots=True)
class Standard:
    name: str
    secret: str = field(default="", repr=False)
    many: tuple[int, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False)


@frozen
class Ours:
    name: str
    secret: str = field(default="", repr=False)
    many: tuple[int, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False)


@frozen
class More(Ours):
    size: int = 0


@frozen
class Empty:
    pass


@frozen(kw_only=True)
class Named:
    one: int = 1
    two: int

    def __post_init__(self) -> None:
        if self.two < self.one:
            raise ValueError("two is less than one")

    def __repr__(self) -> str:
        return f"{self.one}, {self.two}"


@pytest.mark.parametrize(
    "given", [("a",), ("a", "b"), ("a", "b", (1, 2)), ("a", "b", (1, 2), "note")], ids=lambda given: str(len(given))
)
def test_it_is_made_and_shown_like_the_standard_librarys(given: tuple[Any, ...]) -> None:
    ours, standard = Ours(*given), Standard(*given)
    assert [getattr(ours, each.name) for each in fields(ours)] == [
        getattr(standard, each.name) for each in fields(standard)
    ]
    assert repr(ours) == repr(standard).replace("Standard", "Ours")
    assert hash(ours) == hash(standard)
    assert list(inspect.signature(Ours).parameters) == list(inspect.signature(Standard).parameters)


@pytest.mark.parametrize(("given", "named"), [((), {}), (("a", "b", (), "", 5), {}), (("a",), {"other": 1})])
def test_wrong_arguments_are_refused_in_the_same_words(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as standard:
        Standard(*given, **named)
    with pytest.raises(TypeError) as ours:
        Ours(*given, **named)
    assert str(ours.value) == str(standard.value).replace("Standard", "Ours")


def test_the_same_fields_of_the_same_class_are_equal() -> None:
    assert Ours("a", note="one") == Ours("a", note="two")
    assert Ours("a") != Ours("b")
    assert More("a") != Ours("a")
    assert Empty() == Empty()
    assert len({Ours("a"), Ours("a"), More("a"), More("a", size=1), Empty(), Empty()}) == 4


def test_nothing_can_be_changed() -> None:
    ours: Any = More("a")
    for name in ("name", "size", "other"):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(ours, name, "b")
        with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(ours, name)
    assert not hasattr(ours, "__dict__")
    assert replace(ours, name="b") == More("b")


def test_each_instance_has_a_default_of_its_own() -> None:
    @frozen
    class Box:
        entries: dict[str, int] = field(default_factory=dict)

    Box().entries["a"] = 1
    assert Box().entries == {}


def test_what_the_class_defines_is_kept() -> None:
    assert repr(Named(two=2)) == "1, 2"
    with pytest.raises(ValueError, match="less"):
        Named(two=0)
    with pytest.raises(TypeError):
        Named(1, 2)  # type: ignore[call-arg]


def test_it_can_be_matched_by_position() -> None:
    match Ours("a", "b"):
        case Ours(name, secret):
            assert (name, secret) == ("a", "b")
