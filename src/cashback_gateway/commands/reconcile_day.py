"""Reconciling a merchant's day on three sides from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.transactions import merchant_called
from adapters.postgres.connection.startup_checks import refuse_other_key
from adapters.postgres.reconciliation.three_sides import AccountBook, PostgresThreeSides
from cashback_core.administration.resources import Missing
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared, NotCompared
from cashback_core.reconciliation.three_side_totals import cells_of
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.as_platform import caller
from cashback_gateway.commands.refusals import ActRefusedError, refused
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID

    from cashback_gateway.commands.place import Workplace

_COLUMNS: Final = (
    TableColumn("erp", "ERP"),
    TableColumn("provider"),
    TableColumn("lines", right=True),
    TableColumn("line_total", "TOTAL", right=True),
    TableColumn("line_cashback", "CASHBACK", right=True),
    TableColumn("records", right=True),
    TableColumn("record_total", "TOTAL", right=True),
    TableColumn("record_cashback", "CASHBACK", right=True),
    TableColumn("credits", right=True),
    TableColumn("credited", right=True),
)
_WHY_NOT: Final = {
    NotCompared.NO_FILE: "there is no whole file of that day, or none of that id",
    NotCompared.NO_STATEMENT: "there is no whole statement of that id",
    NotCompared.FILE_CLEARED: "the lines of that file were cleared away",
}


async def compare_day(
    here: Workplace, *, merchant: str, day: date, file: UUID | None, statement: UUID | None
) -> DayCompared:
    """Run it over the account's own book. Raises ActRefusedError."""
    from cashback_gateway.processes.worker_container import build_worker

    with here.settings("CASHBACK_ERASURE_KEY") as settings:
        seal = settings.database.seal
        refuse_other_key(settings.database.url, seal)
        container = build_worker(settings)
        async with container.database() as database:
            merchant_id = await merchant_called(database, merchant)
            if merchant_id is None:
                raise refused(Missing(), f"merchant {merchant!r}")
            account = AccountBook(rules=container.rules(), seal=seal)
            compare = CompareDay(store=PostgresThreeSides(database, account), tell=_progress())
            found = await compare(
                DayAsked(
                    merchant_id=merchant_id,
                    day=day,
                    by=caller().actor,
                    file_id=file,
                    statement_id=statement,
                )
            )
    if isinstance(found, NotCompared):
        raise ActRefusedError(_WHY_NOT[found])
    return found


def show_day(found: DayCompared, day: date, *, as_json: bool) -> None:
    """Print what every class came to, the whole last, and what became of the differences."""
    facts, whole = found.facts, found.totals.whole()
    cells = cells_of(found.totals)
    listing = PrintedList(
        records=cells if as_json else [*map(_row, cells)],
        columns=_COLUMNS,
        total=len(cells),
        words=[*_words(found)],
        facts={
            "day": day.isoformat(),
            "run": facts.run_id,
            "file": facts.file_id,
            "as_of": facts.arrival.as_of,
            "source": facts.source,
            "distrust": facts.distrust,
            "opened": found.kept.opened,
            "renewed": found.kept.renewed,
            "closed": found.kept.closed,
            "line_centavos": whole.line_centavos,
            "record_centavos": whole.record_centavos,
            "credit_centavos": whole.credit_centavos,
        },
    )
    show_listing(listing, as_json=as_json)


def _words(found: DayCompared) -> Iterator[str]:
    whole, kept, facts = found.totals.whole(), found.kept, found.facts
    yield (
        f"in all: {whole.lines} lines of {_money(whole.line_centavos)},"
        f" {whole.records} records of {_money(whole.record_centavos)},"
        f" {whole.credits} credits of {_money(whole.credit_centavos)}"
    )
    if facts.statement is not None:
        totals = facts.statement.by_class.values()
        told = sum(total.line_centavos for total in totals)
        yield (
            f"the statement: {sum(total.lines for total in totals)} lines of {_money(told)},"
            f" of others {_money(told - whole.credit_centavos)}"
        )
    if facts.is_newest:
        yield (
            f"differences: {kept.opened} opened, {kept.renewed} found again, {kept.closed} closed"
        )
    else:
        yield "a newer file of that day is here: no difference is opened or closed by this one"
    if facts.distrust is not None:
        yield f"the statement proves no absence: {facts.distrust}"


def _row(cell: dict[str, Any]) -> dict[str, object]:
    return {
        "erp": cell["erp"],
        "provider": cell["provider"] or "-",
        "lines": cell["lines"],
        "line_total": _money(cell["line_centavos"]),
        "line_cashback": _money(cell["line_cashback_centavos"]),
        "records": cell["records"],
        "record_total": _money(cell["record_centavos"]),
        "record_cashback": _money(cell["record_cashback_centavos"]),
        "credits": cell["credits"],
        "credited": _money(cell["credit_centavos"]),
    }


def _progress() -> Any:
    """Tells how much is looked at closely, where somebody watches."""
    told = 0

    def tell(count: int) -> None:
        nonlocal told
        if sys.stderr.isatty() and count - told >= 10_000:
            told = count
            print(f"{count} lines and records that are not plainly alike", file=sys.stderr)

    return tell


def _money(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
