"""`python -m volume`: load a short and a long past, compare what reads them, tell what it costs."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import psycopg

from volume.comparing import compared, table_of, watched
from volume.cost import GROUPS, Meter, costs, read_ms
from volume.house import opened
from volume.pasts import BYTES_A_LINE, SHORTER, pasts

if TYPE_CHECKING:
    from volume.pasts import Pasts


def main() -> int:
    """Run and tell; 1 where something is not flat."""
    parser = argparse.ArgumentParser(prog="python -m volume", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000, help="sale lines, long past")
    parser.add_argument("--customers", type=int, default=2_000_000, help="customers, long past")
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="on a real disk")
    parser.add_argument("--turns", type=int, default=9, help="of each measurement")
    chosen = parser.parse_args()
    needed = chosen.lines * (SHORTER + 1) // SHORTER * BYTES_A_LINE
    free = shutil.disk_usage(chosen.folder).free
    if free < needed:
        print(f"{chosen.folder} has {free:,} bytes free of {needed:,}", file=sys.stderr)
        return 2
    os.nice(10)
    with pasts(
        lines=chosen.lines, customers=chosen.customers, folder=chosen.folder, tell=_tell
    ) as both:
        return asyncio.run(_compare(both, chosen.turns))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _compare(both: Pasts, turns: int) -> int:
    dsns = (both.short, both.long)
    short, long = [await watched(dsn, both.log, both.newest_at) for dsn in dsns]
    rows = compared(short, long)
    print(table_of(rows))
    faults = [f"- {row.task}: {fault}" for row in rows for fault in row.faults]
    print("\n" + ("\n".join(faults) or "Nothing grew but indexes, a level at most."))
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(opened(dsn, both.newest_at)) for dsn in dsns]
        meters = [
            Meter(house=house, connection=psycopg.connect(dsn, autocommit=True))
            for house, dsn in zip(houses, dsns, strict=True)
        ]
        print(
            "\n| a sale, in groups of | accept µs, short | long | end µs, short | long"
            " | log bytes, short | long |"
        )
        print("|--:|--:|--:|--:|--:|--:|--:|")
        for group in GROUPS:
            a, b = await costs(meters, group, turns=turns)
            print(
                f"| {group} | {a.accept_us:.0f} | {b.accept_us:.0f} | {a.conclude_us:.0f}"
                f" | {b.conclude_us:.0f} | {a.wal_bytes:.0f} | {b.wal_bytes:.0f} |"
            )
        print("\n| task | ms, short | long |\n|---|--:|--:|")
        for name, (before, after) in (await read_ms(houses, turns=turns)).items():
            print(f"| {name} | {before:.1f} | {after:.1f} |")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
