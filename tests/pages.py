"""The fenced blocks of the documentation's pages, for the tests that check them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = (
    ROOT / "README.md",
    ROOT / "helm" / "nats-operator" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)

_BLOCK: Final = re.compile(
    r"(?:^[ ]*<!-- not checked: (?P<reason>.+?) -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
OURS: Final = re.compile(r"^kind: (NatsCluster|NatsBox)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. place: where it is. reason: why it is not checked, if it is not."""

    place: str
    language: str
    text: str
    reason: str


def blocks_of(place: str, page: str) -> Iterator[Block]:
    """The blocks of a page's text."""
    for found in _BLOCK.finditer(page):
        line = page.count("\n", 0, found.start("language")) + 1
        text = re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        yield Block(f"{place}:{line}", found["language"], text, found["reason"] or "")


def script_of(block: Block) -> str:
    """What a reader types: in a console, what follows the prompt, with the indented lines below it."""
    if block.language != "console":
        return block.text
    typed = re.findall(r"^\$ (.*\n(?:[ ]+.*\n)*)", block.text, re.MULTILINE)
    return "".join(typed)


def commands_of(block: Block) -> list[str]:
    """Its commands, each in one line."""
    return script_of(block).replace("\\\n", " ").splitlines()


BLOCKS: Final = [each for page in PAGES for each in blocks_of(str(page.relative_to(ROOT)), page.read_text())]


def checked(*languages: str) -> list[Block]:
    """All blocks in these languages, but for those with a reason not to check them."""
    return [each for each in BLOCKS if each.language in languages and not each.reason]


def commands_of_program(program: str) -> list[str]:
    """The commands of all pages that start this program, each once."""
    commands = (each for block in checked("sh", "console", "bash") for each in commands_of(block))
    return sorted({each for each in commands if each.startswith(f"{program} ")})
