"""Scenarios: what people want and change, what goes wrong meanwhile. Hypothesis draws them and makes them smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from hypothesis import strategies as st

from natsop_core.kinds import CREATED, OPTIONAL
from natsop_core.names import API_VERSION
from tests.simulation.edits import EDITS
from tests.simulation.faults import FaultKind
from tests.simulation.referred import JWT, OPTIONAL_OBJECTS, REQUIRED
from tests.simulation.rivals import FOUGHT_OVER
from tests.simulation.scenario import Scenario
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

Steps = tuple[Step, ...]

NAMESPACES: Final = ("prod", "prod", "prod", "dev")
CLUSTERS: Final = ("a", "a", "b")
BOXES: Final = ("box",)

_FEATURES: Final[tuple[Manifest, ...]] = (
    {"replicas": 2},
    {"replicas": 3},
    {"replicas": 3, "podDisruptionBudget": {"enabled": False}},
    {"service": {"enabled": False}},
    {"service": {"annotations": {"a": "1"}}},
    {"service": {"annotations": {"a": "2"}}},
    {"serviceAccount": {"enabled": True}},
    {"promExporter": {"enabled": True, "podMonitor": {"enabled": True}}},
    {"auth": {"jwt": JWT}},
    {"tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}}},
    {"config": {"includes": [{"name": "a.conf", "configMap": {"name": "extra", "key": "a"}}]}},
    {"config": {"includes": [{"name": "b.conf", "secret": {"name": "more", "key": "b", "optional": True}}]}},
    {"config": {"leafnodes": {"enabled": True}}},
    {"config": {"websocket": {"enabled": True, "ingress": {"enabled": True, "hosts": ["nats.example.com"]}}}},
    {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}},
    {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}},
    {"configMap": {"existingName": "existing"}},
    {"global": {"labels": {"team": "x"}}},
)
_BOX_FEATURES: Final[tuple[Manifest, ...]] = (
    {"clusterRef": {"name": "a"}},
    {"clusterRef": {"name": "b"}, "replicas": 2},
    {"clusterRef": {"name": "a"}, "contexts": {"app": {"creds": {"name": "app-creds", "key": "creds"}}}},
    {"contexts": {"far": {"url": "nats://far:4222"}}, "defaultContextName": "far"},
)


CHILDREN: Final = (
    *(
        ("ConfigMap", "-config"),
        ("Service", ""),
        ("Service", "-headless"),
        ("Secret", "-auth"),
        ("Secret", "-contexts"),
    ),
)

_namespaces: Final = st.sampled_from(NAMESPACES)
_operators: Final = st.integers(0, 1)
_clusters: Final = st.sampled_from(CLUSTERS)
pauses: Final = st.sampled_from((0.0, 0.0, 0.002, 0.01, 0.02, 0.05, 0.3, 1.0, 4.0, 4.0, 20.0, 70.0))


@st.composite
def clusters(draw: st.DrawFn, features: Sequence[Manifest] = _FEATURES, *, fewest: int = 0) -> Manifest:
    """NatsClusters with up to three of these features."""
    spec: Manifest = {}
    for feature in draw(st.lists(st.sampled_from(features), min_size=fewest, max_size=3)):
        spec = merged(spec, feature)
    return custom_resource("NatsCluster", draw(_clusters), spec)


def merged(one: Manifest, other: Manifest) -> Manifest:
    """Both; where they differ, the other."""
    both = {key: merged(one[key], value) for key, value in other.items() if isinstance(one.get(key), dict)}
    return {**one, **other, **both}


_boxes: Final = st.builds(custom_resource, st.just("NatsBox"), st.sampled_from(BOXES), st.sampled_from(_BOX_FEATURES))
_referred: Final = st.sampled_from((*REQUIRED, *OPTIONAL_OBJECTS))


def done(
    do: str, *, after: st.SearchStrategy[float] = pauses, **what: st.SearchStrategy[Any]
) -> st.SearchStrategy[Step]:
    """The step of that name, with arguments that are drawn."""
    return st.builds(Step, after, st.just(do), st.fixed_dictionaries(what))


def _child(draw_from: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[dict[str, str]]:
    return st.builds(
        lambda namespace, owner, child: {"namespace": namespace, "kind": child[0], "name": owner + child[1]},
        _namespaces,
        st.sampled_from((*CLUSTERS, *BOXES)),
        draw_from,
    )


FORGETTING: Final = ("stateful-set-forgotten", "stateful-set-forgotten-and-port")
"""Edits after which nobody can know which image of the server was ours, and which somebody had set just before."""


@st.composite
def _edits(draw: st.DrawFn) -> Step:
    edit = draw(st.sampled_from(sorted({*EDITS} - {*FORGETTING})))
    owner = draw(st.sampled_from(BOXES) if EDITS[edit].is_of_box else _clusters)
    return Step(draw(pauses), "edit", {"namespace": draw(_namespaces), "owner": owner, "edit": edit})


@st.composite
def _fights(draw: st.DrawFn) -> Step:
    edit = draw(st.sampled_from(FOUGHT_OVER))
    owner = draw(st.sampled_from(BOXES) if EDITS[edit].is_of_box else _clusters)
    return Step(draw(pauses), "fight", {"namespace": draw(_namespaces), "owner": owner, "edit": edit})


intentions: Final = st.one_of(
    done("put", namespace=_namespaces, manifest=clusters()),
    done("put", namespace=_namespaces, manifest=clusters()),
    done("put", namespace=_namespaces, manifest=_boxes),
    done("put", namespace=_namespaces, manifest=_referred),
)
interference: Final = st.one_of(
    _edits(),
    _edits(),
    done("delete", namespace=_namespaces, kind=st.just("NatsCluster"), name=_clusters),
    done("delete", namespace=_namespaces, kind=st.just("NatsBox"), name=st.sampled_from(BOXES)),
    done("recreate", namespace=_namespaces, kind=st.just("NatsCluster"), name=_clusters),
    done("recreate", namespace=_namespaces, kind=st.just("Secret"), name=st.sampled_from(("jwts", "more", "tls"))),
    done("restore_backup", namespace=_namespaces, name=_clusters, owner_first=st.booleans()),
    done("delete", namespace=_namespaces, kind=st.just("Secret"), name=st.just("more")),
    st.builds(Step, pauses, st.just("disown"), _child(st.sampled_from(CHILDREN))),
    st.builds(Step, pauses, st.just("take_name"), _child(st.sampled_from(CHILDREN))),
    st.builds(Step, pauses, st.just("delete"), _child(st.sampled_from(CHILDREN))),
    st.builds(Step, pauses, st.just("delete"), _child(st.sampled_from(CHILDREN))),
)
_no_crds: Final = done("uninstall", api_version=st.just(API_VERSION))
_crds: Final = done("install", api_version=st.just(API_VERSION))
black_outs: Final = done("black_out", seconds=st.sampled_from((1.0, 6.0, 30.0)))
crashes: Final = done("crash", operator=_operators)
_stalls: Final = done("stall", operator=_operators, seconds=st.sampled_from((10.0, 38.0, 50.0, 100.0)))
trouble: Final = st.one_of(
    done("install", api_version=st.sampled_from([kind.api_version for kind in OPTIONAL])),
    done("uninstall", api_version=st.sampled_from([kind.api_version for kind in OPTIONAL])),
    black_outs,
    done("compact"),
    done("break_watches", how=st.sampled_from(["silence", "reset", "end", "gone", "error"])),
    done("break_watches", how=st.sampled_from(["silence", "reset", "end", "gone", "error"])),
    crashes,
    _fights(),
    _stalls,
    done("revoke", plural=st.sampled_from([kind.plural for kind in (*CREATED, *OPTIONAL)])),
    done("restore"),
)
faults: Final = st.builds(
    Step,
    pauses,
    st.just("fault"),
    st.fixed_dictionaries(
        {
            "after": st.integers(0, 6),
            "kind": st.sampled_from(get_args(FaultKind)),
            "to": st.sampled_from(("any", "write", "write", "get", "version")),
        }
    ),
)

at_once: Final = st.sampled_from((0.0, 0.0, 0.002, 0.01, 0.05))


def one_after_the_other(*steps: st.SearchStrategy[Step], pauses: st.SearchStrategy[float]) -> st.SearchStrategy[Steps]:
    """The steps, all but the first after a pause of this kind."""
    later = (st.builds(lambda step, pause: replace(step, after=pause), step, pauses) for step in steps[1:])
    return st.tuples(steps[0], *later)


_changes: Final = st.one_of(intentions, interference, interference)
_episodes: Final[st.SearchStrategy[Steps]] = st.one_of(
    st.tuples(_changes),
    st.tuples(_changes),
    st.tuples(_changes),
    st.tuples(trouble),
    st.tuples(faults),
    one_after_the_other(_changes, faults, pauses=at_once),
    one_after_the_other(_changes, _changes, pauses=at_once),
    one_after_the_other(faults, intentions, _changes, pauses=at_once),
    one_after_the_other(black_outs, _changes, interference, pauses=at_once),
    one_after_the_other(intentions, _stalls, _changes, pauses=at_once),
    one_after_the_other(_fights(), _changes, pauses=pauses),
    one_after_the_other(_no_crds, _changes, _crds, intentions, pauses=pauses),
)
"""What belongs together: a change and what goes wrong with it, changes while nobody is looking."""

installed: Final = st.lists(st.sampled_from([kind.api_version for kind in OPTIONAL]), unique=True).map(tuple)

scenarios: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.sampled_from((1, 1, 1, 2)),
    namespaces=st.sampled_from(((), (), ("prod", "dev"))),
    installed=installed,
    steps=st.builds(
        lambda first, rest: (*first, *(step for episode in rest for step in episode)),
        st.lists(intentions, min_size=1, max_size=4),
        st.lists(_episodes, min_size=6, max_size=16),
    ),
)

_UNLIKE_TRUTH: Final = ("Service",)
"""Kinds of which an object of somebody else's has defaults in truth that its maker owns."""

_peaceful: Final = st.one_of(intentions, interference).filter(
    lambda step: step.do != "restore_backup" and (step.do != "take_name" or step.what["kind"] not in _UNLIKE_TRUTH)
)

_all_there: Final = tuple(Step(0.0, "put", {"namespace": "prod", "manifest": each}) for each in REQUIRED)

peaceful: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.just(1),
    namespaces=st.just(()),
    installed=st.just(tuple(kind.api_version for kind in OPTIONAL)),
    steps=st.builds(
        lambda first, rest: (*first, *rest),
        st.sampled_from(((), _all_there)),
        st.lists(_peaceful, min_size=8, max_size=20),
    ),
)
"""Scenarios in which nothing goes wrong, and all kinds that others may install are there."""
