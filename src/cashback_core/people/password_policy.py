"""Which passwords are taken: long ones that are not guessed first (NIST SP 800-63B, 5.1.1.2)."""

from __future__ import annotations

import unicodedata
from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 128

_COMMON: Final = frozenset({
    "1q2w3e4r5t6y", "1qaz2wsx3edc", "abcd12345678", "administrator", "administrador",
    "asdfghjklasdfghjkl", "cashback", "changeme", "correcthorsebatterystaple", "iloveyou",
    "letmein", "mudar123", "password", "passw0rd", "p@ssw0rd", "qazwsxedcrfv", "qwerty",
    "qwertyuiop", "qwertyuiopasdf", "senha", "senha123", "senhasegura", "trocar123",
    "welcome", "bemvindo", "brasil",
})  # fmt: skip
"""The words that guessing begins with, in English and Portuguese."""

_PARTS: Final = 4
"""No character is composed of more (Unicode Standard Annex 15)."""

_RUNS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def normalised(password: str) -> str:
    """The password as it is checked, measured and hashed: in Unicode's form NFC (RFC 8265, 4.2).

    The same keys make different characters on different machines. What no normalisation shortens to
    a password's length is left as it came: composing takes time by the square of its length.
    """
    longest = LONGEST * _PARTS
    return unicodedata.normalize("NFC", password) if len(password) <= longest else password


def refuse_password(password: str, username: str) -> str | None:
    """The code of the fault of a new password; None for a good one."""
    password = normalised(password)
    if not SHORTEST <= len(password) <= LONGEST or not _is_text(password):
        return "password_length"
    plain = password.casefold()
    if len(username) > 2 and username.casefold() in plain:
        return "password_like_username"
    return "password_common" if _is_common(plain) else None


def _is_common(plain: str) -> bool:
    """Whether it is a word that everybody tries, with whatever is put around it to fill it up."""
    bare = "".join(c for c in plain if c.isalnum() or c == "@")
    core = bare.strip("0123456789")
    return (
        len(set(plain)) < 5
        or not core
        or bare in _COMMON
        or core in _COMMON
        or _is_repeated(bare)
        or any(bare in run or bare in run[::-1] for run in _RUNS)
    )


def _is_repeated(text: str) -> bool:
    """Whether it is one shorter text again and again."""
    return bool(text) and text in (text + text)[1:-1]


def _is_text(password: str) -> bool:
    """Whether it can be typed again: no control characters, no halves of characters."""
    return password.isprintable() and not any("\ud800" <= c <= "\udfff" for c in password)
