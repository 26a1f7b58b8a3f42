"""What a merchant lays down for its sales."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cashback_core.sales.sale import MAX_TOLERANCE_CENTAVOS
from cashback_core.values.documents import BuyerDocument, DocumentKind, document_kind
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding

LONGEST_AGE: Final = timedelta(days=36_524)
"""Longest limit that a merchant may set: a century."""

LONGEST_AHEAD: Final = timedelta(days=1)
MAX_CONFIRM_WITHIN: Final = timedelta(hours=2160)
"""Ninety days."""

MIN_CONFIRM_WITHIN: Final = timedelta(hours=1)


class BuyerRule(StrEnum):
    """What becomes of a sale to a kind of buyer."""

    REFUSE = "refuse"
    """It is not taken."""
    RECORD = "record"
    """It is recorded, and nothing is due."""
    PAY = "pay"
    """It earns as any other."""


class NumberScope(StrEnum):
    """Within what an ERP's own numbers of sales are unique."""

    MERCHANT = "merchant"
    STORE = "store"
    """Each store counts by itself: a number goes with the store that it is told with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyers:
    """Who may buy besides people with a CPF; of nobody nobody could be paid."""

    company: BuyerRule = BuyerRule.REFUSE
    foreign: BuyerRule = BuyerRule.REFUSE
    nobody: BuyerRule = BuyerRule.REFUSE

    def __post_init__(self) -> None:
        if {*map(type, (self.company, self.foreign, self.nobody))} != {BuyerRule}:
            raise ValueError("of each kind of buyer there is a BuyerRule")
        if self.nobody is BuyerRule.PAY:
            raise ValueError("there is nobody to pay")

    def rule_of(self, document: BuyerDocument | None) -> BuyerRule:
        """What becomes of a sale to this buyer; None is nobody."""
        if document is None:
            return self.nobody
        match document_kind(document):
            case DocumentKind.CPF:
                return BuyerRule.PAY
            case DocumentKind.CNPJ:
                return self.company
            case DocumentKind.FOREIGN:
                return self.foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """What a merchant lays down for its sales.

    Its wall clock, how old a sale may be and how far a till's clock ahead (`max_ahead`), and what
    of a sale under another person's name. `line_rounding` makes a line's amount of value and
    quantity; what is told may differ by so many centavos, of a line and of a sale. Whether
    surcharges earn, who may buy, how long an unconfirmed sale waits (`confirm_within`), and within
    what its numbers are unique.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Sao_Paulo"))
    max_age: timedelta = timedelta(days=3653)
    name_difference: NameDifference = NameDifference.REFUSE
    line_rounding: Rounding = Rounding.HALF_UP
    line_tolerance_centavos: int = 0
    sale_tolerance_centavos: int = 0
    surcharge_earns: bool = False
    buyers: Buyers = Buyers()
    confirm_within: timedelta = timedelta(hours=72)
    max_ahead: timedelta = timedelta(minutes=5)
    numbers: NumberScope = NumberScope.MERCHANT

    def __post_init__(self) -> None:
        if not timedelta(0) < self.max_age <= LONGEST_AGE:
            raise ValueError(f"a sale's highest age is up to {LONGEST_AGE.days} days")
        if not timedelta(0) <= self.max_ahead <= LONGEST_AHEAD:
            raise ValueError("a till's clock is ahead by a day at most")
        if not MIN_CONFIRM_WITHIN <= self.confirm_within <= MAX_CONFIRM_WITHIN:
            raise ValueError("a sale is confirmed within an hour to ninety days")
        for tolerance in (self.line_tolerance_centavos, self.sale_tolerance_centavos):
            if type(tolerance) is not int or not 0 <= tolerance <= MAX_TOLERANCE_CENTAVOS:
                raise ValueError(f"a tolerance is 0 to {MAX_TOLERANCE_CENTAVOS} whole centavos")
        if type(self.line_rounding) is not Rounding or type(self.surcharge_earns) is not bool:
            raise ValueError("a line's Rounding, and whether surcharges earn, are laid down")
        if type(self.buyers) is not Buyers or type(self.numbers) is not NumberScope:
            raise ValueError("Buyers and a NumberScope are laid down")
