"""A chain of closes with one defect, as files, and the link at which it must be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from cashback_core.closing.chain import LinkFault
    from cashback_core.testing.strategies.closed_days import ClosedChain


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


def made(
    name: str, chain: ClosedChain, number: int, *faults: LinkFault, files: tuple[list[bytes], ...]
) -> BrokenChain:
    """The chain with these files of documents; its first bad link is `number`."""
    return BrokenChain(
        defect=name,
        chain=chain,
        closes_files=tuple(b"\n".join(documents) + b"\n" for documents in files),
        lines_files=tuple(day.lines_file for day in chain.days),
        number=number,
        faults=frozenset(faults),
    )


def number_of(draw: DrawFn, chain: ClosedChain, first: int = 1, last: int = 0) -> int:
    """A number of the chain, from `first` to `last` more than its last one."""
    return draw(st.integers(first, len(chain.days) + last))
