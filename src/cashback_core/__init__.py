"""Cashback of a sale, exact to the centavo: validation, calculation, delivery.

    sale = parse_sale(json.loads(body), rules=SaleRules(), now=datetime.now(UTC))
    programme = Programme((Rate(type="A", rate_bp=500, version=1, starts_at=since),))
    cashback = calculate(sale, programme)

This is the domain alone. `cashback_core.testing` helps whoever tests what is built on it. The use
cases of a service are rooms of their own, imported by module: `intake`, `delivery`,
`reconciliation`, `operators`, `administration`, `people`, `privacy`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cashback_core.sales.calculation import Cashback, LineCashback, NothingDue, calculate
from cashback_core.sales.catalogue import Catalogue, TypePeriod, next_type, skus_of
from cashback_core.sales.content import Difference, content_names, differences, same_content
from cashback_core.sales.effective_dates import (
    ChangeFault,
    ChangeRefused,
    refuse_start,
    refuse_withdrawal,
)
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.sales.programme import NewRate, Programme, Rate, next_rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.sales.validation import parse_sale
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.documents import (
    BuyerDocument,
    Cnpj,
    Cpf,
    DocumentFault,
    DocumentKind,
    ForeignDocument,
    InvalidDocument,
    document_kind,
    mask,
)
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, format_instant, parse_instant
from cashback_core.values.money import (
    InvalidMoney,
    MoneyFault,
    format_centavos,
    format_quantity,
    format_signed_centavos,
    format_value,
    parse_centavos,
    parse_quantity,
    parse_value,
)
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.violations import InvalidSale, Violation
from cashback_core.words.locales import ENGLISH, Language, UnknownLanguage, languages

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import (
        Applied,
        Evidence,
        Misconfigured,
        NeverSent,
        Outcome,
        OwnError,
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

__version__ = "0.1.0"

__all__ = [
    "ENGLISH",
    "TRANSITIONS",
    "AccessKey",
    "Actor",
    "Applied",
    "BuyerDocument",
    "BuyerRule",
    "Buyers",
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
    "DocumentKind",
    "Ended",
    "Evidence",
    "ForeignDocument",
    "InvalidDocument",
    "InvalidMoney",
    "InvalidSale",
    "Language",
    "Line",
    "LineCashback",
    "Misconfigured",
    "MoneyFault",
    "Move",
    "NameDifference",
    "NeverSent",
    "NewRate",
    "NoSuchInstant",
    "NotAnInstant",
    "NothingDue",
    "NumberScope",
    "Outcome",
    "OwnError",
    "Payment",
    "PaymentKind",
    "Phase",
    "Place",
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
    "UnknownLanguage",
    "Violation",
    "__version__",
    "calculate",
    "classify",
    "conclude",
    "content_names",
    "differences",
    "document_kind",
    "format_centavos",
    "format_instant",
    "format_quantity",
    "format_signed_centavos",
    "format_value",
    "languages",
    "mask",
    "next_rate",
    "next_type",
    "parse_centavos",
    "parse_instant",
    "parse_quantity",
    "parse_sale",
    "parse_value",
    "refuse_start",
    "refuse_withdrawal",
    "same_content",
    "skus_of",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What becomes of a payment, loaded by whoever asks for it first.

        It is a third of the time that all of it takes, and who only computes needs none of it.
        """
        if name in __all__:
            for module in ("evidence", "states"):
                found = getattr(import_module(f"cashback_core.delivery.{module}"), name, None)
                if found is not None:
                    globals()[name] = found
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
