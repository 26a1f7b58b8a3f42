"""Products and their types in PostgreSQL; see `cashback_core.administration.products`.

Every change locks its product's row first, as for product types.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import FOREIGN_KEY, UNIQUE, RolledBack, Shelf
from cashback_core.administration.products import (
    NewProduct,
    NewType,
    Product,
    ProductFilter,
    ProductStore,
)
from cashback_core.administration.resources import InUse, Invalid, Missing, Taken
from cashback_core.sales.catalogue import TypePeriod, next_type
from cashback_core.sales.effective_dates import ChangeRefused, refuse_start, refuse_withdrawal
from cashback_core.sales.sale import name_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from adapters.postgres.administration.shelf import ShelfAct
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions

_LAST_CHARACTER: Final = "\U0010ffff"
_REFUSALS: Final[Mapping[str, Refusal]] = {
    UNIQUE: Taken(name="sku"),
    FOREIGN_KEY: Invalid(name="type", fault="no_such_type"),
}


@dataclass(frozen=True, slots=True)
class PostgresProducts(ProductStore):
    """Products, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, which: ProductFilter) -> Page[Product]:
        begins = which.name_prefix
        filters = {
            "sku": which.sku,
            # A range, and no pattern: nothing in a name means anything, and an index can serve it.
            "from": begins,
            "to": None if begins is None else begins + _LAST_CHARACTER,
        }
        return await _SHELF.page(self.administration, caller, wanted, filters)

    async def find(self, caller: Caller, id: UUID) -> Product | None:
        return await _SHELF.find(self.administration, caller, id)

    async def create(self, caller: Caller, new: NewProduct) -> Done[Product] | Refusal:
        # A first one depends on nothing that is stored: what is wrong with it is told before all.
        first_at = new.first.starts_at
        early = refuse_start((), starts_at=first_at, now=first_at)
        if early is not None:
            return Invalid(name="starts_at", fault=early.fault)
        async with _SHELF.making(self.administration, caller, new.id, _REFUSALS) as making:
            await making.execute(
                "insert into products (merchant_id, product_id, sku, name, name_key)"
                " values (%(merchant_id)s, %(key)s, %(sku)s, %(name)s, %(name_key)s)",
                sku=new.sku,
                name=new.name,
                name_key=name_key(new.name),
            )
            await _insert_type(making, new.first)
        return making.outcome

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[Product] | Refusal:
        async with _SHELF.changing(self.administration, caller, id, versions) as change:
            await change.update(
                "name = %(name)s, name_key = %(name_key)s", name=name, name_key=name_key(name)
            )
        return change.outcome

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        async with _SHELF.ending(self.administration, caller, id, versions) as ending:
            if ending.row["used_at"] is not None:
                raise RolledBack(InUse(reason="product_used_by_sales"))
            await ending.delete()
        return ending.refusal

    async def add_type(self, caller: Caller, id: UUID, type: NewType) -> Done[Product] | Refusal:
        changing = _SHELF.changing(self.administration, caller, id, None, _REFUSALS)
        async with changing as change:
            await _insert_type(change, type)
            await change.update()
        return change.outcome

    async def withdraw_type(
        self, caller: Caller, id: UUID, version: int, versions: Versions
    ) -> Done[Product] | Refusal:
        async with _SHELF.changing(self.administration, caller, id, versions) as change:
            periods, now = await _periods(change)
            starts = {period.version: period.starts_at for period in periods}
            if version not in starts:
                raise RolledBack(Missing())
            late = refuse_withdrawal(starts.values(), starts_at=starts[version], now=now)
            if late is not None:
                raise RolledBack(InUse(reason=late.fault))
            await change.execute(
                "delete from product_type_periods where merchant_id = %(merchant_id)s"
                " and product_id = %(key)s and version = %(version)s",
                version=version,
            )
            await change.update()
        return change.outcome


async def _insert_type(act: ShelfAct[Product], type: NewType) -> None:
    periods, now = await _periods(act)
    made = next_type(periods, type=type.type, starts_at=type.starts_at, now=now)
    if isinstance(made, ChangeRefused):
        raise RolledBack(Invalid(name="starts_at", fault=made.fault))
    await act.execute(
        "insert into product_type_periods (merchant_id, product_id, version, type, starts_at)"
        " values (%(merchant_id)s, %(key)s, %(version)s, %(type)s, %(starts_at)s)",
        version=made.version,
        type=made.type,
        starts_at=made.starts_at,
    )


async def _periods(act: ShelfAct[Product]) -> tuple[list[TypePeriod], datetime]:
    """A product's types, and the transaction's instant, by which the triggers judge too."""
    rows = await act.execute(
        """
        select now(), p.type, p.version, p.starts_at
        from (values (1)) as always
        left join product_type_periods as p
            on p.merchant_id = %(merchant_id)s and p.product_id = %(key)s
        """
    )
    periods = [
        TypePeriod(type=type_, version=version, starts_at=starts_at)
        for _, type_, version, starts_at in rows
        if type_ is not None
    ]
    return periods, rows[0][0]


def _product(row: tuple[Any, ...]) -> Product:
    id_, sku, name, used, version, created_at, updated_at, versions, types, starts, _ = row
    return Product(
        id=id_,
        sku=sku,
        name=name,
        types=tuple(
            TypePeriod(type=type_, version=number, starts_at=starts_at)
            for number, type_, starts_at in zip(
                versions or (), types or (), starts or (), strict=True
            )
        ),
        used=used,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )


_SHELF: Final = Shelf(
    select="""
        select p.product_id, p.sku, p.name, p.used_at is not null, p.version, p.created_at,
            p.updated_at, t.versions, t.types, t.starts, p.name_key
        from products as p
        left join lateral (
            select array_agg(version order by version) as versions,
                array_agg(type order by version) as types,
                array_agg(starts_at order by version) as starts
            from product_type_periods
            where merchant_id = p.merchant_id and product_id = p.product_id
        ) as t on true
        where p.merchant_id = %(merchant_id)s
        """,
    this=" and p.product_id = %(key)s",
    filters="""
            and (%(sku)s::text is null or p.sku = %(sku)s)
            and (%(from)s::text is null or p.name_key >= %(from)s and p.name_key < %(to)s)
        """,
    read=_product,
    orders={
        "sku": Column(sql="p.sku", type="text"),
        "name": Column(sql="p.name_key", type="text"),
    },
    key=Column(sql="p.sku", type="text"),
    parts="coalesce(cardinality(versions), 0)",
    table="products",
    row="merchant_id = %(merchant_id)s and product_id = %(key)s",
    locks="version, used_at",
)
