"""What a sale was paid with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_PAYMENTS: Final = 20


class PaymentKind(StrEnum):
    """What a part of a sale was paid with, after the fiscal documents' own list (tPag)."""

    CASH = "cash"
    CHECK = "check"
    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    STORE_CREDIT = "store_credit"
    FOOD_VOUCHER = "food_voucher"
    MEAL_VOUCHER = "meal_voucher"
    GIFT_CARD = "gift_card"
    FUEL_VOUCHER = "fuel_voucher"
    BANK_SLIP = "bank_slip"
    DEPOSIT = "deposit"
    PIX = "pix"
    TRANSFER = "transfer"
    CASHBACK = "cashback"
    OTHER = "other"


UNEARNING: Final = frozenset({PaymentKind.CASHBACK, PaymentKind.GIFT_CARD})
"""What was paid so earns nothing: a cashback earned once, a gift card where it was bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A part of what was paid, and with what."""

    kind: PaymentKind
    value_centavos: int

    def __post_init__(self) -> None:
        if type(self.kind) is not PaymentKind:
            raise ValueError("a payment is of a PaymentKind")
        if type(self.value_centavos) is not int or self.value_centavos < 0:
            raise ValueError("a payment is centavos, from zero")
