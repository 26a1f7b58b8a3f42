"""What the merchants of the simulated world lay down: 5 % on the one product type."""

from __future__ import annotations

from typing import Final

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, SaleRules
from cashback_core.sales.terms import Terms
from simulation.mix import EPOCH

_BUYERS: Final = Buyers(company=BuyerRule.PAY, foreign=BuyerRule.PAY)

TERMS: Final = {
    merchant_id: Terms(
        merchant_id=merchant_id,
        rules=SaleRules(buyers=_BUYERS),
        programme=Programme(
            (Rate(type="A", rate_bp=500, version=1, starts_at=EPOCH.replace(year=2000)),)
        ),
    )
    for merchant_id in (1, 2)
}
