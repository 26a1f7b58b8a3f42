"""What may be done to a case in which state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.operators.case_store import at_stake
from cashback_core.operators.cases import (
    AssignCase,
    AssignedToAnother,
    Case,
    CaseEventKind,
    CaseKind,
    CaseMove,
    CaseRefusal,
    CaseState,
    NoteCase,
    ResolveCase,
    work_on,
)

AT = datetime(2026, 6, 15, tzinfo=UTC)
CASE = Case(
    id=UUID(int=1),
    kind=CaseKind.INCIDENT,
    cls="unknown_here",
    merchant=None,
    cashback_id=None,
    centavos=700,
    why="no cashback explains it",
    opened_at=AT,
)
NAMES = st.sampled_from(["ana", "ANA", "bia", "caio"])


def _case(who: str | None, resolved_at: datetime | None, closed_at: datetime | None) -> Case:
    return replace(CASE, assigned_to=who, resolved_at=resolved_at, closed_at=closed_at)


CASES = st.builds(
    _case,
    st.none() | NAMES,
    st.sampled_from([None, AT]),
    st.sampled_from([None, AT]),
)
ACTS = (
    st.builds(
        AssignCase,
        by=NAMES,
        to=st.none() | NAMES,
        note=st.sampled_from([None, "x"]),
        take_over=st.booleans(),
    )
    | st.builds(NoteCase, by=NAMES, note=st.just("asked them"))
    | st.builds(ResolveCase, by=NAMES, reason=st.just("they take it back"))
)


@given(CASES, ACTS)
def test_an_act_is_told_as_one_event_or_changes_nothing(
    case: Case, act: AssignCase | NoteCase | ResolveCase
) -> None:
    decision = work_on(case, act, AT)
    anothers = (
        isinstance(act, AssignCase)
        and case.assigned_to not in {None, act.to}
        and str(case.assigned_to).lower() != act.by.lower()
    )
    if isinstance(act, AssignCase) and anothers and not act.take_over:
        assert isinstance(decision, AssignedToAnother | CaseRefusal)
    if isinstance(decision, CaseMove):
        if decision.event is None:
            assert decision.assigned_to == case.assigned_to
            return
        assert (decision.event.by, decision.event.at) == (act.by, AT)
        if case.state is CaseState.RESOLVED:
            assert decision.event.what is CaseEventKind.NOTED
        if decision.assigned_to != case.assigned_to:
            assert isinstance(act, AssignCase)
            assert decision.assigned_to == act.to == decision.event.assigned_to
    elif isinstance(decision, AssignedToAnother):
        assert isinstance(act, AssignCase)
        assert not act.take_over
        assert decision.to == case.assigned_to != act.to
        assert decision.to.lower() != act.by.lower()
    else:
        assert decision is CaseRefusal.RESOLVED
        assert case.state is CaseState.RESOLVED


@pytest.mark.parametrize(
    ("assigned_to", "resolved_at", "closed_at", "state"),
    [
        (None, None, None, CaseState.OPEN),
        ("ana", None, None, CaseState.ASSIGNED),
        ("ana", AT, None, CaseState.RESOLVED),
        (None, None, AT, CaseState.RESOLVED),
    ],
)
def test_whose_it_is_says_its_state(
    assigned_to: str | None,
    resolved_at: datetime | None,
    closed_at: datetime | None,
    state: CaseState,
) -> None:
    case = replace(CASE, assigned_to=assigned_to, resolved_at=resolved_at, closed_at=closed_at)
    assert case.state is state


@pytest.mark.parametrize(
    ("erp", "ours", "worth"), [(505, 500, 5), (500, 505, 5), (None, 9, 9), (9, None, 9)]
)
def test_a_difference_is_worth_what_both_sides_differ_by(
    erp: int | None, ours: int | None, worth: int
) -> None:
    assert at_stake(erp, ours) == worth
    assert at_stake(None, None) == 0
    totals = {"erp_total_centavos": 1_000, "our_total_centavos": 900}
    assert at_stake(erp, ours, **totals) == worth
    assert at_stake(None, None, **totals) == 1_000
    assert at_stake(None, None, our_total_centavos=900) == 900


@pytest.mark.parametrize("text", ["", " x", "x" * 501, "a\nb", "of 529.982.247-25"])
def test_what_is_kept_for_ever_is_plain_and_holds_no_cpf(text: str) -> None:
    for make in (
        lambda: NoteCase(by="ana", note=text),
        lambda: ResolveCase(by="ana", reason=text),
        lambda: AssignCase(by="ana", to="bia", note=text),
    ):
        with pytest.raises(ValueError, match="a reason"):
            make()


@pytest.mark.parametrize("name", ["", " ana", "x" * 65])
def test_who_acts_and_who_has_it_have_names(name: str) -> None:
    for by, to in ((name, "ana"), ("ana", name)):
        with pytest.raises(ValueError, match="name"):
            AssignCase(by=by, to=to)
