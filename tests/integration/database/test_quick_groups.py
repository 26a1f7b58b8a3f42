"""The quick way of a group: what it takes, and that nothing stays of what it leaves over."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count as count_from
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.cashbacks import lanes, transactions
from adapters.postgres.cashbacks.sale_lane import SaleLane
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.cashbacks.transactions import NOT_SO, SESSION
from adapters.postgres.connection.database import FLUSHED, Database
from adapters.postgres.connection.faults import RowRefused
from adapters.postgres.connection.one_call import OneCall
from adapters.postgres.delivery.conclusions import result_row
from adapters.postgres.delivery.quick_conclusions import CONCLUDE, QuickConclusions
from adapters.postgres.sales.quick_sales import ACCEPT, QuickSales
from adapters.postgres.sales.sale_names import encode
from cashback_core.delivery.evidence import Unknown
from cashback_core.delivery.states import (
    Actor,
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Move,
    Status,
)
from cashback_core.intake.acceptance import (
    Accepted,
    CustomerNameMismatch,
    Repeated,
    Submission,
    TermsChanged,
)
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id
from chaos.planting import PLANTS
from integration.database.test_group_writer import applied, count, submission
from integration.running import SEAL
from integration.stalling_proxy import stalling_proxy
from integration.stopping import put_stop
from integration.young_tables import buffers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.intake.acceptance import Acceptance
    from cashback_core.traces import TraceContext


class Groups:
    """Told of every transaction: how many sales and results it had."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.failures = 0

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,  # noqa: ARG002
        seconds: float,  # noqa: ARG002
        members: Sequence[TraceContext | None],  # noqa: ARG002
    ) -> None:
        self.sizes.append((sales, results))

    def failed(self, reason: str) -> None:  # noqa: ARG002
        self.failures += 1


class Quickly:
    """A connection as a writer's, and the quick way's calls on it."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._accept = OneCall(connection, ACCEPT, then=FLUSHED)
        self._conclude = OneCall(connection, CONCLUDE, then=FLUSHED)

    async def accept(self, *sales: Submission) -> tuple[set[UUID], frozenset[int]]:
        """The ids of those that are accepted, and the merchants with a brake."""
        quick = QuickSales.among(sales)
        row, _ = await transactions.call(self._accept, *quick.values(SEAL))
        accepted, braked = quick.accepted(row)
        return set(accepted), braked

    async def conclude(self, *results: AttemptResult) -> set[UUID]:
        """The ids of those that are concluded."""
        quick = QuickConclusions.among(results, DeliveryPolicy())
        row, _ = await transactions.call(self._conclude, *quick.values())
        return set(quick.concluded(row))


@pytest.fixture
async def quickly(database: Database) -> AsyncIterator[Quickly]:
    async with await database.connect(SESSION) as connection:
        yield Quickly(connection)


@pytest.fixture
def groups() -> Groups:
    return Groups()


@pytest.fixture
def store(database: Database, groups: Groups) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy(), groups)


TABLES: tuple[LiteralString, ...] = (
    "sale_names", "customers", "sales", "sale_lines", "cashbacks", "events", "attempts"
)  # fmt: skip


def rows_of(dsn: str, merchant_id: int) -> dict[str, list[str]]:
    """Every row of a merchant, without what tells one run from another."""
    own = ["merchant_id", "cashback_id", "customer_id", "position", "at"]
    with psycopg.connect(dsn) as connection:
        return {
            table: sorted(
                row[0]
                for row in connection.execute(
                    f"""
                    select (
                        select jsonb_object_agg(key, value) from jsonb_each(to_jsonb(t))
                        where key <> all (%s) and (key = 'sold_at' or key not like '%%\\_at')
                    )::text
                    from {table} as t where t.merchant_id = %s
                    """,  # noqa: S608 (literals)
                    [own if table != "sale_lines" else own[:3], merchant_id],
                ).fetchall()
            )
            for table in TABLES
        }


async def test_both_ways_write_the_same_rows(database: Database, dsn: str) -> None:
    def told(merchant_id: int) -> list[Submission]:
        plain, later, past, unsent = (submission(n, key=f"k{n}", sale_id=f"N{n}") for n in range(4))
        of = [
            plain,
            replace(later, lease_s=None, confirm_within=timedelta(hours=1)),
            replace(past, lease_s=None, as_recorded=True),
            replace(unsent, lease_s=None, submitted_by="user:ana"),
        ]
        return [replace(s, id=new_id(), merchant_id=merchant_id) for s in of]

    for merchant_id, quick in ((1, True), (2, False)):
        store = PostgresCashbackStore(database, DeliveryPolicy(), quick=quick)
        answers = await asyncio.gather(*map(store.accept, sales := told(merchant_id)))
        assert all(isinstance(a, Accepted) for a in answers)
        for s in sales[:1]:
            assert (await store.conclude(applied(s))).status is Status.APPLIED
    written = rows_of(dsn, 1)
    assert written == rows_of(dsn, 2)
    assert [len(written[table]) for table in TABLES] == [12, 4, 4, 4, 4, 6, 1]


async def test_a_group_that_is_new_is_one_transaction_and_so_is_one_that_paid(
    store: PostgresCashbackStore, groups: Groups, dsn: str
) -> None:
    sales = [submission(n, key=f"k{n}") for n in range(20)]
    accepted = await asyncio.gather(*map(store.accept, sales))
    assert groups.sizes == [(20, 0)]
    concluded = await asyncio.gather(*(store.conclude(applied(s)) for s in sales))
    assert groups.sizes == [(20, 0), (0, 20)]
    assert count(dsn, "select count(distinct xmin::text) from sales") == 1
    for answer, standing in zip(accepted, concluded, strict=True):
        assert isinstance(answer, Accepted)
        found = await store.find(1, answer.record.id)
        assert found is not None
        assert found == replace(answer.record, standing=standing)


async def test_what_is_not_new_is_left_over_and_its_neighbours_are_accepted(
    store: PostgresCashbackStore, groups: Groups, quickly: Quickly, dsn: str
) -> None:
    first = submission(1, key="k1", sale_id="N1")
    await store.accept(first)
    customer = first.sale.customer
    assert customer is not None
    again = replace(first, id=new_id())
    later = first.sale.sold_at + timedelta(hours=1)
    other_name = replace(customer, name="MARIA DE SOUZA")
    sale = replace(first.sale, sale_id="N9", customer=other_name, sold_at=later)
    anothers = replace(submission(1, key="k9"), sale=sale)
    shares_a_key = submission(5, key="k1", sale_id="N5")
    new = [submission(n, key=f"k{n}") for n in (2, 3)]
    braked = [replace(submission(7, key="k7"), merchant_id=2)]
    with psycopg.connect(dsn) as connection:
        put_stop(connection, 2, None)
    assert await quickly.accept(anothers) == (set[UUID](), frozenset[int]())
    accepted, brakes = await quickly.accept(again, new[0], shares_a_key, *braked, new[1])
    assert accepted == {s.id for s in new}
    assert brakes == {2}
    # Nothing stays of what was left over.
    assert count(dsn, "select count(*) from sales") == 3
    assert count(dsn, "select count(*) from customers") == 3
    assert count(dsn, "select count(*) from sale_names") == 3 + 2 * 2
    groups.sizes.clear()
    answers = await asyncio.gather(
        *map(store.accept, (again, submission(4, key="k4"), anothers, *braked))
    )
    assert [type(a) for a in answers] == [Repeated, Accepted, CustomerNameMismatch, Accepted]
    assert groups.sizes == [(1, 0), (3, 0)], "the new one quickly, the others the plain way"
    await store.accept(replace(submission(8, key="k8"), merchant_id=2))
    assert groups.sizes[2:] == [(1, 0)], "for a while it is known that it has a brake"


async def test_while_the_sender_is_paused_nothing_is_accepted_quickly(
    quickly: Quickly, dsn: str
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update sender set paused_at = now(), reason = 'x', actor = 'x'")
    assert await quickly.accept(submission(1, key="k")) == (set[UUID](), frozenset({1}))
    assert count(dsn, "select count(*) from sale_names") == 0


async def test_what_may_be_an_erased_customers_is_refused_as_a_whole(
    quickly: Quickly, dsn: str
) -> None:
    sealed = submission(1, key="k1")
    assert await quickly.accept(sealed) == ({sealed.id}, frozenset[int]())
    with psycopg.connect(dsn) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "update sale_names set name = %s where kind = 'idempotency_key'", [SEAL("k2")]
        )
    with pytest.raises(psycopg.IntegrityError) as raised:
        await quickly.accept(submission(2, key="k2"), submission(3, key="k3"))
    assert raised.value.sqlstate == NOT_SO
    assert count(dsn, "select count(*) from sale_names") == 2
    assert count(dsn, "select count(*) from customers") == 1


async def test_whoever_comes_second_waits_for_the_name_and_is_left_over(
    database: Database, quickly: Quickly, dsn: str
) -> None:
    first, second = submission(1, key="k"), submission(2, key="k")
    async with await database.connect(SESSION) as connection:
        await connection.execute("begin; select set_config('cashback.merchants', '{1}', true)")
        values = [v and v.decode() for v in QuickSales.among([first]).values(SEAL)]
        await connection.execute(re.sub(r"\$[0-9]", "%s", ACCEPT).encode(), values)
        waiting = asyncio.create_task(quickly.accept(second, new := submission(3, key="k3")))
        await _somebody_waits(dsn)
        assert not waiting.done()
        await connection.execute("commit")
    assert await waiting == ({new.id}, frozenset[int]())
    assert count(dsn, "select count(*) from customers") == 2


async def test_what_fails_at_the_commit_is_not_accepted(
    store: PostgresCashbackStore, dsn: str
) -> None:
    """PostgreSQL says so after the row: whoever reads the row alone tells of a sale that is not."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "create function fails() returns trigger language plpgsql as"
            " $$ begin raise exception 'no' using errcode = '23999'; end $$"
        )
        connection.execute(
            "create constraint trigger fails after insert on attempts"
            " deferrable initially deferred for each row execute function fails()"
        )
    with pytest.raises(RowRefused, match="23999"):
        await store.accept(submission(1, key="k"))
    assert count(dsn, "select count(*) from sales") == 0


async def lost(dsn: str) -> tuple[Submission, Acceptance]:
    """A sale that is committed quickly, and whose answer is lost; and what is said of it."""
    with stalling_proxy(dsn) as proxy:
        async with Database(proxy.dsn, seal=SEAL) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            await store.accept(submission(1, key="warm"))
            async with await psycopg.AsyncConnection.connect(dsn) as blocker:
                await blocker.execute("lock table attempts in share mode")
                sale = submission(2, key="k")
                waiting = asyncio.create_task(store.accept(sale))
                await _somebody_waits(dsn)
                proxy.fall_silent()
                await blocker.rollback()
            return sale, await waiting


async def test_a_call_whose_answer_is_lost_is_not_told_as_done(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "DEADLINE_S", 1.5)
    with pytest.raises(StoreUnavailable):
        await lost(dsn)
    async with asyncio.timeout(10):
        while count(dsn, "select count(*) from sales") < 2:
            await asyncio.sleep(0.01)
    async with Database(dsn, seal=SEAL) as database:
        again = submission(2, key="k")
        told = await PostgresCashbackStore(database, DeliveryPolicy()).accept(again)
    assert isinstance(told, Repeated)
    assert told.record.id != again.id


async def test_the_mutant_that_takes_a_lost_answer_for_done_reaches_the_quick_call(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "DEADLINE_S", 1.5)
    for owner, name in (
        (psycopg.AsyncTransaction, "__aexit__"),
        (transactions, "commit"),
        (transactions, "call"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back afterwards
    PLANTS["acknowledge-unknown-commit"]()
    sale, answer = await lost(dsn)
    assert isinstance(answer, Accepted)
    assert answer.record.id == sale.id


async def test_a_stale_result_is_left_over_and_the_late_answer_is_told(
    store: PostgresCashbackStore, quickly: Quickly, dsn: str
) -> None:
    reaped, once, new = (submission(n, key=f"k{n}") for n in range(3))
    await asyncio.gather(*map(store.accept, (reaped, once)))
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update cashbacks set lease_until_at = now() - interval '1 day' where cashback_id = %s",
            [reaped.id],
        )
    assert await store.reap(limit=10) == 1
    await store.accept(new)
    assert await quickly.conclude(applied(once)) == {once.id}
    assert await quickly.conclude(applied(reaped), applied(once), applied(new)) == {new.id}
    assert count(dsn, "select count(*) from events where to_status = 'applied'") == 2
    assert (await store.conclude(applied(reaped))).status is Status.APPLIED
    assert count(dsn, "select count(*) from events where actor = 'late_answer'") == 1
    doubt = replace(applied(once), outcome=Unknown(incident="another answer"))
    assert (await store.conclude(doubt)).status is Status.APPLIED
    assert count(dsn, "select count(*) from events where to_status = 'applied'") == 3


async def test_an_end_that_is_not_as_it_was_told_moves_nothing_and_makes_no_event(
    store: PostgresCashbackStore, dsn: str
) -> None:
    """Were it made of what was to move, its event would be one that is there already."""
    sale = submission(1, key="k")
    await store.accept(sale)
    row = result_row(
        applied(sale),
        None,
        Conclusion(move=Move(to=Status.APPLIED, actor=Actor.API, reason="x")),
        Delivery(status=Status.SENDING, attempt=1, open_since_at=datetime.now(UTC)),
        1,
    )
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        found = await connection.execute(
            "select ended, moved from write_results(%s::jsonb)", [encode([row])]
        )
        assert await found.fetchone() == (1, 0)
        await connection.rollback()


async def test_a_result_that_somebody_holds_is_left_over_and_waits_for_nobody(
    store: PostgresCashbackStore, quickly: Quickly, dsn: str
) -> None:
    held, other = submission(1, key="k1"), submission(2, key="k2")
    await asyncio.gather(*map(store.accept, (held, other)))
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute("select from cashbacks where cashback_id = %s for update", [held.id])
        assert await quickly.conclude(applied(held), applied(other)) == {other.id}
    assert await quickly.conclude(applied(held)) == {held.id}


async def test_a_group_reads_its_own_rows_and_no_others(
    database: Database, store: PostgresCashbackStore
) -> None:
    """Planned while there were few, and planned when there are a thousand that nobody analysed."""
    numbers = count_from(1)

    def sales(many: int) -> list[Submission]:
        # At different times: of equal ones an index takes so little room that it is preferred.
        return [
            replace(s, sale=replace(s.sale, sold_at=s.sale.sold_at + timedelta(minutes=n)))
            for n in (next(numbers) for _ in range(many))
            for s in [submission(n, key=f"k{n}")]
        ]

    async def paid(many: int) -> None:
        await asyncio.gather(*map(store.accept, new := sales(many)))
        await asyncio.gather(*(store.conclude(applied(s)) for s in new))

    async with (
        await database.connect(SESSION) as early,
        await database.connect(SESSION) as late,
    ):
        await paid(80)
        first = sales(8)
        await Quickly(early).accept(*first)
        await Quickly(early).conclude(*map(applied, first))
        for _ in range(10):
            await paid(100)
        for connection in (early, late):
            await _read(connection, sales(5))  # what is read to make plans is no group's
            read, pages = await _read(connection, sales(5))
            assert {table: n for table, n in read.items() if n > MOST_ROWS * 5} == {}
            assert pages < MOST_PAGES * 5


MOST_ROWS = 40
"""Of any table, for a sale that is accepted and concluded: foreign keys and guards included."""

MOST_PAGES = 75
"""For one that is concluded: 60, all on the way down indexes."""


async def _read(
    connection: psycopg.AsyncConnection[Any], new: Sequence[Submission]
) -> tuple[dict[str, int], int]:
    """The rows of each table that both calls read, and the pages that the second one does."""
    ends = QuickConclusions.among([*map(applied, new)], DeliveryPolicy())
    await connection.execute("begin")
    before = await _rows_read(connection)
    plan: list[str] = []
    for call, values in (
        (ACCEPT, QuickSales.among(new).values(SEAL)),
        (CONCLUDE, ends.values()),
    ):
        query = "explain (analyze, buffers, timing off) " + re.sub(r"\$[0-9]", "%s", call)
        told = await connection.execute(query.encode(), [v and v.decode() for v in values])
        plan = [row[0] for row in await told.fetchall()]
    await connection.execute("set constraints all immediate")
    after = await _rows_read(connection)
    await connection.execute("rollback")
    return {table: n - before[table] for table, n in after.items()}, buffers("\n".join(plan))


async def _rows_read(connection: psycopg.AsyncConnection[Any]) -> dict[str, int]:
    """By this session, since it last told: for up to a second it keeps that to itself."""
    found = await connection.execute(
        "select relname, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
    )
    return dict(await found.fetchall())


async def _somebody_waits(dsn: str) -> None:
    async with asyncio.timeout(10), await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.set_autocommit(True)
        while True:
            found = await connection.execute(
                "select from pg_stat_activity where application_name = 'cashback-writer'"
                " and wait_event_type = 'Lock' and datname = current_database()"
            )
            if found.rowcount:
                return
            await asyncio.sleep(0.01)


async def test_terms_that_have_changed_are_told_once_and_not_tried_the_plain_way(
    dsn: str, store: PostgresCashbackStore, groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: list[int] = []

    async def counted(self: SaleLane, connection: object, jobs: Sequence[object]) -> None:  # noqa: ARG001
        plain.append(len(jobs))

    monkeypatch.setattr(SaleLane, "write_plainly", counted)
    stale = [submission(number, key=f"stale-{number}") for number in range(4)]
    with psycopg.connect(dsn) as owner:
        owner.execute("alter table rates disable trigger rates_follow")
        owner.execute("insert into rates values (1, 'A', 2, 900, %s)", [stale[0].sale.sold_at])
        owner.execute("alter table rates enable trigger rates_follow")
    answers = await asyncio.gather(*(store.accept(one) for one in stale))
    assert answers == [TermsChanged()] * 4
    assert groups.sizes == []
    assert plain == []


@pytest.mark.parametrize("quick", [True, False])
async def test_texts_are_stored_as_they_are_whatever_a_login_sets(
    dsn: str,
    quick: bool,  # noqa: FBT001
) -> None:
    """Of a session in another encoding the quick call's bytes were read as that."""
    beside = f"{dsn}{'&' if '?' in dsn else '?'}client_encoding=latin1"
    async with Database(beside, seal=SEAL) as database:
        store = PostgresCashbackStore(database, DeliveryPolicy(), quick=quick)
        first = submission(7, key="encoded")
        assert first.sale.customer is not None
        named = replace(first.sale, customer=replace(first.sale.customer, name="JOSÉ CONCEIÇÃO"))
        assert isinstance(await store.accept(replace(first, sale=named)), Accepted)
    with psycopg.connect(dsn) as owner:
        told = owner.execute("select name from customers union all select name from sales")
        assert told.fetchall() == [("JOSÉ CONCEIÇÃO",)] * 2
