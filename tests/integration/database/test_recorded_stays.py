"""A recorded sale is whole and keeps its names, whatever a role that serves may write."""

# ruff: noqa: E501 (a statement reads best on one line)

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.schema.migration import migrate
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.values.documents import Cpf
from contract.builders import CREATED, a_sale, accepted, ended, leased, submitted
from integration.two_merchants import ERASER, MINE, ROLES, one, session
from integration.whole_sale import CUSTOMER, WHOLE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from adapters.postgres.embedded import EmbeddedPostgres

CPF: Final = Cpf("79336512404")
ID: Final = "01932c07-0000-7000-8000-000000000001"
PSEUDONYM: Final = "E" + "0" * 32

DESTROYING: Final[dict[str, LiteralString]] = {
    "delete": "delete from sale_names",
    "delete while other merchants are named": "delete from sale_names where set_config('cashback.merchants', '{2}' || left(name, 0), true) is not null",
    "delete with a new sale in its place": "with gone as (delete from sale_names returning cashback_id) select from gone",
    "rename": "update sale_names set name = 'y'",
    "rename to a pseudonym": "update sale_names set name = 'E' || repeat('0', 32)",
    "give to another sale": "update sale_names set cashback_id = gen_random_uuid()",
    "take over": "insert into sale_names select merchant_id, kind, name, gen_random_uuid() from sale_names on conflict (merchant_id, kind, name) do update set cashback_id = excluded.cashback_id",
    "merge": "merge into sale_names as n using (select 1) as x on true when matched then delete",
    "truncate": "truncate sale_names",
    "truncate with what hangs on it": "truncate sales cascade",
}
REFUSED: Final = (InsufficientPrivilege, IntegrityConstraintViolation)


def refused(
    connection: psycopg.Connection[Any],
    what: str,
    statement: LiteralString,
    errors: tuple[type[psycopg.Error], ...],
) -> None:
    try:
        connection.execute(statement)
    except errors:
        connection.rollback()
    else:
        pytest.fail(f"not refused: {what}")


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
async def sale(store: PostgresCashbackStore) -> UUID:
    return (await accepted(store, submitted(a_sale(sale_id="s-1"), key="key-1"))).id


@pytest.mark.usefixtures("sale")
@pytest.mark.parametrize("role", ROLES)
def test_a_recorded_sale_keeps_its_names(dsn: str, role: str) -> None:
    for what, statement in DESTROYING.items():
        with session(dsn, MINE, role=role) as serving:
            refused(serving, what, statement, REFUSED)


@pytest.mark.usefixtures("sale")
def test_the_guard_of_names_is_more_than_a_missing_grant(dsn: str) -> None:
    """By the trigger alone, should somebody grant too much."""
    with psycopg.connect(dsn) as owner:
        owner.execute("grant update, delete, truncate on sale_names, sales to cashback_serving")
        owner.execute("grant truncate on all tables in schema public to cashback_serving")
    for what, statement in DESTROYING.items():
        with session(dsn, MINE) as serving:
            refused(serving, what, statement, (IntegrityConstraintViolation,))
        with psycopg.connect(dsn) as owner:  # whom no grant and no policy binds
            refused(owner, what, statement, (IntegrityConstraintViolation,))


def test_a_name_taken_for_a_refused_sale_is_given_back_in_its_transaction(dsn: str) -> None:
    taken = "insert into sale_names values (1, 'sale_id', 'free-again', gen_random_uuid())"
    with session(dsn, MINE) as serving:
        serving.execute(taken)
        assert serving.execute("delete from sale_names").rowcount == 1
        serving.execute(taken)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            serving.commit()


async def test_the_eraser_replaces_a_name_that_holds_whom_it_erases_and_no_other(
    store: PostgresCashbackStore, dsn: str
) -> None:
    for document, name in ((CPF, f"NF-{CPF}"), (Cpf("52998224725"), "NF-52998224725")):
        paid = await leased(store, a_sale(document=document, sale_id=name))
        await store.conclude(ended(paid, CREATED))
    rename = "update sale_names set name = %s where kind = 'sale_id' and name = %s"
    gone: LiteralString = (
        "update customers set document = 'E' || repeat('0', 32), name = 'erased',"
        " erased_at = now() where document = '79336512404'"
    )
    deferred = "set constraints sales_merchant_id_document_fkey deferred"
    with session(dsn, MINE, role=ERASER) as eraser, pytest.raises(IntegrityConstraintViolation):
        eraser.execute(rename, [PSEUDONYM, f"NF-{CPF}"])  # nobody is being erased
    for new, old in ((PSEUDONYM, "NF-52998224725"), ("x", f"NF-{CPF}")):
        with session(dsn, MINE, role=ERASER) as eraser:
            eraser.execute(deferred)
            eraser.execute(gone)
            with pytest.raises(IntegrityConstraintViolation):
                eraser.execute(rename, [new, old])
    with session(dsn, MINE, role=ERASER) as eraser:
        eraser.execute(deferred)
        eraser.execute(gone)
        assert eraser.execute(rename, [PSEUDONYM, f"NF-{CPF}"]).rowcount == 1
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            eraser.commit()  # their sale still names them


WITHOUT: Final[dict[str, tuple[str, LiteralString | None, str]]] = {
    "a name": ("name", None, "has no name"),
    "lines": ("lines", None, "has no lines"),
    "a cashback": ("cashback", None, "has no cashback"),
    "its whole total": ("sale", WHOLE["sale"].replace("1000, 500", "1001, 500"), "add up"),
    "its whole discount": ("sale", WHOLE["sale"].replace("1000, 500", "1000, 501"), "add up"),
    "its whole cashback": ("cashback", WHOLE["cashback"].replace("75", "76"), "add up"),
    "its second line": ("lines", WHOLE["lines"].replace("0, 1)", "0, 0)"), "add up"),
    "its first line": ("lines", WHOLE["lines"].replace("(0, 1)", "(1, 1)"), "come together"),
}


@contextmanager
def recording(dsn: str) -> Generator[psycopg.Connection[Any]]:
    """A serving session that knows the customer of WHOLE."""
    with session(dsn, MINE) as serving:
        serving.execute(CUSTOMER)
        yield serving


NOTHING_MORE: Final = (
    WHOLE["lines"]
    .replace("(0, 1)", "(2, 2)")
    .replace("i * 500", "1000")
    .replace("50 - i * 25", "0")
)
"""A line that adds up with any sale."""

FREE: Final = {
    **WHOLE,
    "sale": WHOLE["sale"]
    .replace("accepted_at)", "accepted_at, nothing_due)")
    .replace("'', now())", "'', now(), 'rounds_to_zero')"),
    "cashback": WHOLE["cashback"]
    .replace("'pending', 1, 0, 75", "'not_due', 1, 0, 0")
    .replace("now(), now(), now()", "now(), now(), null"),
    "lines": WHOLE["lines"].replace("50 - i * 25", "0"),
}


def record(
    serving: psycopg.Connection[Any],
    statements: Mapping[str, str],
    *,
    end: LiteralString = "commit",
    id_: str | None = None,
) -> str:
    id_ = id_ or str(uuid4())
    for statement in statements.values():
        serving.execute(statement.encode(), {"id": id_})
    serving.execute(end)
    return id_


@pytest.mark.parametrize("immediate", [False, True], ids=["at commit", "immediately"])
def test_a_sale_is_not_recorded_without(dsn: str, *, immediate: bool) -> None:
    for which, instead, words in WITHOUT.values():
        statements = {k: v for k, v in {**WHOLE, which: instead}.items() if v is not None}
        with (
            recording(dsn) as serving,
            pytest.raises(IntegrityConstraintViolation, match=words),
        ):
            record(
                serving, statements, end="set constraints all immediate" if immediate else "commit"
            )


SALE_ID, KEY, CONTENT = ("sale_id", "s-1"), ("idempotency_key", "k-1"), ("content", "x")

NAMED: Final = {
    "by nothing": ((), (CONTENT,)),
    "by a sale id whose content is another's": ((SALE_ID,), (SALE_ID,)),
    "by a key": ((KEY,), (KEY, CONTENT)),
    "by both": ((SALE_ID, KEY), (SALE_ID, KEY, CONTENT)),
}
MISNAMED: Final = {
    "its sale id": ((SALE_ID,), (CONTENT,)),
    "its sale id in its spelling": ((SALE_ID,), (("sale_id", "S-1"), CONTENT)),
    "its sale id as a key": ((SALE_ID,), (("idempotency_key", "s-1"), CONTENT)),
    "its key": ((KEY,), (CONTENT,)),
    "its key beside its sale id": ((SALE_ID, KEY), (SALE_ID, CONTENT)),
    "its sale id beside its key": ((SALE_ID, KEY), (KEY, CONTENT)),
    "its content": ((), (SALE_ID,)),
}


def named(told: Sequence[tuple[str, str]], taken: Sequence[tuple[str, str]]) -> dict[str, str]:
    """WHOLE, telling these names and with those taken for it."""
    columns = "".join(f"{kind}, " for kind, _ in told)
    values = "".join(f"'{name}', " for _, name in told)
    sale = WHOLE["sale"].replace("sold_at, ", f"{columns}sold_at, ", 1)
    names = ", ".join(f"(1, '{kind}', '{name}', %(id)s)" for kind, name in taken)
    return {
        **WHOLE,
        "name": f"insert into sale_names values {names}",  # noqa: S608 (ours)
        "sale": sale.replace("now(), ", f"{values}now(), ", 1),
    }


def test_a_sale_is_recorded_with_every_name_that_it_tells_as_its_own(dsn: str) -> None:
    for told, taken in MISNAMED.values():
        with (
            recording(dsn) as serving,
            pytest.raises(IntegrityConstraintViolation, match="not its own"),
        ):
            record(serving, named(told, taken))
    for told, taken in NAMED.values():
        with recording(dsn) as serving:
            record(serving, named(told, taken), end="set constraints all immediate")


ORDERS: Final = {
    "as we write it": ("name", "sale", "cashback", "lines"),
    "names last": ("sale", "lines", "cashback", "name"),
}


def test_a_whole_sale_is_recorded_in_whatever_order_it_comes_and_gets_no_line_more(
    dsn: str,
) -> None:
    for name, order in ORDERS.items():
        with recording(dsn) as serving:
            id_ = record(serving, {p: WHOLE[p].replace("'x'", f"'{name}'") for p in order})
        with recording(dsn) as serving:
            found = "select count(*) from sale_lines where cashback_id = %s"
            assert one(serving, found, id_) == 2
            with pytest.raises(IntegrityConstraintViolation, match="come together"):
                serving.execute(NOTHING_MORE, {"id": id_})


def test_a_sale_whose_lines_earn_nothing_is_whole(dsn: str) -> None:
    with recording(dsn) as serving:
        record(serving, FREE)


OFF: Final[tuple[LiteralString, ...]] = (
    "set session_replication_role = replica",
    "alter table sales disable trigger all",
    "alter table sales disable trigger sales_are_whole",
    "alter table sale_names disable trigger user",
    "drop trigger sales_are_whole on sales",
    "alter table sales alter constraint sales_merchant_id_document_fkey not enforced",
    "create or replace function guard_whole_sale() returns trigger language plpgsql as 'begin return null; end'",
    "alter function guard_whole_sale() set search_path = pg_temp",
    "select guard_whole_sale()",
    "select close_functions()",
)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_that_serves_turns_a_guard_off(dsn: str, role: str) -> None:
    for statement in OFF:
        with session(dsn, MINE, role=role) as serving, pytest.raises(psycopg.Error) as refused:
            serving.execute(statement)
        assert refused.value.sqlstate in {InsufficientPrivilege.sqlstate, "42601", "0A000"}, (
            statement
        )


TEMPORARY: Final[tuple[LiteralString, ...]] = (
    "create temporary table rates (n int)",
    "create temporary sequence numbers",
    "create temporary view sales as select 1",
    "select 1 as n into temporary sales",
    "create table pg_temp.rates (n int)",
)


def test_no_role_that_serves_makes_a_temporary_table(dsn: str) -> None:
    for role in ROLES:
        for statement in TEMPORARY:
            with session(dsn, MINE, role=role) as serving, pytest.raises(InsufficientPrivilege):
                serving.execute(statement)


SHADOWED: Final[dict[str, tuple[dict[str, LiteralString], str]]] = {
    "create temporary table rates as select merchant_id, type, version, 9000 as rate_bp, starts_at"
    " from public.rates": (
        {**WHOLE, "lines": WHOLE["lines"].replace("500, 1,", "9000, 1,")},
        "another rate",
    ),
    "create temporary table sale_names as select 1::bigint as merchant_id, cashback_id"
    " from public.cashbacks": ({k: v for k, v in WHOLE.items() if k != "name"}, "has no name"),
    "create temporary table sales (like public.sales)": (
        {**WHOLE, "freed": "delete from public.sale_names"},
        "keeps its names",
    ),
}
"""A made-up table, what it is to let through, and what is said instead."""


@pytest.mark.parametrize("table", SHADOWED)
def test_a_temporary_table_takes_no_place_of_ours(dsn: str, table: LiteralString) -> None:
    """Made by the owner, whom nobody keeps from it, and meant for a guard."""
    statements, words = SHADOWED[table]
    with psycopg.connect(dsn) as owner:
        owner.execute(CUSTOMER)
        *before, last = (
            s.replace(f"into {table.split()[3]} ", f"into public.{table.split()[3]} ")
            for s in statements.values()
        )
        for statement in before:
            owner.execute(statement.encode(), {"id": ID})
        owner.execute(table)
        with pytest.raises(psycopg.IntegrityError, match=words):
            record(owner, {"last": last}, id_=ID, end="set constraints all immediate")


BAD_NAMES: Final = {
    "sale_id": ("", "a b", "a\n", "a\x7f", "é", "x" * 65),
    "idempotency_key": ("", "a b", "a,b", "a\n", "a\x7f", "é", "x" * 256),
    "submitted_by": ("", "a\n", "a\x7f", "é", "x" * 97),
}


def test_names_are_of_the_characters_and_lengths_that_the_core_takes(dsn: str) -> None:
    for column, texts in BAD_NAMES.items():
        insert = WHOLE["sale"].replace("accepted_at)", f"accepted_at, {column})")
        insert = insert.replace("'', now())", "'', now(), %(text)s)")
        for text in texts:
            with recording(dsn) as serving, pytest.raises(psycopg.errors.CheckViolation):
                serving.execute(insert.encode(), {"id": ID, "text": text})
        with recording(dsn) as serving:
            longest = texts[-1][:-1]
            serving.execute(insert.encode(), {"id": ID, "text": "!~" + longest[2:]})


def test_every_function_looks_for_names_where_ours_are(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        found = owner.execute(
            # But those whose names were looked up when they were made: nothing is looked for any more.
            "select p.oid::regprocedure::text, p.proconfig from pg_proc as p"
            " where p.prosqlbody is null and p.prokind <> 'a'"  # an aggregate has no body
            " and p.pronamespace = 'public'::regnamespace and not exists ("
            " select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')"
        ).fetchall()
    assert len(found) >= 20
    fixed = "search_path=pg_catalog, public, pg_temp"
    assert {name for name, settings in found if fixed not in (settings or ())} == set()


def test_the_search_path_is_of_the_schema_that_is_migrated(
    postgres_server: EmbeddedPostgres,
) -> None:
    url = postgres_server.create_database("own_schema")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("create schema shop")
        owner.execute("alter database own_schema set search_path = shop")
    migrate(url)
    with psycopg.connect(url) as owner:
        paths = owner.execute(
            "select distinct setting from pg_proc, unnest(proconfig) as setting where pronamespace = 'shop'::regnamespace and setting like 'search_path%'"
        ).fetchall()
    assert paths == [("search_path=pg_catalog, shop, pg_temp",)]


def test_no_index_hangs_on_the_systems_order_of_letters(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        found = owner.execute(
            "select i.indexrelid::regclass::text from pg_index as i join pg_class as t on t.oid = i.indrelid,"
            " unnest(i.indcollation::oid[]) as used (collation_id)"
            " where t.relnamespace = 'public'::regnamespace"
            " and collation_id not in (0, 'pg_catalog.\"C\"'::regcollation)"
        ).fetchall()
        names = owner.execute(
            "select attrelid::regclass::text || '.' || attname from pg_attribute"
            " where attrelid = any (array['customers', 'sales', 'sale_lines', 'sale_names', 'merchants', 'product_types', 'rates', 'products', 'product_type_periods', 'api_clients', 'users']::regclass[])"
            " and attname in ('document', 'name_key', 'sale_id', 'idempotency_key', 'submitted_by', 'type', 'sku', 'kind', 'slug', 'client_id', 'username')"
            " and attcollation <> 'pg_catalog.\"C\"'::regcollation"
        ).fetchall()
    assert found == []
    assert names == []


@pytest.mark.parametrize(
    ("index", "asked"),
    [
        ("sale_names_pkey", "merchant_id = $1 and kind = 'x' and name = 'y' and cashback_id = $2"),
        ("sale_names_of_a_sale", "merchant_id + 0 = $1 and cashback_id = $2"),
    ],
)
def test_names_are_found_by_their_key_and_by_their_sale(dsn: str, index: str, asked: str) -> None:
    """Also by plans made while the table was empty: with the other index they would read all."""
    with psycopg.connect(dsn) as owner:
        owner.execute("set plan_cache_mode = force_generic_plan")
        names = f"prepare names (bigint, uuid) as select from sale_names where {asked}"
        owner.execute(names.encode())
        explained = owner.execute("explain execute names (1, gen_random_uuid())").fetchall()
    plan = "\n".join(str(row[0]) for row in explained)
    assert index in plan, plan
    assert plan.count("sale_names_") == 1, plan
