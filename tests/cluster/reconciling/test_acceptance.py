"""Every object that we render is accepted by the real API server, or refused for a field that users pass through."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings

from natsop_core.drift import is_as_applied
from natsop_core.kinds import OPTIONAL
from natsop_core.live import reduce_metadata
from tests.cluster.acceptance import admit, ask, create_example, documents, make_namespace, mentions, planned, pod_of
from tests.cluster.integrations import install_integrations
from tests.property.referred import worlds
from tests.testbed.client import ApiError, Client, Manifest
from tests.testbed.control_plane import ControlPlane
from tests.unit.natsop_core.world import NAMESPACE, Object

EXAMPLES: Final = sorted((Path(__file__).parents[3] / "docs" / "examples").glob("*.yaml"))
GENERATED: Final = 100

UNPROCESSABLE: Final = 422
"""With this the API server names fields, and the operator reports ApplyRejected."""

INDEX: Final = re.compile(r"\[[0-9]+]")

PASSED_THROUGH: Final = re.compile(
    r"""
    Service\ spec\.loadBalancerClass
    | Ingress\ spec\.(ingressClassName | rules\[0\]\.(host|http\.paths\[0\]\.path) | tls\[0\]\.(hosts\[0\]|secretName))
    | StatefulSet\ spec\.(
        template\.spec(\.hostNetwork)?\Z  # of containers that are processes of a Windows host
        | template\.spec\.(affinity|dnsConfig|dnsPolicy|hostAliases|priorityClassName|runtimeClassName)
        | template\.spec\.(securityContext|tolerations|topologySpreadConstraints)
        | template\.spec\.containers\[0\]\.(env|envFrom|resources|securityContext|(startup|readiness|liveness)Probe)
        | template\.spec(\.hostNetwork)?$  # of what runs as a process of a Windows host
        | volumeClaimTemplates\[0\]\.spec
    ) \b
    """,
    re.VERBOSE,
)
"""Where what users write stands in our objects as it is: only Kubernetes itself judges that."""


@pytest.fixture(scope="module")
def client(quiet_plane: ControlPlane) -> Client:
    return quiet_plane.cluster.client


@pytest.fixture(scope="module")
def integrations(client: Client) -> None:
    """NACK's kinds and the Prometheus operator's."""
    install_integrations(client)


def is_optional(manifest: Manifest) -> bool:
    return any((manifest["apiVersion"], manifest["kind"]) == (kind.api_version, kind.kind) for kind in OPTIONAL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_accepted_and_applied_again_it_stays_as_it_is(client: Client, example: Path) -> None:
    site = make_namespace(client, example.stem)
    manifests = [each for each in create_example(site, example) if not is_optional(each)]
    assert manifests

    first = [ask(site, manifest) for manifest in manifests]
    second = [ask(site, manifest) for manifest in manifests]

    for before, after, manifest in zip(first, second, manifests, strict=True):
        assert after["metadata"] == before["metadata"], "the resourceVersion and managedFields among them"
        assert is_as_applied(manifest, reduce_metadata(after["metadata"]))
    if not any(mentions(each.get("spec"), "securityContext") for each in documents(example)):
        for workload in (each for each in manifests if each["kind"] in {"StatefulSet", "Deployment"}):
            assert admit(site, pod_of(workload))


@pytest.mark.usefixtures("integrations")
@pytest.mark.parametrize("example", ["metrics", "nack-accounts"])
def test_an_examples_objects_for_what_others_install_are_accepted_and_stay_as_they_are(
    client: Client, example: str
) -> None:
    site = make_namespace(client, f"{example}-integrated")
    [file] = [each for each in EXAMPLES if each.stem == example]
    manifests = [each for each in create_example(site, file) if is_optional(each)]
    assert manifests

    for manifest in manifests:
        first, second = ask(site, manifest), ask(site, manifest)
        assert second["metadata"] == first["metadata"]
        assert is_as_applied(manifest, reduce_metadata(second["metadata"]))


@pytest.fixture(scope="module")
def generated(client: Client) -> Client:
    return make_namespace(client, NAMESPACE)


@pytest.mark.usefixtures("integrations")
def test_generated_clusters_are_accepted_save_for_what_users_pass_through(
    generated: Client, record_property: Any
) -> None:
    asked: Counter[str] = Counter()
    faults: list[str] = []  # not raised at once: hypothesis would ask thousands of times for a smaller example
    refused: Counter[str] = Counter()

    @settings(max_examples=GENERATED, phases=[Phase.generate])
    @given(worlds())
    def judge(world: tuple[Object, list[Object]]) -> None:
        for manifest in planned(world[0], [world[0], *world[1]]):
            asked[manifest["kind"]] += 1
            try:
                answer = ask(generated, manifest, dry_run=True)
            except ApiError as error:
                fields = [f"{manifest['kind']} {INDEX.sub('[0]', field)}" for field in error.fields]
                refused.update(fields)
                if error.status != UNPROCESSABLE or not all(map(PASSED_THROUGH.match, fields)):
                    faults.append(str(error))
            else:
                if not is_as_applied(manifest, reduce_metadata({"resourceVersion": "", **answer["metadata"]})):
                    faults.append(f"would be applied for ever: {json.dumps(manifest)}")

    judge()
    record_property("asked", json.dumps(asked))
    record_property("refused", json.dumps(refused))
    assert not faults, "\n".join(faults)
    assert asked["StatefulSet"] > 0.8 * GENERATED
