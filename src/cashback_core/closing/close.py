"""A close: the signed document of one closed day, of a merchant or of the provider's account.

    {"close": {...}, "signature": "..."}

What is hashed and signed is the canonical JSON of the object `close`: `close_bytes`. The next close
of the chain names that hash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cashback_core.closing.canonical import (
    HASH,
    MAX_INTEGER,
    canonical_bytes,
    canonical_text,
    instant_text,
    sha256_of,
)
from cashback_core.closing.day import NOTHING, Amount, Day, DoesNotAddUp, Movements
from cashback_core.closing.lines import SLUG
from cashback_core.values.instants import refuse_naive

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

CLOSE_FORMAT: Final = "cashback-close/1"
KEY_ID: Final = re.compile(r"[0-9a-f]{32}\Z", re.ASCII)
CLASS: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z", re.ASCII)
SIGNATURE_BYTES: Final = 64
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained:
    """A close's place: whose chain, its number there, and the hash of the one before.

    `owner` is a merchant's slug, None for the provider's account. `previous` is `close_hash` of
    number - 1, and None for number 1.
    """

    owner: str | None
    number: int
    previous: str | None

    def __post_init__(self) -> None:
        if self.owner is not None and SLUG.match(self.owner) is None:
            raise ValueError("an owner is a merchant's slug, or none: the account")
        if not 1 <= self.number <= MAX_INTEGER:
            raise ValueError("closes are numbered from 1")
        if (self.number == 1) != (self.previous is None):
            raise ValueError("all but the first close name the hash of the one before")
        if self.previous is not None and HASH.match(self.previous) is None:
            raise ValueError("the one before is named by its SHA-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which day it is, where it lies, and when it was closed.

    The day holds what happened before `ends_at` with a position below `below`, less what the day
    before holds. A change of zones that far can make a day end before it begins: it holds nothing.
    """

    day: date
    zone: str
    begins_at: datetime
    ends_at: datetime
    closed_at: datetime
    below: int

    def __post_init__(self) -> None:
        refuse_naive(self.begins_at, "when a day begins")
        refuse_naive(self.ends_at, "when a day ends")
        refuse_naive(self.closed_at, "when a day was closed")
        if _ZONE.match(self.zone) is None:
            raise ValueError("a zone is named as in the IANA's database")
        if not 0 <= self.below <= MAX_INTEGER:
            raise ValueError("positions are 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDay:
    """Lines of the provider's ledger of one class: at the day's begin, what moved, at its end.

    Centavos of a reversal are negative.
    """

    name: str
    opening: Amount = NOTHING
    entered: Amount = NOTHING
    departed: Amount = NOTHING

    def __post_init__(self) -> None:
        if CLASS.match(self.name) is None:
            raise ValueError("a class is named in small letters")

    @property
    def closing(self) -> Amount:
        """At the day's end."""
        return self.opening + self.entered - self.departed


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantClose:
    """A merchant's close, as the account's close of that day names it."""

    merchant: str
    number: int
    sha256: str

    def __post_init__(self) -> None:
        if SLUG.match(self.merchant) is None or HASH.match(self.sha256) is None:
            raise ValueError("a merchant's close is named by its slug and the close's hash")
        if not 1 <= self.number <= MAX_INTEGER:
            raise ValueError("closes are numbered from 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A closed day. `key` is the id of the key that signs it (`keys.key_id`).

    `of_merchant` is a merchant's day; of the account it is None, and `merchants` are the closes
    of that same day, sorted by merchant. `provider` is sorted by class, without classes of nothing.
    """

    chained: Chained
    span: Span
    key: str
    provider: tuple[ProviderDay, ...] = ()
    of_merchant: Day | None = None
    merchants: tuple[MerchantClose, ...] = ()

    def __post_init__(self) -> None:
        if KEY_ID.match(self.key) is None:
            raise ValueError("a key is named by 32 hexadecimal digits")
        if (self.chained.owner is None) != (self.of_merchant is None):
            raise ValueError("a merchant's close has a merchant's day, the account's has none")
        if self.of_merchant is not None and self.merchants:
            raise ValueError("only the account's close names the merchants'")
        names = [row.name for row in self.provider]
        slugs = [row.merchant for row in self.merchants]
        for what, keys in (("provider", names), ("merchants", slugs)):
            if any(above <= below for below, above in pairwise(keys)):
                raise DoesNotAddUp("unsorted", what)

    @property
    def owner(self) -> str | None:
        """Whose it is: a merchant's slug, None for the account."""
        return self.chained.owner

    @property
    def number(self) -> int:
        """Its place in the chain, from 1."""
        return self.chained.number


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedClose:
    """A close and the Ed25519 signature of its `close_bytes`, 64 bytes."""

    close: Close
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.signature) != SIGNATURE_BYTES:
            raise ValueError("a signature has 64 bytes")


def close_bytes(close: Close) -> bytes:
    """What is hashed and signed of a close."""
    return canonical_bytes(_body(close))


def close_hash(close: Close) -> str:
    """By what the next close of the chain, and the account's, name it."""
    return sha256_of(close_bytes(close))


def sign_close(close: Close, sign: Callable[[bytes], bytes]) -> SignedClose:
    """The close, signed; `sign` makes the Ed25519 signature of bytes by the key that it names."""
    return SignedClose(close=close, signature=sign(close_bytes(close)))


def document_bytes(signed: SignedClose) -> bytes:
    """The document as it is kept and sent, one line without a line feed."""
    body = canonical_text(_body(signed.close))
    return f'{{"close":{body},"signature":"{signed.signature.hex()}"}}'.encode()


def _body(close: Close) -> dict[str, Any]:
    chained, span = close.chained, close.span
    value: dict[str, Any] = {
        "format": CLOSE_FORMAT,
        "owner": chained.owner,
        "number": chained.number,
        "previous": chained.previous,
        "day": span.day.isoformat(),
        "zone": span.zone,
        "begins_at": instant_text(span.begins_at),
        "ends_at": instant_text(span.ends_at),
        "closed_at": instant_text(span.closed_at),
        "below": span.below,
        "key": close.key,
        "provider": [_provider(row) for row in close.provider],
    }
    day = close.of_merchant
    if day is None:
        value["merchants"] = [
            {"merchant": row.merchant, "number": row.number, "sha256": row.sha256}
            for row in close.merchants
        ]
        return value
    value["liability"] = {
        "opening": _amount(day.liability.opening),
        **_moved(day.liability.moved),
        "closing": _amount(day.liability.closing),
    }
    value["statuses"] = [
        {
            "status": row.status.value,
            "opening": _amount(row.opening),
            "in": _amount(row.came),
            "out": _amount(row.went),
            "closing": _amount(row.closing),
        }
        for row in day.statuses
    ]
    value["types"] = (
        None
        if day.types is None
        else [{"type": row.type, **_moved(row.moved)} for row in day.types]
    )
    value["stores"] = (
        None
        if day.stores is None
        else [{"store": row.store, **_moved(row.moved)} for row in day.stores]
    )
    value["late"] = day.late
    value["lines"] = {"count": day.lines.count, "sha256": day.lines.sha256}
    return value


def _amount(amount: Amount) -> dict[str, int]:
    return {"count": amount.count, "centavos": amount.centavos}


def _moved(moved: Movements) -> dict[str, dict[str, int]]:
    return {
        "accrued": _amount(moved.accrued),
        "paid": _amount(moved.paid),
        "cancelled": _amount(moved.cancelled),
        "adjusted": _amount(moved.adjusted),
    }


def _provider(row: ProviderDay) -> dict[str, Any]:
    return {
        "class": row.name,
        "opening": _amount(row.opening),
        "entered": _amount(row.entered),
        "departed": _amount(row.departed),
        "closing": _amount(row.closing),
    }
