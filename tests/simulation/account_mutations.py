"""Faults of the operator, put into it on purpose, about the finalizer that NACK's Accounts need: see `mutations`."""

from __future__ import annotations

from typing import Any, Final

import pytest

from natsop_core import plan
from natsop_core.resolve import accounts_guard, deletion


def accounts_come_before_their_finalizer(patch: pytest.MonkeyPatch) -> None:
    """It is set when they are seen to be there."""
    original = accounts_guard.guard_accounts

    def late(metadata: Any, *, is_needed: bool) -> Any:
        return () if is_needed else original(metadata, is_needed=False)

    patch.setattr(plan, "guard_accounts", late)


def finalizer_goes_with_the_wish(patch: pytest.MonkeyPatch) -> None:
    """What does not want Accounts any more does not wait for those that there are."""
    patch.setattr(plan, "may_have_accounts", lambda *_: False)


def deletion_waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """The finalizer is removed as soon as the Accounts are told to go."""
    patch.setattr(deletion.Deletion, "is_free", True)


def finalizer_stays(patch: pytest.MonkeyPatch) -> None:
    """Nobody removes it."""
    original = accounts_guard.guard_accounts

    def kept(metadata: Any, *, is_needed: bool) -> Any:
        return original(metadata, is_needed=True) if is_needed else ()

    patch.setattr(plan, "guard_accounts", kept)


ACCOUNT_MUTATIONS: Final = (
    accounts_come_before_their_finalizer,
    finalizer_goes_with_the_wish,
    deletion_waits_for_nothing,
    finalizer_stays,
)
