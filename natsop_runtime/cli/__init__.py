"""The `natsop` command. Each subcommand is a module of its own, with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from natsop_runtime.cli.sources import InputError

COMMANDS: Final = (
    *("render", "conf", "validate", "diff", "explain", "crds", "run"),
    *("status", "doctor", "report", "pause", "resume", "restart"),
)

EXAMPLES: Final = """\
`natsop COMMAND --help` shows examples of each.
"""


def kubectl() -> int:
    """The same as a plugin of kubectl: `kubectl natsop`."""
    return main(program="kubectl natsop")


def main(arguments: Sequence[str] | None = None, *, program: str = "natsop") -> int:
    """Run the subcommand that the arguments name; its exit code, 1 for an invalid input, or 2 for wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    _print_utf_8()
    parser = _Parser(prog=program, description="NATS on Kubernetes: review it, or run the operator.", epilog=EXAMPLES)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for name in _needed(given):
        import_module(f"natsop_runtime.cli.{name}").add_parser(commands)
    parsed = parser.parse_args(given)
    try:
        exit_code: int = parsed.run(parsed)
        sys.stdout.flush()
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # `natsop render … | head` wants no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return exit_code


class _Parser(argparse.ArgumentParser):
    """A parser to which an option's first letters are not the option: a later one could begin with them, too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"natsop {version('natsop')}")
        parser.exit()


def _print_utf_8() -> None:
    """Print UTF-8 whatever the locale says, as Kubernetes reads it, and bytes of a file that are none as they were."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _needed(arguments: list[str]) -> Sequence[str]:
    """The subcommand that is called, alone: the others need not be loaded. All of them, to say what there is."""
    return arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS
