"""The shapes of figures and balances, and how they are told as JSON and as CSV."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from msgspec import Meta, Raw

from adapters.http.wire.answers import encode
from adapters.http.wire.shapes import Instant, Money, Shape, SignedMoney
from cashback_core.delivery.export_rows import csv_line
from cashback_core.delivery.states import Status
from cashback_core.figures.figures import MEASURES, Dimension
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos, format_signed_centavos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from cashback_core.figures.figures import (
        Balance,
        Calls,
        Figures,
        FiguresRow,
        Measures,
    )
    from cashback_core.figures.repricing import Repricing

Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-01-31"])]
Share = Annotated[
    str | None,
    Meta(description="A part of one, to six places; null where there is nothing to be a part of."),
]


class FiguresMeasures(Shape, frozen=True, kw_only=True):
    """What was counted. Of a type: its lines, net, and each sale once for each of its types."""

    sales: Annotated[int, Meta(description="Accepted; history apart.")]
    total: Annotated[Money, Meta(description="What they were worth.")]
    not_due: int
    recorded: Annotated[int, Meta(description="Brought in as history.")]
    accrued: int
    accrued_cashback: Money
    paid: int
    paid_cashback: Money
    cancelled: int
    cancelled_cashback: Money
    adjusted: Annotated[int, Meta(description="Payments that were taken back: owed again.")]
    adjusted_cashback: Money
    doubted: Annotated[int, Meta(description="Moves into doubt.")]
    doubted_cashback: Money
    tried: Annotated[int, Meta(description="First attempts that ended.")]
    accepted: Annotated[int, Meta(description="Of those, the ones that paid at once.")]
    owed_more: Annotated[
        SignedMoney, Meta(description="accrued - paid - cancelled + adjusted, in reais.")
    ]
    effective_rate: Annotated[Share, Meta(description="accrued_cashback of total.")]
    acceptance: Annotated[Share, Meta(description="accepted of tried.")]


class FiguresItem(Shape, frozen=True, kw_only=True):
    """A row: what it is told apart by, null where the sale told none, and what was counted."""

    keys: dict[Dimension, str | None]
    measures: FiguresMeasures


class FiguresCalls(Shape, frozen=True, kw_only=True):
    """Calls to the provider on these days, of all sales: no filter looks at them."""

    attempts: int
    applied: int
    failures: Annotated[
        dict[str, int], Meta(description="Calls that did not pay, by result and reason.")
    ]
    latency_s: Annotated[
        dict[str, float | None],
        Meta(description="Quantiles of the calls that were answered, in seconds, to a twentieth."),
    ]


class FiguresAnswer(Shape, frozen=True, kw_only=True):
    """Figures of a range of days; up to `closed_through` they never change."""

    first: Day
    last: Day
    zone: str
    by: list[Dimension]
    items: list[FiguresItem]
    total: FiguresMeasures
    calls: FiguresCalls
    closed_through: Annotated[
        Day | None, Meta(description="The last closed day of the range; null: none is.")
    ]
    as_of: Instant


class StandingSum(Shape, frozen=True, kw_only=True):
    """Cashbacks of one status, and their sum."""

    cashbacks: int
    cashback: Money


class BalanceAnswer(Shape, frozen=True, kw_only=True):
    """What is owed, paid and in doubt as of an instant."""

    at: Instant
    owed: Annotated[Money, Meta(description="Accrued, and neither paid nor cancelled.")]
    paid: Money
    in_doubt: Annotated[Money, Meta(description="Of what is owed: perhaps paid already.")]
    by_status: dict[Status, StandingSum]


class RepricedItem(Shape, frozen=True, kw_only=True):
    """Lines of one type accepted on one day."""

    day: Day
    type: str
    lines: int
    net: Money
    stored: Annotated[Money, Meta(description="What they earned.")]
    repriced: Annotated[Money, Meta(description="What they would have earned.")]
    difference: SignedMoney


class RepricingAnswer(Shape, frozen=True, kw_only=True):
    """What stored sales earned, and what they would have under other rates."""

    first: Day
    last: Day
    rates: Annotated[dict[str, int], Meta(description="In basis points, by type.")]
    sales: int
    changed: Annotated[int, Meta(description="Sales that would have earned something else.")]
    stored: Money
    repriced: Money
    difference: SignedMoney
    items: list[RepricedItem]


FIGURES_SHAPES: Final[tuple[type[Shape], ...]] = (FiguresAnswer, BalanceAnswer, RepricingAnswer)


_SLICE: Final = 50
"""Rows after which whoever tells them lets others go on: in a thread of its own, a millisecond."""


def figures_json(figures: Figures) -> bytes:
    """Figures as they are told, to be called in a thread: thousands of rows are told in slices."""
    question = figures.question
    items = [
        encode([_item(question.by, row) for row in rows])[1:-1] for rows in _slices(figures.rows)
    ]
    answer = FiguresAnswer(
        first=question.since.isoformat(),
        last=question.through.isoformat(),
        zone=figures.zone,
        by=list(question.by),
        items=cast("list[FiguresItem]", Raw(b"[" + b",".join(items) + b"]")),
        total=FiguresMeasures(**_told(figures.total)),
        calls=_calls(figures.calls),
        closed_through=None if (day := figures.closed_through) is None else day.isoformat(),
        as_of=format_instant(figures.as_of),
    )
    return encode(answer)


def _slices(rows: Sequence[FiguresRow]) -> Iterator[Sequence[FiguresRow]]:
    for first in range(0, len(rows), _SLICE):
        yield rows[first : first + _SLICE]
        time.sleep(0)  # lets go of the interpreter


def figures_csv(figures: Figures) -> bytes:
    """The rows as CSV, a header first; the same values as in JSON."""
    names = [*(one.value for one in figures.question.by), *_COLUMNS]
    lines = [csv_line(names)]
    for rows in _slices(figures.rows):
        for row in rows:
            told = _told(row.measures)
            cells = ["" if told[name] is None else str(told[name]) for name in _COLUMNS]
            lines.append(csv_line([*row.keys, *cells]))
    return "".join(lines).encode()


def balance_shape(balance: Balance) -> BalanceAnswer:
    """A balance as it is told."""
    return BalanceAnswer(
        at=format_instant(balance.at),
        owed=format_centavos(balance.owed_centavos),
        paid=format_centavos(balance.paid_centavos),
        in_doubt=format_centavos(balance.in_doubt_centavos),
        by_status={
            status: StandingSum(cashbacks=one.cashbacks, cashback=format_centavos(one.centavos))
            for status, one in balance.by_status.items()
        },
    )


def repricing_shape(repricing: Repricing) -> RepricingAnswer:
    """What a repricing found, as it is told."""
    return RepricingAnswer(
        first=repricing.since.isoformat(),
        last=repricing.through.isoformat(),
        rates={rate.type: rate.rate_bp for rate in repricing.rates},
        sales=repricing.sales,
        changed=repricing.changed,
        stored=format_centavos(repricing.stored_centavos),
        repriced=format_centavos(repricing.repriced_centavos),
        difference=format_signed_centavos(repricing.repriced_centavos - repricing.stored_centavos),
        items=[
            RepricedItem(
                day=row.day.isoformat(),
                type=row.type,
                lines=row.lines,
                net=format_centavos(row.net_centavos),
                stored=format_centavos(row.stored_centavos),
                repriced=format_centavos(row.repriced_centavos),
                difference=format_signed_centavos(row.difference_centavos),
            )
            for row in repricing.rows
        ],
    )


def _item(by: Sequence[Dimension], row: FiguresRow) -> FiguresItem:
    keys = {one: key or None for one, key in zip(by, row.keys, strict=True)}
    return FiguresItem(keys=keys, measures=FiguresMeasures(**_told(row.measures)))


def _calls(calls: Calls) -> FiguresCalls:
    return FiguresCalls(
        attempts=calls.attempts,
        applied=calls.applied,
        failures=dict(calls.failures),
        latency_s=dict(calls.latency_s),
    )


_COLUMNS: Final = tuple(FiguresMeasures.__struct_fields__)


def _told(measures: Measures) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in MEASURES:
        value = getattr(measures, name)
        if name == "total_centavos":
            told["total"] = format_centavos(value)
        elif name.endswith("_centavos"):
            told[f"{name.removesuffix('_centavos')}_cashback"] = format_centavos(value)
        else:
            told[name] = value
    told["owed_more"] = format_signed_centavos(measures.owed_more_centavos)
    told["effective_rate"] = _share(measures.effective_rate)
    told["acceptance"] = _share(measures.acceptance)
    return told


def _share(share: Fraction | None) -> str | None:
    return None if share is None else f"{float(share):.6f}"
