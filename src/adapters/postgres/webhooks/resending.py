"""Messages that somebody asks for: tests, and changes that are sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import RolledBack, Shelf
from adapters.postgres.sales.searches import PLANNED_AS_WRITTEN
from cashback_core.administration.resources import InUse
from cashback_core.webhooks.endpoints import (
    MAX_RESENT,
    DeliveryResult,
    Resend,
    ResendCountChanged,
    Resent,
    WebhookDelivery,
)

if TYPE_CHECKING:
    from adapters.postgres.administration.shelf import ShelfAct
    from cashback_core.webhooks.endpoints import Webhook

_CHANGES: Final[LiteralString] = """
    select e.position, e.cashback_id, e.sequence
    from webhook_progress as p
    join events as e on e.merchant_id = p.merchant_id
    where p.merchant_id = %(merchant_id)s and p.webhook_id = %(key)s
        and e.merchant_id = %(merchant_id)s
        -- What its feed has passed: what comes after is sent anyway. No index is to be read by it.
        and ((e.position, e.cashback_id, e.sequence)
            <= (p.after_position, p.after_cashback_id, p.after_sequence)) is true
"""
_ONE: Final[LiteralString] = f"""{_CHANGES}
    and e.cashback_id = %(cashback_id)s and e.sequence = %(sequence)s
"""
"""Whatever the endpoint is told of: who names one means it."""

_SINCE: Final[LiteralString] = f"""{_CHANGES}
    and e.at >= %(since)s
    and (%(types)s::text[] is null or 'cashback.' || e.to_status = any (%(types)s))
    limit %(limit)s
"""


async def queue(change: ShelfAct[Webhook], message_id: str) -> WebhookDelivery:
    """Have a test sent, once the endpoint rests no more. Raises RolledBack while one waits."""
    waiting = await change.execute(
        """
        select from webhook_messages
        where merchant_id = %(merchant_id)s and webhook_id = %(key)s
            and due_at is not null and position is null
        limit 1
        """
    )
    if waiting:
        raise RolledBack(InUse(reason="test_waits"))
    rows = await change.execute(
        """
        insert into webhook_messages (merchant_id, webhook_id, message_id, attempts, due_at)
        values (%(merchant_id)s, %(key)s, %(id)s, 0, now())
        returning message_id, result, attempts, created_at, tried_at, due_at, status, reason
        """,
        id=message_id,
    )
    return _delivery(rows[0])


async def resend(change: ShelfAct[Webhook], wanted: Resend) -> Resent | ResendCountChanged:
    """Count what is meant, or make it due. Raises RolledBack for more than MAX_RESENT."""
    cashback_id, sequence = wanted.change or (None, None)
    meant = _SINCE if wanted.change is None else _ONE
    values = {
        "cashback_id": cashback_id,
        "sequence": sequence,
        "since": wanted.since,
        "types": change.row["types"],
        "limit": MAX_RESENT + 1,
    }
    await change.execute(PLANNED_AS_WRITTEN)
    counted = await change.execute(
        f"select count(*) from ({meant}) as meant",  # noqa: S608 (made of literals)
        **values,
    )
    count = int(counted[0][0])
    if count > MAX_RESENT:
        raise RolledBack(InUse(reason="too_many_to_resend", values={"limit": str(MAX_RESENT)}))
    if wanted.expect is None:
        return Resent(count=count, done=False)
    if wanted.expect != count:
        return ResendCountChanged(count=count)
    await change.execute(
        f"""
        insert into webhook_messages (merchant_id, webhook_id, message_id, position, cashback_id,
            sequence, attempts, due_at)
        select %(merchant_id)s, %(key)s, meant.cashback_id || '.' || meant.sequence,
            meant.position, meant.cashback_id, meant.sequence, 0, now()
        from ({meant}) as meant
        on conflict (merchant_id, webhook_id, message_id) do update set
            result = 'waiting', attempts = 0, created_at = now(), due_at = now(), ended_at = null
        """,  # noqa: S608 (made of literals)
        **values,
    )
    await _wake(change)
    return Resent(count=count, done=True)


async def _wake(change: ShelfAct[Webhook]) -> None:
    """Try an endpoint that rests: somebody has a reason to believe that it is back."""
    await change.execute(
        """
        update webhook_progress set rests_until = null
        where merchant_id = %(merchant_id)s and webhook_id = %(key)s
        """
    )


def _delivery(row: tuple[Any, ...]) -> WebhookDelivery:
    id_, result, attempts, created_at, tried_at, due_at, status, reason = row
    return WebhookDelivery(
        id=id_,
        result=DeliveryResult(result),
        attempts=attempts,
        created_at=created_at,
        tried_at=tried_at,
        due_at=due_at,
        status=status,
        reason=reason,
    )


DELIVERIES: Final = Shelf(
    select="""
        select d.message_id, d.result, d.attempts, d.created_at, d.tried_at, d.due_at, d.status,
            d.reason
        from webhook_messages as d
        where d.merchant_id = %(merchant_id)s and d.webhook_id = %(webhook_id)s
            and (%(result)s::text is null or d.result = %(result)s)
        """,
    read=_delivery,
    orders={"created_at": Column(sql="d.created_at", type="timestamptz")},
    key=Column(sql="d.message_id", type='text collate "C"'),
)
