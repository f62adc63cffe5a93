"""The documentation names the objects that the chart makes, in the namespace that it tells to install it in."""

from __future__ import annotations

import re

from tests import chart
from tests.pages import BLOCKS


def test_commands_on_pages_name_the_operators_deployment_and_account() -> None:
    manifests = chart.render()
    (deployment,) = (each["metadata"]["name"] for each in chart.of_kind(manifests, "Deployment"))
    (account,) = (each["metadata"]["name"] for each in chart.of_kind(manifests, "ServiceAccount"))
    text = "\n".join(block.text for block in BLOCKS)
    assert set(re.findall(r"\bdeployment/(nats-operator\S*)", text)) == {deployment}
    assert set(re.findall(r"\bsystem:serviceaccount:(\S+:nats-operator\S*)", text)) == {f"nats-operator:{account}"}
    assert set(re.findall(r"--namespace (nats-operator\S*)", text)) == {"nats-operator"}
