"""`doctor`: is everything as it must be, and if not, what is to be done.

It looks and changes nothing; the provider is only connected to, never asked for anything.
"""

from __future__ import annotations

import http.client
import ipaddress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from adapters.cashback_client.reachability import examine_reach
from adapters.postgres.closing.examination import examine_closing
from adapters.postgres.connection.durability import DURABILITY, UNSAFE
from adapters.postgres.connection.sessions import DatabaseRole, limits
from adapters.postgres.connection.startup_checks import MINIMUM_VERSION, WORKER_ROLES, unknown_zones
from adapters.postgres.operators.examination import (
    INCIDENT_DAYS,
    changed_orders,
    examine_backlog,
    examine_server,
    examine_statements,
    holders_of_the_brakes_lock,
    logins_with_settings,
    may_make_temporary_tables,
    missing_migrations,
    noted_erasure_key,
    roles_out_of_reach,
    troubled_endpoints,
)
from adapters.postgres.operators.provider_calls import examine_calls
from adapters.postgres.schema.migration import SchemaMismatch
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import ATTENTION
from cashback_core.operators.backlog import OVERDUE_DOUBT_S
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.tables import show_json
from cashback_gateway.processes.provider_way import provider_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from adapters.cashback_client.reachability import Reach
    from adapters.postgres.closing.examination import ClosingState
    from adapters.postgres.operators.examination import (
        Collation,
        Holder,
        LatestRun,
        OpenWork,
        Server,
        StatementState,
    )
    from adapters.postgres.operators.provider_calls import ProviderCalls
    from adapters.postgres.operators.webhooks import TroubledEndpoint
    from cashback_core.privacy.seals import Seal
    from cashback_gateway.local.state import LocalRun
    from cashback_gateway.settings.table import Settings

CONNECT_S: Final = 3.0
CLOCK_WARN: Final = timedelta(seconds=1)
CLOCK_FAIL: Final = timedelta(seconds=30)
OVERDUE_WARN: Final = timedelta(minutes=1)
OVERDUE_FAIL: Final = timedelta(minutes=15)
CLOSED_WARN: Final = timedelta(hours=3)
"""As the alert DaysNotClosed."""

SCHEDULED: Final = frozenset({"recent"})
"""What runs every day, whatever is open; hourly runs come only while something is."""

RECONCILED_WARN: Final = timedelta(hours=26)
LEDGER_WARN: Final = timedelta(days=3)
"""Statements that end longer ago tell nothing of whole days that are closed."""

ORDERS_SHOWN: Final = 3
ZONES_SHOWN: Final = 5
SETTINGS_SHOWN: Final = 5
HOLDERS_SHOWN: Final = 3
CLOCKS_SHOWN: Final = 5
ENDPOINTS_SHOWN: Final = 5
WEBHOOKS_WARN: Final = timedelta(hours=1)
"""As the alert WebhooksLate."""

WAITED_SHARE: Final = 0.5
"""More than this part of a call's time spent waiting for a connection is told."""

LEAST_WAITED_S: Final = 0.05
LEAST_HELD_S: Final = 0.0005

OLD: Final = timedelta(days=1)
"""A cashback open for longer waits for a person, or should."""


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line: what was looked at, what was found, and what to do about it."""

    level: Level
    name: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.level:4}  {self.name}: {self.found}{advice}"


def examine(settings: Settings, running: LocalRun | None = None, *, as_json: bool = False) -> int:
    """Print every check, also of what `run` has started; 1 when one of them failed, else 0."""
    told: list[dict[str, object]] = []
    for check in (*_checks(settings), *check_run(running)):
        if not as_json:
            print(check, flush=True)
        told.append(asdict(check))
    if as_json:
        show_json({"items": told})
    return int(any(check["level"] is Level.FAIL for check in told))


def _checks(settings: Settings) -> Iterator[Check]:
    url = settings.database.url
    try:
        yield from check_server(examine_server(url, lambda: datetime.now(UTC)))
        yield check_orders(changed_orders(url))
        roles = check_roles(roles_out_of_reach(url))
        yield roles
        yield check_temporary_tables(may_make_temporary_tables(url))
        yield check_logins(logins_with_settings(url))
        yield check_brakes_lock(holders_of_the_brakes_lock(url))
        if roles.level is not Level.FAIL:
            migrations = check_migrations(missing_migrations(url))
            yield migrations
            if migrations.level is Level.OK:
                yield check_erasure_key(settings.database.seal, noted_erasure_key(url))
                yield check_zones(unknown_zones(url))
                yield from check_backlog(examine_backlog(url), datetime.now(UTC))
                yield from check_statements(examine_statements(url), datetime.now(UTC))
                yield check_closing(settings.closing.key_file, examine_closing(url))
                yield check_webhooks(troubled_endpoints(url, late=WEBHOOKS_WARN))
                yield check_pace(settings.provider.connections, examine_calls(url))
    except StoreUnavailable as error:
        advice = "start it, or correct DATABASE_URL"
        yield Check(level=Level.FAIL, name="database", found=f"away ({error})", advice=advice)
    except SchemaMismatch as error:
        yield Check(level=Level.FAIL, name="migrations", found=str(error), advice=error.advice)
    yield _check_state_file(settings)
    yield check_provider(_reach(settings))
    yield check_credentials(settings)


def check_server(server: Server) -> Iterable[Check]:
    """Version, durability, time limits and clock."""
    version = f"PostgreSQL {server.version // 10_000}.{server.version % 10_000}"
    old = server.version < MINIMUM_VERSION
    yield Check(
        level=Level.FAIL if old else Level.OK,
        name="database",
        found=version,
        advice="15 or newer is needed" if old else "",
    )
    if server.reads_only:
        yield Check(
            level=Level.FAIL,
            name="writing",
            found="the server only reads: it is a standby, or default_transaction_read_only is on",
            advice="promote it or name the one that writes in DATABASE_URL; until then, no sale",
        )
    unsafe = [n for n in DURABILITY if server.settings.get(n, "off") in UNSAFE]
    yield Check(
        level=Level.FAIL if unsafe else Level.OK,
        name="durability",
        found=", ".join(f"{n} {server.settings.get(n, 'unknown')}" for n in DURABILITY),
        advice=f"turn on {', '.join(unsafe)}: an acknowledged sale could be lost" if unsafe else "",
    )
    wanted = limits(server.version)
    lost = [n for n, value in wanted.items() if server.settings.get(n) != value]
    shown = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    yield Check(
        level=Level.WARN if lost else Level.OK,
        name="time limits",
        found=", ".join(f"{n} {server.settings.get(n, 'unknown')}" for n in shown),
        advice=f"something between here and the server drops {', '.join(lost)}" if lost else "",
    )
    yield _check_clock(server)


def _check_clock(server: Server) -> Check:
    apart = abs(server.clock_ahead) - server.clock_error  # at least so much
    level = Level.OK
    if apart > CLOCK_WARN:
        level = Level.FAIL if apart > CLOCK_FAIL else Level.WARN
    ahead_s, error_s = server.clock_ahead.total_seconds(), server.clock_error.total_seconds()
    return Check(
        level=level,
        name="clock",
        found=f"the database's is {ahead_s:+.3f} s from this machine's (± {error_s:.3f} s)",
        advice="" if level is Level.OK else "set both by NTP: tokens and sold_at go by them",
    )


def check_migrations(missing: list[str]) -> Check:
    """Whether the schema is this program's."""
    if not missing:
        return Check(level=Level.OK, name="migrations", found="none pending")
    return Check(
        level=Level.FAIL,
        name="migrations",
        found=f"{len(missing)} pending: {', '.join(missing)}",
        advice="run `./cashback migrate`",
    )


def check_roles(out_of_reach: list[str]) -> Check:
    """Whether the login may take the roles that a worker and this command work as."""
    if not out_of_reach:
        return Check(level=Level.OK, name="roles", found="the login may take each of them")
    needed = [name for name in out_of_reach if name in WORKER_ROLES]
    if not needed:
        found = "the login may take a worker's, and no other"
        return Check(level=Level.OK, name="roles", found=found)
    names = ", ".join(needed)
    return Check(
        # Without the worker's nothing more can be looked at; the others may be another login's.
        level=Level.FAIL if DatabaseRole.WORKER in needed else Level.WARN,
        name="roles",
        found=f"the login may not take {names}",
        advice=f"run this as the workers' login, or grant {names} to this one",
    )


def check_erasure_key(seal: Seal | None, noted: str | None) -> Check:
    """Whether sales of erased customers are still known: without the key they are paid again."""
    name = "erasure key"
    if seal is not None and noted in {None, seal.fingerprint}:
        return Check(level=Level.OK, name=name, found="the one of this database")
    if seal is not None:
        return Check(
            level=Level.FAIL,
            name=name,
            found="another one than this database's erasures were made with",
            advice="bring back the right file from where it is kept (docs/operations.md)",
        )
    return Check(
        level=Level.WARN,
        name=name,
        found="CASHBACK_ERASURE_KEY_FILE is not set here",
        advice="set it as for the API and the workers, which do not start without it",
    )


def check_zones(unknown: list[tuple[str, str]]) -> Check:
    """Whether this machine knows every merchant's zone."""
    if not unknown:
        return Check(level=Level.OK, name="time zones", found="all are known here")
    found = ", ".join(f"{zone} of {slug}" for slug, zone in unknown[:ZONES_SHOWN])
    if len(unknown) > ZONES_SHOWN:
        found += f" and {len(unknown) - ZONES_SHOWN} more"
    return Check(
        level=Level.FAIL,
        name="time zones",
        found=f"not known on this machine: {found}",
        advice="requests of theirs get 503: correct the zone, or install tzdata here",
    )


def check_temporary_tables(roles: list[str]) -> Check:
    """Whether somebody could put a table of their own before one of ours."""
    if not roles:
        return Check(level=Level.OK, name="temporary tables", found="no role may make any")
    return Check(
        level=Level.WARN,
        name="temporary tables",
        found=f"{', '.join(roles)} may make them",
        advice="run `./cashback migrate` once more, as the owner of the database",
    )


def check_logins(settings: list[tuple[str, str]]) -> Check:
    """Whether a login begins otherwise than we made it: each may change that for itself."""
    if not settings:
        return Check(level=Level.OK, name="logins", found="none has settings of its own")
    found = ", ".join(f"{name} of {login}" for login, name in settings[:SETTINGS_SHOWN])
    if len(settings) > SETTINGS_SHOWN:
        found += f" and {len(settings) - SETTINGS_SHOWN} more"
    return Check(
        level=Level.WARN,
        name="logins",
        found=f"somebody has set {found}",
        advice="ask who did; `alter role … reset all`, which `./cashback migrate` does for the"
        " logins that it makes",
    )


def check_brakes_lock(holders: list[Holder]) -> Check:
    """Whether sales and claims get the lock that a stop is put on under."""
    if not holders:
        return Check(level=Level.OK, name="brakes' lock", found="free for sales and claims")
    found = ", ".join(
        f"{holder.login} (pid {holder.pid}, {holder.application or 'no name'},"
        f" {'age not shown to this login' if holder.age is None else f'for {_span(holder.age)}'})"
        for holder in holders[:HOLDERS_SHOWN]
    )
    return Check(
        level=Level.FAIL,
        name="brakes' lock",
        found=f"no sale is taken and nothing is claimed: it is kept by {found}",
        advice=f"as the owner: select pg_terminate_backend({holders[0].pid}); nothing of ours keeps"
        " it for longer than a second, so ask whose login that is",
    )


def check_orders(changed: list[Collation]) -> Check:
    """Whether texts are ordered as when they were indexed."""
    if not changed:
        return Check(level=Level.OK, name="collations", found="as recorded")
    first = changed[0]
    found = ", ".join(
        f"{order.name or 'the database'} {order.recorded}, now {order.now or 'none'}"
        for order in changed[:ORDERS_SHOWN]
    )
    if len(changed) > ORDERS_SHOWN:
        found += f" and {len(changed) - ORDERS_SHOWN} more"
    refresh = [
        f"alter collation {order.name} refresh version"
        if order.name
        else f"alter database {order.database} refresh collation version"
        for order in changed[:ORDERS_SHOWN]
    ]
    return Check(
        level=Level.WARN,
        name="collations",
        found=f"the system's library has changed: {found}",
        advice=f"as the owner: reindex database {first.database}; then {'; '.join(refresh)}"
        " (docs/operations.md)",
    )


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
        found += f", the most overdue cashback waits for {_span(late)}"
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
        found=f"{status}, accepted {format_instant(accepted_at)} ({_span(now - accepted_at)} ago)",
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
        f"{one.client} of {one.merchant} is ahead by {_minutes(one.ahead_s)}:"
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


def _check_run(run: LatestRun, now: datetime) -> Check:
    found = f"ended {format_instant(run.ended_at)} ({_span(now - run.ended_at)} ago)"
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
        found=f"complete through {format_instant(through)} ({_span(now - through)} ago)",
        advice="ask the provider for later days, or import its statement" if old else "",
    )


def _check_doubts(statements: StatementState, now: datetime) -> Check:
    oldest, overdue = statements.oldest_doubt_at, statements.doubts_overdue
    if oldest is None:
        return Check(level=Level.OK, name="doubts", found="none")
    found = f"the oldest since {format_instant(oldest)} ({_span(now - oldest)} ago)"
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


def _check_state_file(settings: Settings) -> Check:
    file = settings.database.state_file
    if file is None:
        return Check(
            level=Level.WARN,
            name="state file",
            found="CASHBACK_DATABASE_STATE_FILE is not set here",
            advice="set it for the workers: without it a restored database is not noticed",
        )
    return Check(level=Level.OK, name="state file", found=str(file))


def _reach(settings: Settings) -> Reach | None:
    if not settings.provider.url:
        return None
    way = provider_way(settings.way)
    return examine_reach(settings.provider.url, way, within_s=CONNECT_S)


def check_provider(reach: Reach | None) -> Check:
    """Whether a payment could be sent, and every address that would only cost time."""
    if reach is None:
        return Check(
            level=Level.WARN,
            name="provider",
            found="CASHBACK_PROVIDER_URL is not set here",
            advice="run this with the worker's settings",
        )
    place = f"{'by the proxy ' if reach.by_proxy else ''}{reach.host} port {reach.port}"
    if reach.fault is not None:
        return Check(
            level=Level.FAIL,
            name="provider",
            found=f"{place}: {reach.fault}",
            advice="nothing can be sent; sales are recorded and wait",
        )
    if reach.dead:
        dead = "; ".join(f"{address} ({why})" for address, why in reach.dead)
        return Check(
            level=Level.WARN,
            name="provider",
            found=f"{place} takes connections, but not at {dead}",
            advice="each new connection may lose a quarter of a second there: have the name mended",
        )
    return Check(level=Level.OK, name="provider", found=f"{place} takes connections")


def check_pace(connections: int, calls: ProviderCalls | None) -> Check:
    """How many calls a second the connections to the provider allow, as slow as it is now."""
    name, most = "provider's pace", f"{connections} connections of a process"
    if calls is None:
        found = f"nothing was paid within the last hour; {most} are as many calls at once"
        return Check(level=Level.OK, name=name, found=found)
    found = (
        f"{calls.held_s * 1000:.0f} ms a call (the median of the latest {calls.count}):"
        f" {most} are {connections / max(calls.held_s, LEAST_HELD_S):.0f} calls/s at most"
    )
    if calls.waited_s <= max(calls.held_s * WAITED_SHARE, LEAST_WAITED_S):
        return Check(level=Level.OK, name=name, found=found)
    return Check(
        level=Level.WARN,
        name=name,
        found=f"{found}; each waited {calls.waited_s * 1000:.0f} ms for one",
        advice="if the provider agrees, raise CASHBACK_PROVIDER_CONNECTIONS, or start another"
        " process; if it takes long to connect, look into the way there (docs/sizing.md)",
    )


def check_closing(key_file: Path | None, state: ClosingState | None) -> Check:
    """Whether days are closed, how long ago the first one that is not ended, and what keeps it."""
    name = "closed days"
    if state is None:
        return Check(level=Level.OK, name=name, found="nothing to close")
    late = state.now - state.ended_at
    if late <= CLOSED_WARN and not state.troubles:
        return Check(level=Level.OK, name=name, found="none is late")
    found = f"{state.day} of {state.owner} ended {_span(late)} ago"
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
        when = "" if state.told_at is None else f" {_span(state.now - state.told_at)} ago"
        advice = f"{told}{when}: is a worker up, and has it the key? `./cashback close` tells more"
    return Check(level=Level.WARN, name=name, found=found, advice=advice)


def check_credentials(settings: Settings) -> Check:
    """Whether something secret is sent to another machine for everybody on the way to read."""
    provider, telemetry = settings.provider, settings.telemetry
    sent = [
        (provider.url, provider.authorization, "CASHBACK_PROVIDER_AUTHORIZATION"),
        (
            settings.way.proxy_url,
            settings.way.proxy_credentials,
            "CASHBACK_PROVIDER_PROXY_CREDENTIALS",
        ),
        (telemetry.otlp_endpoint, telemetry.otlp_headers, "OTEL_EXPORTER_OTLP_HEADERS"),
        (
            telemetry.otlp_endpoint,
            "@" in urlsplit(telemetry.otlp_endpoint or "").netloc,
            "the user in OTEL_EXPORTER_OTLP_ENDPOINT",
        ),
    ]
    open_to_all = [
        f"{name} goes to {urlsplit(url).hostname} over http"
        for url, credential, name in sent
        if url and credential and _is_readable_on_the_way(url)
    ]
    if not open_to_all:
        return Check(level=Level.OK, name="credentials", found="none leaves this machine over http")
    return Check(
        level=Level.WARN,
        name="credentials",
        found="; ".join(open_to_all),
        advice="use https: who is on the way reads it, and can then act as you",
    )


def _is_readable_on_the_way(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "http" and not own


def check_run(running: LocalRun | None) -> Iterable[Check]:
    """Whether what `run` started on this machine answers; nothing when it runs nothing here."""
    if running is None:
        return
    parts = {"api": f"{running.api_url}/health/ready"}
    parts |= {f"metrics of the {name}": url for name, url in running.metrics_urls.items()}
    for name, url in parts.items():
        found = _asked(url)
        yield Check(
            level=Level.OK if found is None else Level.FAIL,
            name=f"run, {name}",
            found=f"{url} {'answers' if found is None else found}",
            advice="" if found is None else "look into its log, in the folder that `run` printed",
        )


def _asked(url: str) -> str | None:
    """What is wrong with the answer of a GET; None for a good one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CONNECT_S)
    try:
        connection.request("GET", parts.path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer: {error}"
    finally:
        connection.close()
    return None if status == 200 else f"answers {status}"


def _minutes(seconds: float) -> str:
    return f"{seconds // 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _span(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
