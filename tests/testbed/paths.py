"""Where the testbed keeps things: all of it in one cache folder outside the source tree, free to be deleted."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE_TREE = HERE.parent.parent
MODULES = HERE / "modules"
MANIFESTS = HERE / "manifests"

CACHE_VARIABLE = "TESTBED_CACHE"
CLUSTER_VARIABLE = "TESTBED_CLUSTER"
"""Set inside a run to the folder of its cluster; the fixtures connect by it, and every process of a run carries it."""


def cache() -> Path:
    """The cache folder: binaries, images, and the state of running clusters."""
    configured = os.environ.get(CACHE_VARIABLE)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(configured) if configured else base / "natsop-testbed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def runs() -> Path:
    """One folder per running cluster; those of dead runs are swept by the next start."""
    folder = cache() / "runs"
    folder.mkdir(exist_ok=True)
    return folder


def digest_of(files: Iterable[Path]) -> str:
    """Changes when the content of a file does, or where in the source tree it is."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(SOURCE_TREE)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]
