"""What the person who runs the operator can choose about the loop itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The flags of `natsop run`."""

    kubeconfig: str | None = None
    context: str | None = None
    workers: int = 4
    log_level: str = "info"
    nack_integration: Literal["auto", "enabled", "disabled"] = "auto"
