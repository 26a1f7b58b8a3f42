"""A merchant's days on three sides: its runs and what they came to, and another run of a day."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.identity.roles import OPERATORS
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.sales.exports import ExportSlots, while_asked
from adapters.http.sales.lists import part_of
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Id, TextField
from adapters.http.wire.filters import Filters, MatchingFilter
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.shapes import Instant, Shape, SignedMoney, Uuid
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import (
    DayAsked,
    DayCompared,
    NotCompared,
    ProviderSource,
)
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.three_side_totals import cells_of
from cashback_core.reconciliation.three_sides import ErpClass
from cashback_core.values.days import read_day
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.reconciliation.days_compared import DayRun, ThreeSides
    from cashback_core.reconciliation.three_side_totals import ThreeTotals

PATH: Final = "/api/reconciliations"
MOST_AT_ONCE: Final = 2
"""Days that one process compares at a time, each by a connection of its own; one of a merchant."""
LONGEST_S: Final = 120.0
"""How long a day is compared over HTTP; on the command line there is no limit.

As long at most its snapshot is held, which whoever closes a day waits for.
"""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_A_DAY: Final = {"format": "date", "description": "The merchant's own day: 2026-11-29."}

RUN_FILTERS: Final = Filters(
    dict[str, Any],
    day=MatchingFilter(
        about="Only of this day, `YYYY-MM-DD`.", form=_DAY, code="bound_invalid", longest=10
    ),
)
_RUNS: Final = Ordering(
    resource="reconciliations",
    columns={"as_of": Kind.INSTANT},
    key=Kind.UUID,
    default="-as_of",
    fixed=True,
)


class ReconciledSums(Shape, frozen=True, kw_only=True):
    """All sides of what is one class of the ERP's and one of the provider's.

    `provider` is null where that side tells nothing of it.
    """

    erp: ErpClass
    provider: FindingClass | None
    lines: Annotated[int, Meta(ge=0)]
    line_total: SignedMoney
    line_cashback: SignedMoney
    records: Annotated[int, Meta(ge=0)]
    record_total: SignedMoney
    record_cashback: SignedMoney
    credits: Annotated[int, Meta(ge=0)]
    credited: SignedMoney


class ReconciledDay(Shape, frozen=True, kw_only=True):
    """A run of a day on three sides: its totals, and how many differences it opened and closed."""

    id: Uuid
    day: str
    file_id: Uuid
    statement_id: Uuid | None
    source: ProviderSource
    by: str
    as_of: Instant
    totals: list[ReconciledSums]
    opened: Annotated[int, Meta(ge=0)]
    renewed: Annotated[int, Meta(ge=0)]
    closed: Annotated[int, Meta(ge=0)]
    distrust: Annotated[str | None, Meta(description="Why the statement proves no absence.")]


class ReconciledDayPage(Shape, frozen=True, kw_only=True):
    """Runs, newest first; `next_cursor` is null on the last page."""

    items: list[ReconciledDay]
    next_cursor: str | None


RECONCILIATION_SHAPES: Final = (ReconciledDay, ReconciledDayPage)

RECONCILE: Final = Action(
    path=PATH,
    id="reconcileDay",
    body_name="ReconcileDayInput",
    body=Body(
        "Which day, and by which file.",
        dict[str, Any],
        day=TextField(form=_DAY, code="bound_invalid", says=_A_DAY),
        file_id=Id(about="The ERP's file; without it the day's newest."),
    ),
    may=OPERATORS,
    tag="Operators",
    summary="Hold an ERP's day file against our records and the provider's ledger, now",
    description="Every line of the file and every record of the day is in one class, and the totals"
    " of all sides add up. What differs stands in the list of differences until a later run no"
    " longer finds it. `not_found`: there is no whole file of that day with its lines."
    " One at a time for a merchant (429 meanwhile), for two minutes; by command line without end.",
    example={"day": "2026-11-29"},
    answer=ReconciledDay,
    done="What the day came to.",
    problems=("not_found",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRoutes:
    """Runs of the caller's own merchant."""

    admit: Admission
    store: ThreeSides
    slots: ExportSlots = field(default_factory=lambda: ExportSlots(most=MOST_AT_ONCE))

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route(PATH, http_method=read, name="list_reconciliations")(self.page),
            post(RECONCILE.route, name=RECONCILE.id)(self.reconcile),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List runs, newest first."""
        _, principal = await self.admit(request)
        reader = QueryReader(request.scope["query_string"], _RUNS, *RUN_FILTERS.names)
        asked = RUN_FILTERS.read(reader)["day"]
        day = None if asked is None else read_day(asked)
        if asked is not None and day is None:
            reader.tell("day", "bound_invalid", asked)
        part = part_of(reader)
        runs = await self.store.runs(
            principal.merchant_id, day=day, limit=part.limit + 1, after=part.after
        )
        shown, more = runs[: part.limit], len(runs) > part.limit
        last = Position(at=shown[-1].as_of, id=shown[-1].id) if more else None
        page = ReconciledDayPage(items=[*map(_run, shown)], next_cursor=part.cursor(last))
        return Answer(200, encode(page))

    async def reconcile(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Run one for a day."""
        fields, principal = await self.admit(request)
        reader = RECONCILE.body.reader(await read_document(request, fields))
        asked = RECONCILE.body.values(reader)
        reader.refuse_faults()
        day = read_day(asked["day"])
        if day is None:
            reader.tell("day", "bound_invalid")
            reader.refuse_faults()
        assert day is not None
        wanted = DayAsked(
            merchant_id=principal.merchant_id,
            day=day,
            by=principal.username,
            file_id=asked["file_id"],
        )
        async with self.slots.one(principal.merchant_id):
            work = CompareDay(store=self.store)(wanted)
            found = await while_asked(request.receive, work, deadline_s=LONGEST_S)
        if isinstance(found, NotCompared):
            raise NotFoundException
        return Answer(200, encode(_done(wanted, found)))


def _done(asked: DayAsked, found: DayCompared) -> ReconciledDay:
    facts = found.facts
    return ReconciledDay(
        id=str(facts.run_id),
        day=asked.day.isoformat(),
        file_id=str(facts.file_id),
        statement_id=None,
        source=facts.source,
        by=asked.by,
        as_of=format_instant(facts.arrival.as_of),
        totals=_totals(found.totals),
        opened=found.kept.opened,
        renewed=found.kept.renewed,
        closed=found.kept.closed,
        distrust=facts.distrust,
    )


def _run(run: DayRun) -> ReconciledDay:
    return ReconciledDay(
        id=str(run.id),
        day=run.day.isoformat(),
        file_id=str(run.file_id),
        statement_id=None if run.statement_id is None else str(run.statement_id),
        source=run.source,
        by=run.by,
        as_of=format_instant(run.as_of),
        totals=_totals(run.totals),
        opened=run.kept.opened,
        renewed=run.kept.renewed,
        closed=run.kept.closed,
        distrust=run.distrust,
    )


def _totals(totals: ThreeTotals) -> list[ReconciledSums]:
    return [_sums(cell) for cell in cells_of(totals)]


def _sums(cell: Mapping[str, Any]) -> ReconciledSums:
    return ReconciledSums(
        erp=cell["erp"],
        provider=cell["provider"],
        lines=cell["lines"],
        line_total=_money(cell["line_centavos"]),
        line_cashback=_money(cell["line_cashback_centavos"]),
        records=cell["records"],
        record_total=_money(cell["record_centavos"]),
        record_cashback=_money(cell["record_cashback_centavos"]),
        credits=cell["credits"],
        credited=_money(cell["credit_centavos"]),
    )


def _money(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
