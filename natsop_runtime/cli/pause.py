"""natsop pause: stop the operator from writing anything but the status of one custom resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.names import PAUSED_ANNOTATION
from natsop_runtime.cli.remote import Remote, add_target
from natsop_runtime.cli.remote import add_parser as add_remote_parser

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from natsop_core.inspect.target import Target

EXAMPLES: Final = """\
examples:
  %(prog)s my-nats
  %(prog)s box/my-box -n prod

Sets the annotation nats.crewlet.cloud/paused. Until `natsop resume`, edits of the spec wait, and nothing that somebody
changes by hand is put back. Servers keep running; the status goes on telling of them. Deleting works as usual.

exit code: 0 done, 1 refused, 2 wrong usage
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "pause",
        help_="stop the operator from changing anything for one resource",
        about="Stop the operator from changing anything for a NatsCluster or NatsBox, except for its status.",
        examples=EXAMPLES,
    )
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Set the annotation."""
    target = annotate(arguments, "true")
    print(f"{target} is paused; `natsop resume` ends that.")
    return 0


def annotate(arguments: Namespace, word: str | None) -> Target:
    """Set the annotation, or remove it."""
    remote = Remote(arguments)
    target = remote.target(arguments)
    patch = {"metadata": {"annotations": {PAUSED_ANNOTATION: word}}}
    remote.change(target.resource, target.resource.key(target.namespace, target.name), patch)
    return target
