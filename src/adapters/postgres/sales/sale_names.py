"""The names of a group of sales: taken, looked up, judged one after the other, and put right.

A name is taken before anything is known of its sale. What is refused after all, and what turns out
to be a sale that is recorded, gives it back in the same transaction: no sale was written under it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from psycopg import AsyncCursor

from adapters.postgres.sales.records import (
    ONE,
    RECORD,
    Row,
    one,
    payments_of,
    place_of,
    record,
)
from cashback_core.sales.content import Particulars
from cashback_core.sales.erased import ERASED
from cashback_core.sales.same_sale import (
    Alike,
    EqualRefused,
    Meaning,
    Name,
    NameKind,
    NewSale,
    Owner,
    Repeat,
    compared,
    may_be_refused_as_equal,
    may_read,
    names_of,
    which_sale,
)
from cashback_core.values.access_keys import holds_buyer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cashback_core.delivery.record import Record
    from cashback_core.intake.acceptance import Submission
    from cashback_core.privacy.seals import Seal

Cursor = AsyncCursor[Row]
Key = tuple[int, NameKind, str]
"""The primary key of `sale_names`."""

_encoder: Final = msgspec.json.Encoder()


def encode(rows: list[dict[str, Any]]) -> str:
    """A whole group as one jsonb parameter: far cheaper for the client than lists of values."""
    return encoded(rows).decode()


def encoded(rows: Sequence[dict[str, Any]]) -> bytes:
    """The same, as it goes over the wire."""
    return _encoder.encode(rows)


@dataclass(slots=True)
class GroupNames:
    """What is known of the names that a group of submissions tells."""

    submissions: Sequence[Submission]
    seal: Seal | None = None
    told: dict[UUID, tuple[Name, ...]] = field(default_factory=dict[UUID, tuple[Name, ...]])
    first: dict[Key, UUID] = field(default_factory=dict[Key, UUID])
    """Whoever of the group told a name first: the one that it is taken for."""
    taken: set[Key] = field(default_factory=set[Key])
    """Those that were nobody's."""
    owners: dict[Key, Owner] = field(default_factory=dict[Key, Owner])
    """The recorded sales that the others belong to; and those of customers who are erased."""
    records: dict[UUID, Record] = field(default_factory=dict[UUID, "Record"])
    """Those of them that somebody may be told of."""
    sealed: dict[Key, Key] = field(default_factory=dict["Key", "Key"])
    """What names may be once their customer was erased, and what they were."""

    def __post_init__(self) -> None:
        for s in self.submissions:
            names = names_of(s.sale, s.idempotency_key, numbers=s.numbers)
            self.told[s.id] = names
            for kind, name in names:
                self.first.setdefault((s.merchant_id, kind, name), s.id)
        self.sealed = sealed_names(self.first, self.seal)

    @property
    def anothers(self) -> list[Key]:
        """The names that were somebody's already."""
        return [key for key in self.first if key not in self.taken]

    async def take(self, cursor: Cursor) -> tuple[bool, bool]:
        """Take what is nobody's, and read whose the others are.

        Whether the sender is paused, and whether any brake stands.
        """
        looked = await _take(cursor, self)
        wanted = {key: key for key in self.anothers}
        if wanted or looked.known:  # what was erased since they were looked for is found now
            wanted |= self.sealed
        readers: Readers = self._readers() if wanted else {}
        found = await read_owners(cursor, wanted, readers)
        contested = self._contested(found.by_name)
        if contested:  # seldom: nobody else pays for it
            await _lock_contents(cursor, contested)
            found = await read_owners(cursor, wanted, readers)
        self.owners, self.records = found.by_name, found.records
        return looked.paused, looked.braked

    def _contested(self, owners: Mapping[Key, Owner]) -> set[Key]:
        """Of what is told without a known key or sale id: the content that another sale owns.

        Whether it is that sale or one beside it rests on everything that is alike to it. What is
        another sale by its own names alone waits for nobody: of two at once that have one content
        it is as if it had come first, or last, and it may miss the mark that they are equal.
        """
        contested: set[Key] = set()
        for s in self.submissions:
            told = self.told[s.id]
            if not may_be_refused_as_equal(told, equal_content=s.equal_content):
                continue
            known = {key for name in told if (key := (s.merchant_id, *name)) in owners}
            if known and all(kind is NameKind.CONTENT for _, kind, _ in known):
                contested |= known
        return contested

    def _readers(self) -> Readers:
        readers: defaultdict[Key, set[str | None]] = defaultdict(set)
        for s in self.submissions:
            for kind, name in compared(self.told[s.id]):
                readers[s.merchant_id, kind, name].add(s.reads_only)
        return readers

    @property
    def unmet(self) -> list[Key]:
        """Sealed names that nobody had when names were taken."""
        return [key for key, plain in self.sealed.items() if plain not in self.owners]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a submission means, and which neighbours in its group that rests on."""

    meaning: Meaning
    rests_on: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Owned:
    owner: Owner
    by: frozenset[UUID] = frozenset()
    """The submissions of this group that made it the owner, or are alike to it."""

    def with_alike(self, s: Submission) -> _Owned:
        alike = Alike(id=s.id, group=s.comes_under, told=Particulars.of(s.sale))
        return _Owned(self.owner.with_alike(alike), self.by | {s.id})


def judge(names: GroupNames) -> dict[UUID, Judged]:
    """What each submission means, as if they had come one after the other.

    None of those whose name was somebody's and is nobody's any more: they are to be tried again.
    """
    owned = {key: _Owned(owner) for key, owner in names.owners.items()}
    vanished = {key for key in names.anothers if key not in owned}
    judged: dict[UUID, Judged] = {}
    for s in names.submissions:
        keys = {name: (s.merchant_id, *name) for name in names.told[s.id]}
        if vanished and not vanished.isdisjoint(keys.values()):
            continue
        known = {name: owned[key] for name, key in keys.items() if key in owned}
        meaning = which_sale(
            s.sale,
            names.told[s.id],
            {name: each.owner for name, each in known.items()},
            equal_content=s.equal_content,
            reads_only=s.reads_only,
        )
        judged[s.id] = Judged(
            meaning, frozenset[UUID]().union(*(each.by for each in known.values()))
        )
        if isinstance(meaning, NewSale) and not s.replay_only:
            _own(owned, keys.values(), s, meaning)
        elif isinstance(meaning, Repeat) and meaning.further_name is not None:
            owner = next(each.owner for each in known.values() if each.owner.id == meaning.id)
            owned[keys[meaning.further_name]] = _Owned(owner, frozenset({s.id}))
    return judged


async def read_equal(cursor: Cursor, names: GroupNames, judged: Mapping[UUID, Judged]) -> None:
    """Read the records that refused submissions are equal to: of what is alike, these alone."""
    own = {s.id for s in names.submissions}
    equal = {
        (s.merchant_id, meaning.id)
        for s in names.submissions
        if s.id in judged and isinstance(meaning := judged[s.id].meaning, EqualRefused)
    }
    wanted = {key for key in equal if key[1] not in own and key[1] not in names.records}
    names.records |= await _read_records(cursor, wanted)


def _own(
    owned: dict[Key, _Owned], keys: Iterable[Key], submission: Submission, meaning: NewSale
) -> None:
    """Note what a new sale of the group owns from now on, and to which ones it is alike."""
    owner = Owner(
        submission.id,
        submission.sale,
        submission.comes_under,
        meaning.same_content_as,
        alike_to=meaning.alike_to,
    )
    for key in keys:
        each = owned.setdefault(key, _Owned(owner, frozenset({submission.id})))
        if each.owner.id in meaning.alike_to:
            owned[key] = each.with_alike(submission)


def sealed_names(names: Iterable[Key], seal: Seal | None) -> dict[Key, Key]:
    """What each name became if its customer was erased and it told; nothing without the key."""
    if seal is None:
        return {}
    return {
        (merchant_id, kind, seal(name)): (merchant_id, kind, name)
        for merchant_id, kind, name in names
    }


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was seen beside taking names."""

    paused: bool
    braked: bool
    known: list[Key]
    """Sealed names that somebody has."""


async def _take(cursor: Cursor, names: GroupNames) -> _Looked:
    """Take what is nobody's, and see what is to be seen with it.

    Brakes are looked for once, by keys: merchants without one are asked nothing more.
    """
    await cursor.execute(
        # The unique key decides: whoever comes second waits for the first to commit and gets
        # nothing back. Everybody takes names in key order. What is sealed is looked for name by
        # name: no plan may read the table instead.
        """
        with taken as (
            insert into sale_names (merchant_id, kind, name, cashback_id)
            select m, k, n, c
            from jsonb_to_recordset(%(names)s::jsonb) as i (m bigint, k text, n text, c uuid)
            order by m, k, n
            on conflict do nothing
            returning merchant_id, kind, name
        )
        select merchant_id, kind, name, false,
            exists (select from sender where paused_at is not null),
            exists (
                select from stops as t
                where t.merchant_id = any(%(merchants)s) and t.lifted_at is null
            ) or exists (
                select from merchants as m
                where m.merchant_id = any(%(merchants)s)
                    and num_nonnulls(m.max_cashback_centavos, m.max_day_centavos) > 0
            )
        from taken
        union all
        select i.m, i.k, i.n, true, false, false
        from jsonb_to_recordset(%(sealed)s::jsonb) as i (m bigint, k text, n text)
        where (
            select true from sale_names as s
            where s.merchant_id = i.m and s.kind = i.k and s.name = i.n
        )
        """,
        {
            "names": encode(_rows(names.first)),
            "sealed": encode([{"m": m, "k": k, "n": n} for m, k, n in names.sealed]),
            "merchants": sorted({merchant_id for merchant_id, _, _ in names.first}),
        },
        binary=True,
    )
    paused = braked = False
    known: list[Key] = []
    for merchant_id, kind, name, sealed, sender_paused, brakes_stand in await cursor.fetchall():
        key = (merchant_id, NameKind(kind), name)
        if sealed:
            known.append(key)
        else:
            names.taken.add(key)
        paused, braked = paused or sender_paused, braked or brakes_stand
    return _Looked(paused=paused, braked=braked, known=known)


async def _lock_contents(cursor: Cursor, keys: Collection[Key]) -> None:
    """Hold these contents until the commit: whoever comes second sees what the first wrote.

    Only the first sale of a content is held off by the unique key; those alike to it have no name
    of their own, and each of two at once would miss the other. In the order of the locks, and after
    all names are taken: nobody who waits for a name has one. No lock of the row, which an erasure
    changes while it has the customer: it would wait for us, and we for the customer.
    """
    await cursor.execute(
        """
        select pg_advisory_xact_lock(i.lock)
        from (
            select distinct hashtextextended(n, m) as lock
            from jsonb_to_recordset(%s::jsonb) as r (m bigint, n text)
            order by 1
        ) as i
        """,
        [encode([{"m": m, "n": n} for m, _, n in keys])],
    )


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose names are, and the records of those that somebody who asks may have to be told of."""

    by_name: dict[Key, Owner] = field(default_factory=dict["Key", "Owner"])
    records: dict[UUID, Record] = field(default_factory=dict[UUID, "Record"])


Readers = Mapping[Key, Collection[str | None]]
"""For each name the groups that those may read who compare with its owner; None reads all."""


async def read_owners(cursor: Cursor, keys: Mapping[Key, Key], readers: Readers) -> Owners:
    """Whom names belong to, by what `keys` calls them; one of nobody's is left out.

    Of whom nobody may read only the id, the group and what a content name does not say are read:
    how long it takes tells nothing else.
    """
    if not keys:
        return Owners()
    # A statement of its own, after the one that waited for the winner of a race. Sale by sale: no
    # plan may read the table instead.
    await cursor.execute(
        """
        select n.merchant_id, n.kind, n.name, n.cashback_id, s.came_under, s.same_content_as,
            s.alike_to, s.also_alike_to, s.sold_at, s.sold_at_wall, s.store, s.till, s.series,
            s.payments,
            case when n.kind = 'content' then (
                select jsonb_agg(
                    jsonb_build_array(
                        a.cashback_id, coalesce(a.came_under, a.submitted_by), a.sold_at,
                        a.sold_at_wall, a.store, a.till, a.series, a.payments
                    )
                    order by a.accepted_at, a.cashback_id
                )
                from (
                    select l.* from sales as l where l.alike_to = n.cashback_id
                    union all
                    select l.* from sales as l where l.also_alike_to = n.cashback_id
                ) as a
                where a.merchant_id + 0 = n.merchant_id
            ) end
        from jsonb_to_recordset(%s::jsonb) as i (m bigint, k text, n text)
        join sale_names as n on n.merchant_id = i.m and n.kind = i.k and n.name = i.n
        cross join lateral (
            select coalesce(s.came_under, s.submitted_by) as came_under, s.same_content_as,
                s.alike_to, s.also_alike_to, s.sold_at, s.sold_at_wall, s.store, s.till, s.series,
                s.payments
            from sales as s
            where s.merchant_id = n.merchant_id and s.cashback_id = n.cashback_id
            limit 1
        ) as s
        """,
        [encode([{"m": m, "k": k, "n": n} for m, k, n in keys])],
    )
    owners = {
        keys[m, NameKind(kind), name]: _owner(row)
        for m, kind, name, *row in await cursor.fetchall()
    }
    records = await _read_records(
        cursor,
        {
            (key[0], owner.id)
            for key, owner in owners.items()
            if any(may_read(reads_only, owner.group) for reads_only in readers.get(key, ()))
        },
    )
    return Owners(
        {
            key: replace(owner, sale=records[owner.id].sale) if owner.id in records else owner
            for key, owner in owners.items()
        },
        records,
    )


def _owner(row: list[Any]) -> Owner:
    id_, group, same_content_as, alike_to, also_alike_to, *told, alikes = row
    return Owner(
        id_,
        None,
        group,
        same_content_as,
        _told(*told),
        tuple(one for one in (alike_to, also_alike_to) if one is not None),
        tuple(map(_alike, alikes or ())),
    )


def _alike(row: list[Any]) -> Alike:
    id_, group, sold_at, wall, *told = row
    at_wall = None if wall is None else datetime.fromisoformat(wall)
    told_at = _told(datetime.fromisoformat(sold_at), at_wall, *told)
    return Alike(id=UUID(id_), group=group, told=told_at)


def _told(  # noqa: PLR0917 (columns)
    sold_at: datetime,
    sold_at_wall: datetime | None,
    store: str | None,
    till: str | None,
    series: str | None,
    payments: Sequence[tuple[str, int]] | None,
) -> Particulars:
    return Particulars(
        sold_at=sold_at,
        sold_at_wall=sold_at_wall,
        place=place_of(store, till, series),
        payments=payments_of(payments),
    )


async def _read_records(cursor: Cursor, ids: Collection[tuple[int, UUID]]) -> dict[UUID, Record]:
    if not ids:
        return {}
    await cursor.execute(
        RECORD + " where s.merchant_id = any(%s) and s.cashback_id = any(%s)",
        [list({m for m, _ in ids}), list({c for _, c in ids})],
    )
    return {r.id: r for r in map(record, await cursor.fetchall())}


async def put_right(cursor: Cursor, names: GroupNames, owners: Mapping[Key, UUID]) -> None:
    """Of the names taken leave each to its owner, and what has none to nobody.

    They were taken a moment ago by this very transaction, for a sale that is not written.
    """
    wrong = {key: names.first[key] for key in names.taken if owners.get(key) != names.first[key]}
    if not wrong:
        return
    await cursor.execute(
        """
        delete from sale_names as n
        using jsonb_to_recordset(%s::jsonb) as i (m bigint, k text, n text, c uuid)
        where n.merchant_id = i.m and n.kind = i.k and n.name = i.n
            and (n.cashback_id = i.c) is true  -- found by its key, and by no other index
        """,
        [encode(_rows(wrong))],
    )
    erased = {r.id for r in names.records.values() if r.sale.customer == ERASED}
    sealed = {plain: key for key, plain in names.sealed.items()} if erased else {}
    right = {
        # What is told of an erased sale now is kept as the erasure would have left it.
        sealed.get(key, key) if owners[key] in erased else key: owners[key]
        for key in wrong
        if key in owners
    }
    if right:
        await cursor.execute(
            """
            insert into sale_names (merchant_id, kind, name, cashback_id)
            select m, k, n, c
            from jsonb_to_recordset(%s::jsonb) as i (m bigint, k text, n text, c uuid)
            order by m, k, n
            on conflict do nothing  -- sealed by whoever told it first
            """,
            [encode(_rows(right))],
        )


async def find_same_request(
    cursor: Cursor,
    merchant_id: int,
    raw_body: bytes,
    *,
    idempotency_key: str | None,
    sale_id: str | None,
    group: str | None = None,
) -> Record | None:
    """The record of this very request, byte for byte, under one of these names.

    Found by the sale id, it goes by the key from the commit on, unless that tells who bought;
    whoever took the key meanwhile has it, and the record is this request's all the same. With
    `group` only if it came under that one.
    """
    await cursor.execute(
        # The key decides: what it names is this request, or nothing is. What was erased or is no
        # longer kept is equal to no request.
        """
        with known as (
            select n.cashback_id, n.kind from sale_names as n
            where n.merchant_id = %(m)s and n.kind = 'idempotency_key' and n.name = %(key)s
            union all
            select n.cashback_id, n.kind from sale_names as n
            where n.merchant_id = %(m)s and n.kind = 'sale_id' and n.name = %(sale_id)s
        )
        select s.cashback_id, (select count(*) from known where kind = 'idempotency_key')
        from sales as s
        where s.merchant_id = %(m)s
            and s.cashback_id = (select cashback_id from known order by kind limit 1)
            and (%(group)s::text is null or coalesce(s.came_under, s.submitted_by) = %(group)s)
            and s.raw_body = %(raw)s
        """,
        {
            "m": merchant_id,
            "key": idempotency_key,
            "sale_id": sale_id,
            "group": group,
            "raw": raw_body,
        },
    )
    found = await cursor.fetchone()
    if found is None:
        return None
    cashback_id, key_known = found
    await cursor.execute(ONE, one(merchant_id, cashback_id))
    row = await cursor.fetchone()
    if row is None:
        return None
    same = record(row)
    # What intake refuses as a name is none, whatever it comes with.
    if (
        idempotency_key is not None
        and not key_known
        and not holds_buyer(idempotency_key, same.sale.document)
    ):
        await cursor.execute(
            "insert into sale_names (merchant_id, kind, name, cashback_id)"
            " values (%s, 'idempotency_key', %s, %s) on conflict do nothing",
            [merchant_id, idempotency_key, cashback_id],
        )
    return same


def owners_of(
    names: GroupNames, judged: Mapping[UUID, Judged], recorded: Iterable[Submission]
) -> dict[Key, UUID]:
    """Whose each name is that was taken: of the recorded ones, first come, and of what they repeat.

    `judged` are those alone that are not to be tried again.
    """
    new = {s.id for s in recorded}
    owners: dict[Key, UUID] = {}
    for s in names.submissions:
        meaning = judged[s.id].meaning if s.id in judged else None
        if s.id in new:
            for kind, name in names.told[s.id]:
                key = (s.merchant_id, kind, name)
                if key not in names.owners:  # an erased customer's, who has it sealed
                    owners.setdefault(key, s.id)
        elif isinstance(meaning, Repeat) and meaning.further_name is not None:
            owners.setdefault((s.merchant_id, *meaning.further_name), meaning.id)
    return owners


def _rows(owners: Mapping[Key, UUID]) -> list[dict[str, Any]]:
    return [{"m": m, "k": k, "n": n, "c": c} for (m, k, n), c in owners.items()]
