"""The audit trail in PostgreSQL: complete, signed, append-only, and without a secret in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from adapters.credentials.password_hashes import NOBODYS_HASH

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

CPF = "529.982.247-25"


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.Connection[dict[str, Any]].connect(
        dsn, autocommit=True, row_factory=dict_row
    ) as connection:
        connection.execute("select set_config('cashback.actor', 'user:adam', false)")
        connection.execute("select set_config('cashback.request_id', 'r-1', false)")
        yield connection


def trail(connection: psycopg.Connection[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    rows = connection.execute("select * from audit order by audit_id").fetchall()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


@contextmanager
def acting(
    connection: psycopg.Connection[dict[str, Any]], role: str, merchants: str = ""
) -> Generator[None, None, None]:
    with connection.transaction():
        connection.execute(
            "select set_config('role', %s, true), set_config('cashback.merchants', %s, true)",
            [role, merchants],
        )
        yield


def test_a_change_is_told_by_its_fields_with_who_made_it(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    connection.execute(
        "update merchants set name = 'Loja', rounding = 'down', version = version + 1"
        " where slug = 'demo'"
    )
    (line,) = trail(connection, actor="user:adam")
    assert (line["merchant_id"], line["resource"], line["key"]) == (1, "merchants", "demo")
    assert (line["action"], line["request_id"]) == ("update", "r-1")
    assert line["before"] == {"name": "Demo retailer", "rounding": "half_even"}
    assert line["after"] == {"name": "Loja", "rounding": "down"}


def test_what_changes_nothing_is_not_told(connection: psycopg.Connection[dict[str, Any]]) -> None:
    before = len(trail(connection))
    connection.execute("update merchants set version = version + 1, updated_at = now()")
    connection.execute("update merchants set name = name")
    assert len(trail(connection)) == before


def test_whoever_comes_without_a_name_is_told_by_their_login(
    dsn: str, connection: psycopg.Connection[dict[str, Any]]
) -> None:
    with psycopg.connect(dsn) as other:
        other.execute("update merchants set name = 'By hand' where slug = 'demo'")
        row = other.execute("select session_user").fetchone()
    assert row is not None
    (line,) = trail(connection, actor=f"login:{row[0]}", action="update")
    assert line["login"] == row[0]
    assert line["request_id"] is None


def test_no_hash_and_no_cpf_is_in_the_trail(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    connection.execute(
        "insert into users (username, merchant_id, role, password_hash)"
        " values ('ana', 1, 'erp', %s)",
        [NOBODYS_HASH],
    )
    connection.execute("update users set password_hash = '$argon2id$other' where username = 'ana'")
    connection.execute("update merchants set name = %s where slug = 'demo'", [f"Loja {CPF} e Cia"])
    made, changed = trail(connection, resource="users", key="ana")
    assert made["after"] == {"username": "ana", "role": "erp", "password_hash": "changed"}
    assert (changed["before"], changed["after"]) == ({}, {"password_hash": "changed"})
    (renamed,) = trail(connection, resource="merchants", actor="user:adam")
    assert renamed["after"] == {"name": "Loja *** e Cia"}
    assert "argon2" not in str(trail(connection))


@pytest.mark.parametrize(
    "statement",
    ["update audit set actor = 'user:other'", "delete from audit", "truncate audit"],
)
def test_the_trail_is_append_only_even_for_its_owner(
    connection: psycopg.Connection[dict[str, Any]], statement: str
) -> None:
    connection.execute("update merchants set name = 'x' where slug = 'demo'")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["cashback_serving", "cashback_platform", "cashback_worker"])
def test_no_serving_role_writes_to_the_trail_but_by_a_change(
    connection: psycopg.Connection[dict[str, Any]], role: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, role, "{1}"):
        connection.execute(
            "insert into audit (merchant_id, actor, login, action, resource, key, before, after)"
            " values (1, 'user:other', 'x', 'insert', 'users', 'x', '{}', '{}')"
        )


def test_a_temporary_table_does_not_take_the_trails_place(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    connection.execute("create temporary table audit (like public.audit including all)")
    with acting(connection, "cashback_serving", "{1}"):
        connection.execute("update merchants set name = 'Hidden' where merchant_id = 1")
    told = connection.execute("select after from public.audit where actor = 'user:adam'").fetchall()
    assert told == [{"after": {"name": "Hidden"}}]


def test_a_merchant_reads_its_own_lines_alone(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    connection.execute("update merchants set name = name || '!'")
    with acting(connection, "cashback_serving", "{2}"):
        seen = connection.execute("select merchant_id, key from audit").fetchall()
    assert {row["merchant_id"] for row in seen} == {2}
    with acting(connection, "cashback_serving"):
        assert connection.execute("select key from audit").fetchall() == []


def test_the_platform_sees_no_sale(connection: psycopg.Connection[dict[str, Any]]) -> None:
    kept_from_it = ("sales", "customers", "sale_lines", "attempts", "events")
    # Of a cashback it is told that it is there: see incidents.
    for table in (*kept_from_it, "(select cashback_centavos from cashbacks) as c"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            acting(connection, "cashback_platform"),
        ):
            connection.execute(f"select from {table}".encode())


@pytest.mark.parametrize("role", ["cashback_serving", "cashback_platform", "cashback_worker"])
@pytest.mark.parametrize("column", ["password_hash from users", "secret_hash from client_secrets"])
def test_no_administrator_reads_a_hash(
    connection: psycopg.Connection[dict[str, Any]], role: str, column: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, role, "{1}"):
        connection.execute(f"select {column}".encode())


def test_a_merchant_is_never_deleted_and_keeps_what_names_are_made_of(
    connection: psycopg.Connection[dict[str, Any]],
) -> None:
    for statement in (
        b"delete from merchants",
        b"update merchants set slug = 'new'",
        b"update merchants set numbers = 'store'",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute(statement)
