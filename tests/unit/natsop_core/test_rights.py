"""What an operator asks whether it may do, and what it says when it may not."""

from __future__ import annotations

from natsop_core.rbac import cluster_role, leader_election_role, namespaced_role
from natsop_core.rights import NAMED, Demand, Right, Verdict, demands, judge, rights

USER = "system:serviceaccount:nats-system:nats-operator"
LIST_SECRETS = Right("", "secrets", "list")
WATCH_SECRETS = Right("", "secrets", "watch")
PATCH_STATUS = Right("nats.crewlet.cloud", "natsclusters/status", "patch")
CREATE_LEASE = Right("coordination.k8s.io", "leases", "create")


def demanded(*namespaces: str, elects: bool = False, reviews: bool = False, nack: bool = True) -> tuple[Demand, ...]:
    return demands(namespaces, lease=("nats-system", "nats-operator-b") if elects else None, reviews=reviews, nack=nack)


def verdict(asked: tuple[Demand, ...], *lacks: tuple[Right, ...]) -> Verdict:
    """About an operator that lacks these rights of each demand."""
    return judge(dict(zip(asked, lacks, strict=True)), USER)


def test_all_that_the_cluster_role_grants_is_asked_for_and_nothing_else() -> None:
    asked = demanded(reviews=True)
    assert {right for demand in asked for right in demand.rights} == set(rights(cluster_role()["rules"]))
    assert {demand.namespace for demand in asked} == {""}


def test_in_each_namespace_what_its_role_grants_is_asked_for() -> None:
    asked = demanded("a", "b")
    assert [demand.namespace for demand in asked] == ["a", "b"]
    for demand in asked:
        assert set(demand.rights) == set(rights(namespaced_role(demand.namespace)["rules"]))


def test_the_lease_is_asked_for_by_its_name() -> None:
    _, election = demanded(elects=True)
    assert election.namespace == "nats-system"
    assert set(election.rights) == set(rights(leader_election_role("nats-system", "nats-operator-b")["rules"]))
    assert Right("coordination.k8s.io", "leases", "update", "nats-operator-b") in election.vital
    assert CREATE_LEASE in election.vital


def test_without_nack_its_kinds_are_not_asked_for() -> None:
    assert any(right.group == "jetstream.nats.io" for right in demanded()[0].rights)
    assert not any(right.group == "jetstream.nats.io" for right in demanded(nack=False)[0].rights)


def test_a_question_names_what_it_is_about_and_nothing_else() -> None:
    assert PATCH_STATUS.question("prod")["spec"]["resourceAttributes"] == {
        "namespace": "prod",
        "group": "nats.crewlet.cloud",
        "resource": "natsclusters",
        "subresource": "status",
        "verb": "patch",
    }
    assert LIST_SECRETS.question("")["spec"]["resourceAttributes"] == {"resource": "secrets", "verb": "list"}
    lease = Right("coordination.k8s.io", "leases", "update", "mine").question("n")["spec"]["resourceAttributes"]
    assert lease["name"] == "mine"


def test_who_lacks_nothing_hears_nothing() -> None:
    assert verdict(demanded("a", elects=True), (), ()) == Verdict("", (), ())


def test_all_that_is_missing_is_said_in_one_message() -> None:
    found = verdict(demanded(elects=True), (LIST_SECRETS, WATCH_SECRETS, PATCH_STATUS), (CREATE_LEASE,))
    assert found.fatal == (
        "No permission to list, watch secrets; patch natsclusters.nats.crewlet.cloud/status in all namespaces; "
        f"create leases.coordination.k8s.io in namespace nats-system; grant it to {USER}"
    )


def test_without_a_right_that_only_some_need_it_starts_and_warns() -> None:
    found = verdict(demanded(), (PATCH_STATUS,))
    assert found.fatal == ""
    assert found.unserved == ()
    [warning] = found.warnings
    assert "No permission to patch natsclusters.nats.crewlet.cloud/status in all namespaces" in warning
    assert USER in warning


def test_a_namespace_without_rights_keeps_no_other_waiting() -> None:
    found = verdict(demanded("a", "gone"), (), (LIST_SECRETS,))
    assert found.fatal == ""
    assert found.unserved == ("gone",)
    [warning] = found.warnings
    assert warning.startswith("Namespace gone is not served until there is permission to list secrets")


def test_without_rights_in_any_namespace_nothing_can_work() -> None:
    found = verdict(demanded("a", "b"), (LIST_SECRETS,), (LIST_SECRETS,))
    assert found.fatal.startswith("No permission to list secrets in namespace a; list secrets in namespace b")


def test_without_the_lease_nothing_can_work() -> None:
    assert "leases" in verdict(demanded("a", elects=True), (), (CREATE_LEASE,)).fatal


def test_a_message_names_a_few_of_many_namespaces() -> None:
    names = [f"n{number}" for number in range(80)]
    said = verdict(demanded(*names), *([(LIST_SECRETS,)] * len(names))).fatal
    assert f"in namespace n{NAMED - 1}" in said
    assert f"in namespace n{NAMED};" not in said
    assert f"and similar rights in {80 - NAMED} more namespaces" in said


def test_who_may_not_ask_about_readers_of_metrics_is_only_warned() -> None:
    found = verdict(demanded("a", reviews=True), (), (Right("authentication.k8s.io", "tokenreviews", "create"),))
    assert (found.fatal, found.unserved) == ("", ())
    assert "create tokenreviews.authentication.k8s.io in all namespaces" in found.warnings[0]
