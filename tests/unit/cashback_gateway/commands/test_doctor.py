from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from adapters.cashback_client.reachability import Reach
from adapters.postgres.closing.examination import ClosingState
from adapters.postgres.connection.sessions import limits
from adapters.postgres.operators.examination import Collation, Holder, Reader, Server
from adapters.postgres.operators.open_work import LatestRun, OpenWork, StatementState
from adapters.postgres.operators.provider_calls import ProviderCalls
from adapters.postgres.operators.webhooks import TroubledEndpoint
from adapters.postgres.operators.work_for_somebody import CasesOf, WorkForSomebody
from cashback_core.delivery.states import Status
from cashback_core.operators.clocks import ClockAhead
from cashback_core.operators.operator_store import SenderState
from cashback_core.privacy.seals import Seal
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import ClassTotal
from cashback_core.values.instants import format_instant
from cashback_core.webhooks.policy import Because
from cashback_gateway.commands.backlog_health import (
    check_backlog,
    check_closing,
    check_statements,
    check_webhooks,
    check_work,
)
from cashback_gateway.commands.doctor import (
    check_brakes_lock,
    check_erasure_key,
    check_logins,
    check_migrations,
    check_orders,
    check_readers,
    check_reporting,
    check_roles,
    check_server,
    check_temporary_tables,
    check_zones,
)
from cashback_gateway.commands.health import Check, Level
from cashback_gateway.commands.surroundings import check_credentials, check_pace, check_provider
from cashback_gateway.settings.environment import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
NOTHING: Final = timedelta(0)
SERVER: Final = Server(
    version=180_001,
    reads_only=False,
    settings={
        **limits(180_001),
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
    },
    clock_ahead=NOTHING,
    clock_error=timedelta(milliseconds=1),
)
BACKLOG: Final = OpenWork(
    counts={},
    oldest_open=None,
    overdue=NOTHING,
    lease_expired=NOTHING,
    workers=1,
    risk_accepted=0,
    incidents=0,
    latest_incidents=(),
    clocks_ahead=(),
    sender=SenderState(),
)


def named(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_missing_or_another_erasure_key_is_told() -> None:
    seal, other = Seal(b"k" * 32), Seal(b"o" * 32)
    for noted in (None, seal.fingerprint):
        assert check_erasure_key(seal, noted).level is Level.OK
    wrong = check_erasure_key(seal, other.fingerprint)
    assert (wrong.level, "another" in wrong.found) == (Level.FAIL, True)
    missing = check_erasure_key(None, other.fingerprint)
    assert (missing.level, "CASHBACK_ERASURE_KEY_FILE" in missing.found) == (Level.WARN, True)


def test_stored_zones_that_this_machine_does_not_know_are_told() -> None:
    assert check_zones([]).level is Level.OK
    told = check_zones([(f"shop-{n}", "Mars/Olympus") for n in range(7)])
    assert told.level is Level.FAIL
    assert "Mars/Olympus of shop-4 and 2 more" in told.found


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_a_good_server_and_an_empty_backlog_are_ok() -> None:
    checks = [*check_server(SERVER), check_migrations([]), *check_backlog(BACKLOG, NOW)]
    assert {check.level for check in checks} == {Level.OK}
    assert {check.advice for check in checks} == {""}


def test_clocks_of_clients_that_are_ahead_are_told_a_few_of_them() -> None:
    ahead = [
        ClockAhead(
            client=f"client:cli_{n}",
            merchant="demo",
            ahead_s=ahead_s,
            sales=n + 1,
            refused=0,
            first_at=NOW - minutes(30),
            last_at=NOW,
        )
        for n, ahead_s in enumerate((3_480.0, 90.0, 59.0, 12.4, 11.0, 10.0, 10.0))
    ]
    check = named(check_backlog(replace(BACKLOG, clocks_ahead=tuple(ahead)), NOW))["client clocks"]
    assert check.level is Level.WARN
    first, *_, last = check.found.split("; ")
    since, until = format_instant(NOW - minutes(30)), format_instant(NOW)
    assert first == (
        "client:cli_0 of demo is ahead by 58 min: 1 sale taken, 0 refused"
        f" since {since}, the latest {until}"
    )
    assert "client:cli_3 of demo is ahead by 12 s: 4 sales" in check.found
    assert last == "and 2 more"


def test_a_server_that_only_reads_is_told_and_what_to_do() -> None:
    check = named(check_server(replace(SERVER, reads_only=True)))["writing"]
    assert check.level is Level.FAIL
    assert "standby" in check.found
    assert "promote" in check.advice


def test_roles_out_of_reach_are_told_and_granted() -> None:
    assert check_roles([]).level is Level.OK
    worker = check_roles(["cashback_eraser", "cashback_worker"])
    assert worker.level is Level.FAIL
    assert "grant cashback_eraser, cashback_worker" in worker.advice
    assert check_roles(["cashback_eraser"]).level is Level.WARN
    assert check_roles(["cashback_identity"]).level is Level.OK, "that is the API's login's"


def test_who_may_make_temporary_tables_is_told() -> None:
    assert check_temporary_tables([]).level is Level.OK
    check = check_temporary_tables(["cashback_serving", "cashback_worker"])
    assert check.level is Level.WARN
    assert "cashback_serving, cashback_worker" in check.found
    assert "cashback migrate" in check.advice


def test_a_login_with_settings_of_its_own_is_told() -> None:
    assert check_logins([]).level is Level.OK
    check = check_logins([("cashback_api", "search_path")] * 7)
    assert check.level is Level.WARN
    assert "search_path of cashback_api and 2 more" in check.found
    assert "reset all" in check.advice


def test_who_keeps_sales_waiting_is_told() -> None:
    assert check_brakes_lock([]).level is Level.OK
    holder = Holder(pid=4711, login="somebody", application="psql", age=minutes(5))
    check = check_brakes_lock([holder, replace(holder, pid=4712, age=None)])
    assert check.level is Level.FAIL
    assert "somebody (pid 4711, psql, for 0:05:00)" in check.found
    assert "pid 4712, psql, age not shown" in check.found
    assert "pg_terminate_backend(4711)" in check.advice


def test_what_a_login_of_finance_could_stop_sales_by_is_told() -> None:
    assert check_reporting([]).level is Level.OK
    check = check_reporting(["lo_create", "pg_advisory_lock", "schema public", "a", "b", "c", "d"])
    assert check.level is Level.WARN
    assert "stop sales by lo_create, pg_advisory_lock" in check.found
    assert "as a superuser" in check.advice


def test_a_login_of_finance_that_stays_is_told_with_its_process() -> None:
    assert check_readers([]).level is Level.OK
    one = Reader(pid=7, login="bi", since=datetime(2026, 11, 30, 9, 5, tzinfo=UTC), has_number=True)
    check = check_readers([one, replace(one, pid=8, since=None, has_number=False)])
    assert check.level is Level.WARN
    assert "session 7 of bi with a transaction's number since 2026-11-30 09:05" in check.found
    assert "session 8 of bi, since when is not shown" in check.found
    assert "pg_terminate_backend(7)" in check.advice


def test_another_order_of_letters_is_told_with_what_to_run() -> None:
    assert check_orders([]).level is Level.OK
    own = Collation(name=None, database="shop", recorded="2.31", now="2.36")
    check = check_orders([own, Collation(name='"pt_BR"', database="shop", recorded="1", now=None)])
    assert check.level is Level.WARN
    assert 'the database 2.31, now 2.36, "pt_BR" 1, now none' in check.found
    steps = [
        check.advice.index("reindex database shop"),
        check.advice.index("alter database shop refresh collation version"),
        check.advice.index('alter collation "pt_BR" refresh version'),
    ]
    assert steps == sorted(steps), "first the indexes, then the word that they are new"
    assert "and 797 more" in check_orders([own] * 800).found


@pytest.mark.parametrize(
    ("version", "level"), [(150_000, Level.OK), (149_999, Level.FAIL), (180_001, Level.OK)]
)
def test_a_server_older_than_15_fails(version: int, level: Level) -> None:
    assert named(check_server(replace(SERVER, version=version)))["database"].level is level


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
@pytest.mark.parametrize(
    ("value", "level"),
    [("off", Level.FAIL), ("local", Level.FAIL), ("remote_apply", Level.OK), (None, Level.FAIL)],
)
def test_what_could_lose_an_acknowledged_sale_fails(
    name: str, value: str | None, level: Level
) -> None:
    settings = {**SERVER.settings, name: value}
    known = {n: v for n, v in settings.items() if v is not None}
    check = named(check_server(replace(SERVER, settings=known)))["durability"]
    assert check.level is level
    assert (f"turn on {name}" in check.advice) is (level is Level.FAIL)


def test_lost_time_limits_are_told() -> None:
    settings = {**SERVER.settings, "statement_timeout": "0"}
    check = named(check_server(replace(SERVER, settings=settings)))["time limits"]
    assert check.level is Level.WARN
    assert "drops statement_timeout" in check.advice


@pytest.mark.parametrize(
    ("ahead_s", "error_s", "level"),
    [
        (0.9, 0, Level.OK),
        (1.1, 0, Level.WARN),
        (-1.1, 0, Level.WARN),
        (1.1, 0.2, Level.OK),
        (30.0, 0, Level.WARN),
        (-31.0, 0, Level.FAIL),
        (31.0, 2, Level.WARN),
    ],
)
def test_clocks_apart_are_told_as_far_as_they_surely_are(
    ahead_s: float, error_s: float, level: Level
) -> None:
    server = replace(
        SERVER, clock_ahead=timedelta(seconds=ahead_s), clock_error=timedelta(seconds=error_s)
    )
    assert named(check_server(server))["clock"].level is level


def test_pending_migrations_fail() -> None:
    check = check_migrations(["0009_x.sql"])
    assert check.level is Level.FAIL
    assert "./cashback migrate" in check.advice


PAUSED: Final = SenderState(paused_at=NOW, reason="restored", actor="database guard")


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, Level.OK),
        ({"workers": 0}, Level.FAIL),
        ({"overdue": minutes(0.9)}, Level.OK),
        ({"overdue": minutes(2)}, Level.WARN),
        ({"overdue": minutes(2), "workers": 0}, Level.FAIL),
        ({"overdue": minutes(16)}, Level.FAIL),
        ({"overdue": minutes(16), "sender": PAUSED}, Level.OK),
        ({"lease_expired": minutes(2)}, Level.WARN),
        ({"lease_expired": minutes(16), "sender": PAUSED}, Level.FAIL),
        ({"lease_expired": -minutes(1)}, Level.OK),
    ],
)
def test_workers_are_missed_when_what_is_due_waits(
    changes: dict[str, object], level: Level
) -> None:
    backlog = replace(BACKLOG, **changes)  # type: ignore[arg-type]
    assert named(check_backlog(backlog, NOW))["workers"].level is level


def test_a_paused_sender_is_told_with_its_reason() -> None:
    check = named(check_backlog(replace(BACKLOG, sender=PAUSED), NOW))["sender"]
    assert check.level is Level.WARN
    assert check.found == "paused since 2026-06-15T15:00:00Z by database guard: restored"
    assert "./cashback sender release" in check.advice


@pytest.mark.parametrize("status", [Status.HELD, Status.IN_DOUBT, Status.REJECTED])
def test_what_waits_for_somebody_is_told(status: Status) -> None:
    counts = {status: 2, Status.PENDING: 3}
    check = named(check_backlog(replace(BACKLOG, counts=counts, risk_accepted=1), NOW))["backlog"]
    assert check.level is Level.WARN
    assert f"2 {status}" in check.found
    assert "3 pending" in check.found
    assert "1 were ever resent at a risk" in check.found
    assert "./cashback open" in check.advice


def test_what_the_workers_deal_with_alone_is_no_warning() -> None:
    counts = {Status.PENDING: 3, Status.SENDING: 1, Status.CANCELLED: 9}
    assert named(check_backlog(replace(BACKLOG, counts=counts), NOW))["backlog"].level is Level.OK


@pytest.mark.parametrize(("hours", "level"), [(23, Level.OK), (25, Level.WARN)])
def test_what_is_open_for_more_than_a_day_is_told(hours: int, level: Level) -> None:
    oldest = (Status.IN_DOUBT, NOW - timedelta(hours=hours))
    check = named(check_backlog(replace(BACKLOG, oldest_open=oldest), NOW))["oldest open"]
    assert check.level is level
    assert check.found.startswith("in_doubt, accepted 2026-06-14T")


def test_incidents_are_told() -> None:
    backlog = replace(BACKLOG, incidents=5, latest_incidents=("a: x", "b: y"))
    check = named(check_backlog(backlog, NOW))["incidents"]
    assert check.level is Level.WARN
    assert check.found == "5 in 7 days, the latest: a: x | b: y"


def test_what_waits_for_a_person_is_told_by_who_has_it_and_how_long() -> None:
    nothing = WorkForSomebody(nobodys=None, somebodys=None)
    checks = named(check_work(nothing, NOW))
    assert {(c.level, c.found) for c in checks.values()} == {
        (Level.OK, "nothing needs anybody"),
        (Level.OK, "all are compared"),
    }
    young = CasesOf(count=3, centavos=9_583, oldest_at=NOW - timedelta(hours=2), days=1)
    both = WorkForSomebody(nobodys=young, somebodys=replace(young, count=1, days=0))
    check = named(check_work(both, NOW))["cases"]
    assert check.level is Level.OK
    assert check.found.startswith("nobody has 3, 95.83 in all, the oldest since 2026-06-15T13:00")
    assert "(2:00:00 ago), differences of 1 day; people have 1, 95.83 in all" in check.found
    old = replace(young, oldest_at=NOW - timedelta(days=1, seconds=1), days=2)
    check = named(check_work(replace(both, nobodys=old), NOW))["cases"]
    assert (check.level, "--unassigned" in check.advice) == (Level.WARN, True)
    theirs = replace(nothing, somebodys=old)  # somebody looks after it
    assert named(check_work(theirs, NOW))["cases"].level is Level.OK
    files = replace(nothing, uncompared=2, first_uncompared=("demo", date(2026, 6, 13)))
    check = named(check_work(files, NOW))["day files"]
    assert (check.level, check.advice) == (
        Level.WARN, "`./cashback reconcile --day 2026-06-13 --merchant demo`",
    )  # fmt: skip


NO_STATEMENTS: Final = StatementState(standing=(), runs=(), doubts_overdue=0, oldest_doubt_at=None)
RUN: Final = LatestRun(
    kind="recent",
    ended_at=NOW - timedelta(hours=2),
    distrust=None,
    distrusted_since_at=None,
    error=None,
)


def test_where_no_statement_tells_anything_odd_all_is_well() -> None:
    assert {c.level for c in check_statements(NO_STATEMENTS, NOW)} == {Level.OK}
    run = replace(NO_STATEMENTS, runs=(RUN,), oldest_doubt_at=NOW)
    checks = named(check_statements(run, NOW))
    assert {check.level for check in checks.values()} == {Level.OK}
    assert "(2:00:00 ago)" in checks["reconciliation (recent)"].found


def test_standing_incidents_are_told_by_class_and_worth() -> None:
    standing = (
        ClassTotal(cls=FindingClass.CREDITED_AGAIN, count=2, centavos=1050),
        ClassTotal(cls=FindingClass.UNREADABLE, count=1, centavos=0),
    )
    checks = named(check_statements(replace(NO_STATEMENTS, standing=standing), NOW))
    check = checks["statement incidents"]
    assert (check.level, check.found) == (
        Level.WARN,
        "2 credited_again, 10.50; 1 unreadable, 0.00",
    )
    assert "./cashback incidents" in check.advice


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"distrust": "3 lines cannot be read", "distrusted_since_at": NOW - timedelta(days=1)},
         "distrusted since 2026-06-14T15:00:00Z: 3 lines cannot be read"),
        ({"error": "no statement: 503"}, "and failed: no statement: 503"),
        ({"ended_at": NOW - timedelta(hours=27)}, "(1 day, 3:00:00 ago)"),
    ],
)  # fmt: skip
def test_a_run_that_proves_nothing_is_told_with_its_reason(
    changes: dict[str, object], told: str
) -> None:
    run = replace(RUN, **changes)  # type: ignore[arg-type]
    check = named(check_statements(replace(NO_STATEMENTS, runs=(run,)), NOW))[
        "reconciliation (recent)"
    ]
    assert check.level is Level.WARN
    assert told in check.found


def test_a_kind_that_runs_while_something_is_open_may_rest() -> None:
    run = replace(RUN, kind="open", ended_at=NOW - timedelta(days=9))
    checks = named(check_statements(replace(NO_STATEMENTS, runs=(run,)), NOW))
    assert checks["reconciliation (open)"].level is Level.OK


@pytest.mark.parametrize(("days", "level"), [(2.9, Level.OK), (3.1, Level.WARN)])
def test_how_far_the_providers_word_reaches_is_told(days: float, level: Level) -> None:
    statements = replace(NO_STATEMENTS, told_through=NOW - timedelta(days=days))
    check = named(check_statements(statements, NOW))["provider's ledger"]
    assert check.level is level
    assert f"{int(days)} days, " in check.found
    assert ("import its statement" in check.advice) is (level is Level.WARN)


def test_doubts_that_no_statement_decides_are_told() -> None:
    statements = replace(NO_STATEMENTS, doubts_overdue=3, oldest_doubt_at=NOW - timedelta(hours=30))
    check = named(check_statements(statements, NOW))["doubts"]
    assert check.level is Level.WARN
    assert check.found == (
        "3 undecided for more than 26 hours, the oldest since 2026-06-14T09:00:00Z"
        " (1 day, 6:00:00 ago)"
    )


def test_endpoints_that_are_told_nothing_are_told_of() -> None:
    assert check_webhooks([]).level is Level.OK
    late = TroubledEndpoint(id=UUID(int=1), merchant="demo", because=None, since=NOW)
    gone = replace(late, id=UUID(int=2), because=Because.GONE)
    check = check_webhooks([late, gone, *[gone] * 5])
    assert check.level is Level.WARN
    assert f"{late.id} of demo is late since 2026-06-15T15:00:00Z; {gone.id}" in check.found
    assert "is disabled (gone) since" in check.found
    assert check.found.endswith("; and 2 more")
    assert "webhooks list --merchant demo" in check.advice


def test_what_the_connections_to_a_slow_provider_allow_is_told() -> None:
    slow = ProviderCalls(count=200, held_s=0.2, waited_s=0.0)
    check = check_pace(64, slow)
    assert check.level is Level.OK
    assert "200 ms a call (the median of the latest 200): 64 connections" in check.found
    assert check.found.endswith("are 320 calls/s at most")
    assert "64 connections of a process are as many calls at once" in check_pace(64, None).found


def test_calls_that_wait_for_a_connection_are_told_and_what_to_do() -> None:
    waiting = ProviderCalls(count=200, held_s=0.2, waited_s=0.15)
    check = check_pace(64, waiting)
    assert check.level is Level.WARN
    assert check.found.endswith("each waited 150 ms for one")
    assert "raise CASHBACK_PROVIDER_CONNECTIONS" in check.advice
    quick = replace(waiting, held_s=0.002, waited_s=0.01)  # a new connection takes as long
    assert check_pace(64, quick).level is Level.OK


def test_a_check_is_one_line_with_its_advice() -> None:
    check = Check(level=Level.WARN, name="clock", found="2 s", advice="set it")
    assert str(check) == "warn  clock: 2 s; set it"
    assert str(replace(check, level=Level.OK, advice="")) == "ok    clock: 2 s"


def test_a_dead_address_of_the_provider_is_named() -> None:
    reach = Reach(
        host="provider.example",
        port=443,
        by_proxy=False,
        alive=("192.0.2.1",),
        dead=(("192.0.2.2", "takes no connection within 3 s"),),
    )
    check = check_provider(reach)
    assert check.level is Level.WARN
    assert "not at 192.0.2.2 (takes no connection within 3 s)" in check.found
    assert check_provider(replace(reach, dead=())).level is Level.OK
    untrusted = replace(reach, fault="certificate not trusted: self-signed certificate")
    assert check_provider(untrusted).level is Level.FAIL
    assert "by the proxy" in check_provider(replace(untrusted, by_proxy=True)).found
    assert check_provider(None).level is Level.WARN


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"CASHBACK_PROVIDER_AUTHORIZATION": "Bearer abcdef"}, "PROVIDER_AUTHORIZATION goes to p."),
        (
            {
                "CASHBACK_PROVIDER_URL": "https://p.example",
                "CASHBACK_PROVIDER_PROXY_URL": "http://proxy.example:3128",
                "CASHBACK_PROVIDER_PROXY_CREDENTIALS": "till:abcdef",
            },
            "PROXY_CREDENTIALS goes to proxy.example",
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces.example:4318",
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abcdef",
            },
            "OTEL_EXPORTER_OTLP_HEADERS goes to traces.example",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://till:abcdef@traces.example:4318"},
            "the user in OTEL_EXPORTER_OTLP_ENDPOINT goes to traces.example",
        ),
    ],
)
def test_a_credential_that_leaves_this_machine_over_http_is_told_and_not_shown(
    changed: dict[str, str], told: str
) -> None:
    environ = {"CASHBACK_PROVIDER_URL": "http://p.example"} | changed
    check = check_credentials(read_settings(environ, needs=()))
    assert check.level is Level.WARN
    assert told in check.found
    assert "abcdef" not in str(check)
    for inside in ("https://p.example", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"):
        safe = {name: inside if "://" in value else value for name, value in environ.items()}
        if "PROXY_URL" not in str(safe) or not inside.startswith("https"):
            safe = {n: f"{v}:1" if v == "http://localhost" else v for n, v in safe.items()}
            assert check_credentials(read_settings(safe, needs=())).level is Level.OK


@pytest.mark.parametrize(
    ("hours", "prepared", "level", "told"),
    [
        (3, 0, Level.OK, "none is late"),
        (4, 0, Level.WARN, "CASHBACK_CLOSE_KEY_FILE"),
        (4, 2, Level.WARN, "prepared transactions (2)"),
    ],
)
def test_a_day_that_is_over_for_hours_and_not_closed_is_told(
    hours: int, prepared: int, level: Level, told: str
) -> None:
    state = ClosingState(
        owner="demo",
        day=NOW.date(),
        ended_at=NOW - timedelta(hours=hours),
        now=NOW,
        prepared=prepared,
    )
    check = check_closing(None, state)
    assert check.level is level
    assert told in str(check)
    assert check_closing(None, None).level is Level.OK


def test_what_keeps_days_open_is_told_by_chain_and_by_who_is_waited_for() -> None:
    state = ClosingState(
        owner="demo",
        day=NOW.date(),
        ended_at=NOW - timedelta(hours=4),
        now=NOW,
        prepared=0,
        told_at=NOW - timedelta(minutes=1),
    )
    key = Path("key.pem")
    assert "the last round was told 0:01:00 ago" in str(check_closing(key, state))
    waits = replace(state, waits_for=("session 7 of bia since 2026-11-29T23:00:00Z",))
    assert "session 7 of bia since 2026-11-29T23:00:00Z" in str(check_closing(key, waits))
    failed = replace(state, ended_at=NOW, troubles={"other": "DataError: too long"})
    check = check_closing(key, failed)
    assert (check.level, check.found) == (Level.WARN, "other is not closed: DataError: too long")
