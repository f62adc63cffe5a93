"""Findings: problems of a custom resource, each with a reason and a message for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from natsop_core.reasons import ReasonName


@frozen
class Finding:
    """A condition's reason (a row of the table in natsop_core.reasons) and message (what is wrong, what to do)."""

    reason: ReasonName
    message: str


def together(findings: Sequence[Finding]) -> Finding:
    """One finding for several: the reason of the first, the messages of all, each once."""
    return Finding(findings[0].reason, " ".join(dict.fromkeys(finding.message for finding in findings)))
