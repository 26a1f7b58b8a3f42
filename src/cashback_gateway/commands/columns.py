"""What a file of sales earns under a merchant's terms: Parquet or CSV, larger than memory."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from cashback_gateway.commands.parameters import Json, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import show_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cashback_core.columns import Calculated
    from cashback_core.sales.terms import Terms
    from cashback_gateway.commands.place import Workplace

_TOLD_EVERY_S: Final = 5.0


def calculate_file(
    file: Annotated[
        Path, read_by(read_path, ".parquet, a folder of them, or .csv (docs/columns.md)")
    ],
    /,
    *,
    merchant: Slug,
    to: Annotated[Path, read_by(read_path, "where the answer goes: .parquet or .csv, a new file")],
    each: Annotated[Literal["line", "sale"], Parameter(help="what a row of the answer is of")] = (
        "line"
    ),
    json: Json = False,
    here: Here,
) -> int:
    """Compute what sales earn and store nothing; exit code 1 where a sale has a fault."""
    if find_spec("polars") is None:
        raise ActRefusedError("this needs polars, in a checkout by: make venv-columns")
    from cashback_core.columns.files import SUFFIXES

    if to.suffix.lower() not in SUFFIXES:
        raise WrongUseError(f"--to: a file that ends with {' or '.join(SUFFIXES)}")
    if to.exists():
        raise ActRefusedError(f"{to} is there already")
    terms = asyncio.run(_terms(here, merchant))
    tally = _compute(terms, file, to, each)
    if json:
        show_json({**tally.as_told(), "to": str(to)})
    else:
        print(f"{to}: {tally.words}")
        if tally.faulty:
            print("of those sales the column fault tells what is wrong (docs/columns.md)")
    return 1 if tally.faulty else 0


async def _terms(here: Workplace, merchant: str) -> Terms:
    """A merchant's rules and programme as they are now."""
    from adapters.postgres.administration.transactions import merchant_called
    from adapters.postgres.cashbacks.store import PostgresCashbackStore
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.states import DeliveryPolicy

    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            merchant_id = await merchant_called(database, merchant)
            store = PostgresCashbackStore(database, DeliveryPolicy())
            terms = None if merchant_id is None else await store.terms(merchant_id)
    if terms is None:
        raise ActRefusedError(f"there is no merchant {merchant!r}")
    return terms


def _compute(terms: Terms, file: Path, to: Path, each: str) -> FileTally:
    """Write the answer; it has its name once it is whole."""
    import polars as pl

    from cashback_core.columns import ColumnsRefused, Each, SaleColumns
    from cashback_core.columns.files import count_lines, scan_lines, write

    columns = SaleColumns(terms.programme, terms.rules)
    unfinished = to.with_name(f".{to.name}.unfinished")
    tally = FileTally()
    try:
        lines = scan_lines(file, zone=terms.rules.zone)
        with _told(tally, count_lines(lines)) as on_batch:
            answer = columns.lazily(lines, each=Each(each), on_batch=on_batch)
            write(answer, unfinished, to.suffix)
        unfinished.rename(to)
    except ColumnsRefused as error:
        raise ActRefusedError(f"{file}: {error}") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ActRefusedError(f"{file}: {str(error).splitlines()[0]}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return tally


@dataclass(slots=True)
class FileTally:
    """How far it came."""

    lines: int = 0
    sales: int = 0
    faulty: int = 0
    by_calculate: int = 0
    _began_s: float = field(default_factory=time.monotonic)

    def add(self, batch: Calculated) -> None:
        """One batch more."""
        self.lines += batch.lines
        self.sales += batch.sales
        self.faulty += batch.faulty
        self.by_calculate += batch.by_calculate

    @property
    def words(self) -> str:
        """The same in a line."""
        pace = self.lines / max(0.001, time.monotonic() - self._began_s)
        return (
            f"{self.lines:,} lines of {self.sales:,} sales, {self.faulty:,} with a fault,"
            f" {self.by_calculate:,} past 64 bits, one by one; {pace:,.0f} lines/s"
        )

    def as_told(self) -> dict[str, object]:
        """For a program."""
        told = ("lines", "sales", "faulty", "by_calculate")
        return {name: getattr(self, name) for name in told}


@contextmanager
def _told(tally: FileTally, total: int) -> Generator[Callable[[Calculated], None], None, None]:
    """Tell on standard error how far it came: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield ProgressLines(tally, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("reading", total=total)

        def on_batch(batch: Calculated) -> None:
            tally.add(batch)
            progress.update(task, completed=tally.lines, description=tally.words)

        yield on_batch


@dataclass(slots=True)
class ProgressLines:
    """Tells it in lines, for what is no terminal."""

    tally: FileTally
    total: int
    _told_s: float = field(default_factory=time.monotonic)

    def __call__(self, batch: Calculated) -> None:
        """One batch more; a line, if one is due."""
        self.tally.add(batch)
        now_s = time.monotonic()
        if now_s - self._told_s < _TOLD_EVERY_S:
            return
        self._told_s = now_s
        share = 100 * self.tally.lines // max(1, self.total)
        print(f"{share} %: {self.tally.words}", file=sys.stderr, flush=True)
