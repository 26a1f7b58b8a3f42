"""Product types and their rates in PostgreSQL; see `cashback_core.administration.product_types`.

Every change locks its type's row first, so that changes of one type follow one another; a sale that
uses a type for the first time waits for its deletion, and the deletion for the sale.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from cashback_core.administration.product_types import (
    NewProductType,
    ProductType,
    ProductTypeStore,
)
from cashback_core.administration.resources import InUse, Invalid, Missing, Taken
from cashback_core.sales.effective_dates import ChangeFault, ChangeRefused, refuse_withdrawal
from cashback_core.sales.programme import NewRate, Rate, next_rate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapters.postgres.administration.shelf import ShelfAct
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions


@dataclass(frozen=True, slots=True)
class PostgresProductTypes(ProductTypeStore):
    """Product types, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, _: None) -> Page[ProductType]:
        return await _SHELF.page(self.administration, caller, wanted, {})

    async def find(self, caller: Caller, type: str) -> ProductType | None:
        return await _SHELF.find(self.administration, caller, type)

    async def create(self, caller: Caller, new: NewProductType) -> Done[ProductType] | Refusal:
        # A first one depends on nothing that is stored: what is wrong with it is told before all.
        if new.first is not None:
            made = _next_rate((), new.type, new.first, now=new.first.starts_at)
            if isinstance(made, Invalid):
                return made
        async with _SHELF.making(self.administration, caller, new.type, _TAKEN) as making:
            await making.execute(
                "insert into product_types (merchant_id, type, name)"
                " values (%(merchant_id)s, %(key)s, %(name)s)",
                name=new.name,
            )
            if new.first is not None:
                await _insert_rate(making, new.type, new.first)
        return making.outcome

    async def replace(
        self, caller: Caller, type: str, name: str | None, versions: Versions
    ) -> Done[ProductType] | Refusal:
        async with _SHELF.changing(self.administration, caller, type, versions) as change:
            await change.update("name = %(name)s", name=name)
        return change.outcome

    async def delete(self, caller: Caller, type: str, versions: Versions) -> Refusal | None:
        async with _SHELF.ending(self.administration, caller, type, versions) as ending:
            if ending.row["used_at"] is not None:
                raise RolledBack(InUse(reason="type_used_by_sales"))
            # A statement after the lock: a product that was made meanwhile is seen, or waits.
            if await ending.execute(
                "select 1 from product_type_periods"
                " where merchant_id = %(merchant_id)s and type = %(key)s limit 1"
            ):
                raise RolledBack(InUse(reason="type_used_by_products"))
            await ending.delete()
        return ending.refusal

    async def add_rate(
        self, caller: Caller, type: str, rate: NewRate
    ) -> Done[ProductType] | Refusal:
        async with _SHELF.changing(self.administration, caller, type, None) as change:
            await _insert_rate(change, type, rate)
            await change.update()
        return change.outcome

    async def withdraw_rate(
        self, caller: Caller, type: str, version: int, versions: Versions
    ) -> Done[ProductType] | Refusal:
        async with _SHELF.changing(self.administration, caller, type, versions) as change:
            rates, now = await _rates(change, type)
            starts = {rate.version: rate.starts_at for rate in rates}
            if version not in starts:
                raise RolledBack(Missing())
            late = refuse_withdrawal(starts.values(), starts_at=starts[version], now=now)
            if late is not None:
                raise RolledBack(InUse(reason=late.fault))
            await change.execute(
                "delete from rates where merchant_id = %(merchant_id)s and type = %(key)s"
                " and version = %(version)s",
                version=version,
            )
            await change.update()
        return change.outcome


async def _rates(act: ShelfAct[ProductType], type: str) -> tuple[list[Rate], datetime]:
    """A type's rates, and the transaction's instant, by which the triggers judge too."""
    rows = await act.execute(
        """
        select now(), r.rate_bp, r.version, r.starts_at, r.excluded
        from (values (1)) as always
        left join rates as r on r.merchant_id = %(merchant_id)s and r.type = %(key)s
        """
    )
    rates = [
        Rate(type=type, rate_bp=rate_bp, version=version, starts_at=starts_at, excluded=excluded)
        for _, rate_bp, version, starts_at, excluded in rows
        if version is not None
    ]
    return rates, rows[0][0]


def _next_rate(rates: Iterable[Rate], type: str, rate: NewRate, *, now: datetime) -> Rate | Invalid:
    made = next_rate(rates, rate, type=type, now=now)
    if not isinstance(made, ChangeRefused):
        return made
    if made.fault is not ChangeFault.UNCONFIRMED:
        return Invalid(name="starts_at", fault=made.fault)
    values = {"rate_bp": str(rate.rate_bp)}
    return Invalid(name="confirm_rate_bp", fault=made.fault, values=values)


async def _insert_rate(act: ShelfAct[ProductType], type: str, rate: NewRate) -> None:
    rates, now = await _rates(act, type)
    made = _next_rate(rates, type, rate, now=now)
    if isinstance(made, Invalid):
        raise RolledBack(made)
    await act.execute(
        "insert into rates (merchant_id, type, version, rate_bp, starts_at, excluded)"
        " values (%(merchant_id)s, %(key)s, %(version)s, %(rate_bp)s, %(starts_at)s, %(excluded)s)",
        version=made.version,
        rate_bp=made.rate_bp,
        starts_at=made.starts_at,
        excluded=made.excluded,
    )


def _product_type(row: tuple[Any, ...]) -> ProductType:
    type_, name, used, version, created_at, updated_at, versions, rates_bp, starts, excluded = row
    return ProductType(
        type=type_,
        name=name,
        rates=tuple(
            Rate(type=type_, rate_bp=rate_bp, version=number, starts_at=starts_at, excluded=out)
            for number, rate_bp, starts_at, out in zip(
                versions or (), rates_bp or (), starts or (), excluded or (), strict=True
            )
        ),
        used=used,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )


_TAKEN: Final = {UNIQUE: Taken(name="type")}
_SHELF: Final = Shelf(
    select="""
        select t.type, t.name, t.used_at is not null, t.version, t.created_at, t.updated_at,
            r.versions, r.rates_bp, r.starts, r.excluded
        from product_types as t
        left join lateral (
            select array_agg(version order by version) as versions,
                array_agg(rate_bp order by version) as rates_bp,
                array_agg(starts_at order by version) as starts,
                array_agg(excluded order by version) as excluded
            from rates where merchant_id = t.merchant_id and type = t.type
        ) as r on true
        where t.merchant_id = %(merchant_id)s
        """,
    this=" and t.type = %(key)s",
    read=_product_type,
    orders={"type": Column(sql="t.type", type="text")},
    key=Column(sql="t.type", type="text"),
    parts="coalesce(cardinality(versions), 0)",
    table="product_types",
    row="merchant_id = %(merchant_id)s and type = %(key)s",
    locks="version, used_at",
)
