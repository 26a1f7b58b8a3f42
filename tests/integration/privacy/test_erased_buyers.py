"""Of a company or a foreigner who is erased nothing stays either, nor of what the ERP noted."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import ContentTaken, Repeated
from cashback_core.privacy.data_subjects import Erased, Retention
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.sales.erased import ERASED
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import BuyerDocument, Cnpj, Cpf, ForeignDocument, store_document
from contract.builders import CREATED, a_sale, accepted, ended
from contract.reconciling import FOREIGN, RULES, Kept, reconcile, standing
from contract.tills import INVOICE, at, told
from integration.privacy.test_erased import WHY, somebodys, values
from integration.privacy.test_privacy import customer_id, made_older, rows

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.record import Record

DOCUMENTS: Final[dict[str, BuyerDocument]] = {
    "a company": Cnpj("11222333000181"),
    "a company with letters": Cnpj("12ABC34501DE35"),
    "a foreigner": ForeignDocument("AA-12.3456"),
    "a foreigner of digits": ForeignDocument("30123456"),
}
NAME: Final = "LOJAS REUNIDAS DO VALE"


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


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


def squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).lower()))


def divided(document: str) -> str:
    """In other parts than it was told in."""
    plain = squeezed(document)
    return f"{plain[:3]}-{plain[3:5]}/.{plain[5:]}"


def telling(dsn: str, document: str) -> set[str]:
    """The columns that tell who it was, in whatever spelling."""
    tokens = (squeezed(document), squeezed(NAME))
    return {place for place, value in values(dsn) if any(t in squeezed(value) for t in tokens)}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
async def test_nothing_tells_who_it_was_and_nothing_is_paid_twice(
    store: PostgresCashbackStore,
    privacy: PostgresPrivacyStore,
    kept: Kept,
    dsn: str,
    document: BuyerDocument,
) -> None:
    customer = Customer(document=document, name=NAME)
    sale = at(replace(a_sale(), customer=customer), "1")
    noted = replace(
        at(replace(sale, sale_id=f"nf/{document.lower()}"), "2"),
        cashier="RUI",
        metadata=(("pdv", "7"),),
    )
    invoiced = replace(a_sale(sale_id=INVOICE, centavos=500), customer=customer)
    records = [
        await accepted(store, told(sale)),
        await accepted(store, told(noted, key=f"k:{document.formatted}")),
        await accepted(store, told(invoiced)),
    ]
    for record in records:
        claim = Claim(
            id=record.id,
            merchant_id=1,
            attempt=1,
            document=document,
            cashback_centavos=record.cashback.cashback_centavos,
        )
        await store.conclude(ended(claim, CREATED))
    ((now,),) = rows(dsn, "select now()")
    other = await somebodys(kept)
    lines = [
        StatementLine(
            number=number,
            document=str(document),
            cashback_centavos=7_000 + number,
            credited_at=now,
            reference=f"PIX {document.lower()}",
        )
        for number in (1, 2)
    ]
    paid = (*(r.cashback.cashback_centavos for r in records), other.cashback_centavos)
    lines += [
        StatementLine(
            number=number,
            document=str(document if number < 6 else other.document),
            cashback_centavos=centavos,
            credited_at=now,
        )
        for number, centavos in enumerate(paid, 3)
    ]
    first = await reconcile(kept, lines, other)
    assert (first.opened, first.distrust) == (2, None), "its credits are told apart from others'"
    foreign = next(one for one in await standing(kept) if one.centavos == 7_001)
    whose = customer_id(dsn, store_document(document))
    report = await privacy.report(1, whose, by="user:ana", limit=9, after=None)
    assert report is not None
    assert (report.document, type(report.document)) == (document, type(document))
    done = await kept.incidents.explain(
        foreign.id, replace(FOREIGN, reason=f"of {document.lower()}"), dry_run=False
    )
    assert done is not None
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into audit (merchant_id, actor, login, action, resource, key, before, after)"
            " values (1, 'user:adam', 'x', 'update', 'products', '1', '{}', %s)",
            [f'{{"name": "para {document.lower()}"}}'],
        )
        owner.execute(
            "insert into audit (merchant_id, actor, login, action, resource, key, before, after)"
            " values (1, 'user:adam', 'x', 'update', 'products', %s, '{}', '{}')",
            [divided(document)],
        )
        owner.execute(
            "insert into stops (merchant_id, stop_id, by_platform, stopped_at, stopped_by, reason)"
            " values (1, %s, false, now(), 'user:ana', %s)",
            [records[0].id, f"of {squeezed(document)}: asked"],
        )
        owner.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason) values (1, %s, 90, now(), 'operator',"
            " 'petra', 'applied', 'in_doubt', 1, %s)",
            [records[0].id, f"{NAME.title()} called"],
        )
    assert telling(dsn, document) > {
        "audit.after", "audit.key", "stops.reason",
        "customers.document", "events.reason", "sale_names.name", "sales.sale_id",
        "statement_explanations.reason", "statement_incidents.document",
        "statement_incidents.reference",
    }  # fmt: skip

    who = customer_id(dsn, Cpf.known(store_document(document)))
    assert isinstance(await privacy.erase(1, who, WHY), Erased)
    assert telling(dsn, document) == set()
    erased: list[Record] = []
    for before in records:
        after = await store.find(1, before.id)
        assert after is not None
        erased.append(after)
        assert after.sale.customer == ERASED
        assert (after.sale.cashier, after.sale.metadata) == (None, ())
        assert after.sale.place == before.sale.place
    kept_invoice = rows(dsn, "select invoice_cnpj from sales where invoice_cnpj is not null")
    # A number that names nobody stays.
    assert len(kept_invoice) == (0 if document in INVOICE else 1)

    assert await store.accept(told(sale)) == ContentTaken(erased[0])
    late = told(sale, key=f"late-{divided(document)}")
    assert await store.accept(late) == ContentTaken(erased[0])
    assert await store.accept(told(noted)) == Repeated(erased[1])
    again = await store.accept(told(replace(noted, sale_id=None)))
    assert again == ContentTaken(erased[1])
    assert (await reconcile(kept, lines, other)).opened == 0
    assert telling(dsn, document) == set()


async def test_the_raw_bytes_of_nobodys_sale_are_dropped_in_time(
    store: PostgresCashbackStore, privacy: PostgresPrivacyStore, dsn: str
) -> None:
    sale = replace(a_sale(), customer=None, cashier="RUI")
    record = await accepted(store, told(sale))
    made_older(dsn, 40)
    assert await privacy.retain(Retention(raw_days=30, customer_days=30), limit=9) == 1
    assert rows(dsn, "select raw_body = '', cashier from sales") == [(True, "RUI")]
    found = await store.find(1, record.id)
    assert found is not None
    assert found.sale == record.sale
