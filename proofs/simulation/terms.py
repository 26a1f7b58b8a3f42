"""What the merchants of the simulated world lay down: 5 % on the one product type."""

from __future__ import annotations

from typing import Final

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.terms import Terms
from cashback_core.sales.validation import SaleRules
from simulation.mix import EPOCH

TERMS: Final = {
    merchant_id: Terms(
        merchant_id=merchant_id,
        rules=SaleRules(),
        programme=Programme(
            (Rate(type="A", rate_bp=500, version=1, starts_at=EPOCH.replace(year=2000)),)
        ),
    )
    for merchant_id in (1, 2)
}
