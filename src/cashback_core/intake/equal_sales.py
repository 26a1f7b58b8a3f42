"""Sales of equal content: which were taken for another sale, and which were refused.

With them stands what was refused for a name of a sale that its sender may not read: one of the two
systems tells the other's numbers.

Either may be wrong: a sale that was paid twice under two numbers, or one that is another and was
not paid at all. Only a person who knows the shop can tell.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.access_keys import holds_buyer
from cashback_core.values.documents import BuyerDocument
from cashback_core.values.pages import Position

MAX_LISTED: Final = 20
"""So many refusals are listed for each recorded sale, the first ones: a sender that insists for
ever fills no table. All of them are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One of two requests of equal content: when it came, and what it told.

    `id` is its record's; None for a refused one, of which no name that tells who bought is kept.
    """

    id: UUID | None
    at: datetime
    idempotency_key: str | None
    sale_id: str | None
    sold_at: datetime
    submitted_by: str | None


def noted_name(name: str | None, document: BuyerDocument | None) -> str | None:
    """The name of a refused request as it is noted: none that tells who bought.

    Intake would refuse it in a new sale; and where the recorded one is an erased customer's, no
    erasure would look for it any more.
    """
    return None if name is None or holds_buyer(name, document) else name


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualSales:
    """Two requests of equal content, or whose names collided.

    The document, None once the customer was erased, and the total are the recorded first's.
    """

    outcome: EqualOutcome
    merchant: str
    document: BuyerDocument | None
    total_centavos: int
    first: Try
    second: Try
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualPage:
    """Pairs, the latest first, and the position to go on from, None at the end."""

    items: tuple[EqualSales, ...]
    next: Position | None
