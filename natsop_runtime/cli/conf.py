"""natsop conf: the configuration of the servers of a NatsCluster."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from natsop_core.api.natscluster import NatsCluster
from natsop_core.names import CONFIG_FILE
from natsop_core.offline import configuration
from natsop_core.stand_ins import with_stand_ins
from natsop_runtime.cli.documents import read_documents
from natsop_runtime.cli.resources import (
    EXIT_CODES,
    add_files,
    add_stand_ins,
    finding_lines,
    inputs_of,
    resources_of,
    warn,
)
from natsop_runtime.cli.sources import InputError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Mapping, Sequence

    from natsop_runtime.cli.resources import Resource

EXAMPLES: Final = f"""\
examples:
  natsop conf -f cluster.yaml                        print nats.conf
  natsop conf -f clusters/ --cluster my-nats         of one cluster of several
  natsop conf -f cluster.yaml -f secrets.yaml --list
  natsop conf -f cluster.yaml -f secrets.yaml --file /etc/nats-routes/routes.conf
  natsop conf -f cluster.yaml > nats.conf && nats-server -t -c nats.conf

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "conf",
        help="print the nats.conf of a NatsCluster",
        description="Print the nats.conf of a NatsCluster, or another configuration file of its servers.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_files(parser)
    add_stand_ins(parser)
    parser.add_argument("--cluster", metavar="NAME", help="name of the NatsCluster, if the input has several")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--file", metavar="PATH", default=CONFIG_FILE,
        help="path in the pod of the file to print, which may be secret; default: %(default)s",
    )  # fmt: skip
    which.add_argument("--list", action="store_true", help="print the paths of all files instead")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print one file, or the paths of all."""
    documents = read_documents(arguments.filename)
    resource, cluster = _cluster(resources_of(documents), arguments.cluster)
    inputs = inputs_of(documents)
    found = configuration(cluster, with_stand_ins(cluster, inputs) if arguments.stand_ins else inputs)
    lines = finding_lines(resource.document, found.findings)
    if found.files is None:
        raise InputError(*lines)
    warn(lines)
    print("\n".join(found.files) if arguments.list else _file(found.files, arguments.file).rstrip("\n"))
    return 0


def _cluster(resources: Sequence[Resource], name: str | None) -> tuple[Resource, NatsCluster]:
    """The NatsCluster that is meant."""
    clusters = [(each, each.value) for each in resources if isinstance(each.value, NatsCluster)]
    wanted = [(each, cluster) for each, cluster in clusters if name in (None, cluster.metadata.name)]
    if len(wanted) == 1:
        return wanted[0]
    if not clusters:
        raise InputError("There is no NatsCluster in the input.")
    there = ", ".join(sorted(cluster.metadata.name for _, cluster in clusters))
    if not wanted:
        raise InputError(f"There is no NatsCluster {name} in the input, only: {there}.")
    raise InputError(f"There are several NatsClusters in the input: {there}. Choose one with --cluster.")


def _file(files: Mapping[str, str], path: str) -> str:
    if path in files:
        return files[path]
    raise InputError(f"The servers read no file {path} as configuration; they read: {', '.join(files)}.")
