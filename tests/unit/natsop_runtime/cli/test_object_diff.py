"""What a diff says of objects: which fields, by their paths, and not what only follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core import names
from natsop_runtime.cli.field_diff import field_lines
from natsop_runtime.cli.object_diff import object_changes
from tests.unit.natsop_runtime.cli.natsop import CLUSTER, Natsop

Object = dict[str, Any]


def lines(before: Any, after: Any) -> list[str]:
    return list(field_lines({"f": before}, {"f": after}))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["@@ f.b @@", "-2", "+3"]),
        ({"x/y": 1}, {}, ["@@ f[x/y] @@", "-1"]),
        (["a", "b", "c", "d"], ["a", "b", "x", "d"], ["@@ f @@", " b", "-c", "+x", " d"]),
        (["a"], ["a", "-b"], ["@@ f @@", " a", "+'-b'"]),
        ([1, 2], [], ["@@ f @@", "-1", "-2"]),
        (
            [{"metadata": {"name": "j"}, "spec": {"size": 1}}],
            [{"metadata": {"name": "j"}, "spec": {"size": 2}}],
            ["@@ f[j].spec.size @@", "-1", "+2"],
        ),
        (
            [{"name": "a", "v": 1}, {"name": "b", "v": 1}],
            [{"name": "b", "v": 1}, {"name": "a", "v": 2}],
            ["@@ f, order @@", "-a, b", "+b, a", "@@ f[a].v @@", "-1", "+2"],
        ),
        (
            [{"secret": "a"}, {"secret": "b", "mode": 1}],
            [{"secret": "new"}, {"secret": "a"}, {"secret": "b", "mode": 2}],
            ["@@ f[0] @@", "+secret: new", "@@ f[2].mode @@", "-1", "+2"],
        ),
        ([{"secret": "a"}, {"secret": "b"}], [{"secret": "b"}], ["@@ f[0] @@", "-secret: a"]),
        ([["a"], ["b"]], [["a"], ["c"]], ["@@ f[1] @@", "-b", "+c"]),
    ],
)
def test_only_what_differs_is_shown_by_its_path(before: Any, after: Any, shown: list[str]) -> None:
    assert lines(before, after) == shown


def workload(annotations: Object, pod_annotations: Object, **spec: Any) -> Object:
    metadata = {"namespace": "n", "name": "c", "annotations": annotations}
    template = {"metadata": {"annotations": pod_annotations}, "spec": {}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata,
        "spec": {**spec, "template": template},
    }


OURS = (
    names.APPLIED_ANNOTATION,
    names.RESTART_ANNOTATION,
    names.CHECKSUM_ANNOTATION,
    names.COMMITMENTS_ANNOTATION,
)


@pytest.mark.parametrize("annotation", OURS)
def test_notes_that_we_leave_on_an_object_are_no_change_of_it(annotation: str) -> None:
    assert not object_changes([workload({annotation: "1"}, {})], [workload({annotation: "2"}, {})], show_secrets=False)


@pytest.mark.parametrize("annotation", [names.RESTART_ANNOTATION, names.CHECKSUM_ANNOTATION])
def test_a_digest_alone_replaces_the_pods_and_says_why(annotation: str) -> None:
    [change] = object_changes([workload({}, {annotation: "1"})], [workload({}, {annotation: "2"})], show_secrets=False)
    assert change.title == (
        "changed StatefulSet n/c: its pods are replaced, which read their new configuration only when they start"
    )
    assert not list(change.lines())


def test_a_digest_beside_another_change_is_not_shown() -> None:
    before, after = (
        workload({}, {names.RESTART_ANNOTATION: "1"}, x=1),
        workload({}, {names.RESTART_ANNOTATION: "2"}, x=2),
    )
    [change] = object_changes([before], [after], show_secrets=False)
    assert list(change.lines()) == ["@@ spec.x @@", "-1", "+2"]
    assert ": its pods are replaced" in change.title


def test_annotations_of_users_are_shown() -> None:
    [change] = object_changes([workload({"a": "x"}, {})], [workload({"a": "z"}, {})], show_secrets=False)
    assert list(change.lines()) == ["@@ metadata.annotations.a @@", "-x", "+z"]


def test_every_object_is_below_its_custom_resource_and_file(natsop: Natsop) -> None:
    other = CLUSTER.replace("name: c", "name: d, namespace: prod")
    files = {"a/c.yaml": CLUSTER, "a/old.yaml": other, "b/c.yaml": CLUSTER.replace("4333", "4444")}
    files["b/deep/new.yaml"] = CLUSTER.replace("name: c", "name: e")
    assert natsop("diff", "a", "b", "--summary", **files).out.splitlines() == [
        "NatsCluster default/c (b/c.yaml)",
        "changed ConfigMap default/c-config",
        "changed Service default/c-headless",
        "changed Service default/c",
        "changed StatefulSet default/c: its pods are replaced",
        "",
        "NatsCluster default/e (b/deep/new.yaml)",
        "added ConfigMap default/e-config",
        "added Service default/e-headless",
        "added Service default/e",
        "added StatefulSet default/e",
        "",
        "NatsCluster prod/d (a/old.yaml)",
        "removed ConfigMap prod/d-config",
        "removed Service prod/d-headless",
        "removed Service prod/d",
        "removed StatefulSet prod/d",
        "",
        "4 added, 4 changed, 4 removed",
    ]


def test_one_more_include_is_one_line_of_the_reloaders_arguments(natsop: Natsop) -> None:
    with_include = f"{CLUSTER}    includes: [{{name: a.conf, configMap: {{name: m, key: a.conf}}}}]\n"
    out = natsop("diff", "a.yaml", "b.yaml", **{"a.yaml": CLUSTER, "b.yaml": with_include}).out
    part = out.partition("containers[reloader].args @@\n")[2].partition("@@")[0]
    assert part == " /etc/nats-config/nats.conf\n+'-config'\n+/etc/nats-extra/a.conf\n"
    assert "restart-digest" not in out
