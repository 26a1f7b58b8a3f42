"""An erasure makes a customer nobody in the lines of files, too, and touches nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.files.statements import StoredStatements
from adapters.postgres.files.store import PostgresFileStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.privacy.data_subjects import Erased, Erasure
from cashback_core.reconciliation.file_import import ImportFile
from cashback_core.reconciliation.reconciler import Days, Reconciler
from cashback_core.reconciliation.schedule import RunKind
from cashback_core.reconciliation.statements import LineKind
from cashback_core.sales.erased import is_pseudonym
from cashback_core.values.documents import Cpf
from contract.builders import CREATED, a_sale, ended, leased
from contract.keeping_files import DAY, SKEW, STATEMENT, credit, sale
from contract.reconciling import RULES
from integration.two_merchants import one

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation.file_store import FileStore
    from cashback_core.reconciliation.files import KeptFile

ALICE = "52998224725"
BOB = "79336512404"
MASKED = "***.982.247-**"


async def test_whoever_is_erased_is_nobody_in_files(database: Database, dsn: str) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale(document=Cpf(ALICE), sale_id="NF-1"))
    await store.conclude(ended(claim, CREATED))
    files = PostgresFileStore(database, skew=SKEW)
    bring = ImportFile(store=files, max_lines=100)
    await bring(
        DAY, [sale(1, name="NF-1", document=MASKED), sale(2, document=BOB), sale(3, document=ALICE)]
    )
    await bring(
        replace(DAY, merchant_id=2, sha256=sha256(b"2").digest()), [sale(1, document=ALICE)]
    )
    told = await bring(
        STATEMENT,
        [
            credit(1, document=ALICE, reference="ALICE SILVA"),
            credit(2, document=ALICE, reference=str(claim.id)),
            credit(3, document=BOB),
            credit(4, document=None, doubtful=ALICE, kind=LineKind.UNREADABLE, problem="x"),
        ],
    )
    privacy = PostgresPrivacyStore(database)
    with psycopg.connect(dsn) as owner:
        customer = one(owner, "select customer_id from customers where document = %s", ALICE)
    erased = await privacy.erase(1, customer, Erasure(by="ana", reason="asked for it"))
    assert isinstance(erased, Erased)
    with psycopg.connect(dsn) as owner:
        mine = owner.execute(
            "select document, customer_name from erp_lines where merchant_id = 1 order by line"
        ).fetchall()
        theirs = one(owner, "select document from erp_lines where merchant_id = 2")
    assert [is_pseudonym(document) for document, _ in mine] == [True, False, True]
    assert [name is None for _, name in mine] == [True, False, True]
    assert theirs == ALICE, "another merchant's customer is not erased"
    lines = await files.statement_lines(told.file.id, limit=9, after=0)
    assert [is_pseudonym(str(line.document)) for line in lines] == [True, True, False, False]
    assert [line.reference for line in lines] == [None, str(claim.id), "a\tb\\3", None]
    assert lines[3].doubtful is None


async def test_a_file_told_again_after_an_erasure_tells_the_same_lines(
    database: Database, dsn: str
) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale(document=Cpf(ALICE)))
    await store.conclude(ended(claim, CREATED))
    files = PostgresFileStore(database, skew=timedelta(0))
    now = datetime.now(UTC)
    told = await ImportFile(store=files, max_lines=100)(
        replace(
            STATEMENT, since=now - timedelta(days=1), through=now, told_lines=4,
            told_centavos=claim.cashback_centavos + 3 * 140,
        ),
        [
            credit(1, claim.cashback_centavos, credited_at=now, reference=str(claim.id)),
            credit(2, credited_at=now, reference="ALICE SILVA"),
            credit(3, document=BOB, credited_at=now),
            credit(
                4, document=None, doubtful=ALICE, kind=LineKind.UNREADABLE, problem="x",
                credited_at=now,
            ),
        ],
    )  # fmt: skip
    await _reconcile(database, files, told.file)
    with psycopg.connect(dsn, autocommit=True) as owner:
        # But for its class: what nobody can read any more may become another's, and is one line.
        ledger = (
            "select line_key, nth, centavos, alike from provider_lines where class is not null"
            " order by line_key, nth"
        )
        open_ones = "select count(*) from statement_incidents where closed_at is null"
        before, incidents = owner.execute(ledger).fetchall(), one(owner, open_ones)
        assert (len(before), incidents) == (4, 3)
        customer = one(owner, "select customer_id from customers where document = %s", ALICE)
        erasure = Erasure(by="ana", reason="asked for it")
        assert isinstance(await PostgresPrivacyStore(database).erase(1, customer, erasure), Erased)
        await _reconcile(database, files, told.file)
        assert owner.execute(ledger).fetchall() == before
        assert one(owner, open_ones) == incidents


async def _reconcile(database: Database, files: FileStore, file: KeptFile) -> None:
    assert file.since is not None
    day = timedelta(days=1)
    reconciler = Reconciler(
        store=PostgresReconciliationStore(database, RULES),
        statements=StoredStatements(files, file),
        rules=RULES,
        days=Days(open_s=1.0, recent_s=1.0, recent=day, furthest=day),
        now=lambda: datetime.now(UTC),
        chance=lambda: 0.5,
    )
    found = await reconciler.reconcile_from(file.since, kind=RunKind.FILE)
    assert found is not None
    assert found.kept is not None
