"""Takes statements of a million lines into the ledger: `-m benchmarks.provider_ledger [LINES]`.

First all of them enter, then the same is told again, then a tenth is found to be something else.
Processor time of this process and of the server's, of each line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import UUID

import psutil

from adapters.postgres.connection.database import Database
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from adapters.postgres.schema.migration import migrate
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.privacy.seals import Seal
from cashback_core.reconciliation import FindingClass, Margin, Rules, Window
from cashback_core.reconciliation.findings import Finding
from cashback_core.reconciliation.ledger import LedgerKept, ToldLine
from cashback_core.reconciliation.schedule import MAX_STORED, RunKind
from cashback_core.reconciliation.statements import StatementLine
from cashback_gateway.local.demo_data import load_merchant
from chaos.quick_folder import quick_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINNING: Final = datetime(2026, 6, 1, tzinfo=UTC)
RULES: Final = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=0.0, provider_delay_s=0.0, clock_skew_s=3.0),
    echoes_reference=True,
)


def findings(lines: int, *, others: int) -> Iterator[tuple[Finding, UUID]]:
    """As many lines, every `others`th of which no cashback explains."""
    for number in range(lines):
        line = StatementLine(
            number=number + 1,
            document=f"{number % 50_000:011d}",
            cashback_centavos=100 + number % 900,
            credited_at=BEGINNING + timedelta(seconds=1 + number),
            reference=f"{number:032x}",
        )
        cls = FindingClass.MATCHED if number % others else FindingClass.UNKNOWN_HERE
        yield Finding(cls=cls, line=line), UUID(int=number)


def told(finding: Finding, whose: UUID) -> ToldLine:
    line = ToldLine.of(finding)
    assert line is not None
    if finding.cls is FindingClass.UNKNOWN_HERE:
        return line
    return line._replace(merchant_id=1, cashback_id=whose)


async def take_in(
    store: PostgresReconciliationStore, lines: int, *, others: int, asked_at: datetime
) -> tuple[LedgerKept, float, float]:
    """One run; the seconds of the statement that takes all of it in, and of this process before."""
    here_s = 0.0
    window = Window(since=BEGINNING, through=BEGINNING + timedelta(seconds=lines + 9))
    async with store.alone() as runs:
        assert runs is not None
        await runs.begin(RunKind.ASKED, BEGINNING)
        rest = findings(lines, others=others)
        while some := list(islice(rest, MAX_STORED)):
            begun_s = time.process_time()
            await runs.put_aside([told(*one) for one in some])
            here_s += time.process_time() - begun_s
        began_s = time.perf_counter()
        kept = await runs.take_in(window, asked_at)
        return kept, time.perf_counter() - began_s, here_s


def used_s(server: psutil.Process) -> float:
    """Processor time of all the server's processes so far, those that have ended included."""
    spent = 0.0
    for process in (server, *server.children(recursive=True)):
        times = process.cpu_times()
        spent += times.user + times.system
        if process == server:
            spent += times.children_user + times.children_system
    return spent


async def measure(lines: int) -> None:
    seal = Seal(blake2b(b"benchmark", digest_size=32).digest())
    with throwaway_postgres(quick_folder()) as server:
        dsn = server.create_database("ledger")
        migrate(dsn)
        load_merchant(dsn)
        process = psutil.Process(server.pids()[1])
        async with Database(dsn, seal=seal) as database:
            store = PostgresReconciliationStore(database, RULES)
            for nth, (what, others) in enumerate((("enter", 10), ("again", 10), ("moved", 9))):
                there_s = used_s(process)
                kept, last_s, here_s = await take_in(
                    store, lines, others=others, asked_at=BEGINNING + timedelta(days=nth)
                )
                there_s = used_s(process) - there_s
                print(
                    f"{what}: {kept}; {here_s / lines * 1e6:.1f} µs a line here,"
                    f" {there_s / lines * 1e6:.1f} µs in the server;"
                    f" the last statement {last_s:.1f} s"
                )


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
