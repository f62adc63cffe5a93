"""The common parts of commands that talk to a cluster: options, access, errors, output."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final, TypeVar

from natsop_core.inspect.target import Target, read_name, read_target
from natsop_runtime.cli.sources import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from natsop_core.inspect.view import View
    from natsop_core.references import ObjectKey

T = TypeVar("T")

EXIT_CODES: Final = "exit code: 0 healthy, 1 problem found or cluster not reachable, 2 wrong usage"


class Remote:
    """The cluster that the options name. The HTTP client is loaded when it is first used."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        try:
            from natsop_runtime import inspection  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise InputError(f"{error.name} is not installed: pip install 'natsop[operator]'") from error
        self._inspection = inspection
        try:
            self._access = inspection.access(arguments.kubeconfig, arguments.context)
        except inspection.NoClusterError as error:
            raise InputError(str(error)) from error
        self.namespace: str = arguments.namespace or self._access.namespace
        self.described = str(self._access)

    def target(self, arguments: argparse.Namespace) -> Target:
        """The custom resource that is meant."""
        resource, name = arguments.target
        return Target(resource, self.namespace, name)

    def look(self, question: Callable[[View], T]) -> tuple[T, View]:
        """The answer to a question about the cluster, and all that was seen for it."""
        try:
            return self._inspection.look(self._access, question)
        except self._inspection.NoClusterError as error:
            raise InputError(str(error)) from error

    def change(self, resource: Any, key: ObjectKey, patch: Mapping[str, Any]) -> None:
        """Merge the patch into an object."""
        try:
            self._inspection.change(self._access, resource, key, patch)
        except self._inspection.NoClusterError as error:
            raise InputError(str(error)) from error


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, *, help_: str, about: str, examples: str
) -> argparse.ArgumentParser:
    """A command with the options that tell which cluster; kubectl's own have the same names."""
    parser = commands.add_parser(
        name, help=help_, description=about, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-n", "--namespace", type=_named, metavar="NAME", help="namespace; default: that of the context"
    )
    parser.add_argument("--context", metavar="NAME", help="context of the kubeconfig; default: its current one")
    parser.add_argument("--kubeconfig", metavar="PATH", help="default: $KUBECONFIG, ~/.kube/config")
    return parser


def add_target(parser: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """The argument for the custom resource."""
    parser.add_argument(
        "target",
        metavar="NAME",
        type=_target,
        nargs=None if is_needed else "?",
        help="of a NatsCluster; of a NatsBox, box/NAME",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """The option for programs."""
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="default: %(default)s")


def not_found(target: Target, view: View) -> InputError:
    """Why there is nothing to say of the custom resource."""
    if reason := view.failures.get(str(target)):
        return InputError(f"{target}: {reason}")
    return InputError(
        f"{target} does not exist. `kubectl get natsclusters,natsboxes --all-namespaces` lists all; if kubectl does not"
        " know these kinds, the CRDs are not installed: `natsop crds | kubectl apply --server-side -f -`."
    )


def _target(text: str) -> Any:
    try:
        return read_target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _named(text: str) -> str:
    try:
        return read_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
