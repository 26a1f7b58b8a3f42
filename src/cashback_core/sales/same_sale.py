"""Which sale a request means: one that is recorded, or a new one. Decided here and nowhere else.

A sale goes by its names: the keys and the sale ids that it was told under, and its content. A store
sees to it that each name has one owner, by a unique key, and asks here what follows.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeGuard
from uuid import UUID

from cashback_core.sales.content import (
    MAX_DIFFERENCES,
    Difference,
    Particulars,
    content_names,
    difference,
    differences,
    may_be_one,
    same_content,
    tell_the_same,
)
from cashback_core.sales.erased import ERASED
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import Sale
from cashback_core.values.access_keys import holds_buyer, is_access_key, store_holds_buyer
from cashback_core.values.masks import STARS

_KEY: Final = re.compile(r"[!-+\--~]{1,255}\Z", re.ASCII)
"""Visible ASCII less the comma."""


def is_idempotency_key(text: object) -> TypeGuard[str]:
    """Whether this may be an idempotency key, as it stands and without quotes around it."""
    return isinstance(text, str) and _KEY.match(text) is not None


class NameKind(StrEnum):
    """What names a sale, in the order in which names are compared."""

    IDEMPOTENCY_KEY = "idempotency_key"
    SALE_ID = "sale_id"
    CONTENT = "content"


Name = tuple[NameKind, str]


class EqualContent(StrEnum):
    """Which sales of a merchant may have the content of another one, and be paid beside it."""

    SALE_ID = "sale_id"
    """Those with a sale id of their own."""
    KEY = "key"
    """Those with a sale id or a key of their own: the key is the number of the sale."""
    NEVER = "never"
    """None."""


class EqualOutcome(StrEnum):
    """What became of a request whose content was a recorded sale's."""

    ACCEPTED = "accepted"
    """A name, or two, said that it is another sale."""
    REFUSED = "refused"
    """Nothing said so."""
    COLLIDED = "collided"
    """A name of it is another group's, whose records its sender may not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A recorded sale with a content name that an earlier one owns: what is compared of it."""

    id: UUID
    told: Particulars
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The recorded sale that a name belongs to; `same_content_as` is the first with its content.

    `sale` is None where nobody who asks compares with it; `told` is known all the same. `alikes`
    are the sales that told a content name which this one owns, in the order in which they were
    accepted; `alike_to` are the owners of those that it told and does not own itself.
    """

    id: UUID
    sale: Sale | None
    group: str | None = None
    """The group that it came under; None is nobody's."""
    same_content_as: UUID | None = None
    told: Particulars | None = None
    """None: what `sale` tells."""
    alike_to: tuple[UUID, ...] = ()
    alikes: tuple[Alike, ...] = ()

    def with_alike(self, alike: Alike) -> Owner:
        """The same owner with one more sale linked to it."""
        return replace(self, alikes=(*self.alikes, alike))

    @property
    def base(self) -> tuple[Alike, ...]:
        """Every recorded sale of a content name of its own that need be compared, itself first."""
        told = Particulars.of(_sale(self)) if self.told is None else self.told
        return (Alike(id=self.id, group=self.group, told=told), *self.alikes)


@dataclass(frozen=True, slots=True)
class NewSale:
    """Another sale than any before; `same_content_as` is the first that has its content, if any.

    That one came under `equal_group`. Every name that it told and that is nobody's becomes its own.
    `alike_to` own the content names that it told and that are theirs, one or two: it is linked to
    each of them, for whoever comes later and tells but one of these names.
    """

    same_content_as: UUID | None = None
    equal_group: str | None = None
    alike_to: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeat:
    """That recorded sale once more; it goes by this name, too, from now on."""

    id: UUID
    further_name: Name | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A name of that recorded sale, told with something else: that is no sale."""

    id: UUID
    kind: NameKind
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class EqualRefused:
    """As far as anybody can tell that recorded sale once more: no name says that it is another."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Collision:
    """A name of a recorded sale that whoever asks may not read: nothing of it is compared or told.

    Whether it is the same sale, or how it differs, would tell what is in it, guess by guess.
    """

    id: UUID
    kind: NameKind


Meaning = NewSale | Repeat | Contradiction | EqualRefused | Collision


def may_read(reads_only: str | None, group: str | None) -> bool:
    """Whether a record that came under `group` may be read; `reads_only` None reads every group's.

    A record of no group is nobody's but theirs.
    """
    return reads_only is None or reads_only == group


def names_of(
    sale: Sale,
    idempotency_key: str | None,
    *,
    numbers: NumberScope = NumberScope.MERCHANT,
) -> tuple[Name, ...]:
    """Every name that a request tells, in the order in which names are compared."""
    names: list[Name] = []
    if idempotency_key is not None:
        names.append((NameKind.IDEMPOTENCY_KEY, idempotency_key))
    numbered = number_name(sale.sale_id, sale.place.store, numbers=numbers)
    if numbered is not None:
        names.append((NameKind.SALE_ID, numbered))
    names.extend((NameKind.CONTENT, name) for name in content_names(sale))
    return tuple(names)


def number_name(sale_id: str | None, store: str | None, *, numbers: NumberScope) -> str | None:
    """What an ERP's own number of a sale is called; None where there is none.

    Where each store counts by itself a number goes with its store: no number has a blank in it. An
    access key does not: it is one fiscal document's in the whole country, however a store is spelt.
    """
    if sale_id is None or numbers is NumberScope.MERCHANT or is_access_key(sale_id):
        return sale_id
    return None if store is None else f"{store} {sale_id}"


def which_sale(
    sale: Sale,
    names: tuple[Name, ...],
    owners: Mapping[Name, Owner],
    *,
    equal_content: EqualContent = EqualContent.SALE_ID,
    reads_only: str | None = None,
) -> Meaning:
    """Which sale a request means that tells these names; `owners` are those of the names, if any.

    A known key decides first, then a known sale id. What has neither is a new sale, unless its
    content is known and the merchant's `equal_content` does not let it be another one's: content
    is known when an owner of it, or one of an owner's alikes, may be one with it. Whoever told one
    of its content names is among these, so that absence is never concluded from fewer.
    With `reads_only` the sale that decides is one of that group, or there is a Collision.
    """
    told = {kind: (kind, name) for kind, name in names if kind is not NameKind.CONTENT}
    key, sale_id = told.get(NameKind.IDEMPOTENCY_KEY), told.get(NameKind.SALE_ID)
    by_key = owners.get(key) if key else None
    by_sale_id = owners.get(sale_id) if sale_id else None
    content = [owners[n] for n in names if n[0] is NameKind.CONTENT and n in owners]
    decides = by_key or by_sale_id
    if decides is None:
        may_be_equal = _may_be_equal(equal_content, key, sale_id)
        return _by_content(sale, content, may_be_equal=may_be_equal, reads_only=reads_only)
    # Before anything is compared: neither an answer nor its time depends on what is recorded.
    if not may_read(reads_only, decides.group):
        return Collision(decides.id, next(name[0] for name in names if name in owners))
    same = _is_same(decides, sale, content)
    if by_key is not None:
        return _under_its_key(by_key, sale, sale_id, by_sale_id, same=same)
    return _under_its_sale_id(decides, sale, key, same=same)


def _by_content(
    sale: Sale, content: Collection[Owner], *, may_be_equal: bool, reads_only: str | None
) -> NewSale | EqualRefused | Collision:
    """What a request means that no key and no sale id decides; `content` owns its content names."""
    told = Particulars.of(sale)
    recorded = {one.id: one for owner in content for one in owner.base}.values()
    equal = [one for one in recorded if may_be_one(one.told, told)]
    if equal and not may_be_equal:
        # The sender's own before another group's: of that one nothing may be told.
        own = next((one for one in equal if may_read(reads_only, one.group)), None)
        return Collision(equal[0].id, NameKind.CONTENT) if own is None else EqualRefused(own.id)
    # One that tells the very same adds nothing to be compared with, where its sender is told of it.
    adds = not any(
        tell_the_same(one.told, told) and may_read(reads_only, one.group) for one in equal
    )
    alike_to = tuple(dict.fromkeys(owner.id for owner in content)) if adds else ()
    if not equal:
        return NewSale(alike_to=alike_to)
    return NewSale(same_content_as=equal[0].id, equal_group=equal[0].group, alike_to=alike_to)


def compared(names: tuple[Name, ...]) -> tuple[Name, ...]:
    """The names of a request whose owner, if it may be read, has to be known whole.

    Of an owner of its content what is compared beside its name is enough.
    """
    return tuple(name for name in names if name[0] is not NameKind.CONTENT)


def may_be_refused_as_equal(names: tuple[Name, ...], *, equal_content: EqualContent) -> bool:
    """Whether a request that no known key and no known sale id decides rests on its content."""
    told = {kind: (kind, name) for kind, name in names}
    key, sale_id = told.get(NameKind.IDEMPOTENCY_KEY), told.get(NameKind.SALE_ID)
    return not _may_be_equal(equal_content, key, sale_id)


def _under_its_key(
    known: Owner, sale: Sale, sale_id: Name | None, by_sale_id: Owner | None, *, same: bool
) -> Repeat | Contradiction:
    anothers = by_sale_id is not None and by_sale_id.id != known.id
    if same and not anothers:
        return Repeat(known.id, _further(sale_id, sale) if by_sale_id is None else None)
    found = () if same else _differences(known, sale)
    if sale_id is not None and (anothers or by_sale_id is None):
        was, came = _sale(known).sale_id, sale.sale_id
        if was != came or not found:  # of one number two stores differ, which is told
            found = (*found[: MAX_DIFFERENCES - 1], difference("/sale_id", was, came))
    return Contradiction(known.id, NameKind.IDEMPOTENCY_KEY, found)


def _under_its_sale_id(
    known: Owner, sale: Sale, key: Name | None, *, same: bool
) -> Repeat | Contradiction:
    if same:
        return Repeat(known.id, _further(key, sale))
    return Contradiction(known.id, NameKind.SALE_ID, _differences(known, sale))


def _further(name: Name | None, sale: Sale) -> Name | None:
    """A name that a repeat tells, to be kept; none that intake refuses, as it tells who bought."""
    if name is None:
        return None
    store, _, number = name[1].rpartition(" ")  # each for itself, as intake asks of them
    holds = holds_buyer(number, sale.document) or store_holds_buyer(store, sale.document)
    return None if holds else name


def _is_same(known: Owner, sale: Sale, content: Iterable[Owner]) -> bool:
    """Whether a sale is the one recorded under a name of it; `content` owns its content names.

    An erased customer's says no more who bought: the sealed content names do.
    """
    recorded = _sale(known)
    return same_content(recorded=recorded, received=sale) and (
        recorded.customer != ERASED or any(_is_one_content(known, other) for other in content)
    )


def _is_one_content(one: Owner, other: Owner) -> bool:
    """Whether two recorded sales are one, or have the base content of one another or of a third.

    `other` owns a content name: what is linked to it has that content, too.
    """
    ours = {one.id, one.same_content_as, *one.alike_to} - {None}
    theirs = {other.id, other.same_content_as, *other.alike_to, *(a.id for a in other.alikes)}
    return not ours.isdisjoint(theirs)


def _differences(known: Owner, sale: Sale) -> tuple[Difference, ...]:
    """In what they differ; where that is nothing that is left, they are of different customers."""
    found = differences(recorded=_sale(known), received=sale)
    return found or (Difference(pointer="/customer/document", recorded=STARS, received=STARS),)


def _sale(known: Owner) -> Sale:
    assert known.sale is not None, "compared with what its reader may read alone"
    return known.sale


def _may_be_equal(setting: EqualContent, key: Name | None, sale_id: Name | None) -> bool:
    match setting:
        case EqualContent.SALE_ID:
            return sale_id is not None
        case EqualContent.KEY:
            return sale_id is not None or key is not None
        case EqualContent.NEVER:
            return False
