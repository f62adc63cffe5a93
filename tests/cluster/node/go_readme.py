"""The manifests in the README of the Go program, word for word: what its users have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parents[4] / "shared" / "reference" / "seed-readme.txt"

_FIRST_LINE: Final = re.compile(r"apiVersion: \S+")
_FURTHER_LINE: Final = re.compile(r"|\s.*|[a-z]\w*:.*", re.IGNORECASE)


def manifest(*phrases: str, **instead: str) -> str:
    """The one manifest with all of these phrases in it; `instead` are other words for placeholders of it."""
    [found] = [each for each in manifests() if all(phrase in each for phrase in phrases)]
    for placeholder, word in instead.items():
        found = in_place_of(found, placeholder, word)
    return found


def in_place_of(text: str, phrase: str, word: str) -> str:
    """The text with another word for the phrase, which must be in it."""
    assert phrase in text, f"{phrase} is not in\n{text}"
    return text.replace(phrase, word)


def manifests() -> Iterator[str]:
    """All manifests, in the README's order."""
    lines: list[str] = []
    for line in FILE.read_text().splitlines():
        if lines and _FURTHER_LINE.fullmatch(line):
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []
        elif _FIRST_LINE.fullmatch(line):
            lines.append(line)
