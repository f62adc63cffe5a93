"""What we say of a custom resource offline against what the real API server says: the same, at the same paths.

And against the definitions of the Go program, which stand beside ours in a group of their own: what those take, ours
take, save for what a named row of refusals is about.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from natsop_core.api.read import InvalidResource
from natsop_core.crd import custom_resource_definitions
from tests.cluster.api.mutations import ANYTHING, Manifest, combined, mutants, resource, root_schemas
from tests.cluster.api.verdicts import PLURALS, READERS, Judge, Verdict, agree, our_verdict
from tests.testbed.client import Client
from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until
from tests.unit.natsop_core.api import examples, metadata_examples, rule_examples
from tests.unit.natsop_core.api.refusals import REFUSALS
from tests.unit.natsop_core.api.rule_examples import EXAMPLES, REFUSED_BY_TYPES
from tests.unit.natsop_core.api.transition_examples import BROKEN_TRANSITIONS, KEPT_TRANSITIONS, Transition

SEEDS = Path(__file__).parents[4] / "shared" / "reference" / "seed-crds"
SEED_GROUP = "seed.example"


def install(client: Client, definitions: Iterable[dict[str, Any]]) -> None:
    for definition in definitions:
        client.apply(definition)
    for definition in definitions:
        names, group = definition["spec"]["names"], definition["spec"]["group"]
        path = f"/apis/{group}/v1alpha1/namespaces/default/{names['plural']}"
        probe = resource(names["kind"], {}) | {"apiVersion": f"{group}/v1alpha1"}
        create = partial(client.request, "POST", path, body=probe, query={"dryRun": "All"})
        wait_until(create, what=f"{names['plural']}.{group} is served")


@pytest.fixture(scope="module")
def judge(control_plane: ControlPlane) -> Judge:
    client = control_plane.cluster.client
    install(client, custom_resource_definitions())
    return Judge(client.kubeconfig)


def disagreements(judge: Judge, manifests: Iterable[Manifest]) -> list[str]:
    pairs = ((manifest, our_verdict(manifest), judge.create(manifest)) for manifest in manifests)
    return [
        f"{json.dumps(manifest)[:500]}\n  we: {ours.words[:300]}\n  the API server: {theirs.words[:300]}"
        for manifest, ours, theirs in pairs
        if not agree(ours, theirs)
    ]


@pytest.mark.parametrize("kind", list(PLURALS))
def test_we_agree_about_any_value_in_any_field(judge: Judge, kind: str) -> None:
    singles = list(mutants(kind, root_schemas()[kind], every=12))
    assert len(singles) > 400
    assert not disagreements(judge, singles)
    assert not disagreements(judge, combined(singles, 300))


def with_metadata() -> Iterator[Manifest]:
    for kind in PLURALS:
        for metadata in metadata_examples.ALL:
            yield resource(kind, {}) | {"metadata": metadata}


def test_we_agree_about_metadata(judge: Judge) -> None:
    assert not disagreements(judge, with_metadata())


def with_header(kind: str) -> Iterator[Manifest]:
    for field in ("apiVersion", "metadata", "spec", "status", "unknown"):
        for value in ANYTHING:
            yield resource(kind, {}) | {field: value}
        yield {key: value for key, value in resource(kind, {}).items() if key != field}
    for status in ({"unknown": 1}, {"replicas": "x"}, {"replicas": {"a": 1}}, {"conditions": [{"unknown": 1}] * 2}):
        yield resource(kind, {}) | {"status": status}


@pytest.mark.parametrize("kind", list(PLURALS))
def test_we_agree_about_what_stands_around_the_spec(judge: Judge, kind: str) -> None:
    assert not disagreements(judge, with_header(kind))


def test_we_agree_about_every_rule_both_ways(judge: Judge) -> None:
    assert not disagreements(judge, (manifest for each in EXAMPLES.values() for manifest in (each.kept, each.broken)))
    for each in EXAMPLES.values():
        refused = judge.create(each.broken)
        assert refused.paths == {each.path}
        assert each.message in refused.words
        assert judge.create(each.kept).accepted


def test_we_agree_about_sizes_in_volumes_and_stores(judge: Judge) -> None:
    sized = (place(size) for size in examples.SIZES for place in (examples.storage, examples.memory_store))
    assert not disagreements(judge, sized)


DURATIONS = (
    *("", "0", "-0", "+2m", "1s", "1.s", ".5m", "1h1.5m.5s", "-5m", "1µs", "1μs", "1", "s", ".s", "1d", "1 s", " 1s"),
    *("1s\n", "1S", "--1s", "\uff11s", "2562047h47m16.854775807s", "2562047h47m16.854775808s", "3000000h"),
    *("-2562047h47m16.854775808s", "0" * 30 + "1s", "0." + "9" * 40 + "s", "9" * 30 + "h", "1y2w3d4h5m6s7ms"),
)


def test_we_agree_about_durations(judge: Judge) -> None:
    for duration in DURATIONS:
        scraped = {"enabled": True, "podMonitor": {"interval": duration, "scrapeTimeout": duration}}
        manifests = rule_examples.resolver(interval=duration), examples.cluster({"promExporter": scraped})
        assert not disagreements(judge, manifests)


TRANSITIONS = {name: change for name, (*_, change) in BROKEN_TRANSITIONS.items()} | KEPT_TRANSITIONS


@pytest.mark.parametrize("change", TRANSITIONS.values(), ids=list(TRANSITIONS))
def test_we_agree_about_changes(judge: Judge, control_plane: ControlPlane, change: Transition) -> None:
    client = control_plane.cluster.client
    stored = client.create(change.old)
    try:
        if status := change.old.get("status"):  # which the API server takes from the operator alone
            stored = client.patch("NatsCluster", stored["metadata"]["name"], {"status": status}, subresource="status")
        version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
        new = change.new | {"metadata": change.new["metadata"] | version}
        ours, theirs = our_verdict(new, old=change.old), judge.replace(new)
        assert agree(ours, theirs), (ours, theirs)
        assert ours.paths == theirs.paths
    finally:
        client.delete("NatsCluster", stored["metadata"]["name"])


@pytest.fixture(scope="module")
def seeds(control_plane: ControlPlane) -> dict[str, dict[str, Any]]:
    """The schemas of the Go program's definitions, which are installed in a group of their own."""
    if not SEEDS.exists():
        pytest.skip(f"the Go program's definitions are not at {SEEDS}")
    definitions = [YAML(typ="safe").load(file) for file in sorted(SEEDS.glob("*.yaml"))]
    for definition in definitions:
        plural = definition["spec"]["names"]["plural"]
        definition["metadata"] = {"name": f"{plural}.{SEED_GROUP}"}
        definition["spec"]["group"] = SEED_GROUP
        definition["spec"]["names"].pop("shortNames")
    install(control_plane.cluster.client, definitions)
    return {
        definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for definition in definitions
    }


@pytest.fixture(scope="module")
def go_program(control_plane: ControlPlane, seeds: dict[str, dict[str, Any]]) -> Judge:
    del seeds
    return Judge(control_plane.cluster.kubeconfig, SEED_GROUP)


def accepted_by(go_program: Judge, manifests: Iterable[Manifest]) -> list[Manifest]:
    version = {"apiVersion": f"{SEED_GROUP}/v1alpha1"}
    return [manifest for manifest in manifests if go_program.create(manifest | version).accepted]


def row(manifest: Manifest) -> str:
    """The row of refusals that the resource falls under; empty when there is none."""
    result = READERS[manifest["kind"]](manifest, strict=True)
    problems = result.problems if isinstance(result, InvalidResource) else ()
    rows = [
        next((refusal.name for refusal in REFUSALS if refusal.covers(problem.rule, str(problem))), "")
        for problem in problems
    ]
    return rows[0] if rows and all(rows) else ""


def test_what_the_go_program_takes_we_take(
    judge: Judge, go_program: Judge, seeds: dict[str, dict[str, Any]], record_property: Any
) -> None:
    candidates = [manifest for kind, schema in seeds.items() for manifest in mutants(kind, schema, every=12)]
    taken = accepted_by(go_program, candidates)
    for kind in seeds:
        taken += accepted_by(go_program, combined([each for each in taken if each["kind"] == kind], 300))
    by_hand = [manifest for each in EXAMPLES.values() for manifest in (each.kept, each.broken)]
    taken += accepted_by(go_program, [*by_hand, *(manifest for _, manifest in REFUSED_BY_TYPES)])
    assert len(taken) >= 500
    verdicts: list[tuple[Manifest, Verdict]] = [(manifest, judge.create(manifest)) for manifest in taken]
    refused = [(manifest, verdict) for manifest, verdict in verdicts if not verdict.accepted]
    rows = Counter(row(manifest) for manifest, _ in refused)
    record_property("accepted by the Go program", len(taken))
    record_property("refused by row", json.dumps(rows))
    unexplained = [(manifest, verdict.words) for manifest, verdict in refused if not row(manifest)]
    assert not unexplained, unexplained[0]
    assert rows.keys() == {refusal.name for refusal in REFUSALS}, "each row refuses something that the Go program takes"
