"""`natsop run`: the operator."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from natsop_runtime.bind_address import BindAddress, parse_bind_address
from natsop_runtime.logs import LEVELS
from natsop_runtime.settings import RunSettings

PREFIX: Final = "NATSOP_"

_NAMESPACE: Final = re.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # an RFC 1123 label

_TRUTH: Final = {"true": True, "false": False}

ENVIRONMENT: Final = f"""\
Each option can be given by an environment variable, too: --log-level by {PREFIX}LOG_LEVEL, and so on; a switch by true
or false. What the command line says counts.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "run", help="run the operator", description="Run the operator until SIGTERM.", epilog=ENVIRONMENT
    )
    options = _Options(parser)
    options.add("--kubeconfig", str, "PATH", "default: the pod's ServiceAccount, $KUBECONFIG, ~/.kube/config")
    options.add("--context", str, "NAME", "context of the kubeconfig; default: its current one")
    options.add(
        "--namespaces",
        _names,
        "A,B",
        "work in these namespaces only, for which Roles are enough; default: in all, for which it takes a ClusterRole",
    )
    options.add("--workers", _positive, "N", "how many custom resources are worked on at once")
    options.add(
        "--nack-integration",
        _one_of("auto", "enabled", "disabled"),
        "{auto,enabled,disabled}",
        "whether NACK gets Accounts: where it is installed, as a must, or never",
    )
    options.switch("--leader-elect", "work only while holding the Lease nats-operator, so that replicas can stand by")
    options.add("--lease-duration", _positive, "SECONDS", "after which a standby takes over from a leader that is gone")
    options.add(
        "--leader-election-namespace", str, "NAME", "where the Lease is; default: the operator's, or the context's"
    )
    options.add(
        "--metrics-bind-address", _address, "HOST:PORT", "where /metrics is served, such as :8443; default: nowhere"
    )
    options.switch(
        "--metrics-secure", "serve metrics over HTTPS, to whom the API server lets get /metrics; else to everybody"
    )
    options.add("--metrics-cert-path", Path, "DIR", "with tls.crt and tls.key; default: a self-signed certificate")
    options.add(
        "--health-probe-bind-address", _address, "HOST:PORT", "where /healthz and /readyz are; default: nowhere"
    )
    options.add("--log-level", _one_of(*LEVELS), f"{{{','.join(LEVELS)}}}", "text on a terminal, otherwise JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the operator; the HTTP client is only loaded now."""
    from natsop_runtime import main  # noqa: PLC0415

    return main.run(RunSettings(**{field.name: getattr(arguments, field.name) for field in fields(RunSettings)}))


class _Options:
    """Adds options whose default is what the environment says, or else the settings."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._defaults = RunSettings()

    def add(self, flag: str, read: Callable[[str], Any], metavar: str, help_: str) -> None:
        usual = getattr(self._defaults, _field(flag))
        says = f"{help_}; default: {usual}" if usual else help_
        default = os.environ.get(_variable(flag), usual)  # argparse reads a text that is a default, too
        self._parser.add_argument(flag, type=read, default=default, metavar=metavar, help=says)

    def switch(self, flag: str, help_: str) -> None:
        usual = getattr(self._defaults, _field(flag))
        says = f"{help_}; default: {'on' if usual else 'off'}"
        given = os.environ.get(_variable(flag))
        if given is not None and given not in _TRUTH:
            self._parser.error(f"the environment variable {_variable(flag)} is neither true nor false: {given}")
        default = usual if given is None else _TRUTH[given]
        self._parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default, help=says)


def _field(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _variable(flag: str) -> str:
    return PREFIX + _field(flag).upper()


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _address(text: str) -> BindAddress | None:
    try:
        return parse_bind_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not _NAMESPACE.fullmatch(name):
            raise argparse.ArgumentTypeError(f"{name!r} is no name of a namespace")
    return tuple(dict.fromkeys(names))


def _one_of(*words: str) -> Callable[[str], str]:
    """Unlike `choices`, this also looks at what the environment says."""

    def read(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(words)}")
        return text

    return read
