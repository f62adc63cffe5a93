"""The options of `natsop run`, from the command line and the environment, with defaults."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Callable, Iterator, Set
from typing import Any, Final

from natsop_core.run_options import PREFIX, SWITCH_VALUES, variable
from natsop_runtime.settings import RunSettings

VARIABLES: Final = f"""\
Each option can also be set by an environment variable: --log-level by {PREFIX}LOG_LEVEL, and so on; a switch by true or
false. An empty variable counts as not set. The command line takes precedence."""

_SERVICE: Final = re.compile(f"{PREFIX}(SERVICE_HOST|SERVICE_PORT|PORT)(_.*)?")
"""What the kubelet sets in pods of a namespace in which a Service is named `natsop`."""


class Options:
    """Adds options, and makes the settings of what the command line and the environment say."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._defaults = RunSettings()
        self._read: dict[str, Callable[[str], Any]] = {}

    def add(self, flag: str, read: Callable[[str], Any], metavar: str, help_: str) -> None:
        """An option with a value, which `read` makes of a text."""
        usual = getattr(self._defaults, _field(flag))
        says = f"{help_}; default: {usual}" if usual else help_
        self._read[_field(flag)] = read
        self._parser.add_argument(flag, type=read, default=argparse.SUPPRESS, metavar=metavar, help=says)

    def switch(self, flag: str, help_: str) -> None:
        """An option that is on or off: `--flag`, `--flag=true`, `--flag=false` or `--no-flag`."""
        says = f"{help_}; default: {'on' if getattr(self._defaults, _field(flag)) else 'off'}"
        self._read[_field(flag)] = _truth
        shared: dict[str, Any] = {"dest": _field(flag), "default": argparse.SUPPRESS}
        self._parser.add_argument(flag, nargs="?", const=True, type=_truth, metavar="{true,false}", help=says, **shared)
        self._parser.add_argument(f"--no-{flag[2:]}", action="store_false", help=f"same as {flag}=false", **shared)

    def settings(self, arguments: argparse.Namespace) -> RunSettings:
        """What is set, and where nothing is, the default. Ends the program where the environment makes no sense."""
        given = {field: getattr(arguments, field) for field in self._read if hasattr(arguments, field)}
        return RunSettings(**given, **dict(self._from_environment(self._read.keys() - given.keys())))

    def _from_environment(self, fields: Set[str]) -> Iterator[tuple[str, Any]]:
        for field in sorted(fields):
            if text := os.environ.get(variable(field)):
                try:
                    yield field, self._read[field](text)
                except argparse.ArgumentTypeError as error:
                    self._parser.error(f"environment variable {variable(field)}: {error}")

    def unknown_variables(self) -> Iterator[str]:
        """A sentence about each variable that looks like one of ours and is none."""
        known = [variable(field) for field in self._read]
        for name in sorted(os.environ):
            if name.startswith(PREFIX) and name not in known and not _SERVICE.fullmatch(name):
                meant = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
                hint = f"; did you mean {meant[0]}?" if meant else "."
                yield f"The environment variable {name} is ignored: there is no such option{hint}"


def one_of(*words: str) -> Callable[[str], str]:
    """What reads one of these words. Unlike `choices`, it also reads what the environment says."""

    def read(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(words)}")
        return text

    return read


def _truth(text: str) -> bool:
    if text not in SWITCH_VALUES:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return SWITCH_VALUES[text]


def _field(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
