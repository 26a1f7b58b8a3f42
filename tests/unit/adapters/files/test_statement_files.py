"""A statement as a file is judged as one over HTTP is, whatever its form; nothing is guessed."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.cells import CellError, read_number
from adapters.files.profile import ProfileError
from adapters.files.profile_reading import profile_of
from adapters.files.statement_files import STATEMENT, statement_lines
from adapters.files.zip_bounds import MAX_ROW_BYTES
from cashback_core.reconciliation.file_import import FileUnreadableError
from cashback_core.reconciliation.statement_rows import read_line
from cashback_core.reconciliation.statements import LineKind, StatementLine

CPF = "529.982.247-25"
AT = "2026-01-02T12:00:00Z"


def csv(*rows: str, encoding: str = "utf-8", **profile: Any) -> list[StatementLine]:
    content = "\n".join([*rows, ""]).encode(encoding)
    return read(content, "csv", encoding=encoding, **profile)


def read(content: bytes, form: Any, **profile: Any) -> list[StatementLine]:
    told = profile_of(profile, STATEMENT, form=form)
    return [*statement_lines(io.BytesIO(content), told)]


def sheet(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    told_by: Any = book.active
    for row in rows:
        told_by.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


ROWS = st.fixed_dictionaries(
    {
        "document": st.sampled_from(
            [CPF, "52998224725", "***.982.247-**", "1", "AB12345", "11222333000181", ""]
        ),
        "cashback": st.sampled_from(["1.40", "-1.40", "0", "1.405", "x", "9" * 20, ""]),
        "at": st.sampled_from([AT, "2026-01-02", "2026-13-01", "x", ""]),
        "reference": st.sampled_from(["", "r", "x" * 300, "a\u00a0b"]),
        "type": st.sampled_from(["", "estorno", "Crédito", "D", "cashback"]),
    }
)


@given(st.lists(ROWS, max_size=6))
def test_csv_json_lines_and_http_are_judged_alike(rows: list[dict[str, str]]) -> None:
    told = [{name: value for name, value in row.items() if value} for row in rows]
    over_http = [read_line(number, dict(row)) for number, row in enumerate(told, 2)]
    json_lines = "\n".join(["", *map(json.dumps, told), ""])
    assert read(json_lines.encode(), "jsonl") == over_http
    # What a cell does not say is told of the cell; whether it is read is the same.
    columns = ("document", "cashback", "at", "reference", "type")
    lines = csv(",".join(columns), *(",".join(row[name] for name in columns) for row in rows))
    assert [one.kind for one in lines] == [
        over_http[number - 2].kind for number in (line.number for line in lines)
    ]
    whole = [one for one in over_http if one.kind is not LineKind.UNREADABLE]
    assert [one for one in lines if one.kind is not LineKind.UNREADABLE] == whole


@pytest.mark.parametrize(
    ("negative", "text", "read"),
    [
        ("before", "-1.234,50", "-1234.50"), ("after", "1.234,50-", "-1234.50"),
        ("parentheses", "(1,00)", "-1.00"), ("parentheses", "1,00", "1.00"),
        ("after", "-1,00", "-1.00"), ("before", "1,00", "1.00"),
    ],
)  # fmt: skip
def test_signs_stand_where_the_profile_says(negative: Any, text: str, read: str) -> None:
    assert read_number(text, decimal=",", thousands=".", negative=negative) == read


@pytest.mark.parametrize(
    ("negative", "text"),
    [
        ("before", "(1,00)"), ("before", "1,00-"), ("after", "-1,00-"), ("parentheses", "(-1,00"),
        ("parentheses", "-(1,00)"), ("before", "--1,00"), ("before", "1,0,0"),
        ("before", "1.23,00"),
    ],
)  # fmt: skip
def test_another_sign_is_none(negative: Any, text: str) -> None:
    with pytest.raises(CellError):
        read_number(text, decimal=",", thousands=".", negative=negative)


def test_words_say_credit_and_debit_and_another_word_is_unreadable() -> None:
    words = {"type": {"C": "credit", "d": "debit"}}
    rows = [f"{CPF},1.00,{AT},{word}" for word in ("C", "D", "E")]
    credit, reversal, other = csv("document,cashback,at,type", *rows, words=words)
    assert (credit.kind, reversal.kind) == (LineKind.CREDIT, LineKind.REVERSAL)
    assert (other.kind, other.problem) == (LineKind.UNREADABLE, "type: expected one of c, d")


def test_a_column_of_its_own_tells_what_was_taken_back() -> None:
    rows = [f"{CPF},{credit},{debit},{AT}" for credit, debit in
            (("1.00", ""), ("", "2.00"), ("0.00", "2.00"), ("1.00", "2.00"), ("", ""))]  # fmt: skip
    lines = csv("document,cashback,reversed,at", *rows)
    kinds = [(line.kind.value, line.cashback_centavos) for line in lines]
    assert kinds[:3] == [("credit", 100), ("reversal", 200), ("reversal", 200)]
    assert lines[3].problem == "reversed: both credited and taken back"
    assert lines[4].problem == "cashback: missing"


@pytest.mark.parametrize("word", ["cashback", "crédito", "estorno", ""])
@pytest.mark.parametrize("amount", ["1.40", "-1.40"])
def test_what_was_taken_back_is_no_credit_whatever_its_type_says(word: str, amount: str) -> None:
    heads = ("document,cashback,reversed,at,type", "document,cashback,reversed,at,kind")
    for head in heads:
        (line,) = csv(head, f"{CPF},,{amount},{AT},{word}")
        assert (line.kind, line.cashback_centavos) == (LineKind.REVERSAL, 140)
    (line,) = csv("document,reversed,at", f"{CPF},{amount},{AT}", constants={"type": "credit"})
    assert line.kind is LineKind.REVERSAL
    told = {"document": CPF, "reversed": float(amount), "at": AT, "type": word, "cashback": 0.0}
    (line,) = read((json.dumps(told) + "\n").encode(), "jsonl")
    assert (line.kind, line.cashback_centavos) == (LineKind.REVERSAL, 140)


@pytest.mark.parametrize("more", [{"dc": "D"}, {"Type": "estorno"}, {"kind": {"dc": "D"}, "x": {}}])
def test_no_field_of_a_json_line_is_passed_over_unless_it_is_told_to_be(
    more: dict[str, Any],
) -> None:
    told = {"document": CPF, "cashback": 1.40, "at": AT}
    content = (json.dumps({**told, **more}) + "\n").encode()
    (line,) = read(content, "jsonl")
    assert line.kind is LineKind.UNREADABLE
    if "kind" not in more:
        (name,) = more
        assert f'nothing reads its field "{name}"' in (line.problem or "")
        (line,) = read(content, "jsonl", ignore=[name])
        assert (line.kind, line.problem) == (LineKind.CREDIT, None)


def test_dates_alone_stay_dates_and_wall_clocks_take_their_zone() -> None:
    profile = {"date_format": "%d/%m/%Y %H:%M", "zone": "America/Sao_Paulo"}
    one, midnight = csv(
        "document,cashback,at", f"{CPF},1.00,02/01/2026 09:00", f"{CPF},1.00,02/01/2026 00:00",
        **profile,
    )  # fmt: skip
    assert one.credited_at == datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert midnight.credited_at == datetime(2026, 1, 2, tzinfo=UTC), "a date alone"
    (skipped,) = csv(
        "document,cashback,at", f"{CPF},1.00,2018-11-04T00:30:00", zone="America/Sao_Paulo"
    )
    assert skipped.problem == "at: no such instant in its zone"


def test_a_spreadsheets_numbers_and_dates_are_what_it_shows() -> None:
    moment = datetime(2026, 1, 2, 12, 0, 30)  # noqa: DTZ001 (as a spreadsheet has it)
    content = sheet(
        ["document", "cashback", "at"], [12345678909, 0.1 + 0.2, moment], [CPF, "x", 46024.5],
    )  # fmt: skip
    number, other = read(content, "xlsx")
    assert number.document == "12345678909"
    assert number.cashback_centavos == 30
    assert number.credited_at == moment.replace(tzinfo=UTC)
    assert other.problem == (
        'at: expected a date (as a number: date_format = "excel"); cashback: not an amount'
    )
    (serial,) = csv("document,cashback,at", f"{CPF},1.00,46024.5", date_format="excel")
    assert serial.credited_at == datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_zeros_are_lost_only_where_the_profile_says_so() -> None:
    (told,) = csv("document,cashback,at", f"1234567890,1.00,{AT}", numeric_documents=True)
    assert told.document == "01234567890"
    (text,) = csv("document,cashback,at", f"1234567890,1.00,{AT}")
    assert text.kind is LineKind.UNREADABLE


def test_what_stands_around_the_lines_is_left_out_and_nothing_between() -> None:
    around: dict[str, Any] = {"skip": 2, "footers": ["Total"]}
    lines = csv(
        "Extrato", "de janeiro", "document,cashback,at", f"{CPF},1.00,{AT}", "Total,1.00,",
        f"{CPF},2.00,{AT}", "Total geral,3.00,", encoding="utf-16", **around,
    )  # fmt: skip
    assert [line.number for line in lines] == [4, 6]
    assert lines[1].problem == "row: it comes after a footer, where no line is"


def test_a_cut_file_tells_its_last_line() -> None:
    (cut,) = read(f"document,cashback,at\n{CPF},1.00,{AT}".encode(), "csv")
    assert cut.kind is LineKind.UNREADABLE
    assert cut.problem is not None
    assert "without a line end" in cut.problem


def bomb(part: bytes, times: int) -> bytes:
    """A spreadsheet whose sheet unpacks to that part, so often."""
    source = zipfile.ZipFile(io.BytesIO(sheet(["document"])))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            told = source.read(name)
            if name.startswith("xl/worksheets/"):
                head, _, tail = told.partition(b"<sheetData>")
                told = head + b"<sheetData>" + part * times + b"</sheetData>" + tail
            packed.writestr(name, told)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bomb(b"<row><c t='inlineStr'><is><t>" + b"a" * 1024, MAX_ROW_BYTES // 1024), "a row has"),
        (bomb(b"<row>", 1_000_000), "a row has"),
        (bomb(b"<![CDATA[<row/>]]>", 1), "CDATA"),
        (b"PK\x03\x04" + b"\0" * 64, "no spreadsheet"),
        (b"", "no spreadsheet"),
        (sheet(["a"])[:-40], "no spreadsheet"),
    ],
    ids=["text", "rows", "cdata", "stub", "empty", "cut"],
)
def test_a_bomb_or_no_spreadsheet_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(FileUnreadableError, match=why):
        read(content, "xlsx")


@given(st.binary(max_size=400), st.sampled_from(["csv", "jsonl", "xlsx"]))
def test_any_bytes_are_read_or_refused_in_words(content: bytes, form: str) -> None:
    try:
        lines = read(content, form)
    except (FileUnreadableError, ProfileError):
        return
    assert all(line.kind is LineKind.UNREADABLE for line in lines)


@pytest.mark.parametrize(("told", "sign"), [("1.400", "."), ("1,400", ",")])
def test_an_amount_of_three_decimals_is_another_sign_s(told: str, sign: str) -> None:
    content = f"document;cashback;at\n52998224725;{told};2026-01-02T12:00:00Z\n".encode()
    profile = profile_of({"delimiter": ";", "decimal": sign}, STATEMENT, form="csv")
    (line,) = statement_lines(io.BytesIO(content), profile)
    assert line.problem is not None
    assert line.problem.startswith(f"cashback: expected at most 2 decimals (is '{sign}'")
