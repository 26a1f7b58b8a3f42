"""Chains of closes with exactly one defect, and the link at which it must be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.closing.chain import AFTER_ITS_END, LinkFault
from cashback_core.closing.close import (
    Close,
    ProviderDay,
    SignedClose,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day import Amount, Day, Liability, StatusDay
from cashback_core.closing.movements import OWED
from cashback_core.testing.strategies.closed_days import (
    ChainSigner,
    ClosedChain,
    closed_chains,
    rechained,
)

_FEWEST_DAYS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenChain:
    """Files of closes and of lines, what is known besides, and what must be told of them.

    The first bad link is `number`, and its fault one of `faults`.
    """

    defect: str
    chain: ClosedChain
    closes_files: tuple[bytes, ...]
    lines_files: tuple[bytes, ...]
    number: int
    faults: frozenset[LinkFault]
    heads: frozenset[str] = frozenset()


_Defect = Callable[[DrawFn, ClosedChain, ChainSigner], BrokenChain]


def broken_chains(signer: ChainSigner, stranger: ChainSigner) -> SearchStrategy[BrokenChain]:
    """Chains with one defect of every sort; `stranger` signs what is not the signer's."""
    return st.sampled_from(sorted(CHAIN_DEFECTS)).flatmap(
        lambda name: _broken(name, signer, stranger)
    )


def broken_chain(
    name: str, signer: ChainSigner, stranger: ChainSigner
) -> SearchStrategy[BrokenChain]:
    """Chains with the defect of that name, one of `CHAIN_DEFECTS`."""
    return _broken(name, signer, stranger)


@st.composite
def _broken(draw: DrawFn, name: str, signer: ChainSigner, stranger: ChainSigner) -> BrokenChain:
    chain = draw(closed_chains(signer, min_days=_FEWEST_DAYS))
    return CHAIN_DEFECTS[name](draw, chain, stranger)


def _made(
    name: str, chain: ClosedChain, number: int, *faults: LinkFault, files: tuple[list[bytes], ...]
) -> BrokenChain:
    return BrokenChain(
        defect=name,
        chain=chain,
        closes_files=tuple(b"\n".join(documents) + b"\n" for documents in files),
        lines_files=tuple(day.lines_file for day in chain.days),
        number=number,
        faults=frozenset(faults),
    )


def _number(draw: DrawFn, chain: ClosedChain, first: int = 1, last: int = 0) -> int:
    return draw(st.integers(first, len(chain.days) + last))


def _forged_figure(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    documents = list(chain.documents)
    document = json.loads(documents[number - 1])
    section = draw(st.sampled_from(["opening", "accrued", "paid", "closing"]))
    document["close"]["liability"][section]["centavos"] += draw(st.sampled_from([-1, 1, 10_000]))
    documents[number - 1] = json.dumps(document).encode()
    return _made("forged figure", chain, number, LinkFault.SUMS, files=(documents,))


def _forged_text(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    signed = chain.days[number - 1].signed
    span = replace(signed.close.span, zone="America/Manaus")
    forged = replace(signed, close=replace(signed.close, span=span))
    return _replaced("forged text", chain, number, forged, LinkFault.SIGNATURE)


def _forged_signature(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    signed = chain.days[number - 1].signed
    signature = bytearray(signed.signature)
    bit = draw(st.integers(0, 511))
    signature[bit // 8] ^= 1 << bit % 8
    forged = replace(signed, signature=bytes(signature))
    return _replaced("forged signature", chain, number, forged, LinkFault.SIGNATURE)


def _strangers_key(draw: DrawFn, chain: ClosedChain, stranger: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    close = replace(chain.days[number - 1].close, key=stranger.key.id)
    forged = sign_close(close, stranger.sign)
    return _replaced("a stranger's key", chain, number, forged, LinkFault.KEY_UNKNOWN)


def _strangers_signature(draw: DrawFn, chain: ClosedChain, stranger: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    forged = sign_close(chain.days[number - 1].close, stranger.sign)
    return _replaced("a stranger's signature", chain, number, forged, LinkFault.SIGNATURE)


def _replaced(
    name: str, chain: ClosedChain, number: int, forged: SignedClose, *faults: LinkFault
) -> BrokenChain:
    documents = list(chain.documents)
    documents[number - 1] = document_bytes(forged)
    return _made(name, chain, number, *faults, files=(documents,))


def _cut_head(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain, 2)
    documents = list(chain.documents[number - 1 :])
    return _made("cut head", chain, number, LinkFault.HEAD, files=(documents,))


def _cut_middle(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain, 2, -1)
    until = _number(draw, chain, number, -1)
    documents = [*chain.documents[: number - 1], *chain.documents[until:]]
    return _made("cut middle", chain, number, LinkFault.MISSING, files=(documents,))


def _cut_tail(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain, 2)
    documents = list(chain.documents[: number - 1])
    broken = _made("cut tail", chain, number, LinkFault.TAIL, files=(documents,))
    return replace(broken, heads=frozenset({close_hash(chain.days[-1].close)}))


def _reordered(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    documents = list(chain.documents)
    moved = draw(st.permutations(range(len(documents))))
    wrong = [index for index, at in enumerate(moved) if index != at]
    if not wrong:
        moved, wrong = [1, 0, *moved[2:]], [0]
    files = ([documents[index] for index in moved],)
    return _made("reordered", chain, wrong[0] + 1, LinkFault.ORDER, files=files)


def _twice(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = _number(draw, chain)
    documents = list(chain.documents)
    documents.insert(number, documents[number - 1])
    return _made("twice", chain, number, LinkFault.TWICE, files=(documents,))


def _other_version(draw: DrawFn, chain: ClosedChain) -> tuple[int, list[SignedClose]]:
    """From a number on what the key's owner could have made of it instead."""
    number = _number(draw, chain)
    closes = [day.close for day in chain.days]
    span = closes[number - 1].span
    later = replace(span, closed_at=span.closed_at + timedelta(minutes=1))
    closes[number - 1] = replace(closes[number - 1], span=later)
    return number, list(rechained(chain.signer, closes))


def _forked(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number, other = _other_version(draw, chain)
    files = list(chain.documents), [document_bytes(signed) for signed in other]
    return _made("forked", chain, number, LinkFault.FORK, files=files)


def _rewritten(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number, other = _other_version(draw, chain)
    documents = list(chain.documents)
    documents[number - 1] = document_bytes(other[number - 1])
    if number < len(documents):
        return _made("rewritten", chain, number + 1, LinkFault.PREVIOUS, files=(documents,))
    broken = _made("rewritten", chain, number + 1, LinkFault.TAIL, files=(documents,))
    return replace(broken, heads=frozenset({close_hash(chain.days[-1].close)}))


def _resigned(
    name: str, chain: ClosedChain, number: int, change: Callable[[Close], Close], *faults: LinkFault
) -> BrokenChain:
    """The key's owner changed a close, and made all the others follow from it."""
    closes = [day.close for day in chain.days]
    closes[number - 1] = change(closes[number - 1])
    documents = [document_bytes(signed) for signed in rechained(chain.signer, closes)]
    return _made(name, chain, number, *faults, files=(documents,))


def _early(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    def change(close: Close) -> Close:
        at = close.span.ends_at + AFTER_ITS_END - timedelta(microseconds=1)
        return replace(close, span=replace(close.span, closed_at=at))

    return _resigned("early", chain, _number(draw, chain), change, LinkFault.EARLY)


def _gap(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    def change(close: Close) -> Close:
        begins_at = close.span.begins_at + timedelta(seconds=1)
        return replace(close, span=replace(close.span, begins_at=begins_at))

    return _resigned("gap", chain, _number(draw, chain, 2), change, LinkFault.BOUNDS)


def _skipped_day(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    def change(close: Close) -> Close:
        day = close.span.day + timedelta(days=1)
        return replace(close, span=replace(close.span, day=day))

    return _resigned("skipped day", chain, _number(draw, chain, 2), change, LinkFault.DAY)


def _lower(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    def change(close: Close) -> Close:
        return replace(close, span=replace(close.span, below=1))

    return _resigned("lower position", chain, _number(draw, chain, 2), change, LinkFault.BELOW)


def _other_opening(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """What is owed changes between two days: the only way to lose money from sums that add up."""

    def change(close: Close) -> Close:
        assert close.of_merchant is not None
        return replace(close, of_merchant=_with_more(close.of_merchant))

    return _resigned("other opening", chain, _number(draw, chain), change, LinkFault.OPENING)


def _other_provider(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    def change(close: Close) -> Close:
        more = ProviderDay(name="z", opening=Amount(count=1, centavos=draw(st.integers(-1, 1))))
        return replace(close, provider=(*close.provider, more))

    return _resigned("other provider", chain, _number(draw, chain), change, LinkFault.PROVIDER)


def _with_more(day: Day) -> Day:
    more = Amount(count=1, centavos=140)
    status = min(OWED)
    rows = {row.status: row for row in day.statuses}
    row = rows.get(status, StatusDay(status=status))
    rows[status] = replace(row, opening=row.opening + more)
    liability = Liability(
        opening=day.liability.opening + more,
        moved=day.liability.moved,
        closing=day.liability.closing + more,
    )
    return replace(
        day, liability=liability, statuses=tuple(rows[status] for status in sorted(rows))
    )


def _changed_line(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """A byte of a day's lines is another one, or is not there."""
    number = _number(draw, chain)
    broken = _made("changed line", chain, number, LinkFault.LINES, files=(list(chain.documents),))
    files = list(broken.lines_files)
    file = files[number - 1]
    head = file.index(b"\n") + 1
    if head == len(file):
        changed = file + b"{}\n"
    else:
        at = draw(st.integers(head, len(file) - 1))
        changed = file[:at] + draw(st.sampled_from([b"", b"0", b"\n", b" "])) + file[at + 1 :]
        if changed == file:
            changed = file[:-1]
    files[number - 1] = changed
    return replace(broken, lines_files=tuple(files))


CHAIN_DEFECTS: Final[dict[str, _Defect]] = {
    "forged figure": _forged_figure,
    "forged text": _forged_text,
    "forged signature": _forged_signature,
    "a stranger's key": _strangers_key,
    "a stranger's signature": _strangers_signature,
    "cut head": _cut_head,
    "cut middle": _cut_middle,
    "cut tail": _cut_tail,
    "reordered": _reordered,
    "twice": _twice,
    "forked": _forked,
    "rewritten": _rewritten,
    "early": _early,
    "gap": _gap,
    "skipped day": _skipped_day,
    "lower position": _lower,
    "other opening": _other_opening,
    "other provider": _other_provider,
    "changed line": _changed_line,
}
"""Each makes a chain with one defect of its sort."""
