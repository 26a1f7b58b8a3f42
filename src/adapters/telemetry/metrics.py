"""The one table of metrics: each row's name, labels, buckets and meaning.

The collectors take their metrics from these rows and `page.py` prints them, so what is documented
and what is exposed cannot drift apart. No label ever holds what a client chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MetricKind(StrEnum):
    """How a metric's values are to be read."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class ProcessRole(StrEnum):
    """Which process exposes a metric."""

    API = "api"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row; a counter's name ends in `_total`, as it is exposed."""

    name: str
    kind: MetricKind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    of: tuple[ProcessRole, ...] = (ProcessRole.API, ProcessRole.WORKER)
    one_for_all: str | None = None
    """What it is a reading of where every process says the same: then never summed."""


SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0,
)  # fmt: skip
"""From one commit on a quiet machine to the longest that a request may wait."""

COMMIT_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
GROUP: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
_API: Final = (ProcessRole.API,)
_WORKER: Final = (ProcessRole.WORKER,)
_DATABASE: Final = "database"
_HOST: Final = "host"

REQUESTS: Final = Metric(
    name="cashback_http_requests_total",
    kind=MetricKind.COUNTER,
    labels=("method", "route", "status"),
    meaning="requests that ended, by route template (`none`: no route was found) and class of "
    "status (`2xx` to `5xx`; `gone`: the client was, before any answer)",
    of=_API,
)
REQUEST_SECONDS: Final = Metric(
    name="cashback_http_request_seconds",
    kind=MetricKind.HISTOGRAM,
    labels=("method", "route"),
    buckets=SECONDS,
    meaning="from the first byte of a request to the last of its answer, the wait for the "
    "provider included",
    of=_API,
)
IN_FLIGHT: Final = Metric(
    name="cashback_http_requests_in_flight",
    kind=MetricKind.GAUGE,
    meaning="requests under way; beyond `cashback_http_requests_in_flight_max` one more gets 503",
    of=_API,
)
IN_FLIGHT_MAX: Final = Metric(
    name="cashback_http_requests_in_flight_max",
    kind=MetricKind.GAUGE,
    meaning="most requests at once",
    of=_API,
)
ATTEMPTS: Final = Metric(
    name="cashback_provider_attempts_total",
    kind=MetricKind.COUNTER,
    labels=("outcome", "deliverer"),
    meaning="attempts that ended, by what their evidence means (docs/delivery.md) and whether the "
    "API or a worker sent",
)
CALL_SECONDS: Final = Metric(
    name="cashback_provider_call_seconds",
    kind=MetricKind.HISTOGRAM,
    labels=("outcome",),
    buckets=SECONDS,
    meaning="calls to the provider, from asking for a connection to the end of the answer",
)
APPLIED_CENTAVOS: Final = Metric(
    name="cashback_applied_centavos_total",
    kind=MetricKind.COUNTER,
    meaning="centavos that the provider said it paid; the ledger is the database",
)
VOIDED: Final = Metric(
    name="cashback_voided_total",
    kind=MetricKind.COUNTER,
    meaning="cashbacks that became void: nobody confirmed them in their time",
    of=_WORKER,
)
WEBHOOKS_SENT: Final = Metric(
    name="cashback_webhooks_sent_total",
    kind=MetricKind.COUNTER,
    labels=("result",),
    meaning="attempts to tell an endpoint of a change, `delivered` or `failed`",
    of=_WORKER,
)
CLOSES: Final = Metric(
    name="cashback_closes_total",
    kind=MetricKind.COUNTER,
    meaning="days that were closed, of every chain (docs/close.md)",
    of=_WORKER,
)
CLOSE_BEHIND: Final = Metric(
    name="cashback_close_behind_days",
    kind=MetricKind.GAUGE,
    meaning="days that are over and not closed, of all chains together, as of this process's last"
    " round",
    of=_WORKER,
)
CLOSE_FAILED: Final = Metric(
    name="cashback_close_failed_chains",
    kind=MetricKind.GAUGE,
    meaning="chains of which a day could not be closed in this process's last round, and is tried"
    " again; the log and `doctor` say why",
    of=_WORKER,
)
CLOSE_STRANGE: Final = Metric(
    name="cashback_close_strange_chains",
    kind=MetricKind.GAUGE,
    meaning="chains that are closed no further: the database lacks a close that was seen before",
    of=_WORKER,
)
EQUAL_SALES: Final = Metric(
    name="cashback_equal_sales_total",
    kind=MetricKind.COUNTER,
    labels=("outcome",),
    meaning="sales with the content of a recorded one: `accepted` beside it by a name of their own,"
    " or `refused`; `collided` those with a name of one that their sender may not read;"
    " `GET /api/cashbacks/equals` lists them",
    of=_API,
)
WRONG_NAMES: Final = Metric(
    name="cashback_wrong_names_total",
    kind=MetricKind.COUNTER,
    labels=("budget",),
    meaning="sales from shops' systems under a name by which their CPF is not known, refused or"
    " noted: `within` what a group may tell, or `beyond`, when only whole names fit (somebody may"
    " be guessing)",
    of=_API,
)
LOG_INS: Final = Metric(
    name="cashback_log_ins_total",
    kind=MetricKind.COUNTER,
    labels=("kind", "outcome"),
    meaning="log-ins that ended: with a `password`, a client's `secret`, a `refresh` token, or the "
    "`present_password` for a new one; `granted`, `repeated` (a refresh whose answer was lost), "
    "`refused`, `throttled`, `crowded` (too many waited) or `reused` (a refresh token used before)",
    of=_API,
)
BREAKER: Final = Metric(
    name="cashback_breaker_state",
    kind=MetricKind.GAUGE,
    labels=("state",),
    meaning="1 for the state of this process's breaker, 0 for the others",
)
DELIVERIES: Final = Metric(
    name="cashback_deliveries_under_way",
    kind=MetricKind.GAUGE,
    meaning="deliveries of this process that have not ended, results being recorded included",
)
PROVIDER_CONNECTIONS: Final = Metric(
    name="cashback_provider_connections",
    kind=MetricKind.GAUGE,
    labels=("state",),
    meaning="connections to the provider: `lent` to a call, or `idle`",
)
PROVIDER_CONNECTIONS_MAX: Final = Metric(
    name="cashback_provider_connections_max",
    kind=MetricKind.GAUGE,
    meaning="most calls to the provider at once; one more waits its turn",
)
COMMIT_SECONDS_SPENT: Final = Metric(
    name="cashback_commit_seconds",
    kind=MetricKind.HISTOGRAM,
    buckets=COMMIT_SECONDS,
    meaning="grouped transactions, from begin to the acknowledged commit",
)
COMMIT_GROUP: Final = Metric(
    name="cashback_commit_group_size",
    kind=MetricKind.HISTOGRAM,
    buckets=GROUP,
    meaning="writes (sales, or results) that shared one commit",
)
COMMIT_MEMBERS: Final = Metric(
    name="cashback_commit_writes_total",
    kind=MetricKind.COUNTER,
    labels=("kind",),
    meaning="writes made durable: `sale` (replays and refused ones too) or `result` of an attempt",
)
COMMIT_FAILURES: Final = Metric(
    name="cashback_commit_failures_total",
    kind=MetricKind.COUNTER,
    labels=("reason",),
    meaning="grouped transactions that came to nothing: `conflict` is tried again, `row` is "
    "halved, `away` is answered 503, `bug` is ours",
)
WRITES_WAITING: Final = Metric(
    name="cashback_writes_waiting",
    kind=MetricKind.GAUGE,
    meaning="writes that wait for the next group; at 10000 one more gets 503",
)
POOL: Final = Metric(
    name="cashback_pool_connections",
    kind=MetricKind.GAUGE,
    labels=("state",),
    meaning="connections of the reading pool: `lent` or `idle`",
)
POOL_MAX: Final = Metric(
    name="cashback_pool_connections_max",
    kind=MetricKind.GAUGE,
    meaning="most connections of the reading pool",
)
POOL_WAITING: Final = Metric(
    name="cashback_pool_waiting",
    kind=MetricKind.GAUGE,
    meaning="readers that wait for a connection; after one second each gets 503",
)
DATABASE_UP: Final = Metric(
    name="cashback_database_up",
    kind=MetricKind.GAUGE,
    meaning="1 when the database answered this process's probe in time, else 0",
)
CLOCK_AHEAD: Final = Metric(
    name="cashback_database_clock_ahead_seconds",
    kind=MetricKind.GAUGE,
    meaning="how far the database's clock is ahead of this process's",
)
CLOCK_ERROR: Final = Metric(
    name="cashback_database_clock_error_seconds",
    kind=MetricKind.GAUGE,
    meaning="how uncertain that is: half of the probe's round trip",
)
LOOP_LAG: Final = Metric(
    name="cashback_event_loop_lag_seconds",
    kind=MetricKind.GAUGE,
    meaning="the longest that the event loop was late, since the previous scrape",
)
BUILD: Final = Metric(
    name="cashback_build_info",
    kind=MetricKind.GAUGE,
    labels=("role", "version", "revision", "python"),
    meaning="always 1; what runs here",
)
OPEN: Final = Metric(
    name="cashback_open",
    kind=MetricKind.GAUGE,
    labels=("status",),
    meaning="cashbacks in each status that is not final, over all processes, by the database",
    of=_WORKER,
    one_for_all=_DATABASE,
)
OPEN_CENTAVOS: Final = Metric(
    name="cashback_open_centavos",
    kind=MetricKind.GAUGE,
    labels=("status",),
    meaning="what these are worth",
    of=_WORKER,
    one_for_all=_DATABASE,
)
OLDEST: Final = Metric(
    name="cashback_open_oldest_seconds",
    kind=MetricKind.GAUGE,
    labels=("status",),
    meaning="how long ago the oldest of these was accepted, 0 without any",
    of=_WORKER,
    one_for_all=_DATABASE,
)
OVERDUE: Final = Metric(
    name="cashback_overdue_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long the most overdue pending cashback has waited beyond its instant",
    of=_WORKER,
    one_for_all=_DATABASE,
)
LEASE_EXPIRED: Final = Metric(
    name="cashback_lease_expired_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long ago the oldest lease ran out that no reaper took up",
    of=_WORKER,
    one_for_all=_DATABASE,
)
INCIDENTS: Final = Metric(
    name="cashback_incidents",
    kind=MetricKind.GAUGE,
    meaning="incidents ever recorded; it only grows, over restarts too",
    of=_WORKER,
    one_for_all=_DATABASE,
)
WEBHOOKS_OLDEST: Final = Metric(
    name="cashback_webhooks_oldest_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long ago the oldest change was made that an active endpoint was not told of yet,"
    " 0 without any",
    of=_WORKER,
    one_for_all=_DATABASE,
)
WEBHOOKS_WAITING: Final = Metric(
    name="cashback_webhooks_waiting",
    kind=MetricKind.GAUGE,
    meaning="messages to active endpoints that wait for another attempt",
    of=_WORKER,
    one_for_all=_DATABASE,
)
WEBHOOKS_DISABLED: Final = Metric(
    name="cashback_webhooks_disabled",
    kind=MetricKind.GAUGE,
    meaning="endpoints that are sent nothing any more because they failed for days or said 410",
    of=_WORKER,
    one_for_all=_DATABASE,
)
STATEMENT_INCIDENTS: Final = Metric(
    name="cashback_statement_incidents",
    kind=MetricKind.GAUGE,
    labels=("class",),
    meaning="incidents of the provider's statement that stand, by class (docs/statement-rules.md)",
    of=_WORKER,
    one_for_all=_DATABASE,
)
CASES: Final = Metric(
    name="cashback_cases",
    kind=MetricKind.GAUGE,
    labels=("state",),
    meaning="incidents and differences that need somebody: what nobody has (`open`), what somebody"
    " has (`assigned`); what a person calls done is in neither",
    of=_WORKER,
    one_for_all=_DATABASE,
)
CASES_OLDEST: Final = Metric(
    name="cashback_cases_oldest_seconds",
    kind=MetricKind.GAUGE,
    labels=("state",),
    meaning="how long ago the oldest of these was told first; 0 without any",
    of=_WORKER,
    one_for_all=_DATABASE,
)
STATEMENT_INCIDENT_CENTAVOS: Final = Metric(
    name="cashback_statement_incident_centavos",
    kind=MetricKind.GAUGE,
    labels=("class",),
    meaning="what these are worth; a line whose amount cannot be read counts as 0",
    of=_WORKER,
    one_for_all=_DATABASE,
)
STATEMENT_TRUSTED_AGE: Final = Metric(
    name="cashback_statement_trusted_age_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long ago the latest reconciliation ended whose silence proves something; without "
    "one since the first run, 0 before any",
    of=_WORKER,
    one_for_all=_DATABASE,
)
STATEMENT_DISTRUSTED: Final = Metric(
    name="cashback_statement_distrusted",
    kind=MetricKind.GAUGE,
    meaning="1 while the silence of the latest statement proves nothing, else 0",
    of=_WORKER,
    one_for_all=_DATABASE,
)
PROVIDER_LEDGER_AGE: Final = Metric(
    name="cashback_provider_ledger_age_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long ago what complete statements tell ends; without one since the first run, 0 "
    "before any",
    of=_WORKER,
    one_for_all=_DATABASE,
)
DOUBTS_OVERDUE: Final = Metric(
    name="cashback_doubts_overdue",
    kind=MetricKind.GAUGE,
    meaning="cashbacks in doubt for more than 26 hours, which no statement has decided",
    of=_WORKER,
    one_for_all=_DATABASE,
)
RISKS: Final = Metric(
    name="cashback_risk_accepted",
    kind=MetricKind.GAUGE,
    meaning="cashbacks that an operator ever sent again although they may have been paid",
    of=_WORKER,
    one_for_all=_DATABASE,
)
NAME_DIFFERENCES: Final = Metric(
    name="cashback_name_differences",
    kind=MetricKind.GAUGE,
    meaning="sales recorded though their CPF was known under another person's name, of merchants "
    "that want them noted; it only grows",
    of=_WORKER,
    one_for_all=_DATABASE,
)
CLIENT_CLOCKS: Final = Metric(
    name="cashback_client_clock_ahead_seconds",
    kind=MetricKind.GAUGE,
    labels=("client",),
    meaning="how far the clock of a client, or of a till of its, is ahead: the most that a sale of "
    "the last hour, taken or refused, was made after it came, from 10 seconds on; by the subject "
    "of the client's token, of the 20 furthest ones",
    of=_WORKER,
    one_for_all=_DATABASE,
)
PAUSED: Final = Metric(
    name="cashback_sender_paused",
    kind=MetricKind.GAUGE,
    meaning="1 while nothing is sent by anybody, else 0",
    of=_WORKER,
    one_for_all=_DATABASE,
)
DATABASE_BYTES: Final = Metric(
    name="cashback_database_bytes",
    kind=MetricKind.GAUGE,
    meaning="size of the database on its disk",
    of=_WORKER,
    one_for_all=_DATABASE,
)
SESSIONS: Final = Metric(
    name="cashback_database_sessions",
    kind=MetricKind.GAUGE,
    meaning="sessions of all clients on this database",
    of=_WORKER,
    one_for_all=_DATABASE,
)
SESSIONS_MAX: Final = Metric(
    name="cashback_database_sessions_max",
    kind=MetricKind.GAUGE,
    meaning="the server's `max_connections`",
    of=_WORKER,
    one_for_all=_DATABASE,
)
PROBE_SECONDS: Final = Metric(
    name="cashback_database_probe_seconds",
    kind=MetricKind.GAUGE,
    meaning="how long the latest reading of these took; it is kept for twenty times as long, at "
    "least five seconds",
)
HOST_CPU: Final = Metric(
    name="cashback_host_cpu_seconds_total",
    kind=MetricKind.COUNTER,
    labels=("mode",),
    meaning="what the host's processors did, over all of them",
    one_for_all=_HOST,
)
HOST_CPUS: Final = Metric(
    name="cashback_host_cpus",
    kind=MetricKind.GAUGE,
    meaning="processors of the host",
    one_for_all=_HOST,
)
HOST_MEMORY: Final = Metric(
    name="cashback_host_memory_bytes",
    kind=MetricKind.GAUGE,
    labels=("kind",),
    meaning="the host's memory: `total`, and `available` without swapping",
    one_for_all=_HOST,
)
DISK: Final = Metric(
    name="cashback_disk_bytes",
    kind=MetricKind.GAUGE,
    labels=("path", "kind"),
    meaning="the file system of each path in CASHBACK_METRICS_DISKS: `total` and `free`",
    one_for_all=_HOST,
)
DISK_IO: Final = Metric(
    name="cashback_host_disk_bytes_total",
    kind=MetricKind.COUNTER,
    labels=("direction",),
    meaning="bytes `read` from and `written` to the host's disks",
    one_for_all=_HOST,
)
NETWORK: Final = Metric(
    name="cashback_network_bytes_total",
    kind=MetricKind.COUNTER,
    labels=("direction",),
    meaning="bytes `received` and `sent` over every interface of this network namespace (in a "
    "container: the container's) but loopback",
)
MEMORY_LIMIT: Final = Metric(
    name="cashback_memory_limit_bytes",
    kind=MetricKind.GAUGE,
    meaning="memory that this container may use; the host's where there is no limit",
)
MEMORY_USED: Final = Metric(
    name="cashback_memory_used_bytes",
    kind=MetricKind.GAUGE,
    meaning="memory that this container cannot give back (its working set); the host's where "
    "there is no limit",
)
CPU_LIMIT: Final = Metric(
    name="cashback_cpu_limit_cores",
    kind=MetricKind.GAUGE,
    meaning="processors that this container may use; the host's where there is no limit",
)
CPU_THROTTLED: Final = Metric(
    name="cashback_cpu_throttled_seconds_total",
    kind=MetricKind.COUNTER,
    meaning="time in which this container's processes were held back by that limit",
)

METRICS: Final[tuple[Metric, ...]] = tuple(
    row for row in list(globals().values()) if isinstance(row, Metric)
)

STANDARD: Final = (
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
)
"""What prometheus-client itself tells of a process, under everybody's names."""
