"""What is closed stays: its bytes, its lines after an erasure, and its place in the chain."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation, IntegrityError

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing import lines as pages
from adapters.postgres.closing import persons
from adapters.postgres.closing.lines import LATE_LINES, LINES_IN_TIME, Cut
from adapters.postgres.closing.persons import name_persons
from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from cashback_core.closing.canonical import sha256_of
from cashback_core.closing.closing import CloseDays, ClosesAsked
from cashback_core.closing.persons import person_of
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.privacy.data_subjects import Erased, Erasure
from cashback_core.testing.memory_closes import MemoryNotes
from contract.builders import CREATED, a_cpf, a_sale, ended, leased
from contract.closing import SIGNER, body, file_of, lines
from integration.closing.days import as_owner, happened, known_since
from integration.privacy.test_privacy import customer_id
from integration.two_merchants import PLATFORM, SERVING, WORKER, session

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.closing.kept import KeptClose
    from cashback_core.values.documents import Cpf

_NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
_numbers = itertools.count(1)
WHY: Final = Erasure(by="user:adam", reason="they asked")

_LOOKS_FOR_A_NUMBER: Final = """
    create function figures_of_day(
        bigint, text, timestamptz, timestamptz, bigint, bigint, boolean, boolean
    ) returns table (
        hour smallint, type text, store text, client text, status text,
        sales bigint, not_due bigint, recorded bigint, accrued bigint, paid bigint,
        cancelled bigint, adjusted bigint, doubted bigint, tried bigint, accepted bigint,
        total_centavos bigint, accrued_centavos bigint, paid_centavos bigint,
        cancelled_centavos bigint, adjusted_centavos bigint, doubted_centavos bigint
    ) language plpgsql as $$
    begin
        return query select * from figures_made($1, $2, $3, $4, $5, $6, $7, $8);
        if pg_current_xact_id_if_assigned() is not null then
            raise exception 'a number is held meanwhile';
        end if;
    end $$
"""


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
def closes(database: Database) -> PostgresCloseStore:
    return PostgresCloseStore(database)


@pytest.fixture
def close_days(closes: PostgresCloseStore, dsn: str) -> CloseDays:
    known_since(dsn, 3)
    return CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes())


async def sold(
    store: PostgresCashbackStore, dsn: str, document: Cpf, *, days_ago: float = 2
) -> UUID:
    claim = await leased(store, a_sale(document=document, sale_id=str(next(_numbers))))
    await store.conclude(ended(claim, CREATED))
    happened(dsn, claim.id, days_ago=days_ago)
    return claim.id


async def with_lines(closes: PostgresCloseStore) -> KeptClose:
    found = [kept for kept in await closes.closes(1, limit=9) if kept.lines]
    assert len(found) == 1
    return found[0]


async def test_an_erasure_takes_the_salt_and_leaves_every_byte(
    store: PostgresCashbackStore, closes: PostgresCloseStore, close_days: CloseDays, dsn: str,
    database: Database,
) -> None:  # fmt: skip
    gone, stays = a_cpf(), a_cpf()
    for document in (gone, stays, gone):
        await sold(store, dsn, document)
    await close_days()
    kept = await with_lines(closes)
    before = await file_of(closes, kept)
    shown = await closes.disclosed(1, kept.day, str(gone))
    assert shown is not None
    theirs = [line for line in await lines(closes, kept) if line.person == shown.person]
    assert len(theirs) == 6
    assert shown.person == person_of(shown.salt, str(gone))

    privacy = PostgresPrivacyStore(database)
    assert isinstance(await privacy.erase(1, customer_id(dsn, str(gone)), WHY), Erased)
    with as_owner(dsn) as owner:
        owner.execute("update merchants set zone = 'Asia/Tokyo' where merchant_id = 1")
    assert await file_of(closes, kept) == before
    assert sha256_of(before) == body(kept)["lines"]["sha256"]
    assert await closes.disclosed(1, kept.day, str(gone)) is None
    assert await closes.disclosed(1, kept.day, str(stays)) is not None
    with psycopg.connect(dsn) as owner:
        salts = owner.execute("select salt from day_persons order by salt is null").fetchall()
    assert [salt is None for (salt,) in salts] == [False, True]


async def test_every_customer_has_a_salt_of_their_own_for_each_day(
    store: PostgresCashbackStore, close_days: CloseDays, dsn: str
) -> None:
    first, second = a_cpf(), a_cpf()
    for document, days_ago in ((first, 2), (second, 2), (first, 1)):
        await sold(store, dsn, document, days_ago=days_ago)
    await close_days()
    with psycopg.connect(dsn) as owner:
        found = owner.execute(
            "select salt, commitment, person_commitment(p.salt, c.document) = commitment,"
            " c.document from day_persons as p join customers as c using (merchant_id, customer_id)"
        ).fetchall()
    assert len({salt for salt, *_ in found}) == len({one for _, one, *_ in found}) == 3
    for salt, commitment, is_so, document in found:
        assert is_so
        assert bytes(commitment).hex() == person_of(bytes(salt), document)


async def test_whoever_is_nobody_before_the_close_is_nobody_in_it(
    store: PostgresCashbackStore, closes: PostgresCloseStore, close_days: CloseDays, dsn: str,
    database: Database,
) -> None:  # fmt: skip
    document = a_cpf()
    await sold(store, dsn, document)
    await PostgresPrivacyStore(database).erase(1, customer_id(dsn, str(document)), WHY)
    await close_days()
    kept = await with_lines(closes)
    assert {line.person for line in await lines(closes, kept)} == {None}


async def test_a_salt_is_made_of_nobody_whose_erasure_is_under_way(
    store: PostgresCashbackStore, close_days: CloseDays, closes: PostgresCloseStore, dsn: str
) -> None:
    """It waits for the erasure, and sees then that the customer is nobody."""
    document = a_cpf()
    await sold(store, dsn, document)
    with psycopg.connect(dsn) as erasing:
        erasing.execute("select lock_day_persons(1)")
        async with closes.alone() as closing:
            assert closing is not None
            day = next(d for d in await closing.open_days() if d.owner.merchant_id == 1)
            later = day.begins_at + timedelta(days=3)
            cut = Cut(merchant_id=1, day=day.day, begins_at=day.begins_at, ends_at=later,
                      from_position=0, below=2**60)  # fmt: skip
            async with await psycopg.AsyncConnection[Any].connect(dsn, autocommit=True) as own:
                naming = asyncio.create_task(name_persons(own, cut))
                done, _ = await asyncio.wait({naming}, timeout=0.3)
                assert not done, "it waits"
                erasing.execute("set session_replication_role = replica")
                erasing.execute(
                    "update customers set document = 'E' || repeat('0', 32), name = 'erased',"
                    " erased_at = now() where document = %s",
                    [str(document)],
                )
                erasing.commit()
                assert await naming == 1
    with psycopg.connect(dsn) as owner:
        assert owner.execute("select count(*) from day_persons").fetchone() == (0,)
    del close_days


async def test_lines_are_the_same_on_pages_of_any_length(
    store: PostgresCashbackStore, closes: PostgresCloseStore, close_days: CloseDays, dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also where many have one instant; and both ways to select a day's events agree."""
    ids = [await sold(store, dsn, a_cpf()) for _ in range(4)]
    with as_owner(dsn) as owner:
        owner.execute("update events set at = (select min(at) from events) where sequence < 3")
    await close_days(ClosesAsked(at_most=2))  # the first day of both
    late = await sold(store, dsn, a_cpf(), days_ago=3.5)
    monkeypatch.setattr(pages, "PAGE", 2)
    monkeypatch.setattr(persons, "AT_ONCE", 1)
    await close_days()
    found = [kept for kept in await closes.closes(1, limit=9) if kept.lines]
    assert sum(kept.lines for kept in found) == 3 * (len(ids) + 1)
    assert sum(kept.late for kept in found) == 3, late
    files = [await file_of(closes, kept) for kept in found]
    monkeypatch.setattr(pages, "PAGE", 5_000)
    for kept, data in zip(found, files, strict=True):
        assert await file_of(closes, kept) == data
        assert sha256_of(data) == body(kept)["lines"]["sha256"]
        with psycopg.connect(dsn) as owner:
            (before,) = owner.execute(
                "select coalesce(max(below), 0) from closes where merchant_id = 1 and number < %s",
                [kept.number],
            ).fetchone() or (0,)
            (count,) = owner.execute(
                "select count(*) from day_events(1, %s, %s, %s, %s)",
                [kept.begins_at, kept.ends_at, before, kept.below],
            ).fetchone() or (0,)
        assert count == kept.lines


@pytest.mark.parametrize(
    "act",
    [
        "update closes set late = 0",
        "delete from closes",
        "truncate closes",
        "update close_keys set from_at = now()",
        "delete from close_keys",
        "delete from day_persons",
        "update day_persons set commitment = salt",
        "update day_persons set salt = commitment",
        (
            "insert into day_persons select merchant_id, day, gen_random_uuid(), salt, commitment"
            " from day_persons limit 1"
        ),
    ],
)
async def test_nobody_rewrites_a_closed_day(
    store: PostgresCashbackStore, close_days: CloseDays, dsn: str, act: LiteralString
) -> None:
    await sold(store, dsn, a_cpf())
    await close_days()
    with psycopg.connect(dsn) as owner, pytest.raises(IntegrityConstraintViolation):
        owner.execute(act)


COPY: Final[LiteralString] = """
    insert into closes select c.merchant_id, c.number + 1, c.day + 1, c.ends_at,
        c.ends_at + interval '1 day', c.below, c.closed_at + interval '2 days', c.key_id,
        c.hash, c.hash, c.document, 0, 0 from closes as c where merchant_id = 1 and number = 3
"""


@pytest.mark.parametrize(
    ("what", "by"),
    [
        ("c.number + 1", "c.number + 2"),
        ("c.day + 1", "c.day + 2"),
        ("c.ends_at,", "c.ends_at + interval '1 s',"),
        ("c.below", "c.below - 1"),
        ("c.closed_at + interval '2 days'", "c.ends_at + interval '1 day 9 minutes 59 s'"),
        ("c.hash, c.hash", "c.hash, sha256('')"),
        ("c.hash, c.hash", "sha256(''), c.hash"),
    ],
)
async def test_the_database_holds_the_chain_together(
    close_days: CloseDays, dsn: str, what: str, by: str
) -> None:
    await close_days()
    with psycopg.connect(dsn) as owner:
        with pytest.raises(IntegrityError), owner.transaction():
            owner.execute(COPY.replace(what, by).encode())
        owner.execute(COPY)
        owner.rollback()


async def test_the_figures_of_a_day_are_made_while_the_transaction_has_no_number(
    store: PostgresCashbackStore, close_days: CloseDays, dsn: str
) -> None:
    """For large days that takes half a minute, and every merchant's feed waits below a number."""
    await sold(store, dsn, a_cpf())
    of = "bigint, text, timestamptz, timestamptz, bigint, bigint, boolean, boolean"
    with psycopg.connect(dsn) as owner:
        owner.execute(f"alter function figures_of_day({of}) rename to figures_made".encode())
        owner.execute(_LOOKS_FOR_A_NUMBER.encode())
        owner.execute("grant execute on function figures_of_day, figures_made to public")
    found = await close_days()
    assert (found.failed, found.behind) == ({}, 0)
    with psycopg.connect(dsn) as owner:
        kept = owner.execute(
            "select count(distinct day), sum(accrued) from day_figures"
            " where hour is null and type is null"
        ).fetchone()
    assert kept == (1, 1)


async def test_whoever_serves_sees_its_own_closes_and_no_salt(
    store: PostgresCashbackStore, close_days: CloseDays, dsn: str
) -> None:
    await sold(store, dsn, a_cpf())
    await close_days()
    asked = "select distinct merchant_id from closes order by 1"
    for role, seen in ((SERVING, [(1,)]), (PLATFORM, [(None,)]), (WORKER, [(1,), (2,), (None,)])):
        with session(dsn, 1, role=role) as looking:
            assert looking.execute(asked).fetchall() == seen, role
    with session(dsn, 1) as serving, pytest.raises(InsufficientPrivilege):
        serving.execute("select salt from day_persons")
    with session(dsn, 1) as serving, pytest.raises(InsufficientPrivilege):
        serving.execute("insert into closes select * from closes")


@pytest.mark.parametrize("asked", [LATE_LINES, LINES_IN_TIME])
def test_a_page_of_lines_reads_by_an_index_of_the_events(dsn: str, asked: LiteralString) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("set enable_seqscan = off")
        owner.execute("set enable_bitmapscan = off")
        cut = Cut(merchant_id=1, day=_NOW.date(), begins_at=_NOW, ends_at=_NOW, from_position=0,
                  below=9)  # fmt: skip
        values = {**cut.values, **pages.FIRST, "limit": 10}
        plan = "\n".join(
            row[0] for row in owner.execute(b"explain " + asked.encode(), values).fetchall()
        )
    wanted = "events_in_order" if asked is LATE_LINES else "events_by_instant"
    assert wanted in plan, plan
    assert "Seq Scan on events" not in plan
