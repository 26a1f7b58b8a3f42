"""One simulated world: built from a seed, run through its faults, then left to come to rest."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.provider import CreditRequest, UnsendablePayment
from cashback_core.delivery.states import Status
from cashback_core.intake.confirmation import Confirmed
from cashback_core.operators.acts import TARGETS, Act, ActKind
from simulation.closed_days import unclosed, wrong_in_the_end
from simulation.closer import CloserNode
from simulation.database import SimulatedDatabase, at_once
from simulation.days import ZONES
from simulation.desk import LATEST_SECOND_S
from simulation.erp import CUSTOMERS, Erp, make_sales
from simulation.invariants import OPEN, violations
from simulation.link import Faults
from simulation.mix import MARGIN, POLICY, STATEMENT_LAG_S, draw, instant, rules_of
from simulation.person import Person
from simulation.processes import ApiNode, Balancer, Node, Surroundings, WorkerNode
from simulation.provider import LyingProvider
from simulation.settling import decided, lines_of, taken
from simulation.slowness import LONGEST_S, DaysMix, Slowness
from simulation.terms import TERMS
from simulation.untold import misplaced, untold
from simulation.virtual_loop import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from cashback_core.testing.memory_rows import Row
    from simulation.erp import Sending

PHASE_S: Final = 60.0
LOOK_S: Final = 20.0
"""How often a person looks at what stands open once somebody has complained."""

COMPLAINT_S: Final = 200.0
"""Longer than the settler's margin: nobody may be paid twice while no person looks."""

MAX_TALKS: Final = 10
"""After so many rounds of telling and explaining a person has had enough."""

REST_S: Final = 900.0
"""Within this time everything must have ended once the faults have: margin, lease, backoff,
breaker and a few statements."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one seed; equal seeds give equal digests."""

    seed: int
    violations: list[str] = field(default_factory=list[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    rested_s: float = 0.0
    digest: str = ""


class World:
    """Everything that there is, made of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.mix = draw(self.random)
        self.days = DaysMix.of(seed)
        slowness = Slowness(self.days.slow, self.days.random) if self.days.slow else None
        self.loop = VirtualLoop()
        self.faults = Faults(self.mix, self.random, slowness=slowness)
        self.database = SimulatedDatabase(
            TERMS,
            now=lambda: instant(self.loop.time()),
            settling=rules_of(self.mix),
            day=self.days.day,
        )
        self.provider = LyingProvider(self.loop, self.random, self.mix)
        self.provider.on_receipt = self._on_receipt
        self.provider.desk.known = self.database.known_payments
        self.provider.desk.customers = CUSTOMERS[: self.mix.crowd]
        if self.mix.hanging:
            self.provider.hanging = CUSTOMERS[0]
        self._complained = False
        self.person = Person(self.database, self.provider.desk)
        self.found: list[str] = []
        self.errors = OwnErrors()
        around = Surroundings(
            loop=self.loop,
            random=self.random,
            mix=self.mix,
            faults=self.faults,
            database=self.database,
            provider=self.provider,
        )
        apis = (ApiNode("api-0", around), ApiNode("api-1", around))
        self.nodes: tuple[Node, ...] = (
            *apis,
            WorkerNode("worker-0", around),
            WorkerNode("worker-1", around),
        )
        self.closers = self._closers(around)
        self.sendings = make_sales(self.random, self.mix)
        balancer = Balancer(apis, self.random)
        erp = Erp(mix=self.mix, random=self.random, post=balancer.post, confirm=balancer.confirm)
        span_s = self.mix.phases * PHASE_S * 0.8
        for sending in self.sendings:
            self.loop.spawn(erp.send(sending, at_s=self.random.random() * span_s))
        self._plan_trouble()
        self._plan_days()

    def run(self) -> Outcome:
        """Faults first, then rest; every invariant after each phase and at the end."""
        try:
            rested_s = self._live()
        except Exception as error:  # noqa: BLE001 (whatever breaks is a finding, with its seed)
            self.found.append(f"crash: {error!r}")
            rested_s = 0.0
        return self._outcome(rested_s=rested_s)

    def _live(self) -> float:
        """Go through the phases; how long it took to come to rest."""
        for phase in range(1, self.mix.phases + 1):
            self.loop.run(phase * PHASE_S)
            if self._check(final=False):
                return 0.0
        self.faults.on = self.closers[0].around.faults.on = False
        self.provider.honest = True
        quiet_s = self.loop.time()
        longest_s = REST_S * (2 if self.mix.hanging else 1)
        while self.loop.time() < quiet_s + longest_s and not self._at_rest():
            self._complained = self.loop.time() - quiet_s > COMPLAINT_S
            self.loop.run(self.loop.time() + PHASE_S)
            if self._check(final=False):
                return 0.0
        rested_s = self.loop.time() - quiet_s
        self._reconcile_everything()
        if self.database.transactions.under_way:
            self.loop.run(self.loop.time() + LONGEST_S)
        self.found.extend(unclosed(self.database, quiet_s))
        self.found.extend(wrong_in_the_end(self.database, is_signed=self.seed % 10 == 0))
        self._check(final=True)
        return rested_s

    def _reconcile_everything(self) -> None:
        """The last word: all days, until a person has nothing more to explain."""
        if self.mix.again or self.mix.reversals or self.mix.foreign:
            self.loop.run(self.loop.time() + LATEST_SECOND_S + PHASE_S)
        else:
            self.loop.run(self.loop.time() + STATEMENT_LAG_S + MARGIN.clock_skew_s)
        for _ in range(MAX_TALKS):
            begun = at_once(self.database.begin())
            since = MARGIN.window_start(instant(0))
            told = [self.provider.desk.publish(since, begun.asked_at, honest=True)]
            lines = lines_of(told)
            reconciliation = taken(told, lines, self.database.settling, begun.explanations)
            book = at_once(self.database.book(since))
            run = decided(reconciliation, book, begun)
            self.found.extend(misplaced(run, lines, book))
            at_once(self.database.store(run))
            self.found.extend(self.database.ledger.wrong_in_the_end(run, lines))
            if not self.person.look():
                break
        self.found.extend(
            untold(
                self.database,
                self.provider.desk,
                echoes_reference=self.mix.echoes_reference,
            )
        )

    def close(self) -> None:
        """Forget everything that was still going on."""
        self.loop.close()

    def _at_rest(self) -> bool:
        told = not any(_is_waiting(sending) for sending in self.sendings)
        return told and not any(row.status in OPEN for row in self.database.rows.values())

    def _check(self, *, final: bool) -> bool:
        self.found.extend(
            violations(
                self.sendings,
                self.database,
                self.provider.ledger,
                echoes_reference=self.mix.echoes_reference,
                final=final,
            )
        )
        self.found.extend((*self.loop.errors, *self.faults.found, *self.errors.messages))
        self.found.extend(self.closers[0].around.faults.found)
        self.found.extend(self.database.found)
        self.found.extend(self.database.ledger.wrong())
        if final:
            unanswered = sum(_is_waiting(sending) for sending in self.sendings)
            if unanswered:
                self.found.append(f"10: {unanswered} ERPs never got a definite answer")
        return bool(self.found)

    def _on_receipt(self, payment: CreditRequest) -> None:
        """Invariant 7: what reaches the provider was committed before, as it is asked for."""
        for (_, id_), row in self.database.rows.items():
            if str(id_) == payment.reference:
                record = row.record
                if (
                    not row.attempts
                    or record.sale.document != payment.document
                    or record.cashback.cashback_centavos != payment.cashback_centavos
                ):
                    break
                return
        self.found.append(f"7: a request for {payment.reference} without a recorded attempt")

    def _plan_trouble(self) -> None:
        """Database crashes, poison and the operator, for as long as the faults are on."""
        mix, random = self.mix, self.random
        end_s = mix.phases * PHASE_S
        if mix.crash_every_s is not None:
            at_s = 0.0
            while (at_s := at_s + random.expovariate(1 / mix.crash_every_s)) < end_s:
                self.loop.outside(at_s, self._crash, 0.3 + random.random() * 8)
        if mix.operator_every_s is not None:
            at_s = 0.0
            while (at_s := at_s + random.expovariate(1 / mix.operator_every_s)) < end_s:
                self.loop.outside(at_s, self._operate)

        if mix.zone_changes:
            for merchant_id in TERMS:
                self.loop.outside(random.random() * end_s, self.database.move_zone, merchant_id)
        self.loop.outside(mix.person_every_s, self._look)
        if mix.pauses:
            at_s = random.random() * end_s * 0.8
            lasts_s = min(random.random() * 200, end_s - at_s)
            self.loop.outside(at_s, self._switch, self.database.switch.pause)
            self.loop.outside(at_s + lasts_s, self._switch, self.database.switch.release)

    def _closers(self, around: Surroundings) -> tuple[CloserNode, ...]:
        """Of a chance of their own: the rest of the world goes on as it did without them."""
        random = self.days.random
        mix = replace(self.mix, kill_rate=self.days.kill_rate, stop_rate=0.0)
        faults = Faults(mix, random)
        around = replace(around, random=random, mix=mix, faults=faults)
        return CloserNode("closer-0", around), CloserNode("closer-1", around)

    def _plan_days(self) -> None:
        """Zones change, and operators act where a clock is behind, while the faults are on."""
        days, end_s = self.days, self.mix.phases * PHASE_S
        for every_s, act in (
            (days.zone_every_s, self._move_days),
            (days.stray_every_s, self._stray),
        ):
            at_s = 0.0
            while every_s and (at_s := at_s + days.random.expovariate(1 / every_s)) < end_s:
                self.loop.outside(at_s, act)

    def _move_days(self) -> None:
        """A merchant's days are by another zone from tomorrow on."""
        random = self.days.random
        self.database.closes.change_zone(random.choice((*TERMS,)), random.choice((*ZONES,)))

    def _stray(self) -> None:
        """An operator acts, and the server thinks that it is earlier, perhaps days earlier."""
        by = self.days.day * self.days.random.choice((0.1, 0.9, 2.1))
        by = min(by, instant(self.loop.time()) - instant(0))
        with self.database.transactions.clock_back(by):
            self._operate()

    def _switch(self, turn: Callable[..., Coroutine[Any, Any, bool]]) -> None:
        """An operator pauses or releases the sender."""
        at_once(turn(by="ops", reason="simulated"))

    def _look(self) -> None:
        """A person comes by and explains."""
        if not self.database.down:
            self.person.look()
        self.loop.outside(LOOK_S if self._complained else self.mix.person_every_s, self._look)

    def _crash(self, lasts_s: float) -> None:
        self.database.down = True
        self.database.transactions.end_all()
        self.loop.outside(lasts_s, setattr, self.database, "down", False)

    def _operate(self) -> None:
        """An operator picks a cashback and does something to it that may be done."""
        rows = [
            row
            for row in self.database.rows.values()
            if row.attempts or row.status is Status.UNCONFIRMED
        ]
        if not rows or self.database.down:
            return
        row = self.random.choice(rows)
        kind = self.random.choice(tuple(ActKind))
        if not row.attempts:
            kind = ActKind.CANCEL
        if kind in {ActKind.MARK_APPLIED, ActKind.MARK_REJECTED} and not self._evident(row, kind):
            return
        if kind is ActKind.RESEND and self._is_known_to_be_paid(row):
            return
        risk = self.random.random() < self.mix.risk
        by = self.random.choice(("ops", "bia"))
        act = Act(kind=kind, by=by, reason="simulated", accept_risk=risk)
        if row.status is not TARGETS[kind]:
            at_once(self.database.operators.act(row.record.merchant_id, row.record.id, act))

    def _evident(self, row: Row, kind: ActKind) -> bool:
        """Whether the provider could give evidence: it sees its own ledger, and waits for it.

        Without references nobody can tell which of equal payments a credit was for.
        """
        if not self.mix.echoes_reference:
            return False
        paid = any(
            credit.reference == str(row.record.id) and not credit.back
            for credit in self.provider.ledger
        )
        quiet_at = MARGIN.after(row.attempts[-1].started_at, POLICY)
        quiet = (quiet_at - instant(self.loop.time())).total_seconds() < -POLICY.lease_s
        return paid if kind is ActKind.MARK_APPLIED else quiet and not paid

    def _is_known_to_be_paid(self, row: Row) -> bool:
        """What the provider called refused and credited: an operator asks before resending it.

        Once an incident stands the operator relies on being asked for the risk.
        """
        record = row.record
        denied = any(
            credit.denied
            and credit.document == record.sale.document
            and credit.cashback_centavos == record.cashback.cashback_centavos
            for credit in self.provider.ledger
        )
        return denied and not self.database.said.suspects(row)

    def _outcome(self, *, rested_s: float) -> Outcome:
        outcome = Outcome(seed=self.seed, violations=self.found, rested_s=rested_s)
        counts, digest = outcome.counts, hashlib.sha256()
        for node in self.nodes:
            counts.update(node.history)
        rows = self.database.rows.values()
        counts.update(str(row.status) for row in rows)
        counts["sales"] = len(self.sendings)
        counts["confirmed"] = sum(
            isinstance(one, Confirmed) for sending in self.sendings for one in sending.confirmed
        )
        counts["attempts"] = sum(len(row.attempts) for row in rows)
        counts["credits"] = len(self.provider.ledger)
        counts["told"] = len(self.database.said.kept)
        counts["taken in"] = len(self.database.ledger.taken)
        counts["ledger moves"] = sum(len(one.moves) for one in self.database.ledger.tellings)
        for closer in self.closers:
            counts.update(f"closer: {what}" for what in closer.history)
        counts["closes"] = len(self.database.closes.kept)
        counts["late"] = sum(kept.late for kept in self.database.closes.kept)
        counts["explained"] = sum(map(len, self.database.said.lines.values()))
        counts["incidents"] = len(self.database.incidents)
        counts["at risk"] = len(self.database.operators.risk_accepted)
        for row in rows:
            digest.update(repr((row.record, row.attempts, row.events)).encode())
        digest.update(repr((self.provider.ledger, self.sendings, self.found)).encode())
        digest.update(repr(self.database.closes.kept).encode())
        outcome.digest = digest.hexdigest()
        return outcome


def _is_waiting(sending: Sending) -> bool:
    """Whether its ERP has no definite answer yet, to the sale or to what confirms it."""
    return not sending.told or len(sending.confirmed) < len(sending.confirms)


class OwnErrors(logging.Handler):
    """What the production code logged as an error of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, unless it is about poison that the simulation made itself."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, UnsendablePayment):
            self.messages.append(f"{record.getMessage()}: {error!r}")


def simulate(seed: int) -> Outcome:
    """Run one seed's world to its end."""
    world = World(seed)
    with listening(world.errors):
        try:
            return world.run()
        finally:
            world.close()


@contextlib.contextmanager
def listening(errors: OwnErrors) -> Generator[None]:
    """Take the production code's log lines, so that warnings of faults do not drown the result."""
    loggers = [logging.getLogger(name) for name in ("cashback_core", "cashback_gateway")]
    for logger in loggers:
        logger.addHandler(errors)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(errors)
            logger.propagate = True
