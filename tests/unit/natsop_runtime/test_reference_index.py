"""Who depends on what."""

from natsop_core.kinds import CLUSTERS, SECRETS
from natsop_runtime.reference_index import ReferenceIndex

ONE, OTHER = CLUSTERS.key("prod", "one"), CLUSTERS.key("prod", "other")
SHARED, OWN = SECRETS.key("prod", "shared"), SECRETS.key("prod", "own")


def test_a_change_concerns_exactly_those_who_asked_for_the_object() -> None:
    index = ReferenceIndex()
    index.replace(ONE, [SHARED, OWN])
    index.replace(OTHER, [SHARED])
    assert set(index.dependents(SHARED)) == {ONE, OTHER}
    assert set(index.dependents(OWN)) == {ONE}


def test_what_is_no_longer_asked_for_no_longer_concerns() -> None:
    index = ReferenceIndex()
    index.replace(ONE, [SHARED])
    index.replace(ONE, [OWN])
    assert not index.dependents(SHARED)
    assert set(index.dependents(OWN)) == {ONE}


def test_what_is_asked_for_next_counts_beside_what_was_asked_for_before() -> None:
    index = ReferenceIndex()
    index.replace(ONE, [SHARED])
    index.add(ONE, [OWN])
    assert set(index.dependents(SHARED)) == set(index.dependents(OWN)) == {ONE}


def test_who_is_gone_depends_on_nothing() -> None:
    index = ReferenceIndex()
    index.replace(ONE, [SHARED])
    index.forget(ONE)
    index.forget(ONE)
    assert not index.dependents(SHARED)
