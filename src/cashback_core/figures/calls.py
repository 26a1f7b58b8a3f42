"""Calls to the provider, counted: why they did not pay, and how long they took, by buckets.

Counts of few kinds add up over days, and tell of nobody.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_S: Final = 0.001
"""What is quicker counts as this."""

GROWTH: Final = 1.1
"""How much longer each bucket is than the one before: a quantile is told to a twentieth."""

MAX_BUCKET: Final = 150
"""About 1,600 s; no call takes so long."""

QUANTILES: Final = (0.5, 0.95, 0.99)

REAPED: Final = "unknown: no answer"
"""Of an attempt whose deliverer was gone before it ended; what came late is not looked at."""

_PLAIN: Final = re.compile(r"[a-z][a-z ,']{0,59}\Z", re.ASCII)


def failure_of(result: str, status_code: int | None, reason: str | None) -> str:
    """What a call that did not pay counts under; the same as `call_failure` in SQL, by test.

    Of an answer its status, for its words may tell of somebody; else why there was none, if that
    is told in plain words.
    """
    if status_code is not None:
        return f"{result}: status {status_code}"
    plain = reason is not None and _PLAIN.match(reason) is not None
    return f"{result}: {reason if plain else 'another reason'}"


def bucket_of(elapsed_s: float) -> int:
    """The bucket of a call; the same as `latency_bucket` in SQL, by test."""
    if elapsed_s <= LEAST_S:
        return 0
    return min(MAX_BUCKET, math.ceil(math.log(elapsed_s / LEAST_S) / math.log(GROWTH)))


def quantiles_of(counts: Mapping[int, int]) -> dict[str, float | None]:
    """The quantiles of counted calls by bucket, in seconds; each None without any call.

    What is told is the middle of the bucket in which the quantile lies (nearest rank).
    """
    whole = sum(counts.values())
    return {f"{q:g}": _quantile(counts, math.ceil(q * whole)) if whole else None for q in QUANTILES}


def _quantile(counts: Mapping[int, int], rank: int) -> float:
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= rank:
            middle: float = LEAST_S * GROWTH ** max(0.0, bucket - 0.5)
            return round(middle, 4)
    raise AssertionError("a rank is within its whole")
