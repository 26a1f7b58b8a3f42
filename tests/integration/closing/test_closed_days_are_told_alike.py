"""A closed day as its signed close, the views of finance, and the report's page tell it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.reporting_logins import (
    add_reporting_login,
    remove_reporting_login,
)
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import CREATED, UNANSWERED, a_cpf, a_sale, ended, leased
from integration.closing.days import happened, known_since
from integration.command_line import SRC, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.postgres.connection.database import Database

LOGIN: Final = "bi_of_closes"
PASSWORD: Final = "a-long-password-of-finance"


@pytest.fixture
def environ(dsn: str, tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "close_key.pem"
    create_signing_key(key)
    return {
        "PYTHONPATH": SRC,
        "DATABASE_URL": dsn,
        "CASHBACK_CLOSE_KEY_FILE": str(key),
        "CASHBACK_DATABASE_STATE_FILE": str(tmp_path / "state.json"),
    }


@pytest.fixture
def views(dsn: str) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
    add_reporting_login(dsn, LOGIN, PASSWORD, merchants=["demo"], actor="test")
    address = make_conninfo(dsn, user=LOGIN, password=PASSWORD)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection.cursor(row_factory=dict_row)
    remove_reporting_login(dsn, LOGIN, actor="test")


@pytest.fixture
async def _sold(database: Database, dsn: str) -> None:
    """Two days ago one sale was paid, and of another one nobody knows."""
    known_since(dsn, 3)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    for evidence in (CREATED, UNANSWERED):
        claim = await leased(store, a_sale(document=a_cpf()))
        await store.conclude(ended(claim, evidence))
        happened(dsn, claim.id, days_ago=2)


@pytest.mark.usefixtures("_sold")
def test_close_views_and_page_say_the_same(
    environ: dict[str, str], views: psycopg.Cursor[dict[str, Any]], tmp_path: Path
) -> None:
    assert call("close --json", environ).returncode == 0
    assert call(f"closes export {tmp_path} --merchant demo", environ).returncode == 0
    told = [
        json.loads(line)
        for file in tmp_path.glob("*close*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    signed = {one["close"]["day"]: one["close"] for one in told if "close" in one}
    kept = views.execute("select * from closes order by day").fetchall()
    assert [*signed] == [str(row["day"]) for row in kept]
    assert len(kept) == 3
    for row in kept:
        liability = signed[str(row["day"])]["liability"]
        for name in ("opening", "accrued", "paid", "cancelled", "adjusted", "closing"):
            assert row[f"{name}_centavos"] == liability[name]["centavos"], (row["day"], name)
        events = views.execute(
            "select coalesce(sum(accrued_centavos), 0)::bigint as accrued,"
            " coalesce(sum(paid_centavos), 0)::bigint as paid, count(*) as lines"
            " from events where day = %s",
            [row["day"]],
        ).fetchone()
        assert events == {
            "accrued": row["accrued_centavos"],
            "paid": row["paid_centavos"],
            "lines": row["lines"],
        }
        bounds = views.execute(
            "select begins_at, ends_at, closed from days where day = %s", [row["day"]]
        ).fetchone()
        assert bounds is not None
        assert (bounds["begins_at"], bounds["ends_at"]) == (row["begins_at"], row["ends_at"])
        assert bounds["closed"]
    assert sum(row["accrued_centavos"] for row in kept) > sum(row["paid_centavos"] for row in kept)

    file = tmp_path / "page.html"
    range_ = f"--from {kept[0]['day']} --to {kept[-1]['day']}"
    done = call(f"report page --merchant demo {range_} --to-file {file} --lang en", environ)
    assert done.returncode == 0, done.stderr
    page = file.read_text("utf-8")
    assert "Every day of this range is closed" in page
    assert kept[-1]["hash"] in page
    paid = sum(row["paid_centavos"] for row in kept)
    assert f"R$\u00a0{paid // 100}.{paid % 100:02}" in page
