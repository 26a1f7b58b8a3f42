"""How figures, balances and repricings are printed: tables, JSON, CSV, by the names of HTTP."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.export_rows import csv_line
from cashback_core.figures.figures import MEASURES
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_signed_centavos
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from cashback_core.figures.figures import Balance, Calls, Figures, Measures
    from cashback_core.figures.repricing import Repricing

_SHOWN: Final = (
    TableColumn("sales", right=True),
    TableColumn("total", right=True),
    TableColumn("accrued_cashback", "ACCRUED", right=True),
    TableColumn("paid_cashback", "PAID", right=True),
    TableColumn("cancelled_cashback", "CANCELLED", right=True),
    TableColumn("adjusted_cashback", "ADJUSTED", right=True),
    TableColumn("doubted_cashback", "DOUBTED", right=True),
    TableColumn("effective_rate", "RATE", right=True),
    TableColumn("acceptance", right=True),
)


def write_figures(found: Figures) -> None:
    """The rows as CSV."""
    names = [*(one.value for one in found.question.by), *_told(found.total)]
    sys.stdout.write(csv_line(names))
    for row in _rows(found):
        cells = [row[name] for name in names]
        sys.stdout.write(csv_line(["" if cell is None else str(cell) for cell in cells]))


def show_figures(found: Figures, *, as_json: bool) -> None:
    """Rows, their total, what became of calls."""
    rows = [*_rows(found)]
    total, calls = found.total, found.calls
    question = found.question
    closed = "no day of it is closed"
    if found.closed_through is not None:
        closed = f"closed through {found.closed_through}"
    listing = PrintedList(
        records=rows if as_json else [*map(_in_percent, rows)],
        columns=(*(TableColumn(one.value) for one in question.by), *_SHOWN),
        total=len(rows),
        words=[
            f"{question.since} to {question.through} in {found.zone}, {closed}",
            _in_all(total),
            _called(calls),
            *(f"  {count} {reason}" for reason, count in calls.failures.items()),
        ],
        facts={
            "first": question.since.isoformat(),
            "last": question.through.isoformat(),
            "zone": found.zone,
            "by": [one.value for one in question.by],
            "total": _told(total),
            "calls": {
                "attempts": calls.attempts,
                "applied": calls.applied,
                "failures": dict(calls.failures),
                "latency_s": dict(calls.latency_s),
            },
            "closed_through": found.closed_through and found.closed_through.isoformat(),
            "as_of": found.as_of,
        },
    )
    show_listing(listing, as_json=as_json)


def show_balance(found: Balance, *, as_json: bool) -> None:
    """By status, and what is owed."""
    rows = [
        {"status": status, "cashbacks": one.cashbacks, "cashback": _reais(one.centavos)}
        for status, one in found.by_status.items()
    ]
    owed, paid = _reais(found.owed_centavos), _reais(found.paid_centavos)
    doubt = _reais(found.in_doubt_centavos)
    listing = PrintedList(
        records=rows,
        columns=(
            TableColumn("status"),
            TableColumn("cashbacks", right=True),
            TableColumn("cashback", "AMOUNT", right=True),
        ),
        total=len(rows),
        words=[
            f"as of {format_instant(found.at)}: owed {owed}, of which {doubt} in doubt; paid {paid}"
        ],
        facts={"at": found.at, "owed": owed, "paid": paid, "in_doubt": doubt},
    )
    show_listing(listing, as_json=as_json)


def show_repricing(found: Repricing, *, as_json: bool, as_csv: bool) -> None:
    """By day and type, and in all."""
    rows: list[dict[str, object]] = [
        {
            "day": row.day.isoformat(),
            "type": row.type,
            "lines": row.lines,
            "net": _reais(row.net_centavos),
            "stored": _reais(row.stored_centavos),
            "repriced": _reais(row.repriced_centavos),
            "difference": _reais(row.difference_centavos),
        }
        for row in found.rows
    ]
    names = ("day", "type", "lines", "net", "stored", "repriced", "difference")
    if as_csv:
        sys.stdout.write(csv_line(names))
        for row in rows:
            sys.stdout.write(csv_line([str(row[name]) for name in names]))
        return
    stored, repriced = found.stored_centavos, found.repriced_centavos
    facts = {
        "first": found.since.isoformat(),
        "last": found.through.isoformat(),
        "rates": {rate.type: rate.rate_bp for rate in found.rates},
        "sales": found.sales,
        "changed": found.changed,
        "stored": _reais(stored),
        "repriced": _reais(repriced),
        "difference": _reais(repriced - stored),
    }
    listing = PrintedList(
        records=rows,
        columns=tuple(TableColumn(name, right=name not in {"day", "type"}) for name in names),
        total=len(rows),
        words=[
            f"{found.sales} sales earned {_reais(stored)}",
            f"they would have earned {_reais(repriced)}: {_reais(repriced - stored)}",
            f"{found.changed} of them something else",
        ],
        facts=facts,
    )
    show_listing(listing, as_json=as_json)


def _in_all(total: Measures) -> str:
    return (
        f"in all: {total.sales} sales of {_reais(total.total_centavos)}, accrued"
        f" {_reais(total.accrued_centavos)}, paid {_reais(total.paid_centavos)}, cancelled"
        f" {_reais(total.cancelled_centavos)}, doubted {_reais(total.doubted_centavos)}"
    )


def _called(calls: Calls) -> str:
    latency = ", ".join(
        f"{float(quantile):.0%} within {seconds * 1000:.0f} ms"
        for quantile, seconds in calls.latency_s.items()
        if seconds is not None
    )
    paid = f"calls: {calls.attempts}, of which {calls.applied} paid"
    return f"{paid}; {latency}" if latency else paid


def _told(measures: Measures) -> dict[str, object]:
    """The names of HTTP: counts, reais, shares."""
    told: dict[str, object] = {}
    for name in MEASURES:
        value: int = getattr(measures, name)
        plain = name.removesuffix("_centavos")
        if plain == name:
            told[name] = value
        else:
            told["total" if plain == "total" else f"{plain}_cashback"] = format_signed_centavos(
                value
            )
    told["owed_more"] = format_signed_centavos(measures.owed_more_centavos)
    told["effective_rate"] = _share(measures.effective_rate)
    told["acceptance"] = _share(measures.acceptance)
    return told


def _share(share: Fraction | None) -> str | None:
    return None if share is None else f"{float(share):.6f}"


def _in_percent(row: dict[str, object]) -> dict[str, object]:
    """A row as a person reads it: its shares in percent."""
    shares = {name: row[name] for name in ("effective_rate", "acceptance")}
    return {
        **row,
        **{name: share and f"{Decimal(str(share)):.2%}" for name, share in shares.items()},
    }


def _rows(found: Figures) -> Iterable[dict[str, object]]:
    for row in found.rows:
        keys = zip(found.question.by, row.keys, strict=True)
        yield {**{one.value: key or None for one, key in keys}, **_told(row.measures)}


def _reais(centavos: int) -> str:
    return format_signed_centavos(centavos)
