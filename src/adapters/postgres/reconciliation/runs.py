"""The history of runs: when one is due, what came of it, since when statements are distrusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation import Totals, Window
    from cashback_core.reconciliation.schedule import RunEnded, RunKind

KEPT_DAYS: Final = 400
"""So long a run is kept; the latest ones of each kind always are, there being newer ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that has begun, by the database's clock."""

    id: UUID
    started_at: datetime


async def is_due(
    connection: AsyncConnection[Any], kind: RunKind, *, period_s: float, retry_s: float
) -> bool:
    """Whether it is time for a run; a run that never ended (its process died) is not counted."""
    found = await connection.execute(
        """
        select coalesce(bool_and(started_at <= now() - make_interval(secs => %(retry)s)), true)
            and coalesce(bool_and(
                error is not null or started_at <= now() - make_interval(secs => %(period)s)
            ), true)
        from reconciliations
        where kind = %(kind)s and ended_at is not null
            and started_at > now() - make_interval(secs => greatest(%(period)s, %(retry)s))
        """,
        {"kind": kind, "period": period_s, "retry": retry_s},
    )
    row = await found.fetchone()
    return bool(row and row[0])


async def begin(connection: AsyncConnection[Any], kind: RunKind, asked_since: datetime) -> Run:
    """Note a run."""
    id_ = new_id()
    found = await connection.execute(
        "insert into reconciliations (reconciliation_id, kind, asked_since) values (%s, %s, %s)"
        " returning started_at",
        [id_, kind, asked_since],
    )
    row = await found.fetchone()
    assert row is not None
    return Run(id=id_, started_at=row[0])


async def told_anew_from(
    connection: AsyncConnection[Any], window: Window, asked_at: datetime
) -> datetime | None:
    """From when on statements tell that were asked for later and tell of some of this window."""
    found = await connection.execute(
        "select min(since) from provider_tellings"
        " where asked_at > least(%s, now()) and since <= %s and through >= %s",
        [asked_at, window.through, window.since],
    )
    row = await found.fetchone()
    return None if row is None else row[0]


async def end(connection: AsyncConnection[Any], run: Run, ended: RunEnded) -> None:
    """Note what came of it, and forget runs that are long past."""
    window = ended.window
    await connection.execute(
        # Without a statement nothing is known anew: what was distrusted is so still.
        """
        with before as (
            select p.distrusted_since
            from reconciliations as me join reconciliations as p on p.kind = me.kind
            where me.reconciliation_id = %(id)s and p.ended_at is not null
                and p.started_at < me.started_at
            order by p.started_at desc limit 1
        )
        update reconciliations as r set
            ended_at = now(), asked_at = %(asked_at)s, since = %(since)s, through = %(through)s,
            distrust = %(distrust)s, remarks = %(remarks)s, totals = %(totals)s,
            settled = %(settled)s, error = %(error)s,
            distrusted_since = case
                when %(distrust)s::text is not null then coalesce(
                    (select distrusted_since from before), r.started_at
                )
                when %(error)s::text is not null then (select distrusted_since from before)
            end
        where r.reconciliation_id = %(id)s
        """,
        {
            "id": run.id,
            "asked_at": ended.asked_at,
            "since": None if window is None else window.since,
            "through": None if window is None else window.through,
            "distrust": ended.distrust,
            "remarks": "; ".join(window.remarks) or None if window is not None else None,
            "totals": None if ended.totals is None else Jsonb(_as_json(ended.totals)),
            "settled": ended.moved.stored,
            "error": ended.error,
        },
    )
    await connection.execute(
        "delete from reconciliations where started_at < now() - make_interval(days => %s)",
        [KEPT_DAYS],
    )


def _as_json(totals: Totals) -> dict[str, dict[str, int]]:
    return {
        cls: {
            "lines": total.lines,
            "line_centavos": total.line_centavos,
            "cashbacks": total.cashbacks,
            "cashback_centavos": total.cashback_centavos,
        }
        for cls, total in totals.by_class.items()
        if total.lines or total.cashbacks
    }
