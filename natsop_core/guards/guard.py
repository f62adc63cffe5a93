"""The type of a guard: it protects running servers or their data by refusing one kind of change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from natsop_core.frozen import frozen
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION

if TYPE_CHECKING:
    from pydantic import BaseModel

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments
    from natsop_core.reasons import ReasonName

M = TypeVar("M", bound="BaseModel")


@frozen
class Change:
    """A requested change that would break a commitment.

    wanted, committed: the two values, for messages. kept: the custom resource with the committed value in place of the
    wanted one.
    """

    wanted: str
    committed: str
    kept: NatsCluster


@frozen(kw_only=True)
class Guard:
    """A row of the table of guards. Its texts have the placeholders `{wanted}`, `{committed}` and `{cluster}`.

    name: name of the row. reason: reason of the condition. find: returns the change that the row refuses, if requested.
    stays: the message's first part, which says what is not changed. why: the effect of the change. remedy: what the
    user can do instead; the API server accepts it, and it ends the condition. allows: the annotation value that allows
    exactly this change; empty if no annotation does. freezes: the servers and their configuration must not change.
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
        """The message for the user: what is refused, why, and what to do."""
        words = {"wanted": change.wanted, "committed": change.committed, "cluster": cluster}
        text = f"{self.stays}, because {self.why}. {self.remedy}"
        if self.allows:
            text += f' To accept the loss, set the annotation {ALLOW_DATA_LOSS_ANNOTATION}: "{self.allows}".'
        return text.format(**words)

    def allowance(self, change: Change) -> str:
        """The annotation value that allows the change; empty if none does."""
        return self.allows.format(wanted=change.wanted, committed=change.committed)


def allowed_changes(cr: NatsCluster) -> frozenset[str]:
    """The changes that the annotation allows; it separates them by commas."""
    value = cr.metadata.annotations.get(ALLOW_DATA_LOSS_ANNOTATION, "")
    return frozenset(change.strip() for change in value.split(","))


def replaced(model: M, path: str, value: Any) -> M:
    """The model with another value at the path of attributes."""
    name, _, rest = path.partition(".")
    return model.model_copy(update={name: replaced(getattr(model, name), rest, value) if rest else value})
