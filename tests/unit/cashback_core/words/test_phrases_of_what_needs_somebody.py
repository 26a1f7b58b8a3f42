"""Every value that a person reads of cases, differences, incidents and files has words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cashback_core import Language, languages
from cashback_core.operators.case_words import case_words, difference_words
from cashback_core.operators.cases import Case, CaseEventKind, CaseKind, CaseState
from cashback_core.operators.resolution_lines import LineFault
from cashback_core.operators.resolution_plans import LineRefusal
from cashback_core.reconciliation.files import FileState, FileTopic
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.three_sides import ErpClass, WhyDiffers
from cashback_core.values.ids import new_id
from cashback_core.words.locales import phrases

if TYPE_CHECKING:
    from enum import StrEnum

SAID: dict[str, tuple[type[StrEnum], ...]] = {
    "finding": (FindingClass,),
    "difference": (ErpClass,),
    "why": (WhyDiffers,),
    "case.kind": (CaseKind,),
    "case.state": (CaseState,),
    "case.event": (CaseEventKind,),
    "resolution": (LineFault, LineRefusal),
    "file.state": (FileState,),
    "file.topic": (FileTopic,),
}


@pytest.mark.parametrize("topic", SAID)
@pytest.mark.parametrize("language", languages())
def test_every_value_has_a_phrase_and_no_phrase_is_of_no_value(
    language: Language, topic: str
) -> None:
    wanted = {f"{topic}.{value}" for kind in SAID[topic] for value in kind}
    assert {name for name in phrases(language) if name.rpartition(".")[0] == topic} == wanted


@pytest.mark.parametrize("language", languages())
def test_a_case_is_said_in_words_whatever_it_is_of(language: Language) -> None:
    said = phrases(language)
    one = Case(
        id=new_id(),
        kind=CaseKind.INCIDENT,
        cls="unknown_here",
        merchant=None,
        cashback_id=None,
        centavos=777,
        why="no cashback explains it",
        opened_at=datetime(2026, 6, 15, 15, tzinfo=UTC),
    )
    assert case_words(language, one) == said["finding.unknown_here"]
    first = replace(one, cls="reversed")
    assert case_words(language, first) == said["finding.reversed"]
    assert case_words(language, replace(first, centavos=0)) == said["reversal.other_line"]
    both = [said["why.rounding"], said["why.total"]]
    assert difference_words(language, "differs", ("rounding", "total")) == "; ".join(both)
    assert difference_words(language, "differs", ()) == said["difference.differs"]
    assert difference_words(language, "told_twice", ("duplicate",)) == said["difference.told_twice"]
    masked = f"{said['difference.not_told']}; {said['why.masked']}"
    assert difference_words(language, "not_told", ("masked",)) == masked
