"""Stops in PostgreSQL; the promises stand in `cashback_core.administration.brakes`.

A trigger of the table takes the lock of brakes alone, so that whoever puts a stop on waits for what
is being committed: see migration "brakes" and `adapters.postgres.sales.brakes`.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.merchants import merchant_id_of
from adapters.postgres.administration.paging import Column, Pages, values_of
from cashback_core.administration.brakes import Stop, StopStore
from cashback_core.administration.resources import (
    Caller,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Refusal,
    Taken,
)
from cashback_core.delivery.ports import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Slice

MAX_TRIES: Final = 12
"""How often a stop is tried: each waits half a second at most for what is being committed, and a
transaction of a process that stands still is ended after five."""

_PAGES: Final = Pages(
    select="""
        select t.stop_id, m.slug, t.type, t.by_platform, t.stopped_at, t.stopped_by, t.reason,
            t.lifted_at, t.lifted_by, t.lift_reason
        from stops as t join merchants as m using (merchant_id)
        where (%(merchant_id)s::bigint is null or t.merchant_id = %(merchant_id)s)
            and (%(merchant)s::text is null or m.slug = %(merchant)s)
            and (%(standing)s::boolean is null or (t.lifted_at is null) = %(standing)s)
            and (%(only)s::uuid is null or t.stop_id = %(only)s)
        """,
    columns={"stopped_at": Column(sql="t.stopped_at", type="timestamptz")},
    key=Column(sql="t.stop_id", type="uuid"),
)


@dataclass(frozen=True, slots=True)
class PostgresStops(StopStore):
    """Stops, each method one transaction of `administration`."""

    administration: Administration

    async def put_on(
        self, caller: Caller, *, merchant: str | None, type: str | None, by: str, reason: str
    ) -> Done[Stop] | Refusal:
        for _ in range(MAX_TRIES - 1):
            try:
                return await self._put_on(caller, merchant, type, by, reason)
            except StoreUnavailable as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
        return await self._put_on(caller, merchant, type, by, reason)

    async def _put_on(
        self, caller: Caller, merchant: str | None, type: str | None, by: str, reason: str
    ) -> Done[Stop] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                merchant_id = caller.merchant_id
                if merchant is not None:
                    merchant_id = await merchant_id_of(connection, merchant)
                if merchant_id is None or merchant_id != (caller.merchant_id or merchant_id):
                    return Invalid(name="merchant", fault="no_such_merchant")
                if type is not None:
                    known = await connection.execute(
                        "select from product_types where merchant_id = %s and type = %s",
                        [merchant_id, type],
                    )
                    if await known.fetchone() is None:
                        return Invalid(name="type", fault="no_such_type")
                stop_id = new_id()
                await connection.execute(
                    """
                    insert into stops (
                        merchant_id, stop_id, type, by_platform, stopped_at, stopped_by, reason
                    ) values (%s, %s, %s, %s, now(), %s, %s)
                    """,
                    [merchant_id, stop_id, type, caller.merchant_id is None, by, reason],
                )
                found = await _find(connection, caller, stop_id)
                return Missing() if found is None else Done(found)
        except psycopg.errors.UniqueViolation:
            return Taken(name="merchant" if type is None else "type")

    async def lift(self, caller: Caller, id: UUID, *, by: str, reason: str) -> Done[Stop] | Refusal:
        async with self.administration.transaction(caller) as connection:
            present = await _find(connection, caller, id)
            if present is None:
                return Missing()
            if present.by_platform and caller.merchant_id is not None:
                return InUse(reason="platforms_stop")
            lifted = await connection.execute(
                "update stops set lifted_by = %s, lift_reason = %s"
                " where stop_id = %s and lifted_at is null"
                " and (%s::bigint is null or merchant_id = %s)",
                [by, reason, id, caller.merchant_id, caller.merchant_id],
            )
            if lifted.rowcount == 0:
                return InUse(reason="stop_lifted")
            found = await _find(connection, caller, id)
            return Missing() if found is None else Done(found)

    async def page(
        self, caller: Caller, wanted: Slice, *, merchant: str | None, standing: bool | None
    ) -> Page[Stop]:
        values = {
            "merchant_id": caller.merchant_id,
            "merchant": merchant,
            "standing": standing,
            "only": None,
        }
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(
                _PAGES.query(wanted), values | values_of(wanted), prepare=False
            )
            rows = await found.fetchall()
        return Page(
            items=tuple(_stop(row) for row in rows[: wanted.limit]), more=len(rows) > wanted.limit
        )

    async def find(self, caller: Caller, id: UUID) -> Stop | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, id)


async def _find(
    connection: psycopg.AsyncConnection[Any], caller: Caller, stop_id: UUID
) -> Stop | None:
    found = await connection.execute(
        _PAGES.select,
        {
            "merchant_id": caller.merchant_id,
            "merchant": None,
            "standing": None,
            "only": stop_id,
        },
    )
    row = await found.fetchone()
    return None if row is None else _stop(row)


def _stop(row: Sequence[Any]) -> Stop:
    (
        stop_id, merchant, type_, by_platform, stopped_at, stopped_by, reason, lifted_at, lifted_by,
        lift_reason,
    ) = row  # fmt: skip
    return Stop(
        id=stop_id,
        merchant=merchant,
        type=type_,
        by_platform=by_platform,
        stopped_at=stopped_at,
        stopped_by=stopped_by,
        reason=reason,
        lifted_at=lifted_at,
        lifted_by=lifted_by,
        lift_reason=lift_reason,
    )
