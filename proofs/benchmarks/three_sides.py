"""A day on three sides at volume: `python -m benchmarks.three_sides --lines 1000000`.

Writes an ERP's file and a provider's statement of so many sales, and measures, in the processor
time of all processes and the memory of each: reading and storing both files, matching them, storing
what differs. Beside it, in the same run, the bare SQL full outer join of the same tables.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import psutil
import psycopg

from adapters.postgres.connection.database import Database
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.reconciliation.three_sides import AccountBook, PostgresThreeSides
from adapters.postgres.schema.migration import migrate
from benchmarks.three_sides_world import DAY, Expected, copy_rows, fill, write_files
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.reconciliation import Margin, Rules
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared, NotCompared
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_core.values.ids import new_id
from cashback_gateway.local.demo_data import load_merchant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from uuid import UUID

BARE: Final = """
    select count(*), sum(e.total_centavos), sum(s.total_centavos), sum(l.centavos),
        count(e.document), count(e.customer_name), count(e.store), count(e.sold_at),
        count(e.discount_centavos), count(e.cashback_centavos), count(e.problem),
        count(s.document), count(s.name), count(s.store), count(s.sold_at),
        count(s.discount_centavos), count(s.cashback_centavos), count(s.status),
        count(s.applied_at), count(s.started_at), count(l.kind), count(l.document),
        count(l.doubtful), count(l.credited_at), count(l.problem)
    from (select * from erp_lines where file_id = %(erp)s) as e
    full join (
        select s.*, c.cashback_centavos, c.status, c.applied_at, n.name as own, a.started_at
        from sales as s
        join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
        join sale_names as n
            on n.merchant_id = s.merchant_id and n.cashback_id = s.cashback_id
            and n.kind = 'sale_id'
        left join attempts as a
            on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
    ) as s on s.own = e.name
    full join (select * from statement_lines where file_id = %(statement)s) as l
        on l.reference = s.cashback_id::text
"""
"""The same tables joined on the same keys, with what is compared, and nothing decided."""

RULES: Final = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=0.0, provider_delay_s=1.0, clock_skew_s=1.0),
    echoes_reference=True,
)


@dataclass(slots=True)
class Cost:
    """Processor seconds of this process and of the server's, and the most memory of each."""

    own_s: float = 0.0
    server_s: float = 0.0
    took_s: float = 0.0
    own_mib: float = 0.0
    server_mib: float = 0.0

    @property
    def cpu_s(self) -> float:
        """Of all of them."""
        return self.own_s + self.server_s


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where files are written")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as made,
        throwaway_postgres(None if asked.folder is None else str(asked.folder)) as server,
    ):
        folder = Path(made)
        dsn = server.create_database("three_sides")
        migrate(dsn)
        load_merchant(dsn)
        began_s = time.perf_counter()
        expected = write_files(folder, asked.lines)
        with psycopg.connect(dsn) as connection:
            fill(connection, asked.lines)
            # What has not arrived of so old a day never does.
            connection.execute("update merchants set max_sale_age_days = 1")
            connection.commit()
            connection.autocommit = True
            connection.execute("vacuum analyze")
            _Backends()  # what has been used so far, while all who used it are there
        print(f"{asked.lines:,} sales loaded in {time.perf_counter() - began_s:.0f} s", flush=True)
        asyncio.run(measure(dsn, folder, expected, asked.lines))


async def measure(dsn: str, folder: Path, expected: Expected, lines: int) -> None:
    """Read, match, store; the bare join before and after."""
    erp, statement = new_id(), new_id()
    async with measured("reading both files, COPY", lines) as reading:
        await asyncio.to_thread(store_files, dsn, folder, erp, statement)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("analyze erp_lines")
        connection.execute("analyze statement_lines")
    asked = DayAsked(
        merchant_id=1, day=DAY.date(), by="benchmark", file_id=erp, statement_id=statement
    )
    bare = [await bare_join(dsn, erp, statement, lines)]
    async with Database(dsn) as database:
        store = PostgresThreeSides(database, AccountBook(rules=RULES, seal=None))
        async with measured("matching alone", lines) as alone:
            await match(store, asked)
        bare.append(await bare_join(dsn, erp, statement, lines))
        async with measured("matching, explaining, storing what differs", lines) as matching:
            found = await CompareDay(store=store)(asked)
    assert isinstance(found, DayCompared), found
    check(found, expected)
    joined_s = sum(one.cpu_s for one in bare) / len(bare)
    print(
        f"all of it: {reading.cpu_s + matching.cpu_s:.1f} s of processor,"
        f" {(reading.cpu_s + matching.cpu_s) / lines * 1e6:.1f} µs a line;"
        f" matching is {alone.cpu_s / joined_s:.2f} × the bare join;"
        f" {found.kept.opened:,} differences"
    )


async def match(store: PostgresThreeSides, asked: DayAsked) -> None:
    """Both sides to the end, each thing placed; nothing explained or stored."""
    async with store.compared(asked) as sides:
        assert not isinstance(sides, NotCompared), sides
        merge = ThreeSidedMerge(sides.facts.arrival)
        async for some in sides.unlike():
            for line in some.lines:
                merge.take(line)
            for record in some.records:
                merge.enter(record)
        for _ in merge.findings():
            pass
        await sides.whole()


async def bare_join(dsn: str, erp: UUID, statement: UUID, lines: int) -> Cost:
    """The bare full outer join, by itself."""
    async with measured("the bare full outer join", lines) as cost:
        await asyncio.to_thread(_join, dsn, erp, statement)
    return cost


def _join(dsn: str, erp: UUID, statement: UUID) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("set work_mem = '16MB'")
        connection.execute("set jit = off")
        connection.execute(BARE, {"erp": erp, "statement": statement}).fetchall()


def check(found: DayCompared, expected: Expected) -> None:
    """Raise AssertionError unless all sides are as they were written."""
    by_class, whole = found.totals.by_class(), found.totals.whole()
    for cls, sums in by_class.items():
        rows = max(sums.lines, sums.records)
        assert rows == expected.erp[cls], (cls, rows, expected.erp[cls])
    assert whole.line_centavos == expected.line_centavos
    assert whole.record_centavos == expected.record_centavos
    statement = found.facts.statement
    assert statement is not None
    told = sum(total.line_centavos for total in statement.by_class.values())
    assert told == expected.credit_centavos, (told, expected.credit_centavos)
    for credited, count in expected.provider.items():
        total = statement.by_class[credited]
        assert max(total.lines, total.cashbacks) == count, (credited, total, count)


def store_files(dsn: str, folder: Path, erp: UUID, statement: UUID) -> None:
    """Read both files as text and store their lines."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set session_replication_role = replica")
        for kind, id_ in (("erp_day", erp), ("statement", statement)):
            is_day = kind == "erp_day"
            connection.execute(
                "insert into files (file_id, kind, merchant_id, sha256, identity, name,"
                " declared_by, day, since, through, begun_at, completed_at) values (%s, %s, %s,"
                " sha256('x'), sha256(%s), %s, 'benchmark', %s, %s, %s, %s, now())",
                [
                    id_, kind, 1 if is_day else None, id_.bytes, kind,
                    DAY.date() if is_day else None,
                    None if is_day else DAY - timedelta(hours=1),
                    None if is_day else DAY + timedelta(days=1, hours=1),
                    DAY + timedelta(days=1, hours=1),
                ],
            )  # fmt: skip
        copy_rows(
            connection,
            "erp_lines",
            "file_id, line, merchant_id, name_kind, name, store, document, customer_name, sold_at,"
            " total_centavos, discount_centavos, cashback_centavos",
            _read(folder / "erp.csv", lambda n, row: _erp_line(erp, n, row)),
        )
        copy_rows(
            connection,
            "statement_lines",
            "file_id, line, kind, document, centavos, credited_at, reference",
            _read(folder / "statement.csv", lambda n, row: _statement_line(statement, n, row)),
        )
        connection.execute(
            "update files as f set told_lines = s.lines, told_centavos = s.centavos from ("
            " select count(*) as lines, sum(centavos) as centavos from statement_lines"
            ") as s where f.file_id = %s",
            [statement],
        )


def _read(path: Path, row_of: Callable[[int, list[str]], str]) -> Iterator[str]:
    with path.open(newline="") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            yield row_of(number, row)


def _erp_line(file_id: UUID, number: int, row: list[str]) -> str:
    name, store, document, customer, sold_at, total, discount, cashback = row
    return (
        f"{file_id}\t{number}\t1\tsale_id\t{name}\t{store}\t{document}\t{customer}"
        f"\t{datetime.fromisoformat(sold_at).isoformat()}\t{_centavos(total)}"
        f"\t{_centavos(discount)}\t{_centavos(cashback)}\n"
    )


def _statement_line(file_id: UUID, number: int, row: list[str]) -> str:
    document, amount, at, reference = row
    instant = datetime.fromisoformat(at).isoformat()
    return f"{file_id}\t{number}\tcredit\t{document}\t{_centavos(amount)}\t{instant}\t{reference}\n"


def _centavos(told: str) -> int:
    reais, _, rest = told.partition(",")
    return int(reais) * 100 + int(rest)


@asynccontextmanager
async def measured(what: str, lines: int) -> AsyncGenerator[Cost, None]:
    """What it costs until the block ends; the server's backends are looked at all the while."""
    cost, began = Cost(), time.perf_counter()
    own_began, watch = _own_s(), _Backends()
    looking = asyncio.create_task(watch.look())
    try:
        yield cost
    finally:
        looking.cancel()
        watch.once()
        cost.took_s = time.perf_counter() - began
        cost.own_s = _own_s() - own_began
        cost.server_s = watch.used_s
        cost.own_mib, cost.server_mib = watch.own_mib, watch.most_mib
    print(
        f"{what}: {cost.cpu_s:.1f} s of processor ({cost.own_s:.1f} here, {cost.server_s:.1f} the"
        f" server's), {cost.took_s:.1f} s; {cost.cpu_s / lines * 1e6:.1f} µs a line; most memory"
        f" {cost.own_mib:.0f} MiB here, {cost.server_mib:.0f} MiB of a server's process",
        flush=True,
    )


def _own_s() -> float:
    times = os.times()
    return times.user + times.system


class _Backends:
    """The server's processes; those that ended are in what its first process has waited for."""

    seen_s: ClassVar[float] = 0.0
    """The most that was ever counted."""

    def __init__(self) -> None:
        self.own_mib = 0.0
        self.most_mib = 0.0
        self._me = psutil.Process()
        self._first = _first_server(self._me)
        self._began_s = self._settled_s()

    @property
    def used_s(self) -> float:
        """Since it was made."""
        return self._total_s() - self._began_s

    async def look(self) -> None:
        """At the memory, every now and then."""
        while True:
            await asyncio.to_thread(self.once)
            await asyncio.sleep(0.25)

    def once(self) -> None:
        """What each process has for itself: of the server's without what they share."""
        self.own_mib = max(self.own_mib, self._me.memory_info().rss / 2**20)
        for process in self._first.children():
            with suppress(psutil.Error):
                memory = process.memory_info()
                self.most_mib = max(self.most_mib, (memory.rss - memory.shared) / 2**20)

    def _settled_s(self) -> float:
        """The total once nobody is missing: who ends is counted again when it was waited for."""
        began = time.monotonic()
        while (total := self._total_s()) < _Backends.seen_s and time.monotonic() - began < 30:
            time.sleep(0.05)
        return total

    def _total_s(self) -> float:
        ended = self._first.cpu_times()
        total = ended.user + ended.system + ended.children_user + ended.children_system
        for process in self._first.children():
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        _Backends.seen_s = max(_Backends.seen_s, total)
        return total


def _first_server(me: psutil.Process) -> psutil.Process:
    """The child of the keeper's, which is ours."""
    for process in me.children(recursive=True):
        with suppress(psutil.Error):
            parent = process.parent()
            if process.name() == "postgres" and parent and parent.name() != "postgres":
                return process
    raise LookupError("no server runs")


if __name__ == "__main__":
    main()
