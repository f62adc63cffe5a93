"""The options of `natsop run`, from the command line and from the environment."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from natsop_runtime.bind_address import BindAddress
from natsop_runtime.cli import run
from natsop_runtime.settings import RunSettings


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    run.add_parser(parser.add_subparsers())
    return parser.parse_args(["run", *arguments])


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[RunSettings]:
    """What the operator is started with."""
    started: list[RunSettings] = []

    def start(settings: RunSettings) -> int:
        started.append(settings)
        return 0

    monkeypatch.setattr("natsop_runtime.main.run", start)
    return started


def test_without_options_everything_is_as_the_settings_say(settings: list[RunSettings]) -> None:
    run.run(parsed())
    assert settings == [RunSettings()]


def test_every_setting_has_an_option_and_a_variable(
    settings: list[RunSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = RunSettings(
        kubeconfig="/k",
        context="c",
        namespaces=("a", "b"),
        workers=7,
        log_level="debug",
        nack_integration="disabled",
        leader_elect=True,
        lease_duration=30,
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
        "nack-integration": "disabled",
        "lease-duration": "30",
        "leader-election-namespace": "n",
        "metrics-bind-address": ":8443",
        "metrics-cert-path": "/certs",
        "health-probe-bind-address": "127.0.0.1:8082",
    }
    options = [f"--{name}={text}" for name, text in texts.items()]
    run.run(parsed(*options, "--leader-elect", "--no-metrics-secure"))
    for name, text in {**texts, "leader-elect": "true", "metrics-secure": "false"}.items():
        monkeypatch.setenv(f"NATSOP_{name.upper().replace('-', '_')}", text)
    run.run(parsed())
    assert settings == [wanted, wanted]


def test_the_command_line_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATSOP_WORKERS", "7")
    monkeypatch.setenv("NATSOP_LEADER_ELECT", "true")
    assert (parsed("--workers", "3").workers, parsed("--no-leader-elect").leader_elect) == (3, False)


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("workers", "0", "'0' is no number from 1 on"),
        ("workers", "many", "'many' is no number from 1 on"),
        ("lease-duration", "-1", "'-1' is no number from 1 on"),
        ("log-level", "loud", "'loud' is none of debug, info, warning, error"),
        ("nack-integration", "maybe", "'maybe' is none of auto, enabled, disabled"),
        ("metrics-bind-address", "8443", "'8443' is no address: write host:port, :port, [::1]:port, or 0 for none"),
        ("namespaces", "a,B!", "'B!' is no name of a namespace"),
    ],
)
def test_what_makes_no_sense_is_refused_wherever_it_comes_from(
    option: str, text: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(f"--{option}={text}")
    assert f"--{option}: {says}" in capsys.readouterr().err
    monkeypatch.setenv(f"NATSOP_{option.upper().replace('-', '_')}", text)
    with pytest.raises(SystemExit, match="2"):
        parsed()
    assert says in capsys.readouterr().err


def test_a_switch_that_is_neither_on_nor_off_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NATSOP_LEADER_ELECT", "yes")
    with pytest.raises(SystemExit, match="2"):
        parsed()
    assert "NATSOP_LEADER_ELECT is neither true nor false: yes" in capsys.readouterr().err
