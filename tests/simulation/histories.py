"""Histories: what becomes of a change depends on what there is already.

Chapter by chapter, one cluster is asked for changes that it has to refuse, over and over; what it is asked for last in
a chapter it may grant. So whatever it has seen of them on its way, what comes out of each chapter is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from hypothesis import strategies as st

from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from tests import tokens
from tests.simulation.edits import EDITS
from tests.simulation.generation import (
    FORGETTING,
    at_once,
    black_outs,
    crashes,
    faults,
    installed,
    intentions,
    interference,
    pauses,
    trouble,
)
from tests.simulation.referred import APP, JWT, OPERATOR, SYSTEM, TOKENS, secret
from tests.simulation.scenario import SETTLE, Scenario
from tests.simulation.steps import Step, custom_resource
from tests.simulation.verdicts import Verdict
from tests.testbed.client import Manifest

NAMESPACE, CLUSTER = "prod", "a"

Field: TypeAlias = Literal["replicas", "prefix", "store", "policy", "resolver", "tokens"]
Change: TypeAlias = dict[str, Any]

STORES: Final[dict[str, Manifest]] = {
    "off": {"enabled": False},
    "folder": {"enabled": True, "fileStore": {"pvc": {"enabled": False}}},
    "claim": {"enabled": True},
    "other claim": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "20Gi"}}}}},
}
RESOLVERS: Final[dict[str, Manifest]] = {
    "none": {},
    "memory": {"jwt": JWT},
    "full": {"jwt": {**JWT, "resolver": {"type": "full", "storage": {"storageClassName": "fast"}}}},
}
TOKENS_BY_NAME: Final[dict[str, Manifest]] = {
    "good": secret("jwts", **TOKENS),
    "newer": secret("jwts", **{**TOKENS, "app": tokens.account_jwt(APP, OPERATOR, jetstream=True)}),
    "untrusted": secret("jwts", **{**TOKENS, "app": tokens.account_jwt(APP, tokens.operator("another"))}),
    "unreadable": secret("jwts", **{**TOKENS, "operator": "no token"}),
    "incomplete": secret("jwts", operator=TOKENS["operator"], app=TOKENS["app"]),
    "unusable": secret("jwts", **{**TOKENS, "system": tokens.account_jwt(SYSTEM, OPERATOR, jetstream=True)}),
}

MISLEADING: Final = ("scaled-by-edit", "env-value", "stateful-set-replaced", "stateful-set-deleted")
"""Edits after which the StatefulSet itself tells something wrong, or nothing, of what servers there are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What people want of the cluster."""

    replicas: int
    store: str
    resolver: str
    policy: str = "Parallel"
    prefix: str = ""
    tokens: str = "good"
    allowed: str = ""

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        spec = {
            "replicas": self.replicas,
            "statefulSet": {"podManagementPolicy": self.policy},
            "config": {"jetstream": STORES[self.store], "serverNamePrefix": self.prefix},
            "auth": RESOLVERS[self.resolver],
        }
        cluster = custom_resource("NatsCluster", CLUSTER, spec)
        if self.allowed:
            cluster["metadata"]["annotations"] = {ALLOW_DATA_LOSS_ANNOTATION: self.allowed}
        return TOKENS_BY_NAME[self.tokens], cluster


def refused_changes(so_far: Wish, fields: Iterable[Field]) -> Iterator[Change]:
    """Changes that the cluster refuses, alone and together, as long as no two are of the same setting."""
    for field in fields:
        match field:
            case "replicas" if so_far.store != "off":
                yield from ({"replicas": each} for each in (1, 2, 3) if _is_unsafe(so_far.replicas, each))
            case "prefix" if so_far.store != "off" and so_far.replicas > 1:
                yield {"replicas": 1, "prefix": "x-"}  # with more, the API server refuses it
            case "store" if "claim" in so_far.store:
                yield from ({"store": each} for each in STORES if each != so_far.store)
            case "store":
                yield {"store": "claim"}
            case "policy":
                yield {"policy": "OrderedReady" if so_far.policy == "Parallel" else "Parallel"}
            case "resolver" if so_far.resolver != "none":
                yield {"resolver": "full" if so_far.resolver == "memory" else "none"}
            case "tokens" if so_far.resolver != "none":
                yield from ({"tokens": each} for each in TOKENS_BY_NAME if each not in ("good", "newer"))


def _is_unsafe(before: int, after: int) -> bool:
    return after < before or before == 1 < after


def granted_changes(so_far: Wish, fields: Iterable[Field]) -> Iterator[Change]:
    """Changes that the cluster grants."""
    for field in fields:
        match field:
            case "replicas":
                for replicas in sorted({1, 2, 3} - {so_far.replicas}):
                    loses_data = so_far.store != "off" and _is_unsafe(so_far.replicas, replicas)
                    allowed = f"replicas={so_far.replicas}->{replicas}" if loses_data else ""
                    yield {"replicas": replicas, "allowed": allowed}
            case "store" if "claim" not in so_far.store:
                yield {"store": "folder" if so_far.store == "off" else "off"}
            case "resolver" if so_far.resolver != "full":
                yield {"resolver": "memory" if so_far.resolver == "none" else "none"}
            case "tokens" if so_far.resolver != "none":
                yield {"tokens": "newer" if so_far.tokens == "good" else "good"}


def _stray_edits(names: Iterable[str]) -> st.SearchStrategy[Step]:
    """What people do to the cluster's children."""
    edits = st.sampled_from(list(names))
    return st.builds(
        lambda after, edit: Step(after, "edit", {"namespace": NAMESPACE, "owner": CLUSTER, "edit": edit}), pauses, edits
    )


def _leaves_memory(edit: str, fields: Iterable[Field]) -> bool:
    """The number of servers and their names are remembered even without a StatefulSet."""
    forgets = edit in FORGETTING or (edit == "stateful-set-deleted" and not {*fields} <= {"replicas", "prefix"})
    return not forgets and not EDITS[edit].is_of_box


_recreation: Final = st.builds(
    lambda after: Step(after, "recreate", {"namespace": NAMESPACE, "kind": "NatsCluster", "name": CLUSTER}), pauses
)
"""The cluster is deleted and made anew, as it is asked for just then."""


def _outlives(fields: Iterable[Field], store: str) -> bool:
    """Whether claims remember all that is asked of the cluster."""
    return {*fields} <= {"replicas", "prefix"} and store == "claim"


def _is_about_others(step: Step) -> bool:
    """Whether it is none of the cluster's business."""
    manifest = step.what.get("manifest", {}).get("metadata", {})
    names = {str(step.what.get("name", "")), str(step.what.get("owner", "")), manifest.get("name", "")}
    return step.what["namespace"] != NAMESPACE or not any(
        name in (CLUSTER, "jwts") or name.startswith(f"{CLUSTER}-") for name in names
    )


def _mishaps(fields: Iterable[Field], store: str) -> st.SearchStrategy[tuple[Step, ...]]:
    """What goes wrong meanwhile, or what others do."""
    harmless = [name for name in sorted(EDITS) if _leaves_memory(name, fields)]
    edits, misleading = _stray_edits(harmless), _stray_edits(name for name in MISLEADING if name in harmless)
    unseen = st.tuples(
        st.one_of(black_outs, crashes), st.builds(lambda edit, pause: replace(edit, after=pause), misleading, at_once)
    )
    of_others = st.one_of(intentions, interference).filter(_is_about_others)
    alone = st.one_of(faults, trouble, edits, of_others, *([_recreation] if _outlives(fields, store) else []))
    return st.one_of(unseen, alone.map(lambda step: (step,)))


@st.composite
def _steps(draw: st.DrawFn, fields: tuple[Field, ...]) -> tuple[Step, ...]:
    has_streams = {*fields} <= {"replicas", "prefix"}  # otherwise there is nothing to refuse
    so_far = Wish(
        replicas=draw(st.sampled_from((3, 1))),
        store=draw(st.sampled_from(("claim", "folder") if has_streams else sorted(STORES))),
        resolver=draw(st.sampled_from(sorted(RESOLVERS))),
    )
    steps = [*_asked(draw, so_far, fields), _settle(None)]
    for _ in range(draw(st.integers(1, 3))):
        wishes = [_together(draw, so_far, fields) for _ in range(draw(st.integers(1, 2)))]
        verdict, last = _last_word(draw, so_far, fields)
        for wish in (*wishes, last):
            if wish.prefix != so_far.prefix:  # the API server refuses that to what still wants several servers
                steps += _asked(draw, replace(wish, prefix=so_far.prefix), fields)
            steps += _asked(draw, wish, fields)
        steps.append(_settle(verdict))
        so_far = replace(last, allowed="") if verdict == "granted" else so_far
    return tuple(steps)


def _last_word(draw: st.DrawFn, so_far: Wish, fields: Iterable[Field]) -> tuple[Verdict, Wish]:
    """What the cluster is asked for at last."""
    granted = list(granted_changes(so_far, fields))
    verdict = draw(st.sampled_from(("refused", "withdrawn", *(["granted"] if granted else []))))
    match verdict:
        case "refused":
            return "refused", _together(draw, so_far, fields)
        case "withdrawn":
            return "withdrawn", so_far
    return "granted", replace(so_far, **draw(st.sampled_from(granted)))


def _together(draw: st.DrawFn, so_far: Wish, fields: Iterable[Field]) -> Wish:
    """One or two refused changes at once."""
    wish = so_far
    for change in draw(st.lists(st.sampled_from(list(refused_changes(so_far, fields))), min_size=1, max_size=2)):
        wish = replace(wish, **change)
    return wish


def _asked(draw: st.DrawFn, wish: Wish, fields: Iterable[Field]) -> Iterator[Step]:
    """People ask for something, and something goes wrong before and in between."""
    for manifest in wish.manifests if "tokens" in fields else wish.manifests[-1:]:
        yield from (
            step for steps in draw(st.lists(_mishaps(fields, wish.store), min_size=1, max_size=3)) for step in steps
        )
        yield Step(draw(st.one_of(at_once, pauses)), "put", {"namespace": NAMESPACE, "manifest": manifest})


def _settle(verdict: Verdict | None) -> Step:
    return Step(0.0, SETTLE, {"expected": {f"{NAMESPACE}/{CLUSTER}": verdict} if verdict else {}})


_FIELDS: Final[tuple[tuple[Field, ...], ...]] = (
    ("replicas",),
    ("replicas",),
    ("replicas", "prefix"),
    ("replicas", "store", "policy"),
    ("replicas", "tokens", "policy"),
    ("policy", "resolver", "tokens"),
    ("replicas", "prefix", "store", "policy", "resolver", "tokens"),
)

histories: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.sampled_from((1, 1, 1, 2)),
    namespaces=st.sampled_from(((), (), ("prod", "dev"))),
    installed=installed,
    steps=st.sampled_from(_FIELDS).flatmap(_steps),
)
