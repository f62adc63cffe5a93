"""Which tags a running cluster keeps, and what is completed anew."""

from __future__ import annotations

import pytest

from natsop_core.api.common import ImageSpec
from natsop_core.commitments import Commitments
from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER, default_images, image_reference

NEW = Commitments()
RUNNING = Commitments(has_servers=True, server_tag="2.10.29-alpine", reloader_tag="0.21.0", exporter_tag="0.17.0")


def server(image: ImageSpec, committed: Commitments, registry: str = "") -> str:
    return image_reference(image, default_images(image, committed).server, registry)


def test_a_new_cluster_gets_our_defaults() -> None:
    found = default_images(ImageSpec(), NEW)
    assert (found.server, found.reloader, found.exporter) == (SERVER, RELOADER, EXPORTER)


def test_a_running_one_keeps_all_its_tags() -> None:
    found = default_images(ImageSpec(), RUNNING)
    assert [str(each) for each in (found.server, found.reloader, found.exporter)] == [
        "nats:2.10.29-alpine",
        "natsio/nats-server-config-reloader:0.21.0",
        "natsio/prometheus-nats-exporter:0.17.0",
    ]


def test_a_mirror_reaches_the_kept_tag() -> None:
    assert server(ImageSpec(), RUNNING, "mirror.local") == "mirror.local/nats:2.10.29-alpine"
    assert server(ImageSpec(repository="mirror.local/nats"), RUNNING) == "mirror.local/nats:2.10.29-alpine"


def test_a_kept_digest_is_completed_like_a_tag() -> None:
    pinned = Commitments(has_servers=True, server_tag="sha256:abc")
    assert server(ImageSpec(), pinned, "mirror.local") == "mirror.local/nats@sha256:abc"
    assert server(ImageSpec(tag="2.15.2"), pinned) == "nats:2.15.2"


@pytest.mark.parametrize("image", [ImageSpec(tag="2.15.2"), ImageSpec(repository="nats@sha256:abc")])
def test_the_sidecars_move_on_with_the_server(image: ImageSpec) -> None:
    found = default_images(image, RUNNING)
    assert (found.reloader, found.exporter) == (RELOADER, EXPORTER)


@pytest.mark.parametrize("image", [ImageSpec(tag="2.10.29-alpine"), ImageSpec(repository="mirror.local/nats")])
def test_and_stay_when_its_tag_stays(image: ImageSpec) -> None:
    assert default_images(image, RUNNING).reloader.tag == "0.21.0"


def test_a_sidecar_that_does_not_run_yet_gets_our_default() -> None:
    assert default_images(ImageSpec(), Commitments(has_servers=True, server_tag="2.14.2")).exporter == EXPORTER
