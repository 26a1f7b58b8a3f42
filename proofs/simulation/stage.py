"""A stage for plays: a database, a clock and a ledger, moved by hand."""

# ruff: noqa: D102 (the ports have the words)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.evidence import Evidence, Phase, classify
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.provider import CreditRequest, Provider
from cashback_core.delivery.record import Standing
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import Repeated, Submission
from cashback_core.operators.acts import Act, ActKind, Decision
from cashback_core.reconciliation import Rules, id_in
from cashback_core.reconciliation.incidents import Explanation, Meaning, StatementIncident
from cashback_core.reconciliation.statements import StatementHead
from cashback_core.sales.calculation import calculate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import Cpf
from simulation.database import SimulatedDatabase, at_once
from simulation.invariants import violations
from simulation.link import Faults, Link
from simulation.mix import CONFIRM_WITHIN, EPOCH, MARGIN, POLICY, draw, instant
from simulation.papers import Statement
from simulation.settling import Publisher, SimulatedSettler, decided, lines_of, taken
from simulation.tellings import Credit, line_of
from simulation.terms import TERMS
from simulation.untold import misplaced
from simulation.virtual_loop import Process, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime, timedelta
    from random import Random

    from cashback_core.delivery.evidence import Outcome
    from cashback_core.testing.memory_rows import Row
    from simulation.runs import Run

DOCUMENT: Final = Cpf("52998224725")
CENTAVOS: Final = 100
CREATED: Final = Evidence(phase=Phase.STATUS_SEEN, status_code=201)
NEVER: Final = Evidence(phase=Phase.NOTHING_SENT, reason="refused")
BUSY: Final = Evidence(phase=Phase.STATUS_SEEN, status_code=429)
REFUSED: Final = Evidence(phase=Phase.STATUS_SEEN, status_code=422)
LOST: Final = Evidence(phase=Phase.SENT, reason="reset")
LONG_S: Final = 10_000.0


class Broken(AssertionError):  # noqa: N818 (named by what it says)
    """The play did not end as it must."""


class Stage(Provider):
    """A database, a clock and a ledger, moved by hand; as a provider, it pays each request."""

    def __init__(self, random: Random) -> None:
        self.loop = VirtualLoop()
        self.now_s = 0.0
        self.ledger: list[Credit] = []
        self.asked = 0
        rules = Rules(policy=POLICY, margin=MARGIN, echoes_reference=True)
        self.database = SimulatedDatabase(
            TERMS, now=lambda: instant(self.now_s + self.loop.time()), settling=rules
        )
        self.faults = Faults(replace(draw(random), lost_commit=0.0, late_commit=0.0), random)
        self.link = Link(self.database, self.loop, Process("stage"), self.faults)

    def begin_unconfirmed(self, *, document: Cpf = DOCUMENT) -> Claim:
        """A new sale to be confirmed later; what its first attempt will be."""
        return self.begin(confirm_within=CONFIRM_WITHIN, document=document)

    def begin_history(self) -> Claim:
        """A sale that is brought in as recorded; what a first attempt would be."""
        return self.begin(as_recorded=True)

    def repeat(self, claim: Claim, *, as_recorded: bool = False) -> None:
        """The same sale once more, to be sent at once, or brought in."""
        again = replace(
            self.row(claim).submission,
            id=UUID(int=claim.id.int ^ 1 << 32),
            lease_s=None if as_recorded else POLICY.lease_s,
            as_recorded=as_recorded,
        )
        told = at_once(self.database.accept(again))
        if not isinstance(told, Repeated) or told.record.id != claim.id:
            raise Broken(f"not known: {told}")

    def begin(
        self,
        total_centavos: int = 20 * CENTAVOS,
        *,
        confirm_within: timedelta | None = None,
        as_recorded: bool = False,
        document: Cpf = DOCUMENT,
    ) -> Claim:
        """A new sale, of the one customer and of one amount if none is given; its attempt leased.

        The cashback is the twentieth part of the total.
        """
        number = len(self.database.rows)
        sale = Sale(
            sold_at=EPOCH.replace(minute=number),
            customer=Customer(document=document, name="ANA"),
            lines=(Line.of(type="A", value_e10=total_centavos * 10**8, qty_e4=10_000),),
            total_centavos=total_centavos,
            sale_id=f"sale-{number}",
        )
        submission = Submission(
            id=UUID(f"019a0000-0000-7000-8abc-{number + 1:012x}"),
            merchant_id=1,
            sale=sale,
            cashback=calculate(sale, TERMS[1].programme),
            idempotency_key=None,
            raw_body=b"{}",
            lease_s=POLICY.lease_s if confirm_within is None and not as_recorded else None,
            confirm_within=confirm_within,
            as_recorded=as_recorded,
        )
        at_once(self.database.accept(submission))
        return Claim(
            id=submission.id,
            merchant_id=1,
            attempt=1,
            document=document,
            cashback_centavos=submission.cashback.cashback_centavos,
        )

    def pay(self, claim: Claim, at_s: float | None = None, **changes: Any) -> None:
        """The provider credits."""
        at_s = self.now_s if at_s is None else at_s
        self.ledger.append(self.credit_of(claim, at_s=at_s, **changes))

    def end(self, claim: Claim, evidence: Evidence) -> Status:
        """An attempt's end is recorded; the cashback's status after it."""
        result = AttemptResult(
            claim=claim,
            outcome=self._meaning(claim, evidence),
            evidence=evidence,
            deliverer=self.row(claim).attempts[claim.attempt - 1].deliverer,
            chance=0.0,
        )
        return at_once(self.database.conclude(result)).status

    def lapse(self, claim: Claim) -> None:
        """The lease runs out and the reaper comes."""
        self.now_s += POLICY.lease_s + 1
        at_once(self.database.reap(limit=10))
        self.expect(claim, Status.IN_DOUBT)

    def lapse_all(self, claims: Sequence[Claim]) -> None:
        """The leases of several run out at once."""
        self.now_s += POLICY.lease_s + 1
        at_once(self.database.reap(limit=len(claims)))

    def claim(self) -> Claim:
        """A worker claims the one cashback that is due."""
        (claim,) = self.due()
        return claim

    def due(self) -> tuple[Claim, ...]:
        """A worker claims whatever is due."""
        return at_once(self.database.claim_due(limit=100, lease_s=POLICY.lease_s))

    def lose_attempts(self, row: Row, status: Status = Status.PENDING) -> None:
        """The database was restored: of its attempts and their events nothing is left."""
        del row.attempts[:], row.events[1:]
        record = row.record
        row.record = record.at(Standing(status=status, attempt=0))
        row.due_at, row.lease_until_at = row.open_since_at, None

    def clear(self) -> None:
        """Forget every cashback, credit and incident; the clock goes on."""
        self.database = SimulatedDatabase(
            TERMS,
            now=lambda: instant(self.now_s + self.loop.time()),
            settling=self.database.settling,
        )
        self.link = Link(self.database, self.loop, Process("stage"), self.faults)
        self.ledger.clear()

    def operate(
        self, claim: Claim, kind: ActKind, *, risk: bool = False, by: str = "ops"
    ) -> Decision | None:
        """An operator acts."""
        act = Act(kind=kind, by=by, reason="directed", accept_risk=risk)
        return at_once(self.database.operators.act(claim.merchant_id, claim.id, act))

    def statement(
        self, *, echoes: bool, through_s: float | None = None, dates_only: bool = False
    ) -> Statement:
        """A statement of the whole ledger, each credit told as it says."""
        through_s = self.now_s if through_s is None else through_s
        lines = tuple(
            line_of(
                credit,
                number=0,
                at=instant(credit.at_s),
                prints_reference=echoes,
                dates_only=dates_only,
            )
            for credit in self.ledger
            if credit.at_s <= through_s
        )
        since = instant(-1000)
        head = StatementHead(
            asked_since=since,
            asked_at=instant(self.now_s) + MARGIN.skew,
            since=since,
            complete_through=instant(through_s),
            declared_count=None,
            declared_centavos=None,
        )
        return Statement(head=head, lines=()).with_lines(lines)

    def settle(
        self, *, echoes: bool = True, through_s: float | None = None, dates_only: bool = False
    ) -> Run:
        """The settler reads a statement of this moment, then the book, and stores."""
        told = self.statement(echoes=echoes, through_s=through_s, dates_only=dates_only)
        return self.read(told, echoes=echoes)

    def read(
        self,
        *told: Statement,
        echoes: bool = True,
        between: Callable[[], object] = lambda: None,
    ) -> Run:
        """The settler reads these statements; something happens before it stores."""
        self.database.settling = replace(self.database.settling, echoes_reference=echoes)
        begun = at_once(self.database.begin())
        lines = lines_of(told)
        reconciliation = taken(told, lines, self.database.settling, begun.explanations)
        named = {id_in(line.reference) for line in lines if line.reference is not None}
        named |= {id_.hex for said in begun.explanations.lines.values() for id_ in said if id_}
        book = at_once(self.database.book(reconciliation.book_since, named))
        run = decided(reconciliation, book, begun)
        for wrong in misplaced(run, lines, book):
            raise Broken(wrong)
        between()
        at_once(self.database.store(run))
        return run

    def settle_alone(self, *, meanwhile: Callable[[], object]) -> None:
        """A settler of its own reconciles, without references.

        Something happens between its asking and the provider's answer.
        """
        self.database.settling = replace(self.database.settling, echoes_reference=False)
        settler = SimulatedSettler(
            self.link,
            _Busy(self, meanwhile),
            self.database.settling,
            random=self.faults.random,
            beginning=instant(-1000),
        )
        self.play(settler())
        for wrong in self.database.found:
            raise Broken(wrong)

    def credit_of(self, claim: Claim, **changes: Any) -> Credit:
        """A credit of a cashback, at this moment unless said otherwise."""
        credit = Credit(
            reference=str(claim.id),
            document=claim.document,
            cashback_centavos=claim.cashback_centavos,
            at_s=self.now_s,
        )
        return replace(credit, **changes)

    def standing(self) -> list[StatementIncident]:
        """The incidents that stand open."""
        kept = self.database.said.kept.values()
        return [row.incident for row in kept if row.incident.closed_at is None]

    def explain(
        self, incident: StatementIncident, meaning: Meaning, of: Claim | None = None
    ) -> None:
        """A person says what it is, whatever its reference says."""
        id_ = None if of is None else of.id
        word = Explanation(
            meaning=meaning, by="petra", reason="directed", cashback_id=id_, accept_risk=True
        )
        done = at_once(self.database.said.explain(incident.id, word, dry_run=False))
        if not isinstance(done, StatementIncident):
            raise Broken(f"not explained: {done}")

    def row(self, claim: Claim) -> Row:
        """The cashback of a claim."""
        return self.database.rows[claim.merchant_id, claim.id]

    def expect(self, claim: Claim, *statuses: Status) -> None:
        """Raise Broken unless the cashback is in one of these states."""
        if self.row(claim).status not in statuses:
            raise Broken(f"{claim.id} is {self.row(claim).status}, not {statuses}")

    def check(self, *, echoes: bool = True) -> None:
        """Raise Broken unless every invariant holds."""
        found = violations([], self.database, self.ledger, echoes_reference=echoes, final=False)
        found.extend(self.faults.found)
        if found:
            raise Broken(found[0])

    def play(self, *works: Coroutine[Any, Any, object]) -> None:
        """Let tasks of one process run for an hour."""
        process = Process("stage")
        for work in works:
            self.loop.spawn(work, process)
        self.loop.run(self.loop.time() + 3600)
        failed = [t.exception() for t in process.tasks if t.done() and not t.cancelled()]
        for error in failed:
            if error is not None and not isinstance(error, StoreUnavailable):
                raise Broken(repr(error))

    def under_way(self, link: Link) -> DeliveriesUnderWay:
        """A process's deliveries, to this provider."""
        deliverer = Deliverer(
            store=link,
            provider=self,
            policy=POLICY,
            chance=lambda: 0.0,
            clock_s=self.loop.time,
        )
        return DeliveriesUnderWay(deliverer)

    async def credit(self, payment: CreditRequest) -> Evidence:
        """Pay, and say so."""
        self.asked += 1
        self.ledger.append(
            Credit(
                reference=payment.reference,
                document=payment.document,
                cashback_centavos=payment.cashback_centavos,
                at_s=self.loop.time(),
            )
        )
        return CREATED

    async def aclose(self) -> None:
        """Nothing is open."""

    def _meaning(self, claim: Claim, evidence: Evidence) -> Outcome:
        return classify(
            evidence, document=claim.document, cashback_centavos=claim.cashback_centavos
        )


class _Busy(Publisher):
    """The provider of a stage, to which something happens before it publishes."""

    def __init__(self, stage: Stage, meanwhile: Callable[[], object]) -> None:
        self._stage = stage
        self._meanwhile = meanwhile

    async def statement(self, asked_since: datetime, asked_at: datetime) -> Statement:
        """The whole ledger, without references."""
        self._meanwhile()
        told = self._stage.statement(echoes=False)
        return told.but(asked_since=asked_since, asked_at=asked_at)


class Forgetful(Link):
    """A link that loses the acknowledgement of one kind of commit, the first few times."""

    def __init__(self, stage: Stage, kind: str, *, times: int, late: bool = False) -> None:
        super().__init__(stage.database, stage.loop, Process("forgetful"), stage.faults)
        self._kind, self._times, self._late = kind, times, late

    async def accept(self, submission: Submission) -> Any:
        return await self._lose("accept", lambda: self.database.accept(submission))

    async def conclude(self, result: AttemptResult) -> Any:
        return await self._lose("conclude", lambda: self.database.conclude(result))

    async def _lose(self, kind: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if kind != self._kind or self._times == 0:
            return at_once(work())
        self._times -= 1
        if self._late:
            self._loop.outside(3.0, lambda: at_once(work()))
        else:
            at_once(work())
        raise StoreUnavailable("the acknowledgement was lost")
