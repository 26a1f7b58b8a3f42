"""Every role may do what its work needs, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation
from psycopg.types.json import Jsonb

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.schema.rights import read, rights
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.privacy.data_subjects import Erased, Erasure
from cashback_core.values.documents import Cpf
from contract.builders import CREATED, a_sale, ended, leased
from integration.two_merchants import ERASER, IDENTITY, MINE, one, session

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database

PAGE: Final = Path(__file__).parents[3] / "docs" / "database.md"
ALICE: Final = Cpf("52998224725")
BOB: Final = Cpf("79336512404")
ERASED_ALICE: Final[LiteralString] = (
    "update customers set document = 'E' || repeat('0', 32), name = 'erased', erased_at = now(),"
    " version = version + 1 where document = '52998224725'"
)


@pytest.fixture
async def paid(database: Database) -> dict[str, UUID]:
    """A paid cashback of each; their sale ids hold their documents."""
    store = PostgresCashbackStore(database, DeliveryPolicy())
    made: dict[str, UUID] = {}
    for document in (ALICE, BOB):
        claim = await leased(store, a_sale(document=document, sale_id=f"NF-{document}"))
        await store.conclude(ended(claim, CREATED))
        made[document] = claim.id
    return made


def test_every_role_may_do_what_the_table_of_rights_says_and_nothing_else(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        held = set(rights(owner))
    told = set(read(PAGE.read_text("utf-8")))
    assert held - told == set(), "held, but not in docs/database.md (make rights)"
    assert told - held == set(), "in docs/database.md, but not held (make rights)"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("grant select on login_failures to cashback_worker", ("table login_failures", "select")),
        ("grant truncate on events to cashback_worker", ("table events", "actor_name), truncate")),
        ("grant maintain on events to cashback_eraser", ("table events", "select, maintain")),
        ("grant update (rate_bp) on rates to cashback_eraser", ("rates", "update (rate_bp)")),
        ("grant references (type) on rates to public", ("table rates", "references (type)")),
        ("grant execute on function keep_columns to public", ("function keep_columns", "execute")),
        ("create function mine() returns int language sql return 1", ("mine", "execute")),
        (
            "grant usage on sequence audit_audit_id_seq to cashback_worker",
            ("audit_id_seq", "usage"),
        ),
        ("grant create on schema public to cashback_eraser", ("schema public", "create, usage")),
        ("create schema theirs; grant usage on schema theirs to public", ("theirs", "usage")),
        ("create view v as select 1; grant select on v to cashback_worker", ("view v", "select")),
        ("grant cashback_worker to cashback_eraser", ("itself", "be a member of cashback_worker")),
        ("alter role cashback_eraser login bypassrls", ("itself", "log in, pass every policy")),
        ("alter table rates owner to cashback_eraser", ("what it owns", "pg_class")),
        (
            "alter default privileges grant select on tables to cashback_eraser",
            ("will make", "tables: select"),
        ),
        (
            (
                "do $$ begin execute format('grant temporary on database %I to cashback_worker',"
                " current_database()); end $$"
            ),
            ("the database", "temporary"),
        ),
    ],
)
def test_whatever_is_granted_shows(
    dsn: str, statement: LiteralString, shown: tuple[str, str]
) -> None:
    on, may = shown
    with psycopg.connect(dsn) as owner:
        before = set(rights(owner))
        owner.execute(statement)
        after = set(rights(owner))
        owner.rollback()
    assert [right for right in after - before if on in right.on and may in right.may], (
        after - before
    )


@pytest.mark.parametrize(
    "statement",
    [
        (
            "insert into users (username, merchant_id, role, password_hash)"
            " values ('eve', null, 'platform', '$argon2id$x')"
        ),
        (
            "insert into users (username, merchant_id, role, password_hash)"
            " values ('eve', 1, 'admin', '$argon2id$x')"
        ),
        "update users set password_hash = '$argon2id$mine'",
        "update users set role = 'admin'",
        "update users set disabled_at = null",
        "delete from users",
        (
            "insert into api_clients (merchant_id, client_id, name, created_by)"
            " values (1, 'cli_0123456789012345678901', 'x', 'x')"
        ),
        "update client_secrets set expires_at = null",
    ],
)
def test_a_log_in_makes_nobody_and_changes_nobodys_password(
    dsn: str, statement: LiteralString
) -> None:
    with session(dsn, role=IDENTITY) as log_in, pytest.raises(InsufficientPrivilege):
        log_in.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        # Somebody who is not erased, in whatever table.
        "update customers set name = 'somebody else' where document = '79336512404'",
        (
            "update customers set erased_at = now() - interval '1 day', name = 'erased',"
            " document = 'E' || repeat('1', 32) where document = '79336512404'"
        ),
        (
            "update sales set document = 'E' || repeat('0', 32), name = 'erased', raw_body = ''"
            " where document = '79336512404'"
        ),
        (
            "update sale_names as n set name = 'E' || repeat('3', 32) from sales as s"
            " where s.cashback_id = n.cashback_id and s.document = '79336512404'"
            " and kind = 'sale_id'"
        ),
        # The same, with everybody hidden in the middle of the statement.
        (
            "update sale_names as n set name = 'E' || repeat('3', 32) from sales as s"
            " where s.cashback_id = n.cashback_id and s.document = '79336512404'"
            " and kind = 'sale_id'"
            " and set_config('cashback.merchants', '{2}', true) is not null"
        ),
        "select forget_in_incidents(1, '79336512404', 'E' || repeat('0', 32))",
        "select forget_in_incidents(1, '79336512404', 'E' || repeat('5', 32))",
        "select forget_in_incidents(1, '11144477735', 'E' || repeat('0', 32))",
        "select forget_in_incidents(1, '***.444.777-**', 'E' || repeat('0', 32))",
        "select forget_in_incidents(1, null, 'E' || repeat('0', 32))",
    ],
)
def test_the_eraser_touches_whom_it_erases_and_nobody_else(
    dsn: str, paid: dict[str, UUID], statement: LiteralString
) -> None:
    with psycopg.connect(dsn) as owner:
        for nth, (document, cashback_id) in enumerate(((BOB, paid[BOB]), ("11144477735", None))):
            owner.execute(
                "insert into statement_incidents (incident_id, class, merchant_id, cashback_id,"
                " document, centavos, line_key, nth, why, statement_at)"
                " values (gen_random_uuid(), 'unknown_here', %s, %s, %s, 100, 'x', %s, 'x', now())",
                [None if cashback_id is None else MINE, cashback_id, document, nth],
            )
    with session(dsn, MINE, role=ERASER) as eraser:
        eraser.execute("set constraints sales_merchant_id_document_fkey deferred")
        eraser.execute(ERASED_ALICE)
        with pytest.raises(IntegrityConstraintViolation):
            eraser.execute(statement)


def a_line(owner: psycopg.Connection[Any], key: str, document: str, *, closed: bool) -> None:
    owner.execute(
        "insert into statement_incidents (incident_id, class, document, centavos, line_key, nth,"
        " why, statement_at, closed_at, closed_why)"
        " values (gen_random_uuid(), 'unknown_here', %s, 100, %s, 1, 'x', now(), %s, %s)",
        [document, key, *((datetime.now(UTC), "x") if closed else (None, None))],
    )


async def test_strangers_lines_keep_their_documents_and_their_keys(
    database: Database, dsn: str, paid: dict[str, UUID]
) -> None:
    del paid
    with psycopg.connect(dsn) as owner:
        a_line(owner, "open", "11144477735", closed=False)
        a_line(owner, "masked", "***.444.777-**", closed=True)
        a_line(owner, "hers", "***.982.247-**", closed=True)
        alice = one(owner, "select customer_id from customers where document = %s", ALICE)
    erasure = Erasure(by="user:adam", reason="asked for it in writing")
    assert isinstance(await PostgresPrivacyStore(database).erase(MINE, alice, erasure), Erased)
    told = 'select document, line_key from statement_incidents order by document collate "C"'
    with psycopg.connect(dsn) as owner:
        masked, stranger, hers = owner.execute(told).fetchall()
    assert (masked, stranger) == (("***.444.777-**", "masked"), ("11144477735", "open"))
    assert hers[0].startswith("E")
    assert hers[1].startswith("~")
    sealed = {"open": f"~{'A' * 32}", "masked": f"~{'B' * 32}"}
    with session(dsn, MINE, role=ERASER) as eraser:
        eraser.execute("select seal_keys(1, %s, %s)", [hers[0], Jsonb(sealed)])
        eraser.commit()
    with psycopg.connect(dsn) as owner:
        assert owner.execute(told).fetchall() == [masked, stranger, hers]


async def test_an_open_cashback_keeps_its_customer(database: Database, dsn: str) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    await leased(store, a_sale(document=ALICE))
    with session(dsn, MINE, role=ERASER) as eraser:
        eraser.execute("set constraints sales_merchant_id_document_fkey deferred")
        with pytest.raises(IntegrityConstraintViolation, match="open"):
            eraser.execute(ERASED_ALICE)


def test_half_an_erasure_is_none(dsn: str, paid: dict[str, UUID]) -> None:
    del paid
    with session(dsn, MINE, role=ERASER) as eraser:
        eraser.execute("set constraints sales_merchant_id_document_fkey deferred")
        eraser.execute(ERASED_ALICE)
        eraser.execute(
            "update sales set document = 'E' || repeat('0', 32), name = 'erased', raw_body = '',"
            " sale_id = '~' || repeat('0', 32) where document = '52998224725'"
        )
        with pytest.raises(IntegrityConstraintViolation, match="no act tells it"):
            eraser.execute("set constraints all immediate")


async def test_who_is_being_erased_is_written_down_nowhere(
    database: Database, dsn: str, paid: dict[str, UUID]
) -> None:
    del paid
    with psycopg.connect(dsn) as owner:
        alice = one(owner, "select customer_id from customers where document = %s", ALICE)
    privacy = PostgresPrivacyStore(database)
    erasure = Erasure(by="user:adam", reason="asked for it in writing")
    assert isinstance(await privacy.erase(MINE, alice, erasure), Erased)
    with psycopg.connect(dsn) as owner:
        assert one(owner, "select count(*) from erasures_under_way") == 0


async def test_raw_bytes_of_what_is_open_stay(database: Database, dsn: str) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale(document=ALICE))
    drop: LiteralString = "update sales set raw_body = '' where document = '52998224725'"
    with (
        session(dsn, MINE, role=ERASER) as eraser,
        pytest.raises(IntegrityConstraintViolation, match="not being erased"),
    ):
        eraser.execute(drop)
    await store.conclude(ended(claim, CREATED))
    with session(dsn, MINE, role=ERASER) as eraser:
        assert eraser.execute(drop).rowcount == 1
