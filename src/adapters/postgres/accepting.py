"""Recording a group of sales inside one transaction: names first, then customers, then the rest.

Everybody takes names in key order and customers after names, so groups of several processes wait
for one another but never in a circle.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from psycopg import AsyncCursor

from adapters.postgres.rows import RECORD, Row, record
from cashback_core.content import fingerprint
from cashback_core.delivery import Status
from cashback_core.identity import new_id
from cashback_core.money import format_exact
from cashback_core.names import NameDifference, same_person
from cashback_core.ports import (
    Acceptance,
    Accepted,
    CustomerNameMismatch,
    NameKind,
    NameTaken,
    NotRecorded,
    Submission,
)
from cashback_core.record import Record, Standing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

Cursor = AsyncCursor[Row]

_encoder: Final = msgspec.json.Encoder()


def encode(rows: list[dict[str, Any]]) -> str:
    """A whole group as one jsonb parameter: far cheaper for the client than lists of values."""
    return _encoder.encode(rows).decode()


async def accept_group(
    cursor: Cursor, submissions: Sequence[Submission]
) -> dict[UUID, Acceptance | None]:
    """What became of each submission, by its id, once the transaction commits.

    None: it lost a name to a neighbour that was itself refused, or its customer was erased or
    deleted that very moment; it is to be tried again.
    """
    names = {s.id: _names(s) for s in submissions}
    won, paused = await _take_names(cursor, submissions, names)
    if paused:  # nobody is to send: everything stays pending, for the workers
        submissions = [replace(s, lease_s=None) for s in submissions]
    lost = {
        s.id: kind for s in submissions if (kind := _first_lost(names[s.id], won.get(s.id, set())))
    }
    new = {s.id for s in submissions if s.replay_only and s.id not in lost}
    contenders = [s for s in submissions if s.id not in lost and s.id not in new]
    known = await _meet_customers(cursor, contenders)
    other = {s.id for s in contenders if _is_another(known[s.id], s)}
    mismatched = {
        s.id: known[s.id] is not None
        for s in contenders
        if known[s.id] is None or (s.id in other and s.name_difference is NameDifference.REFUSE)
    }
    accepted = [s for s in contenders if s.id not in mismatched]
    kept = {s.id for s in accepted}
    if refused := [s for s in submissions if s.id not in kept]:
        await _free_names(cursor, refused, names)
        # A content that a refused neighbour held until now belongs to who was accepted with it.
        await _take_names(cursor, accepted, names)
    result: dict[UUID, Acceptance | None] = {
        id_: CustomerNameMismatch() if there else None for id_, there in mismatched.items()
    }
    result |= dict.fromkeys(new, NotRecorded())
    if accepted:
        accepted_at = await _insert(cursor, accepted, other)
        result |= {
            s.id: Accepted(_new_record(s, accepted_at, name_differs=s.id in other))
            for s in accepted
        }
    if lost:
        losers = [s for s in submissions if s.id in lost]
        result |= await _owners(cursor, losers, names, lost)
    return result


def _names(submission: Submission) -> dict[NameKind, str]:
    """What names a sale; its content does too, and one without any other name needs that."""
    names: dict[NameKind, str] = {}
    if submission.idempotency_key is not None:
        names[NameKind.IDEMPOTENCY_KEY] = submission.idempotency_key
    if submission.sale.sale_id is not None:
        names[NameKind.SALE_ID] = submission.sale.sale_id
    names[NameKind.CONTENT] = fingerprint(submission.sale)
    return names


def _first_lost(names: dict[NameKind, str], won: set[NameKind]) -> NameKind | None:
    needed: list[NameKind] = [k for k in names if k is not NameKind.CONTENT]
    return next((kind for kind in needed or [NameKind.CONTENT] if kind not in won), None)


async def _take_names(
    cursor: Cursor, submissions: Sequence[Submission], names: dict[UUID, dict[NameKind, str]]
) -> tuple[dict[UUID, set[NameKind]], bool]:
    """Which names each submission won, and whether the sender is paused."""
    await cursor.execute(
        # The unique key decides: whoever comes second, here or in another process, waits for the
        # first to commit and gets nothing back.
        """
        insert into sale_names (merchant_id, kind, name, cashback_id)
        select m, k, n, c
        from jsonb_to_recordset(%s::jsonb) as i (m bigint, k text, n text, c uuid)
        order by m, k, n
        on conflict do nothing
        returning cashback_id, kind, exists (select from sender where paused_at is not null)
        """,
        [encode(_name_rows(submissions, names))],
        binary=True,
    )
    won: dict[UUID, set[NameKind]] = {}
    sender_paused = False
    for cashback_id, kind, paused in await cursor.fetchall():
        won.setdefault(cashback_id, set()).add(NameKind(kind))
        sender_paused = sender_paused or paused
    return won, sender_paused


async def _free_names(
    cursor: Cursor,
    refused: Sequence[Submission],
    names: dict[UUID, dict[NameKind, str]],
) -> None:
    """Only accepted sales use up a name; these were taken a moment ago by this transaction."""
    await cursor.execute(
        """
        delete from sale_names as n
        using jsonb_to_recordset(%s::jsonb) as i (m bigint, k text, n text, c uuid)
        where n.merchant_id = i.m and n.kind = i.k and n.name = i.n and n.cashback_id = i.c
        """,
        [encode(_name_rows(refused, names))],
    )


def _name_rows(
    submissions: Sequence[Submission], names: dict[UUID, dict[NameKind, str]]
) -> list[dict[str, Any]]:
    return [
        {"m": s.merchant_id, "k": kind, "n": name, "c": s.id}
        for s in submissions
        for kind, name in names[s.id].items()
    ]


async def _meet_customers(
    cursor: Cursor, submissions: Sequence[Submission]
) -> dict[UUID, str | None]:
    """Make unknown customers known; the name that each submission's customer is known by.

    None: the customer was erased at this very moment; the sale is to be tried again.
    """
    if not submissions:
        return {}
    given = {
        (s.merchant_id, str(s.sale.customer.document)): s.sale.customer.name
        for s in reversed(submissions)
    }
    rows = encode([{"m": m, "d": d, "n": name, "i": new_id()} for (m, d), name in given.items()])
    await cursor.execute(
        """
        insert into customers (merchant_id, document, customer_id, name)
        select m, d, i, n
        from jsonb_to_recordset(%s::jsonb) as r (m bigint, d text, i uuid, n text)
        order by m, d
        on conflict do nothing
        """,
        [rows],
    )
    # A statement of its own: in the same one, the loser of a race would not see the winner's row.
    # Locked as the sale's foreign key will lock it: who erases or deletes waits, or we find nobody.
    await cursor.execute(
        """
        select c.merchant_id, c.document, c.name
        from jsonb_to_recordset(%s::jsonb) as i (m bigint, d text)
        join customers as c on c.merchant_id = i.m and c.document = i.d
        order by i.m, i.d
        for key share of c
        """,
        [rows],
    )
    known = {(m, d): name for m, d, name in await cursor.fetchall()}
    return {s.id: known.get((s.merchant_id, str(s.sale.customer.document))) for s in submissions}


def _is_another(known: str | None, submission: Submission) -> bool:
    return known is not None and not same_person(known, submission.sale.customer.name)


async def _insert(
    cursor: Cursor, submissions: Sequence[Submission], other: Collection[UUID]
) -> datetime:
    """Write sales, lines, cashbacks, events and first attempts; the instant of all of them.

    Those in `other` have another name than their customer.
    """
    await cursor.execute(
        """
        with input as materialized (
            select * from jsonb_to_recordset(%s::jsonb) as i (
                m bigint, c uuid, sale_id text, key text, sold_at timestamptz, document text,
                name text, total bigint, discount bigint, cashback bigint, rounding text,
                exact text, raw text, status text, lease_s double precision, lines jsonb,
                submitted_by text, differs boolean
            )
        ), new_sales as (
            insert into sales (
                merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,
                total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at,
                submitted_by, name_differs
            )
            select m, c, sale_id, key, sold_at, document, name, total, discount, rounding, exact,
                decode(raw, 'base64'), now(), submitted_by, differs
            from input
        ), new_lines as (
            insert into sale_lines (
                merchant_id, cashback_id, position, type, sku, value_centavos, qty_thousandths,
                discount_centavos, rate_bp, rate_version, exact, cashback_centavos
            )
            select input.m, input.c, l.p, l.t, l.s, l.v, l.q, l.d, l.r, l.rv, l.e, l.c
            from input, jsonb_to_recordset(input.lines) as l (
                p smallint, t text, s text, v bigint, q bigint, d bigint, r integer, rv integer,
                e text, c bigint
            )
        ), new_cashbacks as (
            insert into cashbacks (
                merchant_id, cashback_id, status, version, attempt, cashback_centavos,
                accepted_at, open_since_at, due_at, lease_until_at
            )
            select m, c, status, case status when 'sending' then 2 else 1 end,
                case status when 'sending' then 1 else 0 end, cashback, now(), now(),
                case status when 'pending' then now() end,
                case status when 'sending' then now() + make_interval(secs => lease_s) end
            from input
        ), new_events as (
            insert into events (
                merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
                reason
            )
            select m, c, 1, now(), 'api', null,
                case status when 'sending' then 'pending' else status end, 0, 'accepted'
            from input
            union all
            select m, c, 2, now(), 'api', 'pending', 'sending', 1, 'first attempt'
            from input where status = 'sending'
        ), new_attempts as (
            insert into attempts (
                merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at
            )
            select m, c, 1, 'api', now(), now() + make_interval(secs => lease_s)
            from input where status = 'sending'
        )
        select now()
        """,
        [encode([_row(s, name_differs=s.id in other) for s in submissions])],
        binary=True,
    )
    row = await cursor.fetchone()
    assert row is not None
    accepted_at: datetime = row[0]
    return accepted_at


def _row(submission: Submission, *, name_differs: bool) -> dict[str, Any]:
    sale, cashback = submission.sale, submission.cashback
    return {
        "m": submission.merchant_id,
        "c": submission.id,
        "sale_id": sale.sale_id,
        "key": submission.idempotency_key,
        "sold_at": sale.sold_at,
        "document": str(sale.customer.document),
        "name": sale.customer.name,
        "total": sale.total_centavos,
        "discount": sale.discount_centavos,
        "cashback": cashback.cashback_centavos,
        "rounding": cashback.rounding,
        "exact": format_exact(cashback.exact_centavos),
        "raw": b64encode(submission.raw_body).decode(),
        "status": _first_status(submission),
        "lease_s": submission.lease_s,
        "submitted_by": submission.submitted_by,
        "differs": name_differs,
        "lines": [
            {
                "p": position,
                "t": line.type,
                "s": line.sku,
                "v": line.value_centavos,
                "q": line.qty_thousandths,
                "d": line.discount_centavos,
                "r": earned.rate_bp,
                "rv": earned.rate_version,
                "e": format_exact(earned.exact_centavos),
                "c": earned.cashback_centavos,
            }
            for position, (line, earned) in enumerate(zip(sale.lines, cashback.lines, strict=True))
        ],
    }


def _first_status(submission: Submission) -> Status:
    if submission.cashback.cashback_centavos == 0:
        return Status.NOT_DUE
    return Status.PENDING if submission.lease_s is None else Status.SENDING


def _new_record(submission: Submission, accepted_at: datetime, *, name_differs: bool) -> Record:
    status = _first_status(submission)
    return Record(
        id=submission.id,
        merchant_id=submission.merchant_id,
        sale=submission.sale,
        cashback=submission.cashback,
        accepted_at=accepted_at,
        standing=Standing(status=status, attempt=1 if status is Status.SENDING else 0),
        name_differs=name_differs,
    )


async def _owners(
    cursor: Cursor,
    losers: Sequence[Submission],
    names: dict[UUID, dict[NameKind, str]],
    lost: dict[UUID, NameKind],
) -> dict[UUID, Acceptance | None]:
    """The records that own the names that were lost."""
    rows = [
        {"i": s.id, "m": s.merchant_id, "k": lost[s.id], "n": names[s.id][lost[s.id]]}
        for s in losers
    ]
    await cursor.execute(
        """
        select i.i, n.merchant_id, n.cashback_id
        from jsonb_to_recordset(%s::jsonb) as i (i uuid, m bigint, k text, n text)
        join sale_names as n on n.merchant_id = i.m and n.kind = i.k and n.name = i.n
        """,
        [encode(rows)],
    )
    owner = {loser: (m, c) for loser, m, c in await cursor.fetchall()}
    await cursor.execute(
        RECORD + " where s.merchant_id = any(%s) and s.cashback_id = any(%s)",
        [list({m for m, _ in owner.values()}), list({c for _, c in owner.values()})],
    )
    records = {(r.merchant_id, r.id): r for r in map(record, await cursor.fetchall())}
    return {
        s.id: NameTaken(lost[s.id], records[owner[s.id]]) if s.id in owner else None for s in losers
    }
