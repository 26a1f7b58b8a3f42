"""Writes infra/grafana/dashboards/*.json from the lists below: `make dashboards`.

A panel is a title, a unit and what it shows; where it stands follows from the order. A test
compares the files with this script, and what they ask for with what the processes expose.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "dashboards"
WIDTH: Final = 8
HEIGHT: Final = 8
_DATASOURCE: Final = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph; `shown` has an expression for each legend. `stat` shows the latest value alone."""

    title: str
    unit: str
    shown: dict[str, str]
    stat: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def _quantile(share: float, metric: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[5m])))"


OVERVIEW: Final = Dashboard(
    "cashback-overview",
    "Cashback: overview",
    (
        Panel(
            "Requests by route",
            "reqps",
            {
                "{{method}} {{route}}": "sum by (method, route) "
                "(rate(cashback_http_requests_total[5m]))"
            },
        ),
        Panel(
            "Requests by status",
            "reqps",
            {"{{status}}": "sum by (status) (rate(cashback_http_requests_total[5m]))"},
        ),
        Panel(
            "Share of 5xx (objective: 0.1 %)",
            "percentunit",
            {
                "5 min": "cashback:http_errors:ratio_rate5m",
                "1 h": "cashback:http_errors:ratio_rate1h",
                "6 h": "cashback:http_errors:ratio_rate6h",
            },
        ),
        Panel(
            "Answer time of sales",
            "s",
            {
                f"p{share * 100:.10g}": (
                    f"histogram_quantile({share}, sum by (le) (rate("
                    'cashback_http_request_seconds_bucket{method="POST", '
                    'route=~"/api/cashbacks?"}[5m])))'
                )
                for share in (0.5, 0.95, 0.99)
            },
        ),
        Panel(
            "Answer time by route, p99",
            "s",
            {"{{route}}": _quantile(0.99, "cashback_http_request_seconds", "route")},
        ),
        Panel(
            "Requests under way",
            "short",
            {
                "{{instance}}": "cashback_http_requests_in_flight",
                "most": "max(cashback_http_requests_in_flight_max)",
            },
        ),
        Panel(
            "Time of a commit",
            "s",
            {
                "p50": _quantile(0.5, "cashback_commit_seconds"),
                "p99": _quantile(0.99, "cashback_commit_seconds"),
            },
        ),
        Panel(
            "Writes that share a commit",
            "short",
            {
                "p50": _quantile(0.5, "cashback_commit_group_size"),
                "p99": _quantile(0.99, "cashback_commit_group_size"),
                "mean": "sum(rate(cashback_commit_group_size_sum[5m])) "
                "/ sum(rate(cashback_commit_group_size_count[5m]))",
            },
        ),
        Panel(
            "Durable writes",
            "wps",
            {
                "{{kind}}": "sum by (kind) (rate(cashback_commit_writes_total[5m]))",
                "failed: {{reason}}": "sum by (reason) "
                "(rate(cashback_commit_failures_total[5m])) > 0",
            },
        ),
        Panel(
            "Database answers", "bool_yes_no", {"{{instance}}": "cashback_database_up"}, stat=True
        ),
        Panel(
            "Processes up",
            "short",
            {"{{job}}": 'sum by (job) (up{job=~"api|worker"})'},
            stat=True,
        ),
        Panel(
            "What runs",
            "short",
            {
                "{{role}} {{version}} {{revision}} Python {{python}}": "count by "
                "(role, version, revision, python) (cashback_build_info)"
            },
            stat=True,
        ),
    ),
)

MONEY: Final = Dashboard(
    "cashback-money",
    "Cashback: money",
    (
        Panel("Open cashbacks", "short", {"{{status}}": "max by (status) (cashback_open)"}),
        Panel(
            "What they are worth",
            "currencyBRL",
            {"{{status}}": "max by (status) (cashback_open_centavos) / 100"},
        ),
        Panel(
            "The oldest of each",
            "s",
            {"{{status}}": "max by (status) (cashback_open_oldest_seconds)"},
        ),
        Panel(
            "Overdue",
            "s",
            {
                "beyond its instant": "max(cashback_overdue_seconds)",
                "lease expired": "max(cashback_lease_expired_seconds)",
            },
        ),
        Panel("Sender paused", "bool_yes_no", {"paused": "max(cashback_sender_paused)"}, stat=True),
        Panel(
            "Incidents, and resent at a risk",
            "short",
            {
                "incidents ever": "max(cashback_incidents)",
                "resent at a risk ever": "max(cashback_risk_accepted)",
                "other names noted ever": "max(cashback_name_differences)",
            },
            stat=True,
        ),
        Panel(
            "Incidents of the statement",
            "short",
            {"{{class}}": "max by (class) (cashback_statement_incidents)"},
        ),
        Panel(
            "Worth of these",
            "currencyBRL",
            {"{{class}}": "max by (class) (cashback_statement_incident_centavos) / 100"},
        ),
        Panel(
            "Incidents and differences: whose",
            "short",
            {"{{state}}": "max by (state) (cashback_cases)"},
        ),
        Panel(
            "The oldest of these",
            "s",
            {"{{state}}": "max by (state) (cashback_cases_oldest_seconds)"},
        ),
        Panel(
            "Latest trusted statement",
            "s",
            {
                "ago": "max(cashback_statement_trusted_age_seconds)",
                "what complete ones tell ends": "max(cashback_provider_ledger_age_seconds)",
            },
        ),
        Panel(
            "Statement distrusted, doubts overdue",
            "short",
            {
                "distrusted": "max(cashback_statement_distrusted)",
                "in doubt for more than 26 h": "max(cashback_doubts_overdue)",
            },
            stat=True,
        ),
        Panel(
            "Attempts by outcome",
            "ops",
            {"{{outcome}}": "sum by (outcome) (rate(cashback_provider_attempts_total[5m]))"},
        ),
        Panel(
            "Who sends",
            "ops",
            {"{{deliverer}}": "sum by (deliverer) (rate(cashback_provider_attempts_total[5m]))"},
        ),
        Panel(
            "Time of a provider call",
            "s",
            {
                "p50": _quantile(0.5, "cashback_provider_call_seconds"),
                "p99": _quantile(0.99, "cashback_provider_call_seconds"),
            },
        ),
        Panel(
            "Breakers that are not closed",
            "short",
            {
                "{{instance}} {{state}}": "max by (instance, state) "
                '(cashback_breaker_state{state!="closed"})'
            },
        ),
        Panel(
            "Paid by the provider",
            "currencyBRL",
            {"in an hour": "sum(increase(cashback_applied_centavos_total[1h])) / 100"},
        ),
        Panel(
            "Sales of equal content in an hour",
            "short",
            {"{{outcome}}": "sum by (outcome) (increase(cashback_equal_sales_total[1h]))"},
        ),
        Panel(
            "Never confirmed in an hour",
            "short",
            {"void": "sum(increase(cashback_voided_total[1h]))"},
        ),
        Panel(
            "Days closed in an hour, and what waits",
            "short",
            {
                "closed": "sum(increase(cashback_closes_total[1h]))",
                "waiting": "max(cashback_close_behind_days)",
                "chains that fail": "max(cashback_close_failed_chains)",
            },
        ),
        Panel(
            "Webhooks in an hour, and what waits",
            "short",
            {
                "{{result}}": "sum by (result) (increase(cashback_webhooks_sent_total[1h]))",
                "waiting": "max(cashback_webhooks_waiting)",
            },
        ),
        Panel(
            "Wrong names from shops in an hour",
            "short",
            {"{{budget}}": "sum by (budget) (increase(cashback_wrong_names_total[1h]))"},
        ),
        Panel(
            "Deliveries under way",
            "short",
            {
                "{{instance}}": "cashback_deliveries_under_way",
                "connections, most of one process": "max(cashback_provider_connections_max)",
            },
        ),
    ),
)

RESOURCES: Final = Dashboard(
    "cashback-resources",
    "Cashback: resources",
    (
        Panel(
            "CPU of each process",
            "short",
            {
                "{{instance}}": 'rate(process_cpu_seconds_total{job=~"api|worker"}[5m])',
                "limit of {{instance}}": "cashback_cpu_limit_cores",
            },
        ),
        Panel(
            "Held back by the CPU limit",
            "percentunit",
            {"{{instance}}": "rate(cashback_cpu_throttled_seconds_total[5m])"},
        ),
        Panel(
            "Event loop late by",
            "s",
            {"{{instance}}": "cashback_event_loop_lag_seconds"},
        ),
        Panel(
            "Memory of each container",
            "bytes",
            {
                "{{instance}}": "cashback_memory_used_bytes",
                "limit of {{instance}}": "cashback_memory_limit_bytes",
            },
        ),
        Panel(
            "Memory of each process",
            "bytes",
            {"{{instance}}": 'process_resident_memory_bytes{job=~"api|worker"}'},
        ),
        Panel(
            "Open files",
            "short",
            {"{{instance}}": 'process_open_fds{job=~"api|worker"}'},
        ),
        Panel(
            "Reading pool",
            "short",
            {
                "{{instance}} {{state}}": "cashback_pool_connections",
                "{{instance}} waiting": "cashback_pool_waiting",
                "most": "max(cashback_pool_connections_max)",
            },
        ),
        Panel(
            "Writes that wait for a commit",
            "short",
            {"{{instance}}": "cashback_writes_waiting"},
        ),
        Panel(
            "Connections to the provider",
            "short",
            {"{{instance}} {{state}}": "cashback_provider_connections"},
        ),
        Panel(
            "Sessions of the database",
            "short",
            {
                "in use": "max(cashback_database_sessions)",
                "most": "max(cashback_database_sessions_max)",
            },
        ),
        Panel("Size of the database", "bytes", {"size": "max(cashback_database_bytes)"}),
        Panel(
            "Reading the database for this",
            "s",
            {"{{instance}}": "cashback_database_probe_seconds"},
        ),
        Panel(
            "The host's processors",
            "short",
            {
                "{{mode}}": "max by (mode) "
                '(rate(cashback_host_cpu_seconds_total{mode!="idle"}[5m]))',
                "processors": "max(cashback_host_cpus)",
            },
        ),
        Panel(
            "The host's memory",
            "bytes",
            {"{{kind}}": "max by (kind) (cashback_host_memory_bytes)"},
        ),
        Panel(
            "Disks",
            "bytes",
            {"{{path}} {{kind}}": "max by (path, kind) (cashback_disk_bytes)"},
        ),
        Panel(
            "The host's disks, moved",
            "Bps",
            {"{{direction}}": "max by (direction) (rate(cashback_host_disk_bytes_total[5m]))"},
        ),
        Panel(
            "Network of each container",
            "Bps",
            {"{{instance}} {{direction}}": "rate(cashback_network_bytes_total[5m])"},
        ),
        Panel(
            "Clock of the database ahead by",
            "s",
            {
                "{{instance}}": "cashback_database_clock_ahead_seconds",
                "{{instance}} give or take": "cashback_database_clock_error_seconds",
            },
            signed=True,
        ),
        Panel(
            "Clocks of clients that are ahead",
            "s",
            {"{{client}}": "max by (client) (cashback_client_clock_ahead_seconds)"},
        ),
    ),
)


def files() -> dict[str, str]:
    """Every file's name and content."""
    return {
        f"{each.uid.removeprefix('cashback-')}.json": f"{json.dumps(_page(each), indent=1)}\n"
        for each in (OVERVIEW, MONEY, RESOURCES)
    }


def _page(dashboard: Dashboard) -> dict[str, Any]:
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["cashback"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "dashboards", "tags": ["cashback"], "title": "Cashback", "asDropdown": False}
        ],
        "panels": [_panel(number, panel) for number, panel in enumerate(dashboard.panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    across = 24 // WIDTH
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "stat" if panel.stat else "timeseries",
        "datasource": _DATASOURCE,
        "gridPos": {
            "x": number % across * WIDTH,
            "y": number // across * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {
            "defaults": {"unit": panel.unit} | ({} if panel.signed else {"min": 0}),
            "overrides": [],
        },
        "targets": [
            {"refId": chr(65 + n), "datasource": _DATASOURCE, "expr": expr, "legendFormat": legend}
            for n, (legend, expr) in enumerate(panel.shown.items())
        ],
    }


def main() -> int:
    """Write them."""
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
