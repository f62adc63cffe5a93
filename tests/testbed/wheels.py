"""The packages that natsop needs, for the image's Python and any machine; `make wheels` runs this module."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.testbed import paths
from tests.testbed.errors import TestbedError
from tests.testbed.progress import say

DOCKERFILE: Final = paths.SOURCE_TREE / "Dockerfile"
PYTHON_IMAGE: Final = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)[0]
"""The image that the Dockerfile builds on."""

PYTHON: Final[str] = re.findall(r":(3\.\d+)[-.]", PYTHON_IMAGE)[0]
"""Its Python, such as 3.14."""

REQUIREMENTS: Final = paths.SOURCE_TREE / "requirements"

MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBC: Final = ("2_17", "2_28", "2_34")
"""The C libraries that wheels are built for and a Debian of today has at least."""


def download(target: Path, *sets: str, machine: str) -> None:
    """Download what requirements/SET.txt pin, checked by hash; what has no wheel comes as source."""
    options = ["--quiet", "--no-deps", "--require-hashes", "--implementation=cp", f"--python-version={PYTHON}"]
    platforms = [f"--platform=manylinux_{version}_{machine}" for version in GLIBC]
    files = [f"--requirement={REQUIREMENTS / name}.txt" for name in sets]
    pip = [sys.executable, "-m", "pip", "download", *options, *platforms, *files, "--dest", str(target)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TestbedError(f"pip could not download {' and '.join(sets)} for Python {PYTHON}:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    for each in MACHINES.values():
        say(f"downloading the image's wheels for {each}")
        download(Path(sys.argv[1]), "build", "operator", machine=each)
