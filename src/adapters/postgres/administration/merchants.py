"""Merchants in PostgreSQL; the promises stand in `cashback_core.administration.merchants`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from cashback_core.administration.merchants import (
    Merchant,
    MerchantFilter,
    MerchantState,
    MerchantStore,
    NewMerchant,
)
from cashback_core.administration.resources import InUse, Invalid, Missing, Taken
from cashback_core.delivery.brakes import Ceilings
from cashback_core.sales.rules import BuyerRule, NumberScope
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding

if TYPE_CHECKING:
    import psycopg

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions

_OWN: Final = """
    name = %(name)s, max_sale_age_days = %(max_sale_age_days)s,
    name_difference = %(name_difference)s, equal_content = %(equal_content)s,
    max_cashback_centavos = %(max_cashback_centavos)s, max_day_centavos = %(max_day_centavos)s,
    line_rounding = %(line_rounding)s, line_tolerance_centavos = %(line_tolerance_centavos)s,
    sale_tolerance_centavos = %(sale_tolerance_centavos)s, surcharge_earns = %(surcharge_earns)s,
    company_buyers = %(company_buyers)s, foreign_buyers = %(foreign_buyers)s,
    nobody_buyers = %(nobody_buyers)s, confirm_within_h = %(confirm_within_h)s,
    max_ahead_s = %(max_ahead_s)s
"""
_PLATFORMS: Final = """
    , zone = %(zone)s, rounding = %(rounding)s,
    disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end
"""


@dataclass(frozen=True, slots=True)
class PostgresMerchants(MerchantStore):
    """Merchants, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, which: MerchantFilter) -> Page[Merchant]:
        filters = {"slug": which.slug, "disabled": which.disabled}
        return await _SHELF.page(self.administration, caller, wanted, filters)

    async def find(self, caller: Caller, slug: str) -> Merchant | None:
        return await _SHELF.find(self.administration, caller, slug)

    async def create(self, caller: Caller, new: NewMerchant) -> Done[Merchant] | Refusal:
        async with _SHELF.making(self.administration, caller, new.slug, _TAKEN) as making:
            await making.execute(
                """
                insert into merchants (
                    slug, name, zone, rounding, max_sale_age_days, name_difference,
                    equal_content, max_cashback_centavos, max_day_centavos, line_rounding,
                    line_tolerance_centavos, sale_tolerance_centavos, surcharge_earns,
                    company_buyers, foreign_buyers, nobody_buyers, confirm_within_h, max_ahead_s,
                    numbers
                ) values (
                    %(key)s, %(name)s, %(zone)s, %(rounding)s, %(max_sale_age_days)s,
                    %(name_difference)s, %(equal_content)s, %(max_cashback_centavos)s,
                    %(max_day_centavos)s, %(line_rounding)s, %(line_tolerance_centavos)s,
                    %(sale_tolerance_centavos)s, %(surcharge_earns)s, %(company_buyers)s,
                    %(foreign_buyers)s, %(nobody_buyers)s, %(confirm_within_h)s, %(max_ahead_s)s,
                    %(numbers)s
                )
                """,
                **_values(new.state),
                numbers=new.numbers.value,
            )
        return making.outcome

    async def replace(
        self, caller: Caller, slug: str, state: MerchantState, versions: Versions
    ) -> Done[Merchant] | Refusal:
        values = _values(state)
        async with _SHELF.changing(self.administration, caller, slug, versions) as change:
            if caller.merchant_id is None:
                await change.update(_OWN + _PLATFORMS, **values)
            else:
                # What is the platform's to change is compared, not written: nor has this role the
                # right to.
                for name in ("zone", "rounding", "disabled"):
                    if change.row[name] != values[name]:
                        raise RolledBack(Invalid(name=name, fault="platform_only"))
                await change.update(_OWN, **values)
        return change.outcome

    async def delete(self, caller: Caller, slug: str, versions: Versions) -> Refusal | None:  # noqa: ARG002 (it stays in whichever)
        present = await self.find(caller, slug)
        return Missing() if present is None else InUse(reason="merchant_stays")


async def merchant_meant(
    connection: psycopg.AsyncConnection[Any], caller: Caller, slug: str | None
) -> int | None:
    """The merchant of that slug, without one the caller's; None if there is none of theirs."""
    if slug is None:
        return caller.merchant_id
    found = await connection.execute("select merchant_id from merchants where slug = %s", [slug])
    row = await found.fetchone()
    return None if row is None or caller.merchant_id not in {None, row[0]} else int(row[0])


def _values(state: MerchantState) -> dict[str, Any]:
    return {
        "name": state.name,
        "zone": state.zone,
        "rounding": state.rounding.value,
        "max_sale_age_days": state.max_sale_age_days,
        "equal_content": state.equal_content.value,
        "disabled": state.disabled,
        "name_difference": state.name_difference.value,
        "max_cashback_centavos": state.ceilings.max_cashback_centavos,
        "max_day_centavos": state.ceilings.max_day_centavos,
        "line_rounding": state.line_rounding.value,
        "line_tolerance_centavos": state.line_tolerance_centavos,
        "sale_tolerance_centavos": state.sale_tolerance_centavos,
        "surcharge_earns": state.surcharge_earns,
        "company_buyers": state.company_buyers.value,
        "foreign_buyers": state.foreign_buyers.value,
        "nobody_buyers": state.nobody_buyers.value,
        "confirm_within_h": state.confirm_within_h,
        "max_ahead_s": state.max_ahead_s,
    }


def _merchant(row: tuple[Any, ...]) -> Merchant:
    (
        slug, name, zone, rounding, max_sale_age_days, name_difference, version, created_at,
        updated_at, disabled, equal_content, max_cashback_centavos, max_day_centavos,
        line_rounding, line_tolerance_centavos, sale_tolerance_centavos, surcharge_earns,
        company_buyers, foreign_buyers, nobody_buyers, confirm_within_h, max_ahead_s, numbers,
    ) = row  # fmt: skip
    return Merchant(
        slug=slug,
        numbers=NumberScope(numbers),
        state=MerchantState(
            name=name,
            zone=zone,
            rounding=Rounding(rounding),
            max_sale_age_days=max_sale_age_days,
            disabled=disabled is not None,
            equal_content=EqualContent(equal_content),
            name_difference=NameDifference(name_difference),
            line_rounding=Rounding(line_rounding),
            line_tolerance_centavos=line_tolerance_centavos,
            sale_tolerance_centavos=sale_tolerance_centavos,
            surcharge_earns=surcharge_earns,
            company_buyers=BuyerRule(company_buyers),
            foreign_buyers=BuyerRule(foreign_buyers),
            nobody_buyers=BuyerRule(nobody_buyers),
            confirm_within_h=confirm_within_h,
            max_ahead_s=max_ahead_s,
            ceilings=Ceilings(
                max_cashback_centavos=max_cashback_centavos, max_day_centavos=max_day_centavos
            ),
        ),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        disabled_at=disabled,
    )


_TAKEN: Final = {UNIQUE: Taken(name="slug")}
_SHELF: Final = Shelf(
    select="""
        select m.slug, m.name, m.zone, m.rounding, m.max_sale_age_days, m.name_difference,
            m.version, m.created_at, m.updated_at, m.disabled_at, m.equal_content,
            m.max_cashback_centavos, m.max_day_centavos, m.line_rounding,
            m.line_tolerance_centavos, m.sale_tolerance_centavos, m.surcharge_earns,
            m.company_buyers, m.foreign_buyers, m.nobody_buyers, m.confirm_within_h, m.max_ahead_s,
            m.numbers
        from merchants as m
        where (%(merchant_id)s::bigint is null or m.merchant_id = %(merchant_id)s)
        """,
    this=" and m.slug = %(key)s",
    filters="""
            and (%(slug)s::text is null or m.slug = %(slug)s)
            and (%(disabled)s::boolean is null or (m.disabled_at is not null) = %(disabled)s)
        """,
    read=_merchant,
    orders={
        "slug": Column(sql="m.slug", type="text"),
        "name": Column(sql="m.name", type="text"),
        "created_at": Column(sql="m.created_at", type="timestamptz"),
    },
    key=Column(sql="m.slug", type="text"),
    table="merchants",
    row="""
        slug = %(key)s and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
        """,
    locks="version, zone, rounding, disabled_at is not null as disabled",
    lock="for no key update",  # sales go on: each names its merchant in a foreign key
)
