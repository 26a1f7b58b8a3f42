"""A day on three sides at volume: `python -m benchmarks.three_sides --lines 1000000`.

Writes an ERP's file and a provider's statement of so many sales, and measures, in the processor
time of all processes and their memory: reading and storing both files as the command line does,
matching them, storing what differs. Beside it, in turn with the matching, the bare SQL full outer
join of the same tables.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

import psutil
import psycopg

from adapters.files.reader import ProfiledFiles
from adapters.postgres.connection.database import Database
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.files.store import OF_THE_COMMAND_LINE, PostgresFileStore
from adapters.postgres.reconciliation.three_sides import AccountBook, PostgresThreeSides
from adapters.postgres.schema.migration import migrate
from benchmarks.three_sides_world import DAY, Expected, fill, write_files
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.reconciliation import Margin, Rules
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared, NotCompared
from cashback_core.reconciliation.file_import import HowWritten, ImportFile
from cashback_core.reconciliation.files import FileState, FileTopic, FileToTake
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_gateway.local.demo_data import load_merchant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
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

PROFILE: Final = b'decimal = ","'
"""Amounts as a Brazilian ERP writes them; the columns have the fields' own names."""

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
    whole_mib: float = 0.0

    @property
    def cpu_s(self) -> float:
        """Of all of them."""
        return self.own_s + self.server_s


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where files are written")
    parser.add_argument("--rounds", type=int, default=3, help="of matching, between bare joins")
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
        asyncio.run(measure(dsn, folder, expected, lines=asked.lines, rounds=asked.rounds))


async def measure(dsn: str, folder: Path, expected: Expected, *, lines: int, rounds: int) -> None:
    """Read, match and join in turn, and once more all that a user asks for."""
    async with measured("reading both files, storing their lines", lines) as reading:
        erp, statement = await bring_files(dsn, folder, expected)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("analyze erp_lines")
        connection.execute("analyze statement_lines")
    asked = DayAsked(
        merchant_id=1, day=DAY.date(), by="benchmark", file_id=erp, statement_id=statement
    )
    ratios: list[float] = []
    async with Database(dsn) as database:
        store = PostgresThreeSides(database, AccountBook(rules=RULES, seal=None))
        before = await bare_join(dsn, erp, statement, lines)
        for _ in range(rounds):
            async with measured("matching alone", lines) as alone:
                await match(store, asked)
            after = await bare_join(dsn, erp, statement, lines)
            ratios.append(2 * alone.cpu_s / (before.cpu_s + after.cpu_s))
            before = after
        async with measured("matching, explaining, storing what differs", lines) as matching:
            found = await CompareDay(store=store)(asked)
    assert isinstance(found, DayCompared), found
    check(found, expected)
    told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(
        f"all of it: {reading.cpu_s + matching.cpu_s:.1f} s of processor,"
        f" {(reading.cpu_s + matching.cpu_s) / lines * 1e6:.1f} µs a line, at most"
        f" {max(reading.whole_mib, matching.whole_mib):.0f} MiB of all processes;"
        f" matching is {median(ratios):.2f} × the bare join ({told});"
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


async def bring_files(dsn: str, folder: Path, expected: Expected) -> tuple[UUID, UUID]:
    """Both files, read and kept as `import-day` and `import-statement` do; their ids."""
    how, reader = HowWritten(form="csv", profile=PROFILE), ProfiledFiles()
    async with Database(dsn) as database:
        bring = ImportFile(
            store=PostgresFileStore(database, skew=RULES.margin.skew, purposes=OF_THE_COMMAND_LINE),
            max_lines=10**9,
        )
        with (folder / "erp.csv").open("rb") as file:
            read = reader.day(file, how, ZoneInfo("America/Sao_Paulo"))
            erp = await bring(
                FileToTake(
                    topic=FileTopic.ERP_DAY, sha256=b"1" * 32, name="erp.csv",
                    declared_by="benchmark", merchant_id=1, day=DAY.date(),
                ),
                read.lines,
            )  # fmt: skip
        with (folder / "statement.csv").open("rb") as file:
            read = reader.statement(file, how)
            statement = await bring(
                FileToTake(
                    topic=FileTopic.STATEMENT, sha256=b"2" * 32, name="statement.csv",
                    declared_by="benchmark", since=DAY - timedelta(hours=1),
                    through=DAY + timedelta(days=1, hours=1),
                    told_lines=expected.credit_lines, told_centavos=expected.credit_centavos,
                ),
                read.lines,
            )  # fmt: skip
    for one in (erp.file, statement.file):
        assert (one.state, one.tally.unreadable) == (FileState.COMPLETE, 0), one
    return erp.file.id, statement.file.id


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
        cost.own_mib, cost.server_mib = watch.own_mib, watch.server_mib
        cost.whole_mib = watch.whole_mib
    print(
        f"{what}: {cost.cpu_s:.1f} s of processor ({cost.own_s:.1f} here, {cost.server_s:.1f} the"
        f" server's), {cost.took_s:.1f} s; {cost.cpu_s / lines * 1e6:.1f} µs a line; most memory"
        f" {cost.own_mib:.0f} MiB here, {cost.server_mib:.0f} MiB of all the server's processes",
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
        self.own_mib = self.server_mib = self.whole_mib = 0.0
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
        """What our process has, and all of the server's without its buffers.

        Of these what is theirs alone, and the hash tables that parallel workers share.
        """
        own = self._me.memory_info().rss / 2**20
        server = _without_buffers(self._first) / 2**20
        self.own_mib, self.server_mib = max(self.own_mib, own), max(self.server_mib, server)
        self.whole_mib = max(self.whole_mib, own + server)

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


def _without_buffers(first: psutil.Process) -> float:
    """Bytes of a server's processes: what each has for itself, and what they share but its buffers.

    What workers share are files of memory that they map; what is touched of one is its blocks.
    """
    own, shared = 0, set[str]()
    for process in first.children():
        with suppress(psutil.Error, OSError):
            memory = process.memory_info()
            own += memory.rss - memory.shared
            for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
                _, has, name = line.partition("/dev/shm/PostgreSQL.")  # noqa: S108 (its own)
                if has and not name.endswith("(deleted)"):
                    shared.add(has + name)
    for name in shared:
        with suppress(OSError):
            own += Path(name).stat().st_blocks * 512
    return own


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
