"""`natsop run`: the operator."""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from natsop_core.run_options import split_names
from natsop_runtime.bind_address import BindAddress, parse_bind_address
from natsop_runtime.cli.run_options import VARIABLES, Options, one_of
from natsop_runtime.logs import FORMATS, LEVELS
from natsop_runtime.settings import MAX_LEASE_DURATION, MIN_LEASE_DURATION

MAX_WORKERS: Final = 999_999_999

_NAMESPACE: Final = re.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # an RFC 1123 label
_LEASE: Final = re.compile(rf"(?=.{{1,253}}$){_NAMESPACE.pattern}(\.{_NAMESPACE.pattern})*")  # an RFC 1123 subdomain

EXAMPLES: Final = f"""\
examples:
  natsop run                                         with your kubeconfig, or the pod's ServiceAccount
  natsop run --namespaces prod,staging --leader-elect

{VARIABLES}
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "run",
        help="run the operator",
        description="Run the operator until SIGTERM.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options = Options(parser)
    _add_api_server(options)
    _add_reconciliation(options)
    _add_leader_election(options)
    _add_ports(options)
    _add_logs(options)
    parser.set_defaults(run=lambda arguments: run(options, arguments))


def run(options: Options, arguments: argparse.Namespace) -> int:
    """Run the operator; the HTTP client is only loaded now, which takes most of a second."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until `stacks` handles it: by default it ends a process
    settings = options.settings(arguments)
    from natsop_runtime import main  # noqa: PLC0415

    return main.run(settings, warnings=tuple(options.unknown_variables()))


def _add_api_server(options: Options) -> None:
    options.add("--kubeconfig", str, "PATH", "default: the pod's ServiceAccount, $KUBECONFIG, ~/.kube/config")
    options.add("--context", str, "NAME", "context of the kubeconfig; default: its current one")


def _add_reconciliation(options: Options) -> None:
    options.add(
        "--namespaces",
        _names,
        "A,B",
        "work in these namespaces only, which needs Roles; default: in all namespaces, which needs a ClusterRole",
    )
    options.add("--workers", _number(1, MAX_WORKERS), "N", "how many custom resources are reconciled concurrently")
    options.add(
        "--nack-integration",
        one_of("auto", "enabled", "disabled"),
        "{auto,enabled,disabled}",
        "create NACK Accounts if NACK is installed (auto), require NACK (enabled), or never create them (disabled)",
    )


def _add_leader_election(options: Options) -> None:
    options.switch("--leader-elect", "work only as the holder of a Lease, so that other replicas can stand by")
    options.add(
        "--lease-name", _lease, "NAME", "name of the Lease; two installations in one namespace need different names"
    )
    options.add(
        "--lease-duration",
        _number(MIN_LEASE_DURATION, MAX_LEASE_DURATION),
        "SECONDS",
        f"time after which a standby takes over from a failed leader, at most {MAX_LEASE_DURATION}",
    )
    options.add(
        "--leader-election-namespace",
        str,
        "NAME",
        "namespace of the Lease; default: the operator's, or that of the context",
    )


def _add_ports(options: Options) -> None:
    options.add(
        "--metrics-bind-address", _address, "HOST:PORT", "address that serves /metrics, such as :8443; default: none"
    )
    options.switch(
        "--metrics-secure", "serve metrics over HTTPS to users who may get /metrics; otherwise to everyone over HTTP"
    )
    options.add(
        "--metrics-cert-path", Path, "DIR", "folder with tls.crt and tls.key; default: a self-signed certificate"
    )
    options.add(
        "--health-probe-bind-address", _address, "HOST:PORT", "address that serves /healthz and /readyz; default: none"
    )


def _add_logs(options: Options) -> None:
    options.add("--log-level", one_of(*LEVELS), f"{{{','.join(LEVELS)}}}", "lowest level that is logged")
    options.add(
        "--log-format",
        one_of(*FORMATS),
        f"{{{','.join(FORMATS)}}}",
        "lines for people, or JSON objects for programs; default: text on a terminal, otherwise json",
    )


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least} to {most}")
        return int(text)

    return read


def _address(text: str) -> BindAddress | None:
    try:
        return parse_bind_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _lease(text: str) -> str:
    if not _LEASE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a Lease")
    return text


def _names(text: str) -> tuple[str, ...]:
    names = split_names(text)
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no namespace; leave the option out to work in all of them")
    for name in names:
        if not _NAMESPACE.fullmatch(name):
            raise argparse.ArgumentTypeError(f"{name!r} is no name of a namespace")
    return tuple(dict.fromkeys(names))
