"""Plays about what statements tell: each line that could be read otherwise, each gap in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import ActKind
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Meaning
from simulation.expectations import (
    doubt,
    expect_nothing_standing,
    expect_told,
    explain_all,
    forget,
    let_pass,
    strangers,
)
from simulation.mix import instant
from simulation.papers import FUTURE, NEEDS_A_KNOWN_PAYMENT, Paper, spoilt
from simulation.stage import (
    BUSY,
    CENTAVOS,
    CREATED,
    DOCUMENT,
    Broken,
    Stage,
)
from simulation.tellings import FEE_CENTAVOS, LOSSY, UNREADABLE, Telling

if TYPE_CHECKING:
    from collections.abc import Callable


BOTH: Final = (True, False)


def every_telling_of_a_credit(stage: Stage) -> None:
    """However a credit is told, it is never proved absent, and a person's word ends the doubt."""
    for echoes in BOTH:
        for told in Telling:
            claim = doubt(stage)
            stage.pay(claim, told=told)
            let_pass(stage)
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
            expect_nothing_standing(stage)
            stage.check(echoes=echoes)
            forget(stage)


def every_worthless_statement(stage: Stage) -> None:
    """Nothing is proved by what a statement does not tell while the statement is not whole."""
    for echoes in BOTH:
        for paper in set(Paper) - NEEDS_A_KNOWN_PAYMENT - FUTURE - {Paper.LATER_START}:
            claim = doubt(stage)
            let_pass(stage)
            stage.read(spoilt(stage.statement(echoes=echoes), paper), echoes=echoes)
            stage.expect(claim, Status.IN_DOUBT)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.PENDING)
            expect_nothing_standing(stage)
            forget(stage)


def watermark_of_the_future(stage: Stage) -> None:
    """Complete through tomorrow, asked before the credit could have come."""
    for paper in FUTURE:
        claim = doubt(stage)
        stage.read(spoilt(stage.statement(echoes=True), paper))
        stage.expect(claim, Status.IN_DOUBT)
        let_pass(stage)
        stage.read(spoilt(stage.statement(echoes=True), paper))
        stage.expect(claim, Status.PENDING)
        forget(stage)


def later_start_declared_than_asked_for(stage: Stage) -> None:
    """The credit lies before the start that the statement declares."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    stage.now_s += 60
    since = stage.now_s
    let_pass(stage)
    stage.read(stage.statement(echoes=True).with_lines(()).but(since=instant(since)))
    stage.expect(claim, Status.IN_DOUBT)


def gap_between_two_statements(stage: Stage) -> None:
    """Two statements, and the credit was between them."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    began_s = stage.now_s
    let_pass(stage)
    whole = stage.statement(echoes=True).with_lines(())
    first = whole.but(complete_through=instant(-500))
    later = instant(began_s + 1)
    stage.read(first, whole.but(asked_since=later, since=later))
    stage.expect(claim, Status.IN_DOUBT)
    joined = instant(-600)
    again = stage.statement(echoes=True).but(asked_since=joined, since=joined)
    stage.read(first, again)
    stage.expect(claim, Status.APPLIED)


def taken_back_by_the_provider(stage: Stage) -> None:
    """A credit and its reversal prove no absence; a person resolves the doubt, and all is told."""
    for echoes in BOTH:
        claim = doubt(stage)
        credit = stage.credit_of(claim)
        stage.pay(claim)
        stage.now_s += 5
        stage.ledger.append(stage.credit_of(claim, back=credit))
        let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.IN_DOUBT)
        expect_told(stage, FindingClass.REVERSED, 2)
        stage.operate(claim, ActKind.MARK_REJECTED)
        explain_all(stage, claim, echoes=echoes)
        stage.expect(claim, Status.REJECTED)
        expect_nothing_standing(stage)
        forget(stage)


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
        let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT, Status.APPLIED)
        stage.ledger.append(kept)
        stage.check(echoes=False)
        forget(stage)


def a_newer_equal_takes_an_older_line(stage: Stage) -> None:
    """The doubt's line lost its reference; an equal one, applied later, is no explanation of it.

    Not even by its date, where statements carry dates alone.
    """
    for dates_only in BOTH:
        claim = doubt(stage)
        stage.pay(claim, told=Telling.NO_REFERENCE)
        let_pass(stage)
        through_s = stage.now_s
        newer = stage.begin()
        stage.now_s += 1
        stage.end(newer, CREATED)
        stage.pay(newer)
        stage.settle(through_s=through_s, dates_only=dates_only)
        stage.expect(claim, Status.IN_DOUBT)
        forget(stage)


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
        let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT)
        for incident in stage.standing():
            if incident.line_key is not None:
                stage.explain(incident, Meaning.OURS, claim)
        stage.settle(echoes=False)
        stage.expect(claim, Status.APPLIED)
        expect_nothing_standing(stage)
        forget(stage)


def shop_with_strangers_and_an_unreadable_line(stage: Stage) -> None:
    """All doubts end once a person explains, nothing is paid twice, and nobody accepts a risk."""
    for echoes in BOTH:
        doubts = [stage.begin() for _ in range(20)]
        stage.pay(doubts[1], told=Telling.MASKED)
        for claim in doubts[3::2]:
            stage.pay(claim)
        stage.ledger.append(strangers(stage, doubts[0]))
        stage.lapse_all(doubts)
        let_pass(stage)
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
        let_pass(stage)
        stage.settle(echoes=echoes)
        expect_nothing_standing(stage)
        forget(stage)


def explained_once_for_as_many_as_were_explained(stage: Stage) -> None:
    """Two strangers' lines read the same: one word explains one of them."""
    claim = doubt(stage)
    stranger = strangers(stage, claim)
    stage.ledger.extend((stranger, stranger))
    let_pass(stage)
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
            claim = doubt(stage)
            nobodys = replace(strangers(stage, claim), printed=None)
            stage.ledger.append(replace(nobodys, **changes))
            let_pass(stage)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.IN_DOUBT)
            (line,) = (one for one in stage.standing() if one.line_key is not None)
            stage.explain(line, Meaning.FOREIGN)
            stage.settle(echoes=echoes)
            stage.expect(claim, Status.PENDING)
            expect_nothing_standing(stage)
            forget(stage)


def a_date_alone(stage: Stage) -> None:
    """The line is dated at the day's first instant, hours before the attempt began."""
    for echoes in BOTH:
        claim = doubt(stage)
        stage.pay(claim)
        let_pass(stage)
        stage.settle(echoes=echoes, dates_only=True)
        stage.expect(claim, Status.APPLIED)
        expect_nothing_standing(stage)
        forget(stage)


def told_by_instants_and_by_dates(stage: Stage) -> None:
    """A file has dates where the provider's answers have instants: each credit is one line."""
    for echoes in BOTH:
        paid = stage.begin()
        stage.end(paid, CREATED)
        stage.pay(paid)
        let_pass(stage)
        ledger = stage.database.ledger
        for dates_only in (False, True, False):
            stage.settle(echoes=echoes, dates_only=dates_only)
            of_it = [line for line in ledger.standing() if line.cashback_id == paid.id]
            if len(of_it) != 1:
                raise Broken(f"{len(of_it)} lines of the ledger are of {paid.id}")
        forget(stage)


def a_page_is_missing(stage: Stage) -> None:
    """In perfect order, but for the credit of an applied one: the doubt's may be missing, too."""
    for echoes in BOTH:
        paid = stage.begin()
        stage.end(paid, CREATED)
        claim = doubt(stage)
        let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.IN_DOUBT)
        expect_told(stage, FindingClass.APPLIED_ABSENT, 1)
        stage.pay(paid, at_s=stage.now_s - 1_000)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.PENDING)
        expect_nothing_standing(stage)
        forget(stage)


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    every_telling_of_a_credit,
    every_worthless_statement,
    watermark_of_the_future,
    later_start_declared_than_asked_for,
    gap_between_two_statements,
    taken_back_by_the_provider,
    known_to_be_absent_takes_nobodys_line,
    a_newer_equal_takes_an_older_line,
    net_of_a_fee_it_is_another_ones_double,
    shop_with_strangers_and_an_unreadable_line,
    explained_once_for_as_many_as_were_explained,
    what_else_may_be_its_credit,
    a_date_alone,
    told_by_instants_and_by_dates,
    a_page_is_missing,
)
