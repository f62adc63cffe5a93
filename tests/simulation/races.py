"""Scenarios in which what a cluster waits for appears while the operator reads the rest of what it refers to."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.simulation.generation import merged
from tests.simulation.referred import JWT, REQUIRED
from tests.simulation.scenario import Scenario
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

_FEATURES: Final[dict[str, Manifest]] = {
    "extra": {"config": {"includes": [{"name": "a.conf", "configMap": {"name": "extra", "key": "a"}}]}},
    "routes": {"replicas": 2, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}},
    "tls": {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}},
    "ca": {"tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}}},
    "jwts": {"auth": {"jwt": JWT}},
}
"""By what a cluster refers to with each."""


def _put(manifest: Manifest, *, after: float) -> Step:
    return Step(after, "put", {"namespace": "prod", "manifest": manifest})


@st.composite
def _steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """A cluster at rest is asked for several things, one of which is missing when the operator first looks."""
    missing, *there = draw(st.lists(st.sampled_from(sorted(_FEATURES)), min_size=2, max_size=4, unique=True))
    spec: Manifest = {}
    for name in (missing, *there):
        spec = merged(spec, _FEATURES[name])
    late: dict[str, Any] = {"after": draw(st.integers(0, 2)), "kind": "slow", "to": "get"}
    objects = {each["metadata"]["name"]: each for each in REQUIRED}
    return (
        *(_put(each, after=0.0) for name, each in objects.items() if name != missing),
        _put(custom_resource("NatsCluster", "a", {}), after=0.0),
        Step(draw(st.sampled_from((4.0, 20.0))), "fault", late),
        _put(custom_resource("NatsCluster", "a", spec), after=0.0),
        _put(objects[missing], after=draw(st.sampled_from((0.002, 0.02, 0.1, 1.0, 3.0, 5.0)))),
    )


races: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.just(1),
    namespaces=st.just(()),
    installed=st.just(()),
    steps=_steps(),
)
