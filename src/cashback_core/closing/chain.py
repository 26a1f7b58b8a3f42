"""Whether closes are one chain: each signed, each following from the one before, none missing.

Told is the first bad link alone: what comes after it rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import instant_text
from cashback_core.closing.close import close_bytes
from cashback_core.closing.ed25519 import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from cashback_core.closing.close import Close, SignedClose
    from cashback_core.closing.day import Amount
    from cashback_core.closing.keys import CloseKey

AFTER_ITS_END: Final = timedelta(minutes=10)
"""A day is closed at the earliest so long after its end."""


class LinkFault(StrEnum):
    """What is wrong with a link; at one number the first of these is told."""

    ORDER = "order"
    """In its file it stands behind a later one."""
    TWICE = "twice"
    """It is in one file twice."""
    FORM = "form"
    """It is no close as the format has it."""
    SUMS = "sums"
    """Its figures contradict one another."""
    KEY_UNKNOWN = "key_unknown"
    """The keys given do not have the one that it names."""
    KEY_UNTRUSTED = "key_untrusted"
    """Its key is none of those that were stated as trusted."""
    KEY_TIME = "key_time"
    """Its key was not in use when it says that it was closed."""
    SIGNATURE = "signature"
    """It is not signed by the key that it names, or was changed since."""
    FORK = "fork"
    """There are two of that number."""
    EARLY = "early"
    """It was closed less than ten minutes after the day's end."""
    HEAD = "head"
    """The chain begins with it, though it is not the first."""
    MISSING = "missing"
    """It is not there, though later ones are."""
    PREVIOUS = "previous"
    """It follows from another close than the one before it."""
    DAY = "day"
    """It is not of the day after."""
    BOUNDS = "bounds"
    """It does not begin where the day before ends."""
    BELOW = "below"
    """It ends at a lower position than the day before."""
    OPENING = "opening"
    """It does not open with what the day before closed with."""
    PROVIDER = "provider"
    """The same, of the provider's classes."""
    NAMED = "named"
    """The account's close names another."""
    NAMED_DAY = "named_day"
    """The account's close of another day names it."""
    LINES = "lines"
    """The lines given are not those that it was made of."""
    TAIL = "tail"
    """It is not there, though it is known that the chain is longer."""


_RANK: Final = {fault: rank for rank, fault in enumerate(LinkFault)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLink:
    """The first link of a chain that does not hold, and why, as the phrase `close.<fault>`."""

    owner: str | None
    number: int
    day: date | None
    fault: LinkFault
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: tuple[str, ...] = ()
    cause: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A close as it came: from where, its hash, and what it is, or why it is none."""

    owner: str | None
    number: int
    day: date | None
    sha256: str
    source: str
    signed: SignedClose | None
    fault: LinkFault | None = None
    cause: Exception | None = None

    def bad(self, fault: LinkFault, **values: str) -> BadLink:
        """That this link does not hold."""
        return BadLink(
            owner=self.owner,
            number=self.number,
            day=self.day,
            fault=fault,
            values=values,
            sources=(self.source,),
            cause=self.cause,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is taken for true: the keys (None: signatures are not looked at), and hashes.

    `stated` are the ids of the only keys that are trusted, where somebody stated them; else those
    given are. `heads` are those of closes that are known to exist; `after` those that a chain may
    follow from, which was verified up to there before.
    """

    keys: tuple[CloseKey, ...] | None = None
    stated: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


def first_bad_link(links: Sequence[Link], trust: Trust) -> BadLink | None:
    """The first bad link of one owner's closes, in the order in which they came."""
    found = [*_out_of_order(links), *_walked(links, trust)]
    return first_of(found)


def first_of(found: Iterable[BadLink]) -> BadLink | None:
    """Of bad links of one owner the one that is told."""
    return min(found, key=lambda bad: (bad.number, _RANK[bad.fault]), default=None)


def _out_of_order(links: Sequence[Link]) -> Iterator[BadLink]:
    """Of each file the first place where it is not as it would be if it were sorted."""
    by_source: dict[str, list[Link]] = {}
    for link in links:
        by_source.setdefault(link.source, []).append(link)
    for found in by_source.values():
        due = sorted(found, key=lambda link: link.number)
        for came, link in zip(found, due, strict=True):
            if came.number != link.number:
                yield link.bad(LinkFault.ORDER, found=str(came.number))
                break
        seen: set[tuple[int, str]] = set()
        for link in found:
            if (link.number, link.sha256) in seen:
                yield link.bad(LinkFault.TWICE)
            seen.add((link.number, link.sha256))


def _walked(links: Sequence[Link], trust: Trust) -> Iterator[BadLink]:
    """The first that does not hold by itself, or does not follow from the one before."""
    keys = None if trust.keys is None else {key.id: key for key in trust.keys}
    by_number: dict[int, dict[str, Link]] = {}
    for link in links:
        by_number.setdefault(link.number, {}).setdefault(link.sha256, link)
    before: Close | None = None
    before_sha256 = ""
    for number in sorted(by_number):
        versions = tuple(by_number[number].values())
        for link in versions:
            bad = _of_itself(link, keys, trust.stated)
            if bad is not None:
                yield bad
                return
        link, *others = versions
        if others:
            yield _fork(link, versions)
            return
        assert link.signed is not None
        close = link.signed.close
        bad = (
            _of_the_first(link, close, trust)
            if before is None
            else _of_the_next(link, close, before, before_sha256)
        )
        if bad is not None:
            yield bad
            return
        before, before_sha256 = close, link.sha256


def _fork(link: Link, versions: Sequence[Link]) -> BadLink:
    return BadLink(
        owner=link.owner,
        number=link.number,
        day=link.day,
        fault=LinkFault.FORK,
        values={"hashes": ", ".join(version.sha256 for version in versions)},
        sources=tuple(dict.fromkeys(version.source for version in versions)),
    )


def _of_itself(
    link: Link, keys: Mapping[str, CloseKey] | None, stated: frozenset[str]
) -> BadLink | None:
    """What is wrong with it whatever is before it."""
    if link.signed is None:
        return link.bad(link.fault or LinkFault.FORM)
    close = link.signed.close
    span = close.span
    bad = None if keys is None else _of_its_key(link, link.signed, keys, stated)
    if bad is not None:
        return bad
    if span.closed_at - span.ends_at < AFTER_ITS_END:
        return link.bad(
            LinkFault.EARLY, at=instant_text(span.closed_at), ends_at=instant_text(span.ends_at)
        )
    return None


def _of_its_key(
    link: Link, signed: SignedClose, keys: Mapping[str, CloseKey], stated: frozenset[str]
) -> BadLink | None:
    """What is wrong with the key that it names, or with its signature."""
    close, at = signed.close, signed.close.span.closed_at
    if stated and close.key not in stated:
        return link.bad(LinkFault.KEY_UNTRUSTED, key=close.key)
    key = keys.get(close.key)
    if key is None:
        return link.bad(LinkFault.KEY_UNKNOWN, key=close.key)
    if not verify(key.public_key, signed.signature, close_bytes(close)):
        return link.bad(LinkFault.SIGNATURE, key=close.key)
    if not key.signs_at(at):
        return link.bad(LinkFault.KEY_TIME, key=close.key, at=instant_text(at))
    return None


def _of_the_first(link: Link, close: Close, trust: Trust) -> BadLink | None:
    """A chain begins with number 1, which opens with nothing, or with what follows a known one."""
    previous = close.chained.previous
    if previous is None:
        if _opening(close):
            return link.bad(LinkFault.OPENING)
        return link.bad(LinkFault.PROVIDER) if _provider_opening(close) else None
    if previous not in trust.after:
        return link.bad(LinkFault.HEAD)
    return None


def _of_the_next(link: Link, close: Close, before: Close, before_sha256: str) -> BadLink | None:
    """What does not follow from the close before it."""
    span, last = close.span, before.span
    if close.number != before.number + 1:
        return BadLink(
            owner=link.owner, number=before.number + 1, day=None, fault=LinkFault.MISSING,
            values={"next": str(close.number)}, sources=(link.source,),
        )  # fmt: skip
    due = {"due": before_sha256, "found": str(close.chained.previous)}
    checks: tuple[tuple[bool, LinkFault, Mapping[str, str]], ...] = (
        (close.chained.previous != before_sha256, LinkFault.PREVIOUS, due),
        ((span.day - last.day).days != 1, LinkFault.DAY, {"before": last.day.isoformat()}),
        (span.begins_at != last.ends_at, LinkFault.BOUNDS, {"ends_at": instant_text(last.ends_at)}),
        (span.below < last.below, LinkFault.BELOW, {}),
        (_opening(close) != _closing(before), LinkFault.OPENING, {}),
        (_provider_opening(close) != _provider_closing(before), LinkFault.PROVIDER, {}),
    )
    return next((link.bad(fault, **values) for wrong, fault, values in checks if wrong), None)


def _opening(close: Close) -> Mapping[str, Amount]:
    day = close.of_merchant
    rows = () if day is None else day.statuses
    return {row.status.value: row.opening for row in rows if row.opening}


def _closing(close: Close) -> Mapping[str, Amount]:
    day = close.of_merchant
    return {} if day is None else {status.value: one for status, one in day.closing.items()}


def _provider_opening(close: Close) -> Mapping[str, Amount]:
    return {row.name: row.opening for row in close.provider if row.opening}


def _provider_closing(close: Close) -> Mapping[str, Amount]:
    return {row.name: row.closing for row in close.provider if row.closing}
