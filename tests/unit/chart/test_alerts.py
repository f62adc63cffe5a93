"""Every alert fires when it should and not otherwise, as promtool sees it, and has a runbook in the documentation."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests import chart
from tests.generate import alerts
from tests.testbed import prometheus
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run

Case = dict[str, Any]

CASES: Final[dict[str, dict[str, Case]]] = {
    alert: cases
    for file in sorted(Path(__file__).with_name("alerts").glob("*.yaml"))
    for alert, cases in YAML(typ="safe").load(file).items()
}
RULES: Final = {rule["alert"]: rule for rule in alerts.rules()}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What promtool says; the test is skipped where it cannot be had."""
    try:
        program = prometheus.PROGRAMS.file("promtool")
    except CannotRunError as error:
        cannot_run(str(error))
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def rule_file(folder: Path, rules: list[Any]) -> Path:
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "nats-operator", "rules": rules}]}))
    return file


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    assert set(CASES) == set(RULES)
    assert [alert for alert, cases in CASES.items() if not {"fires", "silent"} <= set(cases)] == []


@pytest.mark.parametrize(
    ("alert", "case"),
    [(alert, case) for alert, cases in CASES.items() for case in cases],
)
def test_an_alert_fires_when_it_should_and_not_otherwise(alert: str, case: str, tmp_path: Path) -> None:
    rule, given = RULES[alert], CASES[alert][case]
    expected = []
    if case != "silent":
        labels = {**given["labels"], **rule["labels"]}
        expected = [{"exp_labels": labels, "exp_annotations": {**rule["annotations"], "summary": given["summary"]}}]
    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in given["series"].items()],
        "alert_rule_test": [{"eval_time": given["at"], "alertname": alert, "exp_alerts": expected}],
    }
    file = tmp_path / "tests.json"
    file.write_text(json.dumps({"rule_files": [str(rule_file(tmp_path, [rule]))], "tests": [test]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_rules_that_the_chart_renders(tmp_path: Path) -> None:
    rendered = chart.render(chart.nested({"metrics.prometheusRule.enabled": True}))
    (rule,) = chart.of_kind(rendered, "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    assert {each["alert"]: each for each in group["rules"]} == RULES
    done = promtool("check", "rules", rule_file(tmp_path, group["rules"]))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_has_the_name_of_its_alert() -> None:
    assert sorted(RULES) == sorted(file.stem for file in alerts.FOLDER.glob("*.yaml"))


def test_every_alert_has_a_severity_and_leads_to_its_runbook() -> None:
    for alert, rule in RULES.items():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, alert
        assert rule["annotations"]["runbook_url"] == f"{alerts.RUNBOOKS}#{alert.lower()}"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    headings = [line.removeprefix("### ") for line in alerts.PAGE.read_text().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(RULES)


def test_every_runbook_says_what_the_alert_means_what_suffers_and_what_to_do() -> None:
    for section in alerts.PAGE.read_text().split("\n### ")[1:]:
        alert = section.partition("\n")[0]
        for part in ("**Meaning**: ", "**Impact**: ", "**What to do**: "):
            assert section.count(f"\n- {part}") == 1, f"{alert}: {part}"
