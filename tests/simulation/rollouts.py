"""Scenarios in which servers run: pods come, roll and go, load their files late or never, and answer anything."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from natsop_core.kinds import OPTIONAL
from tests.simulation.generation import (
    NAMESPACES,
    Steps,
    at_once,
    black_outs,
    clusters,
    crashes,
    done,
    faults,
    interference,
    one_after_the_other,
    pauses,
)
from tests.simulation.referred import JWT, OPTIONAL_OBJECTS, REQUIRED
from tests.simulation.scenario import Scenario
from tests.testbed.client import Manifest

_FEATURES: Final[tuple[Manifest, ...]] = (
    {"replicas": 2},
    {"replicas": 3},
    {"service": {"annotations": {"a": "1"}}},
    {"promExporter": {"enabled": True}},
    {"auth": {"jwt": JWT}},
    {"config": {"includes": [{"name": "a.conf", "configMap": {"name": "extra", "key": "a"}}]}},
    {"config": {"includes": [{"name": "b.conf", "secret": {"name": "more", "key": "b", "optional": True}}]}},
    {"config": {"leafnodes": {"enabled": True}}},
    {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}},
    {"podTemplate": {"annotations": {"rolled": "1"}}},
    {"podTemplate": {"annotations": {"rolled": "2"}}},
)
"""Of what servers reload or are rolled for, and a little that is none of their business."""

_INCLUDING: Final = tuple(each for each in _FEATURES if "includes" in each.get("config", {}))
_FILES: Final = (*REQUIRED, *OPTIONAL_OBJECTS)
_INCLUDED: Final = tuple(each for each in _FILES if each["metadata"]["name"] in ("extra", "more"))

_namespaces: Final = st.sampled_from(NAMESPACES)
_pods: Final = st.sampled_from(("a-0", "a-1", "a-2", "b-0"))
_put_clusters: Final = done("put", namespace=_namespaces, manifest=clusters(_FEATURES))
_put_files: Final = done("put", namespace=_namespaces, manifest=st.sampled_from(_FILES))
_changes: Final = st.one_of(
    _put_clusters,
    _put_clusters,
    _put_files,
    interference,
    done("delete", namespace=_namespaces, kind=st.just("Pod"), name=_pods),
    done("unready", namespace=_namespaces, name=_pods),
)
_trouble: Final = st.one_of(
    done("pods_misbehave", share=st.sampled_from((0.1, 0.3, 0.6))),
    done("stop_reloading"),
    done("break_watches", how=st.sampled_from(["silence", "reset", "end", "gone", "error"])),
    black_outs,
    crashes,
    faults,
)
_reloads: Final = one_after_the_other(
    done("put", namespace=st.just("prod"), manifest=clusters(_INCLUDING, fewest=1)),
    done("put", namespace=st.just("prod"), manifest=st.sampled_from(_INCLUDED)),
    pauses=st.sampled_from((4.0, 20.0, 70.0)),
)
"""What a cluster includes changes when it runs."""

_episodes: Final[st.SearchStrategy[Steps]] = st.one_of(
    _reloads,
    _reloads,
    st.tuples(_changes),
    st.tuples(_changes),
    st.tuples(_trouble),
    one_after_the_other(_put_clusters, _trouble, pauses=at_once),
    one_after_the_other(done("stop_reloading"), _put_files, _put_clusters, pauses=pauses),
)

rollouts: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.sampled_from((1, 1, 2)),
    namespaces=st.just(()),
    installed=st.just(tuple(kind.api_version for kind in OPTIONAL)),  # those that are awaited are asked for for ever
    steps=st.builds(
        lambda first, rest: (*first, *(step for episode in rest for step in episode)),
        st.lists(_put_clusters, min_size=1, max_size=2),
        st.lists(_episodes, min_size=4, max_size=10),
    ),
    has_pods=st.just(True),
)
