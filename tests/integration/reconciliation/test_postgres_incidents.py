from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.operators.acts import PostgresOperatorStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.reconciliation import NEED_A_PERSON, FindingClass
from cashback_core.reconciliation.incidents import PRECEDES, OpenLine, Suspect, may_be_credit_of
from cashback_core.sales.erased import is_pseudonym
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import mask
from cashback_core.values.ids import new_id
from cashback_core.values.masks import hide_documents
from contract.builders import a_cpf, a_sale, accepted, history_of, leased
from contract.confirming import later
from contract.operating import REFUSED, ended_with
from contract.statement_incidents import AT, FOREIGN, KNOWN, IncidentStoreContract
from integration.kept_incidents import keep
from integration.two_merchants import WORKER, session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from cashback_core.reconciliation.incidents import StatementIncident


class TestPostgresIncidents(IncidentStoreContract):
    """The contract on a real database."""

    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def operators(self, database: Database) -> PostgresOperatorStore:
        return PostgresOperatorStore(database)

    @pytest.fixture
    def incidents(self, database: Database) -> PostgresIncidentStore:
        return PostgresIncidentStore(database)

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        keep(self.dsn, incident, merchant_id)

    async def said(self) -> tuple[dict[str, list[UUID | None]], set[UUID]]:
        lines: defaultdict[str, list[UUID | None]] = defaultdict(list)
        absent: set[UUID] = set()
        with psycopg.connect(self.dsn) as connection:
            for key, meaning, cashback_id in connection.execute(
                "select line_key, meaning, cashback_id from statement_explanations order by at"
            ):
                if meaning == "known_absent":
                    absent.add(cashback_id)
                else:
                    lines[key].append(cashback_id)
        return dict(lines), absent

    async def risks(self) -> set[UUID]:
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(
                "select incident_id, what from statement_incident_events where risk_accepted"
            ).fetchall()
        assert {what for _, what in rows} <= {"explained"}
        return {id_ for id_, _ in rows}

    async def kept_as(self, incident_id: UUID) -> tuple[str | None, str | None]:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "select document, reference from statement_incidents where incident_id = %s",
                [incident_id],
            ).fetchone()
        assert row is not None
        return row[0], row[1]

    async def test_who_serves_one_merchant_is_told_of_no_other_merchants_cashback(
        self, store: PostgresCashbackStore
    ) -> None:
        claims = {1: await ended_with(store, REFUSED), 2: await leased(store, merchant_id=2)}
        for claim in claims.values():
            self.told(AT, document=str(claim.document), credited_at=None)
        asked = "select cashback_id from suspected_cashbacks(%s, %s)"
        for merchant_id, claim in claims.items():
            with session(self.dsn, merchant_id) as serving:
                assert serving.execute(asked, [merchant_id, PRECEDES]).fetchall() == [(claim.id,)]
        for named, of_merchant in (((1,), 2), ((1,), None), ((), 1), ((), None)):
            with session(self.dsn, *named) as serving, pytest.raises(InsufficientPrivilege):
                serving.execute(asked, [of_merchant, PRECEDES])
        credited = "select may_be_credited(%s, %s, %s)"
        for merchant_id, claim in claims.items():
            with session(self.dsn, merchant_id) as serving:
                serving.execute(credited, [merchant_id, claim.id, PRECEDES])
            with (
                session(self.dsn, 3 - merchant_id) as serving,
                pytest.raises(InsufficientPrivilege),
            ):
                serving.execute(credited, [merchant_id, claim.id, PRECEDES])
        for role in (None, WORKER):  # whoever sees all rows may ask for all
            options = "" if role is None else f"-c role={role}"
            with psycopg.connect(self.dsn, options=options) as all_of_them:
                found = all_of_them.execute(asked, [None, PRECEDES]).fetchall()
            assert {id_ for (id_,) in found} == {claim.id for claim in claims.values()}

    def test_whoever_ends_an_incident_leaves_no_document_in_it(self) -> None:
        """Masked in SQL as by the core."""
        cpf = "52998224725"
        told = (
            "PIX 52998224725", "529.982.247-25;52998224725", "000052998224725 x", "12345678901",
            "\uff15\uff12\uff19\uff19\uff18\uff12\uff12\uff14\uff17\uff12\uff15",
            "1234567890", "123456789012", "ref 01932c07-0000-7000-8000-000000000001", "", "a b",
        )  # fmt: skip
        documents = (
            cpf, "11222333000181", "12ABC34501DE35", "E2ABC34501DE33", "11222333000182",
            "11111111111111", "AA-123456", "E" + "0" * 32, mask(cpf), mask("11222333000181"),
            "***.1*", None,
        )  # fmt: skip
        kept = {
            self.told(AT, reference=reference, document=document): (reference, document)
            for reference in (None, *told)
            for document in documents
        }
        with psycopg.connect(self.dsn, options="-c role=cashback_worker") as worker:
            worker.execute("update statement_incidents set closed_at = now(), closed_why = 'x'")
            worker.commit()
            found = worker.execute(
                "select incident_id, reference, document from statement_incidents"
            ).fetchall()
        for id_, reference, document in found:
            was_reference, was = kept[id_]
            wide = None if was_reference is None else unicodedata.normalize("NFKC", was_reference)
            assert reference == (None if wide is None else hide_documents(wide))
            assert document == (was if was is None or is_pseudonym(was) else mask(was))

    async def test_an_explanation_leaves_an_event_with_name_and_reason(
        self, incidents: PostgresIncidentStore
    ) -> None:
        line = self.told(AT)
        await incidents.explain(line, KNOWN, dry_run=False)
        await incidents.explain(line, FOREIGN, dry_run=True)
        await incidents.explain(line, FOREIGN, dry_run=False)
        with psycopg.connect(self.dsn) as connection:
            told = connection.execute(
                "select incident_id, what, by_name, reason from statement_incident_events"
            ).fetchall()
        assert told == [(line, "explained", "petra", FOREIGN.reason)]

    async def test_the_database_suspects_what_the_core_does(
        self, store: PostgresCashbackStore
    ) -> None:
        """Each line alone, held against the same cashbacks by both."""
        ones = await _suspects(store)
        chance = random.Random(7)
        seen: set[bool] = set()
        with psycopg.connect(self.dsn) as connection:
            for n in range(150):
                line = _a_line(chance, ones)
                with connection.transaction(force_rollback=True):
                    connection.execute(
                        "insert into statement_incidents (incident_id, class, merchant_id,"
                        " cashback_id, document, centavos, line, line_key, nth, credited_at,"
                        " reference, why, statement_at)"
                        " values (%s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, 'x', now())",
                        [
                            new_id(),
                            line.cls,
                            None if line.cashback_id is None else 1,
                            line.cashback_id,
                            line.document,
                            line.centavos,
                            f"{n:032x}" if line.has_line else None,
                            0 if line.has_line else None,
                            line.credited_at,
                            line.reference,
                        ],
                    )
                    found = connection.execute(
                        "select cashback_id from suspected_cashbacks(1, %s)", [PRECEDES]
                    ).fetchall()
                expected = {one.id for one in ones if may_be_credit_of(line, one, PRECEDES)}
                assert {id_ for (id_,) in found} == expected, line
                seen.add(bool(expected))
        assert seen == {True, False}


async def _suspects(store: PostgresCashbackStore) -> list[Suspect]:
    """Cashbacks of two customers and two amounts."""
    customers = [a_cpf(), a_cpf()]
    ones: list[Suspect] = []
    for n in range(6):
        sale = a_sale(
            document=customers[n % 2], centavos=10_000 + 2_000 * (n // 3), sale_id=f"NF-{n}"
        )
        claim = await ended_with(store, REFUSED, sale)
        history = await history_of(store, 1, claim)
        ones.append(
            Suspect(
                id=claim.id,
                document=claim.document,
                centavos=claim.cashback_centavos,
                accepted_at=history.record.accepted_at,
                first_started_at=history.attempts[0].started_at,
            )
        )
    for customer in customers:
        sale = a_sale(document=customer, sale_id=f"later-{customer}")
        record = await accepted(store, later(sale))
        ones.append(
            Suspect(
                id=record.id,
                document=customer,
                centavos=record.cashback.cashback_centavos,
                accepted_at=record.accepted_at,
            )
        )
    return ones


def _a_line(chance: random.Random, ones: Sequence[Suspect]) -> OpenLine:
    """A line that has some of what these cashbacks have."""
    one = chance.choice(ones)
    began_at = one.first_started_at or one.accepted_at
    early = timedelta(days=2, seconds=chance.choice((-1, 0, 1)))
    hex_ = one.id.hex
    wrong = f"{hex_[:20]}{'0' if hex_[20] != '0' else '1'}{hex_[21:]}"
    cut = (f"nr {hex_[:12]}", hex_[-8:].upper(), f"z {hex_[-7:]}", f"{hex_[:9]} 99999999ffffffff")
    spelt = (hex_, wrong, f"77{hex_}77", f"{hex_[:4]}-{hex_[4:8]}", f"{hex_[:8]}\uff19\u212a")
    named = chance.random() < 0.3
    return OpenLine(
        cls=chance.choice((*sorted(NEED_A_PERSON), FindingClass.UNREADABLE)),
        cashback_id=one.id if named else None,
        has_line=not named or chance.random() < 0.7,
        document=chance.choice((None, one.document, a_cpf(), a_cpf())),
        centavos=chance.choice((0, one.centavos, 1, 2)),
        credited_at=chance.choice((None, began_at, began_at - early)),
        reference=chance.choice((None, None, "", "NF 12", *cut, *spelt)),
    )


async def test_without_a_database_incidents_are_unavailable(tmp_path: object) -> None:
    async with Database(f"postgresql:///x?host={tmp_path}") as database:
        with pytest.raises(StoreUnavailable):
            await PostgresIncidentStore(database).standing(1)
