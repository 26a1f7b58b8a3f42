"""Cashback of a sale, exact to the centavo: validation, calculation, delivery.

    sale = parse_sale(json.loads(body), rules=SaleRules(), now=datetime.now(UTC))
    programme = Programme((Rate(type="A", rate_bp=500, version=1, starts_at=since),))
    cashback = calculate(sale, programme)

`cashback_core.testing.strategies` makes valid and invalid sales for Hypothesis. The use cases of a
service (`submission`, `delivering`) and the ports that they need (`ports`) are imported by module.
"""

from __future__ import annotations

from cashback_core.delivery.evidence import (
    Applied,
    Evidence,
    Misconfigured,
    NeverSent,
    Outcome,
    Phase,
    Refused,
    RefusedForNow,
    Unknown,
    classify,
)
from cashback_core.delivery.states import (
    TRANSITIONS,
    Actor,
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Ended,
    Move,
    Status,
    conclude,
)
from cashback_core.sales.calculation import Cashback, LineCashback, calculate
from cashback_core.sales.catalogue import Catalogue, TypePeriod, next_type, skus_of
from cashback_core.sales.content import Difference, content_names, differences, same_content
from cashback_core.sales.effective_dates import (
    ChangeFault,
    ChangeRefused,
    refuse_start,
    refuse_withdrawal,
)
from cashback_core.sales.programme import Programme, Rate, next_rate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.sales.validation import SaleRules, parse_sale
from cashback_core.values.documents import Cnpj, Cpf, DocumentFault, InvalidDocument, mask
from cashback_core.values.money import (
    Fault,
    InvalidMoney,
    format_centavos,
    format_thousandths,
    parse_centavos,
    parse_thousandths,
)
from cashback_core.values.rounding import Rounding
from cashback_core.values.violations import InvalidSale, Violation
from cashback_core.words.locales import ENGLISH, Language, languages

__all__ = [
    "ENGLISH",
    "TRANSITIONS",
    "Actor",
    "Applied",
    "Cashback",
    "Catalogue",
    "ChangeFault",
    "ChangeRefused",
    "Cnpj",
    "Conclusion",
    "Cpf",
    "Customer",
    "Delivery",
    "DeliveryPolicy",
    "Difference",
    "DocumentFault",
    "Ended",
    "Evidence",
    "Fault",
    "InvalidDocument",
    "InvalidMoney",
    "InvalidSale",
    "Language",
    "Line",
    "LineCashback",
    "Misconfigured",
    "Move",
    "NeverSent",
    "Outcome",
    "Phase",
    "Programme",
    "Rate",
    "Refused",
    "RefusedForNow",
    "Rounding",
    "Sale",
    "SaleRules",
    "Status",
    "TypePeriod",
    "Unknown",
    "Violation",
    "calculate",
    "classify",
    "conclude",
    "content_names",
    "differences",
    "format_centavos",
    "format_thousandths",
    "languages",
    "mask",
    "next_rate",
    "next_type",
    "parse_centavos",
    "parse_sale",
    "parse_thousandths",
    "refuse_start",
    "refuse_withdrawal",
    "same_content",
    "skus_of",
]
