"""Who looks after what: cases of incidents and of differences, over HTTP.

A merchant's operators work on their own, the platform's administrators on incidents, also on those
that are nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.finance import case_shapes as shapes
from adapters.http.identity.roles import OPERATORS, PLATFORM
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.resources.resource import UuidKey
from adapters.http.sales.lists import in_order_of, part_of
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, Reason, TextField, Truth
from adapters.http.wire.filters import (
    AmountFilter,
    BoundFilter,
    ChoiceFilter,
    Filters,
    IdFilter,
    TextFilter,
)
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.queries import QueryReader
from adapters.http.wire.refusals import RefusedError
from cashback_core.operators.cases import (
    UNRESOLVED,
    AssignCase,
    AssignedToAnother,
    CaseAct,
    CaseFilter,
    CaseHistory,
    CaseKind,
    CaseRefusal,
    CaseState,
    DifferenceFilter,
    NoteCase,
    ResolveCase,
)
from cashback_core.people.roles import Role
from cashback_core.people.users import USERNAME
from cashback_core.values.days import read_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.sales.lists import ListPart
    from adapters.http.wire.fields import Schema
    from adapters.http.wire.filters import Filter
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.operators.cases import CaseStore

CASES: Final = "/api/cases"
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


def _to_one(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    """It is somebody's or nobody's: told, and not guessed from what is left out."""
    if (values["assigned_to"] is None) != values["nobody"]:
        reader.tell_quietly("assigned_to", "assigned_or_nobody")


def _assign(
    *, assigned_to: str | None, nobody: bool, note: str | None, take_over: bool
) -> Callable[[str], CaseAct]:
    to = None if nobody else assigned_to
    return partial(_assigned, to, note or None, take_over=take_over)


def _assigned(to: str | None, note: str | None, by: str, *, take_over: bool) -> CaseAct:
    return AssignCase(by=by, to=to, note=note, take_over=take_over)


def _note(*, note: str) -> Callable[[str], CaseAct]:
    return lambda by: NoteCase(by=by, note=note)


def _resolve(*, reason: str) -> Callable[[str], CaseAct]:
    return lambda by: ResolveCase(by=by, reason=reason)


def _act(
    verb: str, body: Body[Callable[[str], CaseAct]], body_name: str, summary: str, **more: Any
) -> Action[Callable[[str], CaseAct]]:
    return Action(
        path=f"{CASES}/{{id}}/{verb}",
        key=UuidKey(about="The incident's, or the difference's, id."),
        id=f"{verb}Case",
        body_name=body_name,
        body=body,
        may=OPERATORS | PLATFORM,
        tag="Cases",
        summary=summary,
        answer=shapes.CaseHistory,
        done="The case as it is then, with its history.",
        **more,
    )


CASE_ACTS: Final = (
    _act(
        "assign",
        Body(
            "Who looks after it from now on.",
            _assign,
            _to_one,
            assigned_to=TextField(
                form=USERNAME,
                code="username_format",
                says={"description": "A user's name; left out only with `nobody`."},
                must=False,
            ),
            nobody=Truth(about="Nobody does any more."),
            note=Reason(must=False),
            take_over=Truth(about="Also where somebody else has it."),
        ),
        "AssignInput",
        "Say who looks after an incident or a difference",
        description="What somebody else has is taken from them only with `take_over`.",
        example={"assigned_to": "oscar", "note": "the provider is asked"},
        problems=("case_resolved", "case_assigned"),
    ),
    _act(
        "note",
        Body("What is to be remembered of it, for ever.", _note, note=Reason()),
        "NoteInput",
        "Add a note to an incident or a difference",
        description="In whatever state. A note is kept for ever and holds no CPF.",
        example={"note": "asked the provider on 3 June"},
    ),
    _act(
        "resolve",
        Body("Why it is done.", _resolve, reason=Reason()),
        "CaseResolveInput",
        "Call an incident or a difference done",
        description="It moves no cashback. A later statement, or file, that finds it again opens it"
        " again.",
        example={"reason": "the provider takes the line back on Monday"},
        problems=("case_resolved",),
    ),
)


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
        _, principal = await self.admit(request)
        merchant_id = _whose(principal)
        zone = await self.zones.of(merchant_id)
        wanted, part = read_case_list(request.scope["query_string"], zone)
        loads = await self.cases.loads(merchant_id, wanted)
        page = await self.cases.cases(merchant_id, wanted, limit=part.limit, after=part.after)
        shape = shapes.CasePage(
            items=[shapes.case_shape(one) for one in page.items],
            loads=[shapes.load_shape(one) for one in loads],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def differences(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List differences, oldest first."""
        _, principal = await self.admit(request)
        wanted, part = read_difference_list(request.scope["query_string"])
        page = await self.cases.differences(
            principal.merchant_id, wanted, limit=part.limit, after=part.after
        )
        shape = shapes.DifferencePage(
            items=[shapes.difference_shape(one) for one in page.items],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def history(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tell one, and all that happened to it."""
        _, principal = await self.admit(request)
        told = await self.cases.case(_whose(principal), path_uuid(request))
        if told is None:
            raise NotFoundException
        return Answer(200, encode(shapes.history_shape(told)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseActRoute:
    """The route of an act on one case."""

    action: Action[Callable[[str], CaseAct]]
    admit: Admission
    cases: CaseStore

    async def act(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Do it, and tell the case as it is then."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        unsigned = self.action.body.read(await read_document(request, fields))
        act = unsigned(principal.username)
        told = await self.cases.work(_whose(principal), id_, act)
        match told:
            case None:
                raise NotFoundException
            case CaseRefusal() | AssignedToAnother():
                raise RefusedError(told)
            case CaseHistory():
                return Answer(200, encode(shapes.history_shape(told)))
            case _:
                assert_never(told)


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


def _whose(principal: Principal) -> int | None:
    return None if principal.role is Role.PLATFORM else principal.merchant_id
