from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import (
    Explanation,
    Meaning,
    NotExplained,
    OpenLine,
    StatementIncident,
    Suspect,
    may_be_credit_of,
    why_not_explained,
)

NOW: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
PRECEDES: Final = timedelta(days=2)
HELD: Final = Suspect(
    id=UUID("01900000-0000-7000-8000-0123456789ab"),
    document="52998224725",
    centavos=500,
    accepted_at=NOW - timedelta(hours=1),
    first_started_at=NOW,
)
ANOTHER: Final = UUID("01900001-0000-7abc-9000-ba9876543210")
FAR: Final = OpenLine(
    cls=FindingClass.UNKNOWN_HERE,
    cashback_id=None,
    has_line=True,
    document="11144477735",
    centavos=777,
    credited_at=NOW,
    reference=None,
)
"""Another customer's, of another amount."""


@pytest.mark.parametrize(
    ("changes", "may_be"),
    [
        ({}, False),
        ({"document": HELD.document}, True),
        ({"document": HELD.document, "cashback_id": ANOTHER}, True),
        ({"centavos": 500}, True),
        ({"centavos": 500, "cashback_id": ANOTHER, "cls": FindingClass.CREDITED_AGAIN}, False),
        ({"centavos": 500, "cashback_id": ANOTHER, "cls": FindingClass.ALTERED}, True),
        ({"cashback_id": HELD.id, "has_line": False}, True),
        ({"cashback_id": HELD.id, "credited_at": NOW - timedelta(days=9)}, True),
        ({"document": HELD.document, "has_line": False, "cashback_id": ANOTHER}, False),
        ({"document": HELD.document, "credited_at": None}, True),
        ({"document": HELD.document, "credited_at": NOW - PRECEDES}, True),
        ({"document": HELD.document, "credited_at": NOW - PRECEDES - timedelta(seconds=1)}, False),
        ({"cls": FindingClass.UNREADABLE, "document": None}, True),
        ({"cls": FindingClass.UNREADABLE, "centavos": 0}, True),
        ({"cls": FindingClass.UNREADABLE}, False),
        ({"reference": "0123456789ab"}, True),
        ({"reference": "NR 0123-4567-89AB …"}, True),
        ({"reference": "0123456"}, False),
        ({"reference": "0123-4567 of 99999999aaaa"}, True),
        ({"reference": f"{HELD.id.hex[:-1]}{'0' if HELD.id.hex[-1] != '0' else '1'}"}, True),
        ({"reference": f"77{HELD.id.hex}77"}, True),
        ({"reference": str(ANOTHER)}, False),
    ],
)
def test_a_line_that_nothing_explains_may_be_its_credit(
    changes: dict[str, Any],
    may_be: bool,  # noqa: FBT001 (a test's case)
) -> None:
    assert may_be_credit_of(replace(FAR, **changes), HELD, PRECEDES) is may_be


def test_of_one_never_tried_a_line_counts_by_its_acceptance() -> None:
    """A statement of dates alone tells its credit before that."""
    untried = replace(HELD, first_started_at=None)
    earliest_at = untried.accepted_at - PRECEDES
    line = replace(FAR, document=HELD.document)
    assert may_be_credit_of(replace(line, credited_at=earliest_at), untried, PRECEDES)
    before = replace(line, credited_at=earliest_at - timedelta(seconds=1))
    assert not may_be_credit_of(before, untried, PRECEDES)


LINE: Final = StatementIncident(
    id=UUID(int=1),
    cls=FindingClass.UNKNOWN_HERE,
    merchant=None,
    cashback_id=None,
    document="***.***.***-**",
    centavos=500,
    line=7,
    line_key="0" * 32,
    credited_at=NOW,
    reference=None,
    why="no cashback explains it",
    opened_at=NOW,
    statement_at=NOW,
)
ABSENT: Final = replace(
    LINE, cls=FindingClass.APPLIED_ABSENT, line=None, line_key=None, cashback_id=ANOTHER
)
BARRED: Final = replace(ABSENT, cls=FindingClass.DOUBT_UNDECIDED)
FOREIGN: Final = Explanation(meaning=Meaning.FOREIGN, by="ana", reason="their own campaign")
OURS: Final = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=ANOTHER)
KNOWN: Final = replace(FOREIGN, meaning=Meaning.KNOWN_ABSENT)


@pytest.mark.parametrize(
    ("incident", "explanation", "why"),
    [
        (LINE, FOREIGN, None),
        (LINE, OURS, None),
        (LINE, KNOWN, NotExplained.NOT_ABSENT),
        (ABSENT, KNOWN, None),
        (ABSENT, FOREIGN, NotExplained.NOT_A_LINE),
        (ABSENT, OURS, NotExplained.NOT_A_LINE),
        (BARRED, OURS, NotExplained.NOT_A_LINE),
        (BARRED, KNOWN, NotExplained.NOT_ABSENT),
        (replace(LINE, closed_at=NOW), FOREIGN, NotExplained.CLOSED),
        (replace(ABSENT, closed_at=NOW), KNOWN, NotExplained.CLOSED),
    ],
)
def test_what_is_said_must_go_with_the_incident(
    incident: StatementIncident, explanation: Explanation, why: NotExplained | None
) -> None:
    assert why_not_explained(incident, explanation) is why


@pytest.mark.parametrize(
    "changes",
    [
        {"by": ""},
        {"by": "x" * 65},
        {"reason": " "},
        {"reason": "a\nb"},
        {"cashback_id": ANOTHER},
        {"meaning": Meaning.OURS},
        {"meaning": Meaning.KNOWN_ABSENT, "cashback_id": ANOTHER},
    ],
)
def test_an_explanation_has_a_name_a_reason_and_a_cashback_only_for_a_line_of_ours(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"has 1 to|is named exactly"):
        replace(FOREIGN, **changes)
