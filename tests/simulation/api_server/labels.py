"""Label selectors, as far as the operator sends any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored


def parse_labels(selector: str) -> dict[str, str]:
    """A selector of the form a=b,c=d."""
    return dict(each.split("=", 1) for each in selector.split(",") if each)


def matches(stored: Stored, labels: Mapping[str, str]) -> bool:
    """Whether the object bears the labels."""
    borne: Mapping[str, str] = stored.metadata.get("labels", {})
    return labels.items() <= borne.items()
