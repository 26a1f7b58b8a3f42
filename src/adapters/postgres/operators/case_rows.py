"""Cases and differences as rows: how they are told, and how what happened is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.operators.case_store import CaseFilter, DayDifference
from cashback_core.operators.cases import (
    Case,
    CaseEvent,
    CaseEventKind,
    CaseHistory,
    CaseKind,
    CaseMove,
    CaseState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import AsyncConnection


STANDING: Final[LiteralString] = "and s.closed_at is null"
"""Told apart, so that what has ended is read by nobody who does not ask for it."""

_HISTORIES: Final[Mapping[CaseKind, LiteralString]] = {
    CaseKind.INCIDENT: """
        select e.at, e.what, e.by_name, null, e.reason, 0 as place, e.event_id
        from statement_incident_events as e where e.incident_id = %(id)s
    """,
    CaseKind.DIFFERENCE: """
        select d.opened_at, 'opened', null, null, d.class, 0 as place, 0 as event_id
        from differences as d where d.difference_id = %(id)s
        union all
        select d.closed_at, 'closed', null, null, d.closed_why, 2, 0
        from differences as d where d.difference_id = %(id)s and d.closed_at is not null
    """,
}
"""What files and statements did; the rest is among the case's own events."""


def standing_of(wanted: CaseFilter) -> LiteralString:
    """What leaves out of a query what stands no more, where that is not asked for."""
    return "" if CaseState.RESOLVED in wanted.states else STANDING


def values_of_filter(merchant_id: int | None, wanted: CaseFilter) -> dict[str, Any]:
    """What a filter asks for, by the names of a query."""
    return {
        "merchant_id": merchant_id,
        "states": sorted(wanted.states),
        "kind": wanted.kind,
        "class": wanted.cls,
        "assigned_to": wanted.assigned_to,
        "cashback_id": wanted.cashback_id,
        "opened_before": wanted.opened_before,
        "least": wanted.least_centavos,
    }


async def read_history(connection: AsyncConnection[Any], one: Case) -> CaseHistory:
    """All that happened to a case, oldest first."""
    found = await connection.execute(
        f"""
        select * from (
            {_HISTORIES[one.kind]}
            union all
            select e.at, e.what, e.by_name, e.assigned_to, e.reason, 1, e.event_id
            from case_events as e where e.case_id = %(id)s
        ) as h (at, what, by_name, assigned_to, reason, place, event_id)
        order by at, place, event_id
        """,  # noqa: S608 (made of literals)
        {"id": one.id},
    )
    events = tuple(
        CaseEvent(at=at, what=CaseEventKind(what), by=by, assigned_to=to, reason=reason)
        for at, what, by, to, reason, *_ in await found.fetchall()
    )
    return CaseHistory(case=one, events=events)


async def store_move(connection: AsyncConnection[Any], one: Case, move: CaseMove) -> None:
    """Keep what an act makes of a case, if anything."""
    event = move.event
    if event is None:
        return
    await connection.execute(
        """
        with told as (
            insert into case_events (case_id, merchant_id, what, by_name, assigned_to, reason)
            select k.case_id, k.merchant_id, %(what)s, %(by)s, %(to)s, %(reason)s
            from cases as k where k.case_id = %(id)s
        )
        update cases set assigned_to = %(assigned_to)s,
            resolved_at = case when %(resolves)s then now() else resolved_at end
        where case_id = %(id)s
        """,
        {
            "id": one.id,
            "what": event.what,
            "by": event.by,
            "to": event.assigned_to,
            "reason": event.reason,
            "assigned_to": move.assigned_to,
            "resolves": event.what is CaseEventKind.RESOLVED,
        },
    )


def case_of(row: tuple[Any, ...]) -> Case:
    """The case of a row."""
    (
        id_, kind, cls, slug, cashback_id, centavos, why, opened_at, assigned_to, resolved_at,
        closed_at, sale_id, *_,
    ) = row  # fmt: skip
    return Case(
        id=id_,
        kind=CaseKind(kind),
        cls=cls,
        merchant=slug,
        cashback_id=cashback_id,
        centavos=centavos,
        why=why,
        opened_at=opened_at,
        assigned_to=assigned_to,
        resolved_at=resolved_at,
        closed_at=closed_at,
        sale_id=sale_id,
    )


def difference_of(row: tuple[Any, ...]) -> DayDifference:
    """The difference of a row."""
    day, file_id, line, whys, erp_centavos, our_centavos, closed_why = row[12:]
    return DayDifference(
        case=case_of(row),
        day=day,
        file_id=file_id,
        line=line,
        whys=tuple(whys),
        erp_centavos=erp_centavos,
        our_centavos=our_centavos,
        closed_why=closed_why,
    )
