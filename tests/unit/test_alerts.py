"""Alerts, panels and their pages speak of metrics that there are. What promtool says of them: deploy/promtool.sh."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.make_metrics import PAGE, page
from monitoring.definitions import DEFINITIONS
from monitoring.metrics import COMMON
from monitoring.server import FIRST_PORT, PORTS
from tests.unit.expressions import Expression

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ALERTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
BOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/casestream.json").read_text())
EXPRESSIONS = {each["alert"]: each["expr"] for each in ALERTS} | {
    f"{panel['title']} {target['refId']}": target["expr"] for panel in BOARD["panels"] for target in panel["targets"]
}
LABELS = {each.name: each.labels for each in DEFINITIONS}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_metric_label_and_value_that_an_alert_or_a_panel_asks_for_is_in_the_table(name: str) -> None:
    expression = Expression(EXPRESSIONS[name])
    selected = list(expression.selected())
    assert selected
    known = {*COMMON}
    for metric, labels in selected:
        assert metric in LABELS, metric
        known |= LABELS[metric].keys()
        assert labels.keys() <= {*COMMON, *LABELS[metric]}, metric
        for label, values in labels.items():
            allowed = LABELS[metric].get(label)
            assert not allowed or set(values) <= set(allowed), f"{metric} {label}"
    assert expression.grouped_by() <= known


@pytest.mark.parametrize("expression", ["sum(", "casestream_nothing > 1", 'casestream_ready{check="nothing"}'])
def test_an_expression_that_asks_for_what_is_not_there_is_found_out(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXPRESSIONS, "wrong", expression)
    with pytest.raises((ValueError, AssertionError)):
        test_every_metric_label_and_value_that_an_alert_or_a_panel_asks_for_is_in_the_table("wrong")


def test_every_alert_has_a_paragraph_of_the_runbook_and_names_it() -> None:
    headings = re.findall(r"^### (Casestream\w+)$", RUNBOOK, re.MULTILINE)
    assert headings == ["CasestreamJobMissing", *(each["alert"] for each in ALERTS)]  # the first: one to write oneself
    for each in ALERTS:
        assert each["annotations"]["runbook"] == f"docs/runbook.md#{each['alert'].lower()}"
        assert each["annotations"]["summary"]
        assert each["labels"]["severity"] in ("critical", "warning")
        paragraph = RUNBOOK.partition(f"### {each['alert']}\n")[2].partition("\n#")[0]
        assert len(paragraph.split()) > 40, each["alert"]


def test_every_alert_is_made_to_fire_by_the_rules_own_tests() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fired = re.findall(r'alertname="(\w+)"', json.dumps(tests).replace("\\", ""))
    assert fired == [each["alert"] for each in ALERTS]


def test_the_table_of_metrics_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "run: python -m docs.make_metrics"


def test_the_example_asks_ports_that_jobs_take_by_themselves() -> None:
    example = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert all((FOLDER / name).is_file() for name in example["rule_files"])
    targets = [
        target for each in example["scrape_configs"] for one in each["static_configs"] for target in one["targets"]
    ]
    assert targets == [f"127.0.0.1:{port}" for port in range(FIRST_PORT, FIRST_PORT + len(targets))]
    assert 0 < len(targets) <= PORTS


def test_names_follow_prometheus() -> None:
    assert len(LABELS) == len(DEFINITIONS)
    for each in DEFINITIONS:
        assert re.fullmatch(r"casestream_[a-z_]+", each.name)
        assert each.name.endswith("_total") == (each.kind == "counter")
        assert not re.search(r"_(milliseconds|ms|minutes|kilobytes|mb)\b", each.name)
        assert "timestamp" not in each.name or each.name.endswith("_timestamp_seconds")
        assert each.about
