"""natsop doctor: checks of the operator and its clusters, each with a remedy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from natsop_runtime.cli.remote import EXIT_CODES, Remote, add_output, add_target
from natsop_runtime.cli.remote import add_parser as add_remote_parser

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

EXAMPLES: Final = f"""\
examples:
  %(prog)s                     the operator, and all resources of the namespace
  %(prog)s my-nats -n prod
  %(prog)s -o json

Nothing is changed. A check without the right to read is shown as unknown (?), and names the missing right. The check of
the operator's rights needs the right to create SubjectAccessReviews.

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "doctor",
        help_="check the operator, the CRDs, rights and clusters",
        about="Check the operator and its clusters, and print a remedy for each problem.",
        examples=EXAMPLES,
    )
    add_target(parser, is_needed=False)
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print all checks."""
    from natsop_core.inspect.doctor import checks  # noqa: PLC0415 (builds the CRDs' schemas)
    from natsop_core.inspect.screen import checks_screen  # noqa: PLC0415

    remote = Remote(arguments)
    target = remote.target(arguments) if arguments.target else None
    made, view = remote.look(lambda view: checks(target, remote.namespace, view))
    found = [each.as_dict() for each in made]
    if arguments.output == "json":
        print(json.dumps({"checks": found, "notKnown": view.failures}, indent=2))
    else:
        print(f"{remote.described}, namespace {remote.namespace}\n")
        print(checks_screen(found, view.failures))
    return 1 if any(each.outcome == "problem" for each in made) else 0
