"""A file that ends in the middle, or a row that is damaged, makes no sale another one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.profile import Profile, ProfileError
from cashback_gateway.imports.profile import SALES
from cashback_gateway.imports.sales import sales_of

if TYPE_CHECKING:
    from cashback_gateway.imports.file_sale import FileSale

HEADER = "sold_at,total,product.type,product.value,product.qty,sale_id"
ROW = "2026-01-02 10:00:00,10.00,A,{1},1,NF-{0}"
WHOLE = "\n".join([HEADER, ROW.format(1001, "10.00"), ROW.format(1002, "10.00"), ""]).encode()


def read(content: bytes) -> list[FileSale]:
    return [*sales_of(io.BytesIO(content), Profile(kind=SALES))]


def codes(sales: list[FileSale]) -> list[tuple[int, str, str | None]]:
    return [(fault.line, fault.code, sale.sale_id) for sale in sales for fault in sale.faults]


def taken(sales: list[FileSale]) -> list[str | None]:
    return [sale.sale_id for sale in sales if not sale.faults]


@given(st.integers(1, len(WHOLE)))
def test_wherever_a_file_is_cut_no_sale_of_it_has_another_name(cut: int) -> None:
    content = WHOLE[:-cut]
    try:
        sales = read(content)
    except ProfileError:
        assert b"\n" not in content
        return
    lines = content.count(b"\n") - 1
    whole = ["NF-1001", "NF-1002"][:lines]
    cut_line = content.rpartition(b"\n")[2].decode()
    # The sale before it is taken where the line can be none of its own.
    same = ROW.format(1001, "10.00").startswith(cut_line) and cut_line != ""
    assert taken(sales) == (whole[:-1] if same else whole)
    told = {line for line, _, _ in codes(sales)}
    assert told == ({lines + 2} if cut_line else set[int]())


def test_a_last_line_without_an_end_is_told_and_its_sale_is_not_taken() -> None:
    sales = read(WHOLE.replace(b"10:00:00", b"10:01:00", 1)[:-3])
    assert codes(sales) == [(3, "no_line_end", "NF-10")]
    assert taken(sales) == ["NF-1001"]
    assert "line end" in sales[0].faults[0].reason


def test_no_sale_is_taken_without_its_last_line() -> None:
    rows = [HEADER, ROW.format(1001, "10.00"), ROW.format(1001, "0.00")]
    for cut in range(5):  # NF-1001, NF-100, NF-10, …
        content = "\n".join(rows).encode()
        sales = read(content[: len(content) - cut])
        assert taken(sales) == [], cut
        assert [line for line, _, _ in codes(sales)] == [3, 3]


@pytest.mark.parametrize("damaged", [1, 3])
def test_no_sale_is_taken_without_its_first_or_last_line(damaged: int) -> None:
    header = HEADER.replace(",sale_id", "").replace("sold_at", "sale_id,sold_at")
    row = "NF-7,2026-01-02 10:00:00,10.00,A,{0},1"
    rows = [header, *(row.format(value) for value in ("0.00", "10.00", "0.00")), ""]
    rows[damaged] += ",,"
    sales = read("\n".join(rows).encode())
    assert taken(sales) == []
    assert {code for _, code, _ in codes(sales)} == {"columns_count", "incomplete"}
    assert {sale_id for _, _, sale_id in codes(sales)} == {"NF-7"}
    others = "\n".join([*rows[:damaged], row.format("10.00").replace("7", "8"), ""]).encode()
    assert taken(read(others))[-1:] == ["NF-8"]
