"""The provider's ledger on a real database: the contract, the core's own answers, days, crashes."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation

from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from adapters.postgres.reconciliation.ledger_aside import LedgerKeys
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.reconciliation import FindingClass
from cashback_core.testing.memory_ledger import MemoryLedger
from cashback_core.values.availability import StoreUnavailable
from contract.keeping_ledger import (
    AT,
    DAY,
    INSTANTS,
    ONES,
    UNKNOWN,
    Book,
    ProviderLedgerContract,
    Told,
    a_told,
    begun,
    statements,
    take_in,
    totals,
)
from contract.reconciling import RULES
from integration.running import SEAL
from integration.two_merchants import one, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.connection.database import Database


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Before and after whatever there is."""


def a_book(database: Database) -> Book:
    return Book(
        reconciliations=PostgresReconciliationStore(database, RULES),
        ledger=PostgresProviderLedger(database),
        sealed=SEAL,
    )


@pytest.fixture
def book(database: Database) -> Book:
    return a_book(database)


class TestPostgresLedger(ProviderLedgerContract):
    """The contract on a real database."""

    async def test_every_move_is_in_exactly_one_day_of_its_owner(
        self, book: Book, dsn: str
    ) -> None:
        """Whatever the day ends and its close was made at: also what a clock that jumped dates."""
        for line in (UNKNOWN, a_told(), a_told(whose=ONES[1]), a_told(2), UNKNOWN):
            await take_in(book, Told(lines=(line,)))
        with psycopg.connect(dsn) as owner:
            rows = owner.execute(
                "select at, position from provider_tellings order by telling_id"
            ).fetchall()
            all_at_once = sums(owner, [(FIRST, LAST, None, 2**62)])
            assert all_at_once[None, "unknown_here"] == (2, 1000, 1, 500)
            assert all_at_once[1, "matched"] == (2, 1000, 2, 1000)
            assert all_at_once[2, "matched"] == (1, 500, 1, 500)
            begins, belows = [at for at, _ in rows], [position for _, position in rows]
            for first, second, below_first, below_second in itertools.product(
                begins, [*begins, rows[-1][0] + DAY], belows, [*belows, belows[-1] + 1]
            ):
                if first > second or below_first > below_second:
                    continue
                days = [
                    (FIRST, first, None, below_first),
                    (first, second, below_first, below_second),
                    (second, LAST, below_second, 2**62),
                ]
                assert sums(owner, days) == all_at_once, days

    async def test_whoever_lost_the_lock_changes_nothing(self, book: Book, dsn: str) -> None:
        async with begun(book) as runs:
            await runs.put_aside([a_told()])
            with psycopg.connect(dsn) as owner:
                owner.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'cashback-settler' and datname = current_database()"
                )
            assert (await take_in(book, Told(lines=(a_told(2),)))).entered == 1
            with pytest.raises(StoreUnavailable):
                await runs.take_in(Told(lines=()).window, AT + 7 * DAY)
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_lines_that_were_lost_on_the_way_are_not_taken_for_gone(
        self, book: Book, dsn: str
    ) -> None:
        await take_in(book, Told(lines=(a_told(), a_told(2))))
        async with begun(book) as runs:
            await runs.put_aside([a_told(), a_told(2)])
            with psycopg.connect(dsn) as owner:
                owner.execute("delete from provider_told where ctid = '(0,1)'")
            with pytest.raises(StoreUnavailable):
                await runs.take_in(Told(lines=()).window, AT + 7 * DAY)
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]

    async def test_while_a_backup_reads_what_was_put_aside_a_run_goes_on(
        self, book: Book, dsn: str
    ) -> None:
        await take_in(book, Told(lines=(a_told(),)))
        with psycopg.connect(dsn) as dump:
            dump.execute("lock table provider_found in access share mode")
            assert (await take_in(book, Told(lines=(a_told(2),)))).left == 1

    async def test_nobody_is_known_by_what_is_kept_and_nothing_of_it_can_be_rewritten(
        self, book: Book, dsn: str
    ) -> None:
        line = a_told()
        await take_in(book, Told(lines=(line,)))
        with psycopg.connect(dsn, autocommit=True) as owner:
            kept = one(owner, "select line_key from provider_lines").hex
            plain = {line.key, LedgerKeys(None)(line.key)}
            assert kept not in plain, "a plain hash could be tried with every document"
            assert kept == LedgerKeys(SEAL)(line.key), "and is the same on every statement"
            for table in ("provider_tellings", "provider_moves", "provider_telling_flows"):
                for act in ("delete from {}", "truncate {} cascade"):
                    with pytest.raises(IntegrityConstraintViolation):
                        owner.execute(sql.SQL(act).format(sql.Identifier(table)))
        with session(dsn, 2) as serving:
            assert serving.execute("select from provider_balances").fetchall() == []
        with session(dsn, 2) as serving:
            assert serving.execute("select from provider_lines").fetchall() == []
        with session(dsn, 1) as serving:
            told = serving.execute("select merchant_id from provider_lines").fetchall()
            assert told == [(1,)], "its own, by which its operators hold a day"
        for table in ("provider_moves", "provider_told", "provider_found", "provider_respelled"):
            with session(dsn, 1) as serving, pytest.raises(InsufficientPrivilege):
                serving.execute(sql.SQL("select from {}").format(sql.Identifier(table)))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=statements() | statements(respelled=True))
async def test_one_statement_changes_what_the_core_says(
    book: Book, database: Database, dsn: str, told: list[Told]
) -> None:
    """Lines, moves and balances; of lines that read the same any may be any."""
    core = MemoryLedger(skew=RULES.margin.skew)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "truncate provider_tellings, provider_lines, provider_moves, provider_telling_flows,"
            " provider_balances"
        )
        for statement in told:
            expected = core.take_in(
                statement.lines,
                statement.window,
                asked_at=statement.asked_at,
                at=AT + 100 * DAY,
            )
            assert await take_in(book, statement, at_once=99) == expected
            assert lines_in(owner, database) == Counter(
                (line.key, line.cls, line.merchant_id, line.cashback_id, line.told)
                for line in core.standing()
            )
            assert_adds_up(owner)


_KEYS = [a_told(centavos=centavos, at=at).key for centavos in (500, -500) for at in INSTANTS]


def sums(
    owner: psycopg.Connection[Any], days: Sequence[tuple[datetime, datetime, int | None, int]]
) -> dict[tuple[int | None, str], tuple[int, ...]]:
    """What these days hold together, by owner and class."""
    found: dict[tuple[int | None, str], tuple[int, ...]] = {}
    for (begins, ends, from_position, below), merchant_id in itertools.product(days, (None, 1, 2)):
        rows = owner.execute(
            "select * from provider_flows(%s, %s, %s, %s, %s)",
            [
                merchant_id,
                "-infinity" if begins == FIRST else begins,
                "infinity" if ends == LAST else ends,
                from_position,
                below,
            ],
        ).fetchall()
        for cls, *counts in rows:
            before = found.get((merchant_id, cls), (0, 0, 0, 0))
            found[merchant_id, cls] = tuple(map(sum, zip(before, counts, strict=True)))
    return found


def lines_in(owner: psycopg.Connection[Any], database: Database) -> Counter[tuple[Any, ...]]:
    """What is in the ledger, by the plain keys that the contract's lines have."""
    keys = LedgerKeys(database.seal)
    plain = {keys(key): key for key in _KEYS}
    rows = owner.execute(
        "select line_key, class, merchant_id, cashback_id, told_since, told_through"
        " from provider_lines where class is not null"
    ).fetchall()
    return Counter(
        (
            plain[key.hex],
            FindingClass(cls),
            owner_id,
            cashback_id,
            None if since is None else (since, through),
        )
        for key, cls, owner_id, cashback_id, since, through in rows
    )


def assert_adds_up(owner: psycopg.Connection[Any]) -> None:
    """Lines, balances, and the flows of all days: the same sums, three times told."""
    lines = owner.execute(
        "select merchant_id, class, count(*), sum(centavos)::bigint from provider_lines"
        " where class is not null group by 1, 2"
    ).fetchall()
    balances = owner.execute(
        "select merchant_id, class, lines, centavos from provider_balances where lines > 0"
    ).fetchall()
    flows = [
        (merchant_id, cls, entered - departed, came - went)
        for merchant_id in (None, 1, 2)
        for cls, entered, came, departed, went in owner.execute(
            "select * from provider_flows(%s, '-infinity', 'infinity', null, %s)",
            [merchant_id, 2**62],
        ).fetchall()
        if entered - departed
    ]
    assert sorted(lines, key=str) == sorted(balances, key=str) == sorted(flows, key=str)
    moves = owner.execute(
        "select to_owner, to_class, sum(centavos)::bigint from provider_moves group by 1, 2"
    ).fetchall()
    entered = owner.execute(
        "select merchant_id, class, sum(entered_centavos)::bigint from provider_telling_flows"
        " where entered > 0 group by 1, 2"
    ).fetchall()
    assert {row for row in moves if row[1] is not None} == set(entered)
