"""The library as its users see it: `from natsop_core import …`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import natsop_core

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", natsop_core.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    value = getattr(natsop_core, name)
    assert value.__doc__
    assert value.__module__.startswith("natsop_core.")


def test_names_are_sorted_and_shown() -> None:
    assert sorted(natsop_core.__all__) == natsop_core.__all__
    assert set(natsop_core.__all__) <= set(dir(natsop_core))


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="'natsop_core' has no attribute 'rendre'"):
        _ = natsop_core.rendre


def test_no_module_hides_a_public_name() -> None:
    """A loaded submodule becomes an attribute of its package."""
    modules = {path.stem for path in (ROOT / "natsop_core").iterdir()}
    assert not modules & set(natsop_core.__all__)


def test_the_package_alone_loads_nothing() -> None:
    program = (
        "import sys, natsop_core; print(sorted(name for name in sys.modules if 'pydantic' in name or 'ssl' in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_package_is_typed() -> None:
    assert (ROOT / "natsop_core" / "py.typed").exists()
