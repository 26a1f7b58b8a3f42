"""What is kept instead of a hash that would find an erased customer again.

A content name (`sales.content`) or a line's key is a plain hash: who has the database can
hash every candidate with the fields that stay, and finds the person in a second. So an erasure
puts a keyed hash of it in its place, and who looks something up looks for both. Its key is no part
of the database and never replaced: without it a repeat that has no name of its own is not known.
"""

from __future__ import annotations

import binascii
import hmac
import re
import secrets
from typing import Final

KEY_BYTES: Final = 32

_DIGEST_BYTES: Final = 24
_KEY: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_SEALED: Final = re.compile(r"~[A-Za-z0-9+/]{32}\Z", re.ASCII)
_FINGERPRINT_OF: Final = "cashback gateway: which erasure key is this"


class BadErasureKey(ValueError):  # noqa: N818 (named by what is wrong)
    """Not the text of an erasure key; the message never repeats it."""


class Seal:
    """Replaces hashes by keyed ones (HMAC-SHA-256); the key is in no repr."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadErasureKey(f"an erasure key has {KEY_BYTES} bytes")
        self._key = key

    @classmethod
    def parse(cls, text: str) -> Seal:
        """From 64 hexadecimal digits in small letters; raises BadErasureKey."""
        if _KEY.match(text) is None:
            raise BadErasureKey("an erasure key is 64 hexadecimal digits")
        return cls(bytes.fromhex(text))

    def __call__(self, name: str) -> str:
        """What stands for a name after an erasure: `~` and 32 characters, 192 bits of the HMAC."""
        digest = hmac.digest(self._key, name.encode(), "sha256")
        return "~" + binascii.b2a_base64(digest[:_DIGEST_BYTES], newline=False).decode("ascii")

    def of_document(self, merchant_id: int, document: str) -> str:
        """What a merchant's customer is known by once erased; no two merchants' are the same."""
        return self(f"customer {document} of merchant {merchant_id}")

    def derived_key(self, purpose: str) -> bytes:
        """32 secret bytes for something else, which tell nothing of the key nor of what it sealed.

        By another hash than names are sealed with: no name can be a purpose.
        """
        return hmac.digest(self._key, f"derived key: {purpose}".encode(), "sha512")[:KEY_BYTES]

    @property
    def fingerprint(self) -> str:
        """Tells one key from another and nothing of it; no name that is sealed reads so."""
        return self(_FINGERPRINT_OF)[1:]


def new_erasure_key() -> str:
    """The text of a key, at random."""
    return secrets.token_hex(KEY_BYTES)


def is_sealed(name: str) -> bool:
    """Whether this stands where a name stood before an erasure; no plain name begins so."""
    return _SEALED.match(name) is not None
