"""The rows of figures: asked for by dimension, and made of what comes back.

Kept days are added up as they are kept, open ones as they are made; what is left to be added to one
another is little, and the many rows of a kept cube are copied nowhere before.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.figures.figures import (
    MAX_ROWS,
    MEASURES,
    Dimension,
    FiguresRow,
    Measures,
    TooManyRows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

    from cashback_core.figures.figures import FiguresQuestion

_SLICE: Final = 200
"""Rows after which others have their turn: some milliseconds."""
_REST_S: Final = 0.0005

_KEYS: Final[Mapping[Dimension, LiteralString]] = {
    Dimension.HOUR: "f.hour",
    Dimension.DAY: "f.day",
    Dimension.MONTH: "date_trunc('month', f.day::timestamp)",
    Dimension.TYPE: "f.type",
    Dimension.STORE: "f.store",
    Dimension.CLIENT: "f.client",
    Dimension.STATUS: "f.status",
}
"""As they are grouped by: made a text of in each of a million rows they cost more than the sums."""

_ONLY: Final[Mapping[Dimension, LiteralString]] = {
    Dimension.TYPE: " and f.type = %(type)s",
    Dimension.STORE: " and coalesce(f.store, '') = %(store)s",
    Dimension.CLIENT: " and coalesce(f.client, '') = %(client)s",
    Dimension.STATUS: " and f.status = %(status)s",
}
_KEY_NAMES: Final[tuple[LiteralString, ...]] = ("one", "two", "three")
_KEY_PLACES: Final[tuple[LiteralString, ...]] = ("2", "3", "4")
_COUNTED: Final[tuple[LiteralString, ...]] = (
    "sales", "total_centavos", "not_due", "recorded", "accrued", "accrued_centavos", "paid",
    "paid_centavos", "cancelled", "cancelled_centavos", "adjusted", "adjusted_centavos", "doubted",
    "doubted_centavos", "tried", "accepted",
)  # fmt: skip
"""In the order of `MEASURES`."""
_NAMES: Final[LiteralString] = ", ".join(_COUNTED)
# `sum` of a bigint goes by a wider number, four times as dear.
_SUMS: Final[LiteralString] = ", ".join(f"sum_of_centavos(f.{name})" for name in _COUNTED)
_SUMS_OF_KEPT: Final[LiteralString] = ", ".join(
    f"sum_of_centavos(f.{name})" if name.endswith("_centavos") else f"sum(f.{name})"
    for name in _COUNTED
)
_KEPT: Final[LiteralString] = """
    from day_figures as f
    where f.merchant_id = %(merchant)s and f.day between %(since)s and %(through)s
"""
_OPEN: Final[LiteralString] = """
    from (
        select o.day, c.*
        from unnest(
            %(days)s::date[], %(zones)s::text[], %(begins)s::timestamptz[],
            %(ends)s::timestamptz[], %(positions)s::bigint[]
        ) as o (day, zone, begins_at, ends_at, from_position)
        cross join lateral figures_of_day(
            %(merchant)s, o.zone, o.begins_at, o.ends_at, o.from_position, 9223372036854775807,
            %(whole)s, %(typed)s
        ) as c
    ) as f
    where true
"""


async def read_rows(
    connection: AsyncConnection[Any], question: FiguresQuestion, values: Mapping[str, Any]
) -> tuple[tuple[FiguresRow, ...], Measures]:
    """The rows, and what all of it comes to; whole sales and types are never added up.

    `values` are the bounds of kept and of open days. Raises TooManyRows.
    """
    whole = Dimension.TYPE not in question.only
    most = 2 * MAX_ROWS + 1
    found = await connection.execute(
        _statement(question, whole=whole),
        {**values, "whole": whole, "typed": question.is_typed, "most": most},
    )
    groups: list[tuple[Any, ...]] = []
    while slice_ := await found.fetchmany(_SLICE):
        groups += slice_
        await asyncio.sleep(0)
    # Of what was cut nobody knows whether it was whole sales, types, or empty: nor a total.
    if len(groups) == most:
        raise TooManyRows
    return await asyncio.to_thread(_told, question, groups, whole=whole)


def _told(
    question: FiguresQuestion, groups: Sequence[tuple[Any, ...]], *, whole: bool
) -> tuple[tuple[FiguresRow, ...], Measures]:
    by = question.by
    rows: list[FiguresRow] = []
    sums = [0] * len(MEASURES)
    for nth, (is_whole, *told) in enumerate(groups):
        columns = told[len(by) :]
        if is_whole is whole:
            sums = [sum_ + (column or 0) for sum_, column in zip(sums, columns, strict=True)]
        if is_whole is not question.is_typed:
            measures = _measures(columns)
            if not (measures.is_empty and by):
                keys = tuple(map(_key, by, told[: len(by)]))
                rows.append(FiguresRow(keys=keys, measures=measures))
        if nth % _SLICE == 0:
            time.sleep(_REST_S)
    if len(rows) > MAX_ROWS:
        raise TooManyRows
    rows.sort(key=lambda row: row.keys)
    return tuple(rows), _measures(sums)


def _statement(question: FiguresQuestion, *, whole: bool) -> LiteralString:
    hours: LiteralString = "not null" if Dimension.HOUR in question.by else "null"
    only: LiteralString = ""
    for dimension in question.only:
        only += _ONLY[dimension]
    keys: LiteralString = ""
    places: LiteralString = ""
    names: LiteralString = ""
    for dimension, name, place in zip(question.by, _KEY_NAMES, _KEY_PLACES, strict=False):
        keys += _KEYS[dimension] + ", "
        names += name + ", "
        places += ", " + place
    kept: LiteralString = (
        f" union all select f.type is null, {keys} {_SUMS_OF_KEPT} {_KEPT}{only}"
        f" and f.hour is {hours}"
    )
    parts: LiteralString = f"select f.type is null, {keys} {_SUMS} {_OPEN}{only} group by 1{places}"
    if whole:
        parts += f"{kept} and f.type is null group by 1{places}"
    if question.is_typed:
        parts += f"{kept} and f.type is not null group by 1{places}"
    return (
        f"select f.whole, {names} {_SUMS} from ({parts}) as f (whole, {names} {_NAMES})"  # noqa: S608
        f" group by 1{places} limit %(most)s"
    )


def _key(dimension: Dimension, value: Any) -> str:
    match dimension:
        case Dimension.HOUR:
            return f"{value:02d}"
        case Dimension.MONTH:
            return f"{value:%Y-%m}"
        case _:
            return "" if value is None else str(value)


def _measures(columns: Sequence[int | None]) -> Measures:
    told = zip(MEASURES, columns, strict=True)
    return Measures(**{name: value or 0 for name, value in told})
