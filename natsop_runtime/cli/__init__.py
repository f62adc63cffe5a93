"""The `natsop` command. Each subcommand is a module of its own, with `add_parser` and `run`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from natsop_runtime.cli import crds, render, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the arguments name; its exit code, or 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="natsop", description="NATS on Kubernetes: render it, or run the operator.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (render, crds, run):
        command.add_parser(commands)
    parsed = parser.parse_args(arguments)
    exit_code: int = parsed.run(parsed)
    return exit_code
