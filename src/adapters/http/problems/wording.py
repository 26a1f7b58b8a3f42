"""How texts for API users are written down: always in every language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cashback_core.words.messages import Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Words(NamedTuple):
    """What a problem is called, and what its reader can do about it."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of problem: its status and its words."""

    status: int
    words: Mapping[Language, Words]


def kind(status: int, en: tuple[str, str], pt: tuple[str, str]) -> Kind:
    """A problem in both languages: title and detail."""
    return Kind(status, {Language.EN: Words(*en), Language.PT: Words(*pt)})


def fault(en: tuple[str, str], pt: tuple[str, str]) -> Mapping[Language, Text]:
    """A fault in both languages: what is wrong, and what would have been right."""
    return {Language.EN: Text(*en), Language.PT: Text(*pt)}
