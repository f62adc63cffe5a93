"""The CustomResourceDefinitions, and the page of all conditions, reasons and events, from natsop_core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from natsop_core.crd import custom_resource_definitions
from natsop_core.reasons.explain import page
from natsop_runtime.yaml.writer import to_yaml
from tests.generate.chart import ROOT


def files() -> Iterator[tuple[Path, str]]:
    """A file for each definition, and the page."""
    for definition in custom_resource_definitions():
        spec = definition["spec"]
        yield ROOT / "crds" / f"{spec['group']}_{spec['names']['plural']}.yaml", to_yaml([definition])
    yield ROOT / "docs" / "troubleshooting.md", page()
