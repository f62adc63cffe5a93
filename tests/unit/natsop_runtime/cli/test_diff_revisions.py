"""natsop diff --git: two revisions of a folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.natsop_runtime.cli.natsop import CLUSTER, Natsop

LARGER = CLUSTER.replace("spec:\n", "spec:\n  replicas: 3\n")


def commit(text: str | None, tag: str, file: str = "clusters/c.yaml") -> None:
    shutil.rmtree("clusters", ignore_errors=True)
    if text is not None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text)
    Path("other.txt").write_text(tag)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", tag], ["tag", tag]):
        subprocess.run([*git, *command], check=True)


def test_two_revisions_of_a_folder_are_compared(natsop: Natsop) -> None:
    commit(CLUSTER, "one")
    commit(LARGER, "two")
    done = natsop("diff", "--git", "one", "two", "clusters")
    assert (done.code, "@@ spec.replicas @@\n-1\n+3\n" in done.out) == (0, True)


def test_a_folder_below_is_meant_from_there(natsop: Natsop, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(CLUSTER, "one")
    commit(LARGER, "two")
    monkeypatch.chdir("clusters")
    assert "1 added, 3 changed" in natsop("diff", "--git", "one", "two").out


def test_a_folder_that_a_revision_has_not_is_empty(natsop: Natsop) -> None:
    commit(None, "one")
    commit(CLUSTER, "two")
    assert natsop("diff", "--git", "one", "two", "clusters", "--summary").out.splitlines()[-1] == "4 added"


def test_an_error_names_revision_file_and_line(natsop: Natsop) -> None:
    commit(CLUSTER, "one")
    commit(CLUSTER.replace("4333", "0"), "two")
    assert natsop("diff", "--git", "one", "two").err.startswith("two:clusters/c.yaml:7: NatsCluster c: ")


@pytest.mark.parametrize("revision", ["three", "--all", "one:clusters"])
def test_an_unknown_revision_is_told(natsop: Natsop, revision: str) -> None:
    commit(CLUSTER, "one")
    assert natsop("diff", "--git", "one", "--", revision).err == f"{revision}: git knows no such revision here\n"


@pytest.mark.parametrize("path", ["clutsers", "clutsers/", "other.txt/x", "../outside"])
def test_a_path_that_neither_revision_has_is_a_mistake(natsop: Natsop, path: str) -> None:
    commit(CLUSTER, "one")
    commit(LARGER, "two")
    done = natsop("diff", "--git", "one", "two", "clusters", path)
    assert (done.code, done.out) == (1, "")
    assert path in done.err


def test_a_broken_file_of_the_old_revision_is_a_warning(natsop: Natsop) -> None:
    commit("a: [\n", "one")
    commit(CLUSTER, "two")
    done = natsop("diff", "--git", "one", "two", "--summary")
    assert (done.code, done.err.startswith("warning: one:clusters/c.yaml:2:1: ")) == (0, True)
    assert natsop("diff", "--git", "two", "one").err.startswith("one:clusters/c.yaml:2:1: ")


def test_folders_below_are_compared_and_hidden_ones_are_not(natsop: Natsop) -> None:
    commit(CLUSTER, "one", "clusters/prod/deep/c.yaml")
    commit("a: [\n", "two", "clusters/.github/c.yaml")
    assert natsop("diff", "--git", "one", "two", "clusters", "--summary").out.splitlines()[-1] == "4 removed"


def test_a_link_is_no_file_of_its_own(natsop: Natsop) -> None:
    commit(CLUSTER, "one")
    commit(LARGER, "two")
    Path("clusters/link.yaml").symlink_to("c.yaml")
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "three"], check=True)
    assert "1 added, 3 changed" in natsop("diff", "--git", "one", "HEAD").out


def test_a_file_is_compared_whatever_it_is_called(natsop: Natsop) -> None:
    commit(CLUSTER, "one", "clusters/c.txt")
    commit(LARGER, "two", "clusters/c.txt")
    assert "1 added, 3 changed" in natsop("diff", "--git", "one", "two", "clusters/c.txt").out


def test_what_git_refuses_it_says_itself(natsop: Natsop, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(CLUSTER, "one")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    done = natsop("diff", "--git", "one", "one")
    assert (done.code, "detected dubious ownership" in done.err, "safe.directory" in done.err) == (1, True, True)


def test_outside_of_a_repository_git_says_so(natsop: Natsop) -> None:
    assert "not a git repository" in natsop("diff", "--git", "one", "two").err


def test_a_shallow_clone_is_named_as_why_a_revision_is_unknown(natsop: Natsop, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(CLUSTER, "one")
    commit(LARGER, "two")
    here = Path.cwd()
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{here}", "shallow"], check=True)
    monkeypatch.chdir("shallow")
    assert natsop("diff", "--git", "HEAD~1", "HEAD").err == (
        "HEAD~1: git knows no such revision here; this clone is shallow:"
        " fetch more of its history (git fetch --unshallow)\n"
    )
