"""Changes that the API server or the operator refuses, as natsop diff and natsop validate --old tell of them."""

from __future__ import annotations

import pytest

from tests.unit.natsop_runtime.cli.natsop import BOX, Natsop

CLUSTER = """\
apiVersion: nats.crewlet.cloud/v1alpha1
kind: NatsCluster
metadata: {name: c}
spec:
  replicas: REPLICAS
  config:
    jetstream: {enabled: true}
"""
THREE = CLUSTER.replace("REPLICAS", "3")
ONE = CLUSTER.replace("REPLICAS", "1")
CLAIM = "{enabled: true, fileStore: {pvc: {resources: {requests: {storage: 20Gi}}}}}"
RESOLVER = """\
  auth:
    jwt:
      operator: {name: j, key: o}
      systemAccount: AAAA
      accounts: [{name: a, publicKey: AAAA, jwt: {name: j, key: a}}]
      resolver: {type: full, storage: {}}
"""
RESOLVER = RESOLVER.replace("AAAA", "A" * 56)

FIVE = CLUSTER.replace("REPLICAS", "5")
FILE_ONLY = "{enabled: true, fileStore: {pvc: {enabled: false}}}"

REFUSED = {
    "5 to 3": (FIVE, THREE, "UnsafeScale: "),
    "3 to 1": (THREE, ONE, "UnsafeScale: "),
    "1 to 3": (ONE, THREE, "UnsafeScale: "),
    "larger claims": (THREE, THREE.replace("{enabled: true}", CLAIM), "ImmutableField: "),
    "pod policy": (THREE, f"{THREE}  statefulSet: {{podManagementPolicy: OrderedReady}}\n", "ImmutableField: "),
    "no claims": (THREE, THREE.replace("{enabled: true}", FILE_ONLY), "ImmutableField: "),
    "JetStream on": (THREE.replace("enabled: true", "enabled: false"), THREE, "ImmutableField: "),
    "JetStream off": (THREE, THREE.replace("enabled: true", "enabled: false"), "ImmutableField: "),
    "server names": (THREE, f"{THREE}    serverNamePrefix: a-\n", "spec: config.serverNamePrefix cannot change "),
}
refused = pytest.mark.parametrize(("old", "new", "words"), REFUSED.values(), ids=REFUSED)


@refused
def test_a_diff_tells_what_is_refused_and_compares_with_what_stays(
    natsop: Natsop, old: str, new: str, words: str
) -> None:
    done = natsop("diff", "old.yaml", "new.yaml", **{"old.yaml": old, "new.yaml": new})
    title, reason, *_, total = done.out.splitlines()
    by = "the API server" if words.startswith("spec: ") else "the operator"
    assert title == f"NatsCluster default/c (new.yaml:1): refused by {by}"
    assert reason.startswith(f"! {words}")
    assert (total, done.code) == ("No differences; 1 refused", 0)


@refused
def test_validation_fails_for_what_is_refused(natsop: Natsop, old: str, new: str, words: str) -> None:
    done = natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **{"old.yaml": old, "new.yaml": new})
    [line] = done.err.splitlines()
    assert (done.code, done.out, line.startswith("new.yaml:"), words in line) == (1, "", True, True)


@refused
def test_a_refused_change_is_a_difference_to_the_exit_code(natsop: Natsop, old: str, new: str, words: str) -> None:
    del words
    assert natsop("diff", "old.yaml", "new.yaml", "--exit-code", **{"old.yaml": old, "new.yaml": new}).code == 3


def test_the_annotation_that_lets_a_change_through_lets_it_through_here(natsop: Natsop) -> None:
    told = natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **{"old.yaml": THREE, "new.yaml": ONE}).err
    annotation, value = told.rpartition("annotation ")[2].rstrip(".\n").split(": ")
    allowed = ONE.replace("{name: c}", f"{{name: c, annotations: {{{annotation}: {value}}}}}")
    done = natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **{"new.yaml": allowed})
    assert (done.code, done.err) == (0, "")
    out = natsop("diff", "old.yaml", "new.yaml").out
    assert "\n! DataLossAllowed: " in out
    assert "@@ spec.replicas @@\n-3\n+1\n" in out


def test_what_changes_beside_a_refused_change_is_compared(natsop: Natsop) -> None:
    new = ONE.replace("  config:\n", "  config:\n    nats: {port: 4333}\n")
    done = natsop("diff", "old.yaml", "new.yaml", **{"old.yaml": THREE, "new.yaml": new})
    assert "! UnsafeScale: " in done.out
    assert "+port: 4333" in done.out
    assert "@@ spec.replicas @@" not in done.out


def test_warnings_of_the_operator_are_shown_and_are_no_difference(natsop: Natsop) -> None:
    tagged = THREE.replace("spec:\n", "spec:\n  image: {tag: 2.12.0-alpine}\n")
    done = natsop("diff", "old.yaml", "new.yaml", "--exit-code", **{"old.yaml": tagged, "new.yaml": THREE})
    title, warning, *_, total = done.out.splitlines()
    assert title == "NatsCluster default/c (new.yaml:1): warnings"
    assert warning.startswith("! ImageKept: ")
    assert (total, done.code) == ("No differences.", 0)


def test_what_a_status_remembers_is_what_runs(natsop: Natsop) -> None:
    """As `kubectl get natscluster -o yaml | natsop diff - clusters/` reads it."""
    live = f"{ONE}status: {{jetStreamReplicas: 3}}\n".replace("{name: c}", "{name: c, uid: u-1}")
    done = natsop("diff", "live.yaml", "new.yaml", **{"live.yaml": live, "new.yaml": ONE})
    assert "! UnsafeScale: " in done.out
    assert done.out.splitlines()[-1] == "No differences; 1 refused", "neither side names the owner of its objects"


def test_every_refused_change_is_counted(natsop: Natsop) -> None:
    files = {"old.yaml": f"{THREE}---\n{THREE.replace('name: c', 'name: d')}---\n{BOX}"}
    files["new.yaml"] = f"{ONE}---\n{ONE.replace('name: c', 'name: d')}---\n{BOX}"
    assert natsop("diff", "old.yaml", "new.yaml", **files).out.splitlines()[-1] == "No differences; 2 refused"
    assert len(natsop("validate", "-f", "new.yaml", "--old", "old.yaml").err.splitlines()) == 2


def test_a_change_that_is_granted_is_valid(natsop: Natsop) -> None:
    files = {"old.yaml": THREE, "new.yaml": CLUSTER.replace("REPLICAS", "5")}
    assert natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **files).out == "1 valid\n"


def test_an_old_side_that_is_broken_or_invalid_is_a_warning_so_that_its_repair_is_valid(natsop: Natsop) -> None:
    files = {"old/a.yaml": "a: [", "old/b.yaml": THREE.replace("3", "-3"), "new.yaml": THREE}
    done = natsop("validate", "-f", "new.yaml", "--old", "old", **files)
    assert (done.code, done.out) == (0, "1 valid\n")
    assert [line.split(":")[1] for line in done.err.splitlines()] == [" old/a.yaml", " old/b.yaml"]
    assert natsop("validate", "-f", "new.yaml", "--old", "absent.yaml").code == 1


def test_a_change_that_cannot_be_planned_is_told_of(natsop: Natsop) -> None:
    old = THREE + RESOLVER
    new = ONE + RESOLVER
    done = natsop("validate", "-f", "new.yaml", "--old", "old.yaml", **{"old.yaml": old, "new.yaml": new})
    assert done.code == 0
    assert "warning: new.yaml:1: NatsCluster c: Secret j, " in done.err
    assert done.err.endswith(". Its changes are not checked.\n")


def test_a_transition_rule_holds_without_the_secrets(natsop: Natsop) -> None:
    old = THREE + RESOLVER
    done = natsop(
        "validate", "-f", "new.yaml", "--old", "old.yaml",
        **{"old.yaml": old, "new.yaml": old.replace("{type: full, storage: {}}", "{type: memory}")},
    )  # fmt: skip
    assert done.code == 1
    assert "resolver.type cannot change from full to memory" in done.err


def test_standard_input_can_be_one_of_the_inputs_only(natsop: Natsop) -> None:
    with pytest.raises(SystemExit, match="2"):
        natsop("validate", "-f", "-", "--old", "-")
