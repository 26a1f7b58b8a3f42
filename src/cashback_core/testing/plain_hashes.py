"""Passwords that cost nothing to check."""

from __future__ import annotations

from typing import Final

from cashback_core.people.password_policy import normalised
from cashback_core.people.passwords import PasswordHashes

_PLAIN: Final = "$argon2id$plain:"
"""Begins as PostgreSQL expects of a hash."""


class PlainHashes(PasswordHashes):
    """The password itself stands where its hash would: for tests alone, whose log-ins are many."""

    nobodys = ""

    def hash(self, password: str) -> str:
        """The password, as it is compared."""
        return _PLAIN + normalised(password)

    def verify(self, stored_hash: str, password: str) -> bool:
        """Whether it is that password."""
        return stored_hash == self.hash(password)
