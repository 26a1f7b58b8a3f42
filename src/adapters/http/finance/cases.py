"""Who looks after what: cases of incidents and of differences, over HTTP.

A merchant's operators work on their own, the platform's administrators on incidents, also on those
that are nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.finance import case_shapes as shapes
from adapters.http.finance.case_acts import CASE_ACTS, CASES, CaseActRoute, whose_cases
from adapters.http.sales.lists import in_order_of, part_of
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.filters import (
    AmountFilter,
    BoundFilter,
    ChoiceFilter,
    Filters,
    IdFilter,
    TextFilter,
)
from adapters.http.wire.headers import read_language
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.queries import QueryReader
from cashback_core.operators.case_store import UNRESOLVED, CaseFilter, DifferenceFilter
from cashback_core.operators.cases import CaseKind, CaseState
from cashback_core.values.days import read_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.sales.lists import ListPart
    from adapters.http.wire.fields import Schema
    from adapters.http.wire.filters import Filter
    from cashback_core.operators.case_store import CaseStore

DIFFERENCES: Final = "/api/differences"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDayFilter:
    """A day of files, whatever the zone."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> date | None:  # noqa: ARG002
        """See Filter."""
        value = query.matching(name, _DAY, "bound_invalid", longest=10)
        day = None if value is None else read_day(value)
        if value is not None and day is None:
            query.tell(name, "bound_invalid", value)
        return day

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string", "format": "date"}


_OF_CASES: Final[Mapping[str, Filter[Any]]] = {
    "state": ChoiceFilter(
        about="Only in this state; without it what is not resolved.",
        choices=tuple(CaseState),
        named="CaseState",
    ),
    "kind": ChoiceFilter(about="Only these.", choices=tuple(CaseKind), named="CaseKind"),
    "class": TextFilter(about="Only of this class."),
    "assigned_to": TextFilter(about="Only this person's."),
    "cashback_id": IdFilter(about="Only about this cashback."),
    "opened_to": BoundFilter(
        about="Told first before this instant, or on this whole day or earlier.", end=True
    ),
    "min_amount": AmountFilter(about="Of so much at stake, or more."),
}
CASE_FILTERS: Final = Filters(dict[str, Any], **_OF_CASES)
_OF_DIFFERENCES: Final[Mapping[str, Filter[Any]]] = {
    "day": FileDayFilter(about="Only of the files of this day."),
    "class": TextFilter(about="Only of this class."),
    "standing": ChoiceFilter(
        about="`false`: those that have ended, too.",
        choices=("true", "false"),
        default="true",
    ),
}
DIFFERENCE_FILTERS: Final = Filters(dict[str, Any], **_OF_DIFFERENCES)
_CASE_ORDER: Final = in_order_of("cases", "since")
_DIFFERENCE_ORDER: Final = in_order_of("differences", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRoutes:
    """The lists of cases and differences, their histories, and what is done about them."""

    admit: Admission
    cases: CaseStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route(CASES, http_method=read, name="list_cases")(self.page),
            route(DIFFERENCES, http_method=read, name="list_differences")(self.differences),
            route(f"{CASES}/{{id:str}}", http_method=read, name="case")(self.history),
            *(
                post(action.route, name=action.id)(
                    CaseActRoute(action=action, admit=self.admit, cases=self.cases).act
                )
                for action in CASE_ACTS
            ),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List cases, oldest first, and who has how many."""
        fields, principal = await self.admit(request)
        merchant_id = whose_cases(principal)
        zone = await self.zones.of(merchant_id)
        wanted, part = read_case_list(request.scope["query_string"], zone)
        loads = await self.cases.loads(merchant_id, wanted)
        page = await self.cases.cases(merchant_id, wanted, limit=part.limit, after=part.after)
        language = read_language(fields)
        shape = shapes.CasePage(
            items=[shapes.case_shape(one, language) for one in page.items],
            loads=[shapes.load_shape(one) for one in loads],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def differences(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List differences, oldest first."""
        fields, principal = await self.admit(request)
        wanted, part = read_difference_list(request.scope["query_string"])
        page = await self.cases.differences(
            principal.merchant_id, wanted, limit=part.limit, after=part.after
        )
        language = read_language(fields)
        shape = shapes.DifferencePage(
            items=[shapes.difference_shape(one, language) for one in page.items],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def history(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tell one, and all that happened to it."""
        fields, principal = await self.admit(request)
        told = await self.cases.case(whose_cases(principal), path_uuid(request))
        if told is None:
            raise NotFoundException
        return Answer(200, encode(shapes.history_shape(told, read_language(fields))))


def read_case_list(query: bytes, zone: ZoneInfo) -> tuple[CaseFilter, ListPart]:
    """The list of cases that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _CASE_ORDER, *CASE_FILTERS.names)
    asked = CASE_FILTERS.read(reader, zone)
    state, kind = asked["state"], asked["kind"]
    wanted = CaseFilter(
        states=UNRESOLVED if state is None else frozenset({CaseState(state)}),
        kind=None if kind is None else CaseKind(kind),
        cls=asked["class"],
        assigned_to=asked["assigned_to"],
        cashback_id=asked["cashback_id"],
        opened_before=asked["opened_to"],
        least_centavos=asked["min_amount"],
    )
    return wanted, part_of(reader)


def read_difference_list(query: bytes) -> tuple[DifferenceFilter, ListPart]:
    """The list of differences that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _DIFFERENCE_ORDER, *DIFFERENCE_FILTERS.names)
    asked = DIFFERENCE_FILTERS.read(reader)
    wanted = DifferenceFilter(
        day=asked["day"],
        cls=asked["class"],
        standing_only=asked["standing"] != "false",
    )
    return wanted, part_of(reader)
