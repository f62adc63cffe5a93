"""What the documentation shows works: Python snippets run, and the CI snippet's commands too."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
LIBRARY = (ROOT / "docs" / "how-to" / "library.md").read_text()
README = (ROOT / "README.md").read_text()


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", LIBRARY + README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, "spec.config.nats.port → "),
        (1, "StatefulSet my-nats"),
        (2, "spec: config.serverNamePrefix cannot change"),
        (2, "UnsafeScale "),
        (3, "StatefulSet a\n"),
    ],
)
def test_a_snippet_runs(number: int, printed: str) -> None:
    command = [sys.executable, "-c", snippets("python")[number]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert printed in done.stdout


def test_all_snippets_are_run() -> None:
    assert len(snippets("python")) == 4


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A pull request that makes a cluster larger: the commit `base`, and a commit on top."""
    quick_start = (ROOT / "docs" / "examples" / "quick-start.yaml").read_text()
    clusters = tmp_path / "work" / "clusters"
    clusters.mkdir(parents=True)
    git = ["git", "-C", str(clusters.parent), "-c", "user.name=n", "-c", "user.email=e"]
    for text, tag in ((quick_start, "base"), (quick_start.replace("replicas: 3", "replicas: 5"), "head")):
        (clusters / "my-nats.yaml").write_text(text)
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", tag], ["tag", tag]):
            subprocess.run([*git, *command], check=True)
    return clusters.parent


def test_the_ci_snippet_shows_what_a_pull_request_changes(repository: Path, tmp_path: Path) -> None:
    workflow: dict[str, Any] = YAML(typ="safe").load(snippets("yaml")[0])
    steps = [step["run"] for step in workflow["jobs"]["review"]["steps"] if "natsop " in step.get("run", "")]
    assert len(steps) == 2
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "natsop").write_text(f'#!/bin/sh\nexec {sys.executable} -m natsop_runtime "$@"\n')
    (bin_folder / "natsop").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "BASE": "base",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    for step in steps:
        subprocess.run(["bash", "-e", "-c", step], cwd=repository, env=environment, check=True)
    summary = (tmp_path / "summary").read_text()
    assert "changed StatefulSet default/my-nats: its pods are replaced" not in summary
    assert "@@ spec.replicas @@\n-3\n+5\n" in summary
