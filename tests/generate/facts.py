"""Tables on hand-written pages that the code knows: images to mirror, and what a server reloads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from natsop_core.conf.restart import RELOADABLE, Reloadable
from natsop_core.resolve import images
from tests.generate.chart import ROOT
from tests.generate.regions import with_region

MIRRORS: Final = ROOT / "docs" / "how-to" / "air-gapped.md"
RELOADS: Final = ROOT / "docs" / "concepts" / "reload-or-restart.md"


def files() -> Iterator[tuple[Path, str]]:
    """Both pages."""
    yield MIRRORS, with_region(MIRRORS.read_text(), "images", _images())
    rows = "\n".join(_row(each) for each in RELOADABLE)
    table = f"| option that is reloaded | what a running server does |\n| --- | --- |\n{rows}"
    yield RELOADS, with_region(RELOADS.read_text(), "reloadable", table)


def _images() -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    rows = {
        "the operator": f"ghcr.io/crewlet/nats-operator:{version}",
        "servers": images.SERVER,
        "config reloader": images.RELOADER,
        "exporter, with `promExporter`": images.EXPORTER,
        "NatsBox": images.BOX,
    }
    return "| for | image |\n| --- | --- |\n" + "\n".join(f"| {what} | `{image}` |" for what, image in rows.items())


def _row(option: Reloadable) -> str:
    only = f" (only its {', '.join(f'`{each}`' for each in option.options)})" if option.options else ""
    return f"| `{option.path}`{only} | {option.reason} |"
