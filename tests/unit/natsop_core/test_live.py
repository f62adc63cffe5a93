"""What is kept of a live object's managedFields, and which annotations count as ours."""

from __future__ import annotations

from typing import Any

from natsop_core.live import kept_entries, owns_annotation

Object = dict[str, Any]

APPLIED: Object = {
    "manager": "nats-operator",
    "operation": "Apply",
    "fieldsV1": {"f:metadata": {"f:annotations": {"f:ours": {}}}, "f:spec": {"f:replicas": {}}},
}
REPORTED: Object = {"manager": "nats-operator", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:a": {}}}
THEIRS: Object = {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {}}}


def test_what_we_reported_and_which_annotations_we_applied_is_kept() -> None:
    kept = kept_entries({"managedFields": [THEIRS, APPLIED, REPORTED]})
    assert kept == [{**APPLIED, "fieldsV1": {"f:metadata": {"f:annotations": {"f:ours": {}}}}}, REPORTED]


def test_of_an_object_that_is_not_ours_nothing_is_kept() -> None:
    assert kept_entries({"managedFields": [THEIRS]}) == kept_entries({}) == []


def test_an_annotation_counts_as_long_as_it_is_ours_also_in_what_is_kept() -> None:
    whole: Object = {"managedFields": [THEIRS, APPLIED]}
    for metadata in (whole, {"managedFields": kept_entries(whole)}):
        assert owns_annotation(metadata, "ours") is True
        assert owns_annotation(metadata, "theirs") is False


def test_where_nothing_of_us_is_left_nobody_knows() -> None:
    assert owns_annotation({"managedFields": [THEIRS, REPORTED]}, "ours") is None
    assert owns_annotation({}, "ours") is None
