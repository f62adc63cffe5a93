"""`natsop run`: the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_runtime.logs import LEVELS
from natsop_runtime.settings import RunSettings

if TYPE_CHECKING:
    import argparse


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    defaults = RunSettings()
    parser = commands.add_parser("run", help="run the operator", description="Run the operator until SIGTERM.")
    parser.add_argument(
        "--kubeconfig", metavar="PATH", help="default: the pod's ServiceAccount, $KUBECONFIG, ~/.kube/config"
    )
    parser.add_argument("--context", metavar="NAME", help="context of the kubeconfig; default: its current one")
    parser.add_argument("--workers", type=_positive, default=defaults.workers, metavar="N", help="default: %(default)s")
    parser.add_argument("--log-level", choices=LEVELS, default=defaults.log_level)
    parser.add_argument(
        "--nack-integration",
        choices=("auto", "enabled", "disabled"),
        default=defaults.nack_integration,
        help="whether NACK gets Accounts: where it is installed, as a must, or never; default: %(default)s",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the operator; the HTTP client is only loaded now."""
    from natsop_runtime import main  # noqa: PLC0415

    return main.run(
        RunSettings(
            kubeconfig=arguments.kubeconfig,
            context=arguments.context,
            workers=arguments.workers,
            log_level=arguments.log_level,
            nack_integration=arguments.nack_integration,
        )
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
