"""Names of people: what a name must be, and whether two of them can be one person's.

Tills know the same customer as JOSÉ D'ÁVILA, Jose DAvila and JOSE D. A CPF says who is paid; its
name is compared only so that a mistyped CPF does not pay a stranger.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple

from cashback_core.values.violations import show

MAX_NAME_CHARS: Final = 120
TRUNCATED_FROM_LETTERS: Final = 15
"""A name of so many letters may have been cut by the sender's own system."""


class NameDifference(StrEnum):
    """What a merchant wants of a sale whose CPF is known under another person's name."""

    REFUSE = "refuse"
    """It is not recorded: 422 customer_name_mismatch."""
    NOTE = "note"
    """It is recorded, and says that its name differs."""


class NameFault(NamedTuple):
    """Why a name is not taken: the code of a fault's text, with its values."""

    code: str
    values: dict[str, str]


def same_person(known: str, given: str) -> bool:
    """Whether two names can be one person's; symmetric, and not transitive.

    Case, accents (also of letters that Unicode does not take apart, as Ł, Ø, Đ, ß), apostrophes
    and widths do not count; dashes and dots are blanks. The first words are equal; every further
    word is the other's or an initial of it; and of two names that differ in length the shorter may
    end early, even within a word, when it has TRUNCATED_FROM_LETTERS letters or more.
    """
    if known == given:  # as most
        return True
    ours, theirs = _words(known), _words(given)
    if ours == theirs:
        return True
    if not ours or not theirs or ours[0] != theirs[0]:
        return False
    return _ends_early(ours, theirs) or _ends_early(theirs, ours) or _match(ours, theirs)


def same_name(known: str, given: str) -> bool:
    """Whether two names are one, told whole; spelling does not count, as in `same_person`."""
    return known == given or _words(known) == _words(given)


def name_fault(name: str) -> NameFault | None:
    """What is wrong with a name in NFC; None for one that is taken."""
    if name.isascii():  # nothing to be read wrongly, and no letters but A to Z
        if not name.isprintable():
            return NameFault("name_not_printable", {})
    elif (meant := _meant(name)) is not None:
        return NameFault("name_encoding", {"meant": show(meant)})
    elif not name.isprintable() or "\N{REPLACEMENT CHARACTER}" in name:
        return NameFault("name_not_printable", {})
    if not name.strip() or len(name) > MAX_NAME_CHARS:
        return NameFault("name_length", {"highest": str(MAX_NAME_CHARS)})
    if not any(map(str.isalpha, name)):
        return NameFault("name_without_letter", {})
    return None


def _match(ours: list[str], theirs: list[str]) -> bool:
    """Word for word: the same, or one the initial of the other."""
    return len(ours) == len(theirs) and all(map(_is_word_or_initial, ours[1:], theirs[1:]))


def _ends_early(short: list[str], long: list[str]) -> bool:
    """Whether `short` is `long` as far as it goes, and long enough to have been cut there."""
    last = len(short) - 1
    return (
        last < len(long)
        and sum(map(len, short)) >= TRUNCATED_FROM_LETTERS
        and all(map(_is_word_or_initial, short[1:last], long[1:last]))
        and (
            last == 0
            or long[last].startswith(short[last])
            or _is_word_or_initial(short[last], long[last])
        )
    )


def _is_word_or_initial(one: str, other: str) -> bool:
    return one == other or (
        one[0] == other[0] and (len(one) == 1 or len(other) == 1)  # no word is empty
    )


# What is written for an apostrophe, and what Unicode has besides: quotation marks, primes, accents
# that stand alone (some of which it would take apart into a blank and a combining mark).
_APOSTROPHES: Final = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u0384\u055a\u055b\u05f3\u07f4"
    "\u07f5\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201a\u201b\u2032\u2035\ua78c\uff07\uff40"
)
_DASHES: Final = (
    "-\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2053\u207b\u208b\u2212"
    "\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead"
    "\u02d7"
)
_DOTS: Final = ".\u00b7\u2022\u2024\u2027\u22c5\u3002\u30fb\ufe52\uff0e\uff61"
# Letters that have no decomposition: a till without them writes these instead.
_PLAIN: Final = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h",
    "\u0131": "i", "ŋ": "n", "ŧ": "t", "ƀ": "b", "ɨ": "i", "ɫ": "l", "ǝ": "e", "ə": "e",
}  # fmt: skip
_ALONE: Final = re.compile(" +(?=[\u0300-\u036f])")
_REMOVED: Final = dict.fromkeys(map(ord, _APOSTROPHES))
_BLANKED: Final = dict.fromkeys(map(ord, _DASHES + _DOTS), " ")
_FOLDED: Final = _REMOVED | _BLANKED | {ord(letter): plain for letter, plain in _PLAIN.items()}
_ASCII: Final = str.maketrans("-.", "  ", "'`")


def _words(name: str) -> list[str]:
    """The words of a name as they are compared."""
    if name.isascii():
        return name.translate(_ASCII).lower().split()
    # Apostrophes first: some would be taken apart into a blank and an accent.
    apart = unicodedata.normalize("NFKD", name.translate(_REMOVED)).casefold()
    apart = _ALONE.sub("", apart)  # an apostrophe that somebody has taken apart already
    # Once more: folding case makes decomposable letters again, and decomposing makes apostrophes.
    apart = unicodedata.normalize("NFKD", apart.translate(_FOLDED)).translate(_FOLDED)
    return "".join(c for c in apart if not unicodedata.combining(c)).split()


# What Windows-1252 shows for the bytes 0x80 to 0x9f; the five that it leaves free are the control
# characters of Latin-1, as browsers and most libraries have it.
_WINDOWS: Final = {
    character: byte
    for byte in range(0x80, 0xA0)
    if (character := bytes([byte]).decode("cp1252", "ignore"))
}
_BYTE: Final = {chr(byte): byte for byte in range(0x100)} | _WINDOWS
_BYTE["Ƒ"] = _BYTE["ƒ"]  # afterwards somebody wrote it in capitals
_CONTINUATION: Final = "".join(re.escape(c) for c, byte in _BYTE.items() if 0x80 <= byte < 0xC0)
# Those of them that end or divide no word.
_SYMBOLS: Final = "€\u201a„…†‡‰™¡¢£¤¥¦§¨©¬®¯°±²³¶\u00b8¹¼½¾¿"
_MISREAD: Final = re.compile(
    f"[\u00c2-\u00df][{_CONTINUATION}]"
    f"|[\u00e0-\u00ef][{_CONTINUATION}]{{2}}"
    f"|[\u00f0-\u00f4][{_CONTINUATION}]{{3}}"
    f"|[\u00e2-\u00e5][{_SYMBOLS}]|ã[ƒšœžªº«»]"  # afterwards somebody wrote it in small letters
)
"""What can be one character's bytes in UTF-8, read byte by byte."""

_LATIN: Final = "\u00c2\u00c3\u00c4\u00c5"
"""How every letter of a Western language begins that is read so."""

_SMALL_LATIN: Final = _LATIN.lower()


def _meant(name: str) -> str | None:
    """The name as it was before UTF-8 was read as Windows-1252 or Latin-1; None if it was not.

    No letter of a Western language stands for a continuation byte in such a text but Š, Ž, Œ and Ÿ,
    so a real name has none where it counts. What remains are typographic signs behind a capital
    ("JOSÉ–MARIA"): they tell of a wrong encoding only where a Latin letter or another sign comes
    out.
    """
    # An ellipsis at the end says that the sender's system cut the name: GALVÃ… is no GALVÅ.
    found = _MISREAD.findall(name.rstrip(" \N{HORIZONTAL ELLIPSIS}"))
    read = {misread: meant for misread in found if (meant := _decoded(misread))}
    certain = any(len(misread) > 2 or misread[0].upper() in _LATIN for misread in read)
    if not certain and sum(map(str.isalpha, read.values())) < 2:
        return None
    for misread, meant in read.items():
        name = name.replace(misread, meant)
    return name


def _decoded(sequence: str) -> str | None:
    if sequence[0] in _SMALL_LATIN and len(sequence) == 2:
        sequence = sequence[0].upper() + sequence[1]
    try:
        return bytes(map(_BYTE.__getitem__, sequence)).decode("utf-8")
    except UnicodeDecodeError:
        return None
