"""What a file of sales earns, from the command line: Parquet and CSV, by a merchant's terms."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cashback_core.columns import SaleFault
from integration.command_line import SRC, call

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn}


def lines(sales: int = 2) -> pl.DataFrame:
    """Sales of 10.00 of type A, which earns 5 %, and 90.00 of B, which earns 1 %."""
    rows = [
        {
            "sale": n,
            "sold_at": AT,
            "type": type_,
            "amount_centavos": amount,
            "total_centavos": 10_000,
        }
        for n in range(sales)
        for type_, amount in (("A", 1_000), ("B", 9_000))
    ]
    return pl.DataFrame(rows, schema_overrides={"sold_at": pl.Datetime("us", "UTC")})


def test_lines_are_told_what_they_earn(tmp_path: Path, environ: dict[str, str]) -> None:
    file, to = tmp_path / "lines.parquet", tmp_path / "earned.parquet"
    lines().write_parquet(file)
    done = call(f"calculate {file} --merchant demo --to {to}", environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{to}: 4 lines of 2 sales, 0 with a fault, 0 past 64 bits")
    answer = pl.read_parquet(to)
    assert answer.select(lines().columns).equals(lines())
    assert answer["cashback_centavos"].to_list() == [50, 90, 50, 90]
    assert answer["sale_cashback_centavos"].to_list() == [140] * 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["earned.parquet", "lines.parquet"]


def test_a_csv_has_instants_of_a_wall_clock_and_faults(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    file, to = tmp_path / "lines.csv", tmp_path / "earned.csv"
    local = AT.astimezone(datetime.fromisoformat("2026-01-01T00:00:00-03:00").tzinfo)
    file.write_text(
        "sale,sold_at,type,amount_centavos,total_centavos,discount_centavos,store\n"
        f"NF-1,{AT:%Y-%m-%dT%H:%M:%SZ},A,1000,1000,,07\n"
        f"NF-2,{local:%Y-%m-%d %H:%M:%S},A,1000,900,100,07\n"
        f"NF-3,{local:%Y-%m-%dT%H:%M:%S.5-0300},B,1000,1000,0,07\n"
        "NF-4,yesterday,A,1000,1000,0,07\n"
        f"NF-5,{AT:%Y-%m-%dT%H:%M:%SZ},A,10.00,1000,0,07\n"
        f"NF-6,{AT:%Y-%m-%dT%H:%M:%SZ},A,1000,1000,none,07\n"
        f"NF-7,{AT:%Y-%m-%dT%H:%M:%SZ},Z,1000,1000,0,07\n",
        "utf-8",
    )
    words = f"calculate {file} --merchant demo --to {to} --each sale"
    done = call(f"{words} --json", environ)
    assert (done.returncode, done.stderr) == (1, "")
    told = {"lines": 7, "sales": 7, "faulty": 4, "by_calculate": 0, "to": str(to)}
    assert json.loads(done.stdout) == told
    answer = pl.read_csv(to)
    assert answer["cashback_centavos"].to_list() == [50, 45, 10, *[None] * 4]
    invalid = SaleFault.LINE_INVALID
    assert answer["fault"].to_list() == [
        *[None] * 3,
        *(SaleFault.SALE_INVALID, invalid, invalid, SaleFault.TYPE_UNKNOWN),
    ]
    again = call(words, environ)
    assert (again.returncode, again.stderr) == (1, f"error: {to} is there already\n")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (None, "lines.parquet", "No such file"),
        (b"PAR1", "lines.parquet", "lines.parquet: "),
        (
            b"sale,sold_at\n1,2\n",
            "lines.csv",
            "columns are missing: type, total_centavos, value_e10",
        ),
        (b"", "lines.csv", "lines.csv: "),
        (b"a,b\n1,2,3\n", "lines.csv", "lines.csv: "),
        (b"{}", "lines.jsonl", "lines.jsonl is neither .parquet nor .csv"),
    ],
)
def test_what_is_no_such_file_is_told_in_a_line(
    tmp_path: Path, environ: dict[str, str], content: bytes | None, name: str, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = call(f"calculate {tmp_path / name} --merchant demo --to {tmp_path / 'to.csv'}", environ)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "to.csv").exists()


def test_wrong_use_is_told_before_anything_is_read(tmp_path: Path, environ: dict[str, str]) -> None:
    file = tmp_path / "lines.parquet"
    lines().write_parquet(file)
    done = call(f"calculate {file} --merchant demo --to {tmp_path / 'to.txt'}", environ)
    assert done.returncode == 2
    assert "--to: a file that ends with .parquet or .csv" in done.stderr
    done = call(f"calculate {file} --merchant nobody --to {tmp_path / 'to.csv'}", environ)
    assert (done.returncode, done.stderr) == (1, "error: there is no merchant 'nobody'\n")


def test_without_polars_it_says_how_to_get_it(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(_: str) -> None:
        return None

    monkeypatch.setattr("cashback_gateway.commands.columns.find_spec", found)
    done = call(
        f"calculate {tmp_path / 'a.csv'} --merchant demo --to {tmp_path / 'b.csv'}", environ
    )
    assert (done.returncode, done.stderr) == (
        1,
        "error: this needs polars, in a checkout by: make venv-columns\n",
    )
