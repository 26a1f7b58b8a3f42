"""The alerts and dashboards as tests read them: every expression, and the metrics in it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

INFRA: Final = Path(__file__).parents[1] / "infra"
ALERTS: Final = INFRA / "prometheus" / "alerts.yml"
DASHBOARDS: Final = INFRA / "grafana" / "dashboards"
_NAME: Final = re.compile(r"(?<![\w:.])(?:cashback|process)_\w+(?![\w:(])")
_BY: Final = re.compile(r"\s*(?:by|without)\s*\([^()]*\)\s*\Z")


@cache
def rules() -> list[dict[str, Any]]:
    """Every rule, alerts and records."""
    groups: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


@cache
def panels() -> list[dict[str, Any]]:
    """Every panel of every dashboard."""
    pages = [json.loads(file.read_text("utf-8")) for file in sorted(DASHBOARDS.glob("*.json"))]
    return [panel for page in pages for panel in page["panels"]]


@cache
def expressions() -> dict[str, str]:
    """Every expression, by where it stands."""
    found: dict[str, str] = {}
    for rule in rules():
        found[rule.get("alert") or rule["record"]] = rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            found[f"{panel['title']}: {target['legendFormat']}"] = target["expr"]
    return found


def metrics_of(expression: str) -> set[str]:
    """The names of samples in an expression."""
    return set(_NAME.findall(expression))


def enclosing(expression: str, position: int) -> list[str]:
    """The functions and aggregations that a position stands in, the innermost first."""
    found: list[str] = []
    depth = 0
    for at in range(position - 1, -1, -1):
        if expression[at] == ")":
            depth += 1
        elif expression[at] == "(":
            if depth == 0:
                before = _BY.sub("", expression[:at])
                word = re.search(r"(\w+)\s*\Z", before)
                found.append("" if word is None else word[1])
            else:
                depth -= 1
    return found
