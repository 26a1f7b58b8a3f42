"""Recording a group of attempts' ends inside one transaction: lock, decide purely, store once."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from adapters.postgres.sales.acceptance import Cursor, encode
from adapters.postgres.sales.records import standing
from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    Outcome,
    OwnError,
    ProviderAnswer,
    Refused,
    RefusedForNow,
    Unknown,
    read_answer,
)
from cashback_core.delivery.record import Standing
from cashback_core.delivery.states import (
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Ended,
    Status,
    conclude,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from cashback_core.delivery.leases import AttemptResult


@dataclass(frozen=True, slots=True)
class Locked:
    """Somebody else is moving the cashback at this moment."""


async def conclude_group(
    cursor: Cursor, results: Sequence[AttemptResult], policy: DeliveryPolicy
) -> dict[UUID, Standing | Locked]:
    """Where each cashback stands once the transaction commits; no entry for an unknown attempt.

    Locked: somebody else holds the cashback, and the result is to be tried again.

    At most one result for each cashback. A result that is recorded already changes nothing.
    """
    by_id = {r.claim.id: r for r in results}
    rows: list[dict[str, Any]] = []
    standings: dict[UUID, Standing | Locked] = {}
    locked = await _lock(cursor, results)
    erased = await _erased(cursor, [by_id[row[0]] for row in locked if row[1] != Status.SENDING])
    for row in locked:
        cashback_id, status, version, attempt, open_since_at, *rest = row
        applied_at, recorded, own_errors, now, *answer = rest
        before = standing(status, attempt, applied_at, answer)
        standings[cashback_id] = before
        if recorded:
            continue
        result = by_id[cashback_id]
        if cashback_id in erased:
            result = _without_texts(result)
        delivery = Delivery(
            status=Status(status),
            attempt=attempt,
            open_since_at=open_since_at,
            paused=await _paused(cursor, result, open_since_at, now, policy),
            own_errors=own_errors,
        )
        conclusion = conclude(delivery, ended(result, now), policy)
        answered = read_answer(result.evidence)
        rows.append(
            result_row(result, answered, conclusion, delivery, version) | {"after": applied_at}
        )
        latest = result.claim.attempt == attempt and applied_at is None
        standings[cashback_id] = _after(
            before, answered if latest else before.provider, conclusion, now
        )
    if rows:
        await _store(cursor, rows)
    if missing := [r for r in results if r.claim.id not in standings]:
        standings |= dict.fromkeys(await _recorded(cursor, missing), Locked())
    return standings


async def _lock(cursor: Cursor, results: Sequence[AttemptResult]) -> list[tuple[Any, ...]]:
    await cursor.execute(
        # The attempt is locked too, so that nobody concludes it twice. Nobody is waited for: the
        # settler or an operator may hold one cashback, and all others must go on.
        """
        select c.cashback_id, c.status, c.version, c.attempt, c.open_since_at, c.applied_at,
            mine.result is not null,
            case when i.a > 1 then (
                select count(*) from attempts as o
                where o.merchant_id = i.m and o.cashback_id = i.c and o.result = 'own_error'
                    and o.started_at >= c.open_since_at
            ) else 0 end,
            now(),
            latest.status_code, latest.provider_id, latest.provider_message,
            latest.provider_created_at
        from jsonb_to_recordset(%s::jsonb)
            as i (m bigint, c uuid, a integer, d text, s timestamptz)
        join cashbacks as c on c.merchant_id = i.m and c.cashback_id = i.c
        join attempts as mine  -- not somebody else's attempt of the same number
            on mine.merchant_id = i.m and mine.cashback_id = i.c and mine.attempt = i.a
                and mine.deliverer = i.d and (i.s is null or mine.started_at = i.s)
        left join attempts as latest
            on latest.merchant_id = i.m and latest.cashback_id = i.c and latest.attempt = c.attempt
                and (c.applied_at is null or latest.ended_at <= c.applied_at)
        order by c.merchant_id, c.cashback_id
        for no key update of c, mine skip locked
        """,
        [encode(_claims(results))],
        binary=True,
    )
    return await cursor.fetchall()


async def _erased(cursor: Cursor, late: Sequence[AttemptResult]) -> set[UUID]:
    """Of what came late those whose customer is nobody by now.

    A statement of its own, after the one that locked: an erasure empties attempts, so either it
    waits for us and finds what we wrote, or we find what it did.
    """
    if not late:  # nearly always: nobody is erased while something is being sent
        return set()
    await cursor.execute(
        "select cashback_id from sales"
        " where merchant_id = any(%s) and cashback_id = any(%s) and is_pseudonym(document)",
        [list({r.claim.merchant_id for r in late}), [r.claim.id for r in late]],
    )
    return {cashback_id for (cashback_id,) in await cursor.fetchall()}


def _without_texts(result: AttemptResult) -> AttemptResult:
    """Nothing that the provider wrote, which tells whom it paid; what became of it stays."""
    outcome = result.outcome
    if isinstance(outcome, Unknown) and outcome.incident is not None:
        outcome = replace(outcome, incident="an answer after the erasure, whose text is not kept")
    evidence = replace(result.evidence, body=b"", reason="erased")
    return replace(result, outcome=outcome, evidence=evidence)


async def _paused(
    cursor: Cursor,
    result: AttemptResult,
    since: datetime,
    until: datetime,
    policy: DeliveryPolicy,
) -> timedelta:
    """How long of that time nothing was sent on purpose; asked only where it can decide."""
    may_give_up = isinstance(result.outcome, NeverSent | RefusedForNow)
    if not may_give_up or until - since < timedelta(seconds=policy.give_up_s):
        return timedelta(0)
    await cursor.execute(
        # Pauses of several processes overlap: their union counts. The sender's own is still open,
        # and so may be a stop.
        """
        with pauses as (
            select tstzrange(began_at, through_at) as span from sender_pauses
            where through_at > %(since)s
            union all
            select tstzrange(paused_at, now()) from sender where paused_at <= now()
            union all
            select tstzrange(t.stopped_at, coalesce(t.lifted_at, greatest(t.stopped_at, now())))
            from stops as t
            where t.merchant_id = %(m)s and coalesce(t.lifted_at, now()) > %(since)s and (
                t.type is null or exists (
                    select from sale_lines as l
                    where l.merchant_id = %(m)s and l.cashback_id = %(c)s and l.type = t.type
                )
            )
        )
        select coalesce(sum(upper(part) - lower(part)), interval '0')
        from (
            select unnest(range_agg(span * tstzrange(%(since)s, %(until)s))) as part from pauses
            where span && tstzrange(%(since)s, %(until)s)
        ) as parts
        """,
        {
            "since": since,
            "until": until,
            "m": result.claim.merchant_id,
            "c": result.claim.id,
        },
    )
    row = await cursor.fetchone()
    paused: timedelta = row[0] if row else timedelta(0)
    return paused


async def _recorded(cursor: Cursor, results: Sequence[AttemptResult]) -> list[UUID]:
    """Which of these attempts are recorded: what was not locked with the others is held."""
    await cursor.execute(
        """
        select t.cashback_id
        from jsonb_to_recordset(%s::jsonb)
            as i (m bigint, c uuid, a integer, d text, s timestamptz)
        join attempts as t on t.merchant_id = i.m and t.cashback_id = i.c and t.attempt = i.a
            and t.deliverer = i.d and (i.s is null or t.started_at = i.s)
        """,
        [encode(_claims(results))],
    )
    return [cashback_id for (cashback_id,) in await cursor.fetchall()]


def _claims(results: Sequence[AttemptResult]) -> list[dict[str, Any]]:
    return [
        {
            "m": r.claim.merchant_id,
            "c": r.claim.id,
            "a": r.claim.attempt,
            "d": r.deliverer,
            "s": r.claim.started_at,
        }
        for r in results
    ]


def ended(result: AttemptResult, now: datetime) -> Ended:
    """An end as the core reads it."""
    return Ended(
        attempt=result.claim.attempt,
        outcome=result.outcome,
        at=now,
        chance=result.chance,
        deliverer=result.deliverer,
    )


def _after(
    before: Standing, provider: ProviderAnswer | None, conclusion: Conclusion, now: datetime
) -> Standing:
    move = conclusion.move
    applied = move is not None and move.to is Status.APPLIED
    return Standing(
        status=before.status if move is None else move.to,
        attempt=before.attempt,
        applied_at=now if applied else before.applied_at,
        provider=provider,
    )


def result_row(
    result: AttemptResult,
    answer: ProviderAnswer | None,
    conclusion: Conclusion,
    before: Delivery,
    version: int,
) -> dict[str, Any]:
    """What `write_results` reads of an end; what is left out is null."""
    evidence, move = result.evidence, conclusion.move
    row: dict[str, Any] = {
        "m": result.claim.merchant_id,
        "c": result.claim.id,
        "a": result.claim.attempt,
        "v": version,
        "result": result_name(result.outcome),
        "phase": evidence.phase,
        "why": evidence.reason,
        "code": evidence.status_code,
        "body": b64encode(evidence.body).decode() if evidence.body else None,
        "connected": evidence.connected_s,
        "sent": evidence.sent_s,
        "elapsed": evidence.ended_s,
        "incident": conclusion.incident,
    }
    if answer is not None:
        row |= {"pid": answer.id, "message": answer.message, "created": answer.created_at}
    if move is not None:
        row |= {
            "was": before.status,
            "to": move.to,
            "actor": move.actor,
            "reason": move.reason,
            "due": move.due_at,
        }
    return row


async def _store(cursor: Cursor, rows: list[dict[str, Any]]) -> None:
    """By `write_results` (see migration 0014), by which the quick way writes, too."""
    await cursor.execute("select write_results(%s::jsonb)", [encode(rows)], binary=True)


def result_name(outcome: Outcome) -> str:  # noqa: PLR0911 (one for each outcome)
    """How the column `attempts.result` calls an outcome."""
    match outcome:
        case Applied():
            return "applied"
        case NeverSent():
            return "never_sent"
        case RefusedForNow():
            return "refused_for_now"
        case Refused():
            return "refused"
        case Misconfigured():
            return "misconfigured"
        case Unknown():
            return "unknown"
        case OwnError():
            return "own_error"
        case _:
            assert_never(outcome)
