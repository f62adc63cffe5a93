"""What commands write, and objects that two custom resources would both have."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsop_runtime.cli import main
from natsop_runtime.cli.folder import File, write_files
from natsop_runtime.cli.sources import InputError

CLUSTER = "apiVersion: nats.crewlet.cloud/v1alpha1\nkind: NatsCluster\nmetadata: {name: c}\nspec: {}\n"
PEER = CLUSTER.replace("{name: c}", "{name: c-headless}")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)


def written(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


@pytest.mark.parametrize("namespace", ["../x", "/tmp/x", "a/b", "a.b", "A", "a\\b", "..", "a" * 64])
def test_a_namespace_is_a_dns_label_so_that_no_file_escapes(
    namespace: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = CLUSTER.replace("{name: c}", f"{{name: c, namespace: '{namespace}'}}")
    assert main(["render", "-f", written("a.yaml", text), "--output-dir", "out"]) == 1
    assert capsys.readouterr().err == (
        "a.yaml:3: NatsCluster c: metadata.namespace: must be a lowercase DNS label of at most 63 characters\n"
    )
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["a.yaml"]


@pytest.mark.parametrize("name", ["../x.yaml", "/tmp/x.yaml", "a/b.yaml", "a\\b.yaml", "a\0b.yaml"])
def test_what_is_no_file_name_is_never_written(name: str) -> None:
    with pytest.raises(InputError, match="not a file name"):
        write_files(Path("out"), [File("fine.yaml", ""), File(name, "")])
    assert not Path("out").exists()


def test_crds_makes_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crds", "--output-dir", "not/there/yet"]) == 0
    assert len(list(Path("not/there/yet").iterdir())) == 2
    assert capsys.readouterr() == ("", "")


def test_crds_names_a_folder_that_it_cannot_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crds", "--output-dir", written("taken", "")]) == 1
    assert capsys.readouterr().err == "taken: File exists\n"


def test_two_resources_with_one_object_are_refused_with_both_places(capsys: pytest.CaptureFixture[str]) -> None:
    written("b.yaml", f"---\n{PEER}")
    assert main(["render", "-f", written("a.yaml", CLUSTER), "-f", "b.yaml", "--output-dir", "out"]) == 1
    assert capsys.readouterr().err == (
        "b.yaml:2: NatsCluster c-headless: its Service default/c-headless is also that of NatsCluster c at a.yaml:1\n"
    )
    assert not Path("out").exists()


def test_the_same_resource_twice_is_refused_unless_the_namespaces_differ() -> None:
    elsewhere = CLUSTER.replace("{name: c}", "{name: c, namespace: prod}")
    assert main(["render", "-f", written("a.yaml", f"{CLUSTER}---\n{CLUSTER}")]) == 1
    assert main(["render", "-f", written("a.yaml", f"{CLUSTER}---\n{elsewhere}")]) == 0


def test_a_diff_refuses_them_as_new_and_warns_of_them_as_old(capsys: pytest.CaptureFixture[str]) -> None:
    one, both = written("one.yaml", CLUSTER), written("both.yaml", f"{CLUSTER}---\n{PEER}")
    clash = "both.yaml:6: NatsCluster c-headless: its Service default/c-headless is also that of NatsCluster c"
    assert main(["diff", one, both]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"{clash} at both.yaml:1\n")
    assert main(["diff", both, one]) == 0
    assert capsys.readouterr().err.startswith(f"warning: {clash}")


THREE = CLUSTER.replace("spec: {}", "spec: {replicas: 3}")
BOX = "apiVersion: nats.crewlet.cloud/v1alpha1\nkind: NatsBox\nmetadata: {name: b}\nspec: {clusterRef: {name: c}}\n"


def test_a_file_says_what_it_is_of_so_that_it_can_be_removed_with_its_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["render", "-f", written("a.yaml", THREE), "--output-dir", "out"]) == 0
    budget = Path("out/default.poddisruptionbudget.c-pdb.yaml")
    assert budget.read_text().startswith("# Made by natsop render of NatsCluster default/c; do not edit.\n---\n")
    Path("out/mine.yaml").write_text("# mine\n")
    assert main(["render", "-f", written("a.yaml", CLUSTER), "--output-dir", "out"]) == 0
    assert (budget.exists(), Path("out/mine.yaml").exists()) == (False, True)
    assert capsys.readouterr().err == f"removed {budget}: NatsCluster default/c has no such object any more\n"


def test_files_of_what_is_not_in_the_input_are_named_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-f", written("a.yaml", CLUSTER), "-f", written("b.yaml", BOX), "--output-dir", "out"]
    assert main(["render", *arguments]) == 0
    assert main(["render", "-f", "a.yaml", "--output-dir", "out"]) == 0
    assert Path("out/default.deployment.b.yaml").exists()
    assert capsys.readouterr().err.splitlines() == [
        f"warning: out/default.{kind}.yaml: kept, though NatsBox default/b, which it is of, is not in the input;"
        " remove it if that is gone"
        for kind in ("deployment.b", "secret.b-contexts")
    ]


def test_files_of_secrets_are_for_their_owner_alone_whatever_they_were() -> None:
    Path("out").mkdir()
    secret, workload = (Path("out", f"default.{name}.yaml") for name in ("secret.b-contexts", "deployment.b"))
    secret.write_text("")
    secret.chmod(0o644)
    written("a.yaml", CLUSTER)
    assert main(["render", "-f", "a.yaml", "-f", written("b.yaml", BOX), "--output-dir", "out"]) == 0
    assert (secret.stat().st_mode & 0o777, workload.stat().st_mode & 0o044) == (0o600, 0o044)
