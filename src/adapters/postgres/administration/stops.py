"""Stops in PostgreSQL; the promises stand in `cashback_core.administration.brakes`.

A trigger of the table takes the lock of brakes alone, so that whoever puts a stop on waits for what
is being committed: see migration `0011_brakes.sql` and `adapters.postgres.sales.brakes`.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from cashback_core.administration.resources import InUse, Invalid, Taken
from cashback_core.administration.stops import NewStop, Stop, StopStore
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.brakes import StopFilter
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice

MAX_TRIES: Final = 12
"""How often a stop is tried: each waits half a second at most for what is being committed, and a
transaction of a process that stands still is ended after five."""


@dataclass(frozen=True, slots=True)
class PostgresStops(StopStore):
    """Stops, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, which: StopFilter) -> Page[Stop]:
        filters = {"merchant": which.merchant, "standing": which.standing}
        return await _SHELF.page(self.administration, caller, wanted, filters)

    async def find(self, caller: Caller, id: UUID) -> Stop | None:
        return await _SHELF.find(self.administration, caller, id)

    async def create(self, caller: Caller, new: NewStop) -> Done[Stop] | Refusal:
        for _ in range(MAX_TRIES - 1):
            try:
                return await self._create(caller, new)
            except StoreUnavailable as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
        return await self._create(caller, new)

    async def _create(self, caller: Caller, new: NewStop) -> Done[Stop] | Refusal:
        taken = {UNIQUE: Taken(name="merchant" if new.type is None else "type")}
        async with _SHELF.making(self.administration, caller, new_id(), taken) as making:
            merchant_id = await merchant_meant(making.connection, caller, new.merchant)
            if merchant_id is None:
                raise RolledBack(Invalid(name="merchant", fault="no_such_merchant"))
            if new.type is not None and not await making.execute(
                "select 1 from product_types where merchant_id = %(of)s and type = %(type)s",
                of=merchant_id,
                type=new.type,
            ):
                raise RolledBack(Invalid(name="type", fault="no_such_type"))
            await making.execute(
                """
                insert into stops (
                    merchant_id, stop_id, type, by_platform, stopped_at, stopped_by, reason
                ) values (%(of)s, %(key)s, %(type)s, %(by_platform)s, now(), %(by)s, %(reason)s)
                """,
                of=merchant_id,
                type=new.type,
                by_platform=caller.merchant_id is None,
                by=new.by,
                reason=new.reason,
            )
        return making.outcome

    async def lift(self, caller: Caller, id: UUID, *, by: str, reason: str) -> Done[Stop] | Refusal:
        async with _SHELF.changing(self.administration, caller, id, None) as change:
            if change.row["by_platform"] and caller.merchant_id is not None:
                raise RolledBack(InUse(reason="platforms_stop"))
            if not await change.execute(
                "update stops set lifted_by = %(by)s, lift_reason = %(reason)s"
                " where stop_id = %(key)s and lifted_at is null"
                " and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)"
                " returning stop_id",
                by=by,
                reason=reason,
            ):
                raise RolledBack(InUse(reason="stop_lifted"))
        return change.outcome


def _stop(row: tuple[Any, ...]) -> Stop:
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


_SHELF: Final = Shelf(
    select="""
        select t.stop_id, m.slug, t.type, t.by_platform, t.stopped_at, t.stopped_by, t.reason,
            t.lifted_at, t.lifted_by, t.lift_reason
        from stops as t join merchants as m using (merchant_id)
        where (%(merchant_id)s::bigint is null or t.merchant_id = %(merchant_id)s)
        """,
    this=" and t.stop_id = %(key)s",
    filters="""
            and (%(merchant)s::text is null or m.slug = %(merchant)s)
            and (%(standing)s::boolean is null or (t.lifted_at is null) = %(standing)s)
        """,
    read=_stop,
    orders={"stopped_at": Column(sql="t.stopped_at", type="timestamptz")},
    key=Column(sql="t.stop_id", type="uuid"),
    table="stops",
    row="""
        stop_id = %(key)s and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
        """,
    locks="by_platform, 1 as version",
    lock="",  # it is lifted once: the update itself says who was first
)
