"""Whatever a server answers, or does not: a cluster is settled only if every server says all that is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.settled import Observation, observe, settled
from tests.unit.natsop_core.settled.servers import (
    EXPECTED,
    NAMES,
    NOW,
    Answers,
    said,
    seen,
    settled_answers,
)

Path = tuple[str | int, ...]

SCALARS: Final = (
    st.none() | st.booleans() | st.integers() | st.integers(2**63, 2**80) | st.floats() | st.text(max_size=20)
)
JSON: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
REPLIES: Final = (
    st.none()
    | st.just(Unreachable("not within 5 s"))
    | st.builds(HttpAnswer, st.integers(100, 599), st.binary(max_size=50))
    | st.builds(HttpAnswer, st.just(200), JSON.map(lambda value: json.dumps(value).encode()))
)


def observed(answers: Answers, server: str, **replaced: Any) -> Observation:
    replies = {kind: said(answers[server][kind]) for kind in ("health", "varz")}
    replies["jsz"] = said({"now": NOW.isoformat(), **answers[server]["jsz"]})
    return observe(server, *(replies | replaced).values())


@given(st.sampled_from(NAMES), st.sampled_from(["health", "varz", "jsz"]), REPLIES, st.booleans())
def test_an_answer_that_is_missing_or_another_program_s_is_never_settled(
    server: str, kind: str, reply: HttpAnswer | Unreachable | None, is_later: bool
) -> None:
    assume(not (isinstance(reply, HttpAnswer) and reply.status == 200 and b'"status": "ok"' in reply.body))
    answers = settled_answers()
    looks = [seen(answers), seen(answers, after=1.0)]
    looks[is_later][NAMES.index(server)] = observed(answers, server, **{kind: reply})
    assert settled(looks[1], EXPECTED, looks[0]) != ()


STREAM: Final[Path] = ("jsz", "account_details", 0, "stream_detail", 0)
BILLING: Final[Path] = (*STREAM, "consumer_detail", 0)

NEEDED: Final[dict[str, tuple[Path, ...]]] = {
    "c-0": (
        ("health", "status"),
        ("varz", "server_name"),
        ("jsz", "server_id"),
        ("jsz", "accounts"),
        ("jsz", "streams"),
        ("jsz", "account_details"),
        ("jsz", "account_details", 0),
        ("jsz", "meta_cluster"),
        ("jsz", "meta_cluster", "leader"),
        STREAM[:-1],
        STREAM,
        (*STREAM, "name"),
        (*STREAM, "cluster"),
        (*STREAM, "cluster", "leader"),
        (*STREAM, "cluster", "replicas"),
        *((*STREAM, "cluster", "replicas", 0, key) for key in ("name", "current", "active")),
        (*STREAM, "cluster", "replicas", 1),
        (*STREAM, "config"),
        (*STREAM, "config", "num_replicas"),
        (*STREAM, "state"),
        (*STREAM, "state", "last_seq"),
    ),
    "c-1": (
        ("jsz", "meta_cluster", "cluster_size"),
        ("jsz", "meta_cluster", "replicas"),
        *(("jsz", "meta_cluster", "replicas", 1, key) for key in ("name", "current", "active")),
        *((*BILLING, key) for key in ("name", "config", "cluster")),
        (*BILLING, "config", "num_replicas"),
        (*BILLING, "cluster", "leader"),
        (*BILLING, "cluster", "replicas"),
        *((*BILLING, "cluster", "replicas", 1, key) for key in ("name", "current", "active")),
    ),
    "c-2": ((*STREAM, "consumer_detail"), BILLING),
}
"""What the decision rests on: c-0 leads ORDERS, c-1 its consumer and the meta group."""

MAY_BE_ABSENT: Final[dict[str, tuple[Path, ...]]] = {
    "c-0": (("jsz", "now"), *((*STREAM, "cluster", "replicas", 0, key) for key in ("lag", "offline", "pending"))),
    "c-1": tuple(("jsz", "meta_cluster", "replicas", 1, key) for key in ("lag", "offline")),
}
"""What these servers leave out, or the tests, but must not be of another type."""


def places(*tables: dict[str, tuple[Path, ...]]) -> list[Any]:
    return [
        pytest.param(server, path, id=f"{server} {'.'.join(map(str, path))}")
        for table in tables
        for server, paths in table.items()
        for path in paths
    ]


def is_settled_although(server: str, path: Path, *replacement: Any) -> bool:
    """Whether the cluster is settled if a value is replaced, or absent, in the first look or in the second."""
    answers = settled_answers()
    *parents, last = path
    parent: Any = answers[server]
    for key in parents:
        parent = parent[key]
    if replacement:
        parent[last] = replacement[0]
    else:
        del parent[last]
    fine = settled_answers()
    in_first = settled(seen(fine, after=1.0), EXPECTED, seen(answers))
    in_second = settled(seen(answers, after=1.0), EXPECTED, seen(fine))
    return not in_first or not in_second


@pytest.mark.parametrize(("server", "path"), places(NEEDED))
def test_without_what_is_needed_a_cluster_is_never_settled(server: str, path: Path) -> None:
    assert not is_settled_although(server, path)


WRONG: Final[tuple[Any, ...]] = (None, True, -1, 0.5, 2**70, [], {}, [None], {"": None})
"""Of these, no place takes any but its own type: false, a number, a text, a list or an object with content."""


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize(("server", "path"), places(NEEDED, MAY_BE_ABSENT))
def test_with_a_value_of_another_type_a_cluster_is_never_settled(server: str, path: Path, value: Any) -> None:
    assert not is_settled_although(server, path, value) or (path[-1], value) == ("current", True)


def everywhere(value: Any) -> Iterator[Path]:
    """The paths to all values inside of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (key,)
        yield from ((key, *path) for path in everywhere(each))


PLACES: Final = [(name, path) for name, each in settled_answers().items() for path in everywhere(each) if path[1:]]


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_anywhere_there_is_a_decision(place: tuple[str, Path], value: Any) -> None:
    is_settled_although(*place, value)
