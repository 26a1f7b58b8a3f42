"""The provider's statement: what it credited in a window, and how far that list is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cashback_client.sandbox.answers import render
from adapters.cashback_client.sandbox.ledger import format_instant
from adapters.cashback_client.sandbox.tellings import (
    MAX_PAGES,
    PAGE_ROWS,
    Asked,
    Entry,
    Told,
    as_body,
    format_sum,
)
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from adapters.cashback_client.sandbox.ledger import Credit, Ledger


def statement(
    ledger: Ledger, asked: Asked, *, to_us: int | None, with_reference: bool, told: Told
) -> bytes:
    """Answer with every credit from `from_us` (inclusive) to `to_us` (exclusive), as told to.

    `complete_through` is the watermark: every credit of the window made before it is a row, and
    none will be added later. `count` and `sum` are the control totals over the rows. Rows echo
    our reference only when asked: the real provider's do not.
    """
    watermark_us = ledger.watermark_us()
    from_us = asked.from_us
    entries = told.entries(
        [
            _entry(credit, with_reference=with_reference)
            for credit in ledger.credits
            if (from_us is None or credit.at_us >= from_us)
            and (to_us is None or credit.at_us < to_us)
        ]
    )
    head: dict[str, object] = {
        "from": None if from_us is None else format_instant(from_us),
        "to": None if to_us is None else format_instant(to_us),
        "complete_through": format_instant(
            watermark_us if to_us is None else min(watermark_us, to_us)
        ),
        "count": len(entries),
        "sum": format_sum(sum(entry.counted_centavos for entry in entries)),
    }
    if any(telling.pages for telling in told.tellings):
        rows = max(PAGE_ROWS, -(-len(entries) // MAX_PAGES))
        first = asked.page * rows
        if first + rows < len(entries):
            head["next"] = str(asked.page + 1)
        entries = entries[first : first + rows]
    for telling in told.tellings:
        if telling.head is not None:
            telling.head(head, asked)
    answer = render(200, as_body(head, entries))
    for telling in told.tellings:
        if telling.spelled is not None:
            answer = telling.spelled(answer, asked)
    return answer


def _entry(credit: Credit, *, with_reference: bool) -> Entry:
    fields: dict[str, object] = {
        "line": credit.seq,
        "at": credit.at,
        "document": credit.document,
        "cashback": format_centavos(credit.cashback_centavos),
    }
    if with_reference:
        fields["reference"] = credit.reference
    return Entry(
        fields=fields,
        reference=credit.reference,
        centavos=credit.cashback_centavos,
        counted_centavos=credit.cashback_centavos,
    )
