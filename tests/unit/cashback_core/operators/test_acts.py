from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import TRANSITIONS, Actor, Delivery, Status
from cashback_core.operators.acts import (
    TARGETS,
    Act,
    ActKind,
    Circumstances,
    Granted,
    NotCreditedThere,
    NotFromHere,
    NotYours,
    RiskNotAccepted,
    goes_with,
    is_same_name,
    operate,
)
from cashback_core.operators.open_cashbacks import (
    MAX_AT_ONCE,
    MeantChanged,
    Tally,
    TooMany,
    may_act_on_all,
    token_of,
)
from cashback_core.values.reasons import ReasonFault, why_no_reason

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)
RESEND = Act(kind=ActKind.RESEND, by="ana", reason="the outage is over")

GOES_WITH = {
    ActKind.RESEND: {Status.REJECTED, Status.IN_DOUBT, Status.HELD},
    ActKind.CANCEL: {Status.UNCONFIRMED, Status.PENDING, Status.REJECTED, Status.HELD},
    ActKind.MARK_APPLIED: {Status.IN_DOUBT, Status.HELD, Status.REJECTED},
    ActKind.MARK_REJECTED: {Status.IN_DOUBT},
    ActKind.TAKE_BACK: {Status.APPLIED, Status.REJECTED},
}
EVIDENT = Circumstances(credited=True, suspected=True, marked_by="bia")
"""In which whatever the table of moves lists is granted to somebody who accepts the risk."""


def at(status: Status) -> Delivery:
    return Delivery(status=status, attempt=3, open_since_at=SINCE)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", ActKind)
def test_an_act_is_granted_from_the_listed_statuses_and_refused_from_all_others(
    kind: ActKind, status: Status
) -> None:
    act = replace(RESEND, kind=kind, accept_risk=True)
    decision = operate(at(status), act, NOW, EVIDENT)
    if status in GOES_WITH[kind]:
        assert isinstance(decision, Granted)
        assert (status, decision.move.to, Actor.OPERATOR) in TRANSITIONS
        assert decision.move.to is TARGETS[kind]
        assert (decision.move.actor, decision.move.reason) == (Actor.OPERATOR, act.reason)
    else:
        assert isinstance(decision, NotFromHere)
        assert decision.status is status
        assert set(decision.allowed) == GOES_WITH[kind] == set(goes_with(kind))


def test_every_move_of_an_operator_is_some_act() -> None:
    moves = {(source, target) for source, target, actor in TRANSITIONS if actor is Actor.OPERATOR}
    acts = {(source, TARGETS[kind]) for kind in ActKind for source in goes_with(kind)}
    assert acts == moves


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
@pytest.mark.parametrize("accept_risk", [False, True])
def test_what_is_surely_unpaid_is_resent_without_a_risk(
    status: Status,
    accept_risk: bool,  # noqa: FBT001 (a test's case)
) -> None:
    decision = operate(at(status), replace(RESEND, accept_risk=accept_risk), NOW)
    assert isinstance(decision, Granted)
    assert not decision.risk_accepted
    assert decision.move.due_at == NOW
    assert decision.open_since_at == NOW


def test_what_is_in_doubt_is_resent_only_by_who_accepts_the_risk() -> None:
    assert operate(at(Status.IN_DOUBT), RESEND, NOW) == RiskNotAccepted(1)
    accepted = operate(at(Status.IN_DOUBT), replace(RESEND, accept_risk=True), NOW)
    assert isinstance(accepted, Granted)
    assert accepted.risk_accepted
    assert accepted.move.to is Status.PENDING


def test_what_is_in_doubt_is_never_cancelled_whatever_is_accepted() -> None:
    act = replace(RESEND, kind=ActKind.CANCEL, accept_risk=True)
    assert isinstance(operate(at(Status.IN_DOUBT), act, NOW), NotFromHere)


@pytest.mark.parametrize("kind", sorted(set(ActKind) - {ActKind.RESEND}))
def test_only_resending_begins_a_new_try_and_takes_a_risk(kind: ActKind) -> None:
    for status in goes_with(kind):
        decision = operate(at(status), replace(RESEND, kind=kind, accept_risk=True), NOW, EVIDENT)
        assert isinstance(decision, Granted)
        assert decision.open_since_at == SINCE
        assert decision.move.due_at is None
        assert not decision.risk_accepted


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
def test_what_an_unexplained_line_could_be_is_resent_only_by_who_accepts_the_risk(
    status: Status,
) -> None:
    suspected = Circumstances(suspected=True)
    assert operate(at(status), RESEND, NOW, suspected) == RiskNotAccepted(1)
    accepted = operate(at(status), replace(RESEND, accept_risk=True), NOW, suspected)
    assert isinstance(accepted, Granted)
    assert accepted.risk_accepted


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
def test_what_is_held_or_rejected_is_marked_applied_only_while_it_is_credited_there(
    status: Status,
) -> None:
    act = replace(RESEND, kind=ActKind.MARK_APPLIED)
    suspected = Circumstances(suspected=True)
    refused = operate(at(status), act, NOW, suspected)
    assert refused is NotCreditedThere.NOT_CREDITED_THERE
    assert isinstance(operate(at(status), act, NOW, Circumstances(credited=True)), Granted)
    assert isinstance(operate(at(Status.IN_DOUBT), act, NOW), Granted)


@pytest.mark.parametrize("status", [Status.APPLIED, Status.REJECTED])
def test_a_mark_is_taken_back_by_another_operator_who_accepts_the_risk(status: Status) -> None:
    act = replace(RESEND, kind=ActKind.TAKE_BACK)
    assert operate(at(status), act, NOW) is NotYours.NO_MARK
    assert operate(at(status), act, NOW, Circumstances(marked_by="ana")) is NotYours.OWN
    by_bia = Circumstances(marked_by="bia")
    assert operate(at(status), act, NOW, by_bia) == RiskNotAccepted(1)
    granted = operate(at(status), replace(act, accept_risk=True), NOW, by_bia)
    assert isinstance(granted, Granted)
    assert granted.move.to is Status.IN_DOUBT
    assert not granted.risk_accepted, "nothing is sent by it"


@pytest.mark.parametrize("text", ["", " ", " x", "x ", "a\nb", "a\x00", "a\x1b[2J", "a\u202eb"])
def test_an_act_needs_a_plain_name_and_a_plain_reason(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        replace(RESEND, by=text)
    with pytest.raises(ValueError, match="reason"):
        replace(RESEND, reason=text)


@pytest.mark.parametrize("cpf", ["52998224725", "529.982.247-25", "529 982 247 25"])
def test_a_reason_that_is_kept_for_ever_holds_no_document(cpf: str) -> None:
    text = f"the customer {cpf} gave it back"
    assert why_no_reason(text) is ReasonFault.DOCUMENT
    with pytest.raises(ValueError, match="no CPF"):
        replace(RESEND, reason=text)
    assert why_no_reason("line 52998224726 of the statement") is None, "no CPF: wrong digits"
    assert why_no_reason(f" {text}") is ReasonFault.FORMAT


def test_names_and_reasons_have_a_longest_length() -> None:
    longest = Act(kind=ActKind.CANCEL, by="a" * 64, reason="é" * 500)
    with pytest.raises(ValueError, match="1 to 64"):
        replace(longest, by="a" * 65)
    with pytest.raises(ValueError, match="1 to 500"):
        replace(longest, reason="é" * 501)


TALLY = Tally(count=3, cashback_centavos=420, in_doubt=1, token="3fa1c2d0")


def test_acting_on_all_needs_the_token_of_what_was_looked_at() -> None:
    risky = replace(RESEND, accept_risk=True)
    assert may_act_on_all(TALLY, risky, token="3fa1c2d0") == TALLY
    for other in ("", "3fa1c2d1"):
        assert may_act_on_all(TALLY, risky, token=other) == MeantChanged(TALLY)


def test_a_token_names_an_act_and_each_cashback_at_its_version() -> None:
    first, second = UUID(int=1), UUID(int=2)
    token = token_of(ActKind.RESEND, [(first, 3), (second, 5)])
    assert token == token_of(ActKind.RESEND, [(second, 5), (first, 3)])
    assert re.fullmatch("[0-9a-f]{8}", token)
    others = [
        token_of(ActKind.CANCEL, [(first, 3), (second, 5)]),
        token_of(ActKind.RESEND, [(first, 3), (second, 6)]),
        token_of(ActKind.RESEND, [(first, 5), (second, 3)]),
        token_of(ActKind.RESEND, [(first, 3)]),
        token_of(ActKind.RESEND, []),
    ]
    assert len({token, *others}) == 6


def test_acting_on_all_needs_the_risk_accepted_when_any_is_in_doubt() -> None:
    assert may_act_on_all(TALLY, RESEND, token="3fa1c2d0") == RiskNotAccepted(1)
    certain = replace(TALLY, in_doubt=0)
    assert may_act_on_all(certain, RESEND, token="3fa1c2d0") == certain


def test_acting_on_all_has_a_limit() -> None:
    most = Tally(count=MAX_AT_ONCE, cashback_centavos=1, in_doubt=0)
    assert may_act_on_all(most, RESEND, token="") == most
    more = replace(most, count=MAX_AT_ONCE + 1)
    assert may_act_on_all(more, RESEND, token="") == TooMany(more)


@given(st.sampled_from(Status), st.sampled_from(ActKind), st.booleans())
def test_no_act_leads_out_of_the_final_states_or_touches_an_attempt_under_way(
    status: Status,
    kind: ActKind,
    accept_risk: bool,  # noqa: FBT001 (an example)
) -> None:
    final = {Status.NOT_DUE, Status.CANCELLED, Status.VOID, Status.SENDING}
    if kind is not ActKind.TAKE_BACK:
        final.add(Status.APPLIED)
    act = replace(RESEND, kind=kind, accept_risk=accept_risk)
    decision = operate(at(status), act, NOW, EVIDENT)
    assert isinstance(decision, NotFromHere) or status not in final


@dataclass(frozen=True, slots=True)
class Standing:
    """A cashback as far as operators' acts depend on it: its status, and whose mark that is."""

    status: Status
    marked_by: str | None = None


PERSONS = ("ana", "bia", " Ana\u00a0", "\uff41na")
UNMARKED_MOVES = {
    (source, target) for source, target, actor in TRANSITIONS if actor is not Actor.OPERATOR
}
"""What programs do: of what was a doubt they move by proof alone, or to `applied`."""


def reached_from_a_doubt(persons: Sequence[str], *, accept_risk: bool) -> set[Standing]:
    """All that acts of these persons make of a doubt, whatever statements and late answers say."""
    found, left = set[Standing](), [Standing(Status.IN_DOUBT)]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.add(one)
        if (one.status, Status.APPLIED) in UNMARKED_MOVES:
            left.append(Standing(Status.APPLIED))
        for kind, by in product(ActKind, persons):
            for credited, suspected in product((False, True), repeat=2):
                circumstances = Circumstances(
                    credited=credited, suspected=suspected, marked_by=one.marked_by
                )
                act = Act(kind=kind, by=by.strip(), reason="x", accept_risk=accept_risk)
                decision = operate(at(one.status), act, NOW, circumstances)
                if isinstance(decision, Granted) and not decision.risk_accepted:
                    left.append(Standing(decision.move.to, act.by))
    return found


def test_no_acts_without_the_risk_accepted_send_what_is_in_doubt() -> None:
    reached = {one.status for one in reached_from_a_doubt(PERSONS, accept_risk=False)}
    assert Status.PENDING not in reached, "a program would send it"
    assert reached >= {Status.IN_DOUBT, Status.REJECTED, Status.APPLIED, Status.CANCELLED}


def test_what_is_sent_out_of_a_doubt_has_its_risk_written_down() -> None:
    reached = {one.status for one in reached_from_a_doubt(PERSONS, accept_risk=True)}
    assert Status.PENDING not in reached, "all that resent it without it counts as an accepted risk"


@dataclass(frozen=True, slots=True)
class Doubted:
    """A cashback, and whether an attempt of it may have paid, which nothing has answered since.

    `at_risk` is what the store finds in its events, `marked` says that a person brought it there.
    """

    status: Status
    doubted: bool = True
    at_risk: bool = False
    marked: bool = False


def moved_by_programs(one: Doubted) -> set[Doubted]:
    """What attempts, late answers and statements make of it."""
    found = set[Doubted]()
    for source, target, actor in TRANSITIONS:
        if source is one.status and actor is not Actor.OPERATOR:
            # A late answer tells of the latest attempt alone.
            tells = actor is Actor.SETTLER or (actor is Actor.LATE_ANSWER and not one.at_risk)
            unpaid = source is Status.IN_DOUBT and tells and target is not Status.IN_DOUBT
            proved = source is Status.IN_DOUBT and actor is Actor.SETTLER
            found.add(
                Doubted(
                    target,
                    doubted=target is Status.IN_DOUBT or (one.doubted and not unpaid),
                    at_risk=one.at_risk and not (proved and target is not Status.APPLIED),
                )
            )
    return found


def moved_by_persons(one: Doubted) -> set[tuple[ActKind, Granted, Doubted]]:
    """What every act makes of it that is granted."""
    found = set[tuple[ActKind, Granted, Doubted]]()
    for kind, accept_risk, told in product(ActKind, (False, True), (False, True)):
        act = Act(kind=kind, by="ana", reason="x", accept_risk=accept_risk)
        circumstances = Circumstances(
            credited=told,
            suspected=told,
            marked_by="bia" if one.marked else None,
            at_risk=one.at_risk,
        )
        decision = operate(at(one.status), act, NOW, circumstances)
        if isinstance(decision, Granted):
            on_evidence = kind is ActKind.MARK_REJECTED
            after = Doubted(
                decision.move.to,
                doubted=kind is ActKind.TAKE_BACK or (one.doubted and not on_evidence),
                at_risk=(one.at_risk or decision.risk_accepted) and not on_evidence,
                marked=True,
            )
            found.add((kind, decision, after))
    return found


def test_no_sequence_of_acts_and_attempts_ends_unpaid_what_is_doubted_without_the_risk() -> None:
    seen, left = set[Doubted](), [Doubted(Status.IN_DOUBT)]
    cancelled = 0
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        left += moved_by_programs(one)
        for kind, granted, after in moved_by_persons(one):
            left.append(after)
            if kind is ActKind.CANCEL and one.doubted:
                cancelled += 1
                assert granted.risk_accepted, one
    assert cancelled, "whoever takes the risk may"
    assert Doubted(Status.CANCELLED, doubted=False, marked=True) in seen


def test_what_was_resent_at_a_risk_is_cancelled_only_at_that_risk() -> None:
    act, at_risk = replace(RESEND, kind=ActKind.CANCEL), Circumstances(at_risk=True)
    for status in GOES_WITH[ActKind.CANCEL]:
        assert operate(at(status), act, NOW, at_risk) == RiskNotAccepted(1)
        granted = operate(at(status), replace(act, accept_risk=True), NOW, at_risk)
        assert isinstance(granted, Granted)
        assert granted.risk_accepted


def test_one_person_under_whatever_spelling_takes_back_no_mark_of_theirs() -> None:
    spellings = ("ana", "ANA", "\uff41na", "\u1d2cna")
    for status, by, marked_by in product((Status.APPLIED, Status.REJECTED), spellings, spellings):
        act = Act(kind=ActKind.TAKE_BACK, by=by, reason="x", accept_risk=True)
        decision = operate(at(status), act, NOW, Circumstances(marked_by=marked_by))
        assert decision is NotYours.OWN


@given(st.sampled_from([Status.HELD, Status.REJECTED]), st.sampled_from(PERSONS))
def test_what_a_person_called_unpaid_is_resent_only_by_who_accepts_the_risk(
    status: Status, marked_by: str
) -> None:
    marked = Circumstances(marked_by=marked_by)
    assert operate(at(status), RESEND, NOW, marked) == RiskNotAccepted(1)
    accepted = operate(at(status), replace(RESEND, accept_risk=True), NOW, marked)
    assert isinstance(accepted, Granted)
    assert accepted.risk_accepted


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("operator-1", "Operator-1", True),
        ("ana", " ana ", True),
        ("ana  lima", "Ana Lima", True),
        ("stra\u00dfe", "STRASSE", True),
        ("\uff4f\uff50-1", "op-1", True),
        ("op-1", "op-2", False),
        ("ana", "anna", False),
        ("jos\u00e9", "jose", False),
    ],
)
def test_names_of_persons_are_one_without_case_blanks_and_width(
    one: str,
    other: str,
    same: bool,  # noqa: FBT001 (a test's case)
) -> None:
    assert is_same_name(one, other) is same
    assert is_same_name(other, one) is same
