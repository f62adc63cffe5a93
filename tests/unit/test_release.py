"""What a release is made of: workflows, packages, changelog and licence."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.testbed import parts
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.paths import SOURCE_TREE

PROJECT = tomllib.loads((SOURCE_TREE / "pyproject.toml").read_text())["project"]
CHANGELOG = (SOURCE_TREE / "docs" / "CHANGELOG.md").read_text()
RELEASED_AT = 1_700_000_000
"""Unix time that a release would take from its commit."""

WORKFLOWS = sorted((SOURCE_TREE / ".github" / "workflows").glob("*.yml"))


def test_the_workflows_are_valid() -> None:
    try:
        [actionlint] = parts.binaries(parts.ACTIONLINT).values()
    except CannotRunError as error:
        cannot_run(str(error))
    done = subprocess.run([actionlint, "-no-color", *WORKFLOWS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_make_target_of_a_workflow_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (SOURCE_TREE / "Makefile").read_text(), re.MULTILINE))
    asked = {each for path in WORKFLOWS for each in re.findall(r"\bmake (?:--silent )?([a-z-]+)", path.read_text())}
    assert asked
    assert asked <= targets


def test_a_package_has_the_times_of_its_release(packages: Path) -> None:
    [wheel] = packages.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        metadata = next(each for each in files.infolist() if each.filename.endswith("/METADATA"))
    assert metadata.date_time[:3] == (2023, 11, 14)


def make(tree: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "--silent", target], cwd=tree, capture_output=True, text=True, check=False)


def test_the_changelog_has_the_version_and_a_link_for_each_heading() -> None:
    headings = re.findall(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE)
    assert headings[:2] == ["Unreleased", PROJECT["version"]]
    assert headings == re.findall(r"^\[(.+?)\]: https://", CHANGELOG, re.MULTILINE)
    assert make(SOURCE_TREE, "version").stdout.strip() == PROJECT["version"]


@pytest.mark.parametrize(("date", "is_released"), [("2026-12-01", True), ("unreleased", False)])
def test_release_notes_are_those_of_the_version_once_it_has_a_date(
    tmp_path: Path, date: str, is_released: bool
) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(SOURCE_TREE / name, tmp_path)
    (tmp_path / "docs").mkdir()
    version = PROJECT["version"]
    earlier = "## [0.0.1] - 2026-01-01\n\n- Something older.\n\n[Unreleased]: https://a\n"
    text = f"# Changelog\n\n## [Unreleased]\n\n- Later.\n\n## [{version}] - {date}\n\n- Something new.\n\n{earlier}"
    (tmp_path / "docs" / "CHANGELOG.md").write_text(text)
    done = make(tmp_path, "release-notes")
    assert (done.returncode == 0) == is_released
    assert done.stdout.strip() == ("- Something new." if is_released else "")


def test_the_licence_is_the_same_everywhere() -> None:
    assert PROJECT["license"] == "MIT"
    assert (SOURCE_TREE / "LICENSE").read_text().startswith("MIT License\n")
    assert 'image.licenses="MIT"' in (SOURCE_TREE / "Dockerfile").read_text()
    assert (SOURCE_TREE / "README.md").read_text().rpartition("## Licence")[2].strip().startswith("MIT")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist, built from a copy of what is committed or about to be."""
    tree = tmp_path_factory.mktemp("packages")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=SOURCE_TREE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (SOURCE_TREE / name).is_file() and name.startswith(
            ("natsop_", "pyproject", "README", "LICENSE", "Makefile")
        ):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE_TREE / name, tree / name)
    ready = [f"PYTHON={sys.executable}", "--old-file=.venv/.ready", f"EPOCH={RELEASED_AT}"]
    done = subprocess.run(["make", "--silent", *ready, "build"], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tree / "dist"


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
def test_a_package_installs_and_runs_without_the_sources(packages: Path, tmp_path: Path, kind: str) -> None:
    """That its requirements can be had, in an environment with nothing else, the build of the image shows."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    [site] = venv.glob("lib/python*/site-packages")
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib"))
    [package] = packages.glob(f"*.{kind}")
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={venv / 'bin/python'}"]
    done = subprocess.run([*pip, "install", *options, package], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

    def output(*command: str | Path) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    modules = "import natsop_core, natsop_runtime as runtime; print(natsop_core.__file__, runtime.__file__)"
    where = output(venv / "bin/python", "-c", modules)
    assert all(each.startswith(str(site)) for each in where.split())
    assert output(venv / "bin/natsop", "--version") == f"natsop {PROJECT['version']}\n"
    example = SOURCE_TREE / "docs/examples/quick-start.yaml"
    assert "kind: StatefulSet" in output(venv / "bin/natsop", "render", "-f", example)
    assert "kubectl natsop" in output(venv / "bin/kubectl-natsop", "--help")
