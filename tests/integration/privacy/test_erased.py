"""After an erasure the whole database tells nowhere who it was, nor does any hash in it.

A repeat of what was erased is answered as before all the same, and nothing is paid twice.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg import sql

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import ERASING, Database
from adapters.postgres.connection.startup_checks import UnsafeDatabase, refuse_other_key
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.privacy.erasure import erase
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted, ContentTaken, NameTaken, Repeated
from cashback_core.privacy.data_subjects import Erased, Erasure
from cashback_core.privacy.seals import Seal, new_erasure_key
from cashback_core.reconciliation import FindingClass, line_key
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.sales.content import content_names
from cashback_core.sales.erased import ERASED
from cashback_core.sales.sale import Customer
from cashback_core.sales.same_sale import EqualContent, EqualRefused, Repeat
from cashback_core.values.documents import Cpf, cpf_check_digits
from cashback_core.values.names import NameDifference
from contract.builders import (
    CREATED,
    a_cpf,
    a_sale,
    buyer_of,
    ended,
    leased,
    seen,
    submitted,
    unchecked,
)
from contract.reconciling import FOREIGN, RULES, Kept, a_line, reconcile, standing
from integration.kept_differences import a_difference, keep_difference
from integration.privacy.test_privacy import customer_id, rows
from integration.running import SEAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from cashback_core.sales.sale import Sale

POLICY = DeliveryPolicy()
NAME: Final = "MARIA APARECIDA DE ASSUNÇÃO"
OTHER_NAME: Final = "JUVENAL DOS SANTOS"
WHY: Final = Erasure(by="user:adam", reason=f"Maria Aparecida de Assuncao ({NAME}) asked")
STEM: Final = "529982247"


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, POLICY)


@pytest.fixture
def privacy(database: Database) -> PostgresPrivacyStore:
    return PostgresPrivacyStore(database)


@pytest.fixture
def kept(database: Database, store: PostgresCashbackStore) -> Kept:
    return Kept(
        store=store,
        incidents=PostgresIncidentStore(database),
        reconciliations=PostgresReconciliationStore(database, RULES),
        rules=RULES,
    )


def spellings(document: str) -> list[str]:
    a, b, c, d = document[:3], document[3:6], document[6:9], document[9:]
    return [
        document,
        f"{a}.{b}.{c}-{d}",
        f"{a} {b} {c} {d}",
        f"0099{document}771",
        f"{a}/{b}x{c}.{d}",
    ]


def full_width(document: str) -> str:
    return "".join(chr(ord("\uff10") + int(digit)) for digit in document)


def values(dsn: str) -> Iterator[tuple[str, str]]:
    """Every value of every column of every table in every schema, as a dump tells it."""
    tables = rows(
        dsn,
        "select table_schema, table_name, column_name from information_schema.columns"
        " join information_schema.tables using (table_schema, table_name)"
        " where table_type = 'BASE TABLE'"
        " and table_schema not in ('pg_catalog', 'information_schema')",
    )
    with psycopg.connect(dsn) as connection:
        for schema, table, column in tables:
            query = sql.SQL("select {} from {}").format(
                sql.Identifier(column), sql.Identifier(schema, table)
            )
            for (value,) in connection.execute(query):
                if isinstance(value, bytes):
                    yield f"{table}.{column}", value.decode("utf-8", "replace")
                elif value is not None:
                    yield f"{table}.{column}", str(value)


def digits(text: str) -> str:
    return re.sub("[^0-9]", "", unicodedata.normalize("NFKD", text))


def letters(text: str) -> str:
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", text).lower())


def telling(dsn: str, document: str, *names: str) -> set[str]:
    """The columns that tell who it was, in whatever spelling."""
    return {
        place
        for place, value in values(dsn)
        if document in digits(value) or any(letters(name) in letters(value) for name in names)
    }


async def paid(store: PostgresCashbackStore, sale: Sale, *, key: str | None = None) -> UUID:
    submission = replace(submitted(sale, key=key), name_difference=NameDifference.NOTE)
    acceptance = await store.accept(submission)
    assert isinstance(acceptance, Accepted)
    record = acceptance.record
    document = buyer_of(record.sale).document
    answer = (
        f'{{"id": "PIX-{document}", "message": "{buyer_of(sale).name} paid {document}",'
        f' "createdAt": "by {document}"}}'
    )
    claim = Claim(
        id=record.id,
        merchant_id=1,
        attempt=1,
        document=document,
        cashback_centavos=record.cashback.cashback_centavos,
    )
    await store.conclude(ended(claim, seen(201, answer.encode())))
    return record.id


async def full_world(
    store: PostgresCashbackStore, kept: Kept, dsn: str, document: Cpf
) -> list[UUID]:
    """The person stands in every place that can hold them, in one spelling or another."""
    plain, dotted, spaced, within, odd = spellings(document)
    told = a_sale(document=document, name=NAME, centavos=20_000)
    ids = [
        await paid(store, replace(told, sale_id=f"NF-{plain}-1"), key=f"CPF{plain}"),
        await paid(store, replace(told, sale_id=dotted, total_centavos=20_000), key=odd),
        await paid(
            store,
            a_sale(
                document=document, name=OTHER_NAME, centavos=30_000, sale_id="JuvenalDosSantos/7"
            ),
        ),
        await paid(store, a_sale(document=document, name=NAME, centavos=40_000)),
    ]
    for key in (f"till:{within}", f"{spaced}".replace(" ", "_"), "MARIA.APARECIDA.DE.ASSUNCAO"):
        assert isinstance(await store.accept(submitted(told, key=key)), ContentTaken)
    await tell_of_lines(kept, dsn, document)
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into incidents (merchant_id, cashback_id, attempt, what) values (1, %s, 1, %s)",
            [ids[0], f"201 for {dotted} of {NAME}"],
        )
        for sequence, reason in ((90, f"cpf {spaced} called"), (91, "Maria Aparecida de Assunção")):
            owner.execute(
                "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
                " from_status, to_status, attempt, reason) values (1, %s, %s, now(), 'operator',"
                " 'petra', 'applied', 'in_doubt', 1, %s)",
                [ids[0], sequence, reason],
            )
        who = str(customer_id(dsn, document))
        for resource, key, before, after in (
            ("products", f"x{plain}y", "{}", f'{{"name": "{within}"}}'),
            ("products", "1", f'{{"name": "para {odd}"}}', '{"name": "x"}'),
            ("customers", who, f'{{"name": "{NAME}"}}', '{"name": "x"}'),
        ):
            owner.execute(
                "insert into audit (merchant_id, actor, login, action, resource, key, before,"
                " after) values (1, 'user:adam', 'x', 'update', %s, %s, %s, %s)",
                [resource, key, before, after],
            )
        owner.execute(
            "update sender set paused_at = now(), actor = 'x', reason = %s", [f"asks {dotted}"]
        )
        owner.execute(
            "insert into stops (merchant_id, stop_id, by_platform, stopped_at, stopped_by, reason)"
            " values (1, gen_random_uuid(), false, now(), 'x', %(a)s),"
            " (1, gen_random_uuid(), true, now(), 'x', %(b)s)",
            {"a": f"{odd} buys too much", "b": f"so said {dotted}"},
        )
        owner.execute(
            "update stops set lifted_at = now(), lifted_by = 'x', lift_reason = %s"
            " where by_platform",
            [f"talked to {full_width(plain)}"],
        )
        owner.execute(
            "insert into sender_releases (paused_at, pause_reason, pause_actor, released_at,"
            " reason, actor) values (now(), %s, 'x', now(), %s, 'x')",
            [f"because of {within}", f"{dotted} was paid"],
        )
        owner.execute(
            "insert into reconciliations (reconciliation_id, kind, asked_since, error, remarks,"
            " distrust) values (gen_random_uuid(), 'asked', now(), %s, %s, %s)",
            [f"refused: {plain}", f"odd: {dotted}", f"of {odd}"],
        )
        owner.execute(
            "insert into privacy_acts (merchant_id, act, customer_id, actor, reason, sales)"
            " values (1, 'erasure', %s, 'x', %s, 0), (1, 'erasure', gen_random_uuid(), 'x', %s, 0)",
            [who, f"the wife of {NAME} asked", f"as did {full_width(plain)}"],
        )
    return ids


async def somebodys(kept: Kept) -> Claim:
    """A cashback of somebody else, by whose attempt a statement's window is told."""
    claim = await leased(kept.store)
    await kept.store.conclude(ended(claim, CREATED))
    return claim


async def tell_of_lines(kept: Kept, dsn: str, document: Cpf) -> None:
    """Incidents of the statement: standing, explained, and of a line that nobody can read."""
    ((now,),) = rows(dsn, "select now()")
    plain, dotted, *_, odd = spellings(document)
    lines = [
        StatementLine(
            number=1,
            document=document,
            cashback_centavos=7_001,
            credited_at=now,
            reference=f"PIX {plain}",
        ),
        StatementLine(number=2, document=document, cashback_centavos=7_002, credited_at=now),
        StatementLine(
            number=3,
            kind=LineKind.UNREADABLE,
            document=None,
            cashback_centavos=7_003,
            credited_at=now,
            reference=f"0000{plain}99 {NAME}",
            problem="document",
        ),
        StatementLine(number=4, document=document, cashback_centavos=7_004, credited_at=now),
    ]
    await reconcile(kept, lines, await somebodys(kept))
    told = {one.centavos: one for one in await standing(kept)}
    assert {*told} >= {7_001, 7_002, 7_003, 7_004}
    for centavos in (7_002, 7_004):
        reason = f"the campaign of {odd}"
        done = await kept.incidents.explain(
            told[centavos].id, replace(FOREIGN, reason=reason), dry_run=False
        )
        assert done is not None
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into statement_incident_events (incident_id, what, reason)"
            " select incident_id, 'opened', %s from statement_incidents limit 1",
            [f"it is of {dotted}"],
        )
        owner.execute("update statement_incidents set why = %s where centavos = 7001", [dotted])
        found = owner.execute(
            "select cashback_id from sales where merchant_id = 1 and document = %s", [document]
        ).fetchone()
        assert found is not None
    about = a_difference()
    keep_difference(dsn, replace(about, case=replace(about.case, cashback_id=found[0])))
    with psycopg.connect(dsn) as owner:  # by the number of an incident, by the name of their own
        owner.execute(
            "insert into cases (case_id, incident_id, merchant_id)"
            " select incident_id, incident_id, merchant_id from statement_incidents"
            " where centavos = 7001"
        )
        owner.execute(
            "insert into cases (case_id, difference_id, merchant_id)"
            " select difference_id, difference_id, merchant_id from differences"
        )
        owner.execute(
            "insert into case_events (case_id, merchant_id, what, by_name, reason)"
            " select case_id, merchant_id, 'noted', 'ana',"
            " case when incident_id is null then %s else %s end from cases",
            [f"asked {NAME}", f"asked {dotted}"],
        )


EVERY_PLACE: Final = frozenset(
    {
        *("customers.document", "customers.name"),
        *("sales.document", "sales.name", "sales.sale_id", "sales.idempotency_key"),
        "sale_names.name",
        *("attempts.body", "attempts.provider_id", "attempts.provider_message"),
        "attempts.provider_created_at",
        *("refused_equals.idempotency_key", "events.reason", "incidents.what"),
        *("statement_incidents.document", "statement_incidents.reference"),
        *("statement_incidents.why", "statement_incidents.closed_why"),
        *("statement_incident_events.reason", "statement_explanations.reason"),
        "case_events.reason",
        *("audit.key", "audit.before", "audit.after", "privacy_acts.reason"),
        *("sender.reason", "sender_releases.reason", "sender_releases.pause_reason"),
        *("stops.reason", "stops.lift_reason"),
        *("reconciliations.error", "reconciliations.remarks", "reconciliations.distrust"),
    }
)


async def test_a_dump_of_the_whole_database_tells_nowhere_who_it_was(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, kept: Kept, dsn: str
) -> None:
    document, faithful = a_cpf(), a_cpf()
    other = await paid(store, a_sale(document=faithful, name="ANA", sale_id="s-1"))
    await full_world(store, kept, dsn, document)
    names = (NAME, OTHER_NAME)
    assert telling(dsn, document, *names) == EVERY_PLACE
    counts = counted(dsn)

    assert isinstance(await privacy.erase(1, customer_id(dsn, document), WHY), Erased)
    assert telling(dsn, document, *names) == set()
    assert counted(dsn) == counts
    found = await store.find(1, other)
    assert found is not None
    assert found.sale.customer == Customer(document=faithful, name="ANA")


def kept_texts(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """What is the installation's, or a merchant's, and nobody's who bought anything."""
    return {
        query: rows(dsn, query)
        for query in (
            (
                "select audit_id, merchant_id, resource, key, before, after from audit"
                " where resource <> 'customers' order by 1"
            ),
            "select reason from sender",
            "select pause_reason, reason from sender_releases",
            "select distrust, remarks, error from reconciliations",
            (
                "select i.why, i.closed_why, i.reference, e.reason from statement_incidents as i"
                " left join statement_explanations as e using (incident_id) order by i.line_key"
            ),
            "select reason from statement_incident_events order by event_id",
            "select reason from privacy_acts where reason like '%%days' order by reason",
        )
    }


def a_cpf_within(text: str) -> Iterator[Cpf]:
    """The documents whose digits stand somewhere in it."""
    told = digits(text)
    for start in range(len(told) - 10):
        if told[start + 9 : start + 11] == cpf_check_digits(told[start : start + 9]):
            yield Cpf.known(told[start : start + 11])


async def test_a_chosen_name_or_document_wipes_nothing_but_what_is_that_customers(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, kept: Kept, dsn: str
) -> None:
    ((now,),) = rows(dsn, "select now()")
    foreign = StatementLine(
        number=1,
        document=a_cpf(),
        cashback_centavos=7_001,
        credited_at=now,
        reference="their campaign",
    )
    other = await somebodys(kept)
    await reconcile(kept, [foreign, replace(await a_line(kept, other), number=2)], other)
    (told,) = await standing(kept)
    await kept.incidents.explain(
        told.id, replace(FOREIGN, reason="their campaign of spring"), dry_run=False
    )
    instant = next(
        text
        for second in range(3600)
        for text in [f"2026-11-29T12:{second // 60:02}:{second % 60:02}.123456+00:00"]
        if any(a_cpf_within(text))
    )
    chosen = [
        (a_cpf(), name)
        for name in (
            *("PASSWORD HASH", "THE DATABASE", "APPLIED CASHBACKS", "PETRA SOUZA", "UNEXPLAINED"),
            *("THEIR CAMPAIGN", "DISABLED AT", "NO SALE FOR", "NOTHING SINCE"),
        )
    ]
    chosen.append((next(a_cpf_within(instant)), NAME))
    for document, name in chosen:
        await paid(store, a_sale(document=document, name=name))
    with psycopg.connect(dsn) as owner:
        for merchant_id in (None, 1):
            owner.execute(
                "insert into audit (merchant_id, actor, login, action, resource, key, before,"
                " after) values (%s, 'user:adam', 'x', 'update', 'users', 'petra.souza',"
                " '{}', %s)",
                [merchant_id, f'{{"password_hash": "changed", "disabled_at": "{instant}"}}'],
            )
        owner.execute(
            "update sender set paused_at = now(), actor = 'x',"
            " reason = 'the database is on timeline 2'"
        )
        owner.execute(
            "insert into reconciliations (reconciliation_id, kind, asked_since, error, distrust)"
            " values (gen_random_uuid(), 'asked', now(), %s, 'applied cashbacks are not on it')",
            [f"nothing since {instant}"],
        )
        owner.execute(
            "insert into privacy_acts (merchant_id, act, customer_id, actor, reason, sales)"
            " values (1, 'erasure', gen_random_uuid(), 'retention', 'no sale for 900 days', 0)"
        )
    before = kept_texts(dsn)
    for document, _ in chosen:
        erased = await privacy.erase(1, customer_id(dsn, document), WHY)
        assert isinstance(erased, Erased)
    assert kept_texts(dsn) == before


async def test_what_else_a_row_of_the_trail_tells_stays(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    await paid(store, a_sale(document=document, name=NAME))
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into audit (merchant_id, actor, login, action, resource, key, before, after)"
            " values (1, 'user:adam', 'x', 'update', 'products', 'p', %s, %s)",
            ['{"name": "x", "sku": "1"}', f'{{"name": "for {document}", "sku": "2"}}'],
        )
    await privacy.erase(1, customer_id(dsn, document), WHY)
    assert rows(dsn, "select before, after from audit where key = 'p'") == [
        ({"name": "x", "sku": "1"}, {"name": "erased", "sku": "2"})
    ]


async def test_a_long_trail_bars_no_erasure(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    await paid(store, a_sale(document=document, name=NAME))
    with psycopg.connect(dsn) as owner:
        owner.execute(
            # Few rows for a trail, but long ones: they take as long as 200,000 short ones.
            "insert into audit (merchant_id, login, actor, action, resource, key, before, after)"
            " select 1, 'x', 'user:adam', 'update', 'products', 'p', '{}',"
            " jsonb_build_object('name', repeat('Café torrado e moído ', 50))"
            " from generate_series(1, 20000)"
        )
    assert isinstance(await privacy.erase(1, customer_id(dsn, document), WHY), Erased)


def counted(dsn: str) -> list[tuple[str, int]]:
    """How many rows each table has, but those that tell of the erasure itself."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'public'"
            " and tablename not in ('audit', 'privacy_acts')"
        )
        query = sql.SQL("select count(*) from {}")
        return sorted(
            (name, connection.execute(query.format(sql.Identifier(name))).fetchall()[0][0])
            for (name,) in tables.fetchall()
        )


def candidates(document: Cpf) -> Iterator[Cpf]:
    """Some persons, the one who was erased among them: who finds by trying all tries these."""
    yield document
    stem = int(document[:9])
    for number in range(stem + 1, stem + 200):
        yield Cpf(f"{number}{cpf_check_digits(str(number))}")


async def test_nobody_is_found_again_by_hashing_candidates_with_what_stays(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, kept: Kept, dsn: str
) -> None:
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, centavos=40_000)
    id_ = await paid(store, replace(sale, sold_at_wall=sale.sold_at.replace(tzinfo=None)))
    await tell_of_lines(kept, dsn, document)
    before = rows(
        dsn,
        "select centavos, credited_at, reference, class from statement_incidents order by line",
    )
    await privacy.erase(1, customer_id(dsn, document), WHY)
    left = await store.find(1, id_)
    assert left is not None
    stored = {value for _, value in values(dsn)}
    for candidate in candidates(document):
        guess = replace(left.sale, customer=Customer(document=candidate, name="x"))
        assert stored.isdisjoint(content_names(guess))
        assert stored.isdisjoint(keys_of(candidate, before))


def keys_of(candidate: Cpf, told: list[tuple[Any, ...]]) -> Iterator[str]:
    """The keys that these lines would have if they were this person's."""
    for centavos, credited_at, reference, cls in told:
        unreadable = cls == FindingClass.UNREADABLE
        for text in {None, f"PIX {candidate}", f"0000{candidate}99 {NAME}", reference}:
            yield line_key(
                StatementLine(
                    number=1,
                    kind=LineKind.UNREADABLE if unreadable else LineKind.CREDIT,
                    document=None if unreadable else candidate,
                    cashback_centavos=centavos,
                    credited_at=credited_at,
                    reference=text,
                    problem="document" if unreadable else None,
                )
            )


async def test_a_repeat_of_an_erased_customers_sale_is_answered_as_before(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    named = a_sale(document=document, name=NAME, centavos=50_000, sale_id="s-1")
    unnamed = a_sale(document=document, name=NAME, centavos=60_000)
    unnamed = replace(unnamed, sold_at_wall=unnamed.sold_at.replace(tzinfo=None))
    by_name, by_content = await paid(store, named, key="k-1"), await paid(store, unnamed)
    await privacy.erase(1, customer_id(dsn, document), WHY)
    sums = "select count(*) from sales", "select count(*) from customers"
    recorded = [rows(dsn, one) for one in sums]

    for key, sale_id in (("k-1", "s-1"), ("k-1", None), (None, "s-1"), ("k-2", "s-1")):
        again = await store.accept(submitted(replace(named, sale_id=sale_id), key=key))
        assert isinstance(again, Repeated), (key, sale_id)
        assert again.record.id == by_name
        assert again.record.sale.customer == ERASED
    taken = await store.accept(
        submitted(unchecked(named, sale_id="s-1", total_centavos=1), key="k-9")
    )
    assert isinstance(taken, NameTaken)
    # By another wall clock's UTC, as after a correction of the zone, too.
    moved = replace(unnamed, sold_at=unnamed.sold_at + timedelta(hours=1))
    for sale in (unnamed, replace(unnamed, sold_at_wall=None), moved):
        again = await store.accept(submitted(sale))
        assert isinstance(again, ContentTaken)
        assert again.record.id == by_content
        told = await store.meaning(
            1, sale, idempotency_key=None, equal_content=EqualContent.SALE_ID
        )
        assert told == EqualRefused(by_content)
    assert [rows(dsn, one) for one in sums] == recorded

    # A number of its own says that it is another; it is paid once, and its repeat is its own.
    another = await store.accept(submitted(replace(unnamed, sale_id="s-2")))
    assert isinstance(another, Accepted)
    assert another.record.same_content_as == by_content
    again = await store.accept(submitted(unnamed))
    assert isinstance(again, ContentTaken)
    assert again.record.id == by_content
    (plain,) = content_names(replace(unnamed, sold_at_wall=None))
    assert rows(dsn, "select from sale_names where name = %s", plain) == []


NAMED: Final = "JuvenalDosSantos"


@pytest.mark.parametrize("kind", ["key", "sale_id", "both"])
async def test_a_repeat_is_one_though_its_name_told_who_it_was(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str, kind: str
) -> None:
    """Without the name it would be another sale, and paid once more."""
    document = a_cpf()
    sale_id = None if kind == "key" else f"{NAMED}/7"
    key = None if kind == "sale_id" else f"till:{NAMED}:1"
    sale = a_sale(document=document, name=OTHER_NAME, centavos=60_000, sale_id=sale_id)
    first = await paid(store, sale, key=key)
    # Known by another spelling, and by another key, too.
    short = a_sale(document=document, name="JUVENAL D SANTOS", centavos=70_000, sale_id=f"{NAMED}8")
    second = await paid(store, short, key="k-8")
    assert isinstance(await store.accept(submitted(short, key=f"{NAMED}.9")), Repeated)
    await privacy.erase(1, customer_id(dsn, document), WHY)
    assert telling(dsn, document, OTHER_NAME) == set()

    recorded = rows(dsn, "select count(*) from sales")
    by_key = replace(submitted(sale, key=key), equal_content=EqualContent.KEY)
    for submission, id_ in (
        (by_key, first),
        (submitted(short, key="k-8"), second),
        (submitted(replace(short, sale_id=None), key=f"{NAMED}.9"), second),
        (submitted(short), second),
    ):
        again = await store.accept(submission)
        assert isinstance(again, Repeated)
        assert again.record.id == id_
        told = await store.meaning(
            1,
            submission.sale,
            idempotency_key=submission.idempotency_key,
            equal_content=EqualContent.KEY,
        )
        assert isinstance(told, Repeat)

    # A name that is told now for the first time is kept as an erasure would have left it.
    anew = f"{NAMED}.10"
    found = await asyncio.gather(
        store.accept(submitted(short, key=anew)), store.accept(submitted(short, key=anew))
    )
    by_it = await store.accept(submitted(replace(short, sale_id=None), key=anew))
    assert all(isinstance(one, Repeated) and one.record.id == second for one in (*found, by_it))
    assert rows(dsn, "select count(*) from sales") == recorded
    assert telling(dsn, document, OTHER_NAME) == set()
    assert rows(dsn, "select cashback_id from sale_names where name = %s", SEAL(anew)) == [
        (second,)
    ]


async def test_an_answer_that_comes_after_the_erasure_leaves_nothing_of_whom_it_paid(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    claim = await leased(store, a_sale(document=document, name=NAME), lease_s=0.001)
    while not await store.reap(limit=1):
        await asyncio.sleep(0.01)
    with psycopg.connect(dsn) as owner:
        # As an operator's word leaves it.
        owner.execute(
            "update cashbacks set status = 'applied', version = version + 1, applied_at = now(),"
            " due_at = null"
        )
        owner.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason) select merchant_id, cashback_id, version,"
            " now(), 'operator', 'petra', 'in_doubt', 'applied', 1, 'seen' from cashbacks"
        )
    who = customer_id(dsn, document)
    await privacy.erase(1, who, WHY)
    body = f'{{"id": "PIX-{document}", "message": "{NAME}", "createdAt": "{document}"}}'
    late = ended(claim, seen(201, body.encode()))
    result = await store.conclude(late)
    assert result.provider is None or result.provider.id is None
    assert telling(dsn, document, NAME) == set()
    told = "select result, status_code, body, provider_id, reason from attempts"
    assert rows(dsn, told) == [("applied", 201, None, None, "erased")]

    with psycopg.connect(dsn) as owner:  # as one did that was in flight then
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "update attempts set body = %(b)s, provider_id = %(d)s, provider_message = %(d)s,"
            " provider_created_at = %(d)s, reason = %(d)s",
            {"b": body.encode(), "d": document},
        )
    await privacy.erase(1, who, WHY)
    assert telling(dsn, document, NAME) == set()


async def test_neighbours_in_one_group_are_judged_by_what_was_erased_too(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, centavos=60_000)
    first = await paid(store, sale)
    await privacy.erase(1, customer_id(dsn, document), WHY)
    found = await asyncio.gather(
        *(store.accept(submitted(sale)) for _ in range(5)),
        store.accept(submitted(a_sale(document=a_cpf()))),
    )
    assert all(isinstance(one, ContentTaken) and one.record.id == first for one in found[:5])
    assert isinstance(found[5], Accepted)


@pytest.mark.parametrize("sale_id", [None, "MariaAparecidaDeAssuncao1"])
async def test_whoever_repeats_at_the_moment_of_the_erasure_is_paid_once(
    store: PostgresCashbackStore, database: Database, dsn: str, sale_id: str | None
) -> None:
    """The repeat waits for the name; when it has it, the erased sale goes by another."""
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, centavos=60_000, sale_id=sale_id)
    first = await paid(store, sale)
    who = customer_id(dsn, document)
    async with database.pool(ERASING).acting_for(1) as connection:
        await erase(connection, 1, who, WHY, seal=SEAL)
        repeat = asyncio.create_task(store.accept(submitted(sale)))
        await waits(dsn)
    again = await repeat
    assert isinstance(again, Repeated if sale_id else ContentTaken)
    assert again.record.id == first
    assert rows(dsn, "select count(*) from customers") == [(1,)]


@pytest.mark.parametrize("named", ["key", "sale_id"])
async def test_a_named_repeat_at_the_moment_of_the_erasure_is_one(
    store: PostgresCashbackStore, database: Database, dsn: str, named: str
) -> None:
    """The plain content is nobody's any more when it is taken; the sealed one tells who it was."""
    document = a_cpf()
    sale_id, key = (None, "k-1") if named == "key" else ("s-1", None)
    sale = a_sale(document=document, name=NAME, centavos=60_000, sale_id=sale_id)
    first = await paid(store, sale, key=key)
    who = customer_id(dsn, document)
    async with database.pool(ERASING).acting_for(1) as connection:
        await erase(connection, 1, who, WHY, seal=SEAL)
        repeat = asyncio.create_task(store.accept(submitted(sale, key=key)))
        await waits(dsn)
    again = await repeat
    assert isinstance(again, Repeated)
    assert again.record.id == first
    (plain,) = content_names(sale)
    assert rows(dsn, "select from sale_names where name = %s", plain) == []


async def test_another_persons_sale_under_an_erased_ones_name_is_told_and_not_taken(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    """Same instant, total and lines: as a repeat nobody would ever pay them."""
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, centavos=50_000, sale_id="s-1")
    await paid(store, sale, key="k-1")
    equal = await paid(store, replace(sale, sale_id="s-2"), key="k-2")
    await privacy.erase(1, customer_id(dsn, document), WHY)
    others = replace(sale, customer=Customer(document=a_cpf(), name=OTHER_NAME))
    for key, sale_id in (("k-1", "s-1"), (None, "s-1"), ("k-1", None), ("k-2", "s-2")):
        taken = await store.accept(submitted(replace(others, sale_id=sale_id), key=key))
        assert isinstance(taken, NameTaken), (key, sale_id)
        assert [d.pointer for d in taken.differences] == ["/customer/document"]
    own = await store.accept(submitted(replace(others, sale_id="s-3")))
    assert isinstance(own, Accepted)
    # Neither of the erased one's two is anything but a repeat, whose content is the first's.
    for key in ("k-2", "k-9"):
        again = await store.accept(submitted(replace(sale, sale_id="s-2"), key=key))
        assert isinstance(again, Repeated)
        assert again.record.id == equal


async def waits(dsn: str) -> None:
    """Until somebody waits for a lock."""
    asked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    async with asyncio.timeout(5):
        while rows(dsn, asked) == [(0,)]:
            await asyncio.sleep(0.01)


async def test_an_erased_customers_lines_are_known_on_every_later_statement(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, kept: Kept, dsn: str
) -> None:
    document = a_cpf()
    await paid(store, a_sale(document=document, name=NAME))
    ((now,),) = rows(dsn, "select now()")
    other = await somebodys(kept)
    whose = [(document, 1), (document, 2), (document, 500), (other.document, 500)]
    lines = [
        StatementLine(number=n, document=who, cashback_centavos=centavos, credited_at=now)
        for n, (who, centavos) in enumerate(whose, 1)
    ]
    assert (await reconcile(kept, lines, other)).opened == 2
    stands, foreign = sorted(await standing(kept), key=lambda one: one.centavos)
    await kept.incidents.explain(foreign.id, FOREIGN, dry_run=False)
    await privacy.erase(1, customer_id(dsn, document), WHY)
    again = await reconcile(kept, lines, other)
    assert again.opened == 0, "one stands, and a person said what the other is"
    assert [one.id for one in await standing(kept)] == [stands.id]
    await kept.incidents.explain(stands.id, FOREIGN, dry_run=False)
    again = await reconcile(kept, lines, other)
    assert (again.opened, await standing(kept), again.distrust) == (0, [], None)


async def test_a_statement_after_the_erasure_brings_nobody_back(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, kept: Kept, dsn: str
) -> None:
    document, faithful, unknown = a_cpf(), a_cpf(), a_cpf()
    for who in (document, faithful):
        await paid(store, a_sale(document=who, name=NAME))
    ((now,),) = rows(dsn, "select now()")
    other = await somebodys(kept)
    lines = [
        StatementLine(
            number=number,
            document=who,
            cashback_centavos=7_000 + number,
            credited_at=now,
            reference=f"PIX {who}",
        )
        for number, who in enumerate((document, faithful, unknown), 1)
    ]
    await privacy.erase(1, customer_id(dsn, document), WHY)
    await reconcile(kept, lines, other)
    assert telling(dsn, document) == set()
    told = (
        "select document, reference, line_key from statement_incidents"
        " where line is not null order by line"
    )
    ((pseudonym,),) = rows(dsn, "select document from customers where erased_at is not null")
    assert rows(dsn, told) == [
        (pseudonym, None, SEAL(line_key(lines[0]))),
        *((line.document, line.reference, line_key(line)) for line in lines[1:]),
    ]
    assert (await reconcile(kept, lines, other)).opened == 0, "it is known on the next one"

    # One that was told while the erasure was under way.
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "update statement_incidents set document = %s, line_key = %s where line = 1",
            [document, line_key(lines[0])],
        )
    assert (await reconcile(kept, lines, other)).opened == 0
    assert rows(dsn, told)[0][:2] == (pseudonym, None)
    ((who,),) = rows(dsn, "select customer_id from customers where erased_at is not null")
    await privacy.erase(1, who, WHY)
    assert rows(dsn, told)[0] == (pseudonym, None, SEAL(line_key(lines[0])))


async def test_who_was_erased_without_a_key_is_sealed_when_it_is_asked_for_again(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    document = a_cpf()
    sale = a_sale(document=document, name=NAME, centavos=60_000)
    first = await paid(store, sale)
    who = customer_id(dsn, document)
    done = await privacy.erase(1, who, WHY)
    (plain,) = content_names(sale)
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("update sale_names set name = %s where kind = 'content'", [plain])
    assert await privacy.erase(1, who, WHY) == done
    assert rows(dsn, "select name from sale_names where kind = 'content'") == [(SEAL(plain),)]
    again = await store.accept(submitted(sale))
    assert isinstance(again, ContentTaken)
    assert again.record.id == first


def test_another_key_than_the_databases_is_refused_at_the_start(dsn: str) -> None:
    refuse_other_key(dsn, SEAL)
    refuse_other_key(dsn, SEAL)
    with pytest.raises(UnsafeDatabase, match="erasure key"):
        refuse_other_key(dsn, Seal.parse(new_erasure_key()))
    with pytest.raises(UnsafeDatabase, match="no erasure key"):
        refuse_other_key(dsn, None)


async def test_without_the_key_nobody_is_erased(dsn: str, store: PostgresCashbackStore) -> None:
    document = a_cpf()
    await paid(store, a_sale(document=document, name=NAME))
    who = customer_id(dsn, document)
    async with Database(dsn) as without:
        with pytest.raises(LookupError):
            await PostgresPrivacyStore(without).erase(1, who, WHY)
    assert customer_id(dsn, document) == who
