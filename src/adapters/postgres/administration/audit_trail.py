"""The audit trail in PostgreSQL; see `cashback_core.administration.audit_trail`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import Shelf
from cashback_core.administration.audit_trail import TrailFilter, TrailLine, TrailStore
from cashback_core.administration.resources import Caller, Missing, Page

if TYPE_CHECKING:
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Slice


@dataclass(frozen=True, slots=True)
class PostgresTrail(TrailStore):
    """The trail, each method one transaction of `administration`."""

    administration: Administration

    async def page(
        self, caller: Caller, wanted: Slice, which: TrailFilter
    ) -> Page[TrailLine] | Missing:
        async with self.administration.transaction(caller) as connection:
            merchant_id = await merchant_meant(connection, caller, which.merchant)
            if merchant_id is None and which.merchant is not None:
                return Missing()
            values = {
                "merchant_id": merchant_id,
                "actor": which.actor,
                "resource": which.resource,
                "key": which.key,
                "from_at": which.from_at,
                "to_at": which.to_at,
            }
            return await _SHELF.page_within(connection, wanted, values)


def _line(row: tuple[Any, ...]) -> TrailLine:
    number, at, merchant, actor, action, resource, key, before, after, request_id = row
    return TrailLine(
        number=number,
        at=at,
        merchant=merchant,
        actor=actor,
        action=action,
        resource=resource,
        key=key,
        before=before,
        after=after,
        request_id=request_id,
    )


_SHELF: Final = Shelf(
    # Of two merchants' lines the platform asks one merchant's, or its own: never all at once, so
    # that each has an index.
    select="""
        select a.audit_id, a.at, m.slug, a.actor, a.action, a.resource, a.key, a.before, a.after,
            a.request_id
        from audit as a left join merchants as m using (merchant_id)
        where (a.merchant_id = %(merchant_id)s
                or %(merchant_id)s::bigint is null
                    and (a.merchant_id is null or a.resource = 'merchants'))
        """,
    filters="""
            and (%(actor)s::text is null or a.actor = %(actor)s)
            and (%(resource)s::text is null or a.resource = %(resource)s)
            and (%(key)s::text is null or a.key = %(key)s)
            and (%(from_at)s::timestamptz is null or a.at >= %(from_at)s)
            and (%(to_at)s::timestamptz is null or a.at < %(to_at)s)
        """,
    read=_line,
    orders={"at": Column(sql="a.audit_id", type="bigint")},
    key=Column(sql="a.audit_id", type="bigint"),
)
