"""Figures of a merchant, its balance, and what its sales would have cost: tables, JSON and CSV."""

from __future__ import annotations

import csv as csv_format
import json as json_format
import re
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from adapters.postgres.figures.store import PostgresFigures
from adapters.postgres.figures.stored_sales import PostgresStoredSales
from cashback_core.figures.figures import (
    MAX_ROWS,
    Dimension,
    FiguresQuestion,
    TooManyRows,
)
from cashback_core.figures.repricing import ChangedRate, reprice
from cashback_core.sales.programme import MAX_RATE_BP, is_type
from cashback_gateway.commands.operating import operating, the_merchant
from cashback_gateway.commands.parameters import TO, Json, Slug
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import read_by, read_day, read_path
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.report_tables import (
    show_balance,
    show_figures,
    show_repricing,
    write_figures,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from adapters.postgres.connection.database import Database

MAX_RATES_BYTES: Final = 1024 * 1024
_TELL_EVERY_S: Final = 1.0


def _by(text: str) -> tuple[Dimension, ...]:
    names = text.split(",") if text != "none" else []
    if not set(names) <= set(Dimension):
        raise ValueError(f"by some of {', '.join(Dimension)}, with commas; or none")
    return tuple(map(Dimension, names))


OfMerchant = Annotated[Slug, Parameter(help="the merchant's slug")]
From = Annotated[date, read_by(read_day, "the first day, in the merchant's zone", name="--from")]
Through = Annotated[date | None, read_by(read_day, "the last day; default: the first", name="--to")]
Csv = Annotated[bool, Parameter(name="--csv", help="rows as CSV")]
Only = Annotated[str | None, Parameter(help="only these")]


async def figures(
    *,
    merchant: OfMerchant,
    since: From,
    through: Through = None,
    by: Annotated[
        tuple[Dimension, ...],
        read_by(_by, f"up to three of {', '.join(Dimension)}, with commas; or none"),
    ] = (Dimension.DAY,),
    type_: Annotated[str | None, Parameter(name="--type", help="only lines of this type")] = None,
    store: Only = None,
    client: Only = None,
    status: Only = None,
    json: Json = False,
    csv: Csv = False,
    here: Here,
) -> None:
    """What was sold, accrued, paid on a range of days."""
    if json and csv:
        raise WrongUseError("--json and --csv exclude one another")
    only = {"type": type_, "store": store, "client": client, "status": status}
    try:
        question = FiguresQuestion(
            since=since,
            through=through or since,
            by=by,
            only={Dimension(name): text for name, text in only.items() if text is not None},
        )
    except ValueError as error:
        raise WrongUseError(str(error)) from error
    async with _reading(here, merchant) as (database, merchant_id):
        try:
            found = await PostgresFigures(database).figures(merchant_id, question)
        except TooManyRows as error:
            raise ActRefusedError(
                f"more than {MAX_ROWS} rows: fewer days, fewer dimensions, or a filter"
            ) from error
    if csv:
        write_figures(found)
        return
    show_figures(found, as_json=json)


async def balance(
    *,
    merchant: OfMerchant,
    at: Annotated[datetime | None, TO] = None,
    json: Json = False,
    here: Here,
) -> None:
    """What is owed, paid and in doubt as of an instant."""
    async with _reading(here, merchant) as (database, merchant_id):
        found = await PostgresFigures(database).balance(merchant_id, at or datetime.now(UTC))
    show_balance(found, as_json=json)


async def reprice_sales(
    *,
    merchant: OfMerchant,
    since: From,
    through: Through = None,
    rates: Annotated[
        Path,
        read_by(
            read_path,
            'what types would have earned, in basis points: JSON such as {"A": 450}, or CSV with'
            " type and rate_bp",
        ),
    ],
    json: Json = False,
    csv: Csv = False,
    here: Here,
) -> None:
    """What stored sales would have cost under other rates; nothing is stored."""
    if json and csv:
        raise WrongUseError("--json and --csv exclude one another")
    last = through or since
    if last < since:
        raise WrongUseError("the last day comes before the first")
    changed = read_rates(rates)
    told_s = time.monotonic()

    def tell(day: date, sales: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _TELL_EVERY_S:
            told_s = time.monotonic()
            print(f"{day}: {sales} sales so far", file=sys.stderr)

    async with _reading(here, merchant) as (database, merchant_id):
        found = await reprice(
            PostgresStoredSales(database),
            merchant_id,
            since=since,
            through=last,
            rates=changed,
            tell=tell,
        )
    show_repricing(found, as_json=json, as_csv=csv)
    if found.unmet:
        print(
            f"no line of {', '.join(found.unmet)} on these days: that rate changed nothing",
            file=sys.stderr,
        )


def read_rates(path: Path) -> tuple[ChangedRate, ...]:
    """The rates of a file, JSON or CSV. Raises WrongUseError."""
    try:
        if path.stat().st_size > MAX_RATES_BYTES:
            raise WrongUseError(f"{path}: more than {MAX_RATES_BYTES} bytes")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUseError(f"{path}: {error}") from error
    try:
        pairs = _json_rates(text) if text.lstrip().startswith("{") else _csv_rates(text)
    except ValueError as error:
        raise WrongUseError(f"{path}: {error}") from error
    if not pairs or len({type_ for type_, _ in pairs}) != len(pairs):
        raise WrongUseError(f"{path}: one rate of each type, and one at least")
    for type_, rate_bp in pairs:
        if not is_type(type_):
            raise WrongUseError(f"{path}: {type_!r} is no product type")
        if type(rate_bp) is not int or not 0 <= rate_bp <= MAX_RATE_BP:
            raise WrongUseError(f"{path}: {type_}: a rate is 0 to {MAX_RATE_BP} basis points")
    return tuple(ChangedRate(type=type_, rate_bp=rate_bp) for type_, rate_bp in pairs)


def _json_rates(text: str) -> list[tuple[str, Any]]:
    return json_format.loads(text, object_pairs_hook=list[Any])  # type: ignore[no-any-return]


def _csv_rates(text: str) -> list[tuple[str, Any]]:
    rows = csv_format.DictReader(StringIO(text))
    if not {"type", "rate_bp"} <= set(rows.fieldnames or ()):
        raise ValueError("neither a JSON object nor CSV with the columns type and rate_bp")
    return [(row["type"], _whole_or_text(row["rate_bp"])) for row in rows]


def _whole_or_text(text: str) -> object:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text or "", re.ASCII) else text


@asynccontextmanager
async def _reading(here: Workplace, merchant: str) -> AsyncGenerator[tuple[Database, int], None]:
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        assert merchant_id is not None
        yield database, merchant_id
