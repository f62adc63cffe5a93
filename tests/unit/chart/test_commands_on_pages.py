"""The helm commands of all pages: their options exist, and the chart takes the values that they set."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import Final

import pytest

from tests.chart import CHART, run_helm
from tests.pages import commands_of_program

COMMANDS: Final = commands_of_program("helm")


def values_of(arguments: list[str]) -> list[str]:
    """The options that set values."""
    return [
        each
        for option, value in pairwise(arguments)
        if option in ("--set", "--set-string", "--set-json")
        for each in (option, value)
    ]


def test_there_are_helm_commands_that_install_upgrade_and_uninstall() -> None:
    assert {command.split()[1] for command in COMMANDS} >= {"install", "upgrade", "uninstall", "pull", "push"}


@pytest.mark.parametrize("command", COMMANDS)
def test_helm_knows_the_options_of_a_command(command: str) -> None:
    done = run_helm(*shlex.split(command)[1:], "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.split()[1] in ("install", "upgrade")])
def test_the_chart_takes_the_values_of_a_command(command: str) -> None:
    arguments = shlex.split(command)
    assert arguments[2] == "nats-operator"
    assert arguments[3].endswith("/charts/nats-operator")
    done = run_helm("template", "nats-operator", str(CHART), "--namespace", "nats-operator", *values_of(arguments))
    assert done.returncode == 0, done.stderr
