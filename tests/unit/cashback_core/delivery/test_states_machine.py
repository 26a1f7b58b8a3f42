"""Attempts, the reaper, operators and late answers in any order: what must hold all the while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    Outcome,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.delivery.states import (
    TRANSITIONS,
    Actor,
    Conclusion,
    Delivery,
    DeliveryPolicy,
    Ended,
    Status,
    conclude,
)

POLICY = DeliveryPolicy(
    deadline_s=10, lease_s=30, backoff_base_s=2, backoff_max_s=60, give_up_s=600
)
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Applied()),
    st.just(NeverSent()),
    st.just(Refused()),
    st.just(Misconfigured()),
    st.builds(RefusedForNow, st.none() | st.floats(0, 10_000)),
    st.builds(Unknown, st.none() | st.just("201 for another document")),
)


class CashbackMachine(RuleBasedStateMachine):
    """One cashback, moved by everybody who may; `ends` holds what became of each attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.open_since_at = self.now
        self.status: Status | None = None
        self.due_at: datetime | None = None
        self.deliverers: list[Actor] = []
        self.ends: dict[int, Outcome] = {}
        self.proved_by_hand = False
        self.incidents: list[str] = []

    def move(self, to: Status, actor: Actor, *, due_at: datetime | None = None) -> None:
        assert (self.status, to, actor) in TRANSITIONS, f"{self.status} > {to} by {actor}"
        self.status, self.due_at = to, due_at

    def claim(self, actor: Actor) -> None:
        self.deliverers.append(actor)
        self.move(Status.SENDING, actor)

    def end(self, number: int, outcome: Outcome, chance: float = 0.0) -> Conclusion:
        assert self.status is not None
        ended = Ended(
            attempt=number,
            outcome=outcome,
            at=self.now,
            chance=chance,
            deliverer=self.deliverers[number - 1],
        )
        delivery = Delivery(
            status=self.status, attempt=self.latest, open_since_at=self.open_since_at
        )
        conclusion = conclude(delivery, ended, POLICY)
        self.ends[number] = outcome
        if conclusion.incident is not None:
            self.incidents.append(conclusion.incident)
        if conclusion.move is not None:
            self.move(conclusion.move.to, conclusion.move.actor, due_at=conclusion.move.due_at)
        return conclusion

    @property
    def latest(self) -> int:
        return len(self.deliverers)

    @initialize(with_lease=st.booleans())
    def accept(self, with_lease: bool) -> None:  # noqa: FBT001
        self.move(Status.PENDING, Actor.API, due_at=self.now)
        if with_lease:
            self.claim(Actor.API)

    @rule(seconds=st.sampled_from([0.001, 5, 40, 700]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.status is Status.PENDING and self.due_at <= self.now)
    @rule()
    def worker_claims(self) -> None:
        self.claim(Actor.WORKER)

    @precondition(lambda self: self.status is Status.SENDING)
    @rule()
    def lease_runs_out(self) -> None:
        self.move(Status.IN_DOUBT, Actor.REAPER)

    @precondition(lambda self: len(self.ends) < self.latest)
    @rule(data=st.data(), outcome=OUTCOMES, chance=st.floats(0, 1, exclude_max=True))
    def an_attempt_ends(self, data: st.DataObject, outcome: Outcome, chance: float) -> None:
        still_open = [n for n in range(1, self.latest + 1) if n not in self.ends]
        number = data.draw(st.sampled_from(still_open))
        before = self.status
        conclusion = self.end(number, outcome, chance)
        if conclusion.move is None:
            told = conclusion.incident is not None or before is Status.APPLIED
            assert not isinstance(outcome, Applied) or told, "no 201 passes unseen"
            return
        move = conclusion.move
        assert number == self.latest, "an older attempt never moves anything"
        assert move.to not in {before, Status.SENDING, Status.CANCELLED, Status.NOT_DUE}
        assert (move.to is Status.APPLIED) == isinstance(outcome, Applied)
        if move.to is Status.HELD:
            assert self.now - self.open_since_at >= timedelta(seconds=POLICY.give_up_s)
            assert isinstance(outcome, NeverSent | RefusedForNow)
        if move.to is Status.PENDING:
            assert move.due_at is not None
            longest = max(POLICY.backoff_max_s, POLICY.retry_after_max_s)
            assert self.now <= move.due_at <= self.now + timedelta(seconds=longest)
        else:
            assert move.due_at is None

    @precondition(lambda self: self.status in {Status.HELD, Status.REJECTED, Status.IN_DOUBT})
    @rule()
    def operator_resends(self) -> None:
        self.open_since_at = self.now
        self.move(Status.PENDING, Actor.OPERATOR, due_at=self.now)

    @precondition(lambda self: self.status in {Status.HELD, Status.REJECTED, Status.PENDING})
    @rule()
    def operator_cancels(self) -> None:
        self.move(Status.CANCELLED, Actor.OPERATOR)

    @precondition(lambda self: self.status is Status.IN_DOUBT)
    @rule(applied=st.booleans())
    def settler_decides(self, applied: bool) -> None:  # noqa: FBT001
        if applied:
            self.proved_by_hand = True
            self.move(Status.APPLIED, Actor.SETTLER)
        else:
            self.open_since_at = self.now
            self.move(Status.PENDING, Actor.SETTLER, due_at=self.now)

    @invariant()
    def applied_is_proved(self) -> None:
        if self.status is Status.APPLIED:
            last = self.ends.get(self.latest)
            assert self.proved_by_hand or isinstance(last, Applied)

    @invariant()
    def a_201_of_the_latest_attempt_counts_unless_it_was_cancelled(self) -> None:
        if isinstance(self.ends.get(self.latest), Applied):
            assert self.status in {Status.APPLIED, Status.CANCELLED}

    @invariant()
    def every_201_is_an_application_or_an_incident(self) -> None:
        paid = sum(isinstance(outcome, Applied) for outcome in self.ends.values())
        known = len(self.incidents) + (self.status is Status.APPLIED)
        assert paid <= known

    @invariant()
    def it_is_due_exactly_while_pending(self) -> None:
        assert (self.due_at is not None) == (self.status is Status.PENDING)


TestCashbackMachine = CashbackMachine.TestCase
TestCashbackMachine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


Step = str | tuple[int, Outcome]


def run(*steps: Step) -> CashbackMachine:
    """The machine after named rules in this order; (n, outcome) ends attempt n."""
    machine = CashbackMachine()
    machine.move(Status.PENDING, Actor.API, due_at=machine.now)
    for step in steps:
        if isinstance(step, tuple):
            machine.end(*step)
        else:
            getattr(machine, step)()
    return machine


ONCE: Final = ("worker_claims", "lease_runs_out")
RESENT: Final = (*ONCE, "operator_resends")
TWICE: Final = (*RESENT, "worker_claims")


@pytest.mark.parametrize(
    ("steps", "status", "incidents"),
    [
        # An operator resent what was in doubt; then the first attempt's 201 came after all.
        ((*TWICE, (1, Applied())), Status.SENDING, 1),
        ((*TWICE, (1, Applied()), (2, Applied())), Status.APPLIED, 1),
        ((*TWICE, (2, Applied()), (1, Applied())), Status.APPLIED, 1),
        ((*TWICE, (2, Refused()), (1, Applied())), Status.REJECTED, 1),
        ((*TWICE, "lease_runs_out", (1, Applied())), Status.IN_DOUBT, 1),
        ((*TWICE, "lease_runs_out", (1, NeverSent())), Status.IN_DOUBT, 0),
        ((*TWICE, (2, NeverSent()), (1, Applied())), Status.PENDING, 1),
        ((*TWICE, (2, Refused()), "operator_cancels", (1, Applied())), Status.CANCELLED, 1),
        # The latest attempt's own 201, later than everybody thought.
        ((*ONCE, (1, Applied())), Status.APPLIED, 0),
        ((*RESENT, (1, Applied())), Status.APPLIED, 0),
        ((*RESENT, "operator_cancels", (1, Applied())), Status.CANCELLED, 1),
        # The reaper was first; its own deliverer then tells that nothing was sent, or was refused.
        ((*ONCE, (1, NeverSent())), Status.PENDING, 0),
        ((*ONCE, (1, Refused())), Status.REJECTED, 0),
        ((*ONCE, (1, Unknown())), Status.IN_DOUBT, 0),
        ((*ONCE, (1, Unknown("foreign"))), Status.IN_DOUBT, 1),
        # A refusal that comes when an operator has already sent it back moves nothing.
        ((*RESENT, (1, Refused())), Status.PENDING, 0),
        ((*RESENT, (1, Unknown())), Status.PENDING, 0),
    ],
)
def test_late_ends_in_directed_orders(
    steps: tuple[Step, ...], status: Status, incidents: int
) -> None:
    machine = run(*steps)
    assert machine.status is status
    assert len(machine.incidents) == incidents
