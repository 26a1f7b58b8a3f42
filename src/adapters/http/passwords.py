"""Password hashes: argon2id, slow on purpose, so never on the event loop and never many at once."""

from __future__ import annotations

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE: Final = 2
"""Hashes computed at the same moment: each takes a processor and 19 MiB for some 25 ms."""

MAX_WAITING: Final = 32
"""Log-ins that may wait for their turn; with more, the next ones are told to come back."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The OWASP cheat sheet's parameters for argon2id: 19 MiB, two passes, one lane."""


class TooManyLoginsError(Exception):
    """More log-ins are waiting than is good for anybody; none of them was looked at."""


def hash_password(password: str) -> str:
    """The hash to be stored; takes some 25 ms."""
    return _HASHER.hash(password)


class Passwords:
    """Checks passwords off the event loop, a few at a time."""

    __slots__ = ("_dummy", "_turn", "_waiting")

    def __init__(self) -> None:
        # A hash nobody knows the password of: an unknown user costs the same time as a known one.
        self._dummy = _HASHER.hash("nobody's password")
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def match(self, password: str, stored_hash: str | None) -> bool:
        """Whether a password is the stored one; never for None, in the same time.

        Raises TooManyLoginsError.
        """
        if self._waiting >= MAX_WAITING:
            raise TooManyLoginsError
        self._waiting += 1
        try:
            async with self._turn:
                right = await asyncio.to_thread(_verify, stored_hash or self._dummy, password)
        finally:
            self._waiting -= 1
        return right and stored_hash is not None


def _verify(stored_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False
