"""natsop render: the objects of custom resources, without a cluster."""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.read import InvalidResource, read_box, read_cluster
from natsop_core.findings import Finding
from natsop_core.kinds import BOXES, CLUSTERS
from natsop_core.offline import inputs_at_hand, render
from natsop_runtime.cli.documents import Document, InputError, read_documents
from natsop_runtime.cli.yaml_output import to_yaml

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from natsop_core.inputs import Inputs

READERS: Final = {CLUSTERS.kind: read_cluster, BOXES.kind: read_box}

EXAMPLES: Final = """\
examples:
  natsop render -f cluster.yaml                      print the objects
  natsop render -f cluster.yaml -f box.yaml          a box finds its cluster among the files
  natsop render -f cluster.yaml --output-dir out/    write one file per object
  kubectl get natscluster my-nats -o yaml | natsop render -f -
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
    parser.add_argument(
        "-f", "--filename", action="append", required=True, metavar="FILE",
        help="YAML or JSON file of custom resources and of objects that they refer to; - is standard input",
    )  # fmt: skip
    parser.add_argument("--output-dir", metavar="FOLDER", type=Path, help="write one file per object to this folder")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Render; 0, or 1 when an input is invalid, with nothing printed or written but the errors."""
    try:
        manifests = list(_render_all(read_documents(arguments.filename)))
        if arguments.output_dir is None:
            print(to_yaml(manifests), end="")
        else:
            _write(manifests, arguments.output_dir)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _render_all(documents: list[Document]) -> Iterator[dict[str, Any]]:
    inputs = inputs_at_hand([document.content for document in documents], datetime.now(UTC))
    resources = [document for document in documents if document.kind in READERS]
    if not resources:
        raise InputError("There is no NatsCluster or NatsBox in the input.")
    errors = []
    for document in resources:
        try:
            yield from _render(document, inputs)
        except InputError as error:
            errors.append(str(error))
    if errors:
        raise InputError("\n".join(errors))


def _render(document: Document, inputs: Inputs) -> Iterable[dict[str, Any]]:
    resource = READERS[document.kind](document.content)
    if isinstance(resource, InvalidResource):
        lines = (f"{document.place(each.path)}: {document.kind} {document.name}: {each}" for each in resource.problems)
        raise InputError("\n".join(lines))
    rendered = render(resource, inputs)
    if isinstance(rendered, Finding):
        raise InputError(f"{document.place()}: {document.kind} {document.name}: {rendered.message}")
    return rendered


def _write(manifests: Iterable[dict[str, Any]], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for manifest in manifests:
            metadata = manifest["metadata"]
            file = folder / f"{metadata['namespace']}.{manifest['kind'].lower()}.{metadata['name']}.yaml"
            file.write_text(to_yaml([manifest]), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
