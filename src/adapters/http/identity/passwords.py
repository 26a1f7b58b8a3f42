"""Passwords are looked at off the event loop, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from adapters.credentials.password_hashes import NOBODYS_HASH, hash_password, verify_password
from adapters.http.identity.fair_queue import FairQueue

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE: Final = 2
"""Hashes computed at the same moment: each takes a processor and 19 MiB for some 25 ms."""

MAX_WAITING: Final = 256
"""Log-ins that may wait for their turn, some 3 s: with more, whoever comes from an address that has
most of them is told to come back (turns.py)."""


class Passwords:
    """Checks passwords off the event loop, a few at a time."""

    __slots__ = ("_verify", "turn")

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        max_waiting: int = MAX_WAITING,
        verify: Callable[[str, str], bool] = verify_password,
    ) -> None:
        self.turn = FairQueue(at_once=at_once, max_waiting=max_waiting)
        """Looking a user up belongs inside too: it takes a connection to the database."""

        self._verify = verify

    async def match(self, password: str, stored_hash: str | None) -> bool:
        """Whether a password is the stored one; never for None, in the same time."""
        right = await asyncio.to_thread(self._verify, stored_hash or NOBODYS_HASH, password)
        return right and stored_hash is not None

    async def hash(self, password: str) -> str:
        """The hash to be stored, computed in its turn; raises TooManyLoginsError."""
        async with self.turn():
            return await asyncio.to_thread(hash_password, password)
