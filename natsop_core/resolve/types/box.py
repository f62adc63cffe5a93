"""The type of a resolved NatsBox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.resolve.types.pods import Container, Folder, Owner, Pod


@frozen
class Context:
    """A context of the nats CLI: the content of its JSON file, and its key in the Secret."""

    name: str
    settings: Mapping[str, str]
    key: str

    @property
    def file(self) -> str:
        """The name of its file, which the CLI requires."""
        return f"{self.name}.json"


@frozen
class Box:
    """A resolved NatsBox. selected: the context that the CLI uses until the user selects another; may be empty."""

    owner: Owner
    replicas: int
    container: Container
    pod: Pod
    contexts: tuple[Context, ...]
    folders: tuple[Folder, ...]
    selected: str
    rolls_on_config_change: bool

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace
