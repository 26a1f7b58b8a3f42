"""Decisions about delivery: every status with every end, directed; times and their bounds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    Outcome,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.delivery.states import (
    CLOSED,
    DONE,
    ENDED,
    TRANSITIONS,
    Actor,
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Ended,
    Status,
    conclude,
)

POLICY = DeliveryPolicy()
START = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOMES: dict[str, Outcome] = {
    "applied": Applied(),
    "refused": Refused(),
    "never sent": NeverSent(),
    "refused for now": RefusedForNow(),
    "misconfigured": Misconfigured(),
    "unknown": Unknown(),
}

# What the end of the latest attempt does in each state: docs/delivery.md, written out once more.
ENDS: dict[tuple[str, str], str] = {
    ("sending", "applied"): "applied",
    ("sending", "refused"): "rejected",
    ("sending", "never sent"): "pending",
    ("sending", "refused for now"): "pending",
    ("sending", "misconfigured"): "pending",
    ("sending", "unknown"): "in_doubt",
    ("in_doubt", "applied"): "applied",
    ("in_doubt", "refused"): "rejected",
    ("in_doubt", "never sent"): "pending",
    ("in_doubt", "refused for now"): "pending",
    ("in_doubt", "misconfigured"): "pending",
    ("pending", "applied"): "applied",
    ("held", "applied"): "applied",
    ("rejected", "applied"): "applied",
}


def end(
    status: Status,
    outcome: Outcome,
    *,
    of: int = 1,
    latest: int = 1,
    after: timedelta = timedelta(0),
    deliverer: Actor = Actor.WORKER,
    chance: float = 0.5,
) -> Conclusion:
    delivery = Delivery(status=status, attempt=latest, open_since_at=START)
    at = START + after
    ended = Ended(attempt=of, outcome=outcome, at=at, chance=chance, deliverer=deliverer)
    return conclude(delivery, ended, POLICY)


@pytest.mark.parametrize(("status", "name"), list(product(Status, OUTCOMES)))
def test_the_end_of_the_latest_attempt(status: Status, name: str) -> None:
    conclusion = end(status, OUTCOMES[name])
    expected = ENDS.get((status.value, name))
    if expected is None:
        assert conclusion.move is None
    else:
        assert conclusion.move is not None
        assert conclusion.move.to == expected
        late = status is not Status.SENDING
        assert conclusion.move.actor is (Actor.LATE_ANSWER if late else Actor.WORKER)
        assert (status, conclusion.move.to, conclusion.move.actor) in TRANSITIONS
        assert (conclusion.move.due_at is not None) == (expected == "pending")
        assert conclusion.move.reason
    unsent = {Status.CANCELLED, Status.VOID, Status.UNCONFIRMED, Status.RECORDED}
    assert (conclusion.incident is not None) == (status in unsent and name == "applied")


@pytest.mark.parametrize(("status", "name"), list(product(Status, OUTCOMES)))
def test_the_end_of_an_older_attempt_moves_nothing(status: Status, name: str) -> None:
    conclusion = end(status, OUTCOMES[name], of=1, latest=2)
    assert conclusion.move is None
    assert (conclusion.incident is not None) == (name == "applied")


@pytest.mark.parametrize("status", Status)
def test_an_attempt_that_was_never_recorded_cannot_end(status: Status) -> None:
    with pytest.raises(ValueError, match="never recorded"):
        end(status, Applied(), of=2, latest=1)


@pytest.mark.parametrize(("status", "of"), list(product(Status, (1, 2))))
def test_an_incident_is_told_whatever_the_state(status: Status, of: int) -> None:
    assert end(status, Unknown("201 for another"), of=of, latest=2).incident == "201 for another"


def test_whoever_delivered_is_told() -> None:
    for deliverer in (Actor.API, Actor.WORKER):
        move = end(Status.SENDING, Applied(), deliverer=deliverer).move
        assert move is not None
        assert move.actor is deliverer


@pytest.mark.parametrize("outcome", [NeverSent(), RefusedForNow(), RefusedForNow(60.0)])
def test_it_is_given_up_after_a_day_and_not_before(outcome: Outcome) -> None:
    day = timedelta(seconds=POLICY.give_up_s)
    before = end(Status.SENDING, outcome, after=day - timedelta(microseconds=1)).move
    after = end(Status.SENDING, outcome, after=day).move
    assert before is not None
    assert after is not None
    assert (before.to, after.to) == (Status.PENDING, Status.HELD)
    assert after.due_at is None


def test_our_own_misconfiguration_is_never_given_up() -> None:
    move = end(Status.SENDING, Misconfigured(), after=timedelta(days=365)).move
    assert move is not None
    assert move.to is Status.PENDING


@pytest.mark.parametrize(
    ("asked_s", "waited_s"),
    [
        (60.0, 60.0),
        (0.0, POLICY.backoff_base_s),
        (-5.0, POLICY.backoff_base_s),
        (1.5, POLICY.backoff_base_s),
        (3600.0, 3600.0),
        (7200.0, 3600.0),
        (math.inf, 3600.0),
        (math.nan, POLICY.backoff_base_s),
    ],
)
@pytest.mark.parametrize("status", [Status.SENDING, Status.IN_DOUBT])
def test_the_providers_own_wait_is_kept_within_bounds(
    status: Status, asked_s: float, waited_s: float
) -> None:
    move = end(status, RefusedForNow(asked_s)).move
    assert move is not None
    assert move.due_at == START + timedelta(seconds=waited_s)


def test_without_a_wait_asked_for_the_backoff_counts() -> None:
    move = end(Status.SENDING, RefusedForNow(), of=3, latest=3, chance=0.25).move
    assert move is not None
    assert move.due_at == START + timedelta(seconds=0.25 * 2 * 2**3)


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_the_backoff_is_full_jitter_under_a_doubling_ceiling(attempt: int, chance: float) -> None:
    wait_s = POLICY.backoff_s(attempt=attempt, chance=chance)
    ceiling_s = min(900, 2 * 2 ** min(attempt, 20))
    assert wait_s == pytest.approx(ceiling_s * chance)
    assert 0 <= wait_s < ceiling_s or chance == 0


def test_it_is_sent_only_while_the_rest_of_the_lease_is_at_least_the_deadline() -> None:
    policy = DeliveryPolicy(deadline_s=10, lease_s=30)
    assert policy.may_send(lease_age_s=0)
    assert policy.may_send(lease_age_s=20)
    assert not policy.may_send(lease_age_s=20.001)
    assert not policy.may_send(lease_age_s=math.inf)
    assert not policy.may_send(lease_age_s=math.nan)


WRONG_POLICIES: list[dict[str, float]] = [
    {"deadline_s": 0},
    {"deadline_s": 30, "lease_s": 30},
    {"deadline_s": math.nan},
    {"lease_s": math.inf},
    {"backoff_base_s": 0},
    {"backoff_base_s": 901},
    {"backoff_max_s": math.inf},
    {"retry_after_max_s": 1},
    {"retry_after_max_s": math.inf},
    {"retry_after_max_s": math.nan},
    {"give_up_s": 0},
    {"give_up_s": math.inf},
    {"give_up_s": math.nan},
]


@pytest.mark.parametrize("times", WRONG_POLICIES)
def test_impossible_times_are_refused(times: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        DeliveryPolicy(**times)


def test_every_state_can_be_reached_and_only_final_ones_are_never_left() -> None:
    reached = {target for _, target, _ in TRANSITIONS}
    left = {source for source, _, _ in TRANSITIONS if source is not None}
    assert reached == set(Status)
    # What an operator marked applied another one may take back; nobody else moves it.
    final = {Status.NOT_DUE, Status.CANCELLED, Status.VOID, Status.RECORDED}
    assert set(Status) - left == final
    assert final | {Status.APPLIED} == ENDED
    assert ENDED - {Status.CANCELLED} == CLOSED > DONE


def test_nothing_becomes_history_and_history_becomes_nothing() -> None:
    moves = {move for move in TRANSITIONS if Status.RECORDED in move}
    assert moves == {(None, Status.RECORDED, Actor.API)}


def test_what_is_applied_is_left_by_an_operator_alone() -> None:
    applied = {move for move in TRANSITIONS if move[0] is Status.APPLIED}
    assert applied == {(Status.APPLIED, Status.IN_DOUBT, Actor.OPERATOR)}


def test_what_is_unconfirmed_is_confirmed_by_the_api_and_void_by_a_worker_alone() -> None:
    moves = {move[1:] for move in TRANSITIONS if move[0] is Status.UNCONFIRMED}
    assert moves == {
        (Status.PENDING, Actor.API),
        (Status.HELD, Actor.API),
        (Status.VOID, Actor.WORKER),
        (Status.CANCELLED, Actor.OPERATOR),
        (Status.APPLIED, Actor.SETTLER),
    }
    into = {(source, actor) for source, target, actor in TRANSITIONS if target is Status.VOID}
    assert into == {(Status.UNCONFIRMED, Actor.WORKER)}
    first = {(source, actor) for source, to, actor in TRANSITIONS if to is Status.UNCONFIRMED}
    assert first == {(None, Actor.API)}


def test_nothing_leads_from_doubt_or_an_end_to_sending() -> None:
    assert {source for source, target, _ in TRANSITIONS if target is Status.SENDING} == {
        Status.PENDING
    }
    assert (Status.SENDING, Status.PENDING, Actor.REAPER) not in TRANSITIONS
    assert not [t for t in TRANSITIONS if t[:2] == (Status.IN_DOUBT, Status.CANCELLED)]


@pytest.mark.parametrize(
    ("before", "status"), [(0, Status.PENDING), (1, Status.PENDING), (2, Status.HELD)]
)
def test_the_third_error_of_our_own_holds(before: int, status: Status) -> None:
    delivery = Delivery(
        status=Status.SENDING, attempt=before + 1, open_since_at=START, own_errors=before
    )
    ended = Ended(
        attempt=before + 1, outcome=OwnError(), at=START, chance=0.5, deliverer=Actor.WORKER
    )
    move = conclude(delivery, ended, POLICY).move
    assert move is not None
    assert move.to is status
    assert move.reason == (
        "our own code fails on it"
        if status is Status.HELD
        else "our own code failed before anything was sent"
    )


@pytest.mark.parametrize(("paused_h", "status"), [(2, Status.HELD), (3, Status.PENDING)])
def test_a_pause_is_taken_off_the_time_after_which_it_is_given_up(
    paused_h: int, status: Status
) -> None:
    delivery = Delivery(
        status=Status.SENDING,
        attempt=1,
        open_since_at=START,
        paused=timedelta(hours=paused_h),
    )
    ended = Ended(
        attempt=1,
        outcome=NeverSent(),
        at=START + timedelta(hours=26),
        chance=0.5,
        deliverer=Actor.WORKER,
    )
    move = conclude(delivery, ended, POLICY).move
    assert move is not None
    assert move.to is status
