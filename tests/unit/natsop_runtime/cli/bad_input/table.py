"""What a row of a table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CLUSTER = "apiVersion: nats.crewlet.cloud/v1alpha1\nkind: NatsCluster\nmetadata: {name: c}\nspec: "
BOX = "apiVersion: nats.crewlet.cloud/v1alpha1\nkind: NatsBox\nmetadata: {name: b}\nspec: "
VALID = f"{CLUSTER}{{}}"

Content = str | bytes


@dataclass(frozen=True)
class Row:
    """An input, and the text that it leads to. Of wrong usage, `says` is the last line: the usage is above it."""

    command: str
    says: str
    files: Mapping[str, Content] = field(default_factory=dict)
    code: int = 1

    def __str__(self) -> str:
        return f"{self.command[:40]}: {self.says[:60]}"


def one(content: Content, says: str, command: str = "validate -f a.yaml") -> Row:
    """A row about one file, a.yaml."""
    return Row(command, says, {"a.yaml": content})


def usage(command: str, says: str) -> Row:
    """A row about arguments."""
    return Row(command, says, code=2)
