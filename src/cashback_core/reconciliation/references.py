"""Our reference as a provider may spell it: an id, whatever was done to its letters."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FRAGMENT: Final = 8
"""Hex digits from which on a part of an id may stand for it: enough to keep a doubt in doubt."""

PREFIX: Final = 16
"""Hex digits from which on the beginning of an id stands for it, given its customer and amount."""

_GAP: Final = r"[^0-9a-z]{0,3}"
_SPELT: Final = re.compile(
    r"(?<![0-9a-z])([0-9a-f]{8})"
    + "".join(rf"{_GAP}([0-9a-f]{{{n}}})" for n in (4, 4, 4, 12))
    + r"(?![0-9a-z])"
)
_RUN: Final = re.compile(r"[0-9a-f]+")
_SEPARATORS: Final = re.compile(r"[^0-9a-z]+")
_ID: Final = re.compile(r"[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}")


def id_in(reference: str | None) -> str | None:
    """The one id that a reference spells, as 32 lower-case hex digits; None if there is none.

    Case, dashes, blanks, braces, prefixes and padding do not matter. Two ids, or one that could
    be read in two ways, are none: nobody can tell which was meant.
    """
    if reference is None:
        return None
    text = unicodedata.normalize("NFKC", reference).lower()
    spelt = {"".join(match.groups()) for match in _SPELT.finditer(text)}
    if spelt:
        return spelt.pop() if len(spelt) == 1 else None
    found = {one for run in _RUN.findall(_SEPARATORS.sub("", text)) for one in _ids_within(run)}
    return found.pop() if len(found) == 1 else None


def _ids_within(run: str) -> set[str]:
    """The ids that a run of hex digits may be, zeros before or after it taken for padding."""
    first, before, last, after = run[:32], run[:-32], run[-32:], run[32:]
    if not after.strip("0") and _ID.fullmatch(first):
        return {first}
    if not before.strip("0") and _ID.fullmatch(last):
        return {last}
    return {
        run[start : start + 32]
        for start in range(len(run) - 31)
        if _ID.fullmatch(run, start, start + 32)
    }


def names(reference: str | None, hex_id: str) -> bool:
    """Whether a reference spells an id, or its beginning, for one whose customer and amount match.

    Of several runs of hex digits the longest is meant.
    """
    whole = id_in(reference)
    if whole is not None:
        return whole == hex_id
    longest = max(fragments_in(reference), key=len, default="")
    return len(longest) >= PREFIX and hex_id.startswith(longest)


def fragments_in(reference: str | None) -> set[str]:
    """Every run of hex digits in a reference, in its words and across them, of FRAGMENT or more."""
    if reference is None:
        return set()
    text = unicodedata.normalize("NFKC", reference).lower()
    words = (*_SEPARATORS.split(text), _SEPARATORS.sub("", text))
    return {run for word in words for run in _RUN.findall(word) if len(run) >= FRAGMENT}


def parts_in(reference: str | None) -> set[str]:
    """What in a reference may stand for an id: its runs of hex digits, of long ones both ends, too.

    Of a whole id that is nobody's the beginning and the end count: a digit of it may be wrong.
    """
    runs = fragments_in(reference)
    return runs | {end for run in runs for end in (run[:PREFIX], run[-PREFIX:])}


class PartsOf:
    """Finds which of many ids a reference may be what is left of; memory: some kB for each id."""

    def __init__(self, hex_ids: Iterable[str]) -> None:
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        for hex_id in hex_ids:
            for gram in _grams(hex_id):
                self._ids[gram].append(hex_id)

    def named_by(self, reference: str | None) -> set[str]:
        """Those of which `is_part_of` is true: a part and its id have FRAGMENT digits in common."""
        return {
            hex_id
            for part in parts_in(reference)
            for gram in _grams(part)
            for hex_id in self._ids.get(gram, ())
            if part in hex_id or hex_id in part
        }


def _grams(text: str) -> Iterator[str]:
    return (text[start : start + FRAGMENT] for start in range(len(text) - FRAGMENT + 1))


def is_part_of(reference: str | None, hex_id: str) -> bool:
    """Whether a reference may be what is left of an id: a part of it, or it among other text."""
    return any(part in hex_id or hex_id in part for part in parts_in(reference))
