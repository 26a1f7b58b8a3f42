"""A file of sales from the command line: shown, taken in, gone on with, told line by line."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from cashback_core.values.documents import cpf_check_digits
from cashback_gateway.commands.imports import Progress
from integration.command_line import SRC, call
from integration.running import ERASURE_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres

PROFILE = """
encoding = "cp1252"
delimiter = ";"
decimal = ","
thousands = "."
date_format = "%d/%m/%Y %H:%M"

[columns]
sale_id = "Nota"
sold_at = "Data"
customer.document = "CPF"
customer.name = "Cliente"
total = "Total"
"product.type" = "Tipo"
product.value = "Valor"

[constants]
product.qty = "1"
store = "07"
"""
HEADER = "Nota;Data;CPF;Cliente;Total;Tipo;Valor"
NOW = datetime.now(UTC) - timedelta(hours=12)


def cpf(number: int) -> str:
    stem = f"{700_000_000 + number:09}"
    return stem + cpf_check_digits(stem)


def lines_of(number: int, **told: str) -> list[str]:
    """A sale of two lines, of 1,100.00 in all."""
    date = told.get("date", f"{NOW:%d/%m/%Y %H:%M}")
    total = told.get("total", "1.100,00")
    head = f"NF-{number};{date};{told.get('document', cpf(number))};JOSÉ DA SILVA;{total}"
    return [f"{head};A;1.000,00", f"{head};{told.get('type', 'B')};100,00"]


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn, "CASHBACK_ERASURE_KEY": ERASURE_KEY}


class Shop:
    """Whoever takes files in, in a folder of their own."""

    def __init__(self, folder: Path, environ: dict[str, str], dsn: str) -> None:
        self.folder, self.environ, self.dsn = folder, environ, dsn
        self.profile = folder / "erp.toml"
        self.profile.write_text(PROFILE, "utf-8")
        self.file = folder / "night.csv"

    def write(self, *lines: str, encoding: str = "cp1252") -> None:
        self.file.write_bytes("\r\n".join([HEADER, *lines, ""]).encode(encoding))

    def run(self, *words: str, profile: bool = True) -> subprocess.CompletedProcess[str]:
        options = ("--profile", str(self.profile)) if profile else ()
        state = ("--state", str(self.folder / "var"))
        return call(
            ("import", str(self.file), "--merchant", "demo", *options, *words, *state),
            self.environ,
        )

    def take(self, *words: str, code: int = 0, profile: bool = True) -> dict[str, Any]:
        done = self.run("--as", "ana", "--json", *words, profile=profile)
        assert done.returncode == code, (done.stdout, done.stderr)
        told: dict[str, Any] = json.loads(done.stdout)
        return {name: count for name, count in told.items() if count and name != "report"}

    def report(self) -> list[dict[str, str]]:
        with self.file.with_name(f"{self.file.name}.report.csv").open(encoding="utf-8") as file:
            return [*csv.DictReader(file)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type, no-any-return, unused-ignore]


@pytest.fixture
def shop(tmp_path: Path, environ: dict[str, str], dsn: str) -> Shop:
    return Shop(tmp_path, environ, dsn)


def counted(**counts: int) -> dict[str, int]:
    """What is told of a run: how many sales there were of each outcome, if any."""
    return counts


def test_a_dry_run_shows_how_it_is_understood_and_writes_nothing(shop: Shop) -> None:
    shop.write(*lines_of(1), *lines_of(2), *lines_of(3, type="Z"))
    before = sorted(shop.folder.rglob("*"))
    done = shop.run("--dry-run")
    assert done.returncode == 1
    assert "1100.00" in done.stdout
    assert "51.00" in done.stdout, "5 % of 1,000 and 1 % of 100"
    assert "JOSÉ DA SILVA" in done.stdout
    assert cpf(1) not in done.stdout
    assert "line 7, Tipo: " in done.stdout
    assert "1 of 3 sales have a fault" in done.stdout
    assert shop.rows("select count(*) from sales") == [(0,)]
    assert sorted(shop.folder.rglob("*")) == before


def test_a_file_is_taken_in_once_however_often_it_is_sent(shop: Shop) -> None:
    shop.write(*[line for n in range(1, 701) for line in lines_of(n)])
    assert shop.take() == counted(taken=700)
    assert shop.take() == counted(known=700)
    assert not (shop.folder / "var").exists(), "nothing is kept but what is recorded"
    found = "select status, count(*) from cashbacks group by 1"
    assert shop.rows(found) == [("pending", 700)]
    whose = "select distinct submitted_by, store from sales"
    assert shop.rows(whose) == [("operator:ana", "07")]
    assert shop.report() == []


def test_what_is_refused_is_told_by_line_column_and_reason(shop: Shop) -> None:
    shop.write(
        *lines_of(1),
        *lines_of(2, total="1.100.00"),
        *lines_of(3, type="Z"),
        "NF-4;x;y",
        *lines_of(5, document="52998224724"),
        *lines_of(6, date="2026-01-02"),
        *lines_of(7),
        *lines_of(8, total="1.200,00"),
        'NF-9;"cut',
    )
    assert shop.take(code=1) == counted(taken=2, refused=7)
    told = [(row["line"], row["column"], row["code"]) for row in shop.report()]
    assert sorted(told, key=lambda one: int(one[0])) == [
        ("4", "Total", "cell"), ("5", "Total", "cell"),
        ("7", "Tipo", "product_type_unknown"),
        ("8", "", "columns_count"),
        ("9", "CPF", "document_check_digits"),
        ("11", "Data", "cell"), ("12", "Data", "cell"),
        ("15", "Total", "total_mismatch"),
        ("17", "", "quotes"),
    ]  # fmt: skip
    assert "52998224724" not in shop.file.with_name("night.csv.report.csv").read_text("utf-8")


def test_when_what_was_wrong_is_mended_the_rest_is_taken(shop: Shop) -> None:
    shop.write(*lines_of(1), *lines_of(2, total="9,00"))
    assert shop.take(code=1) == counted(taken=1, refused=1)
    shop.write(*lines_of(1), *lines_of(2))
    assert shop.take() == counted(taken=1, known=1)
    assert shop.rows("select count(*) from sales") == [(2,)]


def test_a_run_that_broke_off_is_run_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(*[line for n in range(1, 1201) for line in lines_of(n)], *lines_of(1201, type="Z"))
    reached: list[int] = []

    def break_off(_: Progress, so_far: Any) -> None:
        reached.append(so_far.tally.taken)
        if len(reached) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Progress, "__call__", break_off)
        with pytest.raises(SystemExit) as ended:
            shop.run("--as", "ana")
    assert ended.value.code == 130
    assert reached == [500, 1000]
    assert shop.rows("select count(*) from sales") == [(1000,)]
    assert shop.take(code=1) == counted(taken=200, known=1000, refused=1)
    assert [row["code"] for row in shop.report()] == ["product_type_unknown"]
    assert shop.rows("select count(*) from sales") == [(1200,)]


@pytest.mark.parametrize("last", ["known", "new"])
def test_after_a_restore_the_file_is_taken_in_again(
    shop: Shop, postgres_server: EmbeddedPostgres, last: str
) -> None:
    # The file's last sale may well be one that is older than the backup.
    shop.write(*lines_of(1))
    assert shop.take() == counted(taken=1)
    name = conninfo_to_dict(shop.dsn)["dbname"]
    restored = postgres_server.create_database(f"restored_before_{last}", template=str(name))
    numbers = (2, 3, 1) if last == "known" else (1, 2, 3)
    shop.write(*[line for number in numbers for line in lines_of(number)])
    assert shop.take() == counted(taken=2, known=1)
    shop.dsn = shop.environ["DATABASE_URL"] = restored
    assert shop.rows("select count(*) from sales") == [(1,)]
    assert shop.take() == counted(taken=2, known=1)
    assert shop.rows("select count(*) from sales") == [(3,)]


def test_json_lines_are_sales_as_a_request_has_them(shop: Shop) -> None:
    shop.file = shop.folder / "night.jsonl"
    sale = {
        "sold_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "customer": {"document": cpf(1), "name": "JOSE DA SILVA"},
        "total": 10.5,
        "products": [{"type": "A", "value": "10.50", "qty": 1}],
    }
    keyed = {**sale, "idempotency_key": "k-1", "total": "21.00"}
    keyed["products"] = [{"type": "A", "value": "10.50", "qty": 2}]
    texts = [json.dumps(sale), '{"a": 1, "a": 2}', json.dumps(keyed), "", '{"sold_at": "20']
    shop.file.write_bytes(b"\xef\xbb\xbf" + "\n".join(texts).encode())
    assert shop.take(code=1, profile=False) == counted(taken=2, refused=2)
    assert shop.take(code=1, profile=False) == counted(known=2, refused=2)
    names = "select name from sale_names where kind = 'idempotency_key' order by 1"
    keys = [name for (name,) in shop.rows(names)]
    assert keys[1] == "k-1"
    assert keys[0].startswith("import-")
    assert keys[0].endswith("-1")


def test_history_is_stored_and_never_sent(shop: Shop) -> None:
    shop.write(*lines_of(1, date="02/01/2021 10:00"), *lines_of(2))
    assert shop.take("--as-recorded") == counted(taken=2)
    assert {status for (status,) in shop.rows("select status from cashbacks")} == {"recorded"}


def nameless(*totals: str) -> str:
    """JSON Lines of sales without a name, each of one product."""
    return "\n".join(
        json.dumps(
            {
                "sold_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
                "customer": {"document": cpf(1), "name": "JOSE DA SILVA"},
                "total": total,
                "products": [{"type": "A", "value": total, "qty": 1}],
            }
        )
        for total in totals
    )


@pytest.mark.parametrize("first", [("--as-recorded", "--nameless"), ()])
@pytest.mark.parametrize("equal_content", ["sale_id", "key", "never"])
def test_a_file_without_names_that_was_edited_is_not_paid_again(
    shop: Shop, equal_content: str, first: tuple[str, ...]
) -> None:
    with psycopg.connect(shop.dsn) as owner:
        owner.execute(
            "update merchants set equal_content = %s where slug = 'demo'", [equal_content]
        )
    shop.file = shop.folder / "night.jsonl"
    shop.file.write_text(nameless("41.00", "42.00"), "utf-8")
    assert shop.take(*first, profile=False) == counted(taken=2)
    if first:
        assert shop.take(code=1, profile=False) == counted(is_history=2)
    else:
        assert shop.take(profile=False) == counted(known=2)
    shop.file.write_text("\n" + nameless("41.00", "42.00", "43.00"), "utf-8")
    assert shop.take(code=1, profile=False) == counted(taken=1, refused=2)
    assert [row["code"] for row in shop.report()] == ["sale_already_recorded"] * 2
    assert shop.rows("select count(*) from sales") == [(3,)]


def test_history_needs_the_name_that_its_erp_will_send(shop: Shop) -> None:
    shop.file = shop.folder / "past.jsonl"
    first, second, third = map(json.loads, nameless("41.00", "42.00", "43.00").split("\n"))
    sales = [first, {**second, "sale_id": "NF-2"}, {**third, "idempotency_key": "k-3"}]
    shop.file.write_text("\n".join(map(json.dumps, sales)), "utf-8")
    shown = shop.run("--dry-run", "--as-recorded", profile=False)
    assert shown.returncode == 1
    assert "1 of 3 sales have a fault" in shown.stdout
    assert shop.take("--as-recorded", code=1, profile=False) == counted(taken=2, refused=1)
    (told,) = shop.report()
    assert (told["line"], told["code"]) == ("1", "history_without_name")
    assert "sale_id" in told["reason"]
    assert "--nameless" in told["reason"]
    assert shop.take("--as-recorded", "--nameless", profile=False) == counted(taken=1, known=2)


def test_nameless_is_said_of_history_alone(shop: Shop) -> None:
    shop.write(*lines_of(1))
    assert shop.run("--as", "ana", "--nameless").returncode == 2
    assert shop.rows("select count(*) from sales") == [(0,)]


def test_history_that_is_live_already_is_told_by_line(shop: Shop) -> None:
    shop.write(*lines_of(1))
    assert shop.take() == counted(taken=1)
    shop.write(*lines_of(2), *lines_of(1))
    assert shop.take("--as-recorded", code=1) == counted(taken=1, already_live=1)
    ((paid,),) = shop.rows("select cashback_id from cashbacks where status = 'pending'")
    told = [(row["line"], row["sale_id"], row["code"], row["received"]) for row in shop.report()]
    assert told == [("4", "NF-1", "already_live", str(paid))]
    assert "pending" in shop.report()[0]["reason"]
    said = shop.run("--as", "ana", "--as-recorded")
    assert said.returncode == 1
    assert "0 taken, 1 known before, 0 refused, 1 live already" in said.stdout


def test_live_sales_that_are_history_are_told_by_line(shop: Shop) -> None:
    shop.write(*lines_of(1))
    assert shop.take("--as-recorded") == counted(taken=1)
    shop.write(*lines_of(1), *lines_of(2))
    assert shop.take(code=1) == counted(taken=1, is_history=1)
    assert [(row["line"], row["code"]) for row in shop.report()] == [("2", "is_history")]
    assert "1 history already" in shop.run("--as", "ana").stdout
    found = "select status, count(*) from cashbacks group by 1 order by 1"
    assert shop.rows(found) == [("pending", 1), ("recorded", 1)]


def test_what_earned_nothing_is_the_same_live_and_as_history(shop: Shop) -> None:
    shop.file = shop.folder / "night.jsonl"
    nothing = json.loads(nameless("0.01"))
    shop.file.write_text(json.dumps({**nothing, "sale_id": "NF-1"}), "utf-8")
    assert shop.take("--as-recorded", profile=False) == counted(taken=1)
    assert shop.rows("select status from cashbacks") == [("not_due",)]
    assert shop.take(profile=False) == counted(known=1)
    assert shop.take("--as-recorded", profile=False) == counted(known=1)


def test_an_import_comes_under_the_group_of_its_client(shop: Shop) -> None:
    made = call("clients add ERP --merchant demo", shop.environ)
    assert made.returncode == 0, made.stderr
    listed = json.loads(call("clients list --json", shop.environ).stdout)
    client = str(listed["items"][0]["id"])
    shop.write(*lines_of(1))
    assert shop.take("--client", client) == counted(taken=1)
    assert shop.rows("select came_under from sales") == [(f"client:{client}",)]
    unknown = shop.run("--as", "ana", "--client", "cli_" + "x" * 22)
    assert unknown.returncode == 1
    assert "there is no client" in unknown.stderr


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("delimiter = ';;'", "delimiter is one character"),
        ("columns = 7", "columns is a table"),
        ("[columns]\nprice = 'x'", "a sale has no 'price'"),
        ("encoding = 'ebcdic'", "encoding is one of"),
        ("colour = 'red'", "a profile has no colour"),
        ("decimal = ';'", "decimal is . or ,"),
        ("[columns", "cannot be read"),
    ],
)
def test_a_profile_that_is_none_is_wrong_use(shop: Shop, profile: str, words: str) -> None:
    shop.write(*lines_of(1))
    shop.profile.write_text(profile, "utf-8")
    done = shop.run("--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_file_that_does_not_fit_its_profile_is_refused(shop: Shop) -> None:
    for content, words in (
        (b"", "the file is empty"),
        (b"Nota,Data\n1,2\n", "no column 'Nota'"),
        ("\ufeffNota;Data".encode("utf-16"), "UTF-16"),
        ((HEADER + ";Nota\n").encode(), "more than one column 'Nota'"),
    ):
        shop.file.write_bytes(content)
        done = shop.run("--dry-run")
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    shop.file.unlink()
    assert "cannot be read" in shop.run("--dry-run").stderr
    assert shop.run().returncode == 2


def test_a_report_that_cannot_be_is_wrong_use_and_nothing_is_taken(shop: Shop) -> None:
    shop.write(*lines_of(1))
    before = shop.file.read_bytes()
    for report in (str(shop.file), "/nonexistent/x.csv", str(shop.profile)):
        done = shop.run("--as", "ana", "--report", report)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        assert "report" in done.stderr
    assert shop.file.read_bytes() == before
    assert shop.rows("select count(*) from sales") == [(0,)]


def test_a_dry_run_of_history_tells_its_cashback_and_its_faults(shop: Shop) -> None:
    shop.write(*lines_of(1, date="02/01/2021 10:00"), *lines_of(2, date="02/01/1999 10:00"))
    done = shop.run("--dry-run", "--as-recorded")
    assert "51.00" in done.stdout
    assert "1 of 2 sales have a fault" in done.stdout
    assert shop.take("--as-recorded", code=1) == counted(taken=1, refused=1)


def test_what_is_no_regular_file_is_refused(shop: Shop) -> None:
    os.mkfifo(shop.file)
    for words in (("--dry-run",), ("--as", "ana")):
        done = shop.run(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "is no regular file" in done.stderr
        assert done.stderr.count("\n") == 1


def test_an_interrupted_run_says_so_in_a_line(shop: Shop) -> None:
    shop.write(*[line for n in range(1, 60_000) for line in lines_of(n)])
    words = ["import", str(shop.file), "--merchant", "demo", "--profile", str(shop.profile)]
    words += ["--as", "ana", "--state", str(shop.folder / "var")]
    # A shell that starts the tests in the background has them, and all they start, ignore SIGINT.
    heard = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "runpy.run_module('cashback_gateway', run_name='__main__')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", heard, *words],
        env=shop.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while shop.rows("select count(*) from sales") == [(0,)] and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    told, failed = process.communicate(timeout=30)
    assert (process.returncode, told) == (130, "")
    assert "Traceback" not in failed
    assert "interrupted" in failed.splitlines()[-1]
