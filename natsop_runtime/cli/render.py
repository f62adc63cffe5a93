"""natsop render: the objects of custom resources, without a cluster."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from natsop_runtime.cli.documents import InputError, read_documents
from natsop_runtime.cli.resources import (
    EXIT_CODES,
    add_files,
    add_stand_ins,
    inputs_of,
    render_all,
    resources_of,
    warn,
)
from natsop_runtime.cli.yaml_output import to_yaml

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

EXAMPLES: Final = f"""\
examples:
  natsop render -f cluster.yaml                      print the objects
  natsop render -f cluster.yaml -f box.yaml          a box finds its cluster among the files
  natsop render -f clusters/ --output-dir out/       a folder; write one file per object
  natsop render -f cluster.yaml --stand-ins          certificates and the like are only in the cluster
  kubectl get natscluster my-nats -o yaml | natsop render -f -

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "render",
        help="print the objects of custom resources",
        description="Print the Kubernetes objects that the operator makes of NatsClusters and NatsBoxes.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_files(parser)
    add_stand_ins(parser)
    parser.add_argument("--output-dir", metavar="FOLDER", type=Path, help="write one file per object to this folder")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Render; nothing is printed or written but the errors when an input is invalid."""
    documents = read_documents(arguments.filename)
    rendered = render_all(resources_of(documents), inputs_of(documents), stand_ins=arguments.stand_ins)
    if rendered.errors:
        raise InputError("\n".join(rendered.errors))
    warn(rendered.warnings)
    if arguments.output_dir is None:
        print(to_yaml(rendered.objects), end="")
    else:
        _write(rendered.objects, arguments.output_dir)
    return 0


def _write(objects: Iterable[dict[str, Any]], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in objects:
            metadata = each["metadata"]
            file = folder / f"{metadata['namespace']}.{each['kind'].lower()}.{metadata['name']}.yaml"
            file.write_text(to_yaml([each]), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
