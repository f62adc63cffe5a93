"""For any sequence of edits, deletions and re-creations, no plan breaks what servers and their volumes commit us to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from natsop_core import names
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from tests.hypothesis_profiles import examples
from tests.unit.natsop_core.lives import Life
from tests.unit.natsop_core.world import Object, container_of

STORES: Final[dict[str, Object]] = {
    "off": {"enabled": False},
    "claims": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "10Gi"}}}}},
    "unsaid": {"enabled": True},
    "larger": {
        "enabled": True,
        "fileStore": {"maxSize": "20Gi", "pvc": {"resources": {"requests": {"storage": "20Gi"}}}},
    },
    "smaller": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "1Gi"}}}}},
    "class": {"enabled": True, "fileStore": {"pvc": {"storageClassName": "fast"}}},
    "pods": {"enabled": True, "fileStore": {"pvc": {"enabled": False}}},
    "memory": {"enabled": True, "fileStore": {"enabled": False}},
}
REPLICAS: Final = (1, 2, 3, 5)
PREFIXES: Final = ("", "a-", "b-")


@dataclass(frozen=True)
class Servers:
    """The servers of a StatefulSet with JetStream. claim: the template's spec; None in the pods themselves."""

    replicas: int
    name: str
    claim: Any


def servers_of(stateful_set: Object | None) -> Servers | None:
    """None without JetStream."""
    if stateful_set is None:
        return None
    spec = stateful_set["spec"]
    claims = {each["metadata"]["name"]: each["spec"] for each in spec.get("volumeClaimTemplates", ())}
    volumes = [each["name"] for each in spec["template"]["spec"]["volumes"]]
    if names.JETSTREAM_VOLUME not in (*claims, *volumes):
        return None
    environment = container_of(stateful_set, names.SERVER_CONTAINER)["env"]
    [name] = [each["value"] for each in environment if each["name"] == names.SERVER_NAME_VARIABLE]
    return Servers(spec["replicas"], name, claims.get(names.JETSTREAM_VOLUME))


specs: Final = st.builds(
    lambda replicas, prefix, store, policy: {
        "replicas": replicas,
        "config": {"jetstream": STORES[store], "serverNamePrefix": prefix},
        "statefulSet": {"podManagementPolicy": policy},
    },
    st.sampled_from(REPLICAS),
    st.sampled_from(PREFIXES),
    st.sampled_from(sorted(STORES)),
    st.sampled_from(("Parallel", "Parallel", "OrderedReady")),
)
allowances: Final = st.sampled_from(
    (
        "",
        "",
        "",
        "true",
        *(f"replicas={a}->{b}" for a in REPLICAS for b in REPLICAS if a != b),
        "serverNamePrefix=a-->b-",
    )
)


def stray(life: Life) -> None:
    """A `kubectl scale`, `set image` and `set env`."""
    if life.stateful_set:
        spec = life.stateful_set["spec"]
        spec["replicas"] = 1 if spec["replicas"] > 1 else 4
        spec["template"]["spec"]["containers"][0]["image"] = "mine"


def edit_records(life: Life) -> None:
    """Somebody writes other numbers into all records, while the operator is at work."""
    if life.custom_resource is None:
        return
    held = [*([life.stateful_set] if life.stateful_set else []), *life.claims.values()]
    for each in held:
        annotations = each["metadata"].get("annotations", {})
        if names.COMMITMENTS_ANNOTATION in annotations:
            text = annotations[names.COMMITMENTS_ANNOTATION]
            for replicas in REPLICAS:
                text = text.replace(f'"replicas":{replicas},', '"replicas":4,')
            annotations[names.COMMITMENTS_ANNOTATION] = text
    life.turn()


HAPPENINGS: Final[dict[str, Callable[[Life], None]]] = {
    "delete_stateful_set": Life.delete_stateful_set,
    "delete_custom_resource": Life.delete_custom_resource,
    "orphan": Life.orphan,
    "restore": Life.restore,
    "forget": Life.forget,
    "stray": stray,
    "edit_records": edit_records,
}
_happenings: Final = st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=2)
chapters: Final = st.lists(st.tuples(_happenings, specs, allowances), min_size=2, max_size=8)


class Oracle:
    """On what servers the streams lie, told by what was applied alone."""

    def __init__(self) -> None:
        self.streams: Servers | None = None

    def happens(self, happening: str) -> None:
        """Streams in pods go with their pods: with the custom resource, at the latest."""
        is_gone = happening in ("delete_custom_resource", "orphan", "restore")
        if is_gone and self.streams and self.streams.claim is None:
            self.streams = None

    def judge(self, now: Servers | None, allowed: str) -> None:
        """What was applied must not destroy them, unless that very change is allowed."""
        before, self.streams = self.streams, now or (self.streams if self.streams and self.streams.claim else None)
        if before is None or now is None:
            return
        change = f"replicas={before.replicas}->{now.replicas}"
        if now.replicas < before.replicas or before.replicas == 1 < now.replicas:
            assert change in allowed.split(","), change
        elif before.replicas > 1 and now.name != before.name:
            prefixes = [each.strip("'").removesuffix("$(POD_NAME)") for each in (before.name, now.name)]
            assert f"serverNamePrefix={prefixes[0]}->{prefixes[1]}" in allowed.split(","), prefixes
        if before.claim is not None:
            assert now.claim is not None, "streams are left behind on claims"
            sizes = [each["resources"]["requests"]["storage"] for each in (before.claim, now.claim)]
            assert sizes[0] == sizes[1], sizes


@settings(max_examples=examples(usual=60, fuzz=5000))
@given(chapters)
def test_no_sequence_of_events_makes_a_plan_that_breaks_a_commitment(
    chapters: list[tuple[list[str], Object, str]],
) -> None:
    life, oracle = Life(), Oracle()
    for happenings, spec, allowed in chapters:
        for happening in happenings:
            HAPPENINGS[happening](life)
            oracle.happens(happening)
        is_accepted = life.ask(spec, **({ALLOW_DATA_LOSS_ANNOTATION: allowed} if allowed else {}))
        plans = life.turn()
        for manifest in (each for plan in plans for each in plan.apply if each["kind"] == "StatefulSet"):
            oracle.judge(servers_of(manifest), allowed if is_accepted else "")


@settings(max_examples=examples(usual=60, fuzz=3000))
@given(specs, st.lists(st.tuples(_happenings, specs), min_size=1, max_size=3))
def test_setting_back_what_is_refused_is_accepted_and_ends_every_refusal(
    first: Object, others: list[tuple[list[str], Object]]
) -> None:
    life = Life()
    assert life.ask(first)
    life.turn()
    for happenings, spec in others:
        for happening in happenings:
            HAPPENINGS[happening](life)
        life.ask(spec)
        life.turn()
    if life.reasons:
        assert life.ask(life.granted_spec()), "the API server refuses the way back"
        life.turn()
        assert life.reasons == ""
