"""What a search writes as a file is UTF-8, wherever it is written."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_store import MemoryStore
from cashback_gateway.commands import finding
from contract.builders import PROGRAMME, a_sale, accepted, submitted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cashback_core.delivery.record import Record


@pytest.mark.parametrize("as_csv", [True, False])
async def test_a_file_is_utf_8_whatever_the_terminal_writes(
    monkeypatch: pytest.MonkeyPatch, *, as_csv: bool
) -> None:
    terms = Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)
    store, sale = MemoryStore({1: terms}, now=ManualClock().tick), a_sale()
    assert sale.customer is not None
    sale = replace(sale, customer=replace(sale.customer, name="ÉLCIO ÇÁ"))
    record = await accepted(store, submitted(sale))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))

    async def pages() -> AsyncIterator[tuple[Record, ...]]:
        yield (record,)

    await finding._write(pages(), as_csv=as_csv, masked=False)
    assert "ÉLCIO ÇÁ" in written.getvalue().decode("utf-8")
