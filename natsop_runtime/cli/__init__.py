"""The `natsop` command. Each subcommand is a module of its own, with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from natsop_runtime.cli.sources import InputError, print_error
from natsop_runtime.version import natsop_version

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

COMMANDS: Final = (
    *("render", "conf", "validate", "diff", "explain", "crds", "run"),
    *("status", "doctor", "report", "pause", "resume", "restart"),
)

GC_THRESHOLD: Final = 100_000
"""New objects after which Python's garbage collector runs, instead of 700: loading modules and models makes many of
them and no garbage. `natsop run` sets its own."""

WRONG_USAGE: Final = 2

INTERRUPTED: Final = 130
"""What a shell makes of a program that SIGINT ended."""

EXAMPLES: Final = """\
`natsop COMMAND --help` shows examples of each.
"""


def kubectl() -> int:
    """The same as a plugin of kubectl: `kubectl natsop`."""
    return main(program="kubectl natsop")


def main(arguments: Sequence[str] | None = None, *, program: str = "natsop") -> int:
    """Run the subcommand that the arguments name. Its exit code, 1 for an invalid input, 2 for wrong usage."""
    gc.set_threshold(GC_THRESHOLD)
    given = sys.argv[1:] if arguments is None else list(arguments)
    _open_streams()
    _print_utf_8()
    try:
        parsed = _parser(program, given).parse_args(given)
        exit_code: int = parsed.run(parsed)
        sys.stdout.flush()
    except InputError as error:
        for line in error.args:
            print_error(line)
        return 1
    except BrokenPipeError:  # `natsop render … | head` wants no more
        _discard_output()
        return 0
    except OSError as error:  # of standard output: a full disk, for example
        _discard_output()
        print_error(f"{program}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return exit_code


def _parser(program: str, arguments: list[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description="NATS on Kubernetes: review it, or run the operator.", epilog=EXAMPLES)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for name in _needed(arguments):
        import_module(f"natsop_runtime.cli.{name}").add_parser(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser to which an option's first letters are not the option: a later one could begin with them, too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help. Raises OSError if that fails, which argparse ignores."""
        if file is None:
            print(self.format_help(), end="", flush=True)
        else:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, which may quote an argument: what could steer a terminal is escaped."""
        self.print_usage(sys.stderr)
        print_error(f"{self.prog}: error: {message}")
        self.exit(WRONG_USAGE)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"natsop {natsop_version()}", flush=True)
        parser.exit()


def _open_streams() -> None:
    """Open those of the standard streams that are closed (`natsop … >&-`), on nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (until the end)


def _discard_output() -> None:
    """Forget what is not printed yet, which Python would try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_utf_8() -> None:
    """Print UTF-8 whatever the locale says, as Kubernetes reads it, and bytes of a file that are none as they were."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _needed(arguments: list[str]) -> Sequence[str]:
    """The subcommand that is called, alone: the others need not be loaded. All of them, to say what there is."""
    return arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS
