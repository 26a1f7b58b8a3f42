"""`report page`: the file that somebody sends and prints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from integration.command_line import call
from integration.two_merchants import fill

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.connection.database import Database


@pytest.fixture
async def sold(database: Database, dsn: str) -> dict[str, str]:
    """The environment of a database in which two merchants sold."""
    await fill(PostgresCashbackStore(database, DeliveryPolicy()), dsn)
    return {"DATABASE_URL": dsn}


def test_a_page_is_written_of_what_was_sold_today(sold: dict[str, str], tmp_path: Path) -> None:
    # By the clock of the merchant, who is some hours behind UTC.
    today = (datetime.now(UTC) - timedelta(hours=3)).date()
    file = tmp_path / "today.html"
    range_ = ("--from", f"{today - timedelta(days=1)}", "--to", f"{today}")
    words = ("report", "page", "--merchant", "demo", *range_, "--to-file", str(file))
    for language, told in (("pt", "Relatório de cashback"), ("en", "Cashback report")):
        done = call((*words, "--lang", language), sold)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{file}: demo, {range_[1]} to {today}, 2 sales" in done.stdout
        assert told in file.read_text("utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["today.html"]
    other = call((*words, "--store", "nowhere"), sold)
    assert "0 sales" in other.stdout


@pytest.mark.parametrize(
    ("changed", "code", "why"),
    [
        ({"--merchant": "nobody"}, 1, "there is no merchant 'nobody'"),
        ({"--to-file": "report.pdf"}, 2, "ends with .html"),
        ({"--to": "2024-01-01"}, 2, "--from, --to: a range is of 1 to 400 days"),
        ({"--lang": "xx"}, 2, "there are en, pt"),
        ({"--from": "yesterday"}, 2, "--from"),
    ],
)
def test_what_no_page_can_be_written_of_is_told(
    sold: dict[str, str], tmp_path: Path, changed: dict[str, str], code: int, why: str
) -> None:
    given = {
        "--merchant": "demo", "--from": "2026-11-01", "--to": "2026-11-02",
        "--to-file": str(tmp_path / "x.html"), **changed,
    }  # fmt: skip
    done = call(("report", "page", *(word for pair in given.items() for word in pair)), sold)
    assert done.returncode == code
    assert why in done.stderr
    assert [*tmp_path.iterdir()] == []
