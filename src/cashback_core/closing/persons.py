"""Who bought, as a close's lines name them: an HMAC, so that erasing a person leaves all valid.

Whoever has the salt and the document shows that a line is theirs; whoever has the lines alone finds
nobody, for a salt is 32 random bytes and is deleted with the person.
"""

from __future__ import annotations

import hmac
from typing import Final

SALT_BYTES: Final = 32


def person_of(salt: bytes, document: str) -> str:
    """HMAC-SHA256 of the document under the salt, in hexadecimal digits.

    `document` is as the gateway keeps it (`str(Cpf)`: digits alone). Raises ValueError for a salt
    that has not 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hmac.new(salt, document.encode(), "sha256").hexdigest()
