"""Chains as they are kept: whose, which days are closed, which one is next, where it is cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import read_json
from cashback_core.closing.close_reading import read_close

if TYPE_CHECKING:
    from datetime import date, datetime

    from cashback_core.closing.close import Close, SignedClose
    from cashback_core.closing.day import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOwner:
    """Whose chain it is: a merchant, or the provider's account, which has neither id nor slug."""

    merchant_id: int | None
    slug: str | None

    @property
    def name(self) -> str:
        """What a person reads, and notes go by."""
        return self.slug or "(account)"


ACCOUNT: Final = ChainOwner(merchant_id=None, slug=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDay:
    """A close that is kept, by what it is found.

    `hash` is `close_hash`, `late` how many of its lines happened before its day began.
    """

    owner: ChainOwner
    number: int
    day: date
    begins_at: datetime
    ends_at: datetime
    below: int
    closed_at: datetime
    key: str
    hash: str
    previous: str | None
    lines: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClose(KeptDay):
    """The same with the document's exact bytes, of which there may be some millions."""

    document: bytes

    @property
    def close(self) -> Close:
        """What the document says; raises NotCanonical for one that no version of ours wrote."""
        return self.signed.close

    @property
    def signed(self) -> SignedClose:
        """The same with its signature."""
        return read_close(read_json(self.document.decode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """The day of a chain that is to be closed next; `last` is the close before it, if any."""

    owner: ChainOwner
    last: KeptDay | None
    day: date
    zone: str
    begins_at: datetime
    ends_at: datetime

    @property
    def number(self) -> int:
        """Its close's number."""
        return 1 if self.last is None else self.last.number + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Below which position every transaction has ended, and when that was looked at."""

    below: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What entered a class of the provider's ledger on a day, and what left it."""

    name: str
    entered: Amount
    departed: Amount
