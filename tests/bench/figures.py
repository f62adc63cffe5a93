"""Figures, each beside the bound that it is held to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """Something measured. `more` is what it is to be read with: a ratio, how it came about."""

    what: str
    value: float
    unit: str
    bound: float | None = None
    more: str = ""

    @property
    def is_met(self) -> bool:
        return self.bound is None or self.value <= self.bound

    def __str__(self) -> str:
        verdict = ""
        if self.bound is not None:
            verdict = f"≤ {_number(self.bound):>6} {'met' if self.is_met else 'MISSED'}"
        return f"{self.what:62} {_number(self.value):>8} {self.unit:3} {verdict:15} {self.more}".rstrip()


@dataclass
class Figures:
    """All figures of a run, shown as they come."""

    missed: list[Figure] = field(default_factory=list)

    def heading(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def show(self, what: str, value: float, unit: str = "", *, bound: float | None = None, more: str = "") -> None:
        figure = Figure(what, value, unit, bound, more)
        if not figure.is_met:
            self.missed.append(figure)
        print(figure, flush=True)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 1000 else f"{value:.2f}" if value < 100 else f"{value:.1f}"
