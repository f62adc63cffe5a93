"""Answer: the return type of all resolvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.findings import Finding
    from natsop_core.references import ObjectKey

T = TypeVar("T")


@frozen
class Answer(Generic[T]):
    """The decision of a resolver.

    findings: problems for the user. blocks: because of them, no object may be changed.
    keep: children that must not change.
    """

    value: T
    findings: tuple[Finding, ...] = ()
    blocks: bool = False
    keep: tuple[ObjectKey, ...] = ()


class Answers:
    """Collects the answers of several resolvers, in order."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._blocking: list[Finding] = []
        self._keep: list[ObjectKey] = []

    def take(self, answer: Answer[T]) -> T:
        """Return the value of an answer, and collect its findings and children to keep."""
        (self._blocking if answer.blocks else self._findings).extend(answer.findings)
        self._keep.extend(answer.keep)
        return answer.value

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that do not block, each once."""
        return tuple(dict.fromkeys(self._findings))

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings because of which no object may be changed, each once."""
        return tuple(dict.fromkeys(self._blocking))

    @property
    def keep(self) -> tuple[ObjectKey, ...]:
        """The children that must not change."""
        return tuple(self._keep)
