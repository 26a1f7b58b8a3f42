"""Plays about what statements say, and about every move that the reconciliation makes.

Each situation of the table in docs/statement-rules.md, in the orders of events that could go wrong.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import ActKind, Granted, NotYours, RiskNotAccepted
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Meaning
from simulation.mix import POLICY, instant
from simulation.papers import FUTURE, NEEDS_A_KNOWN_PAYMENT, Paper, spoilt
from simulation.stage import (
    BUSY,
    CENTAVOS,
    CREATED,
    DOCUMENT,
    LONG_S,
    LOST,
    NEVER,
    REFUSED,
    Broken,
    Stage,
)
from simulation.tellings import FEE_CENTAVOS, LOSSY, UNREADABLE, Credit, Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.leases import Claim

BOTH: Final = (True, False)
ROUNDS: Final = 3


def every_telling_of_a_credit(stage: Stage) -> None:
    """However a credit is told, it is never proved absent, and a person's word ends the doubt."""
    for echoes in BOTH:
        for told in Telling:
            claim = _doubt(stage)
            stage.pay(claim, told=told)
            _let_pass(stage)
            stage.settle(echoes=echoes)
            readable = told not in UNREADABLE and told is not Telling.OTHER_CUSTOMER
            readable = readable and told is not Telling.NET_OF_FEE
            cut = echoes and told in LOSSY - {Telling.CUT}
            stage.expect(claim, Status.APPLIED if readable and not cut else Status.IN_DOUBT)
            for incident in stage.standing():
                if incident.line_key is not None:
                    stage.explain(incident, Meaning.OURS, claim)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.APPLIED)
            _expect_nothing_standing(stage)
            stage.check(echoes=echoes)
            _forget(stage)


def every_worthless_statement(stage: Stage) -> None:
    """Nothing is proved by what a statement does not tell while the statement is not whole."""
    for echoes in BOTH:
        for paper in set(Paper) - NEEDS_A_KNOWN_PAYMENT - FUTURE - {Paper.LATER_START}:
            claim = _doubt(stage)
            _let_pass(stage)
            stage.read(spoilt(stage.statement(echoes=echoes), paper), echoes=echoes)
            stage.expect(claim, Status.IN_DOUBT)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.PENDING)
            _expect_nothing_standing(stage)
            _forget(stage)


def watermark_of_the_future(stage: Stage) -> None:
    """Complete through tomorrow, asked before the credit could have come."""
    for paper in FUTURE:
        claim = _doubt(stage)
        stage.read(spoilt(stage.statement(echoes=True), paper))
        stage.expect(claim, Status.IN_DOUBT)
        _let_pass(stage)
        stage.read(spoilt(stage.statement(echoes=True), paper))
        stage.expect(claim, Status.PENDING)
        _forget(stage)


def later_start_declared_than_asked_for(stage: Stage) -> None:
    """The credit lies before the start that the statement declares."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    stage.now_s += 60
    since = stage.now_s
    _let_pass(stage)
    stage.read(stage.statement(echoes=True).with_lines(()).but(since=instant(since)))
    stage.expect(claim, Status.IN_DOUBT)


def gap_between_two_statements(stage: Stage) -> None:
    """Two statements, and the credit was between them."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    began_s = stage.now_s
    _let_pass(stage)
    whole = stage.statement(echoes=True).with_lines(())
    first = whole.but(complete_through=instant(-500))
    later = instant(began_s + 1)
    stage.read(first, whole.but(asked_since=later, since=later))
    stage.expect(claim, Status.IN_DOUBT)
    joined = instant(-600)
    again = stage.statement(echoes=True).but(asked_since=joined, since=joined)
    stage.read(first, again)
    stage.expect(claim, Status.APPLIED)


def credited_again_and_again(stage: Stage) -> None:
    """Twice and three times, of a doubt and of an applied one: told, once for each."""
    for echoes in BOTH:
        for doubtful in BOTH:
            for times in (2, 3):
                claim = stage.begin()
                if doubtful:
                    stage.lapse(claim)
                else:
                    stage.end(claim, CREATED)
                for number in range(times):
                    stage.pay(claim, again=number > 0)
                    stage.now_s += 1
                _let_pass(stage)
                stage.settle(echoes=echoes)
                stage.settle(echoes=echoes)
                stage.expect(claim, Status.APPLIED)
                _expect_told(stage, FindingClass.CREDITED_AGAIN, times - 1)
                for incident in stage.standing():
                    stage.explain(incident, Meaning.OURS, claim)
                stage.settle(echoes=echoes)
                _explain_all(stage, claim, echoes=echoes)
                stage.expect(claim, Status.APPLIED)
                _forget(stage)


def credited_though_rejected(stage: Stage) -> None:
    """With its reference it becomes applied; without, a person is told and asked for the risk."""
    claim = stage.begin()
    stage.pay(claim, denied=True)
    stage.end(claim, REFUSED)
    stage.expect(claim, Status.REJECTED)
    _let_pass(stage)
    stage.settle(echoes=False)
    stage.expect(claim, Status.REJECTED)
    _expect_told(stage, FindingClass.CREDITED_UNPAID, 1)
    if not isinstance(stage.operate(claim, ActKind.RESEND), RiskNotAccepted):
        raise Broken("resent, though a line may be its credit")
    stage.settle(echoes=True)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def marked_applied_while_an_incident_stands(stage: Stage) -> None:
    """Held and rejected are marked with evidence alone; another operator takes the mark back."""
    claim = stage.begin()
    stage.end(claim, REFUSED)
    stage.operate(claim, ActKind.MARK_APPLIED)
    stage.expect(claim, Status.REJECTED)
    stage.pay(claim, denied=True)
    _let_pass(stage)
    stage.settle(echoes=False)
    stage.operate(claim, ActKind.MARK_APPLIED)
    stage.expect(claim, Status.APPLIED)
    if stage.operate(claim, ActKind.TAKE_BACK, risk=True) is not NotYours.OWN:
        raise Broken("took back their own mark")
    stage.operate(claim, ActKind.TAKE_BACK, by="bia")
    stage.expect(claim, Status.APPLIED)
    stage.operate(claim, ActKind.TAKE_BACK, by="bia", risk=True)
    stage.expect(claim, Status.IN_DOUBT)
    stage.settle(echoes=False)
    stage.expect(claim, Status.APPLIED)


def called_rejected_and_resent(stage: Stage) -> None:
    """A doubt that was credited: a person's word that it was not sends nothing."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    stage.operate(claim, ActKind.MARK_REJECTED)
    stage.expect(claim, Status.REJECTED)
    for by in ("ops", "bia"):
        if not isinstance(stage.operate(claim, ActKind.RESEND, by=by), RiskNotAccepted):
            raise Broken("resent, though a person's word alone called it unpaid")
    _let_pass(stage)
    stage.settle(echoes=True)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def explained_and_resent_before_the_next_statement(stage: Stage) -> None:
    """A person said whose the line is; nothing has moved yet, and it is still not to be resent."""
    claim = stage.begin()
    stage.pay(claim, denied=True)
    stage.end(claim, REFUSED)
    _let_pass(stage)
    stage.settle(echoes=False)
    (incident,) = stage.standing()
    stage.explain(incident, Meaning.OURS, claim)
    if isinstance(stage.operate(claim, ActKind.RESEND), Granted):
        raise Broken("resent, though a person said that a line is its credit")
    stage.settle(echoes=False)
    stage.expect(claim, Status.APPLIED)
    stage.check(echoes=False)


def pending_that_may_be_credited(stage: Stage) -> None:
    """A surplus line of its group: in doubt before it can be sent; then whatever comes late."""
    for late in (None, CREATED, LOST):
        claim = stage.begin()
        stage.pay(claim)
        stage.end(claim, BUSY)  # a 429 that lies
        stage.expect(claim, Status.PENDING)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT)
        if late is not None:
            stage.end(claim, late)
            stage.expect(claim, Status.IN_DOUBT)  # an attempt has one end
        _let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=False)
        _forget(stage)


def late_201_after_the_settler_doubted(stage: Stage) -> None:
    """Resent at a risk, then doubted for a surplus line; the first attempt's 201 comes last."""
    claim = stage.begin()
    stage.lapse(claim)
    stage.pay(claim)
    stage.operate(claim, ActKind.RESEND, risk=True)
    stage.settle(echoes=False)
    stage.expect(claim, Status.IN_DOUBT)
    stage.end(claim, CREATED)
    stage.expect(claim, Status.APPLIED)
    stage.settle(echoes=False)
    _expect_nothing_standing(stage)


def pending_under_its_own_reference(stage: Stage) -> None:
    """Credited though pending: applied; and the resend that was due finds nothing to send."""
    claim = stage.begin()
    stage.pay(claim)
    stage.end(claim, BUSY)
    stage.settle()
    stage.expect(claim, Status.APPLIED)
    stage.now_s += LONG_S
    if stage.due():
        raise Broken("an applied cashback was claimed")
    stage.check()


def held_under_its_own_reference(stage: Stage) -> None:
    """Given up, and credited all the same."""
    claim = stage.begin()
    stage.pay(claim)
    stage.now_s += POLICY.give_up_s
    stage.end(claim, BUSY)
    stage.expect(claim, Status.HELD)
    stage.settle()
    stage.expect(claim, Status.APPLIED)
    stage.check()


def attempts_lost_with_a_restored_database(stage: Stage) -> None:
    """Pending and never tried, as far as anybody here knows; the credit says otherwise."""
    for told, echoes, after in (
        (Telling.TRUE, True, Status.APPLIED),
        (Telling.NET_OF_FEE, True, Status.IN_DOUBT),
        (Telling.OTHER_CUSTOMER, True, Status.IN_DOUBT),
        (Telling.TRUE, False, Status.IN_DOUBT),
    ):
        claim = stage.begin()
        stage.now_s += 1
        stage.pay(claim, told=told)
        row = stage.row(claim)
        stage.lose_attempts(row)
        stage.settle(echoes=echoes)
        stage.expect(claim, after)
        _explain_all(stage, claim, echoes=echoes)
        stage.expect(claim, Status.APPLIED)
        _forget(stage)


def settled_while_it_is_sent_again(stage: Stage) -> None:
    """Read as a doubt; before the settler stores, its own late word sent it again."""
    for echoes in BOTH:
        claim = stage.begin()
        stage.lapse(claim)
        _let_pass(stage)

        def resend(claim: Claim = claim) -> None:
            stage.end(claim, NEVER)
            stage.now_s += LONG_S
            second = stage.claim()
            stage.pay(second)
            stage.lapse(second)

        statement = stage.statement(echoes=echoes)
        stage.read(statement, echoes=echoes, between=resend)
        stage.expect(claim, Status.IN_DOUBT)
        _let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=echoes)
        _forget(stage)


def settled_while_it_is_sending(stage: Stage) -> None:
    """Its credit is told while its attempt runs: nothing moves, and its own word counts."""
    for echoes in BOTH:
        claim = stage.begin()
        stage.pay(claim)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.SENDING)
        _expect_nothing_standing(stage)
        stage.end(claim, CREATED)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=echoes)
        _forget(stage)


def rounds_end(stage: Stage) -> None:
    """Proved unpaid for the third time it is held; an operator's resend begins anew."""
    for _ in range(2):
        claim = stage.begin() if not stage.database.rows else stage.claim()
        for number in range(1, ROUNDS + 1):
            stage.lapse(claim)
            _let_pass(stage)
            stage.settle()
            stage.expect(claim, Status.HELD if number == ROUNDS else Status.PENDING)
            if number < ROUNDS:
                claim = stage.claim()
        if "proved unpaid by the statement of" not in stage.row(claim).events[-1].reason:
            raise Broken("held without a word about the proof")
        stage.check()
        stage.operate(claim, ActKind.RESEND)
        stage.expect(claim, Status.PENDING)


def rounds_end_by_time(stage: Stage) -> None:
    """72 hours after it was first proved unpaid the second proof holds it."""
    claim = stage.begin()
    stage.lapse(claim)
    _let_pass(stage)
    stage.settle()
    second = stage.claim()
    stage.lapse(second)
    stage.now_s += timedelta(hours=72).total_seconds()
    stage.settle()
    stage.expect(claim, Status.HELD)


def never_held_while_unproved(stage: Stage) -> None:
    """What is barred is no round, however often and however old."""
    claim = _doubt(stage)
    stage.ledger.append(_strangers(stage, claim))
    for _ in range(2 * ROUNDS):
        stage.now_s += timedelta(hours=24).total_seconds()
        stage.settle()
        stage.expect(claim, Status.IN_DOUBT)
    for incident in stage.standing():
        if incident.line_key is not None:
            stage.explain(incident, Meaning.FOREIGN)
    stage.settle()
    stage.expect(claim, Status.PENDING)


def taken_back_by_the_provider(stage: Stage) -> None:
    """A credit and its reversal prove no absence; a person resolves the doubt, and all is told."""
    for echoes in BOTH:
        claim = _doubt(stage)
        credit = stage.credit_of(claim)
        stage.pay(claim)
        stage.now_s += 5
        stage.ledger.append(stage.credit_of(claim, back=credit))
        _let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.IN_DOUBT)
        _expect_told(stage, FindingClass.REVERSED, 2)
        stage.operate(claim, ActKind.MARK_REJECTED)
        _explain_all(stage, claim, echoes=echoes)
        stage.expect(claim, Status.REJECTED)
        _expect_nothing_standing(stage)
        _forget(stage)


def known_to_be_absent_takes_nobodys_line(stage: Stage) -> None:
    """Without references: what a person knows to be on no statement explains no equal's credit.

    Not even one that is dated like its own: tried within the minute in which it was applied.
    """
    for later_s in (1_000, 5):
        first = stage.begin()
        stage.end(first, CREATED)
        stage.pay(first)
        kept = stage.ledger.pop()
        stage.now_s += 10
        stage.settle(echoes=False)
        (incident,) = stage.standing()
        if incident.cls is not FindingClass.APPLIED_ABSENT:
            raise Broken(f"told as {incident.cls}")
        stage.explain(incident, Meaning.KNOWN_ABSENT)
        stage.now_s += later_s
        claim = stage.begin()
        stage.pay(claim)
        stage.lapse(claim)
        _let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT, Status.APPLIED)
        stage.ledger.append(kept)
        stage.check(echoes=False)
        _forget(stage)


def a_newer_equal_takes_an_older_line(stage: Stage) -> None:
    """The doubt's line lost its reference; an equal one, applied later, is no explanation of it.

    Not even by its date, where statements carry dates alone.
    """
    for dates_only in BOTH:
        claim = _doubt(stage)
        stage.pay(claim, told=Telling.NO_REFERENCE)
        _let_pass(stage)
        through_s = stage.now_s
        newer = stage.begin()
        stage.now_s += 1
        stage.end(newer, CREATED)
        stage.pay(newer)
        stage.settle(through_s=through_s, dates_only=dates_only)
        stage.expect(claim, Status.IN_DOUBT)
        _forget(stage)


def net_of_a_fee_it_is_another_ones_double(stage: Stage) -> None:
    """Its line has the amount of an applied one of its customer, which has its own already.

    Of neither amount is anything missing; the line of its customer keeps it from being paid again.
    """
    for lying in BOTH:
        paid = stage.begin(20 * (CENTAVOS - FEE_CENTAVOS))
        stage.end(paid, CREATED)
        stage.pay(paid)
        claim = stage.begin()
        stage.now_s += 1
        stage.pay(claim, told=Telling.NET_OF_FEE)
        if lying:
            stage.end(claim, BUSY)
            stage.expect(claim, Status.PENDING)
        else:
            stage.lapse(claim)
        _let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT)
        for incident in stage.standing():
            if incident.line_key is not None:
                stage.explain(incident, Meaning.OURS, claim)
        stage.settle(echoes=False)
        stage.expect(claim, Status.APPLIED)
        _expect_nothing_standing(stage)
        _forget(stage)


def paid_while_the_statement_is_asked_for(stage: Stage) -> None:
    """An equal sale comes and is paid before the provider answers: its credit is its own.

    Whoever read the book first would take the new line for the doubt's, which nobody paid.
    """
    claim = _doubt(stage)
    _let_pass(stage)

    def sell() -> None:
        newer = stage.begin()
        stage.pay(newer)
        stage.end(newer, CREATED)

    stage.settle_alone(meanwhile=sell)
    stage.expect(claim, Status.IN_DOUBT, Status.PENDING)
    stage.check(echoes=False)


def shop_with_strangers_and_an_unreadable_line(stage: Stage) -> None:
    """All doubts end once a person explains, nothing is paid twice, and nobody accepts a risk."""
    for echoes in BOTH:
        doubts = [stage.begin() for _ in range(20)]
        stage.pay(doubts[1], told=Telling.MASKED)
        for claim in doubts[3::2]:
            stage.pay(claim)
        stage.ledger.append(_strangers(stage, doubts[0]))
        stage.lapse_all(doubts)
        _let_pass(stage)
        stage.settle(echoes=echoes)
        for claim in doubts:
            stage.expect(claim, Status.IN_DOUBT, Status.APPLIED)
        for incident in stage.standing():
            if incident.cls is FindingClass.UNREADABLE:
                stage.explain(incident, Meaning.OURS, doubts[1])
            elif incident.line_key is not None:
                stage.explain(incident, Meaning.FOREIGN)
        stage.settle(echoes=echoes)
        for claim in stage.due():
            stage.pay(claim)
            stage.end(claim, CREATED)
        for claim in doubts:
            stage.expect(claim, Status.APPLIED)
        if stage.database.operators.risk_accepted:
            raise Broken("somebody accepted a risk")
        stage.check(echoes=echoes)
        _let_pass(stage)
        stage.settle(echoes=echoes)
        _expect_nothing_standing(stage)
        _forget(stage)


def explained_once_for_as_many_as_were_explained(stage: Stage) -> None:
    """Two strangers' lines read the same: one word explains one of them."""
    claim = _doubt(stage)
    stranger = _strangers(stage, claim)
    stage.ledger.extend((stranger, stranger))
    _let_pass(stage)
    stage.settle()
    lines = [incident for incident in stage.standing() if incident.line_key is not None]
    stage.explain(lines[0], Meaning.FOREIGN)
    stage.settle()
    stage.expect(claim, Status.IN_DOUBT)
    for incident in stage.standing():
        if incident.line_key is not None:
            stage.explain(incident, Meaning.FOREIGN)
    stage.settle()
    stage.expect(claim, Status.PENDING)


def what_else_may_be_its_credit(stage: Stage) -> None:
    """A line of its customer, of its amount, or with a part of its reference: each alone bars."""
    for echoes in BOTH:
        for changes in (
            {"document": DOCUMENT, "cashback_centavos": 7_777},
            {"document": DOCUMENT, "cashback_centavos": 7_777, "printed": "LOJA 77"},
            {"cashback_centavos": CENTAVOS},
            {"cashback_centavos": 7_777, "printed": "019a0000-0000-7000-8abc"},
        ):
            claim = _doubt(stage)
            nobodys = replace(_strangers(stage, claim), printed=None)
            stage.ledger.append(replace(nobodys, **changes))
            _let_pass(stage)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.IN_DOUBT)
            (line,) = (one for one in stage.standing() if one.line_key is not None)
            stage.explain(line, Meaning.FOREIGN)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.PENDING)
            _expect_nothing_standing(stage)
            _forget(stage)


def a_date_alone(stage: Stage) -> None:
    """The line is dated at the day's first instant, hours before the attempt began."""
    for echoes in BOTH:
        claim = _doubt(stage)
        stage.pay(claim)
        _let_pass(stage)
        stage.settle(echoes=echoes, dates_only=True)
        stage.expect(claim, Status.APPLIED)
        _expect_nothing_standing(stage)
        _forget(stage)


def told_by_instants_and_by_dates(stage: Stage) -> None:
    """A file has dates where the provider's answers have instants: each credit is one line."""
    for echoes in BOTH:
        paid = stage.begin()
        stage.end(paid, CREATED)
        stage.pay(paid)
        _let_pass(stage)
        ledger = stage.database.ledger
        for dates_only in (False, True, False):
            stage.settle(echoes=echoes, dates_only=dates_only)
            of_it = [line for line in ledger.standing() if line.cashback_id == paid.id]
            if len(of_it) != 1:
                raise Broken(f"{len(of_it)} lines of the ledger are of {paid.id}")
        _forget(stage)


def a_page_is_missing(stage: Stage) -> None:
    """In perfect order, but for the credit of an applied one: the doubt's may be missing, too."""
    for echoes in BOTH:
        paid = stage.begin()
        stage.end(paid, CREATED)
        claim = _doubt(stage)
        _let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.IN_DOUBT)
        _expect_told(stage, FindingClass.APPLIED_ABSENT, 1)
        stage.pay(paid, at_s=stage.now_s - 1_000)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.PENDING)
        _expect_nothing_standing(stage)
        _forget(stage)


def _doubt(stage: Stage) -> Claim:
    claim = stage.begin()
    stage.lapse(claim)
    return claim


def _let_pass(stage: Stage) -> None:
    """Until whatever was begun must be told."""
    stage.now_s += 1_000


def _strangers(stage: Stage, claim: Claim) -> Credit:
    """Somebody else's credit of the amount of a doubt."""
    return Credit(
        reference=None,
        document="11144477735",
        cashback_centavos=claim.cashback_centavos,
        at_s=stage.now_s,
        printed="LOJA 77",
    )


def _explain_all(stage: Stage, claim: Claim, *, echoes: bool) -> None:
    """A person says of every line that it is this cashback's, until nothing is asked any more."""
    for _ in range(3):
        _let_pass(stage)
        stage.settle(echoes=echoes)
        for incident in stage.standing():
            if incident.line_key is not None:
                stage.explain(incident, Meaning.OURS, claim)
    stage.settle(echoes=echoes)
    _expect_nothing_standing(stage)


def _expect_told(stage: Stage, cls: FindingClass, number: int) -> None:
    told = [incident.cls for incident in stage.standing()]
    if told.count(cls) != number:
        raise Broken(f"{number} {cls} should stand, there are {told}")


def _expect_nothing_standing(stage: Stage) -> None:
    if stage.standing():
        raise Broken(f"still standing: {stage.standing()[0]}")


def _forget(stage: Stage) -> None:
    """A new customer's world, in the same database: nothing of this play is open any more."""
    stage.clear()


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    every_telling_of_a_credit,
    every_worthless_statement,
    watermark_of_the_future,
    later_start_declared_than_asked_for,
    gap_between_two_statements,
    credited_again_and_again,
    credited_though_rejected,
    marked_applied_while_an_incident_stands,
    called_rejected_and_resent,
    explained_and_resent_before_the_next_statement,
    pending_that_may_be_credited,
    late_201_after_the_settler_doubted,
    pending_under_its_own_reference,
    held_under_its_own_reference,
    attempts_lost_with_a_restored_database,
    settled_while_it_is_sent_again,
    settled_while_it_is_sending,
    rounds_end,
    rounds_end_by_time,
    never_held_while_unproved,
    taken_back_by_the_provider,
    known_to_be_absent_takes_nobodys_line,
    a_newer_equal_takes_an_older_line,
    net_of_a_fee_it_is_another_ones_double,
    paid_while_the_statement_is_asked_for,
    shop_with_strangers_and_an_unreadable_line,
    explained_once_for_as_many_as_were_explained,
    what_else_may_be_its_credit,
    a_date_alone,
    told_by_instants_and_by_dates,
    a_page_is_missing,
)
