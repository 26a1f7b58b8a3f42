"""What is to be sent to endpoints, and what came of it: leases, so that two never send the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.database import SENDING_WEBHOOKS
from cashback_core.changes.changes import FeedPosition
from cashback_core.values.ids import new_id
from cashback_core.webhooks.endpoints import KEPT
from cashback_core.webhooks.policy import Health
from cashback_core.webhooks.sending import Kept, Lease, WebhookOutbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.connection.database import Database
    from cashback_core.webhooks.sending import Round, Sent

MAX_REASON_CHARS: Final = 200
MAX_DROPS: Final = 100
"""Most statements by which one call drops what ended."""

_DROP: Final[LiteralString] = """
    with old as materialized (
        select merchant_id, webhook_id, message_id from webhook_messages
        where ended_at < now() - %(kept)s
        order by ended_at limit %(limit)s for update skip locked
    )
    delete from webhook_messages as d using old as o
    where d.merchant_id = o.merchant_id and d.webhook_id = o.webhook_id
        and d.message_id = o.message_id and d.ended_at is not null
"""


class PostgresWebhookOutbox(WebhookOutbox):
    """Each method one transaction, over connections that nothing else uses."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(SENDING_WEBHOOKS)

    async def lease(self, *, limit: int, of_one: int, lease_s: float) -> tuple[Lease, ...]:
        """See WebhookOutbox."""
        async with self._pool.connection() as connection:
            found = await connection.execute(
                # Skip locked: another worker is taking it, or storing what came of its round.
                # Whether the feed goes on is asked of one place of an index; what is not readable
                # yet makes a round that finds nothing.
                """
                with free as materialized (
                    select p.merchant_id, p.webhook_id, p.served_at,
                        row_number() over (partition by p.merchant_id order by p.served_at) + (
                            select count(*) from webhook_progress as b
                            where b.merchant_id = p.merchant_id
                                and b.leased_until > clock_timestamp()
                        ) as place
                    from webhook_progress as p
                    join webhooks as w using (merchant_id, webhook_id)
                    join merchants as m using (merchant_id)
                    where w.disabled_at is null and m.disabled_at is null
                        and (p.leased_until is null or p.leased_until <= clock_timestamp())
                        and (p.rests_until is null or p.rests_until <= clock_timestamp())
                        and (
                            exists (
                                select from webhook_messages as d
                                where d.merchant_id = p.merchant_id
                                    and d.webhook_id = p.webhook_id and d.due_at <= now()
                            )
                            or exists (
                                select from events as e
                                where e.merchant_id = p.merchant_id
                                    and (e.position, e.cashback_id, e.sequence)
                                    > (p.after_position, p.after_cashback_id, p.after_sequence)
                                    and e.position >= p.after_position  -- what its index can use
                            )
                        )
                ),
                taken as materialized (
                    select p.merchant_id, p.webhook_id
                    from free as f
                    join webhook_progress as p using (merchant_id, webhook_id)
                    where f.place <= %(of_one)s
                        and (p.leased_until is null or p.leased_until <= clock_timestamp())
                    order by f.place, f.served_at
                    limit %(limit)s
                    for no key update of p skip locked
                )
                update webhook_progress as p
                set token = %(token)s, served_at = clock_timestamp(),
                    leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
                from taken as f
                join webhooks as w using (merchant_id, webhook_id)
                where p.merchant_id = f.merchant_id and p.webhook_id = f.webhook_id
                returning p.merchant_id, p.webhook_id, w.version, w.url, w.types, w.secret_id,
                    case when w.former_ends_at > clock_timestamp() then w.former_secret_id end,
                    p.after_position, p.after_cashback_id, p.after_sequence,
                    p.failures, p.failing_since, p.rests_until,
                    (
                        select count(*) from webhook_messages as d
                        where d.merchant_id = p.merchant_id and d.webhook_id = p.webhook_id
                            and d.due_at is not null and d.position is not null
                    )
                """,
                {
                    "limit": limit,
                    "of_one": of_one,
                    "lease_s": lease_s,
                    "token": (token := new_id()),
                },
            )
            rows = await found.fetchall()
        return tuple(_lease(row, token) for row in rows)

    async def due(self, lease: Lease, *, limit: int) -> tuple[Kept, ...]:
        """See WebhookOutbox."""
        async with self._pool.connection() as connection:
            found = await connection.execute(
                """
                select message_id, attempts, position, cashback_id, sequence, created_at
                from webhook_messages
                where merchant_id = %(merchant)s and webhook_id = %(webhook)s and due_at <= now()
                order by due_at, message_id
                limit %(limit)s
                """,
                {**_of(lease), "limit": limit},
            )
            rows = await found.fetchall()
        return tuple(
            Kept(
                id=id_,
                attempts=attempts,
                at=None if position is None else FeedPosition(
                    position=position, cashback_id=cashback_id, sequence=sequence
                ),
                created_at=created_at,
            )
            for id_, attempts, position, cashback_id, sequence, created_at in rows
        )  # fmt: skip

    async def conclude(self, lease: Lease, ended: Round) -> bool:
        """See WebhookOutbox."""
        async with self._pool.connection() as connection, connection.transaction():
            # First the endpoint, as whoever administers it does: neither then waits for the other.
            found = await connection.execute(
                """
                select version from webhooks
                where merchant_id = %(merchant)s and webhook_id = %(webhook)s
                for no key update
                """,
                _of(lease),
            )
            row = await found.fetchone()
            if row is None:
                return False
            same = row[0] == lease.version
            if not await _move(connection, lease, ended, same=same):
                return False
            await _keep(connection, lease, ended.sent)
            if same and ended.disable is not None:
                await connection.execute("select set_config('cashback.actor', 'worker', true)")
                await connection.execute(
                    """
                    update webhooks set disabled_at = clock_timestamp(), disabled_because = %(why)s,
                        version = version + 1, updated_at = now()
                    where merchant_id = %(merchant)s and webhook_id = %(webhook)s
                        and disabled_at is null
                    """,
                    {**_of(lease), "why": ended.disable.value},
                )
        return True

    async def release(self, lease: Lease) -> None:
        """See WebhookOutbox."""
        async with self._pool.connection() as connection:
            await connection.execute(
                """
                update webhook_progress set token = null, leased_until = null
                where merchant_id = %(merchant)s and webhook_id = %(webhook)s
                    and token = %(token)s
                """,
                {**_of(lease), "token": lease.token},
            )

    async def stands(self, lease: Lease) -> bool:
        """See WebhookOutbox."""
        async with self._pool.connection() as connection:
            found = await connection.execute(
                """
                select from webhook_progress as p
                join webhooks as w using (merchant_id, webhook_id)
                join merchants as m using (merchant_id)
                where p.merchant_id = %(merchant)s and p.webhook_id = %(webhook)s
                    and p.token = %(token)s and w.version = %(version)s
                    and w.disabled_at is null and m.disabled_at is null
                """,
                {**_of(lease), "token": lease.token, "version": lease.version},
            )
            return await found.fetchone() is not None

    async def drop_ended(self, *, limit: int) -> int:
        """See WebhookOutbox: so many at a time until none is left, each a transaction."""
        dropped = 0
        for _ in range(MAX_DROPS):
            async with self._pool.connection() as connection:
                done = await connection.execute(_DROP, {"kept": KEPT, "limit": limit})
            dropped += done.rowcount
            if done.rowcount < limit:
                break
        return dropped


async def _move(connection: Any, lease: Lease, ended: Round, *, same: bool) -> bool:
    """Let the endpoint go, further on in the feed; its health is stored only if it is the `same`.

    False if it is not held by this lease: whoever lost it has lost.
    """
    answers = [each.answer for each in ended.sent if each.answer is not None]
    failed = [answer for answer in answers if not answer.delivered]
    moved = await connection.execute(
        """
        update webhook_progress
        set after_position = %(position)s, after_cashback_id = %(cashback)s,
            after_sequence = %(sequence)s,
            failures = case when %(same)s then %(failures)s else failures end,
            failing_since = case when %(same)s then %(failing_since)s else failing_since end,
            rests_until = case when %(same)s then %(rests_until)s else rests_until end,
            delivered_at = case when %(delivered)s then now() else delivered_at end,
            last_failure = coalesce(%(last_failure)s, last_failure),
            token = null, leased_until = null
        where merchant_id = %(merchant)s and webhook_id = %(webhook)s and token = %(token)s
        """,
        {
            **_of(lease),
            "token": lease.token,
            "same": same,
            "position": ended.after.position,
            "cashback": ended.after.cashback_id,
            "sequence": ended.after.sequence,
            "failures": ended.health.failures,
            "failing_since": ended.health.failing_since,
            "rests_until": ended.health.rests_until,
            "delivered": len(failed) < len(answers),
            "last_failure": _told(failed[-1].status, failed[-1].reason) if failed else None,
        },
    )
    return bool(moved.rowcount == 1)


async def _keep(connection: Any, lease: Lease, sent: Sequence[Sent]) -> None:
    """Keep what failed for another attempt, and what became of what was kept."""
    rows = [
        {
            **_of(lease),
            "id": each.id,
            "position": None if each.at is None else each.at.position,
            "cashback": None if each.at is None else each.at.cashback_id,
            "sequence": None if each.at is None else each.at.sequence,
            "result": "delivered"
            if each.delivered
            else "given_up" if each.due_at is None else "waiting",
            "attempts": each.attempts,
            "due_at": each.due_at,
            "tried": each.answer is not None,
            "status": None if each.answer is None else each.answer.status,
            "reason": (each.answer and each.answer.reason[:MAX_REASON_CHARS]) or None,
        }
        for each in sent
        if each.was_kept or not each.delivered
    ]  # fmt: skip
    if not rows:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            insert into webhook_messages (merchant_id, webhook_id, message_id, position,
                cashback_id, sequence, result, attempts, tried_at, due_at, ended_at, status, reason)
            values (%(merchant)s, %(webhook)s, %(id)s, %(position)s, %(cashback)s, %(sequence)s,
                %(result)s, %(attempts)s, case when %(tried)s then now() end, %(due_at)s,
                case when %(due_at)s::timestamptz is null then now() end, %(status)s, %(reason)s)
            on conflict (merchant_id, webhook_id, message_id) do update set
                result = excluded.result, attempts = excluded.attempts,
                tried_at = excluded.tried_at, due_at = excluded.due_at,
                ended_at = excluded.ended_at, status = excluded.status, reason = excluded.reason
            """,
            rows,
        )


def _of(lease: Lease) -> dict[str, Any]:
    return {"merchant": lease.merchant_id, "webhook": lease.webhook_id}


def _told(status: int | None, reason: str) -> str:
    told = reason if status is None else f"{status} {reason}".rstrip()
    return told[:MAX_REASON_CHARS] or "no answer"


def _lease(row: tuple[Any, ...], token: Any) -> Lease:
    (
        merchant_id, webhook_id, version, url, types, secret_id, former_id,
        position, cashback_id, sequence, failures, failing_since, rests_until, waiting,
    ) = row  # fmt: skip
    return Lease(
        token=token,
        webhook_id=webhook_id,
        merchant_id=merchant_id,
        version=version,
        url=url,
        types=frozenset(types or ()),
        secrets=(secret_id,) if former_id is None else (secret_id, former_id),
        after=FeedPosition(position=position, cashback_id=cashback_id, sequence=sequence),
        health=Health(failures=failures, failing_since=failing_since, rests_until=rests_until),
        waiting=waiting,
    )
