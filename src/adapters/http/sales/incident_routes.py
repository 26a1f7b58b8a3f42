"""Incidents of the provider's statement: a merchant sees its own, the platform all and explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.sales import operator_bodies as bodies
from adapters.http.sales import shapes
from adapters.http.sales.lists import read_incident_list
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.body import decode_json, read_body
from adapters.http.wire.headers import read_language
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.people.roles import Role
from cashback_core.reconciliation.incidents import NamesACashback, NotExplained, StatementIncident
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
            post(f"{PATH}/{{id:str}}/explain", name="explain")(self.explain),
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
        document = decode_json(await read_body(fields, request.receive))
        asked = bodies.read_explain(document, by=principal.username)
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
