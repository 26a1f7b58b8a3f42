"""The public keys that closes are signed by: how one is named, and the file that tells them."""

from __future__ import annotations

import hashlib
from typing import Final

PUBLIC_KEY_BYTES: Final = 32


def key_id(public_key: bytes) -> str:
    """By what closes name a key: the first 32 hexadecimal digits of its SHA-256.

    So no two keys have one name. Raises ValueError for other than 32 bytes.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes")
    return hashlib.sha256(public_key).hexdigest()[:32]
