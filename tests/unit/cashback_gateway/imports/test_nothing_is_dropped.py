"""Whatever a file or a profile says is read, or refused in words: nothing is passed over."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from adapters.files.profile import ProfileError
from adapters.files.profile_reading import profile_of
from cashback_gateway.imports.profile import SALES
from cashback_gateway.imports.sales import sales_of

if TYPE_CHECKING:
    from cashback_gateway.imports.file_sale import FileSale

HEADER = "sale_id,idempotency_key,sold_at,total,product.type,product.value,product.qty"
ROW = "NF-1,{0},2026-01-02 10:00:00,10.00,A,10.00,1"


def read(header: str, row: str, told: dict[str, Any] | None = None) -> list[FileSale]:
    content = f"{header}\n{row}\n".encode()
    return [*sales_of(io.BytesIO(content), profile_of(told or {}, SALES, form="csv"))]


def codes(sales: list[FileSale]) -> list[tuple[str | None, str]]:
    return [(fault.column, fault.code) for sale in sales for fault in sale.faults]


@pytest.mark.parametrize("key", ["with blank", "ção", "x" * 256, '"a,b"', "\u200b"])
def test_a_key_that_is_none_is_told_at_its_column(key: str) -> None:
    assert codes(read(HEADER, ROW.format(key))) == [("idempotency_key", "idempotency_key_format")]


@pytest.mark.parametrize("key", ["with blank", "", "ção", "a,b", "x" * 3000, "\0", 7])
def test_a_key_beside_a_sale_that_is_none_is_told(key: object) -> None:
    line = json.dumps({"idempotency_key": key}).encode()
    sales = [*sales_of(io.BytesIO(line), profile_of({}, SALES, form="jsonl"))]
    assert codes(sales) == [("idempotency_key", "idempotency_key_format")]


def test_what_is_a_key_is_one() -> None:
    (sale,) = read(HEADER, ROW.format('k-"1'.replace('"', "'")))
    assert (sale.key, sale.faults) == ("k-'1", ())
    line = json.dumps({"idempotency_key": "x" * 255}).encode()
    (sale,) = sales_of(io.BytesIO(line), profile_of({}, SALES, form="jsonl"))
    assert (sale.key, sale.faults) == ("x" * 255, ())


def test_a_column_that_nothing_reads_refuses_the_file_until_it_is_told_to_be_none() -> None:
    header, row = f"{HEADER},customer.doc,Obs", f"{ROW.format('k')},52998224725,x"
    with pytest.raises(ProfileError, match=r'ignore = \["customer.doc", "Obs"\]'):
        read(header, row)
    with pytest.raises(ProfileError, match=r'ignore = \["customer.doc"\]'):
        read(header, row, {"ignore": ["Obs"]})
    (sale,) = read(header, row, {"ignore": ["Obs", "customer.doc", "of another file"]})
    assert sale.faults == ()
    columns = {name: name for name in HEADER.split(",") if name != "sale_id"}
    with pytest.raises(ProfileError, match=r'ignore = \["sale_id"\]'):
        read(HEADER, ROW.format("k"), {"columns": columns})


@pytest.mark.parametrize("ignore", ["Obs", [7], {"Obs": 1}])
def test_what_is_ignored_is_a_list_of_names(ignore: object) -> None:
    with pytest.raises(ProfileError, match="ignore is a list"):
        profile_of({"ignore": ignore}, SALES, form="csv")


def test_no_column_is_both_read_and_ignored() -> None:
    with pytest.raises(ProfileError, match="both"):
        profile_of({"ignore": ["Nota"], "columns": {"sale_id": "Nota"}}, SALES, form="csv")
    with pytest.raises(ProfileError, match="both"):
        read(HEADER, ROW.format("k"), {"ignore": ["sale_id"]})


@pytest.mark.parametrize(
    "told",
    [
        {"constants": {"store": "07"}}, {"columns": {"sale_id": "Nota"}}, {"decimal": ","},
        {"delimiter": ";"}, {"thousands": "."}, {"date_format": "%d/%m/%Y"}, {"ignore": ["x"]},
    ],
)  # fmt: skip
def test_json_lines_have_no_use_for_what_is_of_columns(told: dict[str, Any]) -> None:
    with pytest.raises(ProfileError, match=f"JSON Lines have no {next(iter(told))}"):
        profile_of(told, SALES, form="jsonl")
    with pytest.raises(ProfileError, match="JSON Lines"):
        profile_of({**told, "format": "jsonl"}, SALES, form="csv")
    assert profile_of({"encoding": "cp1252"}, SALES, form="jsonl").encoding == "cp1252"


def test_a_constant_fills_no_cell_of_a_column() -> None:
    with pytest.raises(ProfileError, match="total is told both as a column and as a constant"):
        read(HEADER, ROW.format("k"), {"constants": {"total": "5.00"}})


@pytest.mark.parametrize(
    "written",
    [
        "%d/%m/%Y %H:%M %Z", "%d/%m/%Y %I:%M", "%d/%m %H:%M", "%Y-%m", "%j/%Y", "%c", "%x %X",
        "%d/%m/%Y %H:%M %p", "%d/%b/%Y", "%d/%m/%Y %M", "%d/%m/%Y %H:%S", "%d/%m/%y%Y",
        "%d/%d/%m/%Y", "%d/%m/%Y %", "today", "%-d/%m/%Y", "%a %d/%m/%Y", "%d/%m/%Y %H %I %p",
    ],
)  # fmt: skip
def test_a_date_format_that_would_lose_or_guess_something_is_refused(written: str) -> None:
    with pytest.raises(ProfileError, match="date_format"):
        profile_of({"date_format": written}, SALES, form="csv")


@pytest.mark.parametrize(
    "written",
    [
        "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S.%f%z", "%d/%m/%y %I:%M %p", "%d.%m.%Y", "%Y%m%d",
        "%d/%m/%Y, %Hh%M %%",
    ],
)  # fmt: skip
def test_a_date_format_that_tells_a_day_is_taken(written: str) -> None:
    assert profile_of({"date_format": written}, SALES, form="csv").date_format == written
