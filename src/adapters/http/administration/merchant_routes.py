"""The routes of merchants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration import shapes
from adapters.http.resources.answering import (
    answer_created,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_value
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.administration.merchants import (
    DEFAULT_MAX_SALE_AGE_DAYS,
    MAX_SALE_AGE_DAYS,
    SLUG,
    Merchant,
    MerchantFilter,
    MerchantState,
    NewMerchant,
)
from cashback_core.delivery.brakes import MAX_CASHBACK_CEILING, MAX_DAY_CEILING, Ceilings
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.instants import format_instant
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import is_zone_name

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.administration.merchants import MerchantStore

PATH: Final = "/api/merchants"
DEFAULT_ZONE: Final = "America/Sao_Paulo"
ORDERING: Final = Ordering(
    resource="merchants",
    columns={"slug": Kind.TEXT, "name": Kind.TEXT, "created_at": Kind.INSTANT},
    key=Kind.TEXT,
    default="slug",
)

_STATE: Final = {
    "name": True,
    "zone": False,
    "rounding": False,
    "max_sale_age_days": False,
    "equal_content": False,
    "name_difference": False,
    "max_cashback_centavos": False,
    "max_day_centavos": False,
    "disabled": False,
}
_ZONE: Final = re.compile(r"[A-Za-z0-9+_/-]{1,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRoutes:
    """The platform's administrators for all of them, a merchant's own for theirs."""

    admit: Admission
    store: MerchantStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{slug:str}}"
        known: OneResource[str, Merchant, MerchantState] = OneResource(
            admit=self.admit,
            key=_read_slug,
            find=self.store.find,
            replace_by=self.store.replace,
            delete_by=self.store.delete,
            document=_document,
            check=check_state,
            shape=merchant_shape,
        )
        return [
            post(PATH, name="create_merchant")(self.create),
            route(PATH, http_method=read, name="list_merchants")(self.page),
            *known.handlers(one, "merchant"),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a merchant."""
        fields, principal = await self.admit(request)
        body = ObjectReader(await read_document(request, fields), {"slug": True, **_STATE})
        slug = body.text("slug", SLUG, "slug_format")
        state = _read_state(body)
        body.refuse_faults()
        outcome = await self.store.create(principal.caller, NewMerchant(slug=slug, state=state))
        return answer_created(outcome, merchant_shape, location=lambda made: f"{PATH}/{made.slug}")

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List merchants."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "slug", "disabled")
        which = MerchantFilter(slug=query.text("slug"), disabled=query.truth("disabled"))
        wanted = query.slice()
        page = await self.store.page(principal.caller, wanted, which)
        cursor = None
        if page.more:
            last = page.items[-1]
            value = {"slug": last.slug, "name": last.state.name, "created_at": last.created_at}
            cursor = query.cursor_after(value[wanted.sort], last.slug)
        items = [merchant_shape(merchant) for merchant in page.items]
        return Answer(200, encode(shapes.MerchantPage(items=items, next_cursor=cursor)))


def check_state(document: object) -> MerchantState:
    """A merchant's state out of a whole document; raises InvalidRequestError."""
    body = ObjectReader(document, _STATE)
    state = _read_state(body)
    body.refuse_faults()
    return state


def merchant_shape(merchant: Merchant) -> shapes.Merchant:
    """A merchant as it goes out."""
    disabled_at = merchant.disabled_at
    return shapes.Merchant(
        slug=merchant.slug,
        name=merchant.state.name,
        zone=merchant.state.zone,
        rounding=merchant.state.rounding,
        max_sale_age_days=merchant.state.max_sale_age_days,
        equal_content=merchant.state.equal_content,
        name_difference=merchant.state.name_difference,
        max_cashback_centavos=merchant.state.ceilings.max_cashback_centavos,
        max_day_centavos=merchant.state.ceilings.max_day_centavos,
        disabled=merchant.state.disabled,
        version=merchant.version,
        created_at=format_instant(merchant.created_at),
        updated_at=format_instant(merchant.updated_at),
        disabled_at=None if disabled_at is None else format_instant(disabled_at),
    )


def _read_state(body: ObjectReader) -> MerchantState:
    zone = DEFAULT_ZONE
    if body.has("zone"):
        zone = body.text("zone", _ZONE, "zone_unknown")
        if _ZONE.match(zone) is not None and not is_zone_name(zone):
            body.tell("zone", "zone_unknown")
    differences = tuple(wanted.value for wanted in NameDifference)
    roundings = tuple(rounding.value for rounding in Rounding)
    return MerchantState(
        name=body.name("name"),
        zone=zone,
        rounding=Rounding(body.choice("rounding", roundings, default=Rounding.HALF_EVEN.value)),
        max_sale_age_days=body.whole(
            "max_sale_age_days",
            lowest=1,
            highest=MAX_SALE_AGE_DAYS,
            default=DEFAULT_MAX_SALE_AGE_DAYS,
        ),
        equal_content=EqualContent(
            body.choice("equal_content", tuple(EqualContent), default=EqualContent.SALE_ID.value)
        ),
        disabled=body.truth("disabled"),
        name_difference=NameDifference(
            body.choice("name_difference", differences, default=NameDifference.REFUSE.value)
        ),
        ceilings=Ceilings(
            max_cashback_centavos=body.whole_or_none(
                "max_cashback_centavos", lowest=0, highest=MAX_CASHBACK_CEILING
            ),
            max_day_centavos=body.whole_or_none(
                "max_day_centavos", lowest=0, highest=MAX_DAY_CEILING
            ),
        ),
    )


def _document(merchant: Merchant) -> dict[str, object]:
    state = merchant.state
    return {
        "name": state.name,
        "zone": state.zone,
        "rounding": state.rounding.value,
        "max_sale_age_days": state.max_sale_age_days,
        "equal_content": state.equal_content.value,
        "name_difference": state.name_difference.value,
        "max_cashback_centavos": state.ceilings.max_cashback_centavos,
        "max_day_centavos": state.ceilings.max_day_centavos,
        "disabled": state.disabled,
    }


def _read_slug(request: Request[Any, Any, Any]) -> str:
    return path_value(request, "slug", SLUG)
