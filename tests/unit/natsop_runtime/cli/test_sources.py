"""Which files a command reads, and as what text."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.natsop_runtime.cli.natsop import BOX, CLUSTER, Natsop

ROOT = Path(__file__).parents[4]


def test_a_folder_is_read_with_all_folders_below(natsop: Natsop) -> None:
    files = {"all/b.yml": BOX, "all/prod/deep/c.yaml": CLUSTER, "all/prod/readme.md": "# no YAML"}
    assert natsop("validate", "-f", "all", **files).out == "2 valid\n"
    broken = natsop("validate", "-f", "all", **{"all/prod/d.yaml": CLUSTER.replace("4333", "0")})
    assert (broken.code, broken.err.startswith("all/prod/d.yaml:7: ")) == (1, True)
    assert (
        "added StatefulSet default/c" in natsop("diff", "all/b.yml", "all", "--summary", **{"all/prod/d.yaml": ""}).out
    )


def test_hidden_folders_are_not_read_unless_they_are_named(natsop: Natsop) -> None:
    files = {".x/a.yaml": CLUSTER, ".x/.github/w.yaml": "a: [", ".x/.git/c.yaml": "a: ["}
    assert natsop("validate", "-f", ".x", **files).out == "1 valid\n"


def test_every_broken_file_is_named_at_once(natsop: Natsop) -> None:
    done = natsop("validate", "-f", "all", **{"all/a.yaml": "a: [", "all/b.yaml": CLUSTER, "all/c.yaml": "{"})
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["all/a.yaml", "all/c.yaml"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_and_standard_input_are_utf_8_with_or_without_a_mark(
    natsop: Natsop, monkeypatch: pytest.MonkeyPatch, mark: bytes
) -> None:
    content = mark + CLUSTER.replace("name: c", "name: c, labels: {a: ü}").encode()
    Path("a.yaml").write_bytes(content)
    for file in ("a.yaml", "-"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="latin-1"))
        assert "metadata.labels" in natsop("validate", "-f", file).err


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_what_is_printed_is_utf_8_whatever_the_locale_says(locale: str) -> None:
    text = CLUSTER.replace("spec:\n", "spec:\n  service: {annotations: {note: größer — ≥ 1}}\n")
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-m", "natsop_runtime", "render", "-f", "-"],
        input=text.encode(), capture_output=True, check=False, env=environment, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "note: 'größer — ≥ 1'\n" in done.stdout.decode()


def test_a_number_of_thousands_of_digits_is_an_error_with_its_place(natsop: Natsop) -> None:
    done = natsop("validate", "-f", "a.yaml", **{"a.yaml": CLUSTER.replace("4333", "9" * 5_000)})
    assert (done.code, done.err.startswith("a.yaml:7: NatsCluster c: spec.config.nats.port: ")) == (1, True)
