"""The operator's image: what is in it, what is not, that two builds are the same, and that it runs with few rights."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.testbed import operator_image, wheels
from tests.testbed.client import Manifest
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.given import IS_ANOTHERS, is_given
from tests.testbed.namespace import Namespace
from tests.testbed.oci_reader import WrittenImage

PROJECT: Final[dict[str, Any]] = tomllib.loads(Path(wheels.DOCKERFILE.with_name("pyproject.toml")).read_text())[
    "project"
]
ENVIRONMENT: Final = "/opt/natsop"
USER: Final = "65532:65532"

MOST_COMPRESSED, MOST_UNPACKED = 50_000_000, 140_000_000

UNCHECKED: Final = 0b01
"""In the header of a .pyc file: it belongs to a source file by hash (PEP 552), and nobody compares them."""

RESTRICTED: Final[Manifest] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module")
def image() -> WrittenImage:
    try:
        return WrittenImage(operator_image.look_up())
    except CannotRunError as error:
        cannot_run(str(error))


@pytest.fixture(scope="module")
def bill(image: WrittenImage) -> dict[str, Any]:
    return dict(json.loads(image.text("/usr/share/sbom/natsop.cdx.json")))


def pins() -> set[str]:
    """What the operator needs, as `name@version`."""
    text = (wheels.REQUIREMENTS / "operator.txt").read_text()
    return {f"{name}@{version}" for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def test_it_starts_natsop_as_a_user_without_rights(image: WrittenImage) -> None:
    assert image.config["User"] == USER
    assert image.config["Entrypoint"] == [f"{ENVIRONMENT}/bin/natsop"]
    assert image.config["Cmd"] == ["run"]


def test_its_labels_agree_with_the_project(image: WrittenImage) -> None:
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in image.config["Labels"].items()}
    assert labels["version"] == PROJECT["version"]
    assert labels["licenses"] == PROJECT["license"]
    assert {"title", "description", "source", "revision"} <= labels.keys()


def test_nothing_in_it_can_be_run_but_python_and_natsop(image: WrittenImage) -> None:
    """No shell, no package manager; libraries are loaded and need no permission to be run."""
    programs = {
        path
        for path, each in image.members.items()
        if each.isfile() and each.mode & 0o111 and ".so" not in path.rpartition("/")[2]
    }
    python = {path for path in programs if re.fullmatch(r"/usr(/local)?/bin/python3\.\d+", path)}
    in_packages = {path for path in programs if "/lib/python3" in path}
    assert len(python) == 1
    assert programs - python - in_packages == {f"{ENVIRONMENT}/bin/natsop"}
    assert not [path for path in image.members if re.search(r"/(pip|ensurepip|setuptools|idlelib|tkinter|test)/", path)]


def test_its_python_is_the_one_that_the_dockerfile_names(image: WrittenImage) -> None:
    assert f"/opt/natsop/lib/python{wheels.PYTHON}/site-packages/natsop_core/__init__.py" in image.members
    assert f"Programming Language :: Python :: {wheels.PYTHON}" in PROJECT["classifiers"]


def test_nobody_but_root_owns_or_writes_a_file(image: WrittenImage) -> None:
    for path, each in image.members.items():
        assert (each.uid, each.gid) == (0, 0), path
        if not each.issym() and path != "/tmp":
            assert not each.mode & 0o7022, path
        assert each.mtime == int(operator_image.EPOCH), path
    assert image.members["/tmp"].mode & 0o7777 == 0o1777


def test_all_modules_are_compiled_for_a_file_system_that_cannot_be_written(image: WrittenImage) -> None:
    sources = [path for path in image.members if path.endswith(".py") and "/bin/" not in path]
    assert len(sources) > 1000
    for path in sources:
        folder, _, name = path.rpartition("/")
        compiled = f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-{wheels.PYTHON.replace('.', '')}.pyc"
        assert image.start_of(compiled, 8)[4] == UNCHECKED, path


def test_its_bill_of_materials_lists_all_that_is_in_it(image: WrittenImage, bill: dict[str, Any]) -> None:
    purls = {each["purl"] for each in bill["components"]}
    python = {purl.removeprefix("pkg:pypi/") for purl in purls if purl.startswith("pkg:pypi/")}
    debian = {purl.removeprefix("pkg:deb/debian/").partition("@")[0] for purl in purls if purl.startswith("pkg:deb/")}
    assert python == pins()
    assert bill["metadata"]["component"]["purl"] == f"pkg:pypi/natsop@{PROJECT['version']}"
    assert any(purl.startswith(f"pkg:generic/python@{wheels.PYTHON}.") for purl in purls)
    noted = {path.rpartition("/")[2] for path in image.members if path.startswith("/var/lib/dpkg/status.d/")}
    assert {name.replace("%2B", "+") for name in debian} == noted
    assert {"libc6", "libssl3t64", "zlib1g", "ca-certificates"} <= noted
    assert all(f"/usr/share/doc/{name}/copyright" in image.members for name in noted - {"libpython3.14-stdlib"})
    references = {bill["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in bill["components"])}
    assert {ref for each in bill["dependencies"] for ref in (each["ref"], *each["dependsOn"])} <= references


def test_it_is_small(image: WrittenImage, record_property: Callable[[str, object], None]) -> None:
    unpacked = sum(each.size for each in image.members.values())
    record_property("compressed", image.compressed_bytes)
    record_property("unpacked", unpacked)
    print(f"{image.compressed_bytes / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked")
    assert image.compressed_bytes < MOST_COMPRESSED
    assert unpacked < MOST_UNPACKED


def test_another_build_has_the_same_digest(image: WrittenImage, tmp_path: Path) -> None:
    again = tmp_path / "again.tar"
    operator_image.build(again)
    assert WrittenImage(again).digest == image.digest


@pytest.mark.usefixtures("image")
def test_it_tells_its_version_in_a_restricted_pod(
    namespace: Namespace, record_property: Callable[[str, object], None]
) -> None:
    if is_given():
        pytest.skip(IS_ANOTHERS.format("images"))
    container = {"name": "natsop", "image": operator_image.NAME, "args": ["--version"], "securityContext": RESTRICTED}
    spec = {"restartPolicy": "Never", "containers": [container]}
    namespace.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "natsop"}, "spec": spec})
    namespace.wait_until(
        lambda: namespace.client.get("Pod", "natsop")["status"]["phase"] == "Succeeded", 120, "natsop has ended"
    )
    assert namespace.logs("natsop") == f"natsop {PROJECT['version']}\n"
    (status,) = namespace.client.get("Pod", "natsop")["status"]["containerStatuses"]
    ran = status["state"]["terminated"]
    seconds = datetime.fromisoformat(ran["finishedAt"]) - datetime.fromisoformat(ran["startedAt"])
    record_property("seconds for --version", seconds.total_seconds())
