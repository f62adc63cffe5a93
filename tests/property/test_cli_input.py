"""Whatever is in the files that a command reads: it ends as documented, and each line that it says names the place."""

from __future__ import annotations

import io
import json
import re
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from natsop_runtime.cli import main
from natsop_runtime.cli.sources import LARGEST

FOLDER: Final = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES: Final = [path.read_text() for path in sorted(FOLDER.glob("*.yaml"))]
VALID: Final = (FOLDER / "quick-start.yaml").read_bytes()

COMMANDS: Final = (
    "validate -f a.yaml",
    "validate -f - -f valid.yaml",
    "validate -f valid.yaml --old a.yaml",
    "render -f a.yaml --stand-ins",
    "render -f a.yaml --output-dir out",
    "conf -f a.yaml --stand-ins",
    "conf -f a.yaml --list",
    "diff a.yaml valid.yaml",
    "diff valid.yaml a.yaml --show-secrets",
    "diff valid.yaml valid.yaml --with a.yaml",
    "status c --kubeconfig a.yaml",
)

SAID: Final = re.compile(
    r"""(warning:\ )?(a\.yaml|<stdin>|valid\.yaml)(:\d+(:\d+)?)?:\ \S.*
    |   There\ is\ no\ NatsCluster(\ or\ NatsBox)?\ in\ the\ input\.
    |   There\ are\ several\ NatsClusters\ in\ the\ input:\ .*\ Choose\ one\ with\ --cluster\.
    |   No\ Kubernetes\ cluster\ to\ work\ with:\ .*a\.yaml.*\.""",
    re.VERBOSE,
)

PIECES: Final = (
    *("{", "[", "]", "}", ": ", ":", ",", "- ", "\n", "\n\n  ", "\t", "  ", "? ", "'", '"', "#", "|\n", ">-\n", "@"),
    *("&a ", "*a", "<<: *a", "!!int ", "!x ", "!!binary ", "%YAML 1.1\n---\n", "%TAG ! x\n", "%", "\\", "---\n"),
    *("\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\U0001f600", "ü", "\\ud83d\\ude00", "\\ud83d"),
    *("9" * 5_000, "-1", "1e999", "1e30", ".nan", ".inf", "0x", "0o8", "~", "null", "true", "2026-01-02"),
    *("x" * 2_000, "[" * 300, "nats://h:4222", "[nats://h:4222]", "kind: List\nitems:\n", "kind: NatsBox\n"),
    *("spec: 5\n", "metadata: []\n", "clusters: []\ncontexts: []\n", "current-context: c\n"),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid file in which some pieces are replaced."""
    text = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[start + draw(st.integers(0, 20)) :]
    return text


values: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def resource(kind: str, fields: dict[str, Any]) -> str:
    return json.dumps({"apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": kind, "metadata": {"name": "c"}, **fields})


texts: Final = st.one_of(
    damaged(),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.builds(lambda piece, times: (piece * times)[: 2**16], st.sampled_from(PIECES), st.integers(2, 2**14)),
    st.builds(
        resource,
        st.sampled_from(("NatsCluster", "NatsBox", "Secret", "ConfigMap", "List")),
        st.dictionaries(st.sampled_from(("spec", "metadata", "status", "data", "items", "apiVersion")), values),
    ),
)
ENCODINGS: Final = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1")
contents: Final = st.one_of(
    st.builds(lambda text, encoding: text.encode(encoding, "replace"), texts, st.sampled_from(ENCODINGS)),
    st.binary(max_size=64),
)


@dataclass(frozen=True)
class Done:
    code: int
    lines: list[str]


def natsop(command: str, content: bytes, locale: str) -> Done:
    """Run a command where a.yaml and standard input have this content, with streams as a locale makes them."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding=locale)
    said = io.TextIOWrapper(io.BytesIO(), encoding=locale, errors="backslashreplace")
    given_ = io.TextIOWrapper(io.BytesIO(content), encoding=locale)
    with TemporaryDirectory() as folder, chdir(folder), patch("sys.stdin", given_):
        Path("a.yaml").write_bytes(content)
        Path("valid.yaml").write_bytes(VALID)
        with redirect_stdout(printed), redirect_stderr(said):
            code = main(command.split())
        said.flush()
    return Done(code, said.buffer.getvalue().decode(locale).splitlines())


@pytest.mark.parametrize("command", COMMANDS)
@given(content=contents, locale=st.sampled_from(("ascii", "latin-1", "utf-8")))
@example(content=b"#" * (LARGEST + 1), locale="ascii")
@example(content=b"", locale="ascii")
@example(content=b"\xff", locale="ascii")
def test_a_command_ends_as_documented_and_names_places(command: str, content: bytes, locale: str) -> None:
    done = natsop(command, content, locale)
    assert done.code in (0, 1)
    assert all(SAID.fullmatch(line) for line in done.lines), done.lines
    warnings = [line for line in done.lines if line.startswith("warning: ")]
    assert (done.code == 0) == (warnings == done.lines), done.lines
