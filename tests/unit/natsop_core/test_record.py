"""What is written down of the commitments, and when it is believed."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core import names
from natsop_core.record import NO_RECORD, Record, read_record, trusted_record

RECORD = Record(replicas=3, server_name_prefix="a-", jetstream="claim", server_tag="2.14.2-alpine", keeps_identity=True)
EDITED = RECORD.annotation.replace('"replicas":3', '"replicas":1')


def metadata(text: str, *, ours: bool | None) -> dict[str, Any]:
    """Of an object with that annotation. ours: whether managedFields say that it is ours; None: nothing of us."""
    fields: dict[str, Any] = {
        "f:metadata": {"f:annotations": {f"f:{names.COMMITMENTS_ANNOTATION}": {}} if ours else {}}
    }
    entry = {"manager": names.FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    return {
        "annotations": {names.COMMITMENTS_ANNOTATION: text},
        "managedFields": [] if ours is None else [entry],
    }


def test_what_is_written_is_read() -> None:
    assert trusted_record(metadata(RECORD.annotation, ours=True)) == RECORD
    assert read_record(RECORD.values) == RECORD


def test_the_status_says_it_in_its_own_spelling() -> None:
    assert RECORD.values == {
        "replicas": 3,
        "serverNamePrefix": "a-",
        "jetstream": "claim",
        "serverTag": "2.14.2-alpine",
        "keepsIdentity": True,
    }


def test_cleared_managed_fields_do_not_make_us_forget() -> None:
    assert trusted_record(metadata(RECORD.annotation, ours=None)) == RECORD


@pytest.mark.parametrize("ours", [True, False, None], ids=["before we see it", "after an edit", "and no managedFields"])
def test_a_value_edited_by_hand_is_not_believed(ours: bool | None) -> None:
    assert trusted_record(metadata(EDITED, ours=ours)) == NO_RECORD


def test_an_older_record_that_somebody_has_put_back_is_not_believed() -> None:
    assert trusted_record(metadata(RECORD.annotation, ours=False)) == NO_RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "{}", '{"replicas":3}'])
def test_anything_else_in_its_place_says_nothing(text: str) -> None:
    assert trusted_record(metadata(text, ours=True)) == NO_RECORD


@pytest.mark.parametrize(
    "values",
    [
        None,
        3,
        [],
        {"replicas": "3", "serverNamePrefix": 5, "jetstream": "tape", "keepsIdentity": "true", "keepsIdleClaim": 1},
        {"replicas": True, "resolver": None},
    ],
)
def test_what_is_of_another_type_is_not_said(values: object) -> None:
    assert read_record(values) == NO_RECORD


def test_what_a_newer_operator_says_besides_does_no_harm() -> None:
    assert read_record({**RECORD.values, "tieredStorage": True}) == RECORD
