"""Closes a day of so many sales: `python -m benchmarks.closed_days [SALES]`.

Each sale has two lines and three moves, each customer two sales. What counts is the processor's
time of this process and of the server's session, and how long the event loop has no turn.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Final

import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.connection.database import Database
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.schema.migration import migrate
from cashback_core.closing.closing import CloseDays, ClosesAsked
from cashback_core.closing.making import Signer
from cashback_core.testing.memory_closes import MemoryNotes
from cashback_gateway.local.demo_data import load_merchant

DAY: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
_FILL: Final = (
    "update merchants set created_at = %(day)s",
    """insert into customers (merchant_id, document, name, created_at)
    select 1, lpad(n::text, 11, '0'), 'CLIENTE DE TESTE', %(day)s
    from generate_series(1, %(sales)s / 2) as n""",
    """insert into sales (merchant_id, cashback_id, sold_at, document, name, total_centavos,
        discount_centavos, rounding, exact, raw_body, accepted_at, store)
    select 1, lpad(to_hex(n), 32, '0')::uuid, %(day)s, lpad((1 + n / 2)::text, 11, '0'),
        'CLIENTE DE TESTE', 20000, 0, 'half_even', '10.00', '{}', %(day)s, 'L' || n %% 50
    from generate_series(0, %(sales)s - 1) as n""",
    """insert into sale_lines (merchant_id, cashback_id, value_e10, amount_centavos,
        discount_centavos, cashback_centavos, qty_e4, rate_bp, rate_version, position, type, exact)
    select 1, lpad(to_hex(n), 32, '0')::uuid, 1000000000000, 10000, 0, 500, 10000, 500, 1, p,
        chr(65 + p), '5.00'
    from generate_series(0, %(sales)s - 1) as n, generate_series(0, 1) as p""",
    """insert into cashbacks (merchant_id, cashback_id, status, version, attempt,
        cashback_centavos, accepted_at, open_since_at, applied_at)
    select 1, lpad(to_hex(n), 32, '0')::uuid, 'applied', 3, 1, 1000, %(day)s, %(day)s, %(day)s
    from generate_series(0, %(sales)s - 1) as n""",
    """insert into events (merchant_id, cashback_id, sequence, at, actor, from_status, to_status,
        attempt, reason)
    select 1, lpad(to_hex(n), 32, '0')::uuid, s, %(day)s + n * interval '300 ms', 'api',
        (array[null, 'pending', 'sending'])[s], (array['pending', 'sending', 'applied'])[s],
        least(s - 1, 1), 'x'
    from generate_series(0, %(sales)s - 1) as n, generate_series(1, 3) as s""",
    "analyze",
)


def fill(dsn: str, sales: int) -> None:
    """A day of sales, written past every trigger."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        for statement in _FILL:
            values = {"day": DAY, "sales": sales} if "%(" in statement else None
            owner.execute(statement.encode(), values)


async def measure(dsn: str, sales: int) -> None:
    key = Ed25519PrivateKey.generate()
    signer = Signer(public_key=key.public_key().public_bytes_raw(), sign=key.sign)
    longest_s = 0.0

    async def turns() -> None:
        nonlocal longest_s
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.perf_counter() - began_s - 0.001)

    process = psutil.Process()
    async with Database(dsn) as database:
        close = CloseDays(store=PostgresCloseStore(database), signer=signer, notes=MemoryNotes())
        watching = asyncio.create_task(turns())
        before = process.memory_info().rss
        served_s = sum(server_times())
        began_s, used_s = time.perf_counter(), time.process_time()
        found = await close(ClosesAsked(only="demo", through=DAY.date(), at_most=1))
        took_s, used_s = time.perf_counter() - began_s, time.process_time() - used_s
        served_s = sum(server_times()) - served_s
        watching.cancel()
    [kept] = found.closed
    more = (process.memory_info().rss - before) / 2**20
    print(
        f"{kept.lines:,} lines of {sales:,} sales in {took_s:.1f} s: {used_s:.1f} s of processor"
        f" here, {served_s:.1f} s of the server's; {more:.0f} MiB more memory, longest turn"
        f" {longest_s * 1e3:.0f} ms"
    )


def server_times() -> list[float]:
    """What every server's process on this machine has used, of whoever started it here."""
    used = list[float]()
    for each in psutil.Process().children(recursive=True):
        with psutil.Process(each.pid).oneshot():
            times = each.cpu_times()
            used.append(times.user + times.system + times.children_user + times.children_system)
    return used


def main(sales: int) -> None:
    with throwaway_postgres("/dev/shm") as server:  # noqa: S108
        dsn = server.create_database("closed_days")
        migrate(dsn)
        load_merchant(dsn)
        fill(dsn, sales)
        asyncio.run(measure(dsn, sales))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
