"""What a verification tells: of each chain how far it holds, of all of it what was not checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.closing.chain import BadLink, Link
    from cashback_core.closing.day import Amount
    from cashback_core.closing.lines import LinesHead


class Verdict(StrEnum):
    """What comes of it all."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNPROVEN = "unproven"


class KeysTrusted(StrEnum):
    """Why the keys were trusted that closes were verified by."""

    STATED = "stated"
    """Somebody stated them, who has them another way."""
    AS_GIVEN = "as_given"
    """They stood in a file that was given, which anybody may have made."""
    NONE = "none"
    """There were none, and no signature was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """One owner's closes, up to the first bad one."""

    owner: str | None
    links: tuple[Link, ...]
    bad: BadLink | None
    lines_days: int
    lines: int

    @property
    def good(self) -> tuple[Link, ...]:
        """Those before the first bad one, each number once."""
        end = self.bad.number if self.bad is not None else None
        return tuple(link for link in self.links if end is None or link.number < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLines:
    """Lines of a person who was shown: of which day, how many, of which cashbacks."""

    document: str
    head: LinesHead
    lines: int
    cashbacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """What was not checked, as the phrase `unchecked.<code>`."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found, and what was not looked at."""

    verdict: Verdict
    keys: KeysTrusted
    chains: tuple[ChainReport, ...]
    unknown_heads: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    persons: tuple[PersonLines, ...]
    unchecked: tuple[Unchecked, ...]


def owed_at_the_end(chain: ChainReport) -> Amount | None:
    """What a merchant owed after the last good close."""
    good = chain.good
    signed = good[-1].signed if good else None
    day = signed.close.of_merchant if signed is not None else None
    return None if day is None else day.liability.closing
