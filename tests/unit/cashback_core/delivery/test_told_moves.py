"""What the record tells of each move, to the letter: reconcilers read it for years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
    MAX_TIME_S,
    Actor,
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Ended,
    Move,
    Status,
    conclude,
)

POLICY = DeliveryPolicy()
START = datetime(2026, 1, 1, tzinfo=UTC)
DUE = START + timedelta(seconds=2)
"""Half of the backoff after a first attempt."""

PENDING: dict[str, Outcome] = {
    "never sent": NeverSent(),
    "the provider asked to come back later": RefusedForNow(),
    "our own code failed before anything was sent": OwnError(),
    "our address, credentials or method are refused": Misconfigured(),
}
TOLD: list[tuple[Status, Outcome, Move | None]] = [
    *(
        (before, outcome, Move(to=Status.PENDING, actor=actor, reason=reason, due_at=DUE))
        for before, actor in (
            (Status.SENDING, Actor.WORKER),
            (Status.IN_DOUBT, Actor.LATE_ANSWER),
        )
        for reason, outcome in PENDING.items()
    ),
    (
        Status.SENDING,
        Applied(),
        Move(to=Status.APPLIED, actor=Actor.WORKER, reason="the provider answered 201"),
    ),
    (
        Status.SENDING,
        Refused(),
        Move(to=Status.REJECTED, actor=Actor.WORKER, reason="the provider refused it for good"),
    ),
    (
        Status.SENDING,
        Unknown(),
        Move(to=Status.IN_DOUBT, actor=Actor.WORKER, reason="no certain answer"),
    ),
    (
        Status.SENDING,
        Unknown("201 for another document"),
        Move(to=Status.IN_DOUBT, actor=Actor.WORKER, reason="201 for another document"),
    ),
    (
        Status.IN_DOUBT,
        Refused(),
        Move(to=Status.REJECTED, actor=Actor.LATE_ANSWER, reason="refused, as was learnt late"),
    ),
    *(
        (
            before,
            Applied(),
            Move(
                to=Status.APPLIED,
                actor=Actor.LATE_ANSWER,
                reason="a late 201 of the latest attempt",
            ),
        )
        for before in (Status.IN_DOUBT, Status.PENDING, Status.HELD, Status.REJECTED)
    ),
]


def told(
    status: Status, outcome: Outcome, *, own_errors: int = 0, after_s: float = 0
) -> Conclusion:
    open_since = START - timedelta(seconds=after_s)
    delivery = Delivery(status=status, attempt=1, open_since_at=open_since, own_errors=own_errors)
    ended = Ended(attempt=1, outcome=outcome, at=START, chance=0.5, deliverer=Actor.WORKER)
    return conclude(delivery, ended, POLICY)


@pytest.mark.parametrize(("status", "outcome", "move"), TOLD)
def test_each_move_tells_who_made_it_and_why(
    status: Status, outcome: Outcome, move: Move | None
) -> None:
    assert told(status, outcome).move == move


def test_giving_up_tells_who_and_why() -> None:
    tired = told(Status.SENDING, NeverSent(), after_s=POLICY.give_up_s)
    assert tired.move == Move(
        to=Status.HELD, actor=Actor.WORKER, reason="given up after repeated attempts"
    )
    broken = told(Status.SENDING, OwnError(), own_errors=2)
    assert broken.move == Move(
        to=Status.HELD, actor=Actor.WORKER, reason="our own code fails on it"
    )


def test_a_payment_of_what_was_cancelled_is_an_incident_and_moves_nothing() -> None:
    assert told(Status.CANCELLED, Applied()) == Conclusion(incident="201 for a cancelled cashback")
    assert told(Status.VOID, Applied()) == Conclusion(incident="201 for a void cashback")
    unconfirmed = Conclusion(incident="201 for an unconfirmed cashback")
    assert told(Status.UNCONFIRMED, Applied()) == unconfirmed


def test_the_times_of_delivery_may_be_as_short_and_as_long_as_they_are_said_to_be() -> None:
    longest = MAX_TIME_S - 1
    DeliveryPolicy(deadline_s=0.5, lease_s=0.6, backoff_base_s=0.5, backoff_max_s=0.5)
    DeliveryPolicy(backoff_base_s=0.5, backoff_max_s=0.5, retry_after_max_s=0.5, give_up_s=0.5)
    DeliveryPolicy(retry_after_max_s=longest, give_up_s=longest)
    DeliveryPolicy(lease_s=longest, backoff_max_s=longest, retry_after_max_s=longest)


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({"deadline_s": 30.0}, "a lease must be longer than the deadline of a call"),
        (
            {"backoff_base_s": 0.0},
            "the backoff's base must be positive and at most its ceiling",
        ),
        (
            {"retry_after_max_s": MAX_TIME_S},
            "the longest Retry-After must be at least the backoff's base",
        ),
        ({"give_up_s": MAX_TIME_S}, "the times of delivery must be below 10000000.0 s"),
        ({"lease_s": MAX_TIME_S}, "the times of delivery must be below 10000000.0 s"),
        ({"backoff_max_s": MAX_TIME_S}, "the times of delivery must be below 10000000.0 s"),
    ],
)
def test_times_that_cannot_be_are_told(times: dict[str, float], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        replace(POLICY, **times)
