"""The CustomResourceDefinitions: up to date, faithful to the models, and nothing that they cannot express."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natsop_core.api.model import Model
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_box, read_cluster
from natsop_core.api.schema import schema_of
from natsop_core.crd import custom_resource_definitions
from natsop_core.rules import BOX_RULES, CLUSTER_RULES, CLUSTER_TRANSITIONS, Rule, TransitionRule
from natsop_runtime.yaml.writer import to_yaml
from tests.unit.natsop_core.api import examples

FOLDER = Path(__file__).parents[3] / "crds"
DEFINITIONS = {definition["metadata"]["name"]: definition for definition in custom_resource_definitions()}


def schema(plural: str) -> dict[str, Any]:
    version = DEFINITIONS[f"{plural}.nats.crewlet.cloud"]["spec"]["versions"][0]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return found


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from nodes(part)


@pytest.mark.parametrize("plural", ["natsclusters", "natsboxes"])
def test_the_files_are_up_to_date(plural: str) -> None:
    written = (FOLDER / f"nats.crewlet.cloud_{plural}.yaml").read_text()
    current = to_yaml([DEFINITIONS[f"{plural}.nats.crewlet.cloud"]])
    assert written == current, "run natsop crds --output-dir crds"


@pytest.mark.parametrize(
    ("plural", "rules"), [("natsclusters", [*CLUSTER_RULES, *CLUSTER_TRANSITIONS]), ("natsboxes", list(BOX_RULES))]
)
def test_every_rule_stands_at_its_node(plural: str, rules: list[Rule | TransitionRule]) -> None:
    written = [rule["rule"] for node in nodes(schema(plural)) for rule in node.get("x-kubernetes-validations", ())]
    assert sorted(written) == sorted(rule.cel for rule in rules)


def test_an_empty_spec_breaks_no_rule() -> None:
    assert isinstance(read_cluster(examples.cluster({})), NatsCluster)
    assert isinstance(read_box(examples.box({})), NatsBox)


def test_no_field_gets_a_default_that_only_its_absence_means() -> None:
    jetstream = schema("natsclusters")["properties"]["spec"]["properties"]["config"]["properties"]["jetstream"]
    assert not [node for node in nodes(jetstream) if "default" in node]


@pytest.mark.parametrize("plural", ["natsclusters", "natsboxes"])
def test_the_api_server_fills_nothing_into_a_status(plural: str) -> None:
    """Otherwise it would not be what was reported, and would be written again."""
    assert not [node for node in nodes(schema(plural)["properties"]["status"]) if "default" in node]


def test_every_field_of_ours_has_a_description() -> None:
    spec = schema("natsclusters")["properties"]["spec"]
    blocks = [spec, *spec["properties"].values(), *spec["properties"]["config"]["properties"].values()]
    assert all(block["description"] for block in blocks)


class Outer(Model):
    inner: int | str


def test_what_a_definition_cannot_express_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"^a CustomResourceDefinition cannot express int \| str$"):
        schema_of(Outer)
