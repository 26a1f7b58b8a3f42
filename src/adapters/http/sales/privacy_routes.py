"""A person's rights: what is held about them, and to become nobody (LGPD, art. 18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.sales import shapes
from adapters.http.sales.lists import read_report_part
from adapters.http.sales.operator_bodies import read_reason
from adapters.http.sales.record_shapes import report_shape
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.body import decode_json, read_body
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.privacy.data_subjects import Erased, Erasure, StillOpen
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.privacy.data_subjects import PrivacyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRoutes:
    """For the caller's own merchant alone; both are recorded with who asked."""

    admit: Admission
    store: PrivacyStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        customer = "/api/customers/{id:str}"
        return [
            route(f"{customer}/report", http_method=read, name="report")(self.report),
            post(f"{customer}/erase", name="erase")(self.erase),
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
        reason = read_reason(decode_json(await read_body(fields, request.receive)))
        outcome = await self.store.erase(
            principal.merchant_id, id_, Erasure(by=principal.subject, reason=reason)
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
