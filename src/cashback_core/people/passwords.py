"""Passwords, checked off the event loop and a few at a time: their hashes are slow on purpose."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final, Protocol

from cashback_core.people.fair_queue import FairQueue

AT_ONCE: Final = 2
"""Hashes computed at the same moment: each takes a processor and 19 MiB for some 25 ms."""

MAX_WAITING: Final = 256
"""Log-ins that may wait for their turn, some 3 s: with more, whoever comes from an address that has
most of them is told to come back (fair_queue.py)."""


class PasswordHashes(Protocol):
    """Hashes that are kept instead of passwords; called in threads, two at the same time."""

    nobodys: str
    """Of a password that was thrown away: an unknown user costs the same time as a known one."""

    @abstractmethod
    def hash(self, password: str) -> str:
        """The hash to be stored."""

    @abstractmethod
    def verify(self, stored_hash: str, password: str) -> bool:
        """Whether a password is the hashed one; takes as long as hashing."""


class Passwords:
    """Checks passwords off the event loop, a few at a time."""

    __slots__ = ("_hashes", "turn")

    def __init__(
        self, hashes: PasswordHashes, *, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING
    ) -> None:
        self.turn = FairQueue(at_once=at_once, max_waiting=max_waiting)
        """Looking a user up belongs inside too: it takes a connection to the database."""

        self._hashes = hashes

    async def match(self, password: str, stored_hash: str | None) -> bool:
        """Whether a password is the stored one; never for None, in the same time."""
        kept = stored_hash or self._hashes.nobodys
        right = await asyncio.to_thread(self._hashes.verify, kept, password)
        return right and stored_hash is not None

    async def hash(self, password: str) -> str:
        """The hash to be stored, computed in its turn; raises TooManyLogInsError."""
        async with self.turn():
            return await asyncio.to_thread(self._hashes.hash, password)
