"""A prototype of partitions by month, beside the same table whole: what each kind of access costs.

`python -m volume.partitions` loads a past by COPY, copies its sales into a table without partitions
and into one with so many, and asks both the same in turns. Ids are made in the order of time, so a
month is a range of ids, and keys stay as they are. Told are pages, and µs of the backend's CPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import psycopg

from volume.pasts import pasts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUP: Final = 32
PARTS: Final = 16
"""Of the names, by hash."""

SALES: Final = ("whole_sales", "month_sales")
NAMES: Final = ("whole_names", "hash_names")
_KEYS: Final = (
    "create index on {0} (merchant_id, accepted_at desc)",
    "create index on {0} (merchant_id, sold_at)",
    "create index on {0} (merchant_id, document, accepted_at desc)",
    "alter table {0} add primary key (merchant_id, cashback_id)",
)
"""Those of `sales` that every sale has an entry in."""

_ASKED: Final = {
    "32 new ones": """
        insert into {0} (
            merchant_id, cashback_id, sold_at, document, name, total_centavos, discount_centavos,
            rounding, exact, raw_body, accepted_at
        )
        select 1, id, now(), lpad((random() * 1e11)::bigint::text, 11, '0'), 'Cliente de Teste',
            100, 0, 'half_even', '0.05', convert_to(repeat('x', 300), 'utf8'), now()
        from unnest(%(new)s::uuid[]) as id
    """,
    "a record by its id": "select * from {0} where merchant_id = 1 and cashback_id = %(id)s",
    "32 records by their ids": """
        select s.total_centavos from unnest(%(ids)s::uuid[]) as i (c)
        join {0} as s on s.merchant_id = 1 and s.cashback_id = i.c
    """,
    "the newest 50": """
        select cashback_id from {0} where merchant_id = 1 order by accepted_at desc limit 50
    """,
    "a customer's newest 50": """
        select cashback_id from {0} where merchant_id = 1 and document = %(document)s
        order by accepted_at desc limit 50
    """,
    "a day's first 50, by sale": """
        select cashback_id from {0} where merchant_id = 1
            and sold_at >= %(at)s and sold_at < %(at)s + interval '1 day'
        order by sold_at limit 50
    """,
}

_OF_NAMES: Final = {
    "64 new names": """
        insert into {0} (merchant_id, kind, name, cashback_id)
        select 1, 'idempotency_key', id::text, id
        from unnest(%(random)s::uuid[]) as id on conflict do nothing
    """,
    "64 names looked up": """
        select n.cashback_id from unnest(%(names)s::text[]) as i (n)
        join {0} as n on n.merchant_id = 1 and n.kind = 'sale_id' and n.name = i.n
    """,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one kind of access cost in one table."""

    pages: int
    cpu_us: float


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m volume.partitions", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="on a real disk")
    parser.add_argument("--turns", type=int, default=40)
    chosen = parser.parse_args()
    with pasts(lines=chosen.lines, customers=0, folder=chosen.folder, tell=_tell) as both:
        measure(both.long, months=chosen.months, turns=chosen.turns)
    return 0


def measure(dsn: str, *, months: int, turns: int) -> None:
    """Tell what both kinds of table cost, in a database that has a past."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
        for setting in (
            "jit = off",
            "enable_seqscan = off",
            "plan_cache_mode = force_generic_plan",
        ):
            _run(connection, f"set {setting}")
        bounds = _make(connection, months)
        print("| asked | whole: pages | CPU µs | in parts: pages | CPU µs |")
        print("|---|--:|--:|--:|--:|")
        _make_names(connection)
        asked = [(SALES, each) for each in _ASKED.items()]
        asked += [(NAMES, each) for each in _OF_NAMES.items()]
        for salt, (tables, (name, query)) in enumerate(asked):
            whole, parts = _ask(connection, query, tables, turns, salt=salt)
            print(
                f"| {name} | {whole.pages} | {whole.cpu_us:.0f} | {parts.pages}"
                f" | {parts.cpu_us:.0f} |",
                flush=True,
            )
        print("\n| a month's end | ms | log kB |\n|---|--:|--:|")
        for name, statement in (
            (
                "its requests emptied, as today",
                f"update whole_sales set raw_body = '' where cashback_id < '{bounds[0]}'",
            ),
            ("detached", "alter table month_sales detach partition month_sales_0"),
            ("dropped", "drop table month_sales_0"),
        ):
            ms, kilobytes = _once(connection, statement)
            print(f"| {name} | {ms:.0f} | {kilobytes:.0f} |")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _make(connection: psycopg.Connection[Any], months: int) -> list[UUID]:
    """Both tables, with the same rows and indexes; where each month but the last ends."""
    row = connection.execute(
        "select percentile_disc(%s::float8[]) within group (order by cashback_id) from sales",
        [[month / months for month in range(1, months)]],
    ).fetchone()
    assert row is not None
    bounds: list[UUID] = row[0]
    made = "(like sales including defaults including constraints)"
    _run(connection, "drop table if exists whole_sales, month_sales")
    _run(connection, f"create table whole_sales {made}")
    _run(connection, f"create table month_sales {made} partition by range (cashback_id)")
    edges = ["minvalue", *(f"'{bound}'" for bound in bounds), "maxvalue"]
    for number, (since, until) in enumerate(pairwise(edges)):
        _run(
            connection,
            f"create table month_sales_{number} partition of month_sales"
            f" for values from ({since}) to ({until})",
        )
    for table in SALES:
        _run(connection, f"insert into {table} select * from sales order by cashback_id")
        for statement in _KEYS:
            _run(connection, statement.format(table))
        _run(connection, f"vacuum analyze {table}")
    _run(connection, "checkpoint")
    return bounds


def _make_names(connection: psycopg.Connection[Any]) -> None:
    """The names of all sales, whole and in parts by hash."""
    made = "(like sale_names including defaults including constraints)"
    _run(connection, "drop table if exists whole_names, hash_names")
    _run(connection, f"create table whole_names {made}")
    _run(connection, f"create table hash_names {made} partition by hash (name)")
    for part in range(PARTS):
        _run(
            connection,
            f"create table hash_names_{part} partition of hash_names"
            f" for values with (modulus {PARTS}, remainder {part})",
        )
    for table in NAMES:
        _run(connection, f"insert into {table} select * from sale_names order by cashback_id")
        _run(connection, f"create index on {table} (cashback_id)")
        _run(connection, f"alter table {table} add primary key (merchant_id, kind, name)")
        _run(connection, f"vacuum analyze {table}")
    _run(connection, "checkpoint")


def _run(connection: psycopg.Connection[Any], statement: str) -> None:
    connection.execute(statement.encode())


def _ask(
    connection: psycopg.Connection[Any],
    query: str,
    tables: tuple[str, str],
    turns: int,
    *,
    salt: int,
) -> Sequence[Asked]:
    rows = connection.execute(
        "select cashback_id, document, sold_at, sale_id from sales"
        " where merchant_id = 1 order by md5(cashback_id::text) limit %s",
        [turns * GROUP],
    ).fetchall()
    spent_us: dict[str, list[float]] = {table: [] for table in tables}
    for turn in range(turns):
        part = rows[turn * GROUP : (turn + 1) * GROUP]
        for table in tables:
            values = _values(part, salt * turns + turn)
            begun_us = _cpu_us(connection)
            connection.execute(query.format(table).encode(), values).rowcount  # noqa: B018
            spent_us[table].append(_cpu_us(connection) - begun_us)
    values = _values(rows[:GROUP], (salt + 1) * 10**6)
    return [
        Asked(
            pages=_pages(connection, query.format(table), values),
            cpu_us=median(spent_us[table][turns // 4 :]),  # planned by then
        )
        for table in tables
    ]


def _values(rows: Sequence[tuple[Any, ...]], number: int) -> Mapping[str, object]:
    newest = 0xFFF0 << 112
    return {
        "new": [UUID(int=newest + number * GROUP + k) for k in range(GROUP)],
        "ids": [row[0] for row in rows],
        "id": rows[0][0],
        "document": rows[0][1],
        "at": rows[0][2],
        "random": [uuid4() for _ in range(2 * GROUP)],
        "names": [row[3] for row in rows] + [f"nobody's {number} {k}" for k in range(GROUP)],
    }


def _pages(connection: psycopg.Connection[Any], query: str, values: Mapping[str, object]) -> int:
    found = connection.execute(
        ("explain (analyze, buffers, format json) " + query).encode(), values
    ).fetchone()
    assert found is not None
    plan = found[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def _cpu_us(connection: psycopg.Connection[Any]) -> float:
    told = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return int(told.split()[0]) / 1000


def _once(connection: psycopg.Connection[Any], statement: str) -> tuple[float, float]:
    wal, begun_s = _wal(connection), time.perf_counter()
    _run(connection, statement)
    return (time.perf_counter() - begun_s) * 1000, (_wal(connection) - wal) / 1024


def _wal(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("select (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    sys.exit(main())
