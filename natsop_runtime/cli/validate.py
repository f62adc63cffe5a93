"""natsop validate: checks custom resources as an API server does, without one."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import changed_cluster
from natsop_runtime.cli.documents import parse, read_documents
from natsop_runtime.cli.planned import key_of, planned, read_side
from natsop_runtime.cli.resources import (
    EXIT_CODES,
    add_beside,
    add_files,
    check_stdin,
    problem_lines,
    resources_of,
    warn,
)
from natsop_runtime.cli.sources import InputError, read_sources

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Iterator, Sequence

    from natsop_runtime.cli.sources import Source

EXAMPLES: Final = f"""\
examples:
  natsop validate -f cluster.yaml                        types, bounds, unknown fields and rules
  natsop validate -f clusters/                           every file of a folder and of those below
  natsop validate -f cluster.yaml --old previous.yaml    and what must not change
  natsop validate -f clusters/ --old before/ --with jwt-secrets.yaml

With --old, a change counts as invalid when the API server refuses it, and when the operator does, beside what the old
resource runs (such as UnsafeScale or ImmutableField). Secrets and ConfigMaps that are not in the input count as being
there, save for JWTs: give those --with a file. An old file that is broken or invalid is a warning.

Whether the Secrets and ConfigMaps exist that a resource refers to, `natsop render` says.

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "validate",
        help="check custom resources as an API server does",
        description="Check NatsClusters and NatsBoxes as an API server with our CustomResourceDefinitions does when"
        " kubectl applies them, with strict field validation. Other objects of the input are not looked at.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_files(parser)
    parser.add_argument(
        "--old", action="append", default=[], metavar="FILE",
        help="file or folder with the resources as they were before: changes of them that would be refused count, too",
    )  # fmt: skip
    add_beside(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Check; a line for each fault, or one that counts what is valid."""
    check_stdin(arguments.parser, [*arguments.filename, *arguments.old, *arguments.beside])
    sources = read_sources(arguments.filename)
    resources = resources_of(parse(sources), strict=True)
    if arguments.old and (refused := list(_refused(arguments, sources))):
        raise InputError(*refused)
    print(f"{len(resources)} valid")
    return 0


def _refused(arguments: Namespace, sources: Sequence[Source]) -> Iterator[str]:
    """A line for each change that the API server or the operator refuses, of resources that are on both sides."""
    beside = read_documents(arguments.beside)
    old, new = read_side(read_sources(arguments.old), beside), read_side(sources, beside)
    warn(f"{line.removesuffix('.')}. Its changes are not checked." for line in (*old.errors, *new.errors))
    changes = {key_of(each.resource): each.change for each in planned(old, new) if each.change}
    before = {key_of(each): each.value for each in old.resources}
    for each in new.resources:
        one, other = before.get(key_of(each)), each.value
        if isinstance(one, NatsCluster) and isinstance(other, NatsCluster) and (invalid := changed_cluster(one, other)):
            yield from problem_lines(each.document, invalid)
        elif change := changes.get(key_of(each)):
            yield from (f"{each.document.place()}: {each.document.called}: {reason}" for reason in change.reasons)
