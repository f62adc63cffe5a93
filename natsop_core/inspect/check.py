"""The result of one check of `natsop doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, TypeAlias

from natsop_core.frozen import frozen

Outcome: TypeAlias = Literal["ok", "warning", "problem", "unknown"]


@frozen
class Check:
    """check: what was checked. remedy: what to do; empty if there is nothing to do."""

    check: str
    outcome: Outcome
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
