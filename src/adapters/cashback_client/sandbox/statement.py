"""The provider's statement: what it credited in a window, and how far that list is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cashback_client.sandbox.ledger import format_instant
from cashback_core.money import format_centavos

if TYPE_CHECKING:
    from adapters.cashback_client.sandbox.ledger import Ledger


def statement(
    ledger: Ledger, *, from_us: int | None, to_us: int | None, with_reference: bool
) -> dict[str, object]:
    """Every credit from `from_us` (inclusive) to `to_us` (exclusive), microseconds since 1970.

    `complete_through` is the watermark: every credit of the window made before it is a row, and
    none will be added later. `count` and `sum` are the control totals over the rows. Rows echo
    our reference only when asked: the real provider's do not.
    """
    watermark_us = ledger.watermark_us()
    credits_ = [
        credit
        for credit in ledger.credits
        if (from_us is None or credit.at_us >= from_us) and (to_us is None or credit.at_us < to_us)
    ]
    rows: list[dict[str, object]] = []
    for credit in credits_:
        row: dict[str, object] = {
            "line": credit.seq,
            "at": credit.at,
            "document": credit.document,
            "cashback": format_centavos(credit.cashback_centavos),
        }
        if with_reference:
            row["reference"] = credit.reference
        rows.append(row)
    return {
        "from": None if from_us is None else format_instant(from_us),
        "to": None if to_us is None else format_instant(to_us),
        "complete_through": format_instant(
            watermark_us if to_us is None else min(watermark_us, to_us)
        ),
        "count": len(rows),
        "sum": format_centavos(sum([credit.cashback_centavos for credit in credits_])),
        "rows": rows,
    }
