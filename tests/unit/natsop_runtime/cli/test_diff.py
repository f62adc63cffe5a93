"""natsop diff, as people call it."""

from __future__ import annotations

import pytest

from tests.unit.natsop_runtime.cli.natsop import BOX, CLUSTER, Natsop

LARGER = CLUSTER.replace("spec:\n", "spec:\n  replicas: 3\n")
ROUTES = LARGER.replace("  config:\n", "  config:\n    cluster: {routeURLs: {authSecretRef: {name: r}}}\n")
CREDENTIALS = "apiVersion: v1\nkind: Secret\nmetadata: {name: r}\nstringData: {user: route, password: hunter2}\n"
TLS = CLUSTER + "      tls: {enabled: true, secretName: t}\n"
JWT = (
    CLUSTER
    + f"""\
  auth:
    jwt:
      operator: {{name: j, key: o}}
      systemAccount: {"A" * 56}
      accounts: [{{name: a, publicKey: {"A" * 56}, jwt: {{name: j, key: a}}}}]
"""
)


def test_nothing_differs_from_itself_however_it_is_written(natsop: Natsop) -> None:
    same = CLUSTER.replace("{name: c}", "{namespace: default, name: c}").replace("4333", "0x10ED") + "# a comment\n"
    done = natsop("diff", "a.yaml", "b.yaml", "--exit-code", **{"a.yaml": CLUSTER, "b.yaml": same})
    assert (done.code, done.out, done.err) == (0, "No differences.\n", "")


def test_each_changed_field_is_shown_by_its_path(natsop: Natsop) -> None:
    done = natsop("diff", "a.yaml", "b.yaml", **{"a.yaml": CLUSTER, "b.yaml": CLUSTER.replace("4333", "4444")})
    assert done.code == 0
    for change in (
        "changed ConfigMap default/c-config\n@@ data[nats.conf], line 1 @@\n-port: 4333\n+port: 4444\n server_name",
        "changed StatefulSet default/c: its pods are replaced\n",
        "@@ spec.template.spec.containers[nats].ports[nats].containerPort @@\n-4333\n+4444\n",
        "changed Service default/c\n@@ spec.ports[nats].port @@\n-4333\n+4444\n",
    ):
        assert change in done.out


def test_what_is_added_and_removed_is_shown_whole(natsop: Natsop) -> None:
    done = natsop("diff", "a.yaml", "b.yaml", **{"a.yaml": LARGER, "b.yaml": CLUSTER + "---\n" + BOX})
    assert "\nadded Deployment default/b\n+apiVersion: apps/v1\n+kind: Deployment\n" in done.out
    assert "\nremoved PodDisruptionBudget default/c-pdb\n-apiVersion: policy/v1\n" in done.out
    assert done.out.splitlines()[-1] == "2 added, 3 changed, 1 removed"


def test_a_summary_names_objects_only(natsop: Natsop) -> None:
    done = natsop("diff", "a.yaml", "b.yaml", "--summary", **{"a.yaml": CLUSTER, "b.yaml": LARGER})
    assert done.out.splitlines() == [
        "NatsCluster default/c (b.yaml)",
        "changed ConfigMap default/c-config",
        "changed Service default/c-headless",
        "added PodDisruptionBudget default/c-pdb",
        "changed StatefulSet default/c: its pods are replaced",
        "",
        "1 added, 3 changed",
    ]


def test_differences_are_an_exit_code_of_their_own_where_asked_for(natsop: Natsop) -> None:
    assert natsop("diff", "a.yaml", "b.yaml", "--exit-code", **{"a.yaml": CLUSTER, "b.yaml": LARGER}).code == 3


def test_values_of_secrets_are_hidden_unless_asked_for(natsop: Natsop) -> None:
    files = {"a/c.yaml": ROUTES + "---\n" + CREDENTIALS, "b/c.yaml": ROUTES + "---\n" + CREDENTIALS.replace("2}", "3}")}
    hidden = natsop("diff", "a", "b", **files).out
    assert "@@ data[routes.conf] @@\n-hidden\n+hidden, changed\n" in hidden
    assert "hunter" not in hidden
    assert "hunter3" in natsop("diff", "a", "b", "--show-secrets").out


def test_secrets_need_not_be_in_the_input(natsop: Natsop) -> None:
    done = natsop("diff", "a.yaml", "b.yaml", "--summary", **{"a.yaml": CLUSTER, "b.yaml": TLS})
    assert (done.code, done.err) == (0, "")


def test_but_jwts_must_be(natsop: Natsop) -> None:
    done = natsop("diff", "a.yaml", "b.yaml", **{"a.yaml": CLUSTER, "b.yaml": JWT})
    assert done.code == 1
    assert done.err.startswith("b.yaml:1: NatsCluster c: Secret j, ")


def test_objects_beside_both_sides_are_given_once(natsop: Natsop) -> None:
    files = {"a.yaml": CLUSTER, "b.yaml": ROUTES, "s.yaml": CREDENTIALS}
    assert "hunter2" in natsop("diff", "a.yaml", "b.yaml", "--with", "s.yaml", "--show-secrets", **files).out


def test_an_invalid_new_side_is_an_error_and_an_invalid_old_one_a_warning(natsop: Natsop) -> None:
    files = {"a.yaml": CLUSTER.replace("4333", "0"), "b.yaml": CLUSTER}
    refused = natsop("diff", "b.yaml", "a.yaml", **files)
    assert (refused.code, refused.out, refused.err.startswith("a.yaml:7: ")) == (1, "", True)
    done = natsop("diff", "a.yaml", "b.yaml", "--summary")
    assert (done.code, done.err.startswith("warning: a.yaml:7: ")) == (0, True)
    assert done.err.endswith(". It is compared with nothing.\n")
    assert "added StatefulSet default/c" in done.out


def test_a_broken_file_on_the_old_side_is_a_warning_so_that_its_repair_can_be_reviewed(natsop: Natsop) -> None:
    files = {"old/b.yaml": "a: [\n", "old/c.yaml": CLUSTER, "new/b.yaml": BOX, "new/c.yaml": CLUSTER}
    done = natsop("diff", "old", "new", "--summary", **files)
    assert (done.code, done.err.splitlines()) == (
        0,
        ["warning: old/b.yaml:2:1: did not find expected node content. It is compared with nothing."],
    )
    assert done.out.splitlines()[-1] == "2 added"
    assert natsop("diff", "new", "old").code == 1


def test_a_file_that_is_not_there_is_an_error_on_both_sides(natsop: Natsop) -> None:
    for sides in (("no.yaml", "b.yaml"), ("b.yaml", "no.yaml")):
        assert natsop("diff", *sides, **{"b.yaml": CLUSTER}).err == "no.yaml: No such file or directory\n"


@pytest.mark.parametrize(
    ("terminal", "no_colour", "coloured"), [(True, None, True), (True, "1", False), (False, None, False)]
)
def test_colours_are_for_terminals(
    natsop: Natsop, monkeypatch: pytest.MonkeyPatch, terminal: bool, no_colour: str | None, coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    done = natsop("diff", "a.yaml", "b.yaml", **{"a.yaml": CLUSTER, "b.yaml": LARGER})
    assert ("\x1b[" in done.out) == coloured


def test_without_git_paths_are_wrong_usage(natsop: Natsop) -> None:
    with pytest.raises(SystemExit, match="2"):
        natsop("diff", "a", "b", "c")


@pytest.mark.parametrize("arguments", [("-", "-"), ("-", "b.yaml", "--with", "-")])
def test_standard_input_can_be_one_of_the_inputs_only(natsop: Natsop, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        natsop("diff", *arguments)
