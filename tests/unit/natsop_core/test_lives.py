"""Whole lives of a cluster: what its servers and volumes commit us to outlives whatever happens to the objects."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest

from natsop_core import names
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from tests.unit.natsop_core.lives import Life
from tests.unit.natsop_core.world import Object, container_of, jetstream

Step = Callable[[Life], object]


def spec(replicas: int = 3, size: str = "10Gi", **config: Any) -> Object:
    pvc = {"resources": {"requests": {"storage": size}}}
    return {"replicas": replicas, "config": {**jetstream(fileStore={"pvc": pvc})["config"], **config}}


def living(wanted: Object) -> Life:
    life = Life()
    assert life.ask(wanted)
    life.turn()
    assert life.reasons == ""
    return life


def servers(life: Life) -> Object:
    assert life.stateful_set is not None
    return life.stateful_set


def seen(life: Life) -> tuple[int, str, str]:
    """How many servers, with which names, of which image."""
    live = servers(life)
    server = container_of(live, names.SERVER_CONTAINER)
    [name] = [each["value"] for each in server["env"] if each["name"] == names.SERVER_NAME_VARIABLE]
    return live["spec"]["replicas"], name.strip("'").removesuffix("$(POD_NAME)"), server["image"]


WAYS_TO_FORGET: Final[dict[str, Sequence[Step]]] = {
    "nothing happens": [],
    "the StatefulSet is deleted": [Life.delete_stateful_set],
    "the NatsCluster is deleted": [Life.delete_custom_resource],
    "the NatsCluster is orphaned": [Life.orphan],
    "both are": [Life.orphan, Life.delete_stateful_set],
    "all is restored without status, owners and managedFields": [Life.restore],
    "all but the StatefulSet is restored": [Life.restore, Life.delete_stateful_set],
    "managedFields are cleared": [Life.forget],
    "and the NatsCluster is deleted": [Life.forget, Life.delete_custom_resource],
}
every_way = pytest.mark.parametrize("ways", WAYS_TO_FORGET.values(), ids=list(WAYS_TO_FORGET))


@every_way
@pytest.mark.parametrize(("before", "after"), [(5, 3), (3, 1), (1, 3), (2, 1)])
def test_no_way_around_the_number_of_servers(ways: Sequence[Step], before: int, after: int) -> None:
    life = living(spec(before))
    for way in ways:
        way(life)
    assert life.ask(spec(after))
    life.turn()
    assert life.reasons.startswith("UnsafeScale")
    assert seen(life)[0] == before
    assert life.ask(spec(after), **{ALLOW_DATA_LOSS_ANNOTATION: f"replicas={before}->{after}"})
    life.turn()
    assert (life.reasons, seen(life)[0]) == ("", after)


@every_way
def test_no_way_around_the_names_of_servers(ways: Sequence[Step]) -> None:
    life = living(spec(serverNamePrefix="a-"))
    for way in ways:
        way(life)
    if not life.ask(spec(serverNamePrefix="b-")):
        return  # the API server has refused it
    life.turn()
    assert "serverNamePrefix" in life.reasons
    assert seen(life)[:2] == (3, "a-")
    assert life.ask(spec(serverNamePrefix="a-")), "the way back is open"
    life.turn()
    assert life.reasons == ""


@every_way
def test_what_is_not_asked_for_stays_through_all_of_it(ways: Sequence[Step]) -> None:
    """Image, names and user (core.md, A1 and A2)."""
    life = living({**spec(serverNamePrefix="a-"), "image": {"tag": "2.10.29-alpine"}})
    for way in ways:
        way(life)
    assert life.ask(spec(serverNamePrefix="a-"))
    life.turn()
    assert (life.reasons, seen(life)) == ("", (3, "a-", "nats:2.10.29-alpine"))


def test_the_user_of_servers_that_were_taken_over_stays_through_the_remedy_of_another_refusal() -> None:
    """The remedy of a claim that was edited, word for word (core.md, A1)."""
    life = living(spec())
    live = servers(life)
    live["metadata"]["annotations"] = {}
    live["spec"]["template"]["spec"]["securityContext"] = {}
    live["spec"]["template"]["spec"]["containers"][0]["image"] = "nats:2.10.29-alpine"
    for claim in life.claims.values():
        claim["metadata"]["annotations"] = {}
    assert life.custom_resource is not None
    life.custom_resource["status"] = {}
    life.turn()

    assert life.ask(spec(size="20Gi"))
    life.turn()
    assert life.reasons.startswith("ImmutableField")
    assert "`kubectl delete statefulset c --cascade=orphan`" in life.reasons
    for claim in life.claims.values():
        claim["spec"] = {**claim["spec"], "resources": {"requests": {"storage": "20Gi"}}}
    life.delete_stateful_set()
    life.turn()

    assert life.reasons == ""
    assert seen(life)[2] == "nats:2.10.29-alpine"
    assert "runAsUser" not in servers(life)["spec"]["template"]["spec"].get("securityContext", {})
    assert servers(life)["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "20Gi"


def test_a_stray_edit_after_cleared_managed_fields_is_put_back() -> None:
    life = living(spec())
    before = copy.deepcopy(servers(life)["spec"])
    life.forget()
    stray = servers(life)["spec"]
    stray["replicas"] = 1
    stray["template"]["spec"]["containers"][0]["image"] = "mine"
    life.turn()
    assert servers(life)["spec"] == before


def test_a_record_that_somebody_has_edited_is_neither_believed_nor_missed() -> None:
    life = living(spec())
    for each in (servers(life), *life.claims.values()):
        annotations = each["metadata"]["annotations"]
        annotations[names.COMMITMENTS_ANNOTATION] = annotations[names.COMMITMENTS_ANNOTATION].replace(
            '"replicas":3', '"replicas":1'
        )
    assert life.ask(spec(1))
    life.turn()
    assert life.reasons.startswith("UnsafeScale")
    assert seen(life)[0] == 3


def test_jetstream_off_and_on_again_is_no_way_around_either() -> None:
    life = living(spec(serverNamePrefix="a-"))
    off = {"replicas": 3, "config": {"serverNamePrefix": "a-"}}
    assert life.ask(off)
    life.turn()
    assert "JetStream stays on" in life.reasons
    life.delete_stateful_set()  # as the message says
    life.turn()
    assert life.reasons == ""
    for wanted in ({"replicas": 1, "config": {"serverNamePrefix": "a-"}}, {"replicas": 1, "config": {}}):
        assert life.ask(wanted)
        life.turn()
        assert (life.reasons, seen(life)[0]) == ("", 1), "without streams, servers are free"
    assert life.ask(spec(1))
    life.turn()
    life.delete_stateful_set()  # as the message says
    life.turn()
    assert life.reasons.startswith("UnsafeScale")
    assert seen(life)[:2] == (3, "a-")


def test_a_claim_that_is_refused_changes_no_store_either() -> None:
    """core.md, A10."""
    life = living(spec())
    before = copy.deepcopy(servers(life)["spec"])
    wanted = spec(size="20Gi")
    wanted["config"]["jetstream"]["fileStore"]["maxSize"] = "20Gi"
    assert life.ask(wanted)
    [plan] = life.turn()[-1:]
    assert life.reasons.startswith("ImmutableField")
    [config] = [each["data"]["nats.conf"] for each in plan.apply if each["kind"] == "ConfigMap"]
    assert f"max_file_store: {10 * 2**30}" in config
    assert servers(life)["spec"] == before


def test_a_mirror_that_is_set_later_reaches_every_kept_tag() -> None:
    """core.md, A13."""
    life = living({**spec(), "image": {"tag": "2.10.29-alpine"}, "reloader": {"image": {"tag": "0.21.0"}}})
    assert life.ask({**spec(), "global": {"imageRegistry": "mirror.local"}})
    life.turn()
    images = [each["image"] for each in servers(life)["spec"]["template"]["spec"]["containers"]]
    assert images == [
        "mirror.local/nats:2.10.29-alpine",
        "mirror.local/natsio/nats-server-config-reloader:0.21.0",
    ]


def test_a_claim_that_the_go_program_made_for_nothing_harms_nobody() -> None:
    """core.md, A16: with the file store off, it makes a claim all the same."""
    life = living(spec())
    servers(life)["metadata"]["annotations"] = {}
    off = {"replicas": 3, **jetstream(fileStore={"enabled": False})}
    assert life.ask(off)
    [plan] = life.turn()[-1:]
    assert life.reasons == ""
    [config] = [each["data"]["nats.conf"] for each in plan.apply if each["kind"] == "ConfigMap"]
    assert "max_file_store: 0" in config
    assert [each["metadata"]["name"] for each in servers(life)["spec"]["volumeClaimTemplates"]] == ["jetstream"]
    life.delete_stateful_set()
    life.turn()
    assert life.reasons == ""
    assert life.ask(spec())
    life.turn()
    assert life.reasons == ""
    assert life.ask(off)
    life.turn()
    assert life.reasons.startswith("ImmutableField"), "by now there may be streams"


def test_set_it_back_is_accepted_after_a_detour() -> None:
    """core.md, B1, the first row."""
    life = living(spec())
    for wanted in (spec(1), spec(1, serverNamePrefix="x-"), spec(3, serverNamePrefix="x-")):
        assert life.ask(wanted)
        life.turn()
    assert 'Set it back to ""' in life.reasons
    assert life.ask(spec())
    life.turn()
    assert life.reasons == ""


def test_a_prefix_that_the_go_program_never_applied_can_be_taken_out_again() -> None:
    """core.md, B1, the second row."""
    life = living(spec())
    servers(life)["metadata"]["annotations"] = {}
    life.delete_custom_resource = lambda: None  # type: ignore[method-assign]
    life.custom_resource = None
    servers(life)["metadata"]["ownerReferences"][0]["uid"] = "uid-2"
    assert life.ask(spec(serverNamePrefix="x-"))
    life.turn()
    assert 'Set it back to ""' in life.reasons
    assert life.ask(spec())
    life.turn()
    assert life.reasons == ""


def test_a_loss_that_was_allowed_once_is_not_allowed_for_ever() -> None:
    """core.md, C6."""
    life = living(spec())
    allowed = {ALLOW_DATA_LOSS_ANNOTATION: "replicas=3->1"}
    assert life.ask(spec(1), **allowed)
    life.turn()
    assert (life.reasons, seen(life)[0]) == ("", 1)
    assert life.ask(spec(3), **allowed)
    life.turn()
    assert life.reasons.startswith("UnsafeScale")
    assert seen(life)[0] == 1


def test_each_claim_is_written_once() -> None:
    life = Life()
    life.ask(spec())
    written = [action for plan in life.turn() for action in plan.actions]
    assert sorted(action.key.name for action in written) == ["jetstream-c-0", "jetstream-c-1", "jetstream-c-2"]
    assert not [action for plan in life.turn() for action in plan.actions]
