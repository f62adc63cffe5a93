"""natsop diff: what a change of custom resources changes in the cluster, for pull requests."""

from __future__ import annotations

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from natsop_runtime.cli.documents import parse_all, read_documents
from natsop_runtime.cli.git import revision_sources
from natsop_runtime.cli.object_diff import ObjectChange, object_changes
from natsop_runtime.cli.resources import inputs_of, read_resources, render_all, warn
from natsop_runtime.cli.sources import STDIN, InputError, read_sources

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Iterable, Sequence

    from natsop_runtime.cli.documents import Document
    from natsop_runtime.cli.resources import RenderedInput
    from natsop_runtime.cli.sources import Source

DIFFERENT: Final = 3

EXAMPLES: Final = f"""\
examples:
  natsop diff old.yaml new.yaml                       two files, or two folders
  kubectl get natscluster,natsbox -o yaml | natsop diff - clusters/
  natsop diff --git HEAD~1 HEAD clusters/             two revisions of a folder
  natsop diff --git "$(git merge-base origin/main HEAD)" HEAD clusters/
                                                      what a branch changes, without what main changed since
  natsop diff --git HEAD~1 HEAD clusters/ --with jwt-secrets.yaml

Secrets and ConfigMaps that are not in the input count as being there, save for JWTs: give those --with a file.

exit code: 0 done, 1 the new side (or a file) is invalid, 2 wrong usage, {DIFFERENT} differences, with --exit-code
"""

_COLOURS: Final = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "diff",
        help="show what a change of custom resources changes in the cluster",
        description="Compare the Kubernetes objects that two inputs become: which are added, removed and changed,"
        " and each changed field. Values of Secrets are not shown.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", metavar="OLD", help="file, folder or - (standard input); with --git a revision")
    parser.add_argument("new", metavar="NEW", help="what to compare it with")
    parser.add_argument("paths", metavar="PATH", nargs="*", help="with --git: files and folders; default: this one")
    parser.add_argument("--git", action="store_true", help="OLD and NEW are revisions of the git repository around")
    parser.add_argument(
        "--with", dest="beside", action="append", default=[], metavar="FILE",
        help="file or folder of objects that are there on both sides, such as Secrets",
    )  # fmt: skip
    parser.add_argument("--summary", action="store_true", help="name the objects, without their changes")
    parser.add_argument("--show-secrets", action="store_true", help="show the values of Secrets, too")
    parser.add_argument("--exit-code", action="store_true", help=f"exit with {DIFFERENT} where there are differences")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Compare and print."""
    if arguments.paths and not arguments.git:
        arguments.parser.error("PATH goes with --git")
    if [arguments.old, arguments.new, *arguments.beside].count(STDIN) > 1:
        arguments.parser.error("standard input can be read only once")
    beside = read_documents(arguments.beside)
    before, after = _sources(arguments)
    old, new = _render(before, beside), _render(after, beside)
    if new.errors:
        raise InputError("\n".join(new.errors))
    warn(f"{line.removesuffix('.')}. It is compared with nothing." for line in old.errors)
    warn(new.warnings)
    changes = object_changes(old.objects, new.objects, show_secrets=arguments.show_secrets)
    _print(changes, summary=arguments.summary)
    return DIFFERENT if changes and arguments.exit_code else 0


def _sources(arguments: Namespace) -> tuple[list[Source], list[Source]]:
    if arguments.git:
        return revision_sources((arguments.old, arguments.new), arguments.paths or ["."])
    return read_sources([arguments.old]), read_sources([arguments.new])


def _render(sources: Iterable[Source], beside: Sequence[Document]) -> RenderedInput:
    """What one side becomes; files that are broken and resources that are invalid are among its errors."""
    documents, faults = parse_all(sources)
    resources, errors = read_resources(documents)
    rendered = render_all(resources, inputs_of([*documents, *beside]), stand_ins=True)
    return replace(rendered, errors=(*faults, *errors, *rendered.errors))


def _print(changes: Sequence[ObjectChange], *, summary: bool) -> None:
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for change in changes:
        print(f"{_BOLD}{change.title}{_PLAIN}" if colour else change.title)
        if not summary:
            _print_lines(change.lines(), colour=colour)
            print()
    count = Counter(change.kind for change in changes)
    kinds = [f"{count[kind]} {kind}" for kind in ("added", "changed", "removed") if count[kind]]
    print(", ".join(kinds) if kinds else "No differences.")


def _print_lines(lines: Iterable[str], *, colour: bool) -> None:
    for line in lines:
        paint = _COLOURS.get(line[:1], "") if colour else ""
        print(f"{paint}{line}{_PLAIN}" if paint else line)
