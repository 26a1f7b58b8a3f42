"""Prints docs/metrics.md from the table: `python -m adapters.telemetry.page`."""

from __future__ import annotations

import sys

from adapters.telemetry.metrics import METRICS, STANDARD, Metric, ProcessRole

_HEAD = """\
# Metrics

Every API process and every worker serves its own at `/metrics` on `CASHBACK_METRICS_PORT`, a port
that clients never reach; without that setting nothing is measured. This page is printed from
`src/adapters/telemetry/metrics.py` by `make docs`, and a test compares it with what running
processes expose.

- **Each process is scraped by itself.** Counters and histograms add up over processes: `sum by
  (route) (rate(cashback_http_requests_total[5m]))`. They begin at zero with their process, which
  `rate` and `increase` allow for.
- **What must be right over restarts comes from the database:** the rows marked *database* below.
  One query tells them for all processes at once, so every worker says the same: take `max`, never
  `sum`. A test refuses an alert or a panel that forgets it. They are read when Prometheus asks, at
  most every five seconds, for four seconds at most, and are absent while the database is away
  (`cashback_database_up` is 0 then). The rows marked *host* say the same in every container of one
  host: `max` again.
- **No label holds what a client chose:** no path, id, document or token; routes are templates.
"""


def as_markdown() -> str:
    """Return docs/metrics.md."""
    lines = [_HEAD, "| name | kind | labels | of | meaning |", "|---|---|---|---|---|"]
    for row in METRICS:
        labels = ", ".join(f"`{label}`" for label in row.labels)
        lines.append(f"| `{row.name}` | {row.kind} | {labels} | {_of(row)} | {row.meaning} |")
    names = ", ".join(f"`{name}`" for name in STANDARD)
    lines += ["", f"Of the process itself, by prometheus-client's names: {names}.", ""]
    return "\n".join(lines)


def _of(row: Metric) -> str:
    if row.one_for_all is not None:
        return f"{row.one_for_all}, told by {' and '.join(row.of)}"
    return "each process" if len(row.of) == len(ProcessRole) else f"each {row.of[0]}"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
