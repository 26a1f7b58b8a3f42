"""What administrators lay down is what sales are taken by: from the administration to the core."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from adapters.postgres.administration.merchants import PostgresMerchants
from adapters.postgres.administration.product_types import PostgresProductTypes
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.administration.merchants import MerchantState, NewMerchant
from cashback_core.administration.product_types import NewProductType
from cashback_core.administration.resources import Caller, Done
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import NewRate, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from contract.builders import SOLD_AT

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

PLATFORM = Caller(actor="user:petra", merchant_id=None)
STATE = MerchantState(
    name="Rede",
    zone="America/Manaus",
    rounding=Rounding.HALF_EVEN,
    max_sale_age_days=3,
    name_difference=NameDifference.NOTE,
    line_rounding=Rounding.DOWN,
    line_tolerance_centavos=1,
    sale_tolerance_centavos=2,
    surcharge_earns=True,
    company_buyers=BuyerRule.PAY,
    foreign_buyers=BuyerRule.RECORD,
    nobody_buyers=BuyerRule.RECORD,
    confirm_within_h=24,
    max_ahead_s=60,
)
RULES = SaleRules(
    zone=ZoneInfo("America/Manaus"),
    max_age=timedelta(days=3),
    name_difference=NameDifference.NOTE,
    line_rounding=Rounding.DOWN,
    line_tolerance_centavos=1,
    sale_tolerance_centavos=2,
    surcharge_earns=True,
    buyers=Buyers(company=BuyerRule.PAY, foreign=BuyerRule.RECORD, nobody=BuyerRule.RECORD),
    confirm_within=timedelta(hours=24),
    max_ahead=timedelta(seconds=60),
    numbers=NumberScope.STORE,
)


async def test_a_merchants_rules_and_excluded_types_are_what_its_sales_are_taken_by(
    database: Database,
) -> None:
    administration = Administration(database)
    new = NewMerchant(slug="rede", state=STATE, numbers=NumberScope.STORE)
    assert isinstance(await PostgresMerchants(administration).create(PLATFORM, new), Done)
    admin = Caller(actor="user:adam", merchant_id=3)
    first = NewRate(rate_bp=0, starts_at=BEGINNING, excluded=True)
    tobacco = NewProductType(type="TOBACCO", name=None, first=first)
    assert isinstance(await PostgresProductTypes(administration).create(admin, tobacco), Done)
    terms = await PostgresCashbackStore(database, DeliveryPolicy()).terms(3)
    assert terms is not None
    assert terms.rules == RULES
    assert terms.programme.rate_at("TOBACCO", SOLD_AT) == Rate(
        type="TOBACCO", rate_bp=0, version=1, starts_at=BEGINNING, excluded=True
    )


async def test_a_merchant_of_before_is_as_strict_as_it_was(database: Database) -> None:
    terms = await PostgresCashbackStore(database, DeliveryPolicy()).terms(1)
    assert terms is not None
    assert terms.rules == SaleRules()
