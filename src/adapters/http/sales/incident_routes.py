"""Incidents of the provider's statement: a merchant sees its own, the platform all and explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.identity.roles import PLATFORM
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.resources.resource import UuidKey
from adapters.http.sales import shapes
from adapters.http.sales.lists import read_incident_list
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, Choice, Id, Reason, Truth
from adapters.http.wire.headers import read_language
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.people.roles import Role
from cashback_core.reconciliation.incidents import (
    Explanation,
    Meaning,
    NamesACashback,
    NotExplained,
    StatementIncident,
)
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from cashback_core.reconciliation.incidents import ClassTotal, IncidentStore
    from cashback_core.words.locales import Language

PATH: Final = "/api/incidents"

EXPLAIN: Final = Action(
    path=f"{PATH}/{{id}}/explain",
    key=UuidKey(about="The incident's id."),
    id="explain",
    body_name="ExplainInput",
    body=Body(
        "What the incident is.",
        dict[str, Any],
        meaning=Choice(tuple(Meaning)),
        cashback_id=Id(about="With `ours`, and only then: the cashback whose credit it is."),
        reason=Reason(),
        accept_risk=Truth(
            about="The line's reference names a cashback, and you say otherwise: it may be paid a"
            " second time, and you take that risk."
        ),
        dry_run=Truth(about="Only tell.", default=True),
    ),
    may=PLATFORM,
    tag="Operators",
    summary="Say what a line of the statement is, or that an absent credit is known",
    description="By default only tells the incident; with `dry_run` false the explanation is"
    " remembered for every later statement, and the incident ends. A line is `foreign` or `ours`"
    " (then `cashback_id` names whose, of whichever merchant); a cashback that is applied and"
    " absent may be `known_absent`. If the line's own reference names another cashback here, it"
    " takes `accept_risk`: the dry run tells it, too.",
    example={
        "meaning": "foreign",
        "reason": "the provider's own campaign, their mail of 3 June",
        "dry_run": False,
    },
    answer=shapes.Explained,
    done="Done, or would be.",
    problems=("incident_closed", "explanation_unfit", "names_a_cashback"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRoutes:
    """What of a statement waits for somebody; what is nobody's is the platform's alone to see."""

    admit: Admission
    incidents: IncidentStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route(PATH, http_method=read, name="list_incidents")(self.page),
            post(EXPLAIN.route, name=EXPLAIN.id)(self.explain),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List incidents, oldest first, and what stands in all."""
        fields, principal = await self.admit(request)
        wanted, part = read_incident_list(request.scope["query_string"])
        merchant_id = _whose(principal)
        standing = await self.incidents.standing(merchant_id)
        page = await self.incidents.incidents(
            merchant_id,
            open_only=wanted.open_only,
            cls=wanted.cls,
            limit=part.limit,
            after=part.after,
        )
        language = read_language(fields)
        shape = shapes.IncidentPage(
            items=[_incident(one, language) for one in page.items],
            standing=[_total(one, language) for one in standing],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def explain(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Remember what a person says of an incident, or only tell whether that would be taken."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        document = await read_document(request, fields)
        asked = read_explain(document, by=principal.username)
        answer = await self.incidents.explain(id_, asked.explanation, dry_run=asked.dry_run)
        language = read_language(fields)
        match answer:
            case None:
                raise NotFoundException
            case NotExplained() | NamesACashback():
                raise RefusedError(answer)
            case StatementIncident():
                shape = shapes.Explained(
                    explained=not asked.dry_run, incident=_incident(answer, language)
                )
                return Answer(200, encode(shape))
            case _:
                assert_never(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """What a person says of an incident; unless `dry_run` is false nothing is to be done."""

    explanation: Explanation
    dry_run: bool


def read_explain(document: object, *, by: str) -> Explain:
    """What is said of an incident; raises InvalidRequestError."""
    reader = EXPLAIN.body.reader(document)
    asked = EXPLAIN.body.values(reader)
    reader.refuse_faults()
    if (asked["meaning"] == Meaning.OURS) != (asked["cashback_id"] is not None):
        reader.tell_quietly("cashback_id", "only_with_ours")
        reader.refuse_faults()
    explanation = Explanation(
        meaning=Meaning(asked["meaning"]),
        by=by,
        reason=asked["reason"],
        cashback_id=asked["cashback_id"],
        accept_risk=asked["accept_risk"],
    )
    return Explain(explanation=explanation, dry_run=asked["dry_run"])


def _whose(principal: Principal) -> int | None:
    return None if principal.role is Role.PLATFORM else principal.merchant_id


def _incident(one: StatementIncident, language: Language) -> shapes.StatementIncident:
    return shapes.StatementIncident(
        id=str(one.id),
        class_=one.cls,
        what=phrase(language, f"finding.{one.cls}"),
        merchant=one.merchant,
        cashback_id=None if one.cashback_id is None else str(one.cashback_id),
        document=one.document,
        amount=format_centavos(one.centavos),
        line=one.line,
        credited_at=_instant(one.credited_at),
        reference=one.reference,
        why=one.why,
        since=format_instant(one.opened_at),
        statement_at=format_instant(one.statement_at),
        closed_at=_instant(one.closed_at),
        closed_why=one.closed_why,
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _total(total: ClassTotal, language: Language) -> shapes.ClassTotal:
    return shapes.ClassTotal(
        class_=total.cls,
        what=phrase(language, f"finding.{total.cls}"),
        count=total.count,
        amount=format_centavos(total.centavos),
    )
