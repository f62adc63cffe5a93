"""natsop status: what runs, what is wrong, what is refused and why, in one screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from natsop_core.inspect.overview import overview
from natsop_core.inspect.screen import status_screen
from natsop_runtime.cli.remote import EXIT_CODES, Remote, add_output, add_target, not_found
from natsop_runtime.cli.remote import add_parser as add_remote_parser

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

EXAMPLES: Final = f"""\
examples:
  %(prog)s my-nats
  %(prog)s my-nats -n prod -o json
  %(prog)s box/my-box

Streams and health come from the servers, through the API server, which needs the right "get pods/proxy"; without it,
everything else is shown. A paused resource does not count as a problem.

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "status",
        help_="show what a cluster runs, what is wrong and what to do",
        about="Show what a NatsCluster or NatsBox runs, what is wrong or refused and why, quorum and streams."
        " Nothing is changed.",
        examples=EXAMPLES,
    )
    add_target(parser)
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the status."""
    remote = Remote(arguments)
    target = remote.target(arguments)
    found, view = remote.look(lambda view: overview(target, view))
    if found is None:
        raise not_found(target, view)
    print(json.dumps(found, indent=2) if arguments.output == "json" else status_screen(found))
    return 0 if found["healthy"] else 1
