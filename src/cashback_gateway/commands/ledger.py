"""The provider's ledger from the command line: what it credited, as its statements tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.operating import operating, the_merchant
from cashback_gateway.commands.parameters import Json, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.reconciliation.ledger import LedgerState

ACCOUNT: Final = "(account)"
"""Whose what is nobody's is; no slug reads so."""

_COLUMNS: Final = (
    TableColumn("merchant"),
    TableColumn("class"),
    TableColumn("lines", right=True),
    TableColumn("amount", right=True),
)


async def show_ledger(
    *,
    merchant: Annotated[
        Slug | None, Parameter(help="the merchant's slug; default: every one, and the account")
    ] = None,
    json: Json = False,
    here: Here,
) -> None:
    """Tell what the provider credited, by owner and class, as of now."""
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        state = await PostgresProviderLedger(database).state(merchant_id)
    records: list[dict[str, object]] = [
        {
            "merchant": total.merchant or (None if json else ACCOUNT),
            "class": total.cls,
            "lines": total.lines,
            "amount": _signed(total.centavos),
        }
        for total in state.totals
    ]
    reach = state.reach
    lines = sum(total.lines for total in state.totals)
    amount = _signed(sum(total.centavos for total in state.totals))
    listing = PrintedList(
        records=records,
        columns=_COLUMNS,
        total=len(records),
        words=[*_words(state, lines, amount)],
        facts={
            "told_at": state.told_at,
            "complete_since": reach and reach.since,
            "complete_through": reach and reach.through,
            "gap_until": reach and reach.resumes_at,
            "told_through": reach and reach.last,
            "lines": lines,
            "amount": amount,
        },
    )
    show_listing(listing, as_json=json)


def _words(state: LedgerState, lines: int, amount: str) -> Iterator[str]:
    reach = state.reach
    if state.told_at is None or reach is None:
        yield "no statement was taken in yet"
        return
    yield f"{lines} lines, {amount} in all"
    yield (
        f"complete from {format_instant(reach.since)} through {format_instant(reach.through)}, by"
        f" statements of which the last was taken in at {format_instant(state.told_at)}"
    )
    if reach.resumes_at is not None:
        yield (
            f"no statement tells of {format_instant(reach.through)} to"
            f" {format_instant(reach.resumes_at)}; the last tells through"
            f" {format_instant(reach.last)}"
        )


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
