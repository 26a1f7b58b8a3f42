"""What may be asked of figures: the query of a report, an instant, and rates that are tried out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.finance.figures_shapes import RepricingAnswer
from adapters.http.identity.roles import READERS
from adapters.http.resources.action import Action
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body
from adapters.http.wire.filters import DAY, BoundFilter, ChoiceFilter, Filters, MatchingFilter
from adapters.http.wire.queries import MAX_FILTER_CHARS, Ordering, QueryReader
from cashback_core.delivery.states import Status
from cashback_core.figures.figures import (
    MAX_DAYS,
    MAX_DIMENSIONS,
    Dimension,
    FiguresQuestion,
)
from cashback_core.figures.repricing import MAX_CHANGED, ChangedRate
from cashback_core.sales.place import MAX_PLACE_CHARS
from cashback_core.sales.programme import MAX_RATE_BP, TYPE
from cashback_core.values.days import read_day
from cashback_core.values.violations import show

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from adapters.http.wire.fields import Schema
    from adapters.http.wire.objects import ObjectReader

MAX_REPRICED_DAYS: Final = 7
"""Most days that are repriced over HTTP; on the command line there is no limit."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_DAY_CHARS: Final = len("2026-01-31")
_STORE_OR_NONE: Final = re.compile(rf"[!-~]{{0,{MAX_PLACE_CHARS}}}\Z", re.ASCII)
_CLIENT_OR_NONE: Final = re.compile(r"([!-~][ -~]{0,95})?\Z", re.ASCII)


def _day(about: str) -> MatchingFilter:
    return MatchingFilter(about=about, form=_DAY, code="day_invalid", longest=_DAY_CHARS)


FIGURES_FILTERS: Final = Filters(
    dict[str, Any],
    **{
        "from": _day("The first day, in the merchant's zone; today by default."),
        "to": _day(f"The last day; the first by default. At most {MAX_DAYS} days in all."),
    },
    by=MatchingFilter(
        about=f"By what the rows are told apart: up to {MAX_DIMENSIONS} of"
        f" {', '.join(Dimension)}, with commas; `day` by default, empty for the total alone.",
        form=re.compile(r"[\s\S]*\Z"),  # any text: which dimensions it names is judged below
        code="dimensions_invalid",
        longest=60,
    ),
    type=MatchingFilter(
        about="Only lines of this product type.", form=TYPE, code="type_format", longest=32
    ),
    store=MatchingFilter(
        about="Only sales that told this store; empty: none.",
        form=_STORE_OR_NONE,
        code="store_invalid",
        longest=MAX_PLACE_CHARS,
    ),
    client=MatchingFilter(
        about="Only what this API client, or user, sent (`client:cli_…`); empty: nobody.",
        form=_CLIENT_OR_NONE,
        code="plain_text",
        longest=MAX_FILTER_CHARS,
    ),
    status=ChoiceFilter(
        about="Only what moved to this status.",
        choices=tuple(sorted(Status)),
        code="status_unknown",
        named="Status",
    ),
)
BALANCE_FILTERS: Final = Filters(
    dict[str, Any],
    at=BoundFilter(
        about="As of this instant, or of the end of this day in the merchant's zone; now by"
        " default, and at the latest.",
        end=True,
    ),
)


def _whole(resource: str) -> Ordering:
    return Ordering(
        resource=resource, columns={}, key=Kind.UUID, default="", fixed=True, whole=True
    )


def read_figures(query: bytes, zone: ZoneInfo, *, now: datetime) -> FiguresQuestion:
    """The figures that a query asks for. Raises InvalidQueryError."""
    reader = QueryReader(query, _whole("figures"), *FIGURES_FILTERS.names)
    asked = FIGURES_FILTERS.read(reader, zone)
    since = _read_day(reader, "from", asked["from"]) or now.astimezone(zone).date()
    through = _read_day(reader, "to", asked["to"]) or since
    if not 0 <= (through - since).days < MAX_DAYS:
        reader.tell_whole("days_out_of_range", highest=str(MAX_DAYS))
    by = _read_by(reader, asked["by"])
    reader.end()
    only = {
        dimension: asked[dimension.value]
        for dimension in (Dimension.TYPE, Dimension.STORE, Dimension.CLIENT, Dimension.STATUS)
        if asked[dimension.value] is not None
    }
    return FiguresQuestion(since=since, through=through, by=by, only=only)


def read_balance(query: bytes, zone: ZoneInfo, *, now: datetime) -> datetime:
    """The instant that a query asks for, now at the latest. Raises InvalidQueryError."""
    reader = QueryReader(query, _whole("balances"), *BALANCE_FILTERS.names)
    asked = BALANCE_FILTERS.read(reader, zone)["at"]
    reader.end()
    return now if asked is None else min(now, asked)


def _read_day(reader: QueryReader, name: str, text: str | None) -> date | None:
    if text is None:
        return None
    day = read_day(text)
    if day is None:
        reader.tell(name, "day_invalid", text)
    return day


def _read_by(reader: QueryReader, text: str | None) -> tuple[Dimension, ...]:
    if text is None:
        return (Dimension.DAY,)
    names = text.split(",") if text else []
    known = [Dimension(name) for name in names if name in set(Dimension)]
    if len(known) != len(names) or len(set(known)) != len(known) or len(known) > MAX_DIMENSIONS:
        reader.tell(
            "by",
            "dimensions_invalid",
            show(text),
            names=", ".join(Dimension),
            highest=str(MAX_DIMENSIONS),
        )
        return ()
    return tuple(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayField:
    """A day, which must be there."""

    about: str

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> date | None:  # noqa: ARG002
        """See Field."""
        text = body.text(name, _DAY, "day_invalid")
        day = read_day(text)
        if day is None and _DAY.match(text) is not None:
            body.tell(name, "day_invalid")
        return day

    def schema(self) -> Schema:
        """See Field."""
        return {"type": "string", "pattern": f"^{DAY}$", "description": self.about}


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesField:
    """Rates in basis points, by product type."""

    about: str

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> dict[str, int]:  # noqa: ARG002
        """See Field."""
        return body.wholes(name, TYPE, "type_format", highest=MAX_RATE_BP, most=MAX_CHANGED)

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_CHANGED,
            "additionalProperties": {"type": "integer", "minimum": 0, "maximum": MAX_RATE_BP},
            "description": self.about,
        }


REPRICE: Final = Action(
    path="/api/figures/reprice",
    id="repriceSales",
    body_name="RepriceInput",
    body=Body(
        "Days of sales, and the rates to try out on them.",
        dict[str, Any],
        **{
            "from": DayField(about="The first day of acceptance, in the merchant's zone."),
            "to": DayField(about=f"The last day; at most {MAX_REPRICED_DAYS} days in all."),
        },
        rates=RatesField(
            about="What each of these types would have earned, in basis points (500 = 5 %)."
        ),
    ),
    may=READERS,
    tag="Figures",
    summary="What stored sales would have cost under other rates",
    description="Computes each stored sale anew, with the rates that it was stored with and these"
    " instead of those of their types: nothing is stored, and history is left out. By day and type,"
    f" what was due and what would be. At most {MAX_REPRICED_DAYS} days; more on the command line.",
    example={"from": "2026-01-02", "to": "2026-01-02", "rates": {"A": 450}},
    answer=RepricingAnswer,
    done="What it was, and what it would have been.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepriceQuestion:
    """Which days are computed anew, and under which rates."""

    since: date
    through: date
    rates: tuple[ChangedRate, ...]


def read_reprice(document: object) -> RepriceQuestion:
    """What a body asks for. Raises InvalidRequestError."""
    reader = REPRICE.body.reader(document)
    asked = REPRICE.body.values(reader)
    since, through = asked["from"], asked["to"]
    if None not in {since, through} and not 0 <= (through - since).days < MAX_REPRICED_DAYS:
        reader.tell("to", "days_out_of_range", highest=str(MAX_REPRICED_DAYS))
    reader.refuse_faults()
    rates = tuple(ChangedRate(type=type_, rate_bp=bp) for type_, bp in asked["rates"].items())
    return RepriceQuestion(since=since, through=through, rates=rates)
