"""Which sale a request means: one that is recorded, or a new one. Decided here and nowhere else.

A sale goes by its names: the keys and the sale ids that it was told under, and its content. A store
sees to it that each name has one owner, by a unique key, and asks here what follows.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cashback_core.sales.content import (
    MAX_DIFFERENCES,
    Difference,
    content_names,
    difference,
    differences,
    same_content,
)
from cashback_core.sales.erased import ERASED
from cashback_core.sales.sale import Sale
from cashback_core.values.documents import STARS, holds_document


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


@dataclass(frozen=True, slots=True)
class Owner:
    """The recorded sale that a name belongs to; `same_content_as` is the first with its content.

    `sale` is None where nobody who asks compares with it.
    """

    id: UUID
    sale: Sale | None
    group: str | None = None
    """The group that it came under; None is nobody's."""
    same_content_as: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewSale:
    """Another sale than any before; `same_content_as` is the first that has its content, if any.

    That one came under `equal_group`. Every name that it told and that is nobody's becomes its own.
    """

    same_content_as: UUID | None = None
    equal_group: str | None = None


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


def names_of(sale: Sale, idempotency_key: str | None) -> tuple[Name, ...]:
    """Every name that a request tells, in the order in which names are compared."""
    names: list[Name] = []
    if idempotency_key is not None:
        names.append((NameKind.IDEMPOTENCY_KEY, idempotency_key))
    if sale.sale_id is not None:
        names.append((NameKind.SALE_ID, sale.sale_id))
    names.extend((NameKind.CONTENT, name) for name in content_names(sale))
    return tuple(names)


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
    content is known and the merchant's `equal_content` does not let it be another one's. With
    `reads_only` the sale that decides is one of that group, or there is a Collision.
    """
    told = {kind: (kind, name) for kind, name in names if kind is not NameKind.CONTENT}
    key, sale_id = told.get(NameKind.IDEMPOTENCY_KEY), told.get(NameKind.SALE_ID)
    by_key = owners.get(key) if key else None
    by_sale_id = owners.get(sale_id) if sale_id else None
    decides = by_key or by_sale_id or next((owners[name] for name in names if name in owners), None)
    if decides is None:
        return NewSale()
    by_name = by_key is not None or by_sale_id is not None
    if not by_name and _may_be_equal(equal_content, key, sale_id):
        return NewSale(same_content_as=decides.id, equal_group=decides.group)
    # Before anything is compared: neither an answer nor its time depends on what is recorded.
    if not may_read(reads_only, decides.group):
        return Collision(decides.id, next(name[0] for name in names if name in owners))
    if not by_name:
        return EqualRefused(decides.id)
    content = [owners[n] for n in names if n[0] is NameKind.CONTENT and n in owners]
    same = _is_same(decides, sale, content)
    if by_key is not None:
        return _under_its_key(by_key, sale, sale_id, by_sale_id, same=same)
    return _under_its_sale_id(decides, sale, key, same=same)


def compared(names: tuple[Name, ...], *, equal_content: EqualContent) -> tuple[Name, ...]:
    """The names of a request whose owner, if it may be read, may have to be known whole.

    Of an owner of its content the id and group do, where the content alone refuses nothing.
    """
    told = {kind: (kind, name) for kind, name in names}
    key, sale_id = told.get(NameKind.IDEMPOTENCY_KEY), told.get(NameKind.SALE_ID)
    if not _may_be_equal(equal_content, key, sale_id):
        return names
    return tuple(name for name in names if name[0] is not NameKind.CONTENT)


def _under_its_key(
    known: Owner, sale: Sale, sale_id: Name | None, by_sale_id: Owner | None, *, same: bool
) -> Repeat | Contradiction:
    anothers = by_sale_id is not None and by_sale_id.id != known.id
    if same and not anothers:
        return Repeat(known.id, _further(sale_id, sale) if by_sale_id is None else None)
    found = () if same else _differences(known, sale)
    if sale_id is not None and (anothers or by_sale_id is None):
        another = difference("/sale_id", _sale(known).sale_id, sale.sale_id)
        found = (*found[: MAX_DIFFERENCES - 1], another)
    return Contradiction(known.id, NameKind.IDEMPOTENCY_KEY, found)


def _under_its_sale_id(
    known: Owner, sale: Sale, key: Name | None, *, same: bool
) -> Repeat | Contradiction:
    if same:
        return Repeat(known.id, _further(key, sale))
    return Contradiction(known.id, NameKind.SALE_ID, _differences(known, sale))


def _further(name: Name | None, sale: Sale) -> Name | None:
    """A name that a repeat tells, to be kept; none that intake refuses, as it tells who bought."""
    return None if name is None or holds_document(name[1], sale.customer.document) else name


def _is_same(known: Owner, sale: Sale, content: Iterable[Owner]) -> bool:
    """Whether a sale is the one recorded under a name of it; `content` owns its content names.

    An erased customer's says no more who bought: the sealed content names do.
    """
    recorded = _sale(known)
    return same_content(recorded=recorded, received=sale) and (
        recorded.customer != ERASED or any(_is_one_content(known, other) for other in content)
    )


def _is_one_content(one: Owner, other: Owner) -> bool:
    """Whether two recorded sales are one, or have the content of one another or of a third."""
    return not {one.id, one.same_content_as}.isdisjoint({other.id, other.same_content_as} - {None})


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
