"""What binds us, read from whatever is left of a cluster: its StatefulSet, its claims, its status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core import names
from natsop_core.commitments import EMPTY_DIR, Claim, Commitments, commitments_of, server_claims
from natsop_core.record import Record
from tests.unit.natsop_core.claims import claim, claims
from tests.unit.natsop_core.world import Object, cluster, container_of, jetstream, live_stateful_set

TRIO: Object = {"replicas": 3, **jetstream()}
RECORD = Record(
    replicas=3,
    server_name_prefix="a-",
    jetstream="claim",
    resolver="none",
    server_tag="2.10.29-alpine",
    reloader_tag="0.21.0",
    exporter_tag="",
    keeps_identity=True,
    keeps_idle_claim=False,
)


def live(spec: Object = TRIO, record: Record | None = None) -> Object:
    stateful_set = live_stateful_set(cluster(spec))
    metadata = stateful_set["metadata"]
    metadata["annotations"].pop(names.COMMITMENTS_ANNOTATION, None)
    if record:
        metadata["annotations"][names.COMMITMENTS_ANNOTATION] = record.annotation
        annotations = metadata["managedFields"][0]["fieldsV1"]["f:metadata"]["f:annotations"]
        annotations[f"f:{names.COMMITMENTS_ANNOTATION}"] = {}
    return stateful_set


def made_by_hand(stateful_set: Object) -> Object:
    """The StatefulSet after a stray scale, `set image` and `set env`."""
    stateful_set["spec"]["replicas"] = 7
    for container in stateful_set["spec"]["template"]["spec"]["containers"]:
        container["image"] = "mine:latest"
    server = stateful_set["spec"]["template"]["spec"]["containers"][0]
    next(each for each in server["env"] if each["name"] == "SERVER_NAME")["value"] = "'mine-$(POD_NAME)'"
    return stateful_set


def remembered(found: Commitments) -> tuple[int, str | None, str, str, bool]:
    return (
        found.replicas,
        found.server_name_prefix,
        found.server_tag,
        found.reloader_tag,
        found.keeps_identity,
    )


ASKED = (3, "a-", "2.10.29-alpine", "0.21.0", True)


def test_nothing_binds_us_before_there_is_anything() -> None:
    assert commitments_of("c", None, [], {}) == Commitments()


def test_stray_edits_of_the_stateful_set_are_not_taken_for_what_runs() -> None:
    assert remembered(commitments_of("c", made_by_hand(live(record=RECORD)), [], {})) == ASKED


def test_the_claims_remember_what_the_stateful_set_has_lost() -> None:
    assert remembered(commitments_of("c", made_by_hand(live()), claims(3, record=RECORD), {})) == ASKED


def test_the_claims_remember_when_the_stateful_set_is_gone() -> None:
    assert remembered(commitments_of("c", None, claims(3, record=RECORD), {})) == ASKED


def test_the_status_remembers_when_there_are_no_records_elsewhere() -> None:
    status = {"commitments": RECORD.values}
    assert remembered(commitments_of("c", made_by_hand(live()), [], status)) == ASKED
    assert remembered(commitments_of("c", None, claims(3), status)) == ASKED


def test_the_claims_win_over_the_status_where_the_stateful_set_is_gone() -> None:
    stale = replace(RECORD, replicas=5, server_name_prefix="old-")
    found = commitments_of("c", None, claims(3, record=RECORD), {"commitments": stale.values})
    assert remembered(found) == ASKED


def test_an_older_status_knows_the_number_of_servers() -> None:
    assert commitments_of("c", None, [], {"jetStreamReplicas": 3}).replicas == 3


def test_a_stateful_set_that_another_program_made_is_taken_at_its_word() -> None:
    stateful_set = made_by_hand(live())
    del stateful_set["metadata"]["annotations"], stateful_set["metadata"]["managedFields"]
    stateful_set["spec"]["template"]["spec"]["securityContext"] = {}
    found = commitments_of("c", stateful_set, claims(7), {})
    assert found.is_taken_over
    assert remembered(found) == (7, "mine-", "latest", "latest", True)


def test_one_that_was_scaled_to_nothing_has_as_many_servers_as_claims() -> None:
    stateful_set = live()
    stateful_set["metadata"]["annotations"] = {}
    stateful_set["spec"]["replicas"] = 0
    assert commitments_of("c", stateful_set, claims(3), {}).replicas == 3


# Claims that say nothing, and claims that do not agree


@pytest.mark.parametrize(
    ("ordinals", "servers"),
    [((0,), 1), ((0, 1, 2), 3), ((0, 2), 3), ((4,), 5)],
    ids=["one", "three", "one between is gone", "only the last is left"],
)
def test_claims_that_say_nothing_count(ordinals: tuple[int, ...], servers: int) -> None:
    found = commitments_of("c", None, [claim(each) for each in ordinals], {})
    assert (found.replicas, found.server_name_prefix) == (servers, None)


def test_claims_that_a_smaller_cluster_left_behind_do_not_count() -> None:
    assert commitments_of("c", None, claims(5, record=RECORD), {}).replicas == 3


def test_a_claim_made_since_the_others_were_written_on_counts() -> None:
    assert commitments_of("c", None, [*claims(3, record=RECORD), claim(3), claim(4)], {}).replicas == 5


def test_when_the_first_claim_says_that_it_is_alone_the_others_are_late() -> None:
    alone = replace(RECORD, replicas=1)
    found = commitments_of("c", None, [claim(0, record=alone), *claims(3, record=RECORD)[1:]], {})
    assert found.replicas == 1


def test_a_claim_that_is_being_deleted_is_given_up() -> None:
    gone = [claim(each, deletionTimestamp="2026-01-02T03:04:05Z") for each in range(3)]
    assert commitments_of("c", None, gone, {"commitments": RECORD.values}).replicas == 0


@pytest.mark.parametrize(
    "name",
    ["jetstream-c", "jetstream-c-x", "jetstream-c-01", "jetstream-c-1-0", "jetstream-cc-0", "resolver-c-0", "c-0"],
)
def test_other_claims_are_none_of_the_servers(name: str) -> None:
    assert server_claims(names.JETSTREAM_VOLUME, "c", [claim(0, name=name)]) == ()


# Volumes


def test_a_template_is_fixed_and_claims_are_not() -> None:
    found = commitments_of("c", live(), claims(3), {}).jetstream
    assert isinstance(found, Claim)
    assert (found.is_fixed, found.spec) == (True, live()["spec"]["volumeClaimTemplates"][0]["spec"])
    assert commitments_of("c", None, claims(2, size="20Gi"), {}).jetstream == Claim(
        {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local",
            "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": "20Gi"}},
        },
        is_fixed=False,
    )


def test_the_smallest_claim_tells_the_size() -> None:
    found = commitments_of("c", None, [claim(0, size="20Gi"), claim(1, size="10240Mi"), claim(2, size="30Gi")], {})
    assert isinstance(found.jetstream, Claim)
    assert found.jetstream.spec["resources"] == {"requests": {"storage": "10240Mi"}}


def test_streams_in_pods_bind_us_as_long_as_the_pods_may_run() -> None:
    in_pods = live({"replicas": 3, **jetstream(fileStore={"pvc": {"enabled": False}})})
    assert (commitments_of("c", in_pods, [], {}).jetstream, commitments_of("c", in_pods, [], {}).replicas) == (
        EMPTY_DIR,
        3,
    )
    status = {"commitments": replace(RECORD, jetstream="emptyDir").values}
    assert commitments_of("c", None, [], status).replicas == 3


def test_streams_on_claims_that_are_gone_do_not_bind_us() -> None:
    assert commitments_of("c", None, [], {"commitments": RECORD.values}).replicas == 0


def test_streams_lie_on_retained_claims_while_jetstream_is_off() -> None:
    found = commitments_of("c", live({"replicas": 1}), claims(3, record=RECORD), {})
    assert (found.replicas, found.server_name_prefix) == (3, "a-")
    assert isinstance(found.jetstream, Claim)
    assert not found.jetstream.is_fixed


def test_servers_without_streams_bind_us_to_no_number() -> None:
    assert commitments_of("c", live({"replicas": 3}), [], {}).replicas == 0


# Images


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nats:2.15.2-alpine", "2.15.2-alpine"),
        ("mirror.local:5000/nats:2.15.2", "2.15.2"),
        ("mirror.local:5000/nats", ""),
        ("nats@sha256:abc", "sha256:abc"),
        ("nats:2.15.2@sha256:abc", "2.15.2@sha256:abc"),
        ("", ""),
    ],
)
def test_of_an_image_the_tag_or_the_digest_counts(image: str, tag: str) -> None:
    stateful_set = live()
    stateful_set["spec"]["template"]["spec"]["containers"][0]["image"] = image
    assert commitments_of("c", stateful_set, [], {}).server_tag == tag


def test_a_container_that_does_not_run_has_no_tag() -> None:
    found = commitments_of("c", live({"reloader": {"enabled": False}, "podTemplate": CHECKSUM}), [], {})
    assert (found.reloader_tag, found.exporter_tag) == ("", "")
    assert found.server_tag == container_of(live(), "nats")["image"].partition(":")[2]


CHECKSUM: Any = {"configChecksumAnnotation": True}
