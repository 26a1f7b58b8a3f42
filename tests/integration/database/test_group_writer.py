"""Many requests, one transaction: nobody pays for a neighbour, and nobody is answered too early."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from adapters.postgres.cashbacks import lanes
from adapters.postgres.cashbacks.group_writer import GroupWriter
from adapters.postgres.cashbacks.lanes import MAX_QUEUE
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.faults import RowRefused
from adapters.postgres.sales.acceptance import accept_group
from cashback_core.delivery.evidence import Applied, Evidence, NeverSent, Phase
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.intake.acceptance import (
    Accepted,
    ContentTaken,
    NameTaken,
    Repeated,
    Submission,
)
from cashback_core.sales.calculation import calculate
from cashback_core.sales.place import Place
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.sales.same_sale import Collision, NameKind
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import Cpf, cpf_check_digits
from cashback_core.values.ids import new_id
from contract.builders import buyer_of
from integration.running import SEAL

PROGRAMME = Programme(
    (Rate(type="A", rate_bp=500, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC)),)
)
SOLD_AT = datetime(2026, 1, 2, tzinfo=UTC)


def submission(number: int, *, key: str | None = None, sale_id: str | None = None) -> Submission:
    stem = f"{number + 1:09d}"
    sale = Sale(
        sold_at=SOLD_AT,
        customer=Customer(document=Cpf(stem + cpf_check_digits(stem)), name="JOSE DA SILVA"),
        lines=(Line.of(type="A", value_e10=1000 * 10**8, qty_e4=10_000),),
        total_centavos=1000,
        sale_id=sale_id,
    )
    return Submission(
        id=new_id(),
        merchant_id=1,
        sale=sale,
        cashback=calculate(sale, PROGRAMME),
        idempotency_key=key,
        raw_body=b"{}",
        lease_s=30.0,
    )


def poison(number: int) -> Submission:
    """A row that only the database refuses: its instant lies beyond every limit."""
    good = submission(number, key=f"poison-{number}")
    late = replace(good.sale, sold_at=datetime(2150, 1, 1, tzinfo=UTC))
    return replace(good, sale=late)


def applied(of: Submission) -> AttemptResult:
    claim = Claim(
        id=of.id,
        merchant_id=of.merchant_id,
        attempt=1,
        document=buyer_of(of.sale).document,
        cashback_centavos=of.cashback.cashback_centavos,
    )
    evidence = Evidence(phase=Phase.STATUS_SEEN, status_code=201)
    return AttemptResult(
        claim=claim, outcome=Applied(), evidence=evidence, deliverer=Actor.API, chance=0.5
    )


def count(dsn: str, what: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(what.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(params=["quickly", "plainly"])
def store(database: Database, request: pytest.FixtureRequest) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy(), quick=request.param == "quickly")


async def test_many_requests_share_few_transactions(store: PostgresCashbackStore, dsn: str) -> None:
    submissions = [submission(n, key=f"k{n}") for n in range(100)]
    acceptances = await asyncio.gather(*map(store.accept, submissions))
    assert all(isinstance(a, Accepted) for a in acceptances)
    assert count(dsn, "select count(*) from cashbacks where status = 'sending'") == 100
    assert count(dsn, "select count(distinct xmin::text) from cashbacks") <= 3
    await asyncio.gather(*(store.conclude(applied(s)) for s in submissions))
    assert count(dsn, "select count(*) from cashbacks where status = 'applied'") == 100


@pytest.mark.parametrize("told_by", ["key", "sale_id", "content", "equal"])
async def test_of_a_sale_that_its_sender_may_not_read_no_line_is_read(
    store: PostgresCashbackStore, dsn: str, told_by: str
) -> None:
    """How long a bare conflict takes must not tell how large the other group's sale is."""
    first = submission(1, key="k", sale_id="NF-1")
    lines = first.sale.lines * 40
    sale = replace(first.sale, lines=lines, total_centavos=40_000)
    cashback = calculate(sale, PROGRAMME)
    first = replace(first, sale=sale, cashback=cashback, submitted_by="user:ana")
    assert isinstance(await store.accept(first), Accepted)
    again = {
        "key": replace(submission(2, key="k"), cashback=cashback),
        "sale_id": submission(2, sale_id="NF-1"),
        "content": replace(first, sale=replace(sale, sale_id=None), idempotency_key=None),
        "equal": replace(first, sale=replace(sale, sale_id="NF-2"), idempotency_key=None),
    }[told_by]
    read: dict[str | None, int] = {}
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        for reader in ("user:bia", "user:ana"):
            asked = replace(again, id=new_id(), submitted_by=reader, reads_only=reader)
            async with connection.transaction(force_rollback=True):
                await accept_group(connection.cursor(), [asked], SEAL)
                found = await connection.execute(
                    "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
                    " where relname = 'sale_lines'"
                )
                ((read[reader],),) = await found.fetchall()
                told = await store.meaning(
                    1,
                    asked.sale,
                    idempotency_key=asked.idempotency_key,
                    equal_content=asked.equal_content,
                    reads_only=reader,
                )
                assert isinstance(told, Collision) == (reader == "user:bia" and told_by != "equal")
    assert read == {"user:bia": 0, "user:ana": 0 if told_by == "equal" else read["user:ana"]}
    assert (read["user:ana"] > 0) == (told_by != "equal")


async def test_a_row_that_the_database_refuses_harms_no_neighbour(
    store: PostgresCashbackStore, dsn: str
) -> None:
    good = [submission(n, key=f"k{n}") for n in range(60)]
    bad = [poison(1000), poison(1001)]
    jobs = [*good[:20], bad[0], *good[20:41], bad[1], *good[41:]]
    answers = await asyncio.gather(*map(store.accept, jobs), return_exceptions=True)
    by_id = {job.id: answer for job, answer in zip(jobs, answers, strict=True)}
    assert all(isinstance(by_id[s.id], Accepted) for s in good)
    assert all(isinstance(by_id[s.id], RowRefused) for s in bad)
    assert count(dsn, "select count(*) from sales") == 60
    # Nothing stays of a refused row, neither its names nor its customer.
    assert count(dsn, "select count(*) from sale_names where name like 'poison%'") == 0
    assert count(dsn, "select count(*) from customers") == 60


async def test_a_poisoned_sale_harms_no_result_of_its_group(
    store: PostgresCashbackStore, dsn: str
) -> None:
    first = submission(1, key="k1")
    await store.accept(first)
    answers = await asyncio.gather(
        store.accept(poison(2)), store.conclude(applied(first)), return_exceptions=True
    )
    assert isinstance(answers[0], RowRefused)
    assert count(dsn, "select count(*) from cashbacks where status = 'applied'") == 1


async def test_fifty_equal_sales_in_two_processes_are_one(
    store: PostgresCashbackStore, dsn: str
) -> None:
    async with Database(dsn) as of_another:
        other = PostgresCashbackStore(of_another, DeliveryPolicy())
        equal = [replace(submission(7, key="same"), id=new_id()) for _ in range(50)]
        answers = await asyncio.gather(
            *((store, other)[n % 2].accept(s) for n, s in enumerate(equal))
        )
    winners = [a for a in answers if isinstance(a, Accepted)]
    losers = [a for a in answers if isinstance(a, Repeated)]
    assert len(winners) == 1
    assert len(losers) == 49
    assert {a.record.id for a in losers} == {winners[0].record.id}
    assert all(a.record == winners[0].record for a in losers)
    assert count(dsn, "select count(*) from sales") == 1
    assert count(dsn, "select count(*) from attempts") == 1


async def test_whoever_lost_to_a_refused_neighbour_gets_the_name(
    store: PostgresCashbackStore,
) -> None:
    await store.accept(submission(1, key="first", sale_id="NF-1"))
    refused = submission(2, key="shared", sale_id="NF-1")
    heir = submission(3, key="shared")
    answers = await asyncio.gather(store.accept(refused), store.accept(heir))
    assert isinstance(answers[0], NameTaken)
    assert answers[0].kind is NameKind.SALE_ID
    assert isinstance(answers[1], Accepted)


async def test_a_repeat_of_a_neighbour_is_answered_in_the_same_transaction(
    store: PostgresCashbackStore, dsn: str
) -> None:
    first, again = submission(1, key="k"), submission(1, key="k", sale_id="NF-1")
    both = await asyncio.gather(store.accept(first), store.accept(again))
    assert isinstance(both[0], Accepted)
    assert both[1] == Repeated(both[0].record)
    under = "select count(*) from sale_names where cashback_id in (select cashback_id from sales)"
    assert count(dsn, under) == 3, "the key, the content, and the sale id that came later"
    assert count(dsn, "select count(*) from sale_names") == 3


async def test_a_circle_of_names_comes_to_an_end(store: PostgresCashbackStore) -> None:
    circle = [
        submission(1, key="k1", sale_id="s1"),
        submission(2, key="k1", sale_id="s2"),
        submission(3, key="k2", sale_id="s2"),
        submission(4, key="k2", sale_id="s1"),
    ]
    answers = await asyncio.gather(*map(store.accept, circle))
    assert [type(a) for a in answers] == [Accepted, NameTaken, Accepted, NameTaken]


async def test_the_answer_leaves_after_the_commit(store: PostgresCashbackStore, dsn: str) -> None:
    """While the transaction cannot end, nobody is answered."""
    await store.accept(submission(1, key="warm"))
    async with await psycopg.AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("lock table attempts in share mode")
        waiting = asyncio.create_task(store.accept(submission(2, key="k2")))
        async with asyncio.timeout(10):
            while not await _somebody_waits(dsn):
                await asyncio.sleep(0.01)
        assert not waiting.done()
        await blocker.rollback()
    assert isinstance(await waiting, Accepted)
    assert count(dsn, "select count(*) from attempts") == 2


async def test_two_sales_of_one_place_at_once_do_not_miss_each_other(
    store: PostgresCashbackStore, dsn: str
) -> None:
    """Neither has a name that the other could take: a third sale's content is called the same."""
    first = submission(1)

    def made_at(place: str) -> Submission:
        return replace(first, id=new_id(), sale=replace(first.sale, place=Place(store=place)))

    await store.accept(made_at("1"))
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        under_way = made_at("2")
        answers = await accept_group(connection.cursor(), [under_way], SEAL)
        assert isinstance(answers[under_way.id], Accepted)
        waiting = asyncio.create_task(store.accept(made_at("2")))
        async with asyncio.timeout(10):
            while not (waiting.done() or await _somebody_waits(dsn)):
                await asyncio.sleep(0.01)
        await connection.commit()
    told = await waiting
    assert isinstance(told, ContentTaken)
    assert told.record.id == under_way.id
    assert isinstance(await store.accept(made_at("3")), Accepted)


async def _somebody_waits(dsn: str) -> bool:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        found = await connection.execute(
            "select count(*) from pg_stat_activity"
            " where application_name = 'cashback-writer' and wait_event_type = 'Lock'"
            " and datname = current_database()"
        )
        row = await found.fetchone()
    return row is not None and row[0] > 0


async def test_a_lost_connection_is_told_and_the_next_group_goes_on(
    store: PostgresCashbackStore, dsn: str
) -> None:
    await store.accept(submission(1, key="warm"))
    async with await psycopg.AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("lock table attempts in share mode")
        waiting = asyncio.create_task(store.accept(submission(2, key="k2")))
        async with asyncio.timeout(10):
            while not await _somebody_waits(dsn):
                await asyncio.sleep(0.01)
        await blocker.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'cashback-writer' and datname = current_database()"
        )
        await blocker.rollback()
    with pytest.raises(StoreUnavailable):
        await waiting
    again = await store.accept(submission(2, key="k2"))
    assert isinstance(again, Accepted)
    assert again.record.status is Status.SENDING


async def test_a_database_that_is_away_is_told_at_once() -> None:
    async with asyncio.timeout(5), Database("host=/nonexistent dbname=x") as database:
        store = PostgresCashbackStore(database, DeliveryPolicy())
        with pytest.raises(StoreUnavailable):
            await store.accept(submission(1, key="k"))
        with pytest.raises(StoreUnavailable):
            await store.ping()


async def test_a_full_queue_is_told_and_not_grown(
    database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "DEADLINE_S", 60.0)  # however slow this machine is
    writer = GroupWriter(Database(dsn), DeliveryPolicy())
    with pytest.raises(StoreUnavailable):
        await writer.accept(submission(1, key="not open"))
    await writer.close()
    writer = GroupWriter(database, DeliveryPolicy())
    one = submission(2, key="k")
    equal = (replace(one, id=new_id()) for _ in range(MAX_QUEUE + 1))
    jobs = [asyncio.create_task(writer.accept(s)) for s in equal]
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert sum(isinstance(a, StoreUnavailable) for a in answers) == 1


async def test_giving_up_is_measured_by_the_clock_of_the_database(
    store: PostgresCashbackStore, dsn: str
) -> None:
    only = submission(1, key="k1")
    await store.accept(only)
    with psycopg.connect(dsn) as connection:
        old = datetime.now(UTC) - timedelta(days=2)
        connection.execute("update cashbacks set open_since_at = %s", [old])
    never = Evidence(phase=Phase.NOTHING_SENT, reason="refused")
    result = replace(applied(only), outcome=NeverSent(), evidence=never)
    assert (await store.conclude(result)).status is Status.HELD
