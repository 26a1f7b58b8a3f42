"""Whatever a file holds, each of its lines is a sale's, or told; and no more of it is kept."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.cells import CellError, read_instant, read_number
from adapters.files.lines import MAX_LINE_BYTES, MAX_RECORD_LINES, UnreadableFileError
from adapters.files.profile import Profile, ProfileError
from adapters.files.profile_reading import profile_of
from cashback_gateway.imports.profile import SALES
from cashback_gateway.imports.sales import sales_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from cashback_gateway.imports.file_sale import FileSale

HEADER = "sale_id,sold_at,total,product.type,product.value,product.qty,customer.name"
ROW = "NF-{0},2026-01-02 10:00:00,10.00,A,10.00,1,JOSE"


def read(content: bytes, **more: Any) -> list[FileSale]:
    return [*sales_of(io.BytesIO(content), Profile(kind=SALES, **more))]


def csv(*rows: str) -> list[FileSale]:
    return read("\n".join([HEADER, *rows, ""]).encode())


def codes(sales: list[FileSale]) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for sale in sales for fault in sale.faults]


PIECES = st.sampled_from(
    [
        *(ROW.format(n) for n in (1, 1, 2)), *"\n\n\n\n", '"', '""', ",", "\r\n", "\0", "é", ";",
        '"a\nb"', "x" * 300, "\ufeff", " ",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PIECES, max_size=40).map("".join),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    st.integers(0, 2000),
    st.sampled_from(["csv", "jsonl"]),
)
def test_no_line_is_lost_whatever_the_file_is(
    text: str, encoding: str, cut: int, kind: str
) -> None:
    content = f"{HEADER}\n{text}".encode(encoding, "replace")
    content = content[: max(len(HEADER) + 1, len(content) - cut)]
    try:
        sales = read(content, form=kind)
    except UnreadableFileError:
        assert encoding == "utf-16"
        return
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    told = {n for sale in sales for n in (*range(sale.line, sale.last_line + 1), *sale.lines)}
    filled = {n for n, line in enumerate(lines, 1) if line.decode("latin-1").strip(" \r\n\t")}
    assert filled - told <= ({1} if kind == "csv" else set[int]())
    for sale in sales:
        assert sale.faults or isinstance(sale.document, (dict, list, str, int, float, type(None)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["csv", "jsonl"]))
def test_any_bytes_are_read_or_refused_in_words(content: bytes, kind: str) -> None:
    with suppress(ProfileError, UnreadableFileError):
        read(content, form=kind)


@given(
    st.decimals("0", "99999999", places=2),
    st.sampled_from([(",", "."), (".", ","), (",", "")]),
)
def test_numbers_are_read_as_the_profile_writes_them(
    number: Decimal, marks: tuple[str, str]
) -> None:
    decimal, thousands = marks
    text = f"{number:,.2f}" if thousands else f"{number:.2f}"
    text = text.translate({ord(","): thousands, ord("."): decimal})
    assert Decimal(read_number(text, decimal=decimal, thousands=thousands)) == number


@pytest.mark.parametrize(
    "text",
    ["1.0", "1.00,5", "1,000.00", "12.34,00", "1.2345", "", ",5", "1,", "\u0661", "1 000", "1e3"],
)
def test_no_number_is_guessed(text: str) -> None:
    with pytest.raises(CellError):
        read_number(text, decimal=",", thousands=".")


@pytest.mark.parametrize("text", ["31/02/2026", "2026-01-02", "", "x"])
def test_no_date_is_guessed(text: str) -> None:
    with pytest.raises(CellError):
        read_instant(text, "%d/%m/%Y")


def test_figures_side_by_side_are_whole() -> None:
    assert read_instant("20260111", "%Y%m%d") == "2026-01-11T00:00:00"
    with pytest.raises(CellError):
        read_instant("2026111", "%Y%m%d")


def test_lines_that_follow_one_another_with_one_number_are_one_sale() -> None:
    first, second, again = csv(ROW.format(1), ROW.format(1), ROW.format(2), ROW.format(1))
    document = cast("dict[str, Any]", first.document)
    assert (first.line, first.last_line, first.lines) == (2, 3, (2, 3))
    assert document["products"] == [{"type": "A", "value": "10.00", "qty": "1"}] * 2
    assert document["customer"] == {"name": "JOSE"}
    assert (second.sale_id, again.sale_id) == ("NF-2", "NF-1")
    assert first.place_of("/products/1/type") == (3, "product.type")
    assert first.place_of("/customer/name") == (2, "customer.name")
    assert first.place_of("/products") == (2, "/products")


def test_lines_without_a_number_are_each_a_sale() -> None:
    row = ROW.replace("NF-{0}", "")
    assert [sale.lines for sale in csv(row, row)] == [(2,), (3,)]


def test_a_sale_whose_lines_contradict_is_told() -> None:
    other = ROW.format(1).replace("JOSE", "MARIA")
    assert codes(csv(ROW.format(1), other)) == [(3, "contradiction")]


def test_a_sale_with_a_line_that_cannot_be_read_is_not_taken_in_part() -> None:
    sales = csv(ROW.format(1), "NF-1,cut", ROW.format(1), ROW.format(2))
    assert codes(sales) == [(3, "columns_count"), (3, "incomplete"), (4, "incomplete")]
    assert [sale.sale_id for sale in sales if not sale.faults] == ["NF-2"]


def test_quotes_blanks_and_what_goes_over_lines() -> None:
    name = '"JOSE ""ZE""\nDA SILVA, NETO"'
    (sale,) = csv(ROW.format(1).replace("JOSE", name), "", "  ")
    document = cast("dict[str, Any]", sale.document)
    assert document["customer"]["name"] == 'JOSE "ZE"\nDA SILVA, NETO'
    assert (sale.line, sale.last_line) == (2, 3)


def test_a_quote_without_an_end_swallows_nothing() -> None:
    rows = [ROW.format(n) for n in range(2 * MAX_RECORD_LINES)]
    sales = csv('NF-X,"', *rows)
    assert codes(sales) == [(2, "quotes")]
    assert len(sales) == len(rows) + 1


def test_what_is_damaged_in_a_line_is_told_of_that_line() -> None:
    content = "\n".join([HEADER, ROW.format(1), "{}", "{}", "{}", ROW.format(2), ""]).encode()
    long = b"x" * (MAX_LINE_BYTES + 1)
    for damage in (b"a\0b", b"a\xff", long):
        content = content.replace(b"{}", damage, 1)
    sales = read(content)
    assert codes(sales) == [(3, "nul"), (4, "encoding"), (5, "line_too_long")]
    assert [sale.sale_id for sale in sales if not sale.faults] == ["NF-1", "NF-2"]


def test_a_type_of_document_for_all_makes_nobody_somebody() -> None:
    profile = {"constants": {"customer.document_type": "cpf"}}
    told = profile_of(profile, SALES, form="csv")
    row = ROW.format(1).replace("JOSE", "")
    (sale,) = sales_of(io.BytesIO(f"{HEADER}\n{row}\n".encode()), told)
    assert cast("dict[str, Any]", sale.document)["customer"] is None


class Endless(io.RawIOBase):
    """So many lines, none of which is there before it is read."""

    def __init__(self, count: int) -> None:
        self._lines = self._made(count)

    @staticmethod
    def _made(count: int) -> Iterator[bytes]:
        yield f"{HEADER}\n".encode()
        for number in range(count):
            yield f"{ROW.format(number)}\n".encode()

    def readline(self, size: int | None = -1, /) -> bytes:
        del size
        return next(self._lines, b"")


def test_no_more_of_a_file_is_kept_than_a_sale() -> None:
    tracemalloc.start()
    try:
        count = sum(1 for _ in sales_of(cast("BinaryIO", Endless(5_000)), Profile(kind=SALES)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 5_000
    assert peak < 500_000
