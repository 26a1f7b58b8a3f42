from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.export_rows import COLUMNS, csv_line, initials, row_of
from cashback_core.delivery.record import Record, Standing
from cashback_core.delivery.states import Status
from cashback_core.sales.calculation import calculate
from cashback_core.values.documents import Cpf
from cashback_core.values.ids import new_id
from contract.builders import PROGRAMME, a_sale

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@given(st.lists(st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8")), min_size=2))
def test_a_line_is_read_back_but_for_what_was_made_harmless(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert [cell.replace("'", "") for cell in read] == [cell.replace("'", "") for cell in cells]
    for cell in read:
        for part in re.split(r"[;,|\t]", cell):
            assert not part.lstrip(' "').startswith(tuple("=+-@＝＋－＠"))  # noqa: RUF001


@pytest.mark.parametrize("begun", [*"=+-@", "\t", "\r", "\n", "＝", "－"])  # noqa: RUF001
def test_what_a_sheet_would_run_is_a_text(begun: str) -> None:
    cell = f"{begun}HYPERLINK(1)"
    (read,) = csv.reader(io.StringIO(csv_line([cell]), newline=""))
    assert read == [f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("JOSE; =1+1", "JOSE; '=1+1"),
        ("a,=1", "a,'=1"),
        ("a\t@x", "a\t'@x"),
        ("a\n-1;+2", "a\n'-1;'+2"),
        ("a|=1", "a|'=1"),
        (' =HYPERLINK("x")', ' \'=HYPERLINK("x")'),
        ('";=HYPERLINK(""', '";\'=HYPERLINK(""'),
        ('";"=1', '";"\'=1'),
        ("\u00a0=1", "\u00a0'=1"),
        ("a;＝1", "a;'＝1"),  # noqa: RUF001
        ("ANA-MARIA; LTDA", "ANA-MARIA; LTDA"),
        ("1+1=2", "1+1=2"),
    ],
)
def test_a_formula_behind_what_some_sheets_take_for_a_separator_is_a_text(
    cell: str, told: str
) -> None:
    """A Brazilian sheet opens files with semicolons between cells, whatever stands in them."""
    assert list(csv.reader(io.StringIO(csv_line([cell]), newline=""))) == [[told]]


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    assert csv_line(['a"b', "c,d", "e\nf", "g"]) == '"a""b","c,d","e\nf",g\r\n'


def recorded(**how: Any) -> Record:
    sale = a_sale(document=Cpf("52998224725"), name="JOSÉ DA SILVA", **how)
    return Record(
        id=new_id(),
        merchant_id=1,
        sale=sale,
        cashback=calculate(sale, PROGRAMME),
        accepted_at=AT,
        standing=Standing(status=Status.APPLIED, attempt=2, applied_at=AT),
    )


def test_a_row_has_every_column_and_a_masked_one_no_person() -> None:
    record = recorded(sale_id="NF-1")
    row, hidden = row_of(record, masked=False), row_of(record, masked=True)
    assert tuple(row) == tuple(hidden) == COLUMNS
    assert (row["document"], row["name"]) == ("52998224725", "JOSÉ DA SILVA")
    assert (hidden["document"], hidden["name"]) == ("***.982.247-**", "J*** D*** S***")
    assert (row["total"], row["cashback"], row["attempts"]) == ("100.00", "5.00", "2")
    assert row["store"] == ""
    assert {name for name in COLUMNS if row[name] != hidden[name]} == {"document", "name"}
    assert initials("  ana ") == "a***"
