"""`report page`: a merchant's figures as one HTML document, to be read, sent and printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from cashback_gateway.commands.parameters import Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_day, read_path, read_text
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.figures.figures import Balance, Dimension, Figures
    from cashback_core.figures.report import ReportHead
    from cashback_gateway.commands.place import Workplace

SUFFIXES: Final = frozenset({".html", ".htm"})


def _language(text: str) -> str:
    from cashback_core.words.locales import languages

    if text not in languages():
        raise ValueError(f"no such language; there are {', '.join(languages())}")
    return text


Day = Annotated[date, read_by(read_day)]
OfOne = Annotated[str | None, read_by(read_text)]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyOf:
    """Filters of a report."""

    store: Annotated[OfOne, Parameter(help="only this store's")] = None
    type: Annotated[OfOne, Parameter(help="only of this product type")] = None
    client: Annotated[OfOne, Parameter(help="only what this client sent")] = None

    def filters(self) -> Mapping[Dimension, str]:
        """By dimension, without those that were not given."""
        from cashback_core.figures.figures import Dimension

        given = {
            Dimension.STORE: self.store,
            Dimension.TYPE: self.type,
            Dimension.CLIENT: self.client,
        }
        return {dimension: one for dimension, one in given.items() if one is not None}


EVERYTHING: Final = OnlyOf()


async def write_page(
    *,
    merchant: Slug,
    from_: Annotated[Day, Parameter(name="--from", help="its first day, YYYY-MM-DD")],
    to: Annotated[Day, Parameter(help="its last day, included")],
    to_file: Annotated[Path, read_by(read_path, "a file that ends with .html; it is replaced")],
    lang: Annotated[str, read_by(_language, "in which language: en, pt")] = "pt",
    only: OnlyOf = EVERYTHING,
    here: Here,
) -> None:
    """Write a report as one HTML page that asks no other host and prints on A4."""
    from adapters.report_page import render
    from cashback_core.words.locales import Language

    if to_file.suffix.lower() not in SUFFIXES:
        raise WrongUseError("--to-file: a file that ends with .html")
    head, figures, balance = await _asked(here, merchant, (from_, to), only.filters())
    page = render(head, figures, balance, Language(lang))
    # Whoever looks at the former one meanwhile sees it whole.
    part = to_file.with_name(f"{to_file.name}.part")
    part.write_text(page, "utf-8")
    part.replace(to_file)
    sales = figures[0].total.sales
    print(f"{to_file}: {merchant}, {from_} to {to}, {sales} sales, {len(page.encode())} bytes")


async def _asked(
    here: Workplace, merchant: str, days: tuple[date, date], only: Mapping[Dimension, str]
) -> tuple[ReportHead, tuple[Figures, ...], Balance]:
    """What the page is drawn of, all of one snapshot."""
    from adapters.postgres.administration.transactions import merchant_called
    from adapters.postgres.connection.database import Database
    from adapters.postgres.figures.heads import PostgresReportHeads
    from adapters.postgres.figures.store import PostgresFigures
    from cashback_core.figures.figures import TooManyRows
    from cashback_core.figures.report import report_questions

    try:
        questions = report_questions(*days, only=only)
    except ValueError as error:
        raise WrongUseError(f"--from, --to: {error}") from error
    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            merchant_id = await merchant_called(database, merchant)
            if merchant_id is None:
                raise ActRefusedError(f"there is no merchant {merchant!r}")
            store = PostgresFigures(database)
            try:
                figures, balance = await store.report(merchant_id, questions)
            except TooManyRows as error:
                raise ActRefusedError(
                    "more rows than a page has: fewer days, or a filter (--store, --type, --client)"
                ) from error
            heads = PostgresReportHeads(database)
            head = await heads.head(merchant_id, figures[0].closed_through)
    return head, figures, balance
