"""What columns do with sales: in shares of what memory lets through, and in turns with `calculate`.

First the line-wise part, of lines without discounts of their sale: amount × rate, rounded, in every
mode, beside a plain sum of the amounts and a copy of memory, in turns of the same run. Bytes are
those that must be read and written (16 and 8 a line; 8 and none of a sum; of a copy as many as it
copies, twice). The copy is the quicker of one thread's and of as many as polars has. Of each way
the quickest turn counts, and beside the wall clock stands what its CPU would let through if every
core were its own, so that a busy machine can be told from a slow way. Then whole
sales with their lines against a loop of `calculate`, both in memory: wall clock and CPU, for polars
uses every core. It fails where a share or a ratio is below its goal.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final

import polars as pl

from cashback_core import Cpf, Customer, Line, Programme, Rate, Rounding, Sale, calculate
from cashback_core.columns import Each, SaleColumns, line_cashbacks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOWEST_SHARE: Final = 0.25
LOWEST_RATIO: Final = 20
LINES: Final = 16_000_000
"""Of the line-wise part: 384 MB, far more than any cache holds."""

OF_SALES: Final = 1_000_000
"""Lines of whole sales; `calculate` does a part of them, and says as much."""

OF_CALCULATE: Final = 20_000
ONE_THREAD: Final = "copy, 1 thread"
AT: Final = datetime(2026, 6, 3, 12, tzinfo=UTC)
PROGRAMME: Final = Programme(
    tuple(
        Rate(type=type_, rate_bp=rate_bp, version=1, starts_at=datetime(2020, 1, 1, tzinfo=UTC))
        for type_, rate_bp in (("A", 500), ("B", 125), ("C", 833))
    )
)
SOMEBODY: Final = Customer(document=Cpf("52998224725"), name="JOSE DA SILVA")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one turn."""

    wall_s: float
    cpu_s: float


def timed(call: Callable[[], object]) -> Took:
    """How long a call takes."""
    wall_s, cpu_s = perf_counter(), process_time()
    call()
    return Took(perf_counter() - wall_s, process_time() - cpu_s)


def copies(size: int, threads: int) -> Callable[[], object]:
    """A copy of so many bytes by so many threads; the buffers are touched before."""
    source, target = ctypes.create_string_buffer(size), ctypes.create_string_buffer(size)
    part = size // threads
    starts = [(ctypes.addressof(target) + n * part, ctypes.addressof(source) + n * part)
              for n in range(threads)]  # fmt: skip
    pool = ThreadPoolExecutor(threads)

    def copy_part(at: tuple[int, int]) -> None:
        ctypes.memmove(*at, part)

    def copy() -> None:
        assert len(source) == len(target), "they are kept as long as this is"
        list(pool.map(copy_part, starts))

    return copy


def line_wise(turns: int) -> bool:
    """Print what share of a copy's bandwidth lines reach; whether each reaches its goal."""
    row = pl.int_range(LINES, dtype=pl.Int64)
    lines = pl.select(amount=row * 7_919 % 9_999_991, rate_bp=row * 104_729 % 10_001)
    amount, rate_bp = pl.col("amount"), pl.col("rate_bp")
    threads = pl.thread_pool_size()
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        ONE_THREAD: (2 * 8 * LINES, copies(8 * LINES, 1)),
        f"copy, {threads} threads": (2 * 8 * LINES, copies(8 * LINES, threads)),
        "plain sum": (8 * LINES, partial(_collected, lines, amount.sum())),
        **{
            f"lines, {mode}": (
                24 * LINES,
                partial(_collected, lines, line_cashbacks(amount, rate_bp, mode)),
            )
            for mode in Rounding
        },
    }
    for _, call in ways.values():
        call()
    took = [{name: timed(call) for name, (_, call) in ways.items()} for _ in range(turns)]
    print(
        f"{'':22}{'ns a line':>10}{'GB/s':>8}{'of a copy':>11}{'by CPU: GB/s':>15}{'of a copy':>11}"
    )
    by_wall: dict[str, float] = {}
    by_cpu: dict[str, float] = {}
    for name, (size, _) in ways.items():
        cores = 1 if name == ONE_THREAD else threads
        by_wall[name] = size / min(turn[name].wall_s for turn in took) / 1e9
        by_cpu[name] = size / min(turn[name].cpu_s for turn in took) / 1e9 * cores
        print(
            f"{name:22}{size / LINES / by_wall[name]:>10.2f}{by_wall[name]:>8.1f}"
            f"{_share(name, by_wall):>11.0%}{by_cpu[name]:>15.1f}{_share(name, by_cpu):>11.0%}"
        )
    return all(_share(f"lines, {mode}", by_wall) >= LOWEST_SHARE for mode in Rounding)


def _share(name: str, rates: dict[str, float]) -> float:
    """Of the quicker copy; the copies come first."""
    return rates[name] / max(rate for way, rate in rates.items() if way.startswith("copy"))


def _collected(lines: pl.DataFrame, expression: pl.Expr) -> pl.DataFrame:
    return lines.lazy().select(expression).collect(engine="streaming")


def frame_of(sales: Sequence[Sale]) -> pl.DataFrame:
    """Sales as columns, as many times over as make OF_SALES lines."""
    rows = [
        {
            "sale": number,
            "sold_at": sale.sold_at,
            "type": line.type,
            "amount_centavos": line.amount_centavos,
            "total_centavos": sale.total_centavos,
            "sale_discount_centavos": sale.discount_centavos,
        }
        for number, sale in enumerate(sales)
        for line in sale.lines
    ]
    once = pl.DataFrame(rows, schema_overrides={"sold_at": pl.Datetime("us", "UTC")})
    return pl.concat([once] * -(-OF_SALES // once.height)).rechunk()


def sales_of(lines: Sequence[int], chance: Random, *, discounts: bool) -> list[Sale]:
    """Sales of so many lines each, at random; with discounts a third has one of its own."""
    made: list[Sale] = []
    while sum(len(sale.lines) for sale in made) < OF_CALCULATE:
        told = tuple(
            Line.of(
                type=chance.choice("ABC"),
                value_e10=chance.randint(100, 20_000) * 10**8,
                qty_e4=10_000 * chance.randint(1, 3),
            )
            for _ in range(chance.choice(lines))
        )
        nets = sum(line.net_centavos for line in told)
        discount = chance.randint(1, nets // 10) if discounts and chance.random() < 0.33 else 0
        made.append(
            Sale(
                sold_at=AT,
                customer=SOMEBODY,
                lines=told,
                total_centavos=nets - discount,
                discount_centavos=discount,
            )
        )
    return made


def whole_sales(turns: int) -> bool:
    """Print what whole sales cost both ways, a line; whether columns reach their goal."""
    print(f"\n{'ns a line':38}{'calculate':>10}{'columns':>10}{'CPU':>7}{'ratio':>8}{'of CPU':>8}")
    reached = True
    for name, lines, discounts in (
        ("sales of 1 line", (1,), False),
        ("sales of 3 lines", (3,), False),
        ("sales of 10 lines", (10,), False),
        ("sales of 1 to 12, discounts", range(1, 13), True),
    ):
        sales = sales_of(lines, Random(name), discounts=discounts)
        for each in Each:
            told = _in_turns(sales, each, turns)
            print(
                f"{f'{name}, each {each}':38}{told.loop_ns:>10.0f}{told.wall_ns:>10.0f}"
                f"{told.cpu_ns:>7.0f}{told.ratio:>8.1f}{told.cpu_ratio:>8.1f}"
            )
            reached &= told.ratio >= LOWEST_RATIO
    return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class BothWays:
    """The quickest turn of each, in nanoseconds a line."""

    loop_ns: float
    wall_ns: float
    cpu_ns: float

    @property
    def ratio(self) -> float:
        """By the wall clock of columns; the loop's thread takes its CPU time if it is alone."""
        return self.loop_ns / self.wall_ns

    @property
    def cpu_ratio(self) -> float:
        """CPU for CPU, of however many cores."""
        return self.loop_ns / self.cpu_ns


def _in_turns(sales: Sequence[Sale], each: Each, turns: int) -> BothWays:
    count, frame = sum(len(sale.lines) for sale in sales), frame_of(sales)
    columns = SaleColumns(PROGRAMME)
    loop_ns: list[float] = []
    wall_ns: list[float] = []
    cpu_ns: list[float] = []
    for _ in range(turns):
        loop = timed(lambda: [calculate(sale, PROGRAMME) for sale in sales])
        # By the way that files go, into memory.
        whole = timed(lambda: columns.lazily(frame, each=each).collect(engine="streaming"))
        loop_ns.append(loop.cpu_s / count * 1e9)
        wall_ns.append(whole.wall_s / frame.height * 1e9)
        cpu_ns.append(whole.cpu_s / frame.height * 1e9)
    return BothWays(loop_ns=min(loop_ns), wall_ns=min(wall_ns), cpu_ns=min(cpu_ns))


def main(given: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.columns", description=__doc__)
    parser.add_argument("--turns", type=int, default=11, help="how often each way is timed")
    options = parser.parse_args(given)
    lines_reach = line_wise(options.turns)
    return 0 if whole_sales(options.turns) and lines_reach else 1


if __name__ == "__main__":
    sys.exit(main())
