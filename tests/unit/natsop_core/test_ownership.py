"""Which ownership is moved to us, for disputes and refusals as an API server 1.37 recorded them (recorded/).

In each of them our objects were applied, edited with `kubectl edit`, and applied again, which the API server refused.
The drift tests in tests/cluster show that the patch is accepted and that the apply after it puts the object right.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest

from natsop_core.ownership import Refill, TakeOwnership, next_step_of_ownership

Object = dict[str, Any]

RECORDED: Final[dict[str, Object]] = json.loads((Path(__file__).parent / "recorded" / "disputes.json").read_text())

SERVICE_PORTS: Final = "f:spec/f:ports"
POD: Final = "f:spec/f:template/f:spec"
SERVER: Final = f'{POD}/f:containers/k:{{"name":"nats"}}'

DISPUTED: Final = {
    "one port's number": [f'{SERVICE_PORTS}/k:{{"port":4333,"protocol":"TCP"}}'],
    "all ports' numbers": [
        f'{SERVICE_PORTS}/k:{{"port":1,"protocol":"TCP"}}',
        f'{SERVICE_PORTS}/k:{{"port":2,"protocol":"TCP"}}',
    ],
    "a port's number beside another's port": [f'{SERVICE_PORTS}/k:{{"port":4333,"protocol":"TCP"}}'],
    "a port's protocol": [f'{SERVICE_PORTS}/k:{{"port":4222,"protocol":"UDP"}}'],
    "a container's port beside a sidecar": [f'{SERVER}/f:ports/k:{{"containerPort":4333,"protocol":"TCP"}}'],
    "a variable's source": [f'{SERVER}/f:env/k:{{"name":"POD_NAME"}}/f:value'],
    "a probe's handler": [f"{SERVER}/f:livenessProbe/f:tcpSocket"],
    "a volume's source": [f'{POD}/f:volumes/k:{{"name":"config"}}/f:emptyDir'],
    "the budget's limit": ["f:spec/f:minAvailable"],
    "data as binary data": ["f:binaryData"],
}


def claimed(case: Object, **changes: Any) -> TakeOwnership | Refill | None:
    changed = {**case, **changes}
    return next_step_of_ownership(applied(case), changed["live"], tuple(changed["causes"]))


def applied(case: Object) -> Object:
    """What was refused: the manifest, meant for the very object that was edited."""
    manifest: Object = case["manifest"]
    return {**manifest, "metadata": {**manifest["metadata"], "uid": case["live"]["metadata"]["uid"]}}


def patch_of(case: Object) -> list[Object]:
    claim = claimed(case)
    assert isinstance(claim, TakeOwnership)
    return claim.patch


def entries_after(case: Object) -> list[Object]:
    entries: list[Object] = patch_of(case)[0]["value"]
    return entries


def leaves(fields: Object, at: str = "") -> set[str]:
    """The paths of all that an entry owns."""
    if not fields:
        return {at}
    return {path for key, below in fields.items() for path in leaves(below, f"{at}/{key}" if at else key)}


def is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def owned(entries: list[Object], *, by_us: bool) -> set[str]:
    chosen = [entry for entry in entries if (entry["manager"] == "nats-operator") == by_us]
    return {path for entry in chosen for path in leaves(entry["fieldsV1"])}


@pytest.mark.parametrize("name", DISPUTED)
def test_exactly_what_cannot_stand_beside_ours_becomes_ours(name: str) -> None:
    case = RECORDED[name]
    before = case["live"]["metadata"]["managedFields"]

    after = entries_after(case)

    gained = owned(after, by_us=True) - owned(before, by_us=True)
    lost = owned(before, by_us=False) - owned(after, by_us=False)
    assert gained == lost
    assert {place for place in DISPUTED[name] for path in gained if is_below(path, place)} == set(DISPUTED[name])
    assert not [path for path in gained if not any(is_below(path, place) for place in DISPUTED[name])]


@pytest.mark.parametrize("name", DISPUTED)
def test_the_patch_holds_for_the_version_that_was_looked_at_only(name: str) -> None:
    patch = patch_of(RECORDED[name])

    version = RECORDED[name]["live"]["metadata"]["resourceVersion"]
    assert [operation["path"] for operation in patch] == ["/metadata/managedFields", "/metadata/resourceVersion"]
    assert patch[1]["value"] == version


@pytest.mark.parametrize("name", DISPUTED)
def test_looking_changes_nothing(name: str) -> None:
    case = copy.deepcopy(RECORDED[name])

    claimed(case)

    assert case == RECORDED[name]


def test_what_others_added_stays_theirs() -> None:
    sidecar = f'{POD}/f:containers/k:{{"name":"mine"}}/f:image'
    port = f'{SERVICE_PORTS}/k:{{"port":9000,"protocol":"TCP"}}/f:name'

    assert sidecar in owned(entries_after(RECORDED["a container's port beside a sidecar"]), by_us=False)
    assert port in owned(entries_after(RECORDED["a port's number beside another's port"]), by_us=False)


def test_what_a_controller_says_in_the_status_stays_as_it_is() -> None:
    case = copy.deepcopy(RECORDED["one port's number"])
    status = {
        "manager": "controller",
        "operation": "Update",
        "subresource": "status",
        "fieldsV1": {"f:spec": {"f:ports": {'k:{"port":4333,"protocol":"TCP"}': {"f:name": {}}}}},
    }
    case["live"]["metadata"]["managedFields"].append(status)

    assert status in entries_after(case)


def test_a_refusal_for_another_reason_is_no_dispute() -> None:
    case = RECORDED["one port's number"]

    assert claimed(case, causes=["spec.externalTrafficPolicy"]) is None
    assert claimed(case, causes=["metadata.labels"]) is None
    assert claimed(case, causes=[""]) is None
    assert claimed(case, causes=[]) is None


def test_there_is_no_dispute_where_all_of_ours_is_still_ours() -> None:
    case = RECORDED["one port's number"]
    port: Object = {
        'k:{"port":4222,"protocol":"TCP"}': {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}}
    }
    fields = {
        "f:metadata": {"f:labels": {"f:app": {}}},
        "f:spec": {"f:ports": port, "f:selector": {}, "f:type": {}},
    }
    entry = {"manager": "nats-operator", "operation": "Apply", "fieldsV1": fields}
    live = {**case["live"], "metadata": {**case["live"]["metadata"], "managedFields": [entry]}}

    assert claimed(case, live=live) is None


def test_where_managed_fields_were_cleared_they_are_filled_again_first() -> None:
    case = RECORDED["cleared managedFields and a port"]

    claim = claimed(case)

    assert isinstance(claim, Refill)
    assert claim.body == {part: applied(case)[part] for part in ("apiVersion", "kind", "metadata")}


def test_an_object_that_took_the_name_of_the_one_that_was_meant_is_left_alone() -> None:
    case = RECORDED["one port's number"]
    another = {**case["live"], "metadata": {**case["live"]["metadata"], "uid": "another"}}

    assert claimed(case, live=another) is None


def test_an_entry_of_our_name_that_is_no_apply_is_not_ours() -> None:
    """A POST or a merge patch by us, or the Go operator's update: an apply would never drop what such an entry owns."""
    update = {"manager": "nats-operator", "operation": "Update", "fieldsV1": {}}
    status = {"manager": "nats-operator", "operation": "Apply", "subresource": "status", "fieldsV1": {}}
    apply = {"manager": "nats-operator", "operation": "Apply", "fieldsV1": {}}

    assert isinstance(claimed_of([update, status]), Refill)
    assert not isinstance(claimed_of([update, apply]), Refill)


def claimed_of(entries: list[Object]) -> TakeOwnership | Refill | None:
    case = RECORDED["one port's number"]
    return claimed(case, live={**case["live"], "metadata": {**case["live"]["metadata"], "managedFields": entries}})
