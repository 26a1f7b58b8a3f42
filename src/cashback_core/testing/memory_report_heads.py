"""Heads of reports in memory: names of merchants, and no closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.figures.report import ReportHead, ReportHeads
from cashback_core.intake.submission import UnknownMerchant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


class MemoryReportHeads(ReportHeads):
    """Knows the merchants that it is given: by id, slug and name."""

    def __init__(self, merchants: Mapping[int, tuple[str, str]]) -> None:
        self._merchants = merchants

    async def head(self, merchant_id: int, closed_through: date | None) -> ReportHead:  # noqa: ARG002
        """Its name and slug. Raises UnknownMerchant."""
        if merchant_id not in self._merchants:
            raise UnknownMerchant(merchant_id)
        slug, name = self._merchants[merchant_id]
        return ReportHead(name=name, slug=slug)
