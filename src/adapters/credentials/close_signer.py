"""The Ed25519 key that closes are signed with: one of its own, for it signs for years.

A token's key may be replaced every month, and a token that was signed with a stolen one is good for
minutes. A close is held against a chain of years: whoever has its key can write another past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.credentials.signing_key import load_signing_key
from cashback_core.closing.making import Signer

if TYPE_CHECKING:
    from pathlib import Path


def load_close_signer(path: Path) -> Signer:
    """Read a key file (PEM); raises BadSigningKeyError, and OSError when it cannot be read."""
    key = load_signing_key(path)
    return Signer(
        public_key=key.public.public_bytes(Encoding.Raw, PublicFormat.Raw), sign=key.private.sign
    )
