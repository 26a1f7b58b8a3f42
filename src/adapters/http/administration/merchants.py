"""Merchants over HTTP, and the terms that their sales are taken on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta

from adapters.http.identity.roles import ADMINISTRATORS, PLATFORM, READERS
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    TextKey,
)
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Choice, Field, Name, TextField, Truth, Whole, pattern
from adapters.http.wire.filters import Filters, TextFilter, TruthFilter
from adapters.http.wire.shapes import Instant, Shape, Version, instant_or_none
from cashback_core.administration import merchants
from cashback_core.administration.merchants import (
    DEFAULT_MAX_SALE_AGE_DAYS,
    LONGEST_AHEAD_S,
    MAX_CONFIRM_WITHIN_H,
    MAX_SALE_AGE_DAYS,
    SLUG,
)
from cashback_core.delivery.brakes import MAX_CASHBACK_CEILING, MAX_DAY_CEILING, Ceilings
from cashback_core.sales.rules import BuyerRule, NumberScope
from cashback_core.sales.sale import MAX_TOLERANCE_CENTAVOS
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.instants import format_instant
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import is_zone_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from adapters.http.wire.fields import Schema
    from adapters.http.wire.objects import ObjectReader

DEFAULT_ZONE: Final = "America/Sao_Paulo"

_ZONE: Final = re.compile(r"[A-Za-z0-9+_/-]{1,64}\Z", re.ASCII)


class Merchant(Shape, frozen=True, kw_only=True):
    """A merchant and the terms that its sales are taken on."""

    slug: str
    name: str
    zone: str
    rounding: Rounding
    max_sale_age_days: int
    equal_content: EqualContent
    name_difference: NameDifference
    max_cashback_centavos: Annotated[int | None, Meta(description="Above it one is held.")]
    max_day_centavos: Annotated[
        int | None, Meta(description="What a day accepts; what would be more is held.")
    ]
    line_rounding: Rounding
    line_tolerance_centavos: int
    sale_tolerance_centavos: int
    surcharge_earns: bool
    company_buyers: BuyerRule
    foreign_buyers: BuyerRule
    nobody_buyers: BuyerRule
    confirm_within_h: int
    max_ahead_s: int
    numbers: Annotated[
        NumberScope, Meta(description="Where a sale_id names one sale; laid down for ever.")
    ]
    disabled: bool
    version: Version
    created_at: Instant
    updated_at: Instant
    disabled_at: Instant | None


def merchant_shape(merchant: merchants.Merchant) -> Merchant:
    """A merchant as it goes out."""
    return Merchant(
        slug=merchant.slug,
        name=merchant.state.name,
        zone=merchant.state.zone,
        rounding=merchant.state.rounding,
        max_sale_age_days=merchant.state.max_sale_age_days,
        equal_content=merchant.state.equal_content,
        name_difference=merchant.state.name_difference,
        max_cashback_centavos=merchant.state.ceilings.max_cashback_centavos,
        max_day_centavos=merchant.state.ceilings.max_day_centavos,
        line_rounding=merchant.state.line_rounding,
        line_tolerance_centavos=merchant.state.line_tolerance_centavos,
        sale_tolerance_centavos=merchant.state.sale_tolerance_centavos,
        surcharge_earns=merchant.state.surcharge_earns,
        company_buyers=merchant.state.company_buyers,
        foreign_buyers=merchant.state.foreign_buyers,
        nobody_buyers=merchant.state.nobody_buyers,
        confirm_within_h=merchant.state.confirm_within_h,
        max_ahead_s=merchant.state.max_ahead_s,
        numbers=merchant.numbers,
        disabled=merchant.state.disabled,
        version=merchant.version,
        created_at=format_instant(merchant.created_at),
        updated_at=format_instant(merchant.updated_at),
        disabled_at=instant_or_none(merchant.disabled_at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneName:
    """A name of the IANA time zone database; left out, DEFAULT_ZONE."""

    about: str

    @property
    def must(self) -> bool:
        """Never."""
        return False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        if not body.has(name):
            return DEFAULT_ZONE
        asked = body.text(name, _ZONE, "zone_unknown")
        if _ZONE.match(asked) is not None and not is_zone_name(asked):
            body.tell(name, "zone_unknown")
        return asked

    def schema(self) -> Schema:
        """See Field."""
        return {"type": ["string", "null"], "default": DEFAULT_ZONE, "description": self.about}


_CHOSEN: Final[dict[str, Callable[[str], Any]]] = {
    "rounding": Rounding,
    "equal_content": EqualContent,
    "name_difference": NameDifference,
    "line_rounding": Rounding,
    "company_buyers": BuyerRule,
    "foreign_buyers": BuyerRule,
    "nobody_buyers": BuyerRule,
}


def _state(
    *, max_cashback_centavos: int | None, max_day_centavos: int | None, **told: Any
) -> merchants.MerchantState:
    chosen = {name: choice(told[name]) for name, choice in _CHOSEN.items()}
    return merchants.MerchantState(
        **(told | chosen),
        ceilings=Ceilings(
            max_cashback_centavos=max_cashback_centavos, max_day_centavos=max_day_centavos
        ),
    )


def _new(*, slug: str, numbers: str, **state: Any) -> merchants.NewMerchant:
    return merchants.NewMerchant(slug=slug, numbers=NumberScope(numbers), state=_state(**state))


_RULES: Final = tuple(rule.value for rule in BuyerRule)


def _buyers(who: str, *, choices: tuple[str, ...] = _RULES) -> Choice:
    pay = "; `pay`, and it earns as any other" if BuyerRule.PAY.value in choices else ""
    return Choice(
        choices,
        default=BuyerRule.REFUSE.value,
        about=f"What becomes of a sale to {who}: `refuse` (422); `record`, and it is `not_due` with"
        f" the reason{pay}.",
    )


def _tolerance(about: str) -> Whole:
    return Whole(
        lowest=0,
        highest=MAX_TOLERANCE_CENTAVOS,
        default=0,
        about=f"{about} The difference is recorded, and told.",
    )


_STATE: Final[dict[str, Field[Any]]] = {
    "name": Name(),
    "zone": ZoneName(
        about="A name of the IANA time zone database: what a sale's instant without an offset is"
        " read in. The platform's to change.",
    ),
    "rounding": Choice(
        tuple(rounding.value for rounding in Rounding),
        default=Rounding.HALF_EVEN.value,
        about="How a sale's exact cashback becomes centavos. The platform's to change. Each sale"
        " records the one that it was rounded by.",
    ),
    "max_sale_age_days": Whole(
        lowest=1,
        highest=MAX_SALE_AGE_DAYS,
        default=DEFAULT_MAX_SALE_AGE_DAYS,
        about="How old a sale may be when it comes.",
    ),
    "max_cashback_centavos": Whole(
        lowest=0,
        highest=MAX_CASHBACK_CEILING,
        about="A cashback of more is `held` until an operator sends or cancels it; null: none is."
        " It counts from the next sale on.",
    ),
    "max_day_centavos": Whole(
        lowest=0,
        highest=MAX_DAY_CEILING,
        about="A cashback with which the merchant's day would have accepted more than this is"
        " `held`; what is held adds nothing to the day. Set in the middle of a day it counts all"
        " of that day; null: no limit.",
    ),
    "equal_content": Choice(
        tuple(choice.value for choice in EqualContent),
        default=EqualContent.SALE_ID.value,
        about="Which sales may have the content of a recorded one, and are paid beside it:"
        " `sale_id`, those with a sale_id of their own; `key`, those with an Idempotency-Key of"
        " their own, too, for ERPs whose key is the number of the sale; `never`, none.",
    ),
    "name_difference": Choice(
        tuple(wanted.value for wanted in NameDifference),
        default=NameDifference.REFUSE.value,
        about="What becomes of a new sale whose CPF is known under another person's name: `refuse`"
        " (422 customer_name_mismatch), or `note`: it is recorded with `name_differs`.",
    ),
    "line_rounding": Choice(
        tuple(rounding.value for rounding in Rounding),
        default=Rounding.HALF_UP.value,
        about="How a line's value times its quantity becomes centavos, where the line tells no"
        " `amount`: as the tills round, `down` for those that truncate.",
    ),
    "line_tolerance_centavos": _tolerance(
        "By how many centavos the `amount` of a line may be from value × qty, beside the part of a"
        " centavo that rounding takes or adds."
    ),
    "sale_tolerance_centavos": _tolerance(
        "By how many centavos a `total` may be from the sum of its parts; what is paid counts."
    ),
    "surcharge_earns": Truth(
        about="Whether a `surcharge` of a line or sale earns cashback as what it is put upon does.",
    ),
    "company_buyers": _buyers("a company (a CNPJ)"),
    "foreign_buyers": _buyers("a person with a foreign document"),
    "nobody_buyers": _buyers(
        "nobody (`customer: null`)", choices=(BuyerRule.REFUSE.value, BuyerRule.RECORD.value)
    ),
    "confirm_within_h": Whole(
        lowest=1,
        highest=MAX_CONFIRM_WITHIN_H,
        default=72,
        about="How many hours a sale with `confirm: later` waits for it; a day later it is `void`.",
    ),
    "max_ahead_s": Whole(
        lowest=0,
        highest=LONGEST_AHEAD_S,
        default=300,
        about="By how many seconds a till's clock may be ahead: such a sale is taken, its `sold_at`"
        " kept as told, and it counts at its acceptance. One further ahead is refused"
        " (422 `sold_at_future`).",
    ),
    "disabled": Truth(
        about="Nobody of theirs gets in, and every token of theirs is worthless within five"
        " seconds; what is recorded is still delivered. The platform's to change.",
    ),
}
_TERMS: Final = {
    "name": "Rede de Lojas",
    "zone": "America/Sao_Paulo",
    "rounding": "half_even",
    "max_sale_age_days": 30,
    "max_cashback_centavos": 50_000,
    "max_day_centavos": 2_000_000,
    "equal_content": "sale_id",
    "name_difference": "refuse",
    "line_rounding": "half_up",
    "line_tolerance_centavos": 0,
    "sale_tolerance_centavos": 1,
    "surcharge_earns": False,
    "company_buyers": "record",
    "foreign_buyers": "refuse",
    "nobody_buyers": "record",
    "confirm_within_h": 72,
    "max_ahead_s": 300,
    "disabled": False,
}
_SLUG: Final = SortKey[merchants.Merchant](Kind.TEXT, lambda merchant: merchant.slug)

MERCHANTS: Final = Resource(
    path="/api/merchants",
    name="Merchant",
    key=TextKey("slug", SLUG, "The merchant's slug."),
    answer=Answered(Merchant, merchant_shape),
    new=Body(
        "A new merchant; its slug is its address for ever.",
        _new,
        slug=TextField(form=SLUG, code="slug_format", says={"pattern": pattern(SLUG)}),
        numbers=Choice(
            tuple(scope.value for scope in NumberScope),
            default=NumberScope.MERCHANT.value,
            about="Where a `sale_id` names one sale: in the whole `merchant`, or in each `store`,"
            " whose sales must then tell it. Laid down here, for ever.",
        ),
        **_STATE,
    ),
    state=Body(
        "All that can be changed; what is said of sales counts for those that come from then on.",
        _state,
        **_STATE,
    ),
    orders=Orders(
        default="slug",
        key=_SLUG,
        columns={
            "slug": _SLUG,
            "name": SortKey(Kind.TEXT, lambda merchant: merchant.state.name),
            "created_at": SortKey(Kind.INSTANT, lambda merchant: merchant.created_at),
        },
    ),
    filters=Filters(
        merchants.MerchantFilter,
        slug=TextFilter(about="Only this one."),
        disabled=TruthFilter(about="Only these."),
    ),
    may=May(read=READERS | PLATFORM, write=ADMINISTRATORS, add=PLATFORM),
    says=Says(
        tag="Merchants",
        one="a merchant",
        many="merchants",
        created="For the platform's administrators. Then add its first administrator"
        " (`POST /api/users`), who adds everybody else.",
        changed=" Every API process knows it within 30 seconds; until then one may decide by what"
        " was before.",
        deleted="Always refused: all that it ever sold hangs on it. Disable it instead.",
        delete_problems=("in_use",),
    ),
    examples=Examples(
        new={"slug": f"rede-{fresh.NAME}", "numbers": "merchant", **_TERMS},
        state=_TERMS,
        patch={"name": "Rede de Lojas S.A."},
    ),
)
