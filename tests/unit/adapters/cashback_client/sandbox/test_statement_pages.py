from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.sandbox.desk import Desk
from adapters.cashback_client.sandbox.ledger import Ledger
from adapters.cashback_client.sandbox.order import Order
from adapters.cashback_client.sandbox.tellings import MAX_PAGES, PAGE_ROWS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("credits_", [1, PAGE_ROWS * MAX_PAGES, PAGE_ROWS * MAX_PAGES + 1, 333])
def test_a_paged_statement_tells_all_on_a_bounded_number_of_pages(
    credits_: int, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    desk = Desk(ledger=ledger)
    for number in range(credits_):
        ledger.apply(
            Order(document="52998224725", cashback_centavos=number + 1, reference=f"r-{number}")
        )
    desk.instructions.tell(["paged"])
    lines, pages, cursor = list[int](), 0, "0"
    while cursor:
        answer = desk.answer(b"GET", b"/statement?cursor=" + cursor.encode(), b"")
        page = json.loads(answer.partition(b"\r\n\r\n")[2])
        lines += [row["line"] for row in page["rows"]]
        cursor, pages = page.get("next"), pages + 1
    ledger.close()
    assert lines == list(range(1, credits_ + 1))
    assert pages <= MAX_PAGES
