"""The routes of operators: what waits for somebody, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.resources.answers import read_document
from adapters.http.sales import shapes
from adapters.http.sales.cashbacks import read_id
from adapters.http.sales.lists import read_equal_list, read_open_list
from adapters.http.sales.operator_acts import ACTS
from adapters.http.sales.record_shapes import equals_shape, history_shape, open_shape
from adapters.http.sales.resend_many import RESEND_MANY, read_resend_many
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.headers import Fields, read_language
from adapters.http.wire.refusals import RefusedError
from cashback_core.operators.acts import (
    Granted,
    NotCreditedThere,
    NotFromHere,
    NotYours,
    RiskNotAccepted,
)
from cashback_core.operators.open_cashbacks import MeantChanged, Tally, TooMany
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.action import Action
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.sales.operator_acts import UnsignedAct
    from cashback_core.delivery.record_store import Records
    from cashback_core.operators.operator_store import OperatorStore

PATH: Final = "/api/cashbacks"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRoutes:
    """What is open, and an operator's acts on it, for the caller's own merchant alone."""

    admit: Admission
    records: Records
    operators: OperatorStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route(f"{PATH}/open", http_method=read, name="list_open")(self.page),
            route(f"{PATH}/equals", http_method=read, name="list_equals")(self.equals),
            post(RESEND_MANY.route, name=RESEND_MANY.id)(self.resend_many),
            *(
                ActRoute(
                    action=one, admit=self.admit, records=self.records, operators=self.operators
                ).handler()
                for one in ACTS
            ),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List what waits, oldest first."""
        _, principal = await self.admit(request)
        zone = await self.zones(principal.merchant_id)
        wanted, part = read_open_list(request.scope["query_string"], zone)
        page = await self.operators.open_page(
            principal.merchant_id,
            wanted,
            limit=part.limit,
            after=part.after,
        )
        ids = [item.id for item in page.items]
        waits = await self.operators.waits(principal.merchant_id, ids)
        shape = shapes.OpenPage(
            items=[open_shape(item, waits) for item in page.items],
            next_cursor=part.cursor(page.next),
        )
        return Answer(200, encode(shape))

    async def equals(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List sales of equal content, latest first."""
        _, principal = await self.admit(request)
        outcome, part = read_equal_list(request.scope["query_string"])
        page = await self.operators.equals_page(
            principal.merchant_id, outcome, limit=part.limit, after=part.after
        )
        return Answer(200, encode(equals_shape(page, part.cursor(page.next))))

    async def resend_many(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Count what a filter means, or send all of it again."""
        fields, principal = await self.admit(request)
        document = await read_document(request, fields)
        zone = await self.zones(principal.merchant_id)
        asked = read_resend_many(document, zone, by=principal.username)
        merchant_id = principal.merchant_id
        if asked.act is None:
            tally = await self.operators.tally(merchant_id, asked.wanted)
            return _answer_tally(tally, fields, resent=False)
        decision = await self.operators.act_on_all(
            merchant_id, asked.wanted, asked.act, token=asked.token
        )
        match decision:
            case Tally():
                return _answer_tally(decision, fields, resent=True)
            case MeantChanged() | TooMany() | RiskNotAccepted():
                raise RefusedError(decision)
            case _:
                assert_never(decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRoute:
    """The route of an act on one cashback."""

    action: Action[UnsignedAct]
    admit: Admission
    records: Records
    operators: OperatorStore

    def handler(self) -> HTTPRouteHandler:
        """It, under its address."""
        return post(self.action.route, name=self.action.id)(self.act)

    async def act(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Do it, and tell the record as it is then."""
        fields, principal = await self.admit(request)
        id_ = read_id(request)
        asked = self.action.body.read(await read_document(request, fields))
        act = asked.signed(principal.username)
        decision = await self.operators.act(principal.merchant_id, id_, act)
        match decision:
            case None:
                raise NotFoundException
            case NotFromHere() | RiskNotAccepted() | NotCreditedThere() | NotYours():
                raise RefusedError(decision)
            case Granted():
                history = await self.records.history(principal.merchant_id, id_)
                if history is None:
                    raise NotFoundException
                return Answer(200, encode(history_shape(history)))
            case _:
                assert_never(decision)


def _answer_tally(tally: Tally, fields: Fields, *, resent: bool) -> Answer:
    shape = shapes.ResendTally(
        count=tally.count,
        cashback=format_centavos(tally.cashback_centavos),
        in_doubt=tally.in_doubt,
        above_ceiling=tally.above_ceiling,
        resent=resent,
        token=None if resent else tally.token,
        risk=phrase(read_language(fields), "risk") if tally.in_doubt else None,
    )
    return Answer(200, encode(shape))
