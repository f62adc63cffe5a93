"""The options of `natsop run`, from the command line and from the environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from natsop_core.run_options import SWITCH_VALUES, split_names, text_of
from natsop_runtime.bind_address import BindAddress
from natsop_runtime.cli import main
from natsop_runtime.settings import RunSettings


@dataclass
class Started:
    """What the operator was started with."""

    settings: RunSettings
    warnings: tuple[str, ...]


Run = Callable[..., Started]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `natsop run` with these options, and these variables in the environment."""
    started: list[Started] = []

    def start(settings: RunSettings, *, warnings: tuple[str, ...]) -> int:
        os.kill(os.getpid(), signal.SIGUSR1)  # whoever asks too early for stacks gets none, and ends nothing
        started.append(Started(settings, warnings))
        return 0

    def run(*arguments: str, **variables: str) -> Started:
        with monkeypatch.context() as environment:
            for name, text in variables.items():
                environment.setenv(name, text)
            assert main(["run", *arguments]) == 0
        return started[-1]

    for name in [name for name in os.environ if name.startswith("NATSOP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("natsop_runtime.main.run", start)
    before = signal.getsignal(signal.SIGUSR1)
    yield run
    signal.signal(signal.SIGUSR1, before)


def test_without_options_everything_is_as_the_settings_say(run: Run) -> None:
    assert run() == Started(RunSettings(), ())


def test_every_setting_has_an_option_and_a_variable(run: Run) -> None:
    wanted = RunSettings(
        kubeconfig="/k",
        context="c",
        namespaces=("a", "b"),
        workers=7,
        log_level="debug",
        log_format="text",
        nack_integration="disabled",
        leader_elect=True,
        lease_duration=30,
        lease_name="nats-operator-b",
        leader_election_namespace="n",
        metrics_bind_address=BindAddress("", 8443),
        metrics_secure=False,
        metrics_cert_path=Path("/certs"),
        health_probe_bind_address=BindAddress("127.0.0.1", 8082),
    )
    texts = {
        "kubeconfig": "/k",
        "context": "c",
        "namespaces": "a,b",
        "workers": "7",
        "log-level": "debug",
        "log-format": "text",
        "nack-integration": "disabled",
        "lease-duration": "30",
        "lease-name": "nats-operator-b",
        "leader-election-namespace": "n",
        "metrics-bind-address": ":8443",
        "metrics-cert-path": "/certs",
        "health-probe-bind-address": "127.0.0.1:8082",
    }
    options = [f"--{name}={text}" for name, text in texts.items()]
    assert run(*options, "--leader-elect", "--no-metrics-secure").settings == wanted
    texts |= {"leader-elect": "true", "metrics-secure": "false"}
    assert run(*(f"--{name}={text}" for name, text in texts.items())).settings == wanted
    assert run(**{variable(name): text for name, text in texts.items()}).settings == wanted


def test_the_command_line_counts_more_than_the_environment(run: Run) -> None:
    variables = {"NATSOP_WORKERS": "many", "NATSOP_LEADER_ELECT": "true"}
    started = run("--workers", "3", "--no-leader-elect", **variables)
    assert (started.settings.workers, started.settings.leader_elect) == (3, False)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--leader-elect",
        "--leader-elect=true",
        "--leader-elect false",
        "--leader-elect=false --workers 3",
        "--leader-elect --no-leader-elect",
        "--no-leader-elect --leader-elect --workers=3",
        "--namespaces=a,b --leader-elect",
        "--leader-elect --namespaces a,,c --namespaces b,",
        "--leader-election-namespace=x --namespaces=a",
    ],
)
@pytest.mark.parametrize(
    "variables", [{}, {"NATSOP_NAMESPACES": "d, e", "NATSOP_LEADER_ELECT": "true"}, {"NATSOP_LEADER_ELECT": "false"}]
)
def test_doctor_reads_options_of_a_pod_as_natsop_run_does(run: Run, arguments: str, variables: dict[str, str]) -> None:
    words = arguments.split()
    read = run(*words, **variables).settings
    assert split_names(text_of("--namespaces", ["run", *words], variables)) == read.namespaces
    leader_elect = text_of("--leader-elect", ["run", *words], variables)
    assert SWITCH_VALUES.get(leader_elect, False) is read.leader_elect


def test_an_empty_variable_is_as_good_as_none(run: Run) -> None:
    names = ("KUBECONFIG", "NAMESPACES", "WORKERS", "LOG_LEVEL", "LEADER_ELECT", "METRICS_BIND_ADDRESS")
    assert run(**{f"NATSOP_{name}": "" for name in names}) == Started(RunSettings(), ())


def test_a_variable_of_no_option_is_told_and_what_a_service_sets_is_none(run: Run) -> None:
    service = {"NATSOP_SERVICE_HOST": "10.0.0.1", "NATSOP_PORT_8443_TCP": "tcp://10.0.0.1:8443", "NATSOP_PORT": "x"}
    started = run(NATSOP_NAMESPACE="prod", NATSOP_X="1", **service)
    assert started.settings == RunSettings()
    assert started.warnings == (
        (
            "The environment variable NATSOP_NAMESPACE is ignored: there is no such option;"
            " did you mean NATSOP_NAMESPACES?"
        ),
        "The environment variable NATSOP_X is ignored: there is no such option.",
    )


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("workers", "0", "'0' is no number from 1 to 999999999"),
        ("workers", "many", "'many' is no number from 1 to 999999999"),
        ("workers", "9" * 5_000, "is no number from 1 to 999999999"),
        ("lease-duration", "-1", "'-1' is no number from 2 to 600"),
        ("lease-duration", "1", "'1' is no number from 2 to 600"),
        ("lease-duration", "601", "'601' is no number from 2 to 600"),
        ("log-level", "loud", "'loud' is none of debug, info, warning, error"),
        ("log-format", "xml", "'xml' is none of text, json"),
        ("nack-integration", "maybe", "'maybe' is none of auto, enabled, disabled"),
        ("metrics-bind-address", "8443", "'8443' is no address: write host:port, :port, [::1]:port, or 0 for none"),
        ("lease-name", "a..b", "'a..b' is no name of a Lease"),
        ("lease-name", "a" * 254, f"{'a' * 254!r} is no name of a Lease"),
        ("namespaces", "a,B!", "'B!' is no name of a namespace"),
        ("namespaces", ",", "',' names no namespace; leave the option out to work in all of them"),
        ("leader-elect", "yes", "'yes' is neither true nor false"),
    ],
)
def test_what_makes_no_sense_is_refused_wherever_it_comes_from(
    option: str, text: str, says: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(f"--{option}={text}")
    told = capsys.readouterr().err
    assert (f"--{option}: " in told, says in told) == (True, True)
    with pytest.raises(SystemExit, match="2"):
        run(**{variable(option): text})
    told = capsys.readouterr().err
    assert (f"environment variable {variable(option)}: " in told, says in told) == (True, True)


def test_help_is_there_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NATSOP_LEADER_ELECT", "1")
    for arguments in (["--help"], ["run", "--help"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
    assert "--leader-elect" in capsys.readouterr().out


def test_the_first_letters_of_an_option_are_not_the_option(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("--lease", "15")
    assert "--lease" in capsys.readouterr().err


def variable(option: str) -> str:
    return f"NATSOP_{option.upper().replace('-', '_')}"
