"""natsop crds: the CustomResourceDefinitions."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natsop_core.crd import custom_resource_definitions
from natsop_runtime.cli.folder import File, write_files
from natsop_runtime.yaml.writer import to_yaml

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Mapping


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "crds",
        help="print the CustomResourceDefinitions",
        description="Print the CustomResourceDefinitions of NatsCluster and NatsBox.",
        epilog="example:\n  natsop crds | kubectl apply --server-side -f -\n",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output-dir", metavar="FOLDER", type=Path, help="write one file per definition instead")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print or write the definitions."""
    definitions = custom_resource_definitions()
    if arguments.output_dir is None:
        print(to_yaml(definitions), end="")
    else:
        write_files(arguments.output_dir, [_file(each) for each in definitions])
    return 0


def _file(definition: Mapping[str, Any]) -> File:
    name = f"{definition['spec']['group']}_{definition['spec']['names']['plural']}.yaml"
    return File(name, to_yaml([definition]))
