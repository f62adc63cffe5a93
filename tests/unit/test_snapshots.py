"""What every example of the documentation becomes, in files that a reviewer reads: `snapshots/<example>/`.

After a change that is meant, `make generate` writes them anew.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from natsop_core.rbac import cluster_role, leader_election_role, namespaced_role
from natsop_runtime.cli import main
from natsop_runtime.yaml.writer import to_yaml
from tests.example_objects import jwt_secrets

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "snapshots"
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
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
    example: Path, file: SnapshotAssertion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jwts = tmp_path / "jwts.json"
    jwts.write_text(json.dumps({"kind": "List", "items": jwt_secrets()}))
    assert main(["render", "-f", str(example), "-f", str(jwts), "--stand-ins"]) == 0
    objects = capsys.readouterr().out
    files = {"objects.yaml": without_tokens(objects), **files_inside(objects)}
    for name, content in files.items():
        assert content == file(name=name)
    assert {path.name for path in (SNAPSHOTS / example.stem).iterdir()} == files.keys(), "remove what is no more"


@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot name:UserWarning")
@pytest.mark.parametrize("_folder", ["rbac"])
def test_the_operator_may_do_what_these_snapshots_show(_folder: str, file: SnapshotAssertion) -> None:
    roles = {
        "cluster-role.yaml": cluster_role(),
        "role.yaml": namespaced_role("nats"),
        "leader-election-role.yaml": leader_election_role("nats-system"),
    }
    for name, role in roles.items():
        assert to_yaml([role]) == file(name=name)
    assert {path.name for path in (SNAPSHOTS / "rbac").iterdir()} == roles.keys(), "remove what is no more"


def files_inside(objects: str) -> dict[str, str]:
    """The files that pods read, such as nats.conf, which are hard to read inside of YAML."""
    files: dict[str, str] = {}
    for each in YAML(typ="safe").load_all(objects):
        if each["kind"] == "ConfigMap":
            files |= each["data"]
        elif each["kind"] == "Secret":
            files |= {name: base64.b64decode(content).decode() for name, content in each["data"].items()}
    return {name: TOKEN.sub("<a JWT>", content) for name, content in files.items()}


def without_tokens(objects: str) -> str:
    """The objects, with a word for each value of a Secret in which there are JWTs: nobody could read those."""
    for each in YAML(typ="safe").load_all(objects):
        for content in each["data"].values() if each["kind"] == "Secret" else ():
            if TOKEN.search(base64.b64decode(content).decode()):
                objects = objects.replace(content, "<see the file>")
    return objects


def test_no_snapshot_is_left_of_an_example_that_is_gone() -> None:
    left = {path.name for path in SNAPSHOTS.iterdir()} - {example.stem for example in EXAMPLES} - {"rbac"}
    assert not left, "remove these folders of snapshots/"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_what_it_is_for(example: Path) -> None:
    assert example.read_text().startswith("# "), "the first lines are a comment for whoever copies the file"
