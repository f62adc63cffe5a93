"""Every example of the documentation is written once: when it is planned again nothing is. By the audit log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from natsop_core import names
from tests.cluster.acceptance import documents, stand_ins
from tests.cluster.integrations import install_integrations
from tests.cluster.site import CHILDREN, Site, await_all_handled, await_quiet, new_site, unauthorized
from tests.example_objects import jwt_secrets
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.operator import USER, Operator

FOLDER: Final = Path(__file__).parents[3] / "docs" / "examples"
EXAMPLES: Final = sorted(FOLDER.glob("*.yaml"))
REST_SECONDS: Final = 3

each_example = pytest.mark.parametrize("example", [each.stem for each in EXAMPLES])


@dataclass(frozen=True)
class Applied:
    """An example in a namespace of its own, and what was written there: until it was at rest, and from then on."""

    site: Site
    at_first: list[AuditEntry]
    later: list[AuditEntry]


@pytest.fixture(scope="module")
def applied(operated: Operator) -> dict[str, Applied]:
    """All examples, planned once more when somebody has touched them, and again by another life of the operator."""
    install_integrations(operated.cluster.client)
    sites = {example.stem: create(operated, example) for example in EXAMPLES}
    for site in sites.values():
        site.await_pods()
    rest(operated)
    end = operated.cluster.audit.mark()
    at_first = {name: site.writes() for name, site in sites.items()}

    for example in EXAMPLES:
        touch(sites[example.stem], example)
    rest(operated)
    operated.restart(grace=10)
    rest(operated)
    assert not unauthorized(operated.cluster)
    return {name: Applied(site, at_first[name], site.writes(since=end)) for name, site in sites.items()}


def create(operator: Operator, example: Path) -> Site:
    site, manifests = new_site(operator, example.stem), documents(example)
    secrets = jwt_secrets()
    for each in (*secrets, *stand_ins([*manifests, *secrets], site.name)):
        site.client.create(each)
    site.create(*manifests)
    return site


def rest(operator: Operator) -> None:
    """Wait until all is handled and nothing is written any more."""
    await_all_handled(operator)
    await_quiet(operator.cluster, partial(operator.cluster.audit.writes, user=USER), REST_SECONDS)


def touch(site: Site, example: Path) -> None:
    for each in custom_resources(example):
        change = {"metadata": {"annotations": {"natsop.test/touched": "yes"}}}
        site.client.patch(each["kind"], each["metadata"]["name"], change)


def custom_resources(example: Path) -> list[Manifest]:
    return [each for each in documents(example) if each["apiVersion"] == names.API_VERSION]


@each_example
def test_nothing_is_written_when_it_is_planned_again(applied: dict[str, Applied], example: str) -> None:
    assert not applied[example].later


@each_example
def test_each_object_is_written_once(applied: dict[str, Applied], example: str) -> None:
    """The StatefulSet, too: what the API server and its controllers make of it is no reason for another write."""
    seen = [each for each in applied[example].at_first if each.resource in (*CHILDREN, "persistentvolumeclaims")]
    assert {"statefulsets", "deployments"} & {each.resource for each in seen}
    twice = {key: count for key, count in Counter((each.resource, each.name) for each in seen).items() if count > 1}
    assert not twice


@each_example
def test_nothing_is_wrong_with_it(applied: dict[str, Applied], example: str) -> None:
    for resource in custom_resources(FOLDER / f"{example}.yaml"):
        found = applied[example].site.client.get(resource["kind"], resource["metadata"]["name"])
        [degraded] = [each for each in found["status"]["conditions"] if each["type"] == "Degraded"]
        assert degraded["status"] == "False", degraded
