"""A person's rights: what is held about them, and to become nobody (LGPD, art. 18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.identity.roles import ADMINS
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.resources.resource import UuidKey
from adapters.http.sales import shapes
from adapters.http.sales.lists import read_report_part
from adapters.http.sales.record_shapes import report_shape
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, Reason
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.privacy.data_subjects import Erased, Erasure, StillOpen
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.privacy.data_subjects import PrivacyStore

ERASE: Final = Action(
    path="/api/customers/{id}/erase",
    key=UuidKey(),
    id="erase",
    body_name="ReasonInput",
    body=Body("Why.", dict[str, Any], reason=Reason()),
    may=ADMINS,
    tag="Customers",
    summary="Make a customer nobody, for ever",
    description="Their CPF becomes a pseudonym, their name and every raw request and answer are"
    " dropped. Sales, cashbacks and events stay, so that totals stay true; their records have"
    " no customer any more. Cannot be undone.",
    example={"reason": "the customer asked for it in writing"},
    answer=shapes.Erased,
    done="Done, now or before.",
    problems=("customer_has_open_cashbacks",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRoutes:
    """For the caller's own merchant alone; both are recorded with who asked."""

    admit: Admission
    store: PrivacyStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/api/customers/{id:str}/report", http_method=read, name="report")(self.report),
            post(ERASE.route, name=ERASE.id)(self.erase),
        ]

    async def report(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Everything that is held about a customer."""
        _, principal = await self.admit(request)
        id_ = path_uuid(request)
        part = read_report_part(request.scope["query_string"], id_)
        report = await self.store.report(
            principal.merchant_id,
            id_,
            by=principal.subject,
            limit=part.limit,
            after=part.after,
        )
        if report is None:
            raise NotFoundException
        return Answer(200, encode(report_shape(report, part.cursor(report.next))))

    async def erase(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Make a customer nobody."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        asked = ERASE.body.read(await read_document(request, fields))
        outcome = await self.store.erase(
            principal.merchant_id, id_, Erasure(by=principal.subject, reason=asked["reason"])
        )
        match outcome:
            case None:
                raise NotFoundException
            case StillOpen():
                raise RefusedError(outcome)
            case Erased(at=at):
                shape = shapes.Erased(customer_id=str(id_), erased_at=format_instant(at))
                return Answer(200, encode(shape))
            case _:
                assert_never(outcome)
