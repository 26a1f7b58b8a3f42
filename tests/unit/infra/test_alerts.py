"""Alerts and dashboards: what they ask for is there, means what it says, and has a runbook."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from adapters.telemetry.metrics import METRICS, STANDARD, Metric, MetricKind
from infra.grafana.make_dashboards import files
from monitoring_files import (
    ALERTS,
    DASHBOARDS,
    INFRA,
    alerts,
    enclosing,
    expressions,
    metrics_of,
    panels,
    rules,
)

ROOT = Path(__file__).parents[3]
TESTS = sorted((INFRA / "prometheus" / "tests").glob("*.yml"))
MATCHER = re.compile(r"(?<![\w:])((?:cashback|process)_\w+)\{([^}]*)\}")
BY_SCRAPE = {"job", "instance"}


def samples() -> dict[str, Metric]:
    """The row behind each name of a sample."""
    found: dict[str, Metric] = {}
    for row in METRICS:
        ends = ("_bucket", "_sum", "_count") if row.kind is MetricKind.HISTOGRAM else ("",)
        found |= {f"{row.name}{end}": row for end in ends}
    return found


SAMPLES = samples()
WHERE = sorted(expressions())


def test_there_are_expressions_to_look_at() -> None:
    assert len(alerts()) >= 20
    assert len(WHERE) > 60


@pytest.mark.parametrize("where", WHERE)
def test_every_metric_that_is_asked_for_is_in_the_table(where: str) -> None:
    asked = metrics_of(expressions()[where])
    assert asked <= {*SAMPLES, *STANDARD}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert set(re.findall(r"\bcashback:[\w:]+", expressions()[where])) <= recorded


@pytest.mark.parametrize("where", WHERE)
def test_every_label_that_is_asked_for_is_in_the_table(where: str) -> None:
    for name, matchers in MATCHER.findall(expressions()[where]):
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        labels = SAMPLES[name].labels if name in SAMPLES else ()
        assert asked <= {*labels, *BY_SCRAPE, "le"}


@pytest.mark.parametrize("where", WHERE)
def test_what_every_process_says_alike_is_never_added_up(where: str) -> None:
    expression = expressions()[where]
    for found in re.finditer(r"cashback_\w+", expression):
        row = SAMPLES.get(found.group())
        if row is not None and row.one_for_all is not None:
            within = set(enclosing(expression, found.start()))
            assert within & {"max", "min"}
            assert not within & {"sum", "avg", "count", "stddev"}


def test_adding_up_is_seen() -> None:
    bad = "max(sum by (status) (cashback_open))"
    assert enclosing(bad, bad.index("cashback_open")) == ["sum", "max"]


def test_counters_are_only_taken_as_rates() -> None:
    for where, expression in expressions().items():
        for name in metrics_of(expression):
            row = SAMPLES.get(name)
            counts = row is not None and row.kind is not MetricKind.GAUGE
            if counts or name == "process_cpu_seconds_total":
                assert re.search(rf"(?:rate|increase)\({name}[{{\[]", expression), where


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_happened_to_whom_and_where_to_read_on(name: str) -> None:
    alert = alerts()[name]
    assert alert["labels"]["severity"] in {"page", "ticket"}
    told = alert["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert told["runbook_url"] == f"docs/operations.md#{name.lower()}"
    by_instance = "{{ $labels.instance }}" in told["summary"]
    assert not by_instance or not alert["expr"].startswith(("sum(", "max(", "(sum("))


def test_every_alert_has_its_entry_in_the_runbook_and_every_entry_its_alert() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    runbook = text.partition("\n## Runbook\n")[2].partition("\n## ")[0]
    entries = re.findall(r"^### (\w+)\n\n((?:.|\n)*?)(?=^### |\Z)", runbook, re.MULTILINE)
    assert sorted(name for name, _ in entries) == sorted(alerts())
    for name, entry in entries:
        for part in ("**Means.**", "**Look.**", "**Do.**"):
            assert part in entry, name


NO_METRICS = {
    "cashback_gateway",
    "cashback_id",
    "cashback_owner",
    "cashback_api",
    "cashback_delivery",
    "cashback_backups",
}
"""Other things of that form: the program, a field of the log, logins, a volume."""


def test_what_the_runbook_names_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"\bcashback_[a-z_]+", text)) - NO_METRICS
    assert named <= set(SAMPLES) | {row.name for row in METRICS}


def test_the_dashboards_are_what_their_script_writes() -> None:
    written = {file.name: file.read_text("utf-8") for file in DASHBOARDS.glob("*.json")}
    assert written == files()


def test_every_metric_of_ours_is_on_a_dashboard_or_in_an_alert() -> None:
    asked = {SAMPLES[n] for e in expressions().values() for n in metrics_of(e) if n in SAMPLES}
    assert {row.name for row in METRICS} - {row.name for row in asked} == set()


def test_panels_do_not_cover_one_another() -> None:
    for file in DASHBOARDS.glob("*.json"):
        assert file.stat().st_size
    assert all(panel["targets"] for panel in panels())


def expected_to_fire(*, firing: bool) -> set[str]:
    """The alerts that the rule tests expect to fire, or not to."""
    found: set[str] = set()
    for file in TESTS:
        for case in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            for check in case["promql_expr_test"]:
                (name,) = re.findall(r'alertname="(\w+)"', check["expr"])
                fires = sum(sample["value"] for sample in check["exp_samples"])
                if bool(fires) is firing:
                    found.add(name)
    return found


def test_every_alert_is_tested_both_firing_and_silent() -> None:
    assert expected_to_fire(firing=True) == set(alerts())
    assert expected_to_fire(firing=False) == set(alerts())


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    assert found, "promtool is missing: infra/ci_packages.sh installs it"
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.promtool
@pytest.mark.timeout(600)
def test_the_configuration_and_the_rules_are_well_formed() -> None:
    done = promtool("check", "config", str(INFRA / "prometheus" / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "rules", "--lint-fatal", str(ALERTS))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.promtool
@pytest.mark.timeout(600)
def test_the_alerts_fire_when_they_must_and_at_no_other_time() -> None:
    done = promtool("test", "rules", *map(str, TESTS))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.promtool
@pytest.mark.timeout(600)
def test_an_alert_that_never_fires_or_always_does_is_noticed(tmp_path: Path) -> None:
    whole = yaml.safe_load(ALERTS.read_text("utf-8"))
    broken = itertools.cycle(["vector(0) > 1", "vector(1)"])
    for group in whole["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                rule |= {"expr": next(broken), "for": "0s"}
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(whole), "utf-8")
    (tmp_path / "tests").mkdir()
    copies = [shutil.copy(file, tmp_path / "tests" / file.name) for file in TESTS]
    done = promtool("test", "rules", *map(str, copies))
    assert done.returncode != 0
    noticed = set(re.findall(r'alertname=\\"(\w+)', done.stdout + done.stderr))
    assert noticed == set(alerts())
