"""Endpoints of webhooks that somebody must look after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.webhooks.policy import Because

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

ENDPOINTS: Final[LiteralString] = """
    from webhooks as w
    join merchants as m using (merchant_id)
    join webhook_progress as p using (merchant_id, webhook_id)
    cross join lateral (
        select count(*) as waiting, min(d.created_at) as since from webhook_messages as d
        where d.merchant_id = w.merchant_id and d.webhook_id = w.webhook_id
            and d.due_at is not null
    ) as kept
    left join lateral (
        select e.at from events as e
        where e.merchant_id = p.merchant_id and (e.position, e.cashback_id, e.sequence)
            > (p.after_position, p.after_cashback_id, p.after_sequence)
            and e.position >= p.after_position  -- what its index can use
        order by e.position, e.cashback_id, e.sequence
        limit 1
    ) as next on true
    left join lateral (
        -- A merchant that is disabled is told nothing, and nobody waits for that.
        select least(kept.since, next.at) as at
        where w.disabled_at is null and m.disabled_at is null
    ) as oldest on true
"""
"""With `oldest.at`, since when the first of what an active one has not taken waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledEndpoint:
    """One that was disabled, but by no person, or that is late; `since` is when that began.

    Its address is not told: it may hold a secret.
    """

    id: UUID
    merchant: str
    because: Because | None
    since: datetime


TROUBLED: Final[LiteralString] = f"""
    select w.webhook_id, m.slug, w.disabled_because, coalesce(w.disabled_at, oldest.at) as since
    {ENDPOINTS}
    where m.disabled_at is null
        and (w.disabled_because <> 'person' or oldest.at < now() - %(late)s)
    order by since, w.webhook_id
"""
"""Takes `late`: see `troubled_in`."""


def troubled_in(rows: Iterable[tuple[Any, ...]]) -> tuple[TroubledEndpoint, ...]:
    """What TROUBLED found, the longest so first."""
    return tuple(
        TroubledEndpoint(
            id=id_, merchant=slug, because=None if why is None else Because(why), since=since
        )
        for id_, slug, why, since in rows
    )
