"""natsop resume: end a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_runtime.cli.pause import annotate
from natsop_runtime.cli.remote import add_parser as add_remote_parser
from natsop_runtime.cli.remote import add_target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

EXAMPLES: Final = """\
examples:
  %(prog)s my-nats
  %(prog)s box/my-box -n prod

exit code: 0 done, 1 refused, 2 wrong usage
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "resume",
        help_="end a pause and apply pending changes",
        about="Resume a paused NatsCluster or NatsBox. The operator applies the pending changes.",
        examples=EXAMPLES,
    )
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Remove the annotation."""
    print(f"{annotate(arguments, None)} is resumed.")
    return 0
