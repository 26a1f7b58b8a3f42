"""When to stop asking a provider that fails everybody: decided from outcomes, in one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    Outcome,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)

if TYPE_CHECKING:
    from cashback_core.values.documents import BuyerDocument


class BreakerState(StrEnum):
    """Whether a provider is asked."""

    CLOSED = "closed"
    """Every cashback may be sent."""
    OPEN = "open"
    """Nothing is sent until the pause is over."""
    HALF_OPEN = "half_open"
    """One cashback, of a customer who did not fail before, may be sent: the probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When it opens, and for how long (seconds; doubled at each failed probe, up to the ceiling).

    Only failures in a row on different documents count: one customer whose every request fails is
    that customer's trouble.
    """

    failures: int = 5
    unknowns: int = 3
    pause_s: float = 5.0
    pause_max_s: float = 60.0


MAX_SUSPECTS = 1000
"""Most documents that are remembered of an outage; more would only make the claims slow."""


@dataclass(slots=True)
class Breaker:
    """One provider as seen by one process. Instants are seconds of any monotonic clock."""

    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    state: BreakerState = BreakerState.CLOSED
    reason: str = ""
    _failed: set[BuyerDocument] = field(default_factory=set["BuyerDocument"], repr=False)
    _doubtful: set[str] = field(default_factory=set[str], repr=False)
    _until_s: float = 0.0
    _pause_s: float = 0.0
    _half_open_at_s: float = 0.0
    _probe: str | None = field(default=None, repr=False)
    _probe_until_s: float = 0.0

    def capacity(self, now_s: float) -> int | None:
        """How many cashbacks may be claimed now: None without a limit, 1 for a probe, or 0."""
        match self.state:
            case BreakerState.CLOSED:
                return None
            case BreakerState.OPEN:
                if now_s < self._until_s:
                    return 0
                self.state, self._half_open_at_s = BreakerState.HALF_OPEN, now_s
                self._probe = None
                return 1
            case BreakerState.HALF_OPEN:
                # A probe that never reported back, such as one with a killed task, is given up.
                return 1 if self._probe is None or now_s >= self._probe_until_s else 0
            case _:
                assert_never(self.state)

    def admit(self, document: BuyerDocument, now_s: float, *, patience_s: float) -> bool:
        """Whether a cashback of this customer may be sent; in half-open it becomes the probe.

        `patience_s` is how long a probe is waited for.
        """
        capacity = self.capacity(now_s)
        if capacity is None:
            return True
        if capacity == 0 or document in self.suspects(now_s):
            return False
        self._probe, self._probe_until_s = document, now_s + patience_s
        return True

    def withdraw(self, document: BuyerDocument) -> None:
        """Give the probe back: nothing was sent for it after all."""
        if self._probe == document:
            self._probe = None

    def suspects(self, now_s: float) -> frozenset[BuyerDocument]:
        """The documents whose failures opened it: a probe takes another one.

        Where no other one comes within another pause, any will do: a quiet shop must not wait for
        a new customer for ever.
        """
        half_open = self.state is BreakerState.HALF_OPEN
        if half_open and now_s >= self._half_open_at_s + self._pause_s:
            return frozenset()
        return frozenset(self._failed)

    def note(self, document: BuyerDocument, outcome: Outcome, now_s: float) -> None:
        """Learn from the end of an attempt."""
        if len(self._failed) >= MAX_SUSPECTS:
            self._failed.pop()
        match outcome:
            case Applied() | Refused():  # a refusal is an answer: the provider works
                self._close()
            case NeverSent() | RefusedForNow():
                self._failed.add(document)
                self._consider(document, now_s)
            case OwnError():
                return  # it tells nothing of the provider
            case Unknown() | Misconfigured():
                self._failed.add(document)
                self._doubtful.add(document)
                self._consider(document, now_s)
            case _:
                assert_never(outcome)

    def _close(self) -> None:
        self.state, self.reason, self._pause_s = BreakerState.CLOSED, "", 0.0
        self._failed.clear()
        self._doubtful.clear()
        self._probe = None

    def _consider(self, document: BuyerDocument, now_s: float) -> None:
        if self.state is BreakerState.HALF_OPEN and document == self._probe:
            self._open("the probe failed", now_s)
        elif self.state is BreakerState.CLOSED:
            if len(self._doubtful) >= self.policy.unknowns:
                self._open(f"{len(self._doubtful)} uncertain answers in a row", now_s)
            elif len(self._failed) >= self.policy.failures:
                self._open(f"{len(self._failed)} failures in a row", now_s)

    def _open(self, reason: str, now_s: float) -> None:
        self._pause_s = min(self.policy.pause_max_s, max(self.policy.pause_s, 2 * self._pause_s))
        self.state, self.reason = BreakerState.OPEN, reason
        self._until_s = now_s + self._pause_s
        self._probe = None
