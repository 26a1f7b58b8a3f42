"""What work belongs to: the trace of its request (W3C Trace Context) and the ids it is about.

Context variables carry both, so that a line of the log and the call to the provider know them
without being handed them. They are told and never decide anything.
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

_TRACEPARENT: Final = re.compile(
    rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL
)
_NO_TRACE: Final = b"0" * 32
_NO_SPAN: Final = b"0" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceContext:
    """A span's place: the trace it belongs to and its own id, in lower-case hexadecimal.

    `sampled` says whether it is to be exported.
    """

    trace_id: str
    span_id: str
    sampled: bool = False

    def child(self) -> TraceContext:
        """A new span of the same trace."""
        return TraceContext(
            trace_id=self.trace_id, span_id=os.urandom(8).hex(), sampled=self.sampled
        )

    def traceparent(self) -> str:
        """The header that tells another party of this span."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def new_trace(*, sampled: bool = False) -> TraceContext:
    """The first span of a trace of its own."""
    ids = os.urandom(24).hex()
    return TraceContext(trace_id=ids[:32], span_id=ids[32:], sampled=sampled)


def read_traceparent(value: bytes) -> TraceContext | None:
    """The caller's span; None for a header that is not one (W3C Trace Context, 3.2)."""
    found = _TRACEPARENT.fullmatch(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if trace_id == _NO_TRACE or span_id == _NO_SPAN or version == b"ff":
        return None
    if version == b"00" and more is not None:
        return None  # only a later version may say more
    return TraceContext(
        trace_id=trace_id.decode("ascii"),
        span_id=span_id.decode("ascii"),
        sampled=bool(int(flags, 16) & 1),
    )


@dataclass(slots=True, kw_only=True)
class Trail:
    """The ids that lines of the log are found by; whoever learns one notes it.

    One object for a request and everything begun by it: a task that was begun earlier sees what is
    noted later.
    """

    request_id: str | None = None
    merchant_id: int | None = None
    cashback_id: UUID | None = None


TRACE: Final[ContextVar[TraceContext | None]] = ContextVar("trace", default=None)
"""The span under way."""

TRAIL: Final[ContextVar[Trail | None]] = ContextVar("trail", default=None)
"""What the work under way is about."""


def note_merchant(merchant_id: int) -> None:
    """Whom the work under way is for."""
    trail = TRAIL.get()
    if trail is not None:
        trail.merchant_id = merchant_id


def note_cashback(cashback_id: UUID) -> None:
    """Which cashback the work under way is about."""
    trail = TRAIL.get()
    if trail is not None:
        trail.cashback_id = cashback_id
