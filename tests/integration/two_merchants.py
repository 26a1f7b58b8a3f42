"""Two merchants with rows in every table that the writing of sales fills, and sessions to look."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql

from cashback_core.delivery.leases import Claim
from contract.builders import CREATED, UNANSWERED, a_sale, accepted, ended, submitted

if TYPE_CHECKING:
    from collections.abc import Generator

    from cashback_core.delivery.record import Record
    from cashback_core.intake.store import CashbackStore

MINE: Final = 1
THEIRS: Final = 2

SERVING: Final = "cashback_serving"
WORKER: Final = "cashback_worker"
IDENTITY: Final = "cashback_identity"
ERASER: Final = "cashback_eraser"
PLATFORM: Final = "cashback_platform"
ROLES: Final = (SERVING, WORKER, IDENTITY, ERASER, PLATFORM)
"""Every role that a session of ours may take."""

Records = dict[int, list["Record"]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a merchant."""

    name: str

    @property
    def called(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    def may(self, dsn: str, verb: str, role: str = SERVING) -> bool:
        with psycopg.connect(dsn) as owner:
            if verb in {"select", "insert", "update"}:
                asked = "select has_any_column_privilege(%s, %s, %s)"
            else:
                asked = "select has_table_privilege(%s, %s, %s)"
            return bool(one(owner, asked, role, self.name, verb))


def one(connection: psycopg.Connection[Any], query: LiteralString, *values: object) -> Any:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def tables_of_merchants(dsn: str) -> list[Table]:
    with psycopg.connect(dsn) as owner:
        found = owner.execute(
            "select c.relname from pg_class as c"
            " join pg_attribute as a on a.attrelid = c.oid and a.attname = 'merchant_id'"
            " where c.relkind in ('r', 'p', 'v', 'm', 'f') and not a.attisdropped"
            " and c.relnamespace = 'public'::regnamespace order by 1"
        ).fetchall()
    return [Table(name) for (name,) in found]


@contextmanager
def session(dsn: str, *merchants: int, role: str = SERVING) -> Generator[psycopg.Connection[Any]]:
    """A serving session within one transaction that names these merchants, then undone."""
    with psycopg.connect(dsn, options=f"-c role={role}") as connection:
        if merchants:
            array = "{" + ",".join(map(str, merchants)) + "}"
            connection.execute("select set_config('cashback.merchants', %s, true)", [array])
        yield connection
        connection.rollback()


def rows(connection: psycopg.Connection[Any], table: Table) -> list[int]:
    """The merchants of all rows that are visible."""
    found = connection.execute(sql.SQL("select merchant_id from {}").format(table.called))
    return [merchant_id for (merchant_id,) in found.fetchall()]


async def fill(store: CashbackStore, dsn: str) -> Records:
    """A paid and a doubtful cashback of each merchant, told with a user and an incident."""
    records: Records = {}
    for merchant_id in (MINE, THEIRS):
        records[merchant_id] = []
        for evidence in (CREATED, UNANSWERED):
            sale = submitted(a_sale(), key=evidence.reason, merchant_id=merchant_id)
            record = await accepted(store, sale)
            await store.conclude(ended(_claim(record), evidence))
            records[merchant_id].append(record)
        with psycopg.connect(dsn) as owner:
            owner.execute(
                "insert into users (username, merchant_id, role, password_hash)"
                " values (%s, %s, 'erp', '$argon2id$x')",
                [f"user{merchant_id}", merchant_id],
            )
            owner.execute(
                "insert into incidents (merchant_id, cashback_id, attempt, what)"
                " select merchant_id, cashback_id, 1, 'x' from cashbacks where merchant_id = %s",
                [merchant_id],
            )
    return records


def _claim(record: Record) -> Claim:
    assert record.sale.document is not None
    return Claim(
        id=record.id,
        merchant_id=record.merchant_id,
        attempt=1,
        document=record.sale.document,
        cashback_centavos=record.cashback.cashback_centavos,
    )
