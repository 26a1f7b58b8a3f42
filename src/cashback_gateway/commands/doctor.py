"""`doctor`: is everything as it must be, and if not, what is to be done.

It looks and changes nothing; the provider is only connected to, never asked for anything.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from adapters.postgres.closing.examination import examine_closing
from adapters.postgres.connection.durability import DURABILITY, UNSAFE
from adapters.postgres.connection.sessions import DatabaseRole, limits
from adapters.postgres.connection.startup_checks import MINIMUM_VERSION, WORKER_ROLES, unknown_zones
from adapters.postgres.operators.examination import (
    changed_orders,
    examine_server,
    holders_of_the_brakes_lock,
    left_to_reporting,
    logins_with_settings,
    may_make_temporary_tables,
    missing_migrations,
    noted_erasure_key,
    roles_out_of_reach,
    staying_readers,
)
from adapters.postgres.operators.open_work import (
    examine_backlog,
    examine_statements,
    troubled_endpoints,
)
from adapters.postgres.operators.provider_calls import examine_calls
from adapters.postgres.operators.work_for_somebody import examine_work
from adapters.postgres.schema.migration import SchemaMismatch
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.commands.backlog_health import (
    WEBHOOKS_WARN,
    check_backlog,
    check_closing,
    check_statements,
    check_webhooks,
    check_work,
)
from cashback_gateway.commands.health import Check, Level, lasting
from cashback_gateway.commands.surroundings import (
    check_credentials,
    check_pace,
    check_provider,
    check_run,
    provider_reach,
)
from cashback_gateway.commands.tables import show_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.postgres.operators.examination import Collation, Holder, Reader, Server
    from cashback_core.privacy.seals import Seal
    from cashback_gateway.local.state import LocalRun
    from cashback_gateway.settings.table import Settings

CLOCK_WARN: Final = timedelta(seconds=1)
CLOCK_FAIL: Final = timedelta(seconds=30)

ORDERS_SHOWN: Final = 3
ZONES_SHOWN: Final = 5
SETTINGS_SHOWN: Final = 5
HOLDERS_SHOWN: Final = 3


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
        if roles.level is not Level.FAIL:
            migrations = check_migrations(missing_migrations(url))
            yield migrations
            if migrations.level is Level.OK:
                yield check_brakes_lock(holders_of_the_brakes_lock(url))
                yield check_reporting(left_to_reporting(url))
                yield check_readers(staying_readers(url))
                yield check_erasure_key(settings.database.seal, noted_erasure_key(url))
                yield check_zones(unknown_zones(url))
                yield from check_backlog(examine_backlog(url), datetime.now(UTC))
                yield from check_statements(examine_statements(url), datetime.now(UTC))
                yield from check_work(examine_work(url), datetime.now(UTC))
                yield check_closing(settings.closing.key_file, examine_closing(url))
                yield check_webhooks(troubled_endpoints(url, late=WEBHOOKS_WARN))
                yield check_pace(settings.provider.connections, examine_calls(url))
    except StoreUnavailable as error:
        advice = "start it, or correct DATABASE_URL"
        yield Check(level=Level.FAIL, name="database", found=f"away ({error})", advice=advice)
    except SchemaMismatch as error:
        yield Check(level=Level.FAIL, name="migrations", found=str(error), advice=error.advice)
    yield _check_state_file(settings)
    yield check_provider(provider_reach(settings))
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
        f" {'age not shown to this login' if holder.age is None else f'for {lasting(holder.age)}'})"
        for holder in holders[:HOLDERS_SHOWN]
    )
    return Check(
        level=Level.FAIL,
        name="brakes' lock",
        found=f"no sale is taken and nothing is claimed: it is kept by {found}",
        advice=f"as the owner: select pg_terminate_backend({holders[0].pid}); nothing of ours keeps"
        " it for longer than a second, so ask whose login that is",
    )


def check_reporting(left: list[str]) -> Check:
    """Whether finance's logins could stop sales by what everybody may who connects."""
    if not left:
        return Check(level=Level.OK, name="reporting", found="no login of finance can lock sales")
    found = ", ".join(left[:SETTINGS_SHOWN])
    if len(left) > SETTINGS_SHOWN:
        found += f" and {len(left) - SETTINGS_SHOWN} more"
    return Check(
        level=Level.WARN,
        name="reporting",
        found=f"finance's logins can stop sales by {found}",
        advice="run `./cashback migrate` as a superuser (a restore may lose it), or give them a"
        " standby only: docs/reporting.md",
    )


def check_readers(staying: list[Reader]) -> Check:
    """Whether a login of finance stays in a transaction."""
    name = "readers"
    if not staying:
        return Check(level=Level.OK, name=name, found="no login of finance stays in a transaction")
    found = ", ".join(
        f"session {one.pid} of {one.login}"
        + (" with a transaction's number" if one.has_number else "")
        + (f" since {one.since:%Y-%m-%d %H:%M}" if one.since else ", since when is not shown")
        for one in staying[:SETTINGS_SHOWN]
    )
    if len(staying) > SETTINGS_SHOWN:
        found += f" and {len(staying) - SETTINGS_SHOWN} more"
    return Check(
        level=Level.WARN,
        name=name,
        found=f"in a transaction: {found}; old rows and numbers cannot be cleared away",
        advice=f"select pg_terminate_backend({staying[0].pid}); give whoever does it again a"
        " standby only: docs/reporting.md",
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
