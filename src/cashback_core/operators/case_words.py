"""What a case is about, its state and what happened to it, in words of a person's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.operators.cases import CaseKind
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.three_sides import ErpClass, WhyDiffers
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashback_core.operators.cases import Case, CaseEventKind, CaseState
    from cashback_core.words.locales import Language

_WHYS = frozenset(map(str, WhyDiffers))


def case_words(language: Language, one: Case) -> str:
    """What a case is: of an incident its class, of a difference why both sides differ."""
    if is_counted_elsewhere(one):
        return phrase(language, "reversal.other_line")
    if one.kind is CaseKind.INCIDENT:
        return phrase(language, f"finding.{one.cls}")
    return difference_words(language, one.cls, one.why.split(", "))


def is_counted_elsewhere(one: Case) -> bool:
    """Whether it is the other line of a reversal, whose money is at stake with the first."""
    return one.kind is CaseKind.INCIDENT and one.cls == FindingClass.REVERSED and not one.centavos


def difference_words(language: Language, cls: str, whys: Iterable[str]) -> str:
    """What a difference is, and why, where it can be told; a `why` of no kind is left out."""
    whys = list(whys)
    told = [phrase(language, f"why.{why}") for why in whys if why in _WHYS]
    if cls == ErpClass.DIFFERS and told:
        return "; ".join(told)
    what = phrase(language, f"difference.{cls}")
    masked = phrase(language, f"why.{WhyDiffers.MASKED}")
    return f"{what}; {masked}" if WhyDiffers.MASKED in whys else what


def state_words(language: Language, state: CaseState) -> str:
    """Whose a case is now."""
    return phrase(language, f"case.state.{state}")


def event_words(language: Language, what: CaseEventKind) -> str:
    """What happened to a case."""
    return phrase(language, f"case.event.{what}")
