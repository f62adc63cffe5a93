"""natsop explain: what a condition, reason or event means, and what to do about it."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from natsop_core.reasons.explain import explanation, overview, page, words
from natsop_runtime.cli.sources import print_error

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

EXAMPLES: Final = """\
examples:
  natsop explain                 all conditions, reasons and events, each in one line
  natsop explain UnsafeScale     what one of them means, and what to do

Exit codes: 0, or 2 for a word that no condition, reason or event has.
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "explain",
        help="explain a condition, reason or event",
        description="Explain a condition, a reason, or an event of a NatsCluster or NatsBox.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "word", nargs="?", metavar="REASON", help="a condition type or reason, as in the status or the event"
    )
    parser.add_argument("--markdown", action="store_true", help="print the page docs/troubleshooting.md")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the explanation."""
    if arguments.word is None:
        print(page() if arguments.markdown else overview(), end="")
        return 0
    known = {word.lower(): word for word in words()}
    word = known.get(arguments.word.lower())
    if word is None:
        print_error(_unknown(arguments.word, known))
        return 2
    print(explanation(word), end="")
    return 0


def _unknown(word: str, known: dict[str, str]) -> str:
    near = [known[each] for each in get_close_matches(word.lower(), known, n=3)]
    hint = f"did you mean {' or '.join(near)}?" if near else "`natsop explain` lists all."
    return f"natsop explain: there is no condition, reason or event {word}: {hint}"
