"""Password hashes: argon2id, slow on purpose, so never on the event loop and never many at once."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cashback_core.people.password_policy import normalised
from cashback_core.people.passwords import PasswordHashes

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


class Argon2Hashes(PasswordHashes):
    """What log-ins are given of this."""

    nobodys = NOBODYS_HASH

    def hash(self, password: str) -> str:
        """The hash to be stored."""
        return hash_password(password)

    def verify(self, stored_hash: str, password: str) -> bool:
        """Whether a password is the hashed one."""
        return verify_password(stored_hash, password)
