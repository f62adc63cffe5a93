"""The chart as an OCI artifact: what the release workflow pushes is what a user installs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart import CHART, NAMESPACE, RELEASE, render, run_helm
from tests.testbed import parts
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.process import Component

SERVING = re.compile(r"serving on port (\d+)")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry."""
    try:
        program = parts.binaries(parts.REGISTRY)["registry"]
    except CannotRunError as error:
        cannot_run(str(error))
    log = tmp_path / "registry.log"
    server = Component("registry", [program, "-port=0"], log=log, ready=lambda: bool(SERVING.search(log.read_text())))
    server.start()
    server.await_ready()
    yield f"localhost:{SERVING.findall(log.read_text())[-1]}"
    server.stop()


def helm(*arguments: str) -> str:
    done = run_helm(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pushed_chart_is_found_under_charts_and_renders_the_same(registry: str, tmp_path: Path) -> None:
    helm("package", str(CHART), "--destination", str(tmp_path))
    (package,) = tmp_path.glob("*.tgz")
    helm("push", str(package), f"oci://{registry}/crewlet/nats-operator/charts", "--plain-http")

    published = f"oci://{registry}/crewlet/nats-operator/charts/nats-operator"
    pulled_to = tmp_path / "pulled"
    pulled_to.mkdir()
    helm("pull", published, "--plain-http", "--destination", str(pulled_to))
    (pulled,) = pulled_to.iterdir()
    assert pulled.name == package.name
    assert render(chart=pulled) == render()
    assert f"{RELEASE}-controller-manager" in helm(
        "template", RELEASE, published, "--plain-http", "--namespace", NAMESPACE
    )
