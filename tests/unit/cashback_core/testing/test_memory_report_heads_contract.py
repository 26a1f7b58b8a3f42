from __future__ import annotations

import pytest

from cashback_core.testing.memory_report_heads import MemoryReportHeads
from contract.report_heads import ReportHeadsContract


class TestMemoryReportHeads(ReportHeadsContract):
    """The contract on the fake."""

    @pytest.fixture
    def heads(self) -> MemoryReportHeads:
        return MemoryReportHeads({1: ("demo", "Demo retailer")})
