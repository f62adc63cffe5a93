"""The software bill of materials of the image, as CycloneDX: Python, its packages and Debian's."""

from __future__ import annotations

import json
import platform
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from debian import DebianPackages


def of_image(environment: Path, packages: DebianPackages) -> str:
    """All of it, without time or serial number: the same parts give the same text."""
    (libraries,) = environment.glob("lib/python*/site-packages")
    python = sorted(distributions(path=[str(libraries)]), key=_name)
    (ours,) = (each for each in python if _name(each) == "natsop")
    others = [_of_distribution(each) for each in python if each is not ours]
    debian = [_of_debian(name, version) for name, version in packages.versions().items()]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**_of_distribution(ours), "type": "application"}},
        "components": [_interpreter(), *others, *debian],
        "dependencies": [{"ref": _purl(each), "dependsOn": _needs(each, python)} for each in python],
    }
    return json.dumps(document, indent=1) + "\n"


def _interpreter() -> dict[str, Any]:
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": f"pkg:generic/python@{version}",
        "name": "python",
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "purl": f"pkg:generic/python@{version}",
    }


def _of_distribution(each: Distribution) -> dict[str, Any]:
    found = {"type": "library", "bom-ref": _purl(each), "name": _name(each), "version": each.version}
    licence = each.metadata.get("License-Expression")
    return {**found, **({"licenses": [{"expression": licence}]} if licence else {}), "purl": _purl(each)}


def _of_debian(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _needs(each: Distribution, installed: list[Distribution]) -> list[str]:
    """What it names as a requirement and is installed, whatever the marker says."""
    names = {_normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in each.requires or ()}
    return [_purl(other) for other in installed if _name(other) in names]


def _purl(each: Distribution) -> str:
    return f"pkg:pypi/{_name(each)}@{each.version}"


def _name(each: Distribution) -> str:
    return _normal(each.name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
