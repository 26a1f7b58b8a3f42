"""Who bought, as a close's lines name them: an HMAC, so that erasing a person leaves all valid.

Whoever has the salt and the document shows that a line is theirs; whoever has the lines alone finds
nobody, for a salt is 32 random bytes and is deleted with the person. One party shows the other who
a line is by a disclosure, which the other deletes when it has been looked at:

    {"format": "cashback-disclosure/1", "persons": [{"document": "52998224725", "salt": "..."}]}
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import NotCanonical, canonical_bytes, told
from cashback_core.closing.reading import array, hexadecimal, members, text

if TYPE_CHECKING:
    from collections.abc import Iterable

DISCLOSURE_FORMAT: Final = "cashback-disclosure/1"
SALT_BYTES: Final = 32
MAX_PERSONS: Final = 100_000
_MAX_DOCUMENT_CHARS: Final = 64

_FILE: Final = frozenset({"format", "persons"})
_PERSON: Final = frozenset({"document", "salt"})


def person_of(salt: bytes, document: str) -> str:
    """HMAC-SHA256 of the document under the salt, in hexadecimal digits.

    `document` is as the gateway keeps it (`str(Cpf)`: digits alone). Raises ValueError for a salt
    that has not 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hmac.new(salt, document.encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A person whose document and salt are shown, so that their lines are known."""

    document: str = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.document) <= _MAX_DOCUMENT_CHARS or not self.document.isascii():
            raise ValueError("a document is told as the gateway keeps it")
        if len(self.salt) != SALT_BYTES:
            raise ValueError(f"a salt has {SALT_BYTES} bytes")

    @property
    def person(self) -> str:
        """What their lines name them."""
        return person_of(self.salt, self.document)


def disclosure_bytes(persons: Iterable[Disclosed]) -> bytes:
    """The file that shows them."""
    rows = [{"document": one.document, "salt": one.salt.hex()} for one in persons]
    return canonical_bytes({"format": DISCLOSURE_FORMAT, "persons": rows}) + b"\n"


def read_disclosure(value: object) -> tuple[Disclosed, ...]:
    """The persons of such a file, decoded. Raises NotCanonical."""
    found = members(value, _FILE)
    if found["format"] != DISCLOSURE_FORMAT:
        raise NotCanonical(f"the format is {DISCLOSURE_FORMAT}, not {told(found['format'])}")
    rows = array(found["persons"])
    if len(rows) > MAX_PERSONS:
        raise NotCanonical(f"a file shows at most {MAX_PERSONS} persons")
    return tuple(_person(row) for row in rows)


def _person(value: object) -> Disclosed:
    found = members(value, _PERSON)
    salt, document = hexadecimal(found["salt"], length=SALT_BYTES), text(found["document"])
    try:
        return Disclosed(document=document, salt=salt)
    except ValueError as error:
        raise NotCanonical(str(error)) from error
