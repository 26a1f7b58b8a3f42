"""Counting what the database really holds: a rate is worth nothing before its rows are there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import psycopg
from psycopg.rows import class_row

from benchmarks.phase import WrongResultError


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One side's database; the server's process is shared by both."""

    dsn: str
    server_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a database holds; `centavos` is what the applied cashbacks pay together."""

    names: int
    sales: int
    lines: int
    cashbacks: int
    cashbacks_applied: int
    attempts: int
    attempts_applied: int
    events: int
    centavos: int

    @classmethod
    def left_to_worker(cls, *, sales: int) -> Rows:
        """Say what must be there after so many sales that were recorded, and not sent."""
        whole = cls.of(sales=sales, centavos=0)
        return replace(whole, cashbacks_applied=0, attempts=0, attempts_applied=0, events=sales)

    def __add__(self, other: Rows) -> Rows:
        mine, others = asdict(self), asdict(other)
        return Rows(**{name: count + others[name] for name, count in mine.items()})

    @classmethod
    def of(cls, *, sales: int, centavos: int) -> Rows:
        """Say what must be there after so many sales of three lines, each applied at once."""
        return cls(
            names=2 * sales,  # the key and the content
            sales=sales,
            lines=3 * sales,
            cashbacks=sales,
            cashbacks_applied=sales,
            attempts=sales,
            attempts_applied=sales,
            events=3 * sales,  # accepted, sending, applied
            centavos=centavos,
        )


def rows(dsn: str) -> Rows:
    """Count them all in one statement, so in one snapshot."""
    with psycopg.connect(dsn) as connection, connection.cursor(row_factory=class_row(Rows)) as cur:
        cur.execute(
            """
            select
                (select count(*) from sale_names) as names,
                (select count(*) from sales) as sales,
                (select count(*) from sale_lines) as lines,
                (select count(*) from attempts) as attempts,
                (select count(*) from attempts where result = 'applied') as attempts_applied,
                (select count(*) from events) as events,
                c.cashbacks, c.cashbacks_applied, c.centavos
            from (
                select count(*) as cashbacks,
                    count(*) filter (where status = 'applied') as cashbacks_applied,
                    coalesce(sum(cashback_centavos) filter (where status = 'applied'), 0)::bigint
                        as centavos
                from cashbacks
            ) as c
            """
        )
        found = cur.fetchone()
    assert found is not None
    return found


def must_hold(dsn: str, expected: Rows) -> None:
    """Raise WrongResultError, naming each count that differs."""
    found = asdict(rows(dsn))
    wrong = [
        f"{name}: {found[name]} instead of {count}"
        for name, count in asdict(expected).items()
        if found[name] != count
    ]
    if wrong:
        raise WrongResultError(f"the database does not hold what was told: {'; '.join(wrong)}")


def transactions_begun(dsn: str) -> int:
    """Return a counter that grows by one with every transaction that writes."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        ).fetchone()
    assert found is not None
    return int(found[0])
