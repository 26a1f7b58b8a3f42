"""The questions of docs/reporting.md, by the programs that finance asks with: psql and DuckDB."""

from __future__ import annotations

import asyncio
import csv
import importlib
import io
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.reporting_logins import (
    add_reporting_login,
    remove_reporting_login,
)
from adapters.postgres.embedded.binaries import find_binaries
from cashback_core.delivery.states import DeliveryPolicy
from integration.running import SEAL
from integration.two_merchants import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

DOCS: Final = Path(__file__).parents[3] / "docs"
QUESTION: Final = re.compile(r"^```sql\n(.*?)^```$", re.DOTALL | re.MULTILINE)
QUESTIONS: Final = QUESTION.findall((DOCS / "reporting.md").read_text("utf-8"))
PASSWORD: Final = "a-long-password-of-finance"
LOGIN: Final = "bi_of_programs"


@pytest.fixture(scope="module")
def asked(postgres_server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The address of the demo merchant's login, in a database with sales of two."""
    dsn = postgres_server.create_database("reporting_programs", template=template)

    async def filled() -> None:
        async with Database(dsn, seal=SEAL) as database:
            await fill(PostgresCashbackStore(database, DeliveryPolicy()), dsn)

    asyncio.run(filled())
    add_reporting_login(dsn, LOGIN, PASSWORD, merchants=["demo"], actor="test")
    yield make_conninfo(dsn, user=LOGIN, password=PASSWORD)
    remove_reporting_login(dsn, LOGIN, actor="test")
    postgres_server.drop_database("reporting_programs")


def test_both_languages_ask_the_same() -> None:
    assert len(QUESTIONS) >= 5
    assert QUESTION.findall((DOCS / "reporting.pt.md").read_text("utf-8")) == QUESTIONS


def test_every_question_is_answered_alike_by_psql_and_by_duckdb(
    asked: str, postgres_server: EmbeddedPostgres
) -> None:
    duckdb = attached(asked)
    for question in QUESTIONS:
        by_psql = psql(postgres_server, asked, question)
        by_duckdb = duckdb.sql(question.rstrip().rstrip(";")).fetchall()
        assert by_psql or "from closes" in question, question
        assert [*map(len, by_psql)] == [*map(len, by_duckdb)], question
        assert _told(by_psql) == _told(by_duckdb), question


def test_duckdb_sees_this_merchant_and_may_write_nothing(asked: str) -> None:
    duckdb = attached(asked)
    assert duckdb.sql("select slug from merchants").fetchall() == [("demo",)]
    assert duckdb.sql("select count(*) from sales").fetchall() == [(2,)]
    types = dict(duckdb.sql("select column_name, column_type from (describe sales)").fetchall())
    assert types["total_centavos"] == "BIGINT"
    assert types["sold_at"] == "TIMESTAMP WITH TIME ZONE"
    for refused in ("select * from gateway.public.sales", "delete from gateway.reporting.sales"):
        with pytest.raises(Exception, match=r"permission denied|read-only|base table"):
            duckdb.sql(refused).fetchall()


def psql(server: EmbeddedPostgres, asked: str, question: str) -> list[list[str]]:
    """What psql answers, without its heading."""
    folder = find_binaries(major=None, account=None, copies=server.home).folder
    parts = conninfo_to_dict(asked)
    environ = {**os.environ, "PGPASSWORD": str(parts.pop("password"))}
    told = subprocess.run(
        [
            folder / "psql",
            "--no-psqlrc",
            "--csv",
            "-v",
            "ON_ERROR_STOP=1",
            make_conninfo("", **parts),
        ],
        input=question,
        check=True,
        capture_output=True,
        text=True,
        env=environ,
    ).stdout
    return [*csv.reader(io.StringIO(told))][1:]


def attached(asked: str) -> Any:
    """DuckDB, with its extension as it comes from PyPI: it asks no other host."""
    duckdb = cast("Any", importlib.import_module("duckdb"))
    package = importlib.import_module("duckdb_extension_postgres_scanner")
    (extension,) = Path(next(iter(package.__path__))).rglob("*.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"load '{extension}'")
    connection.execute(f"attach '{asked}' as gateway (type postgres, read_only)")
    connection.execute("use gateway.reporting")
    connection.execute("set timezone = 'UTC'")
    return connection


def _told(rows: Any) -> list[list[str]]:
    """Every value as both tell it: numbers to four places, instants by their day."""
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    if re.fullmatch(r"-?[0-9]+([.][0-9]+)?", text):
        return f"{float(text):.4f}"
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text[:10]
    return {"True": "t", "False": "f"}.get(text, text)
