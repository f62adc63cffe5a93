"""What a guard is: one thing that runs or lies on volumes, and which wishes give way to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION

if TYPE_CHECKING:
    from pydantic import BaseModel

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments
    from natsop_core.reasons import ReasonName

M = TypeVar("M", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class Change:
    """A change that is asked for and would break a commitment.

    wanted, committed: in words for people. kept: the custom resource with what is committed in place of what is wanted.
    """

    wanted: str
    committed: str
    kept: NatsCluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One row. In its texts, `{wanted}`, `{committed}` and `{cluster}` stand for what they say.

    name: of the row. reason: of the condition. find: the change that the row refuses, if it is asked for.
    stays: what stays as it is. why: what the change would do. remedy: what the user can do instead, which the API
    server accepts and which ends the condition. allows: the value of the annotation that lets this very change through;
    without one, no annotation does. freezes: the running servers and their configuration stay exactly as they are.
    """

    name: str
    reason: ReasonName
    find: Callable[[NatsCluster, Commitments], Change | None]
    stays: str
    why: str
    remedy: str
    allows: str = ""
    freezes: bool = False

    def message(self, change: Change, cluster: str) -> str:
        """What is wrong, why, and what to do."""
        words = {"wanted": change.wanted, "committed": change.committed, "cluster": cluster}
        said = f"{self.stays}, because {self.why}. {self.remedy}"
        if self.allows:
            said += f' To accept the loss, set the annotation {ALLOW_DATA_LOSS_ANNOTATION}: "{self.allows}".'
        return said.format(**words)

    def allowance(self, change: Change) -> str:
        """The value of the annotation that lets the change through; empty where none does."""
        return self.allows.format(wanted=change.wanted, committed=change.committed)


def allowed_changes(cr: NatsCluster) -> frozenset[str]:
    """The changes that the annotation names, separated by commas."""
    value = cr.metadata.annotations.get(ALLOW_DATA_LOSS_ANNOTATION, "")
    return frozenset(change.strip() for change in value.split(","))


def replaced(model: M, path: str, value: Any) -> M:
    """The model with another value at the path of attributes."""
    name, _, rest = path.partition(".")
    return model.model_copy(update={name: replaced(getattr(model, name), rest, value) if rest else value})
