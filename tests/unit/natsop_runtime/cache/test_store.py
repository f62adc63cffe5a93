"""A store never goes back to something older, whichever of the watch and our own writes comes first."""

from typing import Any

import pytest

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.live import LiveObject
from natsop_core.names import CLUSTER_LABEL
from natsop_runtime.cache.store import IN_FULL, METADATA, Store, Whole
from tests.unit.natsop_runtime.small_api import config_map

A = CONFIG_MAPS.key("prod", "a")
B = CONFIG_MAPS.key("prod", "b")


class Informer:
    """A store, and what it told of its changes: versions before and after."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None, str | None]] = []
        self.store: Store[LiveObject] = Store(CONFIG_MAPS, METADATA, self._changed)

    def _changed(self, key: Any, old: LiveObject | None, new: LiveObject | None) -> None:
        self.told.append((key.name, _version(old), _version(new)))

    def listed(self, *objects: Any, version: int) -> None:
        self.store.replace(self.store.kept(objects), str(version))

    def version(self, key: Any) -> str | None:
        return _version(self.store.get(key))


def _version(live: LiveObject | None) -> str | None:
    return None if live is None else live.resource_version


def test_an_own_write_counts_at_once_and_its_event_is_no_news() -> None:
    watched = Informer()
    watched.listed(version=5)
    watched.store.written(config_map("a", 7))
    assert watched.version(A) == "7"
    watched.store.seen(config_map("a", 7))
    assert watched.told == [("a", None, "7")]


def test_an_event_from_before_an_own_write_is_ignored() -> None:
    watched = Informer()
    watched.store.written(config_map("a", 7))
    watched.store.seen(config_map("a", 6))
    watched.store.gone(config_map("a", 5))
    assert watched.version(A) == "7"


def test_an_answer_that_comes_after_the_objects_deletion_brings_nothing_back() -> None:
    watched = Informer()
    watched.store.seen(config_map("a", 7))
    watched.store.gone(config_map("a", 8))
    watched.store.written(config_map("a", 7))
    assert watched.version(A) is None


def test_what_a_watch_has_told_of_others_makes_older_answers_no_news() -> None:
    for tell in (Store.seen, Store.gone):
        watched = Informer()
        tell(watched.store, config_map("b", 9))
        tell(watched.store, config_map("b", 8))  # what is heard never goes back
        watched.store.written(config_map("a", 9))
        assert watched.version(A) is None
        watched.store.written(config_map("a", 10))
        assert watched.version(A) == "10"


def test_a_deletion_at_the_very_version_that_is_held_counts() -> None:
    watched = Informer()
    watched.store.seen(config_map("a", 7))
    watched.store.gone(config_map("a", 7))
    assert watched.told == [("a", None, "7"), ("a", "7", None)]


def test_a_list_at_the_very_version_that_is_held_or_was_heard_counts() -> None:
    watched = Informer()
    watched.store.written(config_map("a", 5))
    watched.store.written(config_map("b", 5))
    watched.store.heard("5")
    watched.listed(config_map("b", 4), version=5)
    assert watched.told[2:] == [("a", "5", None), ("b", "5", "4")]


def test_a_list_at_the_version_that_was_heard_last_rewrites_no_history() -> None:
    watched = Informer()
    watched.listed(config_map("a", 3), version=5)
    watched.listed(config_map("a", 3), version=5)
    assert watched.told == [("a", None, "3")]


def test_what_is_forgotten_is_told_and_leaves_nothing() -> None:
    watched = Informer()
    watched.listed(config_map("a", 1), config_map("b", 2), version=5)
    watched.store.clear()
    assert watched.told[2:] == [("a", "1", None), ("b", "2", None)]
    assert not list(watched.store)
    assert not list(watched.store.items())
    watched.store.gone(config_map("a", 7))
    assert len(watched.told) == 4


def test_an_answer_that_comes_after_a_bookmark_beyond_it_is_ignored() -> None:
    watched = Informer()
    watched.store.heard("9")
    watched.store.written(config_map("a", 7))
    assert watched.version(A) is None


def test_a_list_after_a_gap_tells_of_what_was_changed_and_deleted_in_it() -> None:
    watched = Informer()
    watched.listed(config_map("a", 1), config_map("b", 2), version=5)
    watched.told.clear()
    watched.listed(config_map("a", 8), version=9)
    assert watched.told == [("b", "2", None), ("a", "1", "8")]


def test_a_list_keeps_what_we_wrote_after_it_was_made() -> None:
    watched = Informer()
    watched.listed(config_map("b", 2), version=5)
    watched.store.written(config_map("a", 12))
    watched.store.written(config_map("b", 13))
    watched.listed(config_map("b", 2), version=10)
    assert (watched.version(A), watched.version(B)) == ("12", "13")


def test_a_list_from_a_restored_backup_counts_although_it_is_older() -> None:
    watched = Informer()
    watched.listed(config_map("a", 90), config_map("b", 91), version=100)
    watched.listed(config_map("a", 30), version=40)
    assert (watched.version(A), watched.version(B)) == ("30", None)
    watched.store.seen(config_map("b", 41))
    assert watched.version(B) == "41"


def test_a_list_from_a_backup_whose_versions_were_put_beyond_all_there_were_counts_too() -> None:
    """As `etcdutl snapshot restore --bump-revision` does, so that watches end and everybody lists anew."""
    watched = Informer()
    watched.listed(config_map("a", 90), config_map("b", 91), config_map("c", 20), version=100)
    watched.store.written(config_map("b", 110))
    watched.told.clear()
    watched.listed(config_map("a", 30), config_map("b", 31), config_map("c", 20), version=1_000_040)
    assert watched.told == [("a", "90", "30"), ("b", "110", "31")]
    watched.store.seen(config_map("a", 1_000_041))
    assert watched.version(A) == "1000041"


def test_one_object_that_cannot_be_read_does_not_hide_the_others(caplog: pytest.LogCaptureFixture) -> None:
    watched = Informer()
    without_uid = config_map("b", 2)
    del without_uid["metadata"]["uid"]
    unreadable: list[Any] = [
        without_uid,
        {"metadata": None},
        [],
        {"metadata": {**config_map("c", 2)["metadata"], "labels": 1}},
    ]
    watched.listed(*unreadable, config_map("a", 1), version=5)
    assert list(watched.store) == [A]
    assert caplog.messages == ["left out a ConfigMap that cannot be read"] * len(unreadable)
    assert all(each.exc_info for each in caplog.records)


@pytest.mark.parametrize(("labels", "whose"), [({CLUSTER_LABEL: "c"}, "c"), ({}, ""), (None, "")])
def test_whose_it_is_stands_beside_what_is_kept_whole(labels: Any, whose: str) -> None:
    store: Store[Whole] = Store(CONFIG_MAPS, IN_FULL, lambda _key, _old, _new: None)
    store.seen(config_map("a", 7, labels=labels))
    kept = store.get(A)
    assert kept is not None
    assert kept.label == whose


def test_what_is_kept_whole_is_a_copy_without_what_others_manage() -> None:
    store: Store[Whole] = Store(CONFIG_MAPS, IN_FULL, lambda _key, _old, _new: None)
    ours = {"manager": "nats-operator", "operation": "Apply", "subresource": "status", "fieldsV1": {}}
    whole = config_map("a", 7) | {"data": {"key": "é"}}
    whole["metadata"]["managedFields"] = [
        ours,
        {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:data": {}}},
    ]
    store.seen(whole)

    kept = store.get(A)
    assert kept is not None
    kept.unpacked()["data"].clear()
    assert kept.unpacked()["data"] == {"key": "é"}
    assert kept.unpacked()["metadata"]["managedFields"] == [ours]
    assert kept.version == "7"
