"""The `natsop` command. Each subcommand is a module of its own, with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from natsop_runtime.cli.documents import InputError

COMMANDS: Final = ("render", "conf", "validate", "diff", "explain", "crds", "run")

EXAMPLES: Final = """\
`natsop COMMAND --help` shows examples of each.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the arguments name; its exit code, 1 for an invalid input, or 2 for wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="natsop", description="NATS on Kubernetes: review it, or run the operator.", epilog=EXAMPLES
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
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


def _needed(arguments: list[str]) -> Sequence[str]:
    """The subcommand that is called, alone: the others need not be loaded. All of them, to say what there is."""
    return arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS
