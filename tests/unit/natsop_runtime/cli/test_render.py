"""natsop render, as people call it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from natsop_runtime.cli import main
from tests.unit.natsop_runtime.cli.natsop import BOX, CLUSTER

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "quick-start.yaml"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def render(*texts: str, options: tuple[str, ...] = ()) -> int:
    """The exit code for these files: 1.yaml, 2.yaml and so on."""
    arguments = ["render"]
    for number, text in enumerate(texts, start=1):
        Path(f"{number}.yaml").write_text(text, encoding="utf-8")
        arguments += ["-f", f"{number}.yaml"]
    return main([*arguments, *options])


def refused(capsys: pytest.CaptureFixture[str], *texts: str) -> list[str]:
    """The lines of the errors; nothing else is printed."""
    assert render(*texts) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def documents(text: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all(text))


def called(objects: list[dict[str, Any]]) -> list[str]:
    return [f"{each['kind']}/{each['metadata']['name']}" for each in objects]


# What is printed


def test_the_quick_start_is_rendered_in_the_order_to_apply_it_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "-f", str(EXAMPLE)]) == 0
    assert called(documents(capsys.readouterr().out)) == [
        "ConfigMap/my-nats-config",
        "Service/my-nats-headless",
        "Service/my-nats",
        "PodDisruptionBudget/my-nats-pdb",
        "StatefulSet/my-nats",
        "Secret/my-box-contexts",
        "Deployment/my-box",
    ]


def test_a_box_finds_its_cluster_in_another_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert render(BOX, CLUSTER) == 0
    assert called(documents(capsys.readouterr().out))[:2] == ["Secret/b-contexts", "Deployment/b"]


def test_standard_input_works(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CLUSTER.encode())))
    assert main(["render", "-f", "-"]) == 0
    assert "StatefulSet/c" in called(documents(capsys.readouterr().out))


def test_json_and_lists_are_read_too(capsys: pytest.CaptureFixture[str]) -> None:
    items = [documents(CLUSTER)[0], documents(BOX)[0]]
    assert render(json.dumps({"apiVersion": "v1", "kind": "List", "items": items})) == 0
    assert called(documents(capsys.readouterr().out))[-1] == "Deployment/b"


def test_what_comes_from_an_api_server_is_rendered_as_the_operator_would(capsys: pytest.CaptureFixture[str]) -> None:
    live = documents(CLUSTER)[0]
    live["metadata"] |= {
        "namespace": "prod",
        "uid": "u-1",
        "resourceVersion": "7",
        "generation": 1,
        "managedFields": [],
    }
    assert render(json.dumps(live | {"status": {"conditions": []}})) == 0
    for each in documents(capsys.readouterr().out):
        assert each["metadata"]["namespace"] == "prod"
        assert each["metadata"]["ownerReferences"][0]["uid"] == "u-1"


def test_other_objects_may_stand_between(capsys: pytest.CaptureFixture[str]) -> None:
    assert render(f"# nothing\n---\nkind: Namespace\nmetadata: {{name: x}}\n---\n{CLUSTER}---\n") == 0
    assert "Namespace/x" not in called(documents(capsys.readouterr().out))


def test_a_folder_gets_one_file_per_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert render(CLUSTER, BOX, options=("--output-dir", "new/out")) == 0
    assert sorted(file.name for file in Path("new/out").iterdir()) == [
        "default.configmap.c-config.yaml",
        "default.deployment.b.yaml",
        "default.secret.b-contexts.yaml",
        "default.service.c-headless.yaml",
        "default.service.c.yaml",
        "default.statefulset.c.yaml",
    ]
    assert called(documents(Path("new/out/default.statefulset.c.yaml").read_text())) == ["StatefulSet/c"]
    assert capsys.readouterr().out == ""


# What is refused


def test_malformed_yaml_is_named_by_file_line_and_column(capsys: pytest.CaptureFixture[str]) -> None:
    [error] = refused(capsys, CLUSTER, "kind: NatsBox\nmetadata: {name: [\n")
    assert error.startswith("2.yaml:3:1: ")


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: *b\n", "a: !x 1\n", "\ta: 1\n", "a: \x01\n", "{}{}", "a: &"])
def test_any_malformed_yaml_is_named_by_its_file(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert refused(capsys, text)[0].startswith("1.yaml:")


def test_an_unknown_field_is_named_by_file_line_and_path(capsys: pytest.CaptureFixture[str]) -> None:
    text = CLUSTER.replace("port: 4333", "prt: 4333")
    assert refused(capsys, text) == ["1.yaml:7: NatsCluster c: spec.config.nats.prt: unknown field"]


def test_a_broken_rule_is_named_where_its_node_stands(capsys: pytest.CaptureFixture[str]) -> None:
    text = CLUSTER.replace("port: 4333", "port: 8222")
    [error] = refused(capsys, "---\nkind: X\n---\n" + text)
    assert error.startswith("1.yaml:7: NatsCluster c: spec: ")


def test_every_fault_of_every_file_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    errors = refused(capsys, CLUSTER.replace("4333", "0\n      host: x"), BOX + "  replicas: -1\n  x: 1\n")
    assert [error.partition(": ")[0] for error in errors] == ["1.yaml:7", "1.yaml:8", "2.yaml:6", "2.yaml:7"]


def test_a_fault_in_a_list_is_named_at_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = "kind: List\nitems:\n- kind: X\n- kind: NatsBox\n  metadata: {name: b}\n  spec:\n    replicas: -1\n"
    assert refused(capsys, text)[0].startswith("1.yaml:7: NatsBox b: spec.replicas: ")


def test_a_box_without_its_cluster_says_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    [error] = refused(capsys, BOX)
    assert error.startswith("1.yaml:1: NatsBox b: There is no NatsCluster c in namespace default: ")


def test_an_input_without_a_resource_of_ours_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "kind: Secret\nmetadata: {name: s}\n") == [
        "There is no NatsCluster or NatsBox in the input."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "5\n",
        "- a\n",
        "kind: List\nitems: 5\n",
        "kind: List\nitems: [5, null]\n",
        "kind: NatsCluster\nmetadata: 5\nspec: {}\n",
        "kind: NatsCluster\nmetadata: {name: [c]}\nspec: {}\n",
        "kind: NatsCluster\nmetadata: {name: c, namespace: [x]}\nspec: {}\n",
        "kind: [NatsCluster]\n",
        "{1: 2, kind: NatsCluster, metadata: {name: c}, spec: {}}\n",
        "kind: NatsCluster\nmetadata: {name: c}\nspec: {1: 2}\n",
        "kind: NatsCluster\nmetadata: {name: c}\nspec: {image: {tag: 1.5}}\n",
        "kind: NatsCluster\nmetadata: {name: c}\nspec: {a.b: {c: 1}}\n",
        "kind: Secret\nmetadata: {name: c, namespace: [x]}\n",
        "{" * 2000,
    ],
)
def test_any_other_input_is_refused_with_its_file(capsys: pytest.CaptureFixture[str], text: str) -> None:
    errors = refused(capsys, text)
    assert all(error.startswith(("1.yaml", "There is no")) for error in errors)


def test_a_file_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("latin.yaml").write_bytes(b"a: \xff\n")
    assert main(["render", "-f", "absent.yaml"]) == 1
    Path("empty").mkdir()
    assert main(["render", "-f", "empty"]) == 1
    assert main(["render", "-f", "latin.yaml"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "absent.yaml: No such file or directory",
        "empty: no file in this folder or below ends in .yaml, .yml, .json",
        "latin.yaml:1: not UTF-8 text",
    ]


def test_a_folder_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("")
    assert render(CLUSTER, options=("--output-dir", "taken")) == 1
    assert capsys.readouterr().err.startswith("taken: ")


def test_nothing_is_written_when_anything_is_refused() -> None:
    assert render(CLUSTER, BOX.replace("clusterRef", "cluster"), options=("--output-dir", "out")) == 1
    assert not Path("out").exists()


@pytest.mark.parametrize("arguments", [[], ["render"], ["render", "-f"], ["rander"], ["render", "-f", "x", "--oops"]])
def test_wrong_usage_exits_with_two(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: natsop" in capsys.readouterr().err


def test_no_error_shows_a_secret_of_the_input(capsys: pytest.CaptureFixture[str]) -> None:
    private = "kind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"
    errors = refused(capsys, private, CLUSTER.replace("4333", "hunter2"))
    assert "hunter2" not in "".join(errors)


@pytest.mark.parametrize("content", ["data: [hunter2]", "stringData: {password: 20202}", "data: hunter2"])
def test_a_secret_that_the_api_server_would_not_take_is_refused_without_being_quoted(
    capsys: pytest.CaptureFixture[str], content: str
) -> None:
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{content}\n"
    field = content.partition(":")[0]
    assert refused(capsys, CLUSTER, text) == [f"2.yaml:4: Secret s: {field} must be a map of texts; quote numbers"]
