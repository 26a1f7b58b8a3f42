"""Keeping a close with its key and the figures of its day, or nothing; and word of the round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psycopg.errors import IntegrityConstraintViolation, UniqueViolation
from psycopg.types.json import Jsonb

from cashback_core.closing.kept import ACCOUNT
from cashback_core.closing.keys import key_id
from cashback_core.closing.store import AlreadyClosed, FormerKey, NotVerified

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.kept import KeptClose


FIGURES_S: Final = 600
"""How long the figures of one day may take: half a minute for 180,000 sales on a busy machine."""


async def keep(connection: AsyncConnection[Any], kept: KeptClose, public_key: bytes) -> None:
    """Store it, the key, and the day's figures, or nothing; raises as `Closing.keep` does."""
    if key_id(public_key) != kept.key:
        raise ValueError("a close is kept with the key that it names")
    try:
        async with connection.transaction():
            if kept.owner != ACCOUNT:  # first, and for long: the transaction has no number yet
                await connection.execute(
                    "select set_config('statement_timeout', %s, true)", [f"{FIGURES_S}s"]
                )
                await connection.execute(
                    "select keep_day_figures("
                    "%(merchant)s, %(day)s, %(begins)s, %(ends)s, %(below)s)",
                    {
                        "merchant": kept.owner.merchant_id,
                        "day": kept.day,
                        "begins": kept.begins_at,
                        "ends": kept.ends_at,
                        "below": kept.below,
                    },
                )
            await connection.execute(
                "insert into close_keys (key_id, public_key, from_at) values (%s, %s, %s)"
                " on conflict do nothing",
                [kept.key, public_key, kept.closed_at],
            )
            await connection.execute(
                """
                insert into closes (
                    merchant_id, number, day, begins_at, ends_at, below, closed_at, key_id, hash,
                    previous, document, lines, late
                )
                values (
                    %(merchant)s, %(number)s, %(day)s, %(begins)s, %(ends)s, %(below)s, %(at)s,
                    %(key)s, decode(%(hash)s, 'hex'), decode(%(previous)s, 'hex'), %(document)s,
                    %(lines)s, %(late)s
                )
                """,
                {
                    "merchant": kept.owner.merchant_id,
                    "number": kept.number,
                    "day": kept.day,
                    "begins": kept.begins_at,
                    "ends": kept.ends_at,
                    "below": kept.below,
                    "at": kept.closed_at,
                    "key": kept.key,
                    "hash": kept.hash,
                    "previous": kept.previous,
                    "document": kept.document,
                    "lines": kept.lines,
                    "late": kept.late,
                },
            )
    except UniqueViolation as error:
        raise AlreadyClosed(f"{kept.owner.name}, {kept.day}") from error
    except IntegrityConstraintViolation as error:
        if error.diag.constraint_name == "closes_have_the_present_key":
            raise FormerKey(kept.key) from error
        if error.diag.constraint_name == "closes_are_in_their_time":
            raise NotVerified(error.diag.message_primary) from error
        if error.diag.constraint_name != "closes_follow":
            raise
        raise AlreadyClosed(f"{kept.owner.name}, {kept.day}") from error


async def tell(connection: AsyncConnection[Any], found: ClosedRound) -> None:
    """Leave word of a round."""
    await connection.execute(
        "insert into closing_round (behind, waits_for, strange, failed)"
        " values (%(behind)s, %(waits_for)s, %(strange)s, %(failed)s)"
        " on conflict (only_one) do update set told_at = now(), behind = excluded.behind,"
        " waits_for = excluded.waits_for, strange = excluded.strange, failed = excluded.failed",
        {
            "behind": found.behind,
            "waits_for": list(found.waits_for),
            "strange": Jsonb(dict(found.strange)),
            "failed": Jsonb(dict(found.failed)),
        },
    )
