"""Plants one fault in production code, from outside, before the gateway starts.

Each of these was somebody's honest design once. The checks must see what it does to the money.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

import psycopg

from adapters.cashback_client import transport
from adapters.cashback_client.answer import AnswerReader
from adapters.postgres.cashbacks import transactions
from adapters.postgres.connection import durability, sessions
from adapters.postgres.delivery import leases
from cashback_core.delivery import deliverer as delivering
from cashback_core.delivery import evidence
from cashback_core.delivery.evidence import Evidence, NeverSent, Outcome, Phase, Unknown
from cashback_core.reconciliation import windows
from chaos.closing_badly import CLOSING_BADLY
from chaos.old_readings import OLD_READINGS
from chaos.replacing import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from adapters.postgres.connection.one_call import OneCall, Row
    from adapters.postgres.sales.acceptance import Cursor
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.reconciliation import Margin

# pyright: reportPrivateUsage=false


def resend_on_unknown() -> None:
    """An uncertain answer is taken for "never sent"."""

    def careless(seen: Evidence, *, document: str, cashback_centavos: int) -> Outcome:
        outcome = evidence.classify(seen, document=document, cashback_centavos=cashback_centavos)
        return NeverSent() if isinstance(outcome, Unknown) else outcome

    replace(delivering, "classify", careless)


def resend_in_transport() -> None:
    """The transport sends a request again when the connection broke, as client libraries do."""
    call = transport.EvidenceTransport.call

    async def habitual(self: transport.EvidenceTransport, request: bytes) -> Evidence:
        seen = await call(self, request)
        broken = seen.phase is Phase.SENT and seen.reason != "deadline"
        return await call(self, request) if broken else seen

    replace(transport.EvidenceTransport, "call", habitual)


def reaper_requeues() -> None:
    """A lease that ran out sends the cashback back to the queue, as job queues do."""

    async def requeue(cursor: Cursor, *, limit: int) -> int:
        await cursor.execute(
            """
            with late as materialized (
                select merchant_id, cashback_id from cashbacks
                where status = 'sending' and lease_until_at < now()
                order by lease_until_at
                limit %(limit)s
                for no key update skip locked
            ), moved as (
                update cashbacks as c set
                    status = 'pending', version = c.version + 1, lease_until_at = null,
                    due_at = now()
                from late
                where c.merchant_id = late.merchant_id and c.cashback_id = late.cashback_id
                returning c.merchant_id, c.cashback_id, c.version, c.attempt
            )
            insert into events (
                merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
                reason
            )
            select merchant_id, cashback_id, version, now(), 'worker', 'sending', 'pending',
                attempt, 'the lease ran out'
            from moved
            """,
            {"limit": limit},
        )
        return cursor.rowcount

    replace(leases, "reap", requeue)


def acknowledge_unknown_commit() -> None:
    """A commit whose answer was lost counts as done."""
    end = psycopg.AsyncTransaction.__aexit__
    commit = transactions.commit
    call = transactions.call

    async def hopeful(
        self: psycopg.AsyncTransaction,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            return await end(self, kind, error, traceback)
        except psycopg.OperationalError:
            if error is not None:
                raise
            return False

    async def hopeful_commit(connection: psycopg.AsyncConnection) -> int:
        try:
            return await commit(connection)
        except psycopg.OperationalError:
            return 0

    async def hopeful_call(quickly: OneCall, *values: bytes | None) -> tuple[Row, int]:
        try:
            return await call(quickly, *values)
        except psycopg.OperationalError:
            since_2000 = datetime.now(UTC) - datetime(2000, 1, 1, tzinfo=UTC)
            now = (since_2000 // timedelta(microseconds=1)).to_bytes(8, "big")
            all_of_them = (now, None, None)
            return all_of_them[: len(values) // 2], 0  # of sales three columns, of results two

    replace(psycopg.AsyncTransaction, "__aexit__", hopeful)
    replace(transactions, "commit", hopeful_commit)
    replace(transactions, "call", hopeful_call)


def synchronous_commit_off() -> None:
    """Commits are answered before they are on disk, and nobody checks it."""
    replace(durability, "UNSAFE", frozenset[str]())
    limits = cast("dict[str, str]", sessions.LIMITS)
    replace(sessions, "LIMITS", {**limits, "synchronous_commit": "off"})


def status_lost_with_broken_body() -> None:
    """Reading the body fails, and the status that came before it is forgotten."""
    honest = cast("property", AnswerReader.status_code)

    def forgetful(self: AnswerReader) -> int | None:
        return None if self.fault else cast("int | None", honest.__get__(self))

    replace(AnswerReader, "status_code", property(forgetful))


def absence_without_margin() -> None:
    """The settler takes for absent what may still be on its way."""

    def hasty(_: Margin, started_at: datetime, policy: DeliveryPolicy) -> datetime:
        del policy
        return started_at

    replace(windows.Margin, "after", hasty)


PLANTS: Final[Mapping[str, Callable[[], None]]] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        resend_on_unknown,
        resend_in_transport,
        reaper_requeues,
        acknowledge_unknown_commit,
        synchronous_commit_off,
        status_lost_with_broken_body,
        absence_without_margin,
        *OLD_READINGS,
        *CLOSING_BADLY,
    )
}
"""Every mutant by its name."""
