"""Merchants in PostgreSQL; the promises stand in `cashback_core.administration.merchants`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.paging import Column, Pages, values_of
from adapters.postgres.administration.transactions import as_integers
from cashback_core.administration.brakes import Ceilings
from cashback_core.administration.merchants import Merchant, MerchantState, MerchantStore
from cashback_core.administration.resources import (
    Caller,
    Conflict,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Refusal,
    Taken,
)
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Slice, Versions

_PAGES: Final = Pages(
    select="""
        select m.slug, m.name, m.zone, m.rounding, m.max_sale_age_days, m.name_difference,
            m.version, m.created_at, m.updated_at, m.disabled_at, m.equal_content,
            m.max_cashback_centavos, m.max_day_centavos
        from merchants as m
        where (%(merchant_id)s::bigint is null or m.merchant_id = %(merchant_id)s)
            and (%(slug)s::text is null or m.slug = %(slug)s)
            and (%(disabled)s::boolean is null or (m.disabled_at is not null) = %(disabled)s)
        """,
    columns={
        "slug": Column(sql="m.slug", type="text"),
        "name": Column(sql="m.name", type="text"),
        "created_at": Column(sql="m.created_at", type="timestamptz"),
    },
    key=Column(sql="m.slug", type="text"),
)


@dataclass(frozen=True, slots=True)
class PostgresMerchants(MerchantStore):
    """Merchants, each method one transaction of `administration`."""

    administration: Administration

    async def create(
        self, caller: Caller, slug: str, state: MerchantState
    ) -> Done[Merchant] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                made = await connection.execute(
                    """
                    insert into merchants (
                        slug, name, zone, rounding, max_sale_age_days, name_difference,
                        equal_content, max_cashback_centavos, max_day_centavos
                    ) values (
                        %(slug)s, %(name)s, %(zone)s, %(rounding)s, %(max_sale_age_days)s,
                        %(name_difference)s, %(equal_content)s, %(max_cashback_centavos)s,
                        %(max_day_centavos)s
                    )
                    returning slug, name, zone, rounding, max_sale_age_days, name_difference,
                        version, created_at, updated_at, disabled_at, equal_content,
                        max_cashback_centavos, max_day_centavos
                    """,
                    {"slug": slug, **_values(state)},
                )
                return Done(_merchant(await made.fetchone() or ()))
        except psycopg.errors.UniqueViolation:
            return Taken(name="slug")

    async def page(
        self, caller: Caller, wanted: Slice, *, slug: str | None, disabled: bool | None
    ) -> Page[Merchant]:
        values = {"merchant_id": caller.merchant_id, "slug": slug, "disabled": disabled}
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(_PAGES.query(wanted), values | values_of(wanted))
            rows = await found.fetchall()
        return Page(
            items=tuple(_merchant(row) for row in rows[: wanted.limit]),
            more=len(rows) > wanted.limit,
        )

    async def find(self, caller: Caller, slug: str) -> Merchant | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, slug)

    async def replace(
        self, caller: Caller, slug: str, state: MerchantState, versions: Versions
    ) -> Done[Merchant] | Refusal:
        async with self.administration.transaction(caller) as connection:
            if caller.merchant_id is None:
                changed = await connection.execute(
                    """
                    update merchants set name = %(name)s, zone = %(zone)s, rounding = %(rounding)s,
                        max_sale_age_days = %(max_sale_age_days)s,
                        equal_content = %(equal_content)s,
                        name_difference = %(name_difference)s,
                        max_cashback_centavos = %(max_cashback_centavos)s,
                        max_day_centavos = %(max_day_centavos)s,
                        disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end,
                        version = version + 1, updated_at = now()
                    where slug = %(slug)s
                        and (%(versions)s::integer[] is null or version = any (%(versions)s))
                    returning slug, name, zone, rounding, max_sale_age_days, name_difference,
                        version, created_at, updated_at, disabled_at, equal_content,
                        max_cashback_centavos, max_day_centavos
                    """,
                    {"slug": slug, "versions": as_integers(versions), **_values(state)},
                )
            else:
                # What is the platform's to change is compared, not written: nor has this role the
                # right to.
                changed = await connection.execute(
                    """
                    update merchants set name = %(name)s, max_sale_age_days = %(max_sale_age_days)s,
                        name_difference = %(name_difference)s,
                        max_cashback_centavos = %(max_cashback_centavos)s,
                        max_day_centavos = %(max_day_centavos)s,
                        equal_content = %(equal_content)s, version = version + 1,
                        updated_at = now()
                    where slug = %(slug)s and merchant_id = %(merchant_id)s
                        and (%(versions)s::integer[] is null or version = any (%(versions)s))
                        and zone = %(zone)s and rounding = %(rounding)s
                        and (disabled_at is not null) = %(disabled)s
                    returning slug, name, zone, rounding, max_sale_age_days, name_difference,
                        version, created_at, updated_at, disabled_at, equal_content,
                        max_cashback_centavos, max_day_centavos
                    """,
                    {
                        "slug": slug,
                        "merchant_id": caller.merchant_id,
                        "versions": as_integers(versions),
                        **_values(state),
                    },
                )
            row = await changed.fetchone()
            if row is not None:
                return Done(_merchant(row))
            return _why_not(await _find(connection, caller, slug), state, versions)

    async def delete(self, caller: Caller, slug: str) -> Missing | InUse:
        there = await self.find(caller, slug)
        return Missing() if there is None else InUse(reason="merchant_stays")


async def merchant_id_of(connection: psycopg.AsyncConnection[Any], slug: str) -> int | None:
    """The merchant of that slug, if the transaction may see it."""
    found = await connection.execute("select merchant_id from merchants where slug = %s", [slug])
    row = await found.fetchone()
    return None if row is None else int(row[0])


async def _find(
    connection: psycopg.AsyncConnection[Any], caller: Caller, slug: str
) -> Merchant | None:
    found = await connection.execute(
        """
        select slug, name, zone, rounding, max_sale_age_days, name_difference, version, created_at,
            updated_at, disabled_at, equal_content, max_cashback_centavos, max_day_centavos
        from merchants
        where slug = %s and (%s::bigint is null or merchant_id = %s)
        """,
        [slug, caller.merchant_id, caller.merchant_id],
    )
    row = await found.fetchone()
    return None if row is None else _merchant(row)


def _why_not(present: Merchant | None, state: MerchantState, versions: Versions) -> Refusal:
    if present is None:
        return Missing()
    if versions is not None and present.version not in versions:
        return Conflict()
    for name in ("zone", "rounding", "disabled"):
        if getattr(present.state, name) != getattr(state, name):
            return Invalid(name=name, fault="platform_only")
    return Conflict()  # it was another one for the moment of our change


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
    }


def _merchant(row: Sequence[Any]) -> Merchant:
    (
        slug, name, zone, rounding, max_sale_age_days, name_difference, version, created_at,
        updated_at, disabled, equal_content, max_cashback_centavos, max_day_centavos,
    ) = row  # fmt: skip
    return Merchant(
        slug=slug,
        state=MerchantState(
            name=name,
            zone=zone,
            rounding=Rounding(rounding),
            max_sale_age_days=max_sale_age_days,
            disabled=disabled is not None,
            equal_content=EqualContent(equal_content),
            name_difference=NameDifference(name_difference),
            ceilings=Ceilings(
                max_cashback_centavos=max_cashback_centavos, max_day_centavos=max_day_centavos
            ),
        ),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        disabled_at=disabled,
    )
