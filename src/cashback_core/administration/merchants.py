"""Merchants: who uses the gateway, and the terms that its sales are taken on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.administration.resources import ResourceStore
from cashback_core.delivery.brakes import Ceilings
from cashback_core.sales.rules import (
    LONGEST_AHEAD,
    MAX_CONFIRM_WITHIN,
    BuyerRule,
    NumberScope,
)
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding

if TYPE_CHECKING:
    from datetime import datetime

MAX_SALE_AGE_DAYS: Final = 36_524
DEFAULT_MAX_SALE_AGE_DAYS: Final = 30
"""A new merchant's: what a wrong clock or an old file brings is told, and not paid."""

MAX_CONFIRM_WITHIN_H: Final = MAX_CONFIRM_WITHIN // timedelta(hours=1)
LONGEST_AHEAD_S: Final = LONGEST_AHEAD // timedelta(seconds=1)

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantState:
    """What of a merchant can be changed.

    All of it counts for sales from now on: each sale keeps what it was taken on.
    """

    name: str
    zone: str
    rounding: Rounding
    max_sale_age_days: int
    disabled: bool = False
    """Nobody of theirs gets in any more; what is recorded already is still delivered."""
    equal_content: EqualContent = EqualContent.SALE_ID
    """Which of its sales may have the content of another one: the merchant's own to decide."""
    name_difference: NameDifference = NameDifference.REFUSE
    line_rounding: Rounding = Rounding.HALF_UP
    """How a line's value times its quantity becomes centavos, where it does not tell its amount."""
    line_tolerance_centavos: int = 0
    """How far the amount that a line tells may be from its product, beside the centavo's part."""
    sale_tolerance_centavos: int = 0
    """How far a total may be from the sum of its parts; it counts as it is told."""
    surcharge_earns: bool = False
    company_buyers: BuyerRule = BuyerRule.REFUSE
    """What becomes of a sale to a CNPJ."""
    foreign_buyers: BuyerRule = BuyerRule.REFUSE
    """What becomes of a sale to a foreign document."""
    nobody_buyers: BuyerRule = BuyerRule.REFUSE
    """What becomes of a sale to nobody, whom nobody can pay: never PAY."""
    confirm_within_h: int = 72
    """In so many hours a sale is confirmed that waits for it; a day later it is void."""
    max_ahead_s: int = 300
    """By how much a till's clock may be ahead; such a sale counts when it is accepted."""
    ceilings: Ceilings = field(default_factory=Ceilings)
    """Above them cashbacks are held. A day's counts the day on which it is set from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A merchant; its slug is its address and never changes, nor does where its numbers count."""

    slug: str
    numbers: NumberScope
    state: MerchantState
    version: int
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMerchant:
    """A merchant to be added; it starts enabled, whatever the state says.

    `numbers` says where a sale_id names one sale: in the whole merchant, or in each store.
    """

    slug: str
    state: MerchantState
    numbers: NumberScope = NumberScope.MERCHANT


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantFilter:
    """Which merchants are wanted; None wants all."""

    slug: str | None = None
    disabled: bool | None = None


class MerchantStore(
    ResourceStore[Merchant, str, MerchantFilter, NewMerchant, MerchantState, Merchant], Protocol
):
    """Merchants by slug, sorted by `slug`, `name` or `created_at`; its people see theirs alone.

    Zone, rounding and whether it is disabled are the platform's to change: else Invalid. None is
    ever deleted, whatever its version: all that was ever sold hangs on it, so it is InUse.
    """
