"""The options of `natsop run` as texts, in arguments and environment variables.

`natsop run` parses its own with argparse; `natsop doctor` reads them from the pod of an operator. Both use these rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

PREFIX: Final = "NATSOP_"

SWITCH_VALUES: Final[Mapping[str, bool]] = {"true": True, "false": False}


def variable(flag: str) -> str:
    """The environment variable that sets an option. The command line takes precedence; an empty one is not set."""
    return PREFIX + flag.removeprefix("--").replace("-", "_").upper()


def split_names(text: str) -> tuple[str, ...]:
    """The names in a list with commas; spaces around them do not count."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def text_of(flag: str, words: Sequence[str], environment: Mapping[str, str]) -> str:
    """The value of an option; empty if it is not set. A switch without a value is "true", `--no-flag` is "false"."""
    found = environment.get(variable(flag), "")
    for word, following in pairwise((*words, "-")):
        name, has_value, value = word.partition("=")
        if name == flag:
            stands_alone = following.startswith("-")
            found = value if has_value else "true" if stands_alone else following
        elif word == f"--no-{flag.removeprefix('--')}":
            found = "false"
    return found
