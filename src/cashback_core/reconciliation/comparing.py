"""A line of an ERP's day file beside its record: whether they are equal, and why not.

Who, when, where and how much is compared as far as the file tells it. Another cashback is explained
by reckoning the sale anew under what else could have been meant (`reckoning`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.three_sides import SECOND, Compared, ErpClass, WhyDiffers
from cashback_core.values.names import same_person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cashback_core.reconciliation.three_sides import DayRecord, ErpLine

    Reckon = Callable[[DayRecord, int], tuple[WhyDiffers, ...]]
    """What leads from a record to another cashback; nothing where nothing known does."""

_PUNCTUATION: Final = str.maketrans("", "", ".-/ ")
_HIDDEN: Final = re.compile(r"[*Xx•#]")
_ITS_OWN: Final = frozenset(
    {
        WhyDiffers.TOTAL,
        WhyDiffers.TOLERANCE,
        WhyDiffers.DISCOUNT,
        WhyDiffers.INSTANT,
        WhyDiffers.DOCUMENT,
    }
)
"""What may lead to another cashback by itself: nothing unknown is left beside it."""


def nothing_known(_record: DayRecord, _told_centavos: int) -> tuple[WhyDiffers, ...]:
    """For whoever has no sale to reckon anew."""
    return ()


def compare(line: ErpLine, record: DayRecord, reckon: Reckon = nothing_known) -> Compared:
    """A line and the record that is its own: equal, or why they differ."""
    whys = [*_who_and_where(line, record), *_how_much(line, record)]
    told = line.cashback_centavos
    if told is not None and told != record.cashback_centavos:
        whys.extend(reckon(record, told) or (() if _ITS_OWN & {*whys} else (WhyDiffers.UNKNOWN,)))
    ordered = tuple(why for why in WhyDiffers if why in whys)
    cls = ErpClass.DIFFERS if ordered else ErpClass.EQUAL
    return Compared(cls=cls, line=line, record=record, whys=ordered)


def _who_and_where(line: ErpLine, record: DayRecord) -> Iterator[WhyDiffers]:
    if not record.is_erased:
        if line.document is not None and not is_document_of(line.document, record.document):
            yield WhyDiffers.DOCUMENT
        name = line.customer_name
        if name is not None and not same_person(record.customer_name or name, name):
            yield WhyDiffers.NAME
    if line.sold_at is not None and abs(line.sold_at - record.sold_at) >= SECOND:
        yield WhyDiffers.INSTANT
    if line.store is not None and record.store is not None and line.store != record.store:
        yield WhyDiffers.STORE


def _how_much(line: ErpLine, record: DayRecord) -> Iterator[WhyDiffers]:
    total, discount = line.total_centavos, line.discount_centavos
    other_discount = discount is not None and discount != record.discount_centavos
    if total is not None and total != record.total_centavos:
        if total == record.total_centavos - record.difference_centavos:
            yield WhyDiffers.TOLERANCE
        elif total - record.total_centavos in _discounts_apart(discount, record):
            yield WhyDiffers.DISCOUNT
        else:
            yield WhyDiffers.TOTAL
    if other_discount:
        yield WhyDiffers.DISCOUNT


def _discounts_apart(discount: int | None, record: DayRecord) -> set[int]:
    """By how much a total differs that was told before the discount, or after another one."""
    apart = {record.discount_centavos} if record.discount_centavos else set[int]()
    if discount is not None and discount != record.discount_centavos:
        apart |= {record.discount_centavos - discount}
    return apart


def is_masked(document: str) -> bool:
    """Whether a file's document hides a part of itself: a foreign one may have an X of its own."""
    plain = document.translate(_PUNCTUATION)
    return "*" in plain or "•" in plain or "#" in plain or _is_crossed(plain)


def _is_crossed(plain: str) -> bool:
    return len(plain) in {11, 14} and re.search("[Xx]{3}", plain) is not None


def is_document_of(told: str, document: str | None) -> bool:
    """Whether what a file tells is this document, or may mask it; nobody's (None) is no other's."""
    if document is None:
        return False
    if told == document:
        return True
    if not is_masked(told):
        return told.translate(_PUNCTUATION).upper() == document.translate(_PUNCTUATION).upper()
    kind, shown = shown_places(told)
    return seen_of(document, kind) == shown


def plain_document(document: str) -> str:
    """The same for a document however it is spelt."""
    return "".join(filter(str.isalnum, document)).upper()


def shown_places(masked: str) -> tuple[tuple[int, tuple[int, ...]], str]:
    """What kind of mask it is: how long, and which places it shows; and what stands there."""
    plain = masked.translate(_PUNCTUATION)
    places = tuple(n for n, shown in enumerate(plain) if not _HIDDEN.match(shown))
    return (len(plain), places), "".join(plain[n] for n in places)


def seen_of(document: str, kind: tuple[int, tuple[int, ...]]) -> str | None:
    """What a mask of that kind would show of a document; None if it masks none of its length."""
    (length, places), whole = kind, document.translate(_PUNCTUATION)
    return "".join([whole[n] for n in places]) if len(whole) == length else None
