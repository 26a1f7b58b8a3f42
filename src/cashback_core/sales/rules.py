"""Placeholder until the foundation is there."""

from __future__ import annotations

from enum import StrEnum


class BuyerRule(StrEnum):
    """What becomes of a sale to a sort of buyer."""

    REFUSE = "refuse"
    RECORD = "record"
    PAY = "pay"


class NumberScope(StrEnum):
    """Where a sale_id names one sale."""

    MERCHANT = "merchant"
    STORE = "store"
