"""Recording a group of sales inside one transaction: names first, then customers, then the rest.

Everybody takes names in key order and customers after names, so groups of several processes wait
for one another but never in a circle.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from adapters.postgres.sales.brakes import Brakes, ToBePaid, put_brakes_on, read_brakes
from adapters.postgres.sales.refused_equals import note_refused
from adapters.postgres.sales.sale_names import (
    Cursor,
    GroupNames,
    Key,
    encode,
    judge,
    owners_of,
    put_right,
    read_equal,
)
from cashback_core.delivery.brakes import AS_HISTORY, HELD, REASONS, TO_BE_CONFIRMED
from cashback_core.delivery.record import Record, Standing
from cashback_core.delivery.states import Status
from cashback_core.delivery.waits import Waiting, Why
from cashback_core.intake.acceptance import (
    Acceptance,
    Accepted,
    Collided,
    ContentTaken,
    CustomerNameMismatch,
    NameTaken,
    NotRecorded,
    Repeated,
    Submission,
)
from cashback_core.intake.known_names import fits
from cashback_core.sales.same_sale import (
    Collision,
    Contradiction,
    EqualRefused,
    Meaning,
    NewSale,
    Repeat,
)
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.documents import store_document
from cashback_core.values.ids import new_id
from cashback_core.values.money import format_exact
from cashback_core.values.names import NameDifference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from adapters.postgres.sales.sale_names import Judged
    from cashback_core.delivery.brakes import WaitsFor
    from cashback_core.privacy.seals import Seal
    from cashback_core.sales.calculation import LineCashback
    from cashback_core.sales.sale import Customer, Line, Sale

__all__ = ["Cursor", "JustErased", "accept_group", "encode"]


class JustErased(Exception):  # noqa: N818 (named by what is wrong)
    """While names were taken a customer was erased whose they are: all is to be undone."""


async def accept_group(
    cursor: Cursor, submissions: Sequence[Submission], seal: Seal | None = None
) -> dict[UUID, Acceptance | None]:
    """What became of each submission, by its id, once the transaction commits.

    None: what it means rests on a neighbour that was itself refused, or its customer was erased or
    deleted that very moment; it is to be tried again. The first of a group rests on nobody, so
    there is an end to it. Raises JustErased.
    """
    names = GroupNames(submissions, seal)
    paused, braked = await names.take(cursor)
    brakes = await read_brakes(cursor, submissions) if braked else Brakes()
    if paused:  # nobody is to send: everything stays pending, for the workers
        submissions = [replace(s, lease_s=None) for s in submissions]
    judged = judge(names)
    await read_equal(cursor, names, judged)
    contenders = [s for s in submissions if _is_new(s, judged)]
    told = [
        _Told(s, customer)
        for s in contenders
        if (customer := s.sale.customer) is not None  # nobody is met, and has no other name
    ]
    known = await _meet_customers(cursor, told, names.unmet)
    other = {t.submission.id for t in told if _is_another(known[t.submission.id], t)}
    other |= await _told_in_part(cursor, told, known)
    mismatched = {
        s.id: known[s.id] is not None
        for s in (t.submission for t in told)
        if known[s.id] is None or (s.id in other and s.name_difference is NameDifference.REFUSE)
    }
    settled = _settled(submissions, judged, mismatched)
    accepted = [s for s in contenders if s.id in settled and s.id not in mismatched]
    await put_right(cursor, names, owners_of(names, settled, accepted))
    records = dict(names.records)
    if accepted:
        meanings = {s.id: settled[s.id].meaning for s in accepted}
        await put_brakes_on(cursor, brakes, (ToBePaid.of(s) for s in accepted if s.asks_brakes))
        accepted_at = await _insert(cursor, accepted, meanings, other, brakes)
        records |= {
            s.id: new_record(s, accepted_at, meanings[s.id], brakes, name_differs=s.id in other)
            for s in accepted
        }
    await note_refused(
        cursor,
        [
            (s, judgement.meaning)
            for s in submissions
            if (judgement := settled.get(s.id)) is not None
            and isinstance(judgement.meaning, EqualRefused | Collision)
        ],
    )
    return {
        s.id: _acceptance(s, settled[s.id].meaning, records)
        if s.id in settled and mismatched.get(s.id, True)
        else None
        for s in submissions
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """A submission that tells who bought."""

    submission: Submission
    customer: Customer

    @property
    def key(self) -> tuple[int, str]:
        return self.submission.merchant_id, store_document(self.customer.document)


def _is_new(submission: Submission, judged: Mapping[UUID, Judged]) -> bool:
    return (
        submission.id in judged
        and isinstance(judged[submission.id].meaning, NewSale)
        and not submission.replay_only
    )


def _settled(
    submissions: Sequence[Submission],
    judged: Mapping[UUID, Judged],
    mismatched: Mapping[UUID, bool],
) -> dict[UUID, Judged]:
    """Those whose meaning rests on nobody who was refused, or is to be tried again."""
    settled: dict[UUID, Judged] = {}
    unsound: set[UUID] = set(mismatched)
    for s in submissions:
        judgement = judged.get(s.id)
        if judgement is not None and unsound.isdisjoint(judgement.rests_on):
            settled[s.id] = judgement
        else:
            unsound.add(s.id)
    return settled


def _acceptance(
    submission: Submission,
    meaning: Meaning,
    records: Mapping[UUID, Record],
) -> Acceptance:
    match meaning:
        case Repeat(id_):
            return Repeated(records[id_])
        case Contradiction(id_, kind, differences):
            return NameTaken(kind, records[id_], differences)
        case EqualRefused(id_):
            return ContentTaken(records[id_])
        case Collision(_, kind):
            return Collided(kind)
        case NewSale():
            if submission.id in records:
                return Accepted(records[submission.id])
            return NotRecorded() if submission.replay_only else CustomerNameMismatch()
        case _:
            assert_never(meaning)


async def _meet_customers(
    cursor: Cursor, told: Sequence[_Told], unmet: Sequence[Key]
) -> dict[UUID, str | None]:
    """Make unknown customers known; the name that each submission's customer is known by.

    None: the customer was erased at this very moment; the sale is to be tried again. Raises
    JustErased when somebody has one of the `unmet` sealed names by now.
    """
    if not told:
        return {}
    given = {t.key: t.customer.name for t in reversed(told)}
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
        select c.merchant_id, c.document, c.name, exists (
            -- An erasure that the taking of its names waited for is seen here alone.
            select from jsonb_to_recordset(%s::jsonb) as u (m bigint, k text, n text)
            where (
                select true from sale_names as s
                where s.merchant_id = u.m and s.kind = u.k and s.name = u.n
            )
        )
        from jsonb_to_recordset(%s::jsonb) as i (m bigint, d text)
        join customers as c on c.merchant_id = i.m and c.document = i.d
        order by i.m, i.d
        for key share of c
        """,
        [encode([{"m": m, "k": k, "n": n} for m, k, n in unmet]), rows],
    )
    met = await cursor.fetchall()
    if any(erased for *_, erased in met):
        raise JustErased
    known = {(m, d): name for m, d, name, _ in met}
    return {t.submission.id: known.get(t.key) for t in told}


def _is_another(known: str | None, told: _Told) -> bool:
    return known is not None and not fits(known, told.customer)


async def _told_in_part(
    cursor: Cursor, told: Sequence[_Told], known: Mapping[UUID, str | None]
) -> set[UUID]:
    """Of those that must tell whole names: who tells another, of a customer whom others named.

    A neighbour of the same group counts where the quick way committed it before, and here not.
    """
    doubtful = [
        {
            "i": s.id,
            "m": s.merchant_id,
            "d": store_document(t.customer.document),
            "n": name,
            "g": s.reads_only,
        }
        for t in told
        if (s := t.submission).whole_names
        and (name := known[s.id]) is not None
        and not fits(name, t.customer, whole=True)
    ]
    if not doubtful:  # nearly always: nobody pays a statement for it
        return set()
    await cursor.execute(
        """
        select i.i
        from jsonb_to_recordset(%s::jsonb) as i (i uuid, m bigint, d text, n text, g text)
        where not exists (
            select from sales as s
            where s.merchant_id = i.m and s.document = i.d and s.name = i.n
                and coalesce(s.came_under, s.submitted_by) = i.g
            limit 1
        )
        """,
        [encode(doubtful)],
    )
    return {id_ for (id_,) in await cursor.fetchall()}


async def _insert(
    cursor: Cursor,
    submissions: Sequence[Submission],
    meanings: Mapping[UUID, Meaning],
    other: Collection[UUID],
    brakes: Brakes,
) -> datetime:
    """Write sales, lines, cashbacks, events and first attempts; the instant of all of them.

    Those in `other` have another name than their customer. Columns are those of `write_sales` (see
    migration 0014), by which the quick way writes, too.
    """
    rows = [sale_row(s, meanings[s.id], brakes, name_differs=s.id in other) for s in submissions]
    await cursor.execute("select write_sales(%s::jsonb)", [encode(rows)], binary=True)
    row = await cursor.fetchone()
    assert row is not None
    accepted_at: datetime = row[0]
    return accepted_at


def sale_row(
    submission: Submission, meaning: Meaning, brakes: Brakes, *, name_differs: bool
) -> dict[str, Any]:
    """What `write_sales` reads of a sale; what is left out is null."""
    sale, cashback, customer = submission.sale, submission.cashback, submission.sale.customer
    return {
        "m": submission.merchant_id,
        "c": submission.id,
        "sale_id": sale.sale_id,
        "key": submission.idempotency_key,
        "sold_at": sale.sold_at,
        "wall": sale.sold_at_wall,
        "equal_to": _same_content_as(meaning),
        "document": None if customer is None else store_document(customer.document),
        "name": None if customer is None else customer.name,
        "total": sale.total_centavos,
        "discount": sale.discount_centavos,
        "cashback": cashback.cashback_centavos,
        "rounding": cashback.rounding,
        "exact": format_exact(cashback.exact_centavos),
        "raw": b64encode(submission.raw_body).decode(),
        "status": _first_status(submission, brakes),
        "waits": _first_reason(submission, brakes),
        "lease_s": submission.lease_s,
        "confirm_s": None
        if (within := submission.confirm_within) is None
        else within.total_seconds(),
        "submitted_by": submission.submitted_by,
        # What is most sales' goes without saying: to be recorded it would cost each of them bytes.
        "came_under": None if submission.group == submission.submitted_by else submission.group,
        "differs": name_differs,
        "nothing_due": cashback.nothing_due,
        "lines": [
            _line(position, line, earned)
            for position, (line, earned) in enumerate(zip(sale.lines, cashback.lines, strict=True))
        ],
        **_seldom(sale, surcharge_earns=cashback.surcharge_earns),
        **dict(zip(("alike_to", "also"), _alike_to(meaning), strict=False)),
    }


def _line(position: int, line: Line, earned: LineCashback) -> dict[str, Any]:
    row: dict[str, Any] = {
        "p": position,
        "t": line.type,
        "v": line.value_e10,
        "q": line.qty_e4,
        "a": line.amount_centavos,
        "d": line.discount_centavos,
        "r": earned.rate_bp,
        "rv": earned.rate_version,
        "e": earned.exact.text,
        "c": earned.cashback_centavos,
    }
    # What is left out is null.
    if line.sku is not None:
        row["s"] = line.sku
    if line.surcharge_centavos:
        row["sc"] = line.surcharge_centavos
    if line.difference_centavos:
        row["df"] = line.difference_centavos
    if earned.excluded:
        row["x"] = True
    return row


def _seldom(sale: Sale, *, surcharge_earns: bool) -> dict[str, Any]:
    """What most sales do not tell, where one does; what is left out is null."""
    place = sale.place
    key = None if sale.sale_id is None else AccessKey.parse(sale.sale_id)
    told: dict[str, Any] = {
        "surcharge": sale.surcharge_centavos or None,
        "difference": sale.difference_centavos or None,
        "surcharge_earns": surcharge_earns or None,
        "payments": [[part.kind, part.value_centavos] for part in sale.payments] or None,
        "store": place.store,
        "till": place.till,
        "series": place.series,
        "cashier": sale.cashier,
        "metadata": dict(sale.metadata) or None,
        "later": sale.confirm_later or None,
    }
    if key is not None:
        told |= {
            "i_cnpj": key.cnpj,
            "i_month": key.month,
            "i_series": key.series,
            "i_number": key.number,
        }
    return {name: value for name, value in told.items() if value is not None}


def _same_content_as(meaning: Meaning) -> UUID | None:
    return meaning.same_content_as if isinstance(meaning, NewSale) else None


def _alike_to(meaning: Meaning) -> tuple[UUID, ...]:
    return meaning.alike_to if isinstance(meaning, NewSale) else ()


def _first_status(submission: Submission, brakes: Brakes) -> Status:
    if submission.cashback.cashback_centavos == 0:
        return Status.NOT_DUE
    if submission.as_recorded:
        return Status.RECORDED
    if submission.is_unconfirmed:
        return Status.UNCONFIRMED
    waits = brakes.waits.get(submission.id)
    if waits is not None:
        return Status.HELD if waits in HELD else Status.PENDING
    return Status.PENDING if submission.lease_s is None else Status.SENDING


def _first_reason(submission: Submission, brakes: Brakes) -> str | None:
    """What the first event says; None: that it was accepted."""
    match _first_status(submission, brakes):
        case Status.UNCONFIRMED:
            return TO_BE_CONFIRMED
        case Status.RECORDED:
            return AS_HISTORY
        case _:
            waits = brakes.waits.get(submission.id)
            return None if waits is None else REASONS[waits]


def new_record(
    submission: Submission,
    accepted_at: datetime,
    meaning: Meaning,
    brakes: Brakes,
    *,
    name_differs: bool,
) -> Record:
    """The record of a sale that was just accepted."""
    status = _first_status(submission, brakes)
    waits = brakes.waits.get(submission.id)
    return Record(
        id=submission.id,
        merchant_id=submission.merchant_id,
        sale=submission.sale,
        cashback=submission.cashback,
        accepted_at=accepted_at,
        standing=Standing(status=status, attempt=1 if status is Status.SENDING else 0),
        same_content_as=_same_content_as(meaning),
        name_differs=name_differs,
        submitted_by=submission.submitted_by,
        group=submission.comes_under,
        equal_group=meaning.equal_group if isinstance(meaning, NewSale) else None,
        waiting=_first_wait(submission, accepted_at, waits),
    )


def _first_wait(
    submission: Submission, accepted_at: datetime, waits: WaitsFor | None
) -> Waiting | None:
    if submission.is_unconfirmed and submission.confirm_within is not None:
        until_at = accepted_at + submission.confirm_within
        return Waiting(why=Why.CONFIRMATION, since_at=accepted_at, until_at=until_at)
    return None if waits is None else Waiting(why=waits, since_at=accepted_at)
