"""Answers: the one shape in which every resolver says what it decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from natsop_core.findings import Finding
    from natsop_core.references import ObjectKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a resolver decided.

    findings: what the user has to know of it. blocks: because of them, nothing may be changed at all.
    keep: children that have to stay exactly as they are.
    """

    value: T
    findings: tuple[Finding, ...] = ()
    blocks: bool = False
    keep: tuple[ObjectKey, ...] = ()


class Answers:
    """The answers of several resolvers, put together in the order in which they are taken."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._blocking: list[Finding] = []
        self._keep: list[ObjectKey] = []

    def take(self, answer: Answer[T]) -> T:
        """Its value; the rest of it is kept here."""
        (self._blocking if answer.blocks else self._findings).extend(answer.findings)
        self._keep.extend(answer.keep)
        return answer.value

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the user has to know, each once."""
        return tuple(dict.fromkeys(self._findings))

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Why nothing may be changed, each once; empty when something may."""
        return tuple(dict.fromkeys(self._blocking))

    @property
    def keep(self) -> tuple[ObjectKey, ...]:
        """The children that have to stay exactly as they are."""
        return tuple(self._keep)
