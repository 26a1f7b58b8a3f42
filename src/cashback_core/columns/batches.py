"""A stream of lines as batches of whole sales, some of them computed at a time, told in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import polars as pl

from cashback_core.sales.sale import MAX_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

BATCH_LINES: Final = 250_000
"""Lines of a batch: some 60 MB while they are computed. A batch of fewer costs more a line, for
planning what is done with it takes some milliseconds (measured November 2026: 270 ns a line in
batches of 30,000, 140 in batches of 300,000, 180 in batches of a million)."""


def whole_sales(chunks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, cut where one sale ends and the next begins.

    What a chunk's last sale has so far is kept for the next chunk, unless it already has more lines
    than a sale may have: so much is kept and no more.
    """
    kept: pl.DataFrame | None = None
    for chunk in chunks:
        rows = chunk if kept is None else pl.concat([kept, chunk])
        if rows.is_empty():
            continue
        run = rows["sale"].rle_id()
        begins = run.search_sorted(int(run[-1]))
        if rows.height - begins > MAX_LINES:
            begins = rows.height
        kept = rows[begins:]
        if begins:
            yield rows[:begins].rechunk()
    if kept is not None and not kept.is_empty():
        yield kept


def in_order(
    compute: Callable[[pl.DataFrame], T], batches: Iterable[pl.DataFrame], at_once: int
) -> Iterator[T]:
    """What is computed of each batch, in their order; so many of them at once."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="sale-columns") as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(compute, batch))
                if len(waiting) > at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
