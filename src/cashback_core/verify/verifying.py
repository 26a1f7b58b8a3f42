"""Everything that was given, held to everything else that was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.closing.chain import BadLink, Link, LinkFault, Trust, first_bad_link, first_of
from cashback_core.closing.lines_check import OtherLines, check_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from cashback_core.closing.day import Amount
    from cashback_core.closing.lines import DayLine, LinesHead
    from cashback_core.verify.files import Given, LinesFile

MAX_CASHBACKS_SHOWN: Final = 1000
"""Of a person who is shown, the most cashbacks of one day that are told by their ids."""


class Verdict(StrEnum):
    """What comes of it all."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNPROVEN = "unproven"


class KeysTrusted(StrEnum):
    """Why the keys were trusted that closes were verified by."""

    STATED = "stated"
    """Somebody stated them, who has them another way."""
    AS_GIVEN = "as_given"
    """They stood in a file that was given, which anybody may have made."""
    NONE = "none"
    """There were none, and no signature was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """One owner's closes, up to the first bad one."""

    owner: str | None
    links: tuple[Link, ...]
    bad: BadLink | None
    lines_days: int
    lines: int

    @property
    def good(self) -> tuple[Link, ...]:
        """Those before the first bad one, each number once."""
        end = self.bad.number if self.bad is not None else None
        return tuple(link for link in self.links if end is None or link.number < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLines:
    """Lines of a person who was shown: of which day, how many, of which cashbacks."""

    document: str
    head: LinesHead
    lines: int
    cashbacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """What was not checked, as the phrase `unchecked.<code>`."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found, and what was not looked at."""

    verdict: Verdict
    keys: KeysTrusted
    chains: tuple[ChainReport, ...]
    unknown_heads: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    persons: tuple[PersonLines, ...]
    unchecked: tuple[Unchecked, ...]


def verify(given: Given, trust: Trust) -> Verification:
    """Hold the closes to keys, lines, one another, and to what is known of their ends."""
    by_owner: dict[str | None, list[Link]] = {}
    for link in given.links:
        by_owner.setdefault(link.owner, []).append(link)
    owners = sorted(by_owner, key=lambda owner: (owner is not None, owner or ""))
    held = _LinesHeld(given)
    named = _Named()
    chains: list[ChainReport] = []
    for owner in owners:
        links = by_owner[owner]
        found = [first_bad_link(links, trust), *held.bad(owner, links), *named.bad(owner, links)]
        report = _report(owner, links, first_of(bad for bad in found if bad is not None), held)
        if owner is None:
            named.take(report)
        chains.append(report)
    known = {link.sha256 for link in given.links}
    unknown = tuple(sorted(trust.heads - known))
    tails = tuple(_with_tail(chain, unknown) for chain in chains) if len(chains) == 1 else None
    chains = list(tails or chains)
    unchecked = tuple(_unchecked(given, chains, trust, held, named))
    return Verification(
        verdict=_verdict(given, chains, unknown, held),
        keys=_keys_trusted(trust),
        chains=tuple(chains),
        unknown_heads=unknown,
        unreadable=tuple(given.unreadable),
        persons=tuple(held.persons),
        unchecked=unchecked,
    )


def _report(
    owner: str | None, links: Sequence[Link], bad: BadLink | None, held: _LinesHeld
) -> ChainReport:
    by_number = {link.number: link for link in links}
    counts = held.counts.get(owner, {})
    return ChainReport(
        owner=owner,
        links=tuple(by_number[number] for number in sorted(by_number)),
        bad=bad,
        lines_days=len(counts),
        lines=sum(counts.values()),
    )


def _with_tail(chain: ChainReport, unknown: tuple[str, ...]) -> ChainReport:
    """The only chain there is lacks its end, if a close that is known to exist is not in it."""
    if not unknown or chain.bad is not None:
        return chain
    last = chain.links[-1]
    bad = BadLink(owner=chain.owner, number=last.number + 1, day=None, fault=LinkFault.TAIL)
    return ChainReport(
        owner=chain.owner,
        links=chain.links,
        bad=bad,
        lines_days=chain.lines_days,
        lines=chain.lines,
    )


def _verdict(
    given: Given, chains: Sequence[ChainReport], unknown: tuple[str, ...], held: _LinesHeld
) -> Verdict:
    if unknown or any(chain.bad is not None for chain in chains):
        return Verdict.BROKEN
    if not chains or given.keys is None or given.unreadable or held.stray:
        return Verdict.UNPROVEN
    return Verdict.HOLDS


def _keys_trusted(trust: Trust) -> KeysTrusted:
    if not trust.keys:
        return KeysTrusted.NONE
    return KeysTrusted.STATED if trust.stated else KeysTrusted.AS_GIVEN


class _LinesHeld:
    """Files of lines, each held to its close; `counts` are the lines of days that hold."""

    def __init__(self, given: Given) -> None:
        self._by_close: dict[tuple[str | None, int], list[LinesFile]] = {}
        for file in given.lines:
            self._by_close.setdefault((file.head.owner, file.head.number), []).append(file)
        self._persons = {one.person: one.document for one in given.disclosed}
        self._unreadable = given.unreadable
        self.counts: dict[str | None, dict[int, int]] = {}
        self.persons: list[PersonLines] = []

    @property
    def stray(self) -> tuple[Path, ...]:
        """Files whose close was not given, as soon as every chain was looked at."""
        return tuple(file.path for files in self._by_close.values() for file in files)

    def bad(self, owner: str | None, links: Sequence[Link]) -> Iterable[BadLink]:
        """Of an owner's closes those that were not made of the lines given for them."""
        for link in sorted(links, key=lambda link: link.number):
            if link.signed is not None:
                for file in self._by_close.pop((owner, link.number), ()):
                    yield from self._held(link, file)

    def _held(self, link: Link, file: LinesFile) -> Iterable[BadLink]:
        assert link.signed is not None
        seen = _Seen(self._persons)
        try:
            with file.path.open("rb") as opened:
                check_lines(opened.readline, link.signed.close, seen.take)
        except OSError as error:  # what cannot be read is no proof that it is another
            self._unreadable.append((str(file.path), error.strerror or str(error)))
            return
        except OtherLines as error:
            yield BadLink(
                owner=link.owner,
                number=link.number,
                day=link.day,
                fault=LinkFault.LINES,
                sources=(str(file.path), link.source),
                cause=error,
            )
            return
        self.counts.setdefault(link.owner, {})[link.number] = seen.count
        for person, (lines, cashbacks) in seen.found.items():
            self.persons.append(
                PersonLines(
                    document=self._persons[person],
                    head=file.head,
                    lines=lines,
                    cashbacks=tuple(cashbacks),
                )
            )


class _Seen:
    """Lines that are read: how many, and which are of persons who were shown."""

    def __init__(self, persons: Mapping[str, str]) -> None:
        self._persons = persons
        self.count = 0
        self.found: dict[str, tuple[int, dict[str, None]]] = {}

    def take(self, line: DayLine) -> None:
        self.count += 1
        if line.person is not None and line.person in self._persons:
            lines, cashbacks = self.found.get(line.person, (0, {}))
            if len(cashbacks) < MAX_CASHBACKS_SHOWN:
                cashbacks[line.cashback] = None
            self.found[line.person] = lines + 1, cashbacks


class _Named:
    """The merchants' closes that the account's good ones name."""

    def __init__(self) -> None:
        self.by_merchant: dict[str, dict[int, tuple[str, date, str]]] = {}

    def take(self, account: ChainReport) -> None:
        for link in account.good:
            assert link.signed is not None
            for row in link.signed.close.merchants:
                day = link.signed.close.span.day
                named = self.by_merchant.setdefault(row.merchant, {})
                named[row.number] = row.sha256, day, link.source

    def bad(self, owner: str | None, links: Sequence[Link]) -> Iterable[BadLink]:
        """Where a merchant's closes are others than those named, or end before them."""
        named = self.by_merchant.get(owner, {}) if owner is not None else {}
        last = max(link.number for link in links)
        for link in links:
            sha256, day, source = named.get(link.number, (link.sha256, link.day, ""))
            if sha256 != link.sha256:
                yield BadLink(
                    owner=owner,
                    number=link.number,
                    day=link.day,
                    fault=LinkFault.NAMED,
                    values={"day": str(day), "due": sha256},
                    sources=(link.source, source),
                )
        if named and max(named) > last:
            yield BadLink(owner=owner, number=last + 1, day=None, fault=LinkFault.TAIL)

    def not_naming(self, chain: ChainReport) -> int:
        """How many closes of a merchant before the last one named are named nowhere."""
        named = self.by_merchant.get(chain.owner or "", {})
        return sum(link.number < max(named) and link.number not in named for link in chain.good)

    def without(self, chains: Iterable[ChainReport]) -> int:
        """How many merchants are named of whom no close was given."""
        return len(self.by_merchant.keys() - {chain.owner for chain in chains})


def _unchecked(
    given: Given, chains: Sequence[ChainReport], trust: Trust, held: _LinesHeld, named: _Named
) -> Iterable[Unchecked]:
    yield from _unchecked_keys(given, trust) if chains else [Unchecked(code="nothing")]
    for chain in chains:
        yield from _unchecked_of(chain, trust, named)
    for path in held.stray:
        yield Unchecked(code="stray_lines", values={"source": str(path)})
    if merchants := named.without(chains):
        yield Unchecked(code="merchants", values={"merchants": merchants})
    shown = {one.document for one in held.persons}
    if rest := len({one.document for one in given.disclosed} - shown):
        yield Unchecked(code="persons", values={"persons": rest})
    closes = [link.signed.close for link in given.links if link.signed is not None]
    if any(close.provider for close in closes):
        yield Unchecked(code="provider")
    if closes:
        yield Unchecked(code="zones")


def _unchecked_keys(given: Given, trust: Trust) -> Iterable[Unchecked]:
    if trust.keys is None:
        yield Unchecked(code="keys_contradict" if given.keys_contradict else "no_keys")
    elif trust.stated:
        yield Unchecked(code="key_times")
    else:
        yield Unchecked(code="keys", values={"keys": ", ".join(key.id for key in trust.keys)})
    if given.other_keys:
        yield Unchecked(code="other_keys", values={"keys": ", ".join(sorted(given.other_keys))})


def _unchecked_of(chain: ChainReport, trust: Trust, named: _Named) -> Iterable[Unchecked]:
    owner = chain.owner or ""
    days = len(chain.good) - chain.lines_days
    if chain.owner is not None and days > 0:
        yield Unchecked(code="no_lines", values={"owner": owner, "days": days})
    if chain.owner in named.by_merchant and (closes := named.not_naming(chain)):
        yield Unchecked(code="unnamed", values={"owner": owner, "closes": closes})
    first, last = chain.links[0], chain.links[-1]
    if first.number > 1 and chain.bad is None:
        yield Unchecked(code="before", values={"owner": owner, "first": first.number})
    known = last.sha256 in trust.heads or last.number in named.by_merchant.get(owner, {})
    if chain.bad is None and not known:
        code = "tail" if chain.owner is not None else "account_tail"
        yield Unchecked(code=code, values={"owner": owner, "last": last.number})


def owed_at_the_end(chain: ChainReport) -> Amount | None:
    """What a merchant owed after the last good close."""
    good = chain.good
    signed = good[-1].signed if good else None
    day = signed.close.of_merchant if signed is not None else None
    return None if day is None else day.liability.closing
