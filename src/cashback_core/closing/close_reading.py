"""A close as it came, read back: every field there is and no other, and every sum told held.

How it is spelled does not matter: what was hashed and signed is made anew of what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import NotCanonical, read_day, read_instant, told
from cashback_core.closing.close import (
    CLOSE_FORMAT,
    SIGNATURE_BYTES,
    Chained,
    Close,
    MerchantClose,
    ProviderDay,
    SignedClose,
    Span,
)
from cashback_core.closing.day import (
    Amount,
    Day,
    DoesNotAddUp,
    Liability,
    LinesMark,
    Movements,
    StatusDay,
    StoreDay,
    TypeDay,
)
from cashback_core.closing.reading import (
    array,
    hexadecimal,
    integer,
    members,
    sha256,
    status,
    text,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CLOSE_BYTES: Final = 16 * 1024 * 1024
"""The largest close that is read: one of some 25,000 stores that all moved."""

_DOCUMENT: Final = frozenset({"close", "signature"})
_EVERY: Final = frozenset(
    {
        "format", "owner", "number", "previous", "day", "zone", "begins_at", "ends_at",
        "closed_at", "below", "key", "provider",
    }
)  # fmt: skip
_MERCHANTS: Final = frozenset({"liability", "statuses", "types", "stores", "late", "lines"})
_MOVED: Final = frozenset({"accrued", "paid", "cancelled", "adjusted"})
_AMOUNT: Final = frozenset({"count", "centavos"})


def read_close(value: object) -> SignedClose:
    """The close of a decoded document.

    Raises NotCanonical for whatever is no close, DoesNotAddUp for one whose figures contradict
    one another. Whether it is signed so, and by whom, is not looked at.
    """
    document = members(value, _DOCUMENT)
    signature = hexadecimal(document["signature"], length=SIGNATURE_BYTES)
    try:
        return SignedClose(close=_close(document["close"]), signature=signature)
    except (NotCanonical, DoesNotAddUp):
        raise
    except ValueError as error:
        raise NotCanonical(str(error)) from error


def _close(value: object) -> Close:
    found = members(value, _EVERY, _MERCHANTS | {"merchants"})
    if found["format"] != CLOSE_FORMAT:
        raise NotCanonical(f"the format is {CLOSE_FORMAT}, not {told(found['format'])}")
    owner = text_or_none(found["owner"])
    members(value, _EVERY | ({"merchants"} if owner is None else _MERCHANTS))
    previous = found["previous"]
    return Close(
        chained=Chained(
            owner=owner,
            number=integer(found["number"]),
            previous=None if previous is None else sha256(previous),
        ),
        span=Span(
            day=read_day(found["day"]),
            zone=text(found["zone"]),
            begins_at=read_instant(found["begins_at"]),
            ends_at=read_instant(found["ends_at"]),
            closed_at=read_instant(found["closed_at"]),
            below=integer(found["below"]),
        ),
        key=text(found["key"]),
        provider=tuple(_provider(row) for row in array(found["provider"])),
        of_merchant=None if owner is None else _day(found),
        merchants=tuple(_merchant(row) for row in array(found.get("merchants", []))),
    )


def _day(found: Mapping[str, object]) -> Day:
    liability = members(found["liability"], _MOVED | {"opening", "closing"})
    lines = members(found["lines"], frozenset({"count", "sha256"}))
    return Day(
        liability=Liability(
            opening=_amount(liability["opening"]),
            moved=_moved(liability),
            closing=_amount(liability["closing"]),
        ),
        statuses=tuple(_status(row) for row in array(found["statuses"])),
        types=(
            None if found["types"] is None else tuple(_type(row) for row in array(found["types"]))
        ),
        stores=(
            None
            if found["stores"] is None
            else tuple(_store(row) for row in array(found["stores"]))
        ),
        late=integer(found["late"]),
        lines=LinesMark(count=integer(lines["count"]), sha256=sha256(lines["sha256"])),
    )


def _status(value: object) -> StatusDay:
    found = members(value, frozenset({"status", "opening", "in", "out", "closing"}))
    row = StatusDay(
        status=status(found["status"]),
        opening=_amount(found["opening"]),
        came=_amount(found["in"]),
        went=_amount(found["out"]),
    )
    if row.closing != _amount(found["closing"]):
        raise DoesNotAddUp("status", row.status.value)
    return row


def _type(value: object) -> TypeDay:
    found = members(value, _MOVED | {"type"})
    return TypeDay(type=text(found["type"]), moved=_moved(found))


def _store(value: object) -> StoreDay:
    found = members(value, _MOVED | {"store"})
    return StoreDay(store=text_or_none(found["store"]), moved=_moved(found))


def _provider(value: object) -> ProviderDay:
    found = members(value, frozenset({"class", "opening", "entered", "departed", "closing"}))
    row = ProviderDay(
        name=text(found["class"]),
        opening=_amount(found["opening"]),
        entered=_amount(found["entered"]),
        departed=_amount(found["departed"]),
    )
    if row.closing != _amount(found["closing"]):
        raise DoesNotAddUp("provider", row.name)
    return row


def _merchant(value: object) -> MerchantClose:
    found = members(value, frozenset({"merchant", "number", "sha256"}))
    return MerchantClose(
        merchant=text(found["merchant"]),
        number=integer(found["number"]),
        sha256=sha256(found["sha256"]),
    )


def _moved(found: Mapping[str, object]) -> Movements:
    return Movements(
        accrued=_amount(found["accrued"]),
        paid=_amount(found["paid"]),
        cancelled=_amount(found["cancelled"]),
        adjusted=_amount(found["adjusted"]),
    )


def _amount(value: object) -> Amount:
    found = members(value, _AMOUNT)
    return Amount(count=integer(found["count"]), centavos=integer(found["centavos"]))
