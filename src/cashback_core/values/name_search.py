"""Finding people by part of their name: accents and case do not count, words may be cut."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

MAX_WORDS: Final = 8
"""So many words of a name are enough for anybody; further ones are not looked at."""

_MARKS: Final = re.compile("[\u0300-\u036f]")
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(text: str) -> str:
    """A text without accents and without capitals of A to Z, its words one blank apart.

    No more than a database can do alike, whatever its locale.
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LOWER)
    return " ".join(plain.split(" ")).strip(" ")


def words_of(asked: str) -> tuple[str, ...]:
    """The folded words that are asked for, at most MAX_WORDS."""
    return tuple(word for word in folded(asked).split(" ") if word)[:MAX_WORDS]


def matches(name: str, asked: str) -> bool:
    """Whether each word that is asked for begins a word of the name, in whatever order."""
    words = folded(name).split(" ")
    return all(any(word.startswith(part) for word in words) for part in words_of(asked))
