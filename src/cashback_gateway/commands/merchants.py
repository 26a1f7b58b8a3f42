"""`merchants`: who uses the gateway, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from adapters.postgres.administration.merchants import PostgresMerchants
from cashback_core.administration.merchants import (
    DEFAULT_MAX_SALE_AGE_DAYS,
    LONGEST_AHEAD_S,
    MAX_CONFIRM_WITHIN_H,
    MAX_SALE_AGE_DAYS,
    MerchantFilter,
    MerchantState,
    NewMerchant,
)
from cashback_core.delivery.brakes import MAX_CASHBACK_CEILING, MAX_DAY_CEILING, Ceilings
from cashback_core.sales.rules import BuyerRule, NumberScope
from cashback_core.sales.sale import MAX_TOLERANCE_CENTAVOS
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import is_zone_name
from cashback_gateway.commands.as_platform import administration, all_by, caller, done, there
from cashback_gateway.commands.parameters import Json, Limit, ResourceName, Slug
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import read_by, whole_from
from cashback_gateway.commands.tables import (
    TableColumn,
    listing_of,
    show_json,
    show_listing,
    show_record,
)

if TYPE_CHECKING:
    from cashback_core.administration.merchants import Merchant

_COLUMNS: Final = (
    TableColumn("slug"),
    TableColumn("name"),
    TableColumn("zone"),
    TableColumn("rounding"),
    TableColumn("max_cashback_centavos", "MAX CASHBACK", right=True),
    TableColumn("max_day_centavos", "MAX DAY", right=True),
    TableColumn("disabled_at", "DISABLED"),
)


def _zone(text: str) -> str:
    if not is_zone_name(text):
        raise ValueError(f"the IANA database has no time zone {text!r}")
    return text


def _choice(name: str, help: str) -> Parameter:  # noqa: A002
    return Parameter(name=name, name_transform=str.lower, help=help)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TillTerms:
    """How sales are taken as tills print them; all but `numbers` its own people can change."""

    line_rounding: Annotated[
        Rounding,
        _choice(
            "--line-rounding",
            "of a line's value times its quantity, where it does not tell its amount",
        ),
    ] = Rounding.HALF_UP
    line_tolerance_centavos: Annotated[
        int,
        whole_from(0, MAX_TOLERANCE_CENTAVOS, "how far a line's amount may be from its product"),
    ] = 0
    sale_tolerance_centavos: Annotated[
        int,
        whole_from(0, MAX_TOLERANCE_CENTAVOS, "how far a total may be from the sum of its parts"),
    ] = 0
    surcharge_earns: Annotated[
        bool, Parameter(negative="", help="surcharges earn as what they are put upon does")
    ] = False
    company_buyers: Annotated[BuyerRule, _choice("--company-buyers", "a sale to a CNPJ")] = (
        BuyerRule.REFUSE
    )
    foreign_buyers: Annotated[
        BuyerRule, _choice("--foreign-buyers", "a sale to a foreign document")
    ] = BuyerRule.REFUSE
    nobody_buyers: Annotated[
        Literal[BuyerRule.REFUSE, BuyerRule.RECORD], _choice("--nobody-buyers", "a sale to nobody")
    ] = BuyerRule.REFUSE
    confirm_within_h: Annotated[
        int,
        whole_from(
            1,
            MAX_CONFIRM_WITHIN_H,
            "hours in which a sale is confirmed that waits for it; a day later it is void",
        ),
    ] = 72
    max_ahead_s: Annotated[
        int, whole_from(0, LONGEST_AHEAD_S, "seconds by which a till's clock may be ahead")
    ] = 300
    numbers: Annotated[
        NumberScope, _choice("--numbers", "where a sale_id names one sale; laid down for ever")
    ] = NumberScope.MERCHANT


_TILLS: Final = TillTerms()


async def add(
    slug: Slug,
    /,
    *,
    name: ResourceName,
    zone: Annotated[str, read_by(_zone)] = "America/Sao_Paulo",
    rounding: Annotated[Rounding, Parameter(name_transform=str.lower)] = Rounding.HALF_EVEN,
    max_sale_age_days: Annotated[int, whole_from(1, MAX_SALE_AGE_DAYS)] = DEFAULT_MAX_SALE_AGE_DAYS,
    max_cashback_centavos: Annotated[
        int | None, whole_from(0, MAX_CASHBACK_CEILING, "a cashback of more is held")
    ] = None,
    max_day_centavos: Annotated[
        int | None, whole_from(0, MAX_DAY_CEILING, "what would be more in a day is held")
    ] = None,
    equal_content: Annotated[
        EqualContent,
        _choice("--equal-content", "which sales may have the content of a recorded one"),
    ] = EqualContent.SALE_ID,
    name_difference: Annotated[
        NameDifference,
        _choice("--name-difference", "a sale whose CPF is known under another name"),
    ] = NameDifference.REFUSE,
    tills: TillTerms = _TILLS,
    here: Here,
) -> None:
    """Add a merchant."""
    state = MerchantState(
        name=name,
        zone=zone,
        rounding=rounding,
        max_sale_age_days=max_sale_age_days,
        equal_content=equal_content,
        name_difference=name_difference,
        line_rounding=tills.line_rounding,
        line_tolerance_centavos=tills.line_tolerance_centavos,
        sale_tolerance_centavos=tills.sale_tolerance_centavos,
        surcharge_earns=tills.surcharge_earns,
        company_buyers=tills.company_buyers,
        foreign_buyers=tills.foreign_buyers,
        nobody_buyers=tills.nobody_buyers,
        confirm_within_h=tills.confirm_within_h,
        max_ahead_s=tills.max_ahead_s,
        ceilings=Ceilings(
            max_cashback_centavos=max_cashback_centavos, max_day_centavos=max_day_centavos
        ),
    )
    async with administration(here) as opened:
        outcome = await PostgresMerchants(opened).create(
            caller(), NewMerchant(slug=slug, state=state, numbers=tills.numbers)
        )
    done(outcome, f"merchant {slug!r}")
    print(f"merchant {slug} is there")


async def list_all(
    *,
    disabled: Annotated[bool | None, Parameter(negative="--enabled", help="only those")] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List merchants."""
    async with administration(here) as opened:
        page = await PostgresMerchants(opened).page(
            caller(), all_by("slug"), MerchantFilter(disabled=disabled)
        )
    records = [*map(_merchant, page.items)]
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=page.more), as_json=json)


async def show(slug: Slug, /, *, json: Json = False, here: Here) -> None:
    """Show a merchant."""
    async with administration(here) as opened:
        found = await PostgresMerchants(opened).find(caller(), slug)
    record = _merchant(there(found, f"merchant {slug!r}"))
    (show_json if json else show_record)(record)


async def disable(slug: Slug, /, *, here: Here) -> None:
    """Let nobody of theirs in any more."""
    await _put(here, slug, disabled=True)
    print(f"merchant {slug} is disabled: nobody of theirs gets in, what is recorded is delivered")


async def enable(slug: Slug, /, *, here: Here) -> None:
    """Let theirs in again."""
    await _put(here, slug, disabled=False)
    print(f"merchant {slug} is enabled")


async def _put(here: Workplace, slug: str, *, disabled: bool) -> None:
    what = f"merchant {slug!r}"
    async with administration(here) as opened:
        merchants = PostgresMerchants(opened)
        present = there(await merchants.find(caller(), slug), what)
        state = replace(present.state, disabled=disabled)
        outcome = await merchants.replace(caller(), slug, state, frozenset({present.version}))
    done(outcome, what)


def _merchant(one: Merchant) -> dict[str, object]:
    return {
        "slug": one.slug,
        "name": one.state.name,
        "zone": one.state.zone,
        "rounding": one.state.rounding,
        "max_sale_age_days": one.state.max_sale_age_days,
        "equal_content": one.state.equal_content,
        "name_difference": one.state.name_difference,
        "line_rounding": one.state.line_rounding,
        "line_tolerance_centavos": one.state.line_tolerance_centavos,
        "sale_tolerance_centavos": one.state.sale_tolerance_centavos,
        "surcharge_earns": one.state.surcharge_earns,
        "company_buyers": one.state.company_buyers,
        "foreign_buyers": one.state.foreign_buyers,
        "nobody_buyers": one.state.nobody_buyers,
        "confirm_within_h": one.state.confirm_within_h,
        "max_ahead_s": one.state.max_ahead_s,
        "numbers": one.numbers,
        "max_cashback_centavos": one.state.ceilings.max_cashback_centavos,
        "max_day_centavos": one.state.ceilings.max_day_centavos,
        "version": one.version,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "disabled_at": one.disabled_at,
    }
