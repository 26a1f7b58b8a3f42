"""What a log-in leaves behind: a count of how it ended and, unless it was granted, a line.

A line names who is known. A name that nobody has may be a password in the wrong field, or a CPF, so
its keyed hash alone is told; so is that of the address, which is a person's.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cashback_core.people.fair_queue import TooManyLogInsError
from cashback_core.people.log_in_outcomes import LogInOutcome

if TYPE_CHECKING:
    from collections.abc import Generator

    from cashback_core.people.log_in_outcomes import LogInKind, OnLogIn

_DIGITS: Final = 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInTraces:
    """`key` is 32 bytes: whoever has the log without it cannot try all addresses."""

    key: bytes = field(repr=False)
    on_log_in: OnLogIn | None = None

    def granted(self, kind: LogInKind) -> None:
        """Somebody is in."""
        self._count(kind, LogInOutcome.GRANTED)

    def repeated(self, kind: LogInKind) -> None:
        """Somebody was told again what they had been told."""
        self._count(kind, LogInOutcome.REPEATED)

    def turned_away(
        self, kind: LogInKind, outcome: LogInOutcome, *, subject: str, address: str
    ) -> None:
        """Somebody is not."""
        self._count(kind, outcome)
        _log.warning("log-in %s: %s of %s from %s", outcome, kind, subject, self.hashed(address))

    @contextmanager
    def crowds(self, kind: LogInKind, *, subject: str, address: str) -> Generator[None, None, None]:
        """Tells whom a queue was too long for."""
        try:
            yield
        except TooManyLogInsError:
            self.turned_away(kind, LogInOutcome.CROWDED, subject=subject, address=address)
            raise

    def nobody(self, name: str) -> str:
        """The subject of somebody who is none."""
        return f"unknown:{self.hashed(name)}"

    def hashed(self, text: str) -> str:
        """The same for the same text, while the key that signs tokens is the same."""
        octets = text.encode("utf-8", "surrogatepass")
        return hmac.new(self.key, octets, hashlib.sha256).hexdigest()[:_DIGITS]

    def _count(self, kind: LogInKind, outcome: LogInOutcome) -> None:
        if self.on_log_in is not None:
            self.on_log_in(kind, outcome)
