"""Everything that was given, held to everything else that was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.closing.chain import BadLink, LinkFault, first_bad_link, first_of
from cashback_core.verify.lines_held import LinesHeld
from cashback_core.verify.named import Named
from cashback_core.verify.report import (
    ChainReport,
    KeysTrusted,
    Unchecked,
    Verdict,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cashback_core.closing.chain import Link, Trust
    from cashback_core.verify.files import Given


def verify(given: Given, trust: Trust) -> Verification:
    """Hold the closes to keys, lines, one another, and to what is known of their ends."""
    by_owner: dict[str | None, list[Link]] = {}
    for link in given.links:
        by_owner.setdefault(link.owner, []).append(link)
    owners = sorted(by_owner, key=lambda owner: (owner is not None, owner or ""))
    held = LinesHeld(given)
    named = Named()
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
    owner: str | None, links: Sequence[Link], bad: BadLink | None, held: LinesHeld
) -> ChainReport:
    by_number = {link.number: link for link in links}
    counts = [
        lines
        for number, lines in held.counts.get(owner, {}).items()
        if bad is None or number < bad.number
    ]
    return ChainReport(
        owner=owner,
        links=tuple(by_number[number] for number in sorted(by_number)),
        bad=bad,
        lines_days=len(counts),
        lines=sum(counts),
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
    given: Given, chains: Sequence[ChainReport], unknown: tuple[str, ...], held: LinesHeld
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


def _unchecked(
    given: Given, chains: Sequence[ChainReport], trust: Trust, held: LinesHeld, named: Named
) -> Iterable[Unchecked]:
    yield from _unchecked_keys(given, trust) if chains else [Unchecked(code="nothing")]
    for chain in chains:
        yield from _unchecked_of(chain, trust, named)
        if chain.owner is not None and (late := _unmatched(chain, held)):
            yield Unchecked(code="late", values={"owner": chain.owner, "lines": late})
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


def _unmatched(chain: ChainReport, held: LinesHeld) -> int:
    """How many late lines might be in another day, too: nobody looked, or could."""
    if chain.lines_days >= len(chain.good) and chain.owner not in held.unmatched:
        return 0
    counted = held.counts.get(chain.owner, {})
    days = (link.signed.close.of_merchant for link in chain.good if link.signed is not None)
    return sum(day.late for day in days if day is not None) if counted else 0


def _unchecked_keys(given: Given, trust: Trust) -> Iterable[Unchecked]:
    if trust.keys is None:
        yield Unchecked(code="keys_contradict" if given.keys_contradict else "no_keys")
    elif trust.stated:
        yield Unchecked(code="key_times")
    else:
        yield Unchecked(code="keys", values={"keys": ", ".join(key.id for key in trust.keys)})
    if given.other_keys:
        yield Unchecked(code="other_keys", values={"keys": ", ".join(sorted(given.other_keys))})


def _unchecked_of(chain: ChainReport, trust: Trust, named: Named) -> Iterable[Unchecked]:
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
