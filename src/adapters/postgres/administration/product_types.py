"""Product types and their rates in PostgreSQL; see `cashback_core.administration.product_types`.

Every change locks its type's row first, so that changes of one type follow one another; a sale that
uses a type for the first time waits for its deletion, and the deletion for the sale.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.paging import Column, Pages, listed, values_of
from adapters.postgres.administration.versions import refuse_version
from cashback_core.administration.product_types import (
    NewProductType,
    NewRate,
    ProductType,
    ProductTypeStore,
)
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Taken
from cashback_core.sales.effective_dates import ChangeFault, ChangeRefused, refuse_withdrawal
from cashback_core.sales.programme import Rate, next_rate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions

    Connection = psycopg.AsyncConnection[Any]

_PAGES: Final = Pages(
    select="""
        select t.type, t.name, t.used_at is not null, t.version, t.created_at, t.updated_at,
            r.versions, r.rates_bp, r.starts
        from product_types as t
        left join lateral (
            select array_agg(version order by version) as versions,
                array_agg(rate_bp order by version) as rates_bp,
                array_agg(starts_at order by version) as starts
            from rates where merchant_id = t.merchant_id and type = t.type
        ) as r on true
        where t.merchant_id = %(merchant_id)s and (%(only)s::text is null or t.type = %(only)s)
        """,
    columns={"type": Column(sql="t.type", type="text")},
    key=Column(sql="t.type", type="text"),
    parts="coalesce(cardinality(versions), 0)",
)


@dataclass(frozen=True, slots=True)
class PostgresProductTypes(ProductTypeStore):
    """Product types, each method one transaction of `administration`."""

    administration: Administration

    async def create(self, caller: Caller, new: NewProductType) -> Done[ProductType] | Refusal:
        # A first one depends on nothing that is stored, so nothing has to be undone for it.
        if new.first is not None:
            made = _next_rate((), new.type, new.first, now=new.first.starts_at)
            if isinstance(made, Invalid):
                return made
        try:
            async with self.administration.transaction(caller) as connection:
                await connection.execute(
                    "insert into product_types (merchant_id, type, name) values (%s, %s, %s)",
                    [caller.merchant_id, new.type, new.name],
                )
                if new.first is not None:
                    await _insert_rate(connection, caller, new.type, new.first)
                return await _present(connection, caller, new.type)
        except psycopg.errors.UniqueViolation:
            return Taken(name="type")

    async def page(self, caller: Caller, wanted: Slice) -> Page[ProductType]:
        values = {"merchant_id": caller.merchant_id, "only": None}
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(
                _PAGES.query(wanted), values | values_of(wanted), prepare=False
            )
            rows = await found.fetchall()
        return listed([_product_type(row) for row in rows], wanted, parts=lambda t: len(t.rates))

    async def find(self, caller: Caller, type: str) -> ProductType | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, type)

    async def rename(
        self, caller: Caller, type: str, name: str | None, versions: Versions
    ) -> Done[ProductType] | Refusal:
        async with self.administration.transaction(caller) as connection:
            version, _ = await _lock(connection, caller, type)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            await connection.execute(
                "update product_types set name = %s, version = version + 1, updated_at = now()"
                " where merchant_id = %s and type = %s",
                [name, caller.merchant_id, type],
            )
            return await _present(connection, caller, type)

    async def delete(self, caller: Caller, type: str, versions: Versions) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            version, used_at = await _lock(connection, caller, type)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            if used_at is not None:
                return InUse(reason="type_used_by_sales")
            # A statement after the lock: a product that was made meanwhile is seen, or waits.
            found = await connection.execute(
                "select from product_type_periods where merchant_id = %s and type = %s limit 1",
                [caller.merchant_id, type],
            )
            if await found.fetchone() is not None:
                return InUse(reason="type_used_by_products")
            await connection.execute(
                "delete from product_types where merchant_id = %s and type = %s",
                [caller.merchant_id, type],
            )
            return None

    async def add_rate(
        self, caller: Caller, type: str, rate: NewRate
    ) -> Done[ProductType] | Refusal:
        async with self.administration.transaction(caller) as connection:
            version, _ = await _lock(connection, caller, type)
            if version is None:
                return Missing()
            refused = await _insert_rate(connection, caller, type, rate)
            if refused is not None:
                return refused
            return await _raised(connection, caller, type)

    async def withdraw_rate(
        self, caller: Caller, type: str, version: int, versions: Versions
    ) -> Done[ProductType] | Refusal:
        async with self.administration.transaction(caller) as connection:
            present, _ = await _lock(connection, caller, type)
            refused = refuse_version(present, versions)
            if refused is not None:
                return refused
            rates = await _rates(connection, caller, type)
            wanted = next((rate for rate in rates if rate.version == version), None)
            if wanted is None:
                return Missing()
            late = refuse_withdrawal(
                [rate.starts_at for rate in rates],
                starts_at=wanted.starts_at,
                now=await _now(connection),
            )
            if late is not None:
                return InUse(reason=late.fault)
            await connection.execute(
                "delete from rates where merchant_id = %s and type = %s and version = %s",
                [caller.merchant_id, type, version],
            )
            return await _raised(connection, caller, type)


async def _lock(
    connection: Connection, caller: Caller, type: str
) -> tuple[int | None, datetime | None]:
    """The version of a type and when it was first used, once nobody else is changing it."""
    found = await connection.execute(
        "select version, used_at from product_types where merchant_id = %s and type = %s"
        " for update",
        [caller.merchant_id, type],
    )
    row = await found.fetchone()
    return (None, None) if row is None else (row[0], row[1])


async def _now(connection: Connection) -> datetime:
    """The transaction's instant on the database's clock, by which its triggers judge too."""
    found = await connection.execute("select now()")
    row = await found.fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


async def _rates(connection: Connection, caller: Caller, type: str) -> list[Rate]:
    found = await connection.execute(
        "select rate_bp, version, starts_at from rates where merchant_id = %s and type = %s",
        [caller.merchant_id, type],
    )
    return [
        Rate(type=type, rate_bp=rate_bp, version=version, starts_at=starts_at)
        for rate_bp, version, starts_at in await found.fetchall()
    ]


def _next_rate(rates: Iterable[Rate], type: str, rate: NewRate, *, now: datetime) -> Rate | Invalid:
    made = next_rate(
        rates,
        type=type,
        rate_bp=rate.rate_bp,
        starts_at=rate.starts_at,
        now=now,
        confirmed_bp=rate.confirmed_bp,
    )
    if not isinstance(made, ChangeRefused):
        return made
    if made.fault is not ChangeFault.UNCONFIRMED:
        return Invalid(name="starts_at", fault=made.fault)
    values = {"rate_bp": str(rate.rate_bp)}
    return Invalid(name="confirm_rate_bp", fault=made.fault, values=values)


async def _insert_rate(
    connection: Connection, caller: Caller, type: str, rate: NewRate
) -> Invalid | None:
    rates = await _rates(connection, caller, type)
    made = _next_rate(rates, type, rate, now=await _now(connection))
    if isinstance(made, Invalid):
        return made
    await connection.execute(
        "insert into rates (merchant_id, type, version, rate_bp, starts_at)"
        " values (%s, %s, %s, %s, %s)",
        [caller.merchant_id, type, made.version, made.rate_bp, made.starts_at],
    )
    return None


async def _raised(connection: Connection, caller: Caller, type: str) -> Done[ProductType] | Missing:
    """The type with its rates changed, and so in its next version."""
    await connection.execute(
        "update product_types set version = version + 1, updated_at = now()"
        " where merchant_id = %s and type = %s",
        [caller.merchant_id, type],
    )
    return await _present(connection, caller, type)


async def _present(
    connection: Connection, caller: Caller, type: str
) -> Done[ProductType] | Missing:
    found = await _find(connection, caller, type)
    return Missing() if found is None else Done(found)


async def _find(connection: Connection, caller: Caller, type: str) -> ProductType | None:
    found = await connection.execute(
        _PAGES.select, {"merchant_id": caller.merchant_id, "only": type}
    )
    row = await found.fetchone()
    return None if row is None else _product_type(row)


def _product_type(row: tuple[Any, ...]) -> ProductType:
    type_, name, used, version, created_at, updated_at, versions, rates_bp, starts, *_ = row
    return ProductType(
        type=type_,
        name=name,
        rates=tuple(
            Rate(type=type_, rate_bp=rate_bp, version=number, starts_at=starts_at)
            for number, rate_bp, starts_at in zip(
                versions or (), rates_bp or (), starts or (), strict=True
            )
        ),
        used=used,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )
