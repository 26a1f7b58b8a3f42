"""Files of others from the command line: shown, kept, known again, refused, reconciled by."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import openpyxl
import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy, Status
from contract.builders import UNANSWERED, a_sale, ended, leased
from integration.command_line import SRC, call
from integration.running import ERASURE_KEY
from integration.two_merchants import one

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from adapters.postgres.connection.database import Database

PROFILE = """
encoding = "cp1252"
delimiter = ";"
decimal = ","
thousands = "."
currency = "R$"
date_format = "%d/%m/%Y %H:%M:%S"
zone = "America/Sao_Paulo"
skip = 1
footers = ["Total"]
ignore = ["Obs"]

[columns]
document = "CPF"
cashback = "Valor"
at = "Data"
reference = "Ref"
type = "D/C"

[words.type]
C = "credit"
D = "debit"
"""
HEAD = ("Extrato da conta;;;;;", "CPF;Valor;Data;Ref;D/C;Obs")
TWO_LINES = (
    "529.982.247-25;R$ 1.234,50;02/01/2026 12:00:00;;C;",
    "***.444.777-**;R$ 2,00;02/01/2026 12:00:01;;D;",
)
FOOT = "Total;1.232,50;;;;"


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {
        **kept,
        "PYTHONPATH": SRC,
        "DATABASE_URL": dsn,
        "CASHBACK_ERASURE_KEY": ERASURE_KEY,
        "CASHBACK_PROVIDER_URL": "http://127.0.0.1:9",  # nobody: a file asks nobody
        "CASHBACK_PROVIDER_ECHOES_REFERENCE": "true",
    }


class Desk:
    """Whoever brings files, in a folder of their own."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder, self.environ = folder, environ
        (folder / "bank.toml").write_text(PROFILE, "utf-8")

    def write(self, name: str, *lines: str, encoding: str = "cp1252") -> None:
        (self.folder / name).write_bytes("\r\n".join([*lines, ""]).encode(encoding))

    def statement(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        window = ("--from", "2026-01-01", "--complete-through", "2026-01-03")
        profile = ("--profile", str(self.folder / "bank.toml")) if name.endswith(".csv") else ()
        return self.call("import-statement", str(self.folder / name), *window, *profile, *words)

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        state = ("--state", str(self.folder / "var"))
        return call((*words, *state), self.environ)


@pytest.fixture
def desk(tmp_path: Path, environ: dict[str, str]) -> Desk:
    return Desk(tmp_path, environ)


def test_a_statement_is_shown_kept_known_again_and_told_line_by_line(desk: Desk, dsn: str) -> None:
    desk.write("bank.csv", *HEAD, *TWO_LINES, FOOT)
    shown = desk.statement("bank.csv", "--as", "ana", "--dry-run", "--json")
    assert shown.returncode == 1, "a line cannot be read"
    told = json.loads(shown.stdout)
    assert (told["lines"], told["sum"], told["unreadable"]) == (2, "1236.50", 1)
    assert told["items"][0]["at"] == "2026-01-02T15:00:00Z"
    with psycopg.connect(dsn) as owner:
        assert one(owner, "select count(*) from files") == 0
    report = desk.folder / "report.csv"
    kept = desk.statement("bank.csv", "--as", "ana", "--count", "2", "--report", str(report))
    assert kept.returncode == 0, kept.stderr
    assert "2 lines, 1236.50 in all, 1 unreadable" in kept.stdout
    (fault,) = csv.DictReader(report.read_text().splitlines())
    assert (fault["line"], fault["column"], fault["reason"]) == ("4", "document", "masked")
    net = desk.statement("bank.csv", "--as", "ana", "--sum", "1232.50")
    assert net.returncode == 0, "what cannot be read may have been taken back"
    again = desk.statement("bank.csv", "--as", "bia", "--count", "2")
    assert again.stdout.startswith("known already: ")
    refused = desk.statement("bank.csv", "--as", "ana", "--sum", "1236.51")
    assert refused.returncode == 1
    assert "1236.50, but 1236.51 declared" in refused.stdout
    listed = json.loads(desk.call("files", "--json").stdout)["items"]
    assert [(one["state"], one["by"]) for one in listed] == [
        ("refused", "ana"), ("complete", "ana"), ("complete", "ana"),
    ]  # fmt: skip


def test_a_day_comes_as_a_spreadsheet_and_is_no_import(desk: Desk, dsn: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["sale_id", "customer.document", "sold_at", "total", "cashback"])
    sheet.append(["NF-1", 1234567890, datetime(2026, 1, 2, 10, 0), 0.1 + 0.2, 0.01])  # noqa: DTZ001
    sheet.append(["NF-2", "***.982.247-**", datetime(2026, 1, 2, 11, 0), 50, None])  # noqa: DTZ001
    book.save(desk.folder / "day.xlsx")
    words = ("--merchant", "demo", "--day", "2026-01-02", "--as", "ana", "--count", "2")
    kept = desk.call("import-day", str(desk.folder / "day.xlsx"), *words, "--sum", "50.30")
    assert kept.returncode == 0, (kept.stdout, kept.stderr)
    none = desk.folder / "none.xlsx"
    none.write_bytes(b"PK")
    shown = desk.call("import-day", str(none), *words, "--dry-run")
    assert "nothing more can be read: it is no spreadsheet" in shown.stdout, shown.stderr
    shorter = desk.folder / "day.jsonl"
    shorter.write_text('{"sale_id": "NF-1", "total": "0.30", "sold_at": "2026-01-02 10:00:00"}\n')
    corrected = desk.call("import-day", str(shorter), *words[:-2])
    assert "in place of" in corrected.stdout
    assert "(day.xlsx)" in corrected.stdout
    back = desk.call("import-day", str(desk.folder / "day.xlsx"), *words, "--sum", "50.30")
    assert back.returncode == 0, back.stderr
    assert "counts for 2026-01-02 from now on, in place of" in back.stdout
    with psycopg.connect(dsn) as owner:
        rows = owner.execute(
            "select name, document, sold_at at time zone 'UTC', total_centavos, cashback_centavos"
            " from erp_lines where file_id = %s order by line",
            [kept.stdout.partition(":")[0]],
        ).fetchall()
        assert one(owner, "select count(*) from sales") == 0
    assert rows == [
        ("NF-1", "01234567890", datetime(2026, 1, 2, 13, 0), 30, 1),  # noqa: DTZ001
        ("NF-2", "***.982.247-**", datetime(2026, 1, 2, 14, 0), 5_000, None),  # noqa: DTZ001
    ]


async def test_a_doubt_is_settled_by_a_file_by_the_standing_rule(
    desk: Desk, database: Database
) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale())
    await store.conclude(ended(claim, UNANSWERED))
    assert (await _status(store, claim.id)) is Status.IN_DOUBT
    paid = f"{claim.cashback_centavos / 100:.2f}"
    at = datetime.now(UTC).isoformat(timespec="seconds")
    line = {"document": claim.document, "cashback": paid, "at": at, "reference": str(claim.id)}
    file = desk.folder / "extrato.jsonl"
    file.write_text(json.dumps(line) + "\n")
    window = (
        "--from", (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds"),
        "--complete-through", "2031-01-01",
    )  # fmt: skip
    words = ("import-statement", str(file), *window, "--as", "ana", "--json")
    kept = await asyncio.to_thread(desk.call, *words)
    id_ = json.loads(kept.stdout)["id"]
    done = await asyncio.to_thread(desk.call, "reconcile", "--statement", id_, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["moved"] == 1
    assert "it declares no count" in found["distrust"], "so it proves no absence"
    assert (await _status(store, claim.id)) is Status.APPLIED
    nothing = await asyncio.to_thread(desk.call, "reconcile", "--statement", str(claim.id))
    assert "there is no statement" in nothing.stderr
    both = await asyncio.to_thread(
        desk.call, "reconcile", "--statement", id_, "--from", "2026-01-01"
    )
    assert both.returncode == 2


async def _status(store: PostgresCashbackStore, id_: object) -> Status:
    record = await store.find(1, id_)  # type: ignore[arg-type]
    assert record is not None
    return record.status
