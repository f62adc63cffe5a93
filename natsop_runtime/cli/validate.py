"""natsop validate: what an API server would say of custom resources, without one."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import changed_cluster
from natsop_runtime.cli.documents import read_documents
from natsop_runtime.cli.resources import EXIT_CODES, add_files, problem_lines, read_resources, resources_of
from natsop_runtime.cli.sources import InputError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Iterator, Sequence

    from natsop_runtime.cli.resources import Resource

EXAMPLES: Final = f"""\
examples:
  natsop validate -f cluster.yaml                        types, bounds, unknown fields and rules
  natsop validate -f clusters/                           every file of a folder
  natsop validate -f cluster.yaml --old previous.yaml    and what must not change

Whether the Secrets and ConfigMaps exist that a resource refers to, `natsop render` says.

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "validate",
        help="say what an API server would say of custom resources",
        description="Check NatsClusters and NatsBoxes as an API server with our CustomResourceDefinitions does when"
        " kubectl applies them, with strict field validation. Other objects of the input are not looked at.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_files(parser)
    parser.add_argument(
        "--old", action="append", default=[], metavar="FILE",
        help="file or folder with the resources as they were before: changes that would be refused count, too",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Check; a line for each fault, or one that counts what is valid."""
    resources = resources_of(read_documents(arguments.filename), strict=True)
    before, faults = read_resources(read_documents(arguments.old))
    faults += _refused_changes(before, resources)
    if faults:
        raise InputError("\n".join(faults))
    print(f"{len(resources)} valid")
    return 0


def _refused_changes(before: Sequence[Resource], after: Sequence[Resource]) -> Iterator[str]:
    """A line for each change that an API server refuses, of resources that are in both."""
    clusters = {_identity(each.value): each.value for each in before if isinstance(each.value, NatsCluster)}
    for each in after:
        if isinstance(each.value, NatsCluster) and (old := clusters.get(_identity(each.value))):
            yield from problem_lines(each.document, changed_cluster(old, each.value))


def _identity(cluster: NatsCluster) -> tuple[str, str]:
    return cluster.metadata.namespace, cluster.metadata.name
