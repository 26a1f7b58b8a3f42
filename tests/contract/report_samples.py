"""A month of figures as a page is drawn of, from nobody's business; the same each time."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.figures.figures import (
    Balance,
    Calls,
    Dimension,
    Figures,
    FiguresQuestion,
    FiguresRow,
    Measures,
    StatusSum,
)
from cashback_core.figures.report import LastClose, ReportHead

if TYPE_CHECKING:
    from collections.abc import Sequence

SINCE: Final = date(2026, 11, 1)
THROUGH: Final = date(2026, 11, 30)
AS_OF: Final = datetime(2026, 11, 30, 15, 4, 5, tzinfo=UTC)
HOSTILE: Final = "<script>alert(1)</script>\"' onload=\u202ex & Filhos"
HEAD: Final = ReportHead(
    name="Mercado São João & Filhos",
    slug="demo",
    last_close=LastClose(day=date(2026, 11, 28), number=332, sha256="3f" * 32),
)
_KEYS: Final = {
    Dimension.DAY: [(SINCE + timedelta(days=ahead)).isoformat() for ahead in range(30)],
    Dimension.MONTH: ["2026-11"],
    Dimension.HOUR: [f"{hour:02}" for hour in range(7, 23)],
    Dimension.TYPE: ["A", "B", "C", "TOBACCO", "WINE-AND-SPIRITS-IMPORTED-2026"],
    Dimension.STORE: [*(f"{number:03}" for number in range(1, 18)), ""],
    Dimension.CLIENT: ["client:cli_01J9Z0T4", "user"],
    Dimension.STATUS: ["applied", "in_doubt", "rejected"],
}
CALLS: Final = Calls(
    attempts=41_210,
    applied=40_877,
    failures={
        "refused: status 422": 210,
        "never_sent: connection refused": 88,
        "unknown: timed out": 35,
    },
    latency_s={"0.5": 0.081, "0.95": 0.412, "0.99": 1.3},
)
BALANCE: Final = Balance(
    at=AS_OF,
    owed_centavos=1_204_518,
    paid_centavos=198_220_417,
    in_doubt_centavos=48_210,
    by_status={
        Status.APPLIED: StatusSum(cashbacks=512_004, centavos=198_220_417),
        Status.PENDING: StatusSum(cashbacks=2_011, centavos=1_100_207),
        Status.IN_DOUBT: StatusSum(cashbacks=35, centavos=48_210),
        Status.HELD: StatusSum(cashbacks=7, centavos=56_101),
        Status.VOID: StatusSum(cashbacks=0, centavos=0),
    },
)


def measures(chance: random.Random, scale: int) -> Measures:
    sales = chance.randint(scale // 2, scale)
    total = sum(chance.randint(500, 30_000) for _ in range(40)) * sales // 40
    accrued = total * chance.randint(30, 55) // 1000
    paid = accrued * chance.randint(93, 99) // 100
    return Measures(
        sales=sales,
        total_centavos=total,
        accrued=sales,
        accrued_centavos=accrued,
        paid=sales - 12,
        paid_centavos=paid,
        cancelled=2,
        cancelled_centavos=accrued // 200,
        adjusted=1,
        adjusted_centavos=accrued // 900,
        tried=sales,
        accepted=sales - 17,
    )


def figures(*by: Dimension, keys: Sequence[str] | None = None, scale: int = 1_900) -> Figures:
    """Figures by one dimension, or by none; `keys` in place of the usual ones."""
    chance = random.Random(16)
    names: Sequence[str] = keys if keys is not None else _KEYS[by[0]] if by else [""]
    rows = tuple(
        FiguresRow(keys=(name,) if by else (), measures=measures(chance, scale)) for name in names
    )
    return Figures(
        question=FiguresQuestion(since=SINCE, through=THROUGH, by=by),
        zone="America/Sao_Paulo",
        rows=rows,
        total=sum((row.measures for row in rows), Measures()),
        calls=CALLS,
        closed_through=date(2026, 11, 28),
        as_of=AS_OF,
    )


def whole() -> tuple[Figures, ...]:
    """What a whole report is of."""
    by = (Dimension.DAY, Dimension.TYPE, Dimension.STORE, Dimension.HOUR, Dimension.CLIENT)
    return tuple(figures(one) for one in by)
