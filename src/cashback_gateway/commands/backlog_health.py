"""Whether what waits gets on: sender, workers, incidents, statements, closed days, webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from adapters.postgres.operators.open_work import INCIDENT_DAYS
from cashback_core.delivery.states import Status
from cashback_core.operators.backlog import OVERDUE_DOUBT_S
from cashback_core.operators.open_cashbacks import ATTENTION
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.health import Check, Level, lasting, minutes_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from adapters.postgres.closing.examination import ClosingState
    from adapters.postgres.operators.open_work import LatestRun, OpenWork, StatementState
    from adapters.postgres.operators.webhooks import TroubledEndpoint
    from adapters.postgres.operators.work_for_somebody import CasesOf, WorkForSomebody


OVERDUE_WARN: Final = timedelta(minutes=1)
OVERDUE_FAIL: Final = timedelta(minutes=15)
CLOSED_WARN: Final = timedelta(hours=3)
"""As the alert DaysNotClosed."""

SCHEDULED: Final = frozenset({"recent"})
"""What runs every day, whatever is open; hourly runs come only while something is."""

RECONCILED_WARN: Final = timedelta(hours=26)
LEDGER_WARN: Final = timedelta(days=3)
"""Statements that end longer ago tell nothing of whole days that are closed."""
CLOCKS_SHOWN: Final = 5
ENDPOINTS_SHOWN: Final = 5
WEBHOOKS_WARN: Final = timedelta(hours=1)
"""As the alert WebhooksLate."""

OLD: Final = timedelta(days=1)
"""A cashback open for longer waits for a person, or should."""


def check_backlog(backlog: OpenWork, now: datetime) -> Iterable[Check]:
    """Sender, workers, what waits and for how long, incidents, clocks of clients."""
    yield _check_sender(backlog)
    yield _check_workers(backlog)
    yield _check_counts(backlog)
    yield _check_oldest(backlog, now)
    yield _check_incidents(backlog)
    yield _check_client_clocks(backlog)


def _check_sender(backlog: OpenWork) -> Check:
    state = backlog.sender
    if state.paused_at is None:
        return Check(level=Level.OK, name="sender", found="not paused")
    return Check(
        level=Level.WARN,
        name="sender",
        found=f"paused since {format_instant(state.paused_at)} by {state.actor}: {state.reason}",
        advice="when that is settled, `./cashback sender release`; docs/delivery.md tells how",
    )


def _check_workers(backlog: OpenWork) -> Check:
    late = max(backlog.lease_expired, timedelta(0))
    if backlog.sender.paused_at is None:
        late = max(late, backlog.overdue)
    found = f"{backlog.workers} listening"
    if late > OVERDUE_WARN:
        found += f", the most overdue cashback waits for {lasting(late)}"
    if late > OVERDUE_FAIL:
        level, advice = Level.FAIL, "start a worker, or look into its log"
    elif backlog.workers and late > OVERDUE_WARN:
        level, advice = Level.WARN, "if that grows, look into the worker's log, start another"
    elif not backlog.workers:
        level, advice = Level.FAIL, "start a worker: without one nothing that waits is ever paid"
    else:
        level, advice = Level.OK, ""
    return Check(level=level, name="workers", found=found, advice=advice)


def _check_counts(backlog: OpenWork) -> Check:
    counts = backlog.counts
    found = ", ".join(f"{counts[s]} {s}" for s in Status if counts.get(s)) or "nothing is open"
    if backlog.risk_accepted:
        found += f" ({backlog.risk_accepted} were ever resent at a risk)"
    waiting = any(counts.get(s) for s in ATTENTION)
    return Check(
        level=Level.WARN if waiting else Level.OK,
        name="backlog",
        found=found,
        advice="`./cashback open` lists what waits for somebody" if waiting else "",
    )


def _check_oldest(backlog: OpenWork, now: datetime) -> Check:
    if backlog.oldest_open is None:
        return Check(level=Level.OK, name="oldest open", found="none")
    status, accepted_at = backlog.oldest_open
    old = now - accepted_at > OLD
    return Check(
        level=Level.WARN if old else Level.OK,
        name="oldest open",
        found=f"{status}, accepted {format_instant(accepted_at)}"
        f" ({lasting(now - accepted_at)} ago)",
        advice=f"`./cashback open --status {status} --limit 1` tells which" if old else "",
    )


def _check_incidents(backlog: OpenWork) -> Check:
    if not backlog.incidents:
        return Check(level=Level.OK, name="incidents", found=f"none in {INCIDENT_DAYS} days")
    return Check(
        level=Level.WARN,
        name="incidents",
        found=f"{backlog.incidents} in {INCIDENT_DAYS} days, the latest:"
        f" {' | '.join(backlog.latest_incidents)}",
        advice="compare these cashbacks with the provider's statement",
    )


def _check_client_clocks(backlog: OpenWork) -> Check:
    clocks = backlog.clocks_ahead
    if not clocks:
        return Check(level=Level.OK, name="client clocks", found="none was ahead within a day")
    told = "; ".join(
        f"{one.client} of {one.merchant} is ahead by {minutes_words(one.ahead_s)}:"
        f" {one.sales} {'sale' if one.sales == 1 else 'sales'} taken, {one.refused} refused"
        f" since {format_instant(one.first_at)}, the latest {format_instant(one.last_at)}"
        for one in clocks[:CLOCKS_SHOWN]
    )
    more = f"; and {len(clocks) - CLOCKS_SHOWN} more" if len(clocks) > CLOCKS_SHOWN else ""
    return Check(
        level=Level.WARN,
        name="client clocks",
        found=f"{told}{more}",
        advice="set them by NTP: such sales count when they come, and beyond the merchant's"
        " max_ahead_s they are refused",
    )


def check_statements(statements: StatementState, now: datetime) -> Iterable[Check]:
    """Incidents that stand, the latest run of each kind, doubts that no statement decides."""
    standing = "; ".join(
        f"{one.count} {one.cls}, {format_centavos(one.centavos)}" for one in statements.standing
    )
    yield Check(
        level=Level.WARN if standing else Level.OK,
        name="statement incidents",
        found=standing or "none stands",
        advice="`./cashback incidents` lists them" if standing else "",
    )
    if not statements.runs:
        yield Check(level=Level.OK, name="reconciliation", found="none has run yet")
    for run in statements.runs:
        yield _check_run(run, now)
    yield _check_doubts(statements, now)
    yield _check_ledger(statements.told_through, now)


def check_work(work: WorkForSomebody, now: datetime) -> Iterable[Check]:
    """What waits for a person, how long nobody has had it, and files that nobody compared."""
    told = [
        f"{who} {_cases_words(some, now)}"
        for who, some in (("nobody has", work.nobodys), ("people have", work.somebodys))
        if some is not None
    ]
    late = work.nobodys is not None and now - work.nobodys.oldest_at > OLD
    yield Check(
        level=Level.WARN if late else Level.OK,
        name="cases",
        found="; ".join(told) or "nothing needs anybody",
        advice="`./cashback cases list --unassigned` lists what nobody has" if late else "",
    )
    if work.first_uncompared is None:
        yield Check(level=Level.OK, name="day files", found="all are compared")
        return
    slug, day = work.first_uncompared
    yield Check(
        level=Level.WARN,
        name="day files",
        found=f"{work.uncompared} complete and held against nothing, the first {day} of {slug}",
        advice=f"`./cashback reconcile --day {day} --merchant {slug}`",
    )


def _cases_words(some: CasesOf, now: datetime) -> str:
    of_days = f", differences of {some.days} {'day' if some.days == 1 else 'days'}"
    return (
        f"{some.count}, {format_centavos(some.centavos)} in all, the oldest since"
        f" {format_instant(some.oldest_at)} ({lasting(now - some.oldest_at)} ago)"
        f"{of_days if some.days else ''}"
    )


def _check_run(run: LatestRun, now: datetime) -> Check:
    found = f"ended {format_instant(run.ended_at)} ({lasting(now - run.ended_at)} ago)"
    level, advice = Level.OK, ""
    if run.error is not None:
        level, advice = Level.WARN, "look into the worker's log"
        found += f" and failed: {run.error}"
    elif run.distrust is not None:
        since = run.distrusted_since_at
        when = "" if since is None else f" since {format_instant(since)}"
        level, advice = Level.WARN, "no doubt is proved unpaid meanwhile; docs/operations.md"
        found += f", distrusted{when}: {run.distrust}"
    elif run.kind in SCHEDULED and now - run.ended_at > RECONCILED_WARN:
        level, advice = Level.WARN, "is a worker up, and does it reach the provider's statement?"
    return Check(level=level, name=f"reconciliation ({run.kind})", found=found, advice=advice)


def _check_ledger(through: datetime | None, now: datetime) -> Check:
    """How far the provider's own word reaches; without any statement nothing is late."""
    name = "provider's ledger"
    if through is None:
        return Check(level=Level.OK, name=name, found="no complete statement was taken in yet")
    old = now - through > LEDGER_WARN
    return Check(
        level=Level.WARN if old else Level.OK,
        name=name,
        found=f"statements tell through {format_instant(through)} ({lasting(now - through)} ago)",
        advice="ask the provider for later days, or import its statement" if old else "",
    )


def _check_doubts(statements: StatementState, now: datetime) -> Check:
    oldest, overdue = statements.oldest_doubt_at, statements.doubts_overdue
    if oldest is None:
        return Check(level=Level.OK, name="doubts", found="none")
    found = f"the oldest since {format_instant(oldest)} ({lasting(now - oldest)} ago)"
    if not overdue:
        return Check(level=Level.OK, name="doubts", found=found)
    return Check(
        level=Level.WARN,
        name="doubts",
        found=f"{overdue} undecided for more than {int(OVERDUE_DOUBT_S // 3600)} hours, {found}",
        advice="`./cashback incidents` tells what keeps them, `reconciliation` above the rest",
    )


def check_webhooks(troubled: Sequence[TroubledEndpoint]) -> Check:
    """Whether merchants' systems are told of what happens."""
    name = "webhooks"
    if not troubled:
        return Check(level=Level.OK, name=name, found="no endpoint is disabled or late")
    found = "; ".join(
        f"{one.id} of {one.merchant} {_trouble(one)} since {format_instant(one.since)}"
        for one in troubled[:ENDPOINTS_SHOWN]
    )
    if len(troubled) > ENDPOINTS_SHOWN:
        found += f"; and {len(troubled) - ENDPOINTS_SHOWN} more"
    return Check(
        level=Level.WARN,
        name=name,
        found=found,
        advice=f"`./cashback webhooks list --merchant {troubled[0].merchant}` tells their latest"
        " failure; docs/webhooks.md, docs/operations.md",
    )


def _trouble(endpoint: TroubledEndpoint) -> str:
    return "is late" if endpoint.because is None else f"is disabled ({endpoint.because})"


def check_closing(key_file: Path | None, state: ClosingState | None) -> Check:
    """Whether days are closed, how long ago the first one that is not ended, and what keeps it."""
    name = "closed days"
    if state is None:
        return Check(level=Level.OK, name=name, found="nothing to close")
    late = state.now - state.ended_at
    if late <= CLOSED_WARN and not state.troubles:
        return Check(level=Level.OK, name=name, found="none is late")
    found = f"{state.day} of {state.owner} ended {lasting(late)} ago"
    found = "; ".join(
        [
            *([found] if late > CLOSED_WARN else []),
            *(f"{owner} is not closed: {why}" for owner, why in state.troubles.items()),
        ]
    )
    waits_for = ", ".join(state.waits_for)
    if state.prepared:
        waits_for = waits_for or "they are named in pg_prepared_xacts"
        advice = (
            f"commit or roll back the prepared transactions ({state.prepared}): days wait,"
            f" {waits_for}"
        )
    elif state.waits_for:
        advice = f"days wait for {waits_for}: end what somebody forgot (pg_terminate_backend)"
    elif key_file is None:
        advice = "if days are to be closed, name the key of a worker: CASHBACK_CLOSE_KEY_FILE"
    elif state.troubles:
        advice = "docs/operations.md, ChainNotClosed and ChainNotTrusted"
    else:
        told = "no round was ever told" if state.told_at is None else "the last round was told"
        when = "" if state.told_at is None else f" {lasting(state.now - state.told_at)} ago"
        advice = f"{told}{when}: is a worker up, and has it the key? `./cashback close` tells more"
    return Check(level=Level.WARN, name=name, found=found, advice=advice)
