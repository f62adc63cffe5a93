"""Findings: what stands between a custom resource and what it asks for, in words for the person who must act."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition's reason (CamelCase) and message (one sentence that says what to do)."""

    reason: str
    message: str
