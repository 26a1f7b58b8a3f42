"""What is stored instead of a password."""

from __future__ import annotations

import unicodedata

from adapters.credentials.password_hashes import (
    NOBODYS_HASH,
    Argon2Hashes,
    hash_password,
    verify_password,
)
from cashback_core.people.passwords import Passwords


async def test_an_unknown_user_costs_a_hash_too() -> None:
    looked_at: list[str] = []

    class Watched(Argon2Hashes):
        def verify(self, stored_hash: str, password: str) -> bool:
            looked_at.append(stored_hash)
            return super().verify(stored_hash, password)

    assert not await Passwords(Watched()).match("nobody's password", None)
    assert looked_at == [NOBODYS_HASH]
    assert NOBODYS_HASH.split("$")[:4] == hash_password("x").split("$")[:4]  # the same costs


async def test_a_stored_text_that_is_no_hash_lets_nobody_in() -> None:
    assert not await Passwords(Argon2Hashes()).match("x", "$argon2id$broken")
    assert not await Passwords(Argon2Hashes()).match("x", "x")


def test_hashes_are_argon2id_with_the_chosen_costs_and_salted() -> None:
    first, second = hash_password("x"), hash_password("x")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_a_hash_fits_every_form() -> None:
    hashed = hash_password(unicodedata.normalize("NFD", "coração de maçã"))
    assert verify_password(hashed, unicodedata.normalize("NFC", "coração de maçã"))
    assert not verify_password(hashed, "coracao de maca")
