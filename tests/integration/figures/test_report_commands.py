"""`./cashback report`: tables, JSON and CSV, and what it refuses; stored sales computed anew."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.figures import stored_sales
from adapters.postgres.figures.stored_sales import PostgresStoredSales
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.figures.repricing import reprice
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.sale import Line, Sale
from contract.builders import CREATED, a_sale, accepted, ended, leased, submitted
from contract.figuring import LOST, ZONE, of_two_types
from contract.history import history
from integration.command_line import SRC, call

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    async def sell() -> None:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            await store.conclude(ended(await leased(store, of_two_types(store="7")), CREATED))
            await store.conclude(ended(await leased(store, of_two_types()), LOST))
            await accepted(store, submitted(a_sale(), lease_s=None))

    asyncio.run(sell())
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn}


def done(environ: dict[str, str], *words: str) -> str:
    finished = call(words, environ)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def days() -> tuple[str, ...]:
    """Yesterday to tomorrow, whatever the hour."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    day = timedelta(days=1)
    return "--from", str(today - day), "--to", str(today + day)


def test_figures_as_a_table_as_json_and_as_csv(environ: dict[str, str]) -> None:
    asked = ("report", "figures", "--merchant", "demo", *days(), "--by", "type")
    table = done(environ, *asked)
    assert [line.split()[:3] for line in table.splitlines()[:3]] == [
        ["TYPE", "SALES", "TOTAL"],
        ["A", "3", "500.00"],
        ["B", "2", "200.00"],
    ]
    assert table.splitlines()[1].split()[-2].endswith("%"), "a share is told in percent"
    assert "in all: 3 sales of 700.00, accrued 27.00, paid 11.00" in table
    assert "calls: 2, of which 1 paid; 50% within" in table
    assert "1 unknown: deadline" in table
    told = json.loads(done(environ, *asked, "--json"))
    assert told["total"]["accrued_cashback"] == "27.00"
    assert [(item["type"], item["paid_cashback"]) for item in told["items"]] == [
        ("A", "10.00"),
        ("B", "1.00"),
    ]
    rows = list(csv.DictReader(done(environ, *asked, "--csv").splitlines()))
    assert [(row["type"], row["doubted_cashback"]) for row in rows] == [
        ("A", "10.00"),
        ("B", "1.00"),
    ]
    one = json.loads(done(environ, *asked, "--store", "7", "--json"))
    assert one["total"]["sales"] == 1


def test_a_balance(environ: dict[str, str]) -> None:
    told = json.loads(done(environ, "report", "balance", "--merchant", "demo", "--json"))
    assert (told["owed"], told["paid"], told["in_doubt"]) == ("16.00", "11.00", "11.00")
    before = done(environ, "report", "balance", "--merchant", "demo", "--at", "2026-01-01")
    assert "owed 0.00, of which 0.00 in doubt; paid 0.00" in before


def test_what_it_would_have_cost(environ: dict[str, str], tmp_path: Path) -> None:
    rates = tmp_path / "rates"
    rates.write_text('{"A": 400}')
    asked = ("report", "reprice", "--merchant", "demo", *days(), "--rates", str(rates))
    told = json.loads(done(environ, *asked, "--json"))
    assert (told["stored"], told["repriced"], told["difference"]) == ("27.00", "22.00", "-5.00")
    rates.write_text("type,rate_bp\nA,500\n")
    assert "3 sales earned 27.00" in done(environ, *asked)
    for wrong in ("", "{}", '{"A": 400, "A": 1}', '{"A": "4"}', "a,b\n1,2", "type,rate_bp\nA,x"):
        rates.write_text(wrong)
        refused = call(asked, environ)
        assert (refused.returncode, refused.stdout) == (2, ""), wrong


def test_questions_that_are_none_are_refused(environ: dict[str, str]) -> None:
    for code, words in (
        (2, ("figures", "--merchant", "demo", "--from", "2026-1-1")),
        (2, ("figures", "--merchant", "demo", "--from", "2026-02-30")),
        (2, ("figures", "--merchant", "demo", "--from", "2026-02-02", "--to", "2026-02-01")),
        (2, ("figures", "--merchant", "demo", "--from", "2026-02-02", "--by", "week")),
        (2, ("figures", "--merchant", "demo", "--from", "2026-02-02", "--json", "--csv")),
        (1, ("balance", "--merchant", "nobody")),
    ):
        assert call(("report", *words), environ).returncode == code, words


async def test_every_stored_sale_earns_anew_what_it_earned(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any kind that the store's own tests know, page by page."""
    monkeypatch.setattr(stored_sales, "PAGE", 2)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    told = (a_sale(), of_two_types(), of_two_types(store="1"), with_everything(), a_sale())
    records = [await accepted(store, submitted(sale, lease_s=None)) for sale in told]
    await accepted(store, history())
    today = datetime.now(UTC).astimezone(ZONE).date()
    day = timedelta(days=1)
    sales: Any = PostgresStoredSales(database)
    found = await reprice(sales, 1, since=today - day, through=today + day, rates=[])
    assert (found.sales, found.changed) == (5, 0)
    assert found.stored_centavos == found.repriced_centavos > 0
    assert sum(row.stored_centavos for row in found.rows) == found.stored_centavos
    pages = PostgresStoredSales(database).pages(1, since=today - day, through=today + day)
    read = [one async for page in pages for one in page]
    for one, record in zip(read, records, strict=True):
        assert one.cashback == record.cashback
        for name in ("lines", "total_centavos", "discount_centavos", "surcharge_centavos"):
            assert getattr(one.sale, name) == getattr(record.sale, name)
        assert one.sale.payments == record.sale.payments
        assert one.sale.difference_centavos == record.sale.difference_centavos


def with_everything() -> Sale:
    """Discounts and surcharges, of a line and of the sale, and a part that earns nothing."""
    line = Line.of(
        type="A", value_e10=99 * 10**10, qty_e4=15_000, discount_centavos=150, surcharge_centavos=99
    )
    total = 2 * line.net_centavos - 100 + 250
    return Sale(
        sold_at=a_sale().sold_at,
        customer=a_sale().customer,
        lines=(line, replace(line, type="B")),
        total_centavos=total,
        discount_centavos=100,
        surcharge_centavos=250,
        payments=(
            Payment(kind=PaymentKind.GIFT_CARD, value_centavos=1_000),
            Payment(kind=PaymentKind.PIX, value_centavos=total - 1_000),
        ),
    )
