"""Reads custom resources from files, checks and renders them: the common parts of render, conf, validate and diff."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.read import InvalidResource
from natsop_core.frozen import frozen
from natsop_core.offline import inputs_at_hand, read, render
from natsop_core.stand_ins import with_stand_ins
from natsop_runtime.cli.sources import STDIN, InputError, print_error

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.api.read import Problem
    from natsop_core.findings import Finding
    from natsop_core.inputs import Inputs
    from natsop_runtime.cli.documents import Document

_HOLDERS: Final = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}
"""The kinds that custom resources refer to, and the fields with what is in them."""

EXIT_CODES = "exit code: 0 done, 1 an input is invalid, 2 wrong usage"


@frozen
class Resource:
    """A custom resource, and the document that describes it."""

    document: Document
    value: NatsCluster | NatsBox

    def __str__(self) -> str:
        metadata = self.value.metadata
        return f"{type(self.value).__name__} {metadata.namespace}/{metadata.name}"


@frozen
class RenderedResource:
    """A custom resource, its objects, and what it asks for that is left out of them."""

    resource: Resource
    objects: tuple[dict[str, Any], ...] = field(repr=False)
    findings: tuple[Finding, ...]


@frozen
class RenderedInput:
    """What becomes of a whole input. errors: about custom resources of which nothing becomes."""

    resources: tuple[RenderedResource, ...]
    errors: tuple[str, ...]

    @property
    def objects(self) -> tuple[dict[str, Any], ...]:
        """The objects of all custom resources, in their order."""
        return tuple(obj for each in self.resources for obj in each.objects)

    @property
    def warnings(self) -> list[str]:
        """A line for each thing that was asked for and is left out."""
        return [line for each in self.resources for line in finding_lines(each.resource.document, each.findings)]


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the argument for the files to read."""
    parser.add_argument(
        "-f", "--filename", action="append", required=True, metavar="FILE",
        help="file of custom resources and of objects that they refer to, YAML or JSON, or a folder of such files and"
        " folders; - is standard input",
    )  # fmt: skip


def add_stand_ins(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets Secrets and ConfigMaps be absent."""
    parser.add_argument(
        "--stand-ins", action="store_true",
        help="treat Secrets and ConfigMaps that are not in the input as existing (never for JWTs)",
    )  # fmt: skip


def add_beside(parser: argparse.ArgumentParser) -> None:
    """Add the argument for what both sides of a change have."""
    parser.add_argument(
        "--with", dest="beside", action="append", default=[], metavar="FILE",
        help="file or folder of objects that exist on both sides, such as Secrets",
    )  # fmt: skip


def check_stdin(parser: argparse.ArgumentParser, files: Sequence[str]) -> None:
    """Refuse to read standard input twice: there would be nothing in it any more."""
    if files.count(STDIN) > 1:
        parser.error("standard input (-) can be read only once")


def read_resources(documents: Iterable[Document], *, strict: bool = False) -> tuple[list[Resource], list[str]]:
    """All valid NatsClusters and NatsBoxes of the input, and every fault of every other one."""
    found: list[Resource] = []
    errors: list[str] = []
    for document in documents:
        value = read(document.content, strict=strict)
        if isinstance(value, InvalidResource):
            errors += problem_lines(document, value.problems)
        elif value is not None:
            found.append(Resource(document, value))
    return found, errors


def resources_of(documents: Iterable[Document], *, strict: bool = False) -> list[Resource]:
    """All NatsClusters and NatsBoxes of the input. Raises InputError where one is invalid, or there is none."""
    found, errors = read_resources(documents, strict=strict)
    if errors:
        raise InputError(*errors)
    if not found:
        raise InputError("There is no NatsCluster or NatsBox in the input.")
    return found


def inputs_of(documents: Iterable[Document]) -> Inputs:
    """The input as all that exists. Raises InputError for a Secret or ConfigMap that the API server would not take."""
    documents = tuple(documents)
    if faults := [fault for document in documents if document.kind in _HOLDERS for fault in _faults(document)]:
        raise InputError(*faults)
    return inputs_at_hand([document.content for document in documents], datetime.now(UTC))


def _faults(document: Document) -> Iterator[str]:
    """Which of its fields are no map of texts. Their content may be secret."""
    for name in _HOLDERS[document.kind]:
        content = document.content.get(name) or {}
        if not isinstance(content, dict) or not all(text is None or isinstance(text, str) for text in content.values()):
            yield f"{document.place(name)}: {document.called}: {name} must be a map of texts; quote numbers"


def render_all(resources: Iterable[Resource], inputs: Inputs, *, stand_ins: bool) -> RenderedInput:
    """The objects of all custom resources, in their order. One that another has rendered already is an error."""
    found: list[RenderedResource] = []
    makers: dict[tuple[str, str, str], Document] = {}
    errors: list[str] = []
    for each in resources:
        rendered = render(each.value, with_stand_ins(each.value, inputs) if stand_ins else inputs)
        if rendered.objects is None:
            errors += finding_lines(each.document, rendered.findings)
        elif twice := next((obj for obj in rendered.objects if _key(obj) in makers), None):
            errors.append(_clash(each.document, twice, makers[_key(twice)]))
        else:
            makers |= dict.fromkeys(map(_key, rendered.objects), each.document)
            found.append(RenderedResource(each, rendered.objects, rendered.findings))
    return RenderedInput(tuple(found), tuple(errors))


def _key(obj: dict[str, Any]) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]


def _clash(document: Document, obj: dict[str, Any], other: Document) -> str:
    kind, namespace, name = _key(obj)
    return (
        f"{document.place()}: {document.called}: its {kind} {namespace}/{name} is also that of"
        f" {other.called} at {other.place()}"
    )


def warn(lines: Iterable[str]) -> None:
    """Tell what does not stop a command."""
    for line in lines:
        print_error(f"warning: {line}")


def problem_lines(document: Document, problems: Iterable[Problem]) -> Iterator[str]:
    """A line for each problem, with the place of the field that it is about."""
    for each in problems:
        yield f"{document.place(each.path)}: {document.called}: {each}"


def finding_lines(document: Document, findings: Iterable[Finding]) -> list[str]:
    """A line for each finding."""
    return [f"{document.place()}: {document.called}: {each.message}" for each in findings]
