"""Stand-ins of examples: each copy of the document has a name, an instant and a CPF of its own.

So an example can be sent as it stands, from whichever copy: nothing in it was sent before, is too
old, or has begun already.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from cashback_core.values.documents import cpf_check_digits
from cashback_core.values.instants import format_instant

SALE_ID: Final = "example-replaced-when-served"
NAME: Final = "replaced0when0served"
"""A part of a name that nobody has."""

SOLD_AT: Final = "2001-02-03T04:05:06Z"
"""A moment ago."""

STARTS_AT: Final = "2001-02-03T04:05:07Z"
"""Tomorrow."""

CPF: Final = "11144477735"
"""A customer whom nobody knows."""


def freshened(document: bytes) -> bytes:
    """The document with everything fresh in place of the stand-ins."""
    now = datetime.now(UTC).replace(microsecond=0)
    token, stem = secrets.token_hex(8), f"{secrets.randbelow(999_999_999) + 1:09}"
    for stand_in, fresh in (
        (SALE_ID, f"try-{token}"),
        (NAME, token),
        (SOLD_AT, format_instant(now - timedelta(minutes=1))),
        (STARTS_AT, format_instant(now + timedelta(days=1))),
        (CPF, stem + cpf_check_digits(stem)),
    ):
        document = document.replace(stand_in.encode("ascii"), fresh.encode("ascii"))
    return document
