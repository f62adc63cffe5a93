"""The blocks of every page: YAML that natsop takes, commands whose options exist, Python that compiles, real names."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path
from typing import Final

import pytest
from ruamel.yaml import YAML

from natsop_runtime.cli import COMMANDS, main
from tests.generate.commands import parser_of
from tests.pages import OURS, ROOT, Block, blocks_of, checked, script_of

_COMMAND: Final = re.compile(r"\b(?:kubectl )?natsop (\S[^|>;&\n]*)")


def natsop_commands(script: str) -> list[list[str]]:
    """The arguments of each call of natsop in a script."""
    return [shlex.split(found[1], comments=True) for found in _COMMAND.finditer(script.replace("\\\n", " "))]


@pytest.mark.parametrize("block", checked("yaml"), ids=lambda each: each.place)
def test_yaml_on_a_page_parses_and_natsop_takes_it(block: Block, tmp_path: Path) -> None:
    assert [each for each in YAML(typ="safe").load_all(block.text) if each is not None]
    if OURS.search(block.text):
        file = tmp_path / "block.yaml"
        file.write_text(block.text)
        assert main(["validate", "-f", str(file)]) == 0


@pytest.mark.parametrize("block", checked("sh", "console"), ids=lambda each: each.place)
def test_a_shell_parses_the_commands_of_a_page(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=script_of(block), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [each for block in checked("sh", "console") for each in natsop_commands(script_of(block)) if each[0] in COMMANDS],
    ids=" ".join,
)
def test_the_options_of_a_natsop_command_on_a_page_exist(command: list[str]) -> None:
    parser_of(command[0]).parse_args(command[1:])


def test_every_natsop_command_on_a_page_is_one() -> None:
    given = [each for block in checked("sh", "console") for each in natsop_commands(script_of(block))]
    assert len(given) > 5
    assert [each for each in given if each[0] not in (*COMMANDS, "--version", "--help", "COMMAND")] == []


@pytest.mark.parametrize("block", checked("python"), ids=lambda each: each.place)
def test_python_on_a_page_compiles(block: Block) -> None:
    ast.parse(block.text)


def test_a_block_is_left_out_only_for_a_reason() -> None:
    page = "<!-- not checked: a part -->\n```yaml\na: [\n```\n\n  ```sh\n  natsop render -f x | cat\n  ```\n"
    left_out, script = blocks_of("p", page)
    assert (left_out.reason, script.reason) == ("a part", "")
    assert (script.place, script.text) == ("p:6", "natsop render -f x | cat\n")
    assert natsop_commands(script.text) == [["render", "-f", "x"]]


def test_the_files_that_a_field_is_added_in_have_the_names_of_the_example() -> None:
    page = (ROOT / "docs" / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", page, re.MULTILINE)
    assert len(rows) == 7
    assert [row for row in rows if row[1] not in (ROOT / row[0]).read_text()] == []


def test_the_modules_that_the_architecture_names_exist() -> None:
    page = (ROOT / "docs" / "contributing" / "architecture.md").read_text()
    named = re.findall(r"`(natsop_(?:core|runtime)/[^`]+)`", page)
    assert len(named) > 10
    assert [each for each in named if not (ROOT / each).exists()] == []
