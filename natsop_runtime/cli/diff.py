"""natsop diff: how a change of custom resources changes the cluster, for pull requests."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from natsop_runtime.cli.comparison import compare, print_comparison
from natsop_runtime.cli.documents import read_documents
from natsop_runtime.cli.git import revision_sources
from natsop_runtime.cli.planned import read_side
from natsop_runtime.cli.resources import add_beside, check_stdin, finding_lines, warn
from natsop_runtime.cli.sources import InputError, read_sources

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from natsop_runtime.cli.sources import Source

DIFFERENT: Final = 3

EXAMPLES: Final = f"""\
examples:
  natsop diff old.yaml new.yaml                       two files, or two folders
  kubectl get natsclusters.nats.crewlet.cloud -o yaml | natsop diff - clusters/
  natsop diff --git HEAD~1 HEAD clusters/             two revisions of a folder
  natsop diff --git "$(git merge-base origin/main HEAD)" HEAD clusters/
                                                      what a branch changes, without what main changed since
  natsop diff --git HEAD~1 HEAD clusters/ --with jwt-secrets.yaml

Secrets and ConfigMaps that are not in the input count as being there, save for JWTs: give those --with a file.

Changes are planned the way the operator will find them, with what OLD runs as live. One that the API server or the
operator refuses is shown first, with their words, and then the objects are compared as they stay. For such a change
`natsop validate --old` fails. What the operator would warn of is shown, too.

exit code: 0 done, also where a change is refused, 1 the new side (or a file) is invalid, 2 wrong usage,
           {DIFFERENT} differences or refused changes, with --exit-code
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "diff",
        help="show how a change of custom resources changes the cluster",
        description="Compare the Kubernetes objects that two inputs become: which are added, removed and changed,"
        " and each changed field. Values of Secrets are not shown.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", metavar="OLD", help="file, folder or - (standard input); with --git a revision")
    parser.add_argument("new", metavar="NEW", help="what to compare it with")
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", help="with --git: files and folders; default: the current folder"
    )
    parser.add_argument("--git", action="store_true", help="OLD and NEW are revisions of the current git repository")
    add_beside(parser)
    parser.add_argument("--summary", action="store_true", help="name the objects, without their changes")
    parser.add_argument("--show-secrets", action="store_true", help="show the values of Secrets, too")
    parser.add_argument(
        "--exit-code", action="store_true", help=f"exit with {DIFFERENT} if there are differences or refused changes"
    )
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Compare and print."""
    if arguments.paths and not arguments.git:
        arguments.parser.error("PATH goes with --git")
    check_stdin(arguments.parser, [arguments.old, arguments.new, *arguments.beside])
    beside = read_documents(arguments.beside)
    old, new = (read_side(sources, beside) for sources in _sources(arguments))
    if new.errors:
        raise InputError(*new.errors)
    warn(f"{line.removesuffix('.')}. It is compared with nothing." for line in old.errors)
    warn(line for each in new.rendered for line in finding_lines(each.resource.document, each.findings))
    comparison = compare(old, new, show_secrets=arguments.show_secrets)
    print_comparison(comparison, summary=arguments.summary)
    return DIFFERENT if arguments.exit_code and not comparison.is_empty else 0


def _sources(arguments: Namespace) -> tuple[list[Source], list[Source]]:
    if arguments.git:
        return revision_sources((arguments.old, arguments.new), arguments.paths or ["."])
    return read_sources([arguments.old]), read_sources([arguments.new])
