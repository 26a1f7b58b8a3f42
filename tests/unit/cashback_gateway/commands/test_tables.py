from __future__ import annotations

import io
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from cashback_gateway.commands.tables import PrintedList, TableColumn, cell, show_listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

AT = datetime(2026, 6, 15, 15, 0, 0, 250_000, tzinfo=UTC)
RECORD: Mapping[str, object] = {"id": UUID(int=1), "amount": "5.00", "at": AT, "why": "a " * 90}
COLUMNS = (
    TableColumn("id"),
    TableColumn("amount", right=True),
    TableColumn("at"),
    TableColumn("why", folds=True),
)


def listing(*, total: int | None = 1) -> PrintedList:
    return PrintedList(records=[RECORD], columns=COLUMNS, total=total, words=["one"])


def test_what_is_no_terminal_gets_each_record_on_one_plain_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_listing(listing(), as_json=False)
    headings, row, words = capsys.readouterr().out.splitlines()
    assert headings.split() == ["ID", "AMOUNT", "AT", "WHY"]
    assert row.startswith(f"{UUID(int=1)}    5.00  2026-06-15T15:00:00Z  a a")
    assert row == row.rstrip(), "nothing to trim for who cuts columns"
    assert "\x1b" not in headings
    assert words == "one"


def test_on_a_terminal_texts_are_folded_and_ids_are_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    show_listing(listing(), as_json=False)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) > 3
    assert str(UUID(int=1)) in lines[1]


def test_a_terminal_too_narrow_for_its_columns_gets_them_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    show_listing(listing(), as_json=False)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert lines[1].startswith(f"{UUID(int=1)}    5.00  2026-06-15T15:00:00Z  a a a a")
    assert len(lines) == 3


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_listing(PrintedList(records=[], columns=COLUMNS, total=0), as_json=False)
    show_listing(PrintedList(records=[], columns=COLUMNS, total=0, words=["all"]), as_json=False)
    assert capsys.readouterr().out == "none\nall\n"


def test_a_list_that_was_cut_says_of_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    show_listing(listing(total=136), as_json=False)
    show_listing(listing(total=None), as_json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[2] == "1 of 136: --limit N shows up to N"
    assert told[6] == "1, there are more: --limit N shows up to N"


def test_json_has_whole_values_and_whether_there_are_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_listing(listing(total=136), as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "items": [
            {**RECORD, "id": str(UUID(int=1)), "at": "2026-06-15T15:00:00.250000Z"},
        ],
        "more": True,
        "total": 136,
    }


def test_what_a_provider_says_moves_no_terminals_cursor() -> None:
    assert cell("\x1b[2Jpaid") == "\\x1b[2Jpaid"
    assert cell("a\nb") == "a\\x0ab"
    assert (cell(None), cell(()), cell(True), cell([1, 2])) == ("-", "-", "yes", "1, 2")
    assert cell(0.02474494) == "0.025"
