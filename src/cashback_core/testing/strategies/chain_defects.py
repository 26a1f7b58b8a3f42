"""Chains of closes with exactly one defect, and the link at which it must be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.closing.chain import LinkFault
from cashback_core.closing.close import (
    SignedClose,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.testing.strategies import resigned_chains
from cashback_core.testing.strategies.broken_chain import BrokenChain, made, number_of
from cashback_core.testing.strategies.closed_days import (
    ChainSigner,
    ClosedChain,
    closed_chains,
    rechained,
)

_FEWEST_DAYS: Final = 4


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


def _forged_figure(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    documents = list(chain.documents)
    document = json.loads(documents[number - 1])
    section = draw(st.sampled_from(["opening", "accrued", "paid", "closing"]))
    document["close"]["liability"][section]["centavos"] += draw(st.sampled_from([-1, 1, 10_000]))
    documents[number - 1] = json.dumps(document).encode()
    return made("forged figure", chain, number, LinkFault.SUMS, files=(documents,))


def _forged_text(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    signed = chain.days[number - 1].signed
    span = replace(signed.close.span, zone="America/Manaus")
    forged = replace(signed, close=replace(signed.close, span=span))
    return _replaced("forged text", chain, number, forged, LinkFault.SIGNATURE)


def _forged_signature(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    signed = chain.days[number - 1].signed
    signature = bytearray(signed.signature)
    bit = draw(st.integers(0, 511))
    signature[bit // 8] ^= 1 << bit % 8
    forged = replace(signed, signature=bytes(signature))
    return _replaced("forged signature", chain, number, forged, LinkFault.SIGNATURE)


def _strangers_key(draw: DrawFn, chain: ClosedChain, stranger: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    close = replace(chain.days[number - 1].close, key=stranger.key.id)
    forged = sign_close(close, stranger.sign)
    return _replaced("a stranger's key", chain, number, forged, LinkFault.KEY_UNKNOWN)


def _strangers_signature(draw: DrawFn, chain: ClosedChain, stranger: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    forged = sign_close(chain.days[number - 1].close, stranger.sign)
    return _replaced("a stranger's signature", chain, number, forged, LinkFault.SIGNATURE)


def _replaced(
    name: str, chain: ClosedChain, number: int, forged: SignedClose, *faults: LinkFault
) -> BrokenChain:
    documents = list(chain.documents)
    documents[number - 1] = document_bytes(forged)
    return made(name, chain, number, *faults, files=(documents,))


def _cut_head(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain, 2)
    documents = list(chain.documents[number - 1 :])
    return made("cut head", chain, number, LinkFault.HEAD, files=(documents,))


def _cut_middle(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain, 2, -1)
    until = number_of(draw, chain, number, -1)
    documents = [*chain.documents[: number - 1], *chain.documents[until:]]
    return made("cut middle", chain, number, LinkFault.MISSING, files=(documents,))


def _cut_tail(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain, 2)
    documents = list(chain.documents[: number - 1])
    broken = made("cut tail", chain, number, LinkFault.TAIL, files=(documents,))
    return replace(broken, heads=frozenset({close_hash(chain.days[-1].close)}))


def _reordered(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    documents = list(chain.documents)
    moved = draw(st.permutations(range(len(documents))))
    wrong = [index for index, at in enumerate(moved) if index != at]
    if not wrong:
        moved, wrong = [1, 0, *moved[2:]], [0]
    files = ([documents[index] for index in moved],)
    return made("reordered", chain, wrong[0] + 1, LinkFault.ORDER, files=files)


def _twice(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number = number_of(draw, chain)
    documents = list(chain.documents)
    documents.insert(number, documents[number - 1])
    return made("twice", chain, number, LinkFault.TWICE, files=(documents,))


def _other_version(draw: DrawFn, chain: ClosedChain) -> tuple[int, list[SignedClose]]:
    """From a number on what the key's owner could have made of it instead."""
    number = number_of(draw, chain)
    closes = [day.close for day in chain.days]
    span = closes[number - 1].span
    later = replace(span, closed_at=span.closed_at + timedelta(minutes=1))
    closes[number - 1] = replace(closes[number - 1], span=later)
    return number, list(rechained(chain.signer, closes))


def _forked(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number, other = _other_version(draw, chain)
    files = list(chain.documents), [document_bytes(signed) for signed in other]
    return made("forked", chain, number, LinkFault.FORK, files=files)


def _rewritten(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    number, other = _other_version(draw, chain)
    documents = list(chain.documents)
    documents[number - 1] = document_bytes(other[number - 1])
    if number < len(documents):
        return made("rewritten", chain, number + 1, LinkFault.PREVIOUS, files=(documents,))
    broken = made("rewritten", chain, number + 1, LinkFault.TAIL, files=(documents,))
    return replace(broken, heads=frozenset({close_hash(chain.days[-1].close)}))


def _changed_line(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """A byte of a day's lines is another one, or is not there."""
    number = number_of(draw, chain)
    broken = made("changed line", chain, number, LinkFault.LINES, files=(list(chain.documents),))
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
    "early": resigned_chains.early,
    "gap": resigned_chains.gap,
    "skipped day": resigned_chains.skipped_day,
    "lower position": resigned_chains.lower,
    "other opening": resigned_chains.other_opening,
    "other provider": resigned_chains.other_provider,
    "changed line": _changed_line,
}
"""Each makes a chain with one defect of its sort."""
