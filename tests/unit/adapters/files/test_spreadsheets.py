"""A spreadsheet loses no row without a word, and nothing in it is held without a bound."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from adapters.files.lines import UnreadableFileError
from adapters.files.profile_reading import profile_of
from adapters.files.statement_files import STATEMENT, statement_lines
from adapters.files.xlsx import sheet_rows
from adapters.files.zip_bounds import (
    MAX_PARTS,
    MAX_ROW_TAGS,
    MAX_WHOLE_BYTES,
    MAX_WHOLE_TAGS,
)
from cashback_core.reconciliation.statements import LineKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.reconciliation.statements import StatementLine

SHEET = "xl/worksheets/sheet1.xml"
HEAD = ["document", "cashback", "at"]
LINE = ["52998224725", 1.4, "2026-01-02T12:00:00Z"]


def book(
    *rows: list[Any],
    more: Callable[[Any], object] = lambda _book: None,
    **parts: Callable[[bytes], bytes],
) -> bytes:
    """A spreadsheet of these rows; `parts` edit one each, `_` standing for a slash."""
    made: Any = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    more(made)
    plain, content = io.BytesIO(), io.BytesIO()
    made.save(plain)
    edits = {name.replace("_", "/"): edit for name, edit in parts.items()}
    source = zipfile.ZipFile(plain)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            part = name.removesuffix(".xml").lstrip("[").rstrip("]").replace("_", "")
            packed.writestr(name, edits.get(part, bytes)(source.read(name)))
    return content.getvalue()


def read(content: bytes, **profile: Any) -> list[StatementLine]:
    told = profile_of(profile, STATEMENT, form="xlsx")
    return [*statement_lines(io.BytesIO(content), told)]


def rows(content: bytes, sheet: str | None = None) -> list[Any]:
    return [*sheet_rows(io.BytesIO(content), sheet)]


def put(what: bytes, before: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(before, what + before, 1)


def one_part(relations: bytes) -> bytes:
    return relations.replace(b"sheet2", b"sheet1")


TEXTS = (
    b'<Override PartName="/xl/texts.xml" ContentType="application/vnd.openxmlformats-officedocument'
    b'.spreadsheetml.sharedStrings+xml"/>'
)


def declared(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    return put(b"<a" + before + b"u" * 2_000 + after + b"/>", b"</cellXfs>")


def with_texts(texts: bytes) -> bytes:
    content = io.BytesIO(book(HEAD, ContentTypes=put(TEXTS, b"</Types>")))
    head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/texts.xml", head + texts + b"</sst>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (book(HEAD, xl_styles=put(b"<xf/>" * (MAX_WHOLE_BYTES // 5), b"</cellXfs>")), "styles.*at"),
        (book(HEAD, xl_styles=put(b" " * MAX_WHOLE_BYTES, b"</cellXfs>")), "styles.*bytes"),
        (book(HEAD, xl_styles=put(b"<xf/>" * MAX_WHOLE_TAGS, b"</cellXfs>")), "held whole.*tags"),
        (
            book(HEAD, xl_workbook=put(b"<a/>" * MAX_WHOLE_TAGS, b"</workbook>")),
            "workbook.*held whole.*tags",
        ),
        (book(HEAD, ContentTypes=put(b"<a/>" * MAX_WHOLE_TAGS, b"</Types>")), "held whole.*tags"),
        (book(HEAD, xl_workbook=put(b"<!DOCTYPE a>", b"<workbook")), "DOCTYPE"),
        (book(HEAD, xl_workbook=lambda part: part.decode().encode("utf-16")), "UTF-16"),
        (
            book(HEAD, xl_worksheets_sheet1=put(b"<a/>" * MAX_ROW_TAGS, b"<sheetData>")),
            "a row has.*tags",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(
                (b"<a/>" * 40_000 + b'<row r="9"/>') * 5, b"</sheetData>"
            )),
            "around its rows",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(
                (b'<row a=">"/>' * 40_000 + b"<row/>" * 1_000) * 26, b"</sheetData>"
            )),
            "rows, empty ones too",
        ),
        (
            book(
                HEAD,
                more=lambda made: made.create_sheet("B"),
                **{"xl_rels_workbook.xml.rels": one_part},
            ),
            "sheets are the same part",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(
                ((b"<a" + b' b="1"' * 60 + b"/>") * 200 + b'<row r="9"/>') * 50, b"</sheetData>"
            )),
            "around its rows",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(
                b'<row xmlns:p="' + b"u" * 2_000 + b'" p:a=""/>', b"</sheetData>"
            )),
            "namespace",
        ),
        (book(HEAD, xl_styles=put(b"<a xmlns = '" + b"u" * 201 + b"'/>", b"</cellXfs>")), "names"),
        (book(HEAD, xl_styles=declared(b" xmlns:" + b"p" * 120 + b'="', b'"')), "namespace"),
        (book(HEAD, xl_styles=declared(b" xmlns:p" + b" " * 10 + b'="', b'"')), "namespace"),
        (book(HEAD, xl_styles=declared(b"\nxmlns:p\n=\t'", b"'")), "namespace"),
        (book(HEAD, xl_styles=declared(b" xmlns" + b" " * 70 + b'="', b'"')), "namespace"),
        (book(HEAD, xl_styles=declared(b" xmlns:p=\"'", b'"')), "namespace"),
        (
            book(HEAD, xl_worksheets_sheet1=lambda part: part.replace(
                b"</sheetData>", b"</sheetData>" + b"<a>" + b" " * 1_000_000
                + b'<a xmlns:p="' + b"u" * 1_000_000 + b'"/></a>',
            )),
            "namespace",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(b"<a/>" * 150_000, b"</worksheet>")),
            "around its rows",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(b" " * 34_000_000, b"</worksheet>")),
            "around its rows",
        ),
        (
            book(HEAD, xl_worksheets_sheet1=put(
                b"<!--</sheetData>-->" + b" " * 1024**2 + b"<row/>" * 200_000, b"</sheetData>"
            )),
            "around its rows",
        ),
        (with_texts(b"<si><t>a</t></si>" * 1_000_001), "table of texts"),
        (with_texts((b'<a b="1" c="2"/>' * 45_000 + b"<si/>") * 12), "no texts"),
        (with_texts((b"<a/>" * 45_000 + b"<si/>") * 12), "no texts"),
        (with_texts(b"<si>" + b"<r><t/></r>" * MAX_ROW_TAGS + b"</si>"), "a row has"),
    ],
    ids=[
        "styles", "blanks", "small styles", "workbook", "types", "doctype", "utf-16",
        "before the rows", "between rows", "rows", "one part twice", "attributes around",
        "namespaces", "namespace of styles", "long prefix", "blanks", "other blanks", "many blanks",
        "quote in quotes", "namespace behind", "behind the rows", "text behind", "end in a comment",
        "texts", "attributes of texts", "tags of texts", "rich text",
    ],
)  # fmt: skip
def test_what_is_held_is_small(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        rows(content)


ADDRESS = b"http://nfe.sefaz/?ch=1&amp;v=2&amp;t=3&amp;c=4&amp;h=5&amp;x=6"


@pytest.mark.parametrize(
    "content",
    [
        with_texts((b"<si><t>" + ADDRESS + b"</t></si>") * 100_000),
        book(HEAD, xl_worksheets_sheet1=put(
            b"<mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 149_000 + b"</mergeCells>",
            b"</worksheet>",
        )),
        book(HEAD, xl_worksheets_sheet1=put(
            b"<hyperlinks>" + (b'<hyperlink ref="A1" r:id="rId1" xmlns:r="http://x" display="NF-1"'
            b' tooltip="' + ADDRESS + b'"/>') * 60_000 + b"</hyperlinks>",
            b"</worksheet>",
        )),
        book([*HEAD, "what xmlns is", "an xmlns:p or xmlns ='it'"]),
    ],
    ids=["addresses", "merged cells", "links", "words"],
)  # fmt: skip
def test_what_honest_books_hold_is_read(content: bytes) -> None:
    assert [row.line for row in rows(content)] == [1]


@pytest.mark.parametrize("cut", [1, 7, 12, 60])
def test_a_namespace_is_looked_for_where_two_pieces_meet(cut: int) -> None:
    def behind(part: bytes) -> bytes:
        blanks = b" " * (2 * 1024**2 - len(part) + len(b"</worksheet>") - len(b"<a") - cut)
        declared = b'<a xmlns:p="' + b"u" * 300 + b'"/>'
        return part.replace(b"</worksheet>", blanks + declared + b"</worksheet>")

    with pytest.raises(UnreadableFileError, match="namespace"):
        rows(book(HEAD, xl_worksheets_sheet1=behind))


def test_many_parts_are_refused_before_they_are_listed() -> None:
    content = io.BytesIO(book(HEAD))
    with zipfile.ZipFile(content, "a") as packed:
        for number in range(MAX_PARTS * 12):
            packed.writestr(f"{number:060}", b"")
    with pytest.raises(UnreadableFileError, match="directory"):
        rows(content.getvalue())


def test_a_sheet_that_lies_elsewhere_is_looked_through_too() -> None:
    def move(content: bytes) -> bytes:
        source, moved = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
        with zipfile.ZipFile(moved, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in source.namelist():
                told = source.read(name).replace(b"worksheets/sheet1.xml", b"elsewhere.bin")
                packed.writestr(name.replace("worksheets/sheet1.xml", "elsewhere.bin"), told)
        return moved.getvalue()

    assert [row.line for row in rows(move(book(HEAD, LINE)))] == [1, 2]
    large = put(b"<row>" + b"<c/>" * MAX_ROW_TAGS + b"</row>", b"</sheetData>")
    with pytest.raises(UnreadableFileError, match="tags"):
        rows(move(book(HEAD, xl_worksheets_sheet1=large)))


@pytest.mark.parametrize("result", [b"", b"<v></v>", b"<v/>"])
def test_a_formula_that_was_never_reckoned_is_no_empty_cell(result: bytes) -> None:
    cell = b'<row r="2"><c r="A2"><f>1+1</f>' + result + b"</c></row>"
    with pytest.raises(UnreadableFileError, match="row 2 has a formula without its result"):
        rows(book(HEAD, xl_worksheets_sheet1=put(cell, b"</sheetData>")))


def test_a_formula_is_its_result_which_may_be_an_empty_text() -> None:
    cells = (
        b'<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    )
    _, row = rows(book(HEAD, xl_worksheets_sheet1=put(cells, b"</sheetData>")))
    assert row.cells == ("2",)


def test_of_several_sheets_with_lines_one_is_named() -> None:
    def second(made: Any) -> None:
        made.create_sheet("rest").append(LINE)

    content = book(HEAD, LINE, more=second)
    with pytest.raises(UnreadableFileError, match=r"several sheets \(Sheet, rest\)"):
        rows(content)
    assert [row.line for row in rows(content, "rest")] == [1]
    assert len(rows(book(HEAD, LINE, more=lambda made: made.create_sheet("empty")))) == 2


def test_a_hidden_sheet_is_named_or_not_read() -> None:
    def hide(made: Any) -> None:
        made.create_sheet("shown")
        made.worksheets[0].sheet_state = "hidden"

    content = book(HEAD, LINE, more=hide)
    with pytest.raises(UnreadableFileError, match="hidden"):
        rows(content)
    assert len(rows(content, "Sheet")) == 2


@pytest.mark.parametrize(("was", "becomes"), [(b'r="3"', b'r="2"'), (b'r="3"', b'r="1"')])
def test_a_row_that_is_told_twice_or_goes_back_is_refused(was: bytes, becomes: bytes) -> None:
    def edit(part: bytes) -> bytes:
        return part.replace(b"<row " + was, b"<row " + becomes)

    content = book(HEAD, LINE, LINE, xl_worksheets_sheet1=edit)
    with pytest.raises(UnreadableFileError, match="not in order"):
        rows(content)


@pytest.mark.parametrize("becomes", [b'r="A2"', b'r="B3"'])
def test_two_cells_of_one_place_make_a_line_unreadable(becomes: bytes) -> None:
    content = book(HEAD, LINE, xl_worksheets_sheet1=lambda part: part.replace(b'r="B2"', becomes))
    (line,) = read(content)
    assert line.kind is LineKind.UNREADABLE
    assert line.problem is not None
    assert "of one column" in line.problem


def test_a_book_that_counts_from_1904_tells_dates_and_no_numbers_of_days() -> None:
    def since_1904(made: Any) -> None:
        made.epoch = CALENDAR_MAC_1904

    noon = datetime(2026, 1, 2, 12)  # noqa: DTZ001 (as a spreadsheet has it)
    content = book(HEAD, [*LINE[:2], noon], [*LINE[:2], 44_562.5], more=since_1904)
    dated, numbered = read(content, date_format="excel")
    assert dated.credited_at == noon.replace(tzinfo=UTC)
    assert numbered.kind is LineKind.UNREADABLE
    assert (
        numbered.problem == "at: expected a date, not a number: its days are counted from 1904 on"
    )
