"""Whoever edits an object of ours: what was ours comes back, what they added stays. No pods run here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from tests.cluster.edits import ADDING, TAKING, TAKING_BESIDE_ADDED, Edit, content, state
from tests.cluster.site import SOON, Site, await_quiet, nats_box, nats_cluster, new_site, unauthorized
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

PAIR = {"replicas": 2}
"""The least that has a PodDisruptionBudget and routes."""


@dataclass(frozen=True)
class Specimen:
    """A child that is to be edited, and what it was like before."""

    site: Site
    edit: Edit
    owner: str
    before: Manifest

    @property
    def name(self) -> str:
        return self.edit.child(self.owner)

    def now(self) -> Manifest:
        return self.site.client.get(self.edit.kind, self.name)

    def damage(self) -> None:
        self.edit.apply_to(self.site.client, self.owner)

    def is_damaged(self) -> bool:
        found = self.site.client.find(self.edit.kind, self.name)
        return found is None or state(found) != state(self.before)

    def assert_put_back(self) -> bool:
        """Whether somebody has written it since, and it is again what it was."""
        now = self.now()
        assert now["metadata"]["resourceVersion"] != self.before["metadata"]["resourceVersion"], "nothing has happened"
        assert "deletionTimestamp" not in now["metadata"], now["metadata"]
        assert state(now) == state(self.before), difference(state(now), state(self.before))
        return True


def difference(found: object, wanted: object, path: str = "") -> list[str]:
    """Where two values differ, for people."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        keys = sorted({*found, *wanted})
        return [line for key in keys for line in difference(found.get(key), wanted.get(key), f"{path}.{key}")]
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for index, (one, other) in pairs for line in difference(one, other, f"{path}[{index}]")]
    return [] if found == wanted else [f"{path}: {found!r} instead of {wanted!r}"]


@pytest.fixture(scope="module")
def site(operated: Operator) -> Site:
    return new_site(operated, "drift")


@pytest.fixture(scope="module")
def specimens(site: Site) -> dict[str, Specimen]:
    """A cluster or a box for each of the edits that take something away."""
    site.create(nats_cluster("target"))
    owners = [nats_box(name, "target") if edit.is_of_box else nats_cluster(name, PAIR) for name, edit in TAKING.items()]
    site.create(*owners)
    site.await_quiet()
    return {
        name: Specimen(site, edit, name, site.client.get(edit.kind, edit.child(name))) for name, edit in TAKING.items()
    }


@pytest.fixture(scope="module")
def with_additions(site: Site) -> Site:
    """The cluster `more` and the box `more-box`, to whose children others have added something."""
    site.create(nats_cluster("more", PAIR), nats_box("more-box", "more"))
    for edit in ADDING.values():
        edit.apply_to(site.client, owner_with_additions(edit))
    return site


def owner_with_additions(edit: Edit) -> str:
    return "more-box" if edit.is_of_box else "more"


@pytest.fixture(autouse=True)
def rights_suffice(operated: Operator) -> Iterator[None]:
    mark = operated.cluster.audit.mark()
    yield
    assert not unauthorized(operated.cluster, since=mark)


@pytest.mark.parametrize("name", TAKING)
def test_what_an_edit_takes_away_is_put_back_once(specimens: dict[str, Specimen], name: str) -> None:
    specimen = specimens[name]

    specimen.damage()

    wait_until(specimen.assert_put_back, SOON, f"{specimen.edit.kind} {specimen.name} is put back")
    await_quiet(specimen.site.cluster, partial(specimen.site.changes, specimen.name), 0.5)
    assert specimen.assert_put_back()


def test_what_edits_take_away_while_the_operator_is_down_is_put_back_once(
    operated: Operator, specimens: dict[str, Specimen]
) -> None:
    operated.stop()
    for specimen in specimens.values():
        specimen.damage()
    without_effect = [name for name, specimen in specimens.items() if not specimen.is_damaged()]
    operated.start()
    operated.await_ready()

    assert not without_effect, f"the operator is down, and yet these are undamaged: {without_effect}"
    for name, specimen in specimens.items():
        wait_until(specimen.assert_put_back, SOON, f"{name}: {specimen.edit.kind} is put back")
    specimens["conf"].site.await_quiet()
    for specimen in specimens.values():
        assert specimen.assert_put_back()


def test_what_others_add_is_left_alone(with_additions: Site) -> None:
    children = {(edit.kind, edit.child(owner_with_additions(edit))) for edit in ADDING.values()}
    before = {child: with_additions.client.get(*child) for child in children}
    mark = with_additions.mark()

    with_additions.await_quiet()

    assert not [each for each in with_additions.changes(since=mark) if each.name.startswith("more")]
    for child, seen in before.items():
        assert content(with_additions.client.get(*child)) == content(seen)


@pytest.mark.parametrize("name", TAKING_BESIDE_ADDED)
def test_what_others_added_stays_when_something_of_ours_is_put_back(with_additions: Site, name: str) -> None:
    edit = TAKING[name]
    owner = owner_with_additions(edit)
    with_additions.await_quiet()
    specimen = Specimen(with_additions, edit, owner, with_additions.client.get(edit.kind, edit.child(owner)))

    specimen.damage()

    wait_until(specimen.assert_put_back, SOON, f"{edit.kind} {specimen.name} is put back, additions and all")


def test_an_object_that_loses_its_owner_reference_is_taken_back(site: Site) -> None:
    """Our labels and our trace say whose it is; test_adoption.py has what lacks them."""
    site.create(nats_cluster("disowned"))
    owner = site.client.get("NatsCluster", "disowned")
    removal = [{"op": "remove", "path": "/metadata/ownerReferences"}]
    disowned = site.client.patch("ConfigMap", "disowned-config", removal, patch_type="json")

    taken_back = site.await_child("ConfigMap", "disowned-config", owner)
    assert taken_back["metadata"]["uid"] == disowned["metadata"]["uid"]
    site.await_condition("NatsCluster", "disowned", "Degraded", "False")
