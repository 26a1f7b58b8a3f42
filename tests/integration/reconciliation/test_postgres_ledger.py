"""The provider's ledger on a real database: the contract, the core's own answers, days, crashes."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation

from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from adapters.postgres.reconciliation import PostgresReconciliationStore
from adapters.postgres.reconciliation.ledger import LedgerKeys
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.ledger import LedgerKept
from cashback_core.reconciliation.schedule import RunKind
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

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


def a_book(database: Database) -> Book:
    return Book(
        reconciliations=PostgresReconciliationStore(database, RULES),
        ledger=PostgresProviderLedger(database),
    )


@pytest.fixture
def book(database: Database, dsn: str) -> Book:
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into merchants (slug, name) values ('other', 'Other') on conflict do nothing"
        )
    return a_book(database)


class TestPostgresLedger(ProviderLedgerContract):
    """The contract on a real database."""


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=statements())
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
        for one in told:
            expected = core.take_in(one.lines, one.window, asked_at=one.asked_at, at=AT)
            assert await take_in(book, one, at_once=99) == expected
            assert lines_in(owner, database) == Counter(
                (line.key, line.cls, line.merchant_id, line.cashback_id, line.told)
                for line in core.standing()
            )
            assert_adds_up(owner)


_KEYS = [
    a_told(centavos=centavos, at=at).key for centavos in (500, -500) for at in INSTANTS
]


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
