"""What may be loaded where. Who may import whom stands in pyproject.toml, [tool.importlinter]."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "natsop_core").rglob("*.py"))
OURS = [*CORE, *sorted((ROOT / "natsop_runtime").rglob("*.py"))]

ALLOWED_IN_THE_CORE = {
    *("__future__", "collections", "dataclasses", "functools", "types", "typing"),  # the language
    *(
        "base64",
        "binascii",
        "bisect",
        "calendar",
        "copy",
        "datetime",
        "decimal",
        "hashlib",
        "itertools",
        "json",
        "math",
        "operator",
        "posixpath",
        "re",
        "textwrap",
    ),
    *("importlib", "pkgutil"),  # the vendored OpenAPI is part of the package
    *("pydantic", "pydantic_core", "natsop_core"),
    "nacl",  # .signing: JWTs are verified, and a key is made
}
IMPURE = {"open", "print", "input", "now", "today", "utcnow"}

HEAVY = ("lightkube", "httpx2", "nats", "nkeys", "msgspec", "ssl", "asyncio")
QUICK_START = ROOT / "docs" / "examples" / "quick-start.yaml"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def syntax(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def imported(path: Path) -> Iterator[str]:
    """The top-level modules that a file imports from, wherever in it."""
    for node in syntax(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def calls(path: Path) -> Iterator[str]:
    """The last part of the name of everything that a file calls."""
    for node in syntax(path):
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                yield called


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded after a statement."""
    program = f"import sys\n{statement}\nprint('loaded:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return {module.partition(".")[0] for module in done.stdout.splitlines()[-1].split()}


def test_the_core_imports_only_what_cannot_reach_the_outside() -> None:
    foreign = {(name(path), module) for path in CORE for module in imported(path) if module not in ALLOWED_IN_THE_CORE}
    assert not foreign


def test_the_core_opens_nothing_and_reads_no_clock() -> None:
    impure = {(name(path), called) for path in CORE for called in calls(path) if called in IMPURE}
    assert not impure


@pytest.mark.parametrize(
    "statement",
    [
        "import natsop_core",
        "import natsop_core.reconcile, natsop_core.offline, natsop_core.crd, natsop_core.rbac, natsop_core.ownership",
        "from natsop_runtime.cli import main",
        f"from natsop_runtime.cli import main; main(['render', '-f', {str(QUICK_START)!r}])",
        "from natsop_runtime.cli import main; main(['crds'])",
        "import natsop_runtime.cli.status, natsop_runtime.cli.doctor, natsop_runtime.cli.report, natsop_core.inspect",
    ],
    ids=["package", "core", "command line", "render", "crds", "commands that talk to a cluster"],
)
def test_no_http_client_is_loaded_where_none_is_needed(statement: str) -> None:
    assert not loaded_by(statement) & set(HEAVY)


def test_the_operator_does_load_one() -> None:
    assert {"lightkube", "httpx2", "asyncio"} <= loaded_by("import natsop_runtime.main")


def test_the_operator_starts_without_loading_what_few_operators_need() -> None:
    loaded = loaded_by(
        "import natsop_runtime.main; from natsop_runtime.serving.certificates import self_signed; self_signed('here')"
    )
    assert not loaded & {"cryptography", "nats", "nkeys", "nacl", "ruamel", "httpcore2", "h2", "anyio"}


def test_a_file_can_be_read_at_once() -> None:
    written = (path for path in OURS if name(path) != "natsop_core/kubernetes/types.py")  # which is generated
    assert not [name(path) for path in written if len(path.read_text().splitlines()) > 300]
