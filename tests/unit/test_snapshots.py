"""What every example of the documentation becomes, in files that a reviewer reads: `snapshots/<example>/`.

After a change that is meant, `make generate` writes them anew.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from natsop_runtime.cli import main

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "snapshots"
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))


class ReadableFiles(SingleFileSnapshotExtension):
    """A file per snapshot under the name that the test gives it, such as `quick-start/nats.conf`."""

    _write_mode = WriteMode.TEXT
    file_extension = ""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:  # noqa: ARG003 (syrupy's signature)
        return str(SNAPSHOTS)

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return str(SNAPSHOTS / _example(test_location) / str(index))

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:  # noqa: ARG003
        return str(index)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return Path(snapshot_location).parent.name == _example(test_location)


def _example(test_location: PyTestLocation) -> str:
    return test_location.snapshot_name.partition("[")[2].removesuffix("]")


@pytest.fixture
def file(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ReadableFiles)


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot name:UserWarning")  # the file's own name is enough
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_becomes_what_its_snapshot_shows(
    example: Path, file: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "-f", str(example)]) == 0
    objects = capsys.readouterr().out
    files = {"objects.yaml": objects, **files_inside(objects)}
    for name, content in files.items():
        assert content == file(name=name)
    assert {path.name for path in (SNAPSHOTS / example.stem).iterdir()} == files.keys(), "remove what is no more"


def files_inside(objects: str) -> dict[str, str]:
    """The files that pods read, such as nats.conf, which are hard to read inside of YAML."""
    files: dict[str, str] = {}
    for each in yaml.safe_load_all(objects):
        if each["kind"] == "ConfigMap":
            files |= each["data"]
        elif each["kind"] == "Secret":
            files |= {name: base64.b64decode(content).decode() for name, content in each["data"].items()}
    return files


def test_no_snapshot_is_left_of_an_example_that_is_gone() -> None:
    left = {path.name for path in SNAPSHOTS.iterdir()} - {example.stem for example in EXAMPLES}
    assert not left, "remove these folders of snapshots/"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_what_it_is_for(example: Path) -> None:
    assert example.read_text().startswith("# "), "the first lines are a comment for whoever copies the file"
