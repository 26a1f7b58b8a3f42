"""`differences`: where ERPs' day files and our records differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.operators.cases import PostgresCaseStore
from cashback_core.operators.case_store import UNRESOLVED, DifferenceFilter
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import ENGLISH
from cashback_gateway.commands.cases import Class, case_record
from cashback_gateway.commands.operating import PAGE, operating, the_merchant
from cashback_gateway.commands.parameters import Json, Lang, Limit, Merchant
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by
from cashback_gateway.commands.tables import TableColumn, listing_of, show_listing

if TYPE_CHECKING:
    from cashback_core.operators.case_store import DayDifference
    from cashback_core.values.pages import Position
    from cashback_core.words.locales import Language


_DIFFERENCES: Final = (
    TableColumn("id"),
    TableColumn("day"),
    TableColumn("merchant"),
    TableColumn("class"),
    TableColumn("line", right=True),
    TableColumn("sale_id", "SALE"),
    TableColumn("erp_cashback", "FILE", right=True),
    TableColumn("our_cashback", "OURS", right=True),
    TableColumn("cashback_id", "CASHBACK"),
    TableColumn("assigned_to", "WHOSE"),
    TableColumn("what", "WHY", folds=True),
)


_NEXT: Final = (
    "a better file ends what it tells right; until then `cases assign ID`, `cases note ID` and"
    " `cases resolve ID`"
)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("not YYYY-MM-DD") from error


async def list_differences(
    *,
    day: Annotated[date | None, read_by(_day, "only of the files of this day")] = None,
    cls: Class | None = None,
    all_: Annotated[bool, Parameter(name="--all", help="those that have ended, too")] = False,
    merchant: Merchant | None = None,
    limit: Limit = 100,
    lang: Lang = ENGLISH,
    json: Json = False,
    here: Here,
) -> None:
    """List where ERPs' day files and our records differ, oldest first."""
    wanted = DifferenceFilter(day=day, cls=cls, standing_only=not all_)
    items: list[DayDifference] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        cases = PostgresCaseStore(database)
        while (left := limit - len(items)) > 0:
            page = await cases.differences(merchant_id, wanted, limit=min(left, PAGE), after=after)
            items += page.items
            after = page.next
            if after is None:
                break
    records = [_difference(one, lang) for one in items]
    more = after is not None or limit == 0
    listing = listing_of(records, _DIFFERENCES, limit=limit, more=more)
    if any(one.case.state in UNRESOLVED for one in items):
        listing = replace(listing, words=(_NEXT,))
    show_listing(listing, as_json=json)


def _difference(one: DayDifference, language: Language) -> dict[str, object]:
    return {
        **case_record(one.case, language),
        "day": one.day.isoformat(),
        "file_id": one.file_id,
        "line": one.line,
        "whys": [*one.whys],
        "erp_cashback": _money(one.erp_centavos),
        "our_cashback": _money(one.our_centavos),
        "closed_why": one.closed_why,
    }


def _money(centavos: int | None) -> str | None:
    return None if centavos is None else format_centavos(centavos)
