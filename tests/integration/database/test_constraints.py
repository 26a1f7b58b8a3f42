"""Every rule of the delivery holds in the database too, whoever writes."""

# ruff: noqa: E501 (a forbidden statement reads best on one line)

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

import adapters.postgres
from cashback_core.delivery.states import CLOSED, ENDED, TRANSITIONS, Actor, Status

if TYPE_CHECKING:
    from collections.abc import Iterator


ADAPTERS: Final = Path(adapters.postgres.__file__).parent


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def sale(connection: psycopg.Connection) -> str:
    """A recorded sale of one line of 10.00 with a cashback of 0.50 whose attempt 1 is leased."""
    id_ = str(uuid4())
    with connection.transaction():
        connection.execute(
            "insert into customers (merchant_id, document, name) values (1, '79336512404', 'JOSE')"
        )
        connection.execute(
            "insert into sales (merchant_id, cashback_id, sold_at, document, name, total_centavos,"
            " discount_centavos, rounding, exact, raw_body, accepted_at)"
            " values (1, %s, now(), '79336512404', 'JOSE', 1000, 0, 'half_even', '0.50', '', now())",
            [id_],
        )
        connection.execute(
            "insert into cashbacks (merchant_id, cashback_id, status, version, attempt,"
            " cashback_centavos, accepted_at, open_since_at, lease_until_at)"
            " values (1, %s, 'sending', 2, 1, 50, now(), now(), now())",
            [id_],
        )
        connection.execute(LINE, {"id": id_, "cashback": 50, "value": 1000})
        connection.execute("insert into sale_names values (1, 'content', 'x', %s)", [id_])
        connection.execute(
            "insert into attempts (merchant_id, cashback_id, attempt, deliverer, started_at,"
            " lease_until_at) values (1, %s, 1, 'api', now(), now())",
            [id_],
        )
        connection.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, to_status, attempt,"
            " reason) values (1, %s, 1, now(), 'api', 'pending', 0, '')",
            [id_],
        )
    return id_


LINE = (
    "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4,"
    " amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos)"
    " values (1, %(id)s, 0, 'A', %(value)s * 100000000::bigint, 10000, %(value)s, 0, 500, 1,"
    " '0.50', %(cashback)s)"
)

LINE_MORE = "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos) select merchant_id, cashback_id, 1, type, value_e10, qty_e4, amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos from sale_lines"

FORBIDDEN = {
    "back to pending from in_doubt without a version": "update cashbacks set status = 'in_doubt', lease_until_at = null",
    "applied without an instant": "update cashbacks set status = 'applied', version = 3, lease_until_at = null",
    "pending without a due instant": "update cashbacks set status = 'pending', version = 3, lease_until_at = null",
    "sending without a lease": "update cashbacks set lease_until_at = null",
    "an attempt skipped": "update cashbacks set attempt = 3",
    "an attempt begun without leaving pending": "update cashbacks set attempt = 2",
    "a version that goes back": "update cashbacks set version = 1",
    "another amount": "update cashbacks set cashback_centavos = 51",
    "an unknown status": "update cashbacks set status = 'paid', version = 3, lease_until_at = null",
    "not due although there is cashback": "update cashbacks set status = 'not_due', version = 3, lease_until_at = null",
    "a changed sale": "update sales set total_centavos = 1",
    "a deleted sale": "delete from sales",
    "a deleted cashback": "delete from cashbacks",
    "a deleted attempt": "delete from attempts",
    "a deleted name": "delete from sale_names",
    "another name": "update sale_names set name = 'y'",
    "all names truncated": "truncate sale_names",
    "all sales truncated": "truncate sales cascade",
    "a line more": LINE_MORE,
    "a changed line": "update sale_lines set cashback_centavos = 1",
    "a changed event": "update events set reason = 'x'",
    "a deleted event": "delete from events",
    "all events truncated": "truncate events",
    "an event out of sequence": "insert into events select merchant_id, cashback_id, 1, at, actor, from_status, to_status, attempt, reason from events",
    "an unlisted move": "insert into events select merchant_id, cashback_id, 2, at, 'settler', 'sending', 'pending', 1, '' from events",
    "applied without a 201": "update attempts set result = 'applied', ended_at = now(), phase = 'status_seen', status_code = 200",
    "an end without a result": "update attempts set ended_at = now()",
    "a longer lease": "update attempts set lease_until_at = now() + interval '1 day'",
    "a status code without a status line": "update attempts set result = 'unknown', ended_at = now(), phase = 'sent', status_code = 200",
    "an attempt without a cashback": "insert into attempts (merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at) values (1, gen_random_uuid(), 1, 'api', now(), now())",
    "the same attempt twice": "insert into attempts select * from attempts",
    "a name without a sale": "insert into sale_names values (1, 'sale_id', 'x', gen_random_uuid())",
    "a CPF of ten digits": "insert into customers (merchant_id, document, name) values (1, '1234567890', 'X')",
    "a rate above 100 %": "insert into rates values (1, 'A', 2, 10001, '2030-01-01Z')",
    "an excluded type that pays": "insert into rates values (1, 'A', 2, 1, '2090-01-01Z', now(), true)",
    "a tolerance of a real": "update merchants set line_tolerance_centavos = 100",
    "a total that may be anything": "update merchants set sale_tolerance_centavos = -1",
    "nobody is paid": "update merchants set nobody_buyers = 'pay'",
    "companies by no rule": "update merchants set company_buyers = null",
    "foreigners by another rule": "update merchants set foreign_buyers = 'ask'",
    "lines rounded up": "update merchants set line_rounding = 'up'",
    "a confirmation at once or never": "update merchants set confirm_within_h = 0",
    "a clock of another day": "update merchants set max_ahead_s = 86401",
    "numbers that count elsewhere": "insert into merchants (slug, name, numbers) values ('x', 'X', 'till')",
    "two rates from the same instant": "insert into rates values (1, 'A', 2, 1, '2000-01-01Z')",
    "a password that is not hashed": "insert into users (username, merchant_id, role, password_hash) values ('x', 1, 'erp', 'secret')",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_database_refuses(connection: psycopg.Connection, sale: str, statement: str) -> None:
    assert sale
    with pytest.raises(psycopg.IntegrityError):
        connection.execute(statement.encode())


def test_the_same_row_may_move_as_the_rules_say(connection: psycopg.Connection, sale: str) -> None:
    """The guard of the tests above: what they refuse is the fault, not the row."""
    connection.execute(
        "update cashbacks set status = 'applied', version = 3, lease_until_at = null,"
        " applied_at = now() where cashback_id = %s",
        [sale],
    )
    connection.execute(
        "update attempts set result = 'applied', ended_at = now(), phase = 'status_seen',"
        " status_code = 201"
    )
    with pytest.raises(psycopg.IntegrityError, match="no move from applied"):
        connection.execute(
            "update cashbacks set status = 'pending', version = 4, due_at = now(), applied_at = null"
        )
    with pytest.raises(psycopg.IntegrityError, match="keeps its first result"):
        connection.execute("update attempts set result = 'unknown'")


UNTOLD: Final = {
    "a mark taken back": ("applied", "applied_at = now()", "in_doubt", "applied_at = null"),
    "an applied doubt": ("in_doubt", "", "applied", "applied_at = now()"),
    "a resent doubt": ("in_doubt", "", "pending", "due_at = now()"),
    "a held doubt": ("in_doubt", "", "held", ""),
    "a rejected doubt": ("in_doubt", "", "rejected", ""),
    "a resent one": ("rejected", "", "pending", "due_at = now()"),
    "a cancelled one": ("rejected", "", "cancelled", ""),
}


@pytest.mark.parametrize("when", ["deferred", "immediate"])
@pytest.mark.parametrize("move", UNTOLD.values(), ids=UNTOLD.keys())
def test_a_move_that_no_attempt_makes_has_its_event_by_the_commit(
    connection: psycopg.Connection, sale: str, move: tuple[str, str, str, str], when: str
) -> None:
    source, with_source, target, with_target = move
    connection.execute(moved(3, source, with_source).encode())  # an attempt ends
    asked = moved(4, target, with_target).encode()
    begin = f"begin; set constraints all {when}; ".encode()
    told = (
        "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
        " from_status, to_status, attempt, reason)"
        " values (1, %s, 4, now(), 'operator', 'ana', %s, %s, 1, 'x')"
    )
    listed = {(s, t) for s, t, actor in TRANSITIONS if actor is Actor.OPERATOR}
    with pytest.raises(psycopg.IntegrityError, match="no event tells"):
        connection.execute(begin + asked + b"; commit")
    connection.rollback()
    if (source, target) in listed:
        with connection.transaction():
            connection.execute(told, [sale, source, target])
            connection.execute(asked)


def moved(version: int, status: str, more: str) -> str:
    due = "" if "due_at" in more else ", due_at = null"
    columns = f"status = '{status}', version = {version}, lease_until_at = null{due}"
    return f"update cashbacks set {columns}{', ' * bool(more)}{more}"  # noqa: S608 (ours)


def test_the_moves_of_the_database_are_the_moves_of_the_core(
    connection: psycopg.Connection,
) -> None:
    ((rule, body),) = connection.execute(
        "select pg_get_constraintdef(c.oid), p.prosrc from pg_constraint as c, pg_proc as p"
        " where c.conname = 'events_only_listed_moves' and p.proname = 'is_listed_move'"
    ).fetchall()
    assert rule == "CHECK (is_listed_move(from_status, to_status, actor))"
    listed = set(re.findall(r"'([a-z_]+)>([a-z_]+)>([a-z_]+)'", body))
    ours = {(source or "new", target, actor) for source, target, actor in TRANSITIONS}
    assert listed == {tuple(map(str, move)) for move in ours}


def test_no_move_is_listed_but_those_of_the_core(connection: psycopg.Connection) -> None:
    """Each of all that could be, asked of the function that the constraint asks."""
    states = [str(status) for status in Status]
    asked = [
        (source, target, str(actor))
        for source in (None, *states)
        for target in states
        for actor in Actor
    ]
    found = connection.execute(
        "select a.f, a.t, a.who from unnest(%s::text[], %s::text[], %s::text[]) as a (f, t, who)"
        " where is_listed_move(a.f, a.t, a.who) is not false",
        [list(column) for column in zip(*asked, strict=True)],
    ).fetchall()
    assert set(found) == {
        (None if source is None else str(source), str(target), str(actor))
        for source, target, actor in TRANSITIONS
    }


@pytest.mark.parametrize("table", ["sales", "cashbacks", "attempts", "sale_lines", "customers"])
def test_an_empty_table_is_looked_up_by_its_key(connection: psycopg.Connection, table: str) -> None:
    """Plans made before there are statistics stay: with another index each key check reads a
    merchant's whole history."""
    column = "document" if table == "customers" else "cashback_id"
    kind = "text" if table == "customers" else "uuid"
    connection.execute("set plan_cache_mode = force_generic_plan")
    prepare = "prepare by_key (bigint, {}) as select from only {} where merchant_id = $1 and {} = $2 for key share"
    name, key_name = sql.Identifier(table), sql.Identifier(column)
    connection.execute(sql.SQL(prepare).format(sql.Identifier(kind), name, key_name))
    key = sql.SQL("''" if table == "customers" else "gen_random_uuid()")
    rows = connection.execute(sql.SQL("explain execute by_key (1, {})").format(key)).fetchall()
    plan = "\n".join(str(row[0]) for row in rows)
    assert f"using {table}_pkey" in plan or f"on {table}_pkey" in plan, plan


@pytest.fixture
def unconfirmed(connection: psycopg.Connection, sale: str) -> str:
    """The same sale as one that is to be confirmed within a day; nobody has."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from attempts")
        connection.execute("update events set to_status = 'unconfirmed'")
        connection.execute(
            "update cashbacks set status = 'unconfirmed', version = 1, attempt = 0,"
            " lease_until_at = null, due_at = now() + interval '1 day'"
        )
    return sale


NEVER_OF_UNCONFIRMED = {
    "sent": "update cashbacks set status = 'sending', version = 2, attempt = 1, due_at = null, lease_until_at = now()",
    "sent by way of pending, unconfirmed": "update cashbacks set status = 'pending', version = 2",
    "confirmed and still so": "update cashbacks set confirmed_at = now()",
    "confirmed at another time": "update cashbacks set status = 'pending', version = 2, confirmed_at = now() - interval '1 s'",
    "void before its time": "update cashbacks set status = 'void', version = 2, due_at = null",
    "put off": "update cashbacks set due_at = due_at + interval '1 day'",
    "without an end": "update cashbacks set due_at = null",
    "in doubt": "update cashbacks set status = 'in_doubt', version = 2, due_at = null",
    "rejected": "update cashbacks set status = 'rejected', version = 2, due_at = null",
    "attempted": "update cashbacks set attempt = 1",
}


@pytest.mark.parametrize("statement", NEVER_OF_UNCONFIRMED.values(), ids=NEVER_OF_UNCONFIRMED)
def test_what_is_unconfirmed_is_never(
    connection: psycopg.Connection, unconfirmed: str, statement: str
) -> None:
    assert unconfirmed
    with pytest.raises(psycopg.IntegrityError):
        connection.execute(statement.encode())


def test_what_is_void_stays_so(connection: psycopg.Connection, unconfirmed: str) -> None:
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("update cashbacks set due_at = now()")
    with connection.transaction():
        connection.execute("update cashbacks set status = 'void', version = 2, due_at = null")
        connection.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, from_status,"
            " to_status, attempt, reason) values (1, %s, 2, now(), 'worker', 'unconfirmed', 'void',"
            " 0, '')",
            [unconfirmed],
        )
    for status, more in (
        ("pending", ", due_at = now()"),
        ("unconfirmed", ", due_at = now()"),
        ("cancelled", ""),
        ("held", ""),
    ):
        moved = f"update cashbacks set status = '{status}', version = 3{more}"  # noqa: S608
        with pytest.raises(psycopg.IntegrityError):
            connection.execute(moved.encode())


@pytest.fixture
def history(connection: psycopg.Connection, sale: str) -> str:
    """The same sale as one that was brought in as recorded."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from attempts")
        connection.execute("update events set to_status = 'recorded'")
        connection.execute(
            "update cashbacks set status = 'recorded', version = 1, attempt = 0,"
            " lease_until_at = null"
        )
    return sale


NEVER_OF_HISTORY = {
    **{
        f"to be {status}": f"update cashbacks set status = '{status}', version = 2{more}"  # noqa: S608
        for status, more in {
            "pending": ", due_at = now()",
            "unconfirmed": ", due_at = now()",
            "sending": ", attempt = 1, lease_until_at = now()",
            "applied": ", applied_at = now()",
            "rejected": "",
            "in_doubt": "",
            "held": "",
            "cancelled": "",
            "void": "",
        }.items()
    },
    "attempted": "update cashbacks set attempt = 1",
    "confirmed": "update cashbacks set confirmed_at = now()",
    "due": "update cashbacks set due_at = now()",
    "leased": "update cashbacks set lease_until_at = now()",
    "paid at an instant": "update cashbacks set applied_at = now()",
    "worth more": "update cashbacks set cashback_centavos = 51",
    "told to move": "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name, from_status, to_status, attempt, reason) select merchant_id, cashback_id, 2, now(), 'operator', 'ana', 'recorded', 'pending', 0, '' from cashbacks",
}


@pytest.mark.parametrize("statement", NEVER_OF_HISTORY.values(), ids=NEVER_OF_HISTORY)
def test_what_is_history_is_never(
    connection: psycopg.Connection, history: str, statement: str
) -> None:
    assert history
    moves = "no move from recorded" if "set status" in statement else None
    with pytest.raises(psycopg.IntegrityError, match=moves):
        connection.execute(statement.encode())


@pytest.mark.parametrize("tried", ["attempt = 1", "confirmed_at = now()"])
def test_history_was_never_tried_whatever_triggers_are_off(
    connection: psycopg.Connection, history: str, tried: str
) -> None:
    assert history
    connection.execute("set session_replication_role = replica")
    with pytest.raises(psycopg.errors.CheckViolation, match="cashbacks_confirmed"):
        connection.execute(f"update cashbacks set {tried}".encode())  # noqa: S608


@pytest.mark.parametrize("status", ["pending", "held", "rejected", "in_doubt", "cancelled"])
def test_nothing_becomes_history(connection: psycopg.Connection, sale: str, status: str) -> None:
    due = "now()" if status == "pending" else "null"
    attempt = 0 if status in {"pending", "held", "cancelled"} else 1
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            f"update cashbacks set status = '{status}', attempt = {attempt}, due_at = {due}, lease_until_at = null".encode()  # noqa: S608
        )
    become = "set status = 'recorded', version = 3, attempt = 0, due_at = null"
    with pytest.raises(psycopg.IntegrityError, match=f"no move from {status}"):
        connection.execute(f"update cashbacks {become} where cashback_id = '{sale}'".encode())


def test_every_query_of_what_is_open_leaves_out_what_its_index_leaves_out(
    connection: psycopg.Connection,
) -> None:
    """One that leaves out less, or more in one list, reads the whole table."""
    (index,) = connection.execute(
        "select pg_get_expr(indpred, indrelid) from pg_index"
        " where indexrelid = 'cashbacks_open'::regclass"
    ).fetchone() or ("",)
    assert set(re.findall(r"'([a-z_]+)'::text", index)) == CLOSED
    sources = [f for f in ADAPTERS.rglob("*") if f.suffix in {".py", ".sql"}]
    lists = [
        (str(file.relative_to(ADAPTERS)), frozenset(re.findall(r"'([a-z_]+)'", found)))
        for file in sources
        if file.name != "schema.sql"
        for found in re.findall(r"not in \(('applied', 'not_due'[^)]*)\)", file.read_text())
    ]
    assert len(lists) >= 10
    assert [named for named in lists if named[1] not in (CLOSED, ENDED)] == []
    of_all_ended = {file for file, states in lists if states == ENDED}
    assert of_all_ended == {
        "privacy/erasure.py",
        "schema/migrations/0012_erasure.sql",
    }, "by sales of one customer: no index of open ones is asked"
