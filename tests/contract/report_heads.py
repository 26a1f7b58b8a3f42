"""What every source of reports' heads promises."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from cashback_core.figures.report import ReportHead
from cashback_core.intake.submission import UnknownMerchant

if TYPE_CHECKING:
    from cashback_core.figures.report import ReportHeads


class ReportHeadsContract:
    """The heads know merchant 1, `demo`; no day of it is closed."""

    async def test_a_merchant_is_named(self, heads: ReportHeads) -> None:
        assert await heads.head(1, None) == ReportHead(name="Demo retailer", slug="demo")

    async def test_a_day_without_a_close_has_none(self, heads: ReportHeads) -> None:
        assert (await heads.head(1, date(2026, 11, 1))).last_close is None

    async def test_nobody_has_no_head(self, heads: ReportHeads) -> None:
        with pytest.raises(UnknownMerchant):
            await heads.head(99, None)
