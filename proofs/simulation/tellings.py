"""What a provider really credited, and how its statement tells of it: once and for all, per credit.

Every way of telling here has paid somebody twice once, or was silent about money.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.statements import LineKind, StatementLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Telling(StrEnum):
    """How the statement tells of one credit, whenever it does."""

    TRUE = "as it was asked for"
    NET_OF_FEE = "other amount"
    OTHER_CUSTOMER = "other customer"
    UPPER_CASE = "reference in upper case"
    NO_DASHES = "reference without dashes"
    BLANKS = "reference with blanks behind it"
    ZEROS = "reference padded with zeros"
    PREFIXED = "reference with a prefix"
    BRACED = "reference in braces"
    CUT = "reference cut"
    BEGINNING = "first part of the reference"
    END = "last part of the reference"
    NO_REFERENCE = "reference null or missing"
    MASKED = "customer masked"
    NO_AMOUNT = "amount unreadable"
    NO_INSTANT = "instant unreadable"


SPELT: Final[dict[Telling, Callable[[str], str | None]]] = {
    Telling.UPPER_CASE: str.upper,
    Telling.NO_DASHES: lambda text: text.replace("-", ""),
    Telling.BLANKS: lambda text: f"{text}   ",
    Telling.ZEROS: lambda text: f"0000{text.replace('-', '')}",
    Telling.PREFIXED: lambda text: f"PIX/{text}",
    Telling.BRACED: lambda text: f"{{{text}}}",
    Telling.CUT: lambda text: text[:25],
    Telling.BEGINNING: lambda text: text[:13],
    Telling.END: lambda text: text[-12:],
    Telling.NO_REFERENCE: lambda _: None,
}
"""What is left of a reference; only where references are told is any of these another telling."""

LOSSY: Final = frozenset({Telling.CUT, Telling.BEGINNING, Telling.END, Telling.NO_REFERENCE})
"""Tellings that leave no whole reference."""

UNREADABLE: Final = {
    Telling.MASKED: "document: masked",
    Telling.NO_AMOUNT: "cashback: not an amount",
    Telling.NO_INSTANT: "at: not an instant",
}
"""What is wrong with a line that nobody can place."""

SPELLINGS: Final = tuple(SPELT)
ODD: Final = (
    Telling.TRUE,
    Telling.NET_OF_FEE,
    Telling.OTHER_CUSTOMER,
    Telling.NO_REFERENCE,
    *UNREADABLE,
)
"""Where the reference is another, and where customer, amount or instant are."""

NOBODY: Final = "99999999999"
"""A customer whom nobody here knows."""

FEE_CENTAVOS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Money that moved; `at_s` is the virtual second.

    `reference` is the cashback's id as it was asked for, None for another system's credit.
    `again` marks what the provider did twice of one request, `denied` what it did and called
    refused; `back` is the credit that was taken back, when money moved the other way. `printed`
    is what a foreign credit's line has for a reference, `other` whom an altered one names.
    """

    reference: str | None
    document: str
    cashback_centavos: int
    at_s: float
    told: Telling = Telling.TRUE
    again: bool = False
    denied: bool = False
    back: Credit | None = None
    printed: str | None = None
    other: str = NOBODY

    @property
    def is_foreign(self) -> bool:
        """Whether no cashback of ours was ever asked for it."""
        return self.reference is None


def line_of(
    credit: Credit, *, number: int, at: datetime, prints_reference: bool, dates_only: bool
) -> StatementLine:
    """The line that tells of a credit; `at` is its instant by the provider's clock."""
    told = credit.told
    reference = credit.printed
    if credit.reference is not None and prints_reference:
        reference = SPELT.get(told, str)(credit.reference)
    centavos = credit.cashback_centavos - (FEE_CENTAVOS if told is Telling.NET_OF_FEE else 0)
    if dates_only:
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    kind = LineKind.CREDIT if credit.back is None else LineKind.REVERSAL
    return StatementLine(
        number=number,
        kind=LineKind.UNREADABLE if told in UNREADABLE else kind,
        document=None
        if told is Telling.MASKED
        else credit.other
        if told is Telling.OTHER_CUSTOMER
        else credit.document,
        cashback_centavos=None if told is Telling.NO_AMOUNT else centavos,
        credited_at=None if told is Telling.NO_INSTANT else at,
        reference=reference,
        problem=UNREADABLE.get(told),
    )
