"""What counts as the servers' number, image and names: what we asked for, not what somebody made of it since."""

from natsop_core import names
from natsop_core.lookup import Lookup
from natsop_core.resolve.live_cluster import LiveCluster, live_cluster
from tests.unit.core.world import Object, cluster, container_of, inputs, live_stateful_set

TRIO = cluster({"replicas": 3})


def seen(stateful_set: Object) -> LiveCluster:
    found = live_cluster(TRIO, Lookup(inputs(TRIO, stateful_set)))
    assert found is not None
    return found


def edited() -> Object:
    """The StatefulSet, after a `kubectl set image`, a `kubectl scale` and a `kubectl set env`."""
    stateful_set = live_stateful_set(TRIO)
    stateful_set["spec"]["replicas"] = 5
    server = stateful_set["spec"]["template"]["spec"]["containers"][0]
    server["image"] = "mine"
    next(each for each in server["env"] if each["name"] == "SERVER_NAME")["value"] = "'mine-$(POD_NAME)'"
    return stateful_set


def test_a_stray_edit_of_number_image_or_names_is_not_taken_for_what_runs() -> None:
    asked = container_of(live_stateful_set(TRIO), names.SERVER_CONTAINER)["image"]
    found = seen(edited())
    assert (found.replicas, found.image, found.server_name_prefix) == (3, asked, "")


def test_a_stateful_set_that_another_program_made_is_taken_at_its_word() -> None:
    stateful_set = edited()
    del stateful_set["metadata"]["annotations"]
    found = seen(stateful_set)
    assert (found.replicas, found.image, found.server_name_prefix) == (5, "mine", "mine-")


def test_what_somebody_else_notes_in_our_annotations_is_not_believed() -> None:
    stateful_set = live_stateful_set(TRIO)
    stateful_set["metadata"]["annotations"] |= {names.REPLICAS_ANNOTATION: "5", names.IMAGE_ANNOTATION: "mine"}
    annotations = stateful_set["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:annotations"]
    del annotations[f"f:{names.REPLICAS_ANNOTATION}"], annotations[f"f:{names.IMAGE_ANNOTATION}"]

    assert seen(stateful_set).replicas == 3
    assert seen(stateful_set).image == container_of(stateful_set, names.SERVER_CONTAINER)["image"]
