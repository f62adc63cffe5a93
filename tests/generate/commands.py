"""The reference of the command line, from the commands' parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from natsop_runtime.cli import COMMANDS
from tests.generate.chart import ROOT

PAGE: Final = ROOT / "docs" / "reference" / "cli.md"

_INTRODUCTION: Final = """\
# Command line

`kubectl natsop COMMAND` is the same as `natsop COMMAND`, and `--help` shows the same as this page, which is generated.
`natsop --version` prints the version.
"""


def files() -> Iterator[tuple[Path, str]]:
    """The reference page."""
    yield PAGE, _INTRODUCTION + "".join(_section(name, parser_of(name)) for name in COMMANDS)


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of a command's arguments."""
    commands = argparse.ArgumentParser(prog="natsop").add_subparsers()
    import_module(f"natsop_runtime.cli.{name}").add_parser(commands)
    parser: argparse.ArgumentParser = commands.choices[name]
    return parser


def _section(name: str, parser: argparse.ArgumentParser) -> str:
    """No `format_help`, whose layout differs between versions of Python."""
    rows = "\n".join(_row(each) for each in parser._actions if each.help != argparse.SUPPRESS)  # noqa: SLF001
    table = f"| argument | meaning |\n| --- | --- |\n{rows}"
    return f"\n## natsop {name}\n\n{parser.description}\n\n{table}\n\n```text\n{(parser.epilog or '').strip()}\n```\n"


def _row(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or "|".join(action.choices or ()) or action.dest.upper())
    names = ", ".join(f"`{flag} {value}`" if value else f"`{flag}`" for flag in action.option_strings) or f"`{value}`"
    meaning = (action.help or "") % vars(action)
    return f"| {_cell(names)} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
