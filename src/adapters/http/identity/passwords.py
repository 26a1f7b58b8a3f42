"""Password hashes: argon2id, slow on purpose, so never on the event loop and never many at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from adapters.http.identity.fair_queue import FairQueue
from adapters.http.identity.password_policy import normalised

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE: Final = 2
"""Hashes computed at the same moment: each takes a processor and 19 MiB for some 25 ms."""

MAX_WAITING: Final = 256
"""Log-ins that may wait for their turn, some 3 s: with more, whoever comes from an address that has
most of them is told to come back (turns.py)."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The OWASP cheat sheet's parameters for argon2id: 19 MiB, two passes, one lane."""

NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$9+rFm624cymoDxd1onblRg"
    "$L89YXrDsYAASKnXUNaB3Kr0XHg6GePf6GjoE1U1r4eo"
)
"""Of a password that was thrown away: an unknown user costs the same time as a known one."""


def hash_password(password: str) -> str:
    """The hash to be stored; takes some 25 ms."""
    return _HASHER.hash(normalised(password))


def verify_password(stored_hash: str, password: str) -> bool:
    """Whether a password is the hashed one; takes as long as hashing."""
    try:
        return _HASHER.verify(stored_hash, normalised(password))
    except (VerificationError, InvalidHashError):
        return False


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
