"""Reports, erasure and retention: nobody's name is left, and every sum is what it was."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.intake.acceptance import Accepted, ContentTaken, Repeated
from cashback_core.privacy.data_subjects import Erased, Erasure, Retention, StillOpen
from cashback_core.reconciliation.schedule import Moved
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.sales.erased import ERASED, is_pseudonym
from cashback_core.values import pages
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    LEASE_S,
    a_cpf,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    seen,
    submitted,
)
from contract.confirming import later
from contract.history import history
from contract.reconciling import RULES, Kept, in_doubt, reconcile
from integration.running import SEAL
from integration.two_merchants import ERASER, session

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.values.documents import Cpf

POLICY = DeliveryPolicy()
WHY = Erasure(by="user:adam", reason="asked for it in writing")
NAME = "MARIA APARECIDA"


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, POLICY)


@pytest.fixture
def privacy(database: Database) -> PostgresPrivacyStore:
    return PostgresPrivacyStore(database)


def rows(dsn: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), values).fetchall()


def customer_id(dsn: str, document: str, merchant_id: int = 1) -> UUID:
    ((found,),) = rows(
        dsn,
        "select customer_id from customers where merchant_id = %s and document = %s",
        merchant_id,
        document,
    )
    assert not isinstance(found, str)
    return found  # type: ignore[no-any-return]


async def paid(store: PostgresCashbackStore, document: Cpf, **other: Any) -> UUID:
    claim = await leased(store, a_sale(document=document, name=NAME, **other))
    assert (await store.conclude(ended(claim, CREATED))).status is Status.APPLIED
    return claim.id


def everything(dsn: str) -> str:
    """Every column of every row of every table, as text and with bytes as they are."""
    tables = rows(dsn, "select tablename from pg_tables where schemaname = 'public'")
    found: list[str] = []
    for (table,) in tables:
        found += [str(row) for row in rows(dsn, f"select * from {table}")]  # noqa: S608 (ours)
    return "\n".join(found)


async def test_an_erased_customer_is_nobody_anywhere_and_every_sum_stays(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document, other = a_cpf(), a_cpf()
    raw = f'{{"document": "{document}", "name": "{NAME}"}}'.encode()
    submission = submitted(a_sale(document=document, name=NAME, sale_id="s-1"), raw_body=raw)
    record = await accepted(store, submission)
    await paid(store, other)
    sums = "select count(*), sum(total_centavos) from sales"
    totals = rows(dsn, sums), rows(dsn, "select sum(cashback_centavos) from cashbacks")
    who = customer_id(dsn, document)

    assert await privacy.erase(1, who, WHY) == StillOpen(count=1)
    assert await leased_of(store, record.id, document) is Status.APPLIED
    bodies = "select body from attempts where body is not null"
    assert any(str(document).encode() in body for (body,) in rows(dsn, bodies))
    before = await history_of(store, 1, record)

    done = await privacy.erase(1, who, WHY)
    assert isinstance(done, Erased)
    told = everything(dsn)
    assert str(document) not in told
    assert not any(str(document).encode() in body for (body,) in rows(dsn, bodies))
    assert f"{NAME} paid" not in told
    assert told.count(NAME) == 2  # the other customer and their sale
    assert (rows(dsn, sums), rows(dsn, "select sum(cashback_centavos) from cashbacks")) == totals
    after = await history_of(store, 1, record)
    assert after.record.sale.customer == ERASED
    assert after.record.cashback == before.record.cashback
    assert after.events == before.events
    assert await privacy.erase(1, who, WHY) == done
    acts = rows(dsn, "select act, actor, reason, sales from privacy_acts")
    assert acts == [("erasure", WHY.by, WHY.reason, 1)]


async def leased_of(store: PostgresCashbackStore, id_: UUID, document: Cpf) -> Status:
    claim = Claim(id=id_, merchant_id=1, attempt=1, document=document, cashback_centavos=500)
    answer = f'{{"message": "{NAME} paid", "document": "{document}"}}'.encode()
    return (await store.conclude(ended(claim, seen(201, answer)))).status


async def test_an_erased_customer_is_nobody_in_the_incidents_of_statements_too(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document, shared, stranger = a_cpf(), a_cpf(), a_cpf()
    for known in (document, shared):
        await paid(store, known)
    await accepted(store, submitted(a_sale(document=shared), merchant_id=2, lease_s=None))
    with psycopg.connect(dsn) as connection:
        for n, known in enumerate((document, shared, stranger)):
            connection.execute(
                "insert into statement_incidents (incident_id, class, document, centavos, line,"
                " line_key, nth, reference, why, statement_at) values (gen_random_uuid(),"
                " 'unknown_here', %s, 1, %s, %s, 0, %s, 'x', now())",
                [known, n + 1, f"{n:032x}", f"PIX {known}"],
            )
    for known in (document, shared):
        assert isinstance(await privacy.erase(1, customer_id(dsn, known), WHY), Erased)
    found = rows(dsn, "select document, reference from statement_incidents order by line")
    assert is_pseudonym(found[0][0])
    assert found[0][1] is None
    assert found[1:] == [(shared, f"PIX {shared}"), (stranger, f"PIX {stranger}")], (
        "of another merchant's customer, and of nobody's, what stands is still needed"
    )


async def test_what_has_ended_and_what_was_opened_since_forgets_an_erased_customer_too(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document, known, stranger = a_cpf(), a_cpf(), a_cpf()
    id_ = await paid(store, document)
    await paid(store, known)

    def told(line: int, whose: str, *, closed: bool) -> None:
        """A line under the cashback's reference, whoever's it says that it is."""
        with psycopg.connect(dsn) as connection:
            connection.execute(
                "insert into statement_incidents (incident_id, class, merchant_id, cashback_id,"
                " document, centavos, line, line_key, nth, reference, why, statement_at, closed_at,"
                " closed_why) values (gen_random_uuid(), 'altered', 1, %s, %s, 1, %s, %s, 0, %s,"
                " 'x', now(), %s, %s)",
                [
                    id_,
                    whose,
                    line,
                    f"{line:032x}",
                    f"PIX {whose}",
                    *(("now", "x") if closed else (None, None)),
                ],
            )

    told(1, document, closed=True)
    told(2, document, closed=False)
    told(3, known, closed=False)
    first = await privacy.erase(1, (who := customer_id(dsn, document)), WHY)
    told(4, document, closed=False)
    told(5, stranger, closed=True)
    assert await privacy.erase(1, who, WHY) == first
    found = rows(dsn, "select line, document, reference from statement_incidents order by line")
    for line, kept, reference in found:
        if line == 3:
            assert (kept, reference) == (known, f"PIX {known}"), "another customer's, who is here"
        else:
            assert is_pseudonym(kept), line
            assert reference is None
    assert str(document) not in everything(dsn)


async def test_the_eraser_forgets_in_the_merchants_of_its_session_alone(dsn: str) -> None:
    with session(dsn, 2, role=ERASER) as eraser:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), eraser.transaction():
            eraser.execute("select forget_in_incidents(1, '1', %s)", ["E" + "0" * 32])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            eraser.execute("select document from statement_incidents")


async def test_a_sale_of_an_erased_customer_keeps_its_names(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, sale_id="s-1")
    id_ = await paid(store, document, sale_id="s-1")
    await privacy.erase(1, customer_id(dsn, document), WHY)
    again = await store.accept(submitted(sale))
    assert isinstance(again, Repeated)
    assert again.record.id == id_
    assert again.record.sale.customer == ERASED
    # Who comes back is a new customer, by any name.
    other = a_sale(document=document, name="MARIA SILVA", centavos=7)
    anew = await store.accept(submitted(other))
    assert isinstance(anew, Accepted)


async def test_names_that_hold_an_erased_customers_document_are_replaced_and_no_other(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    dotted = f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
    ids: list[UUID] = []
    for sale_id, key in ((f"NF-{document}-1", dotted), (f"{document}", "key-2"), ("s-3", "key-3")):
        sale = a_sale(document=document, name=NAME, sale_id=sale_id)
        ids.append((await accepted(store, submitted(sale, key=key))).id)
        assert await leased_of(store, ids[-1], document) is Status.APPLIED
    stranger = submitted(a_sale(sale_id=f"of-{document}"))  # somebody else's sale: it stays
    await accepted(store, stranger)
    contents = "select name from sale_names where kind = 'content'"
    before = {name for (name,) in rows(dsn, contents)}
    await privacy.erase(1, customer_id(dsn, document), WHY)
    told = everything(dsn)
    assert told.count(str(document)) == 2, "the stranger's id, in their sale and their name"
    assert dotted not in told
    kept_names = {name for (name,) in rows(dsn, contents)}
    assert len(kept_names - before) == len(before - kept_names) == 1, "theirs alone is sealed"
    kept = rows(dsn, "select sale_id, idempotency_key from sales order by cashback_id limit 3")
    sealed = (SEAL(f"NF-{document}-1"), SEAL(dotted), SEAL(document))
    assert kept == [sealed[:2], (sealed[2], "key-2"), ("s-3", "key-3")]
    names = rows(
        dsn,
        "select name from sale_names where kind <> 'content' and cashback_id = any (%s)",
        ids,
    )
    assert {name for (name,) in names} == {*sealed, "key-2", "s-3", "key-3"}


async def test_refused_tries_of_an_erased_customer_hold_their_document_no_more(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    await paid(store, document, sale_id="s-1")
    spelt = f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
    sale = a_sale(document=document, name=NAME)
    named = NAME.replace(" ", ".")
    for key in (f"till-7:{spelt}", f"{document}/2", named, "k-1"):
        assert isinstance(await store.accept(submitted(sale, key=key)), ContentTaken)
    told = "select idempotency_key from refused_equals order by refusal_id"
    assert rows(dsn, told) == [(None,), (None,), (named,), ("k-1",)]
    await privacy.erase(1, customer_id(dsn, document), WHY)
    assert rows(dsn, told) == [(None,), (None,), (None,), ("k-1",)]
    for key in (f"late-{document}", f"late-{named}", "k-2"):
        again = await store.accept(submitted(sale, key=key))
        assert isinstance(again, ContentTaken), "its content is still known"
    assert rows(dsn, told)[4:] == [(None,), (None,), ("k-2",)]
    with psycopg.connect(dsn) as owner, pytest.raises(psycopg.IntegrityError):
        owner.execute("update refused_equals set idempotency_key = 'x'")
    with psycopg.connect(dsn) as owner, pytest.raises(psycopg.IntegrityError):
        owner.execute("delete from refused_equals")


async def test_a_report_holds_everything_page_by_page_and_is_noted(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    ids = [await paid(store, document, sale_id=f"s-{n}") for n in range(5)]
    await paid(store, a_cpf())
    who = customer_id(dsn, document)
    seen: list[UUID] = []
    after = None
    for _ in range(3):
        report = await privacy.report(1, who, by="user:adam", limit=2, after=after)
        assert report is not None
        assert (report.document, report.name) == (document, NAME)
        seen += [history.record.id for history in report.sales]
        after = report.next
    assert after is None
    assert seen == ids[::-1]
    acts = rows(dsn, "select act, actor, sales from privacy_acts order by act_id")
    assert acts == [
        ("report", "user:adam", 2),
        ("report", "user:adam", 2),
        ("report", "user:adam", 1),
    ]
    await privacy.erase(1, who, WHY)
    report = await privacy.report(1, who, by="user:adam", limit=9, after=None)
    assert report is not None
    assert (report.document, report.name, len(report.sales)) == (None, None, 5)


async def test_a_report_ends_by_what_its_sales_hold_too(
    store: PostgresCashbackStore,
    privacy: PostgresPrivacyStore,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = a_cpf()
    ids = [await paid(store, document, sale_id=f"s-{n}") for n in range(3)]
    monkeypatch.setattr(pages, "MAX_PARTS", 11)  # each: a line, an attempt, three events
    who = customer_id(dsn, document)
    first = await privacy.report(1, who, by="user:adam", limit=50, after=None)
    assert first is not None
    assert [h.record.id for h in first.sales] == [ids[2], ids[1]]
    rest = await privacy.report(1, who, by="user:adam", limit=50, after=first.next)
    assert rest is not None
    assert [h.record.id for h in rest.sales] == [ids[0]]
    assert (first.next, rest.next) == (ids[1], None)


async def test_nobody_reaches_another_merchants_customer(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    await paid(store, document)
    who = customer_id(dsn, document)
    assert await privacy.report(2, who, by="user:otto", limit=9, after=None) is None
    assert await privacy.erase(2, who, WHY) is None
    assert await privacy.erase(1, new_id(), WHY) is None
    assert customer_id(dsn, document) == who


async def test_only_the_one_role_may_change_the_past_and_only_what_names_a_person(
    store: PostgresCashbackStore, dsn: str
) -> None:
    await paid(store, a_cpf())
    allowed = "update sales set raw_body = ''"
    with psycopg.connect(dsn) as owner, pytest.raises(psycopg.errors.IntegrityError):
        owner.execute(allowed)
    for statement in (
        "update sales set name = 'x', raw_body = ''",
        "update sales set document = document, raw_body = 'x'",
        "update sales set total_centavos = 1, raw_body = ''",
        "delete from sales",
        "update attempts set body = 'x'",
        "update attempts set result = 'unknown'",
        "update cashbacks set status = 'cancelled'",
        "update events set reason = ''",
        "delete from customers",
    ):
        with psycopg.connect(dsn, options="-c role=cashback_eraser") as eraser:
            eraser.execute("select set_config('cashback.merchants', '{1}', true)")
            with pytest.raises(psycopg.Error):
                eraser.execute(statement.encode())
    with psycopg.connect(dsn, options="-c role=cashback_eraser") as eraser:
        assert eraser.execute(allowed).rowcount == 0  # no merchant is named
        eraser.execute("select set_config('cashback.merchants', '{1}', true)")
        assert eraser.execute(allowed).rowcount == 1


async def test_sales_recorded_at_the_moment_of_an_erasure_are_whole_and_lost_is_none(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    for turn in range(8):
        document = a_cpf()
        await paid(store, document, sale_id=f"before-{turn}")
        who = customer_id(dsn, document)
        sale = a_sale(document=document, name=NAME, sale_id=f"during-{turn}")
        acceptance, erased = await asyncio.gather(
            store.accept(submitted(sale)), privacy.erase(1, who, WHY)
        )
        assert isinstance(acceptance, Accepted)
        id_ = acceptance.record.id
        ((stored,),) = rows(dsn, "select document from sales where cashback_id = %s", id_)
        # Either the sale came first and was open, or its customer is a new one.
        assert stored == document
        assert isinstance(erased, (Erased, StillOpen))


async def test_no_credit_of_an_erased_customer_is_taken_for_somebody_elses(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, database: Database, dsn: str
) -> None:
    """Both had the same CPF: who came back is in doubt, and the one line is of before."""
    document = a_cpf()
    await paid(store, document)
    await privacy.erase(1, customer_id(dsn, document), WHY)
    kept = Kept(
        store=store,
        incidents=PostgresIncidentStore(database),
        reconciliations=PostgresReconciliationStore(database, RULES),
        rules=RULES,
    )
    claim = await in_doubt(kept, document)
    ((now,),) = rows(dsn, "select now()")
    line = StatementLine(
        number=1, document=document, cashback_centavos=claim.cashback_centavos, credited_at=now
    )
    found = await reconcile(kept, [line], claim)
    assert found.moved == Moved()
    # Answered shortly before the statement begins, and dated within it by the provider's clock.
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "update cashbacks set applied_at = %s where status = 'applied'",
            [now - timedelta(seconds=10)],
        )
    found = await reconcile(kept, [line], claim, since=now - timedelta(seconds=8))
    assert found.moved == Moved()


def made_older(dsn: str, days: int) -> None:
    """As if it had all happened so long ago; only the owner may, without its triggers."""
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")
        for table in ("sales", "cashbacks"):
            owner.execute(
                f"update {table} set accepted_at = accepted_at - make_interval(days => %s)",  # noqa: S608
                [days],
            )
        owner.execute(
            "update customers set created_at = created_at - make_interval(days => %s)", [days]
        )


async def test_raw_bytes_are_dropped_in_time_but_not_past_an_open_cashback(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    for _ in range(5):
        await paid(store, a_cpf())
    await accepted(store, submitted(a_sale()))
    await paid(store, a_cpf())
    made_older(dsn, 40)
    raw = "select count(*) from sales where raw_body <> ''"
    assert await privacy.retain(Retention(raw_days=60), limit=100) == 0
    assert rows(dsn, raw) == [(7,)]
    assert await privacy.retain(Retention(raw_days=30), limit=3) == 3
    assert await privacy.retain(Retention(raw_days=30), limit=3) == 2
    assert await privacy.retain(Retention(raw_days=30), limit=3) == 0
    assert rows(dsn, raw) == [(2,)]
    assert rows(dsn, "select count(*) from attempts where body is not null") == [(1,)]


async def test_what_nobody_confirmed_yet_keeps_its_raw_bytes_and_nobody_elses(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    first, second = [await accepted(store, later()) for _ in range(2)]
    for _ in range(3):
        await paid(store, a_cpf())
    made_older(dsn, 40)
    kept = "select cashback_id from sales where raw_body <> '' order by cashback_id"
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 5
    assert rows(dsn, kept) == [(first.id,), (second.id,)]
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 0
    await store.confirm(1, first.id)
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 0
    (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
    await store.conclude(ended(claim, CREATED, deliverer=Actor.WORKER))
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 1
    assert rows(dsn, kept) == [(second.id,)]
    assert rows(dsn, "select count(*) from attempts where body is not null") == [(0,)]
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "update cashbacks set due_at = now() - interval '9 days' where due_at > now()"
        )
    assert await store.void_expired(limit=10) == 1
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 1
    assert rows(dsn, kept) == []
    assert await privacy.retain(Retention(raw_days=30), limit=100) == 0


async def test_history_keeps_nobody_from_being_erased_and_no_raw_bytes(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, sale_id="1801")
    record = await accepted(store, history(sale))
    made_older(dsn, 40)
    await paid(store, a_cpf())
    assert await privacy.retain(Retention(raw_days=30), limit=9) == 1
    assert isinstance(await privacy.erase(1, customer_id(dsn, document), WHY), Erased)
    assert str(document) not in everything(dsn)
    again = await store.accept(submitted(sale))
    assert isinstance(again, Repeated)
    assert (again.record.id, again.record.status) == (record.id, Status.RECORDED)


async def test_customers_who_bought_nothing_for_long_are_erased_and_others_kept(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    gone, faithful, waiting = a_cpf(), a_cpf(), a_cpf()
    await paid(store, gone)
    await paid(store, faithful)
    await accepted(store, submitted(a_sale(document=waiting)))
    made_older(dsn, 400)
    await paid(store, faithful, sale_id="yesterday")
    assert await privacy.retain(Retention(customer_days=365), limit=10) == 1
    documents = [d for (d,) in rows(dsn, "select document from customers")]
    assert {d for d in documents if not is_pseudonym(d)} == {faithful, waiting}
    assert await privacy.retain(Retention(customer_days=365), limit=10) == 0


@pytest.mark.parametrize("days", [0, -1])
def test_nothing_is_dropped_on_the_day_it_came(days: int) -> None:
    with pytest.raises(ValueError, match="a day"):
        Retention(raw_days=days)
