"""natsop render: the objects of custom resources, without a cluster."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from natsop_runtime.cli.documents import read_documents
from natsop_runtime.cli.folder import File, header, made_files, remove_file, write_files
from natsop_runtime.cli.resources import (
    EXIT_CODES,
    add_files,
    add_stand_ins,
    inputs_of,
    render_all,
    resources_of,
    warn,
)
from natsop_runtime.cli.sources import InputError, print_error
from natsop_runtime.yaml.writer import to_yaml

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from natsop_runtime.cli.resources import RenderedInput

EXAMPLES: Final = f"""\
examples:
  natsop render -f cluster.yaml                      print the objects
  natsop render -f cluster.yaml -f box.yaml          a box finds its cluster among the files
  natsop render -f clusters/ --output-dir out/       a folder; write one file per object
  natsop render -f cluster.yaml --stand-ins          certificates and the like are only in the cluster
  kubectl get natsclusters.nats.crewlet.cloud my-nats -o yaml | natsop render -f -

{EXIT_CODES}
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "render",
        help="print the objects of custom resources",
        description="Print the Kubernetes objects that the operator creates for NatsClusters and NatsBoxes.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_files(parser)
    add_stand_ins(parser)
    parser.add_argument(
        "--output-dir", metavar="FOLDER", type=Path,
        help="write one file per object to this folder, and remove the files that an earlier run wrote for objects"
        " that the same custom resources do not have any more; only you can read the files of Secrets",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Render; nothing is printed or written but the errors when an input is invalid."""
    documents = read_documents(arguments.filename)
    rendered = render_all(resources_of(documents), inputs_of(documents), stand_ins=arguments.stand_ins)
    if rendered.errors:
        raise InputError(*rendered.errors)
    warn(rendered.warnings)
    if arguments.output_dir is None:
        print(to_yaml(rendered.objects), end="")
    else:
        _write(arguments.output_dir, rendered)
    return 0


def _write(folder: Path, rendered: RenderedInput) -> None:
    """One file per object; what an earlier run wrote for objects that are no more is removed."""
    makers = [str(each.resource) for each in rendered.resources]
    files = [_file(obj, maker) for each, maker in zip(rendered.resources, makers, strict=True) for obj in each.objects]
    write_files(folder, files)
    for path, maker in made_files(folder):
        if path.name in {file.name for file in files}:
            continue
        if maker in makers:
            remove_file(path)
            print_error(f"removed {path}: {maker} has no such object any more")
        else:
            warn([f"{path}: kept, though {maker}, which it is of, is not in the input; remove it if that is gone"])


def _file(obj: dict[str, Any], maker: str) -> File:
    metadata = obj["metadata"]
    name = f"{metadata['namespace']}.{obj['kind'].lower()}.{metadata['name']}.yaml"
    return File(name, f"{header(maker)}\n{to_yaml([obj])}", is_secret=obj["kind"] == "Secret")
