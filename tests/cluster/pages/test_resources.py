"""The NatsClusters and NatsBoxes on the pages of the documentation, as a real API server judges them."""

from __future__ import annotations

from tests.pages import OURS, checked
from tests.testbed.control_plane import ControlPlane
from tests.testbed.go_modules import chart_crds, integration_crds
from tests.testbed.operator import install_crds
from tests.testbed.wait import wait_until


def test_the_api_server_takes_every_resource_of_ours_on_a_page(control_plane: ControlPlane) -> None:
    cluster = control_plane.cluster
    install_crds(cluster)
    for definition in (*integration_crds(), *chart_crds()):  # of what pages show beside ours
        cluster.client.apply(definition)
    kinds = "nc,nb,certificates.cert-manager.io,streams.jetstream.nats.io"
    wait_until(lambda: cluster.kubectl("get", kinds, check=False).code == 0, what="the kinds are served")
    blocks = [each for each in checked("yaml") if OURS.search(each.text)]
    assert blocks
    apply = ("apply", "--dry-run=server", "--validate=strict", "-f", "-")
    refused = {each.place: cluster.kubectl(*apply, stdin=each.text, check=False).stderr for each in blocks}
    assert {place: words for place, words in refused.items() if words} == {}
