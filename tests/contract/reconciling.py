"""What every store of reconciliations keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixture `kept` and the hooks below. Statements are true and complete to a
moment after the margin, unless a test says otherwise.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.intake.confirmation import Confirmed
from cashback_core.reconciliation import (
    FindingClass,
    Margin,
    ReadStatement,
    Reconciliation,
    Rules,
    StatementTotals,
    Window,
)
from cashback_core.reconciliation.found_incidents import FoundIncident
from cashback_core.reconciliation.incidents import Explanation, IncidentStore, Meaning
from cashback_core.reconciliation.ledger import ToldLine, is_fit
from cashback_core.reconciliation.schedule import (
    Moved,
    ReconciliationRuns,
    ReconciliationStore,
    RunEnded,
    RunKind,
    start_of,
)
from cashback_core.reconciliation.statements import LineKind, StatementHead, StatementLine
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    NOTHING_SENT,
    UNANSWERED,
    a_cpf,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    submitted,
)
from contract.confirming import later
from contract.history import history

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
    from uuid import UUID

    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.store import CashbackStore
    from cashback_core.reconciliation.incidents import StatementIncident
    from cashback_core.values.documents import Cpf

POLICY: Final = DeliveryPolicy(deadline_s=0.01, lease_s=0.02, backoff_base_s=0.01)
RULES: Final = Rules(
    policy=POLICY,
    margin=Margin(freeze_s=0.0, provider_delay_s=0.0, clock_skew_s=3.0),
    echoes_reference=False,
)
LEASE_S: Final = 60.0
FOREIGN: Final = Explanation(meaning=Meaning.FOREIGN, by="petra", reason="their own campaign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The stores under test, on the same data; `rules` are those of the reconciliation."""

    store: CashbackStore
    incidents: IncidentStore
    reconciliations: ReconciliationStore
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a run came to."""

    moved: Moved
    opened: int
    closed: int
    distrust: str | None


class ReconciliationStoreContract:
    """Moves, incidents, and the one who reconciles."""

    def kept_with(self, rules: Rules) -> Kept:
        """The same stores under other rules."""
        raise NotImplementedError

    async def passes(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError

    async def test_a_group_is_settled_by_its_number_of_credits_and_told_in_events(
        self, kept: Kept
    ) -> None:
        document = a_cpf()
        older, newer = await in_doubt(kept, document), await in_doubt(kept, document)
        lines = [await a_line(kept, older)]
        found = await reconcile(kept, lines, older, newer)
        assert found.moved == Moved(stored=2)
        statuses = {await status_of(kept, claim): claim for claim in (older, newer)}
        assert statuses.keys() == {Status.APPLIED, Status.PENDING}
        pending = statuses[Status.PENDING]
        history = await history_of(kept.store, pending.merchant_id, pending)
        assert history.events[-1].actor is Actor.SETTLER
        assert history.events[-1].reason.startswith("proved unpaid by the statement of ")
        assert (await reconcile(kept, lines, older, newer)).moved == Moved()

    async def test_a_statement_is_asked_for_from_before_the_first_attempt_by_any_clock(
        self, kept: Kept
    ) -> None:
        async with alone(kept) as runs:
            assert start_of(await runs.open_entries(), kept.rules) is None
        claim = await in_doubt(kept, a_cpf())
        history = await history_of(kept.store, claim.merchant_id, claim)
        async with alone(kept) as runs:
            since = start_of(await runs.open_entries(), kept.rules)
        first = history.attempts[0].started_at
        assert since == first - timedelta(seconds=3) - kept.rules.precedes

    async def test_by_its_reference_a_rejected_one_becomes_applied(self, kept: Kept) -> None:
        kept = self.kept_with(replace(RULES, echoes_reference=True))
        claim = await leased(kept.store)
        held = await in_doubt(kept, a_cpf())
        await kept.store.conclude(ended(claim, replace(CREATED, status_code=422)))
        assert await status_of(kept, claim) is Status.REJECTED
        line = replace(await a_line(kept, claim), reference=str(claim.id).upper())
        found = await reconcile(kept, [line], claim, held)
        assert await status_of(kept, claim) is Status.APPLIED
        assert found.opened == 1
        assert (await standing(kept))[0].cls is FindingClass.CREDITED_UNPAID
        assert (await reconcile(kept, [line], claim, held)).closed == 1
        assert await standing(kept) == []

    async def test_an_attempt_that_is_made_while_it_is_decided_keeps_its_group_open(
        self, kept: Kept
    ) -> None:
        """B is sent after the book was read: its credit may come any moment."""
        document = a_cpf()
        first = await in_doubt(kept, document)
        second = await leased(kept.store, a_sale(document=document, sale_id="second"))
        await kept.store.conclude(ended(second, NOTHING_SENT))
        await self.passes(0.1)

        async def send_again() -> None:
            (again,) = await kept.store.claim_due(limit=10, lease_s=LEASE_S)
            assert again == replace(second, attempt=2)
            await kept.store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))

        found = await reconcile(kept, [], first, second, meanwhile=send_again)
        assert found.moved == Moved(skipped=1)
        assert {await status_of(kept, c) for c in (first, second)} == {Status.IN_DOUBT}

    async def test_a_late_answer_that_comes_while_it_is_decided_wins(self, kept: Kept) -> None:
        claim = await leased(kept.store, a_sale(sale_id="late"), lease_s=0.01)
        await self.passes(0.1)
        assert await kept.store.reap(limit=10) == 1

        async def answer() -> None:
            standing = await kept.store.conclude(ended(claim, CREATED))
            assert standing.status is Status.APPLIED

        found = await reconcile(kept, [], claim, meanwhile=answer)
        assert found.moved == Moved(skipped=1)
        assert await status_of(kept, claim) is Status.APPLIED

    async def test_a_late_answer_to_what_a_statement_settled_changes_no_final_answer(
        self, kept: Kept
    ) -> None:
        claim = await leased(kept.store, a_sale(sale_id="later"), lease_s=0.01)
        await self.passes(0.1)
        assert await kept.store.reap(limit=10) == 1
        await reconcile(kept, [await a_line(kept, claim)], claim)
        final = await kept.store.find(claim.merchant_id, claim.id)
        assert final is not None
        assert final.status is Status.APPLIED
        await self.passes(0.01)
        standing = await kept.store.conclude(ended(claim, CREATED))
        assert standing == final.standing
        assert await kept.store.find(claim.merchant_id, claim.id) == final

    async def test_history_stands_for_no_credit_and_is_moved_by_none(self, kept: Kept) -> None:
        kept = self.kept_with(replace(RULES, echoes_reference=True))
        document = a_cpf()
        record = await accepted(kept.store, history(a_sale(document=document)))
        claim = await in_doubt(kept, document)
        line = await a_line(kept, claim)
        about = replace(line, reference=str(claim.id))
        theirs = replace(line, number=2, reference=None)
        found = await reconcile(kept, [about, theirs], claim)
        assert await status_of(kept, claim) is Status.APPLIED
        (incident,) = await standing(kept)
        assert incident.cls is FindingClass.UNKNOWN_HERE, "history does not explain it"
        named = replace(line, number=3, reference=str(record.id))
        as_claim = replace(claim, id=record.id)
        found = await reconcile(kept, [about, theirs, named], claim, as_claim)
        assert (found.moved, found.opened) == (Moved(), 1)
        # What was accepted within the window is not looked up by name; a person is told either way.
        told = [one for one in await standing(kept) if one.reference == str(record.id)]
        assert [one.cls for one in told] in (
            [FindingClass.CREDITED_UNPAID],
            [FindingClass.UNKNOWN_HERE],
        )
        assert await status_of(kept, as_claim) is Status.RECORDED

    async def test_history_asks_for_no_statement(self, kept: Kept) -> None:
        await accepted(kept.store, history())
        async with alone(kept) as runs:
            assert start_of(await runs.open_entries(), kept.rules) is None

    async def test_rounds_end(self, kept: Kept) -> None:
        claim = await in_doubt(kept, a_cpf())
        await reconcile(kept, [], claim)
        claim = await self.sent_again(kept)
        await reconcile(kept, [], claim)
        claim = await self.sent_again(kept)
        await reconcile(kept, [], claim)
        assert await status_of(kept, claim) is Status.HELD
        history = await history_of(kept.store, claim.merchant_id, claim)
        assert "for the 3. time" in history.events[-1].reason

    async def test_rounds_end_by_time(self, kept: Kept) -> None:
        kept = self.kept_with(replace(RULES, max_rounds=99, max_rounds_time=timedelta(seconds=0.1)))
        claim = await in_doubt(kept, a_cpf())
        await reconcile(kept, [], claim)
        claim = await self.sent_again(kept)
        await self.passes(0.2)
        await reconcile(kept, [], claim)
        assert await status_of(kept, claim) is Status.HELD

    async def sent_again(self, kept: Kept) -> Claim:
        await self.passes(0.01)
        (again,) = await kept.store.claim_due(limit=10, lease_s=LEASE_S)
        await kept.store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))
        return again

    async def test_incidents_are_opened_renewed_closed_and_opened_again(self, kept: Kept) -> None:
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), document=a_cpf(), cashback_centavos=777)
        twice = [line, replace(line, number=2)]
        assert (await reconcile(kept, twice, claim)).opened == 2
        ids = {one.id for one in await standing(kept)}
        found = await reconcile(kept, [replace(one, number=one.number + 5) for one in twice], claim)
        assert (found.opened, found.closed) == (0, 0)
        assert {one.id for one in await standing(kept)} == ids
        assert {one.line for one in await standing(kept)} == {6, 7}
        found = await reconcile(kept, [line], claim)
        assert (found.opened, found.closed) == (0, 1)
        assert len(await standing(kept)) == 1
        assert (await reconcile(kept, [], claim)).closed == 1
        assert await standing(kept) == []
        assert (await reconcile(kept, [line], claim)).opened == 1
        assert {one.id for one in await standing(kept)}.isdisjoint(ids)

    async def test_a_statement_that_does_not_cover_it_or_is_unfit_closes_nothing(
        self, kept: Kept
    ) -> None:
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), document=a_cpf(), cashback_centavos=777)
        await reconcile(kept, [line], claim)
        assert line.credited_at is not None
        later = line.credited_at + timedelta(seconds=1)
        assert (await reconcile(kept, [], claim, since=later)).closed == 0
        unfit = await reconcile(kept, [], claim, declared_count=5)
        assert unfit.closed == 0
        assert unfit.distrust == "0 lines, but 5 declared"
        assert len(await standing(kept)) == 1

    async def test_what_a_later_statement_explains_is_closed_though_it_covers_less(
        self, kept: Kept
    ) -> None:
        """A line that came late; and one that its own cashback's record came after."""
        paid = await leased(kept.store, a_sale(document=a_cpf()))
        await kept.store.conclude(ended(paid, CREATED))
        doubt = await in_doubt(kept, a_cpf())
        line = await a_line(kept, paid)
        await reconcile(kept, [], paid, doubt, moving=False)
        assert FindingClass.APPLIED_ABSENT in {one.cls for one in await standing(kept)}
        assert line.credited_at is not None
        found = await reconcile(kept, [line], paid, doubt, since=line.credited_at, moving=False)
        assert found.closed == 1
        assert await standing(kept) == []

    async def test_an_earlier_statement_closes_and_says_nothing_of_what_a_later_one_told(
        self, kept: Kept
    ) -> None:
        """A file that was brought first and is reconciled last, and lacks the later one's lines."""
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), document=a_cpf(), cashback_centavos=777)
        assert (await reconcile(kept, [line], claim, moving=False)).opened == 1
        (told,) = await standing(kept)
        earlier = told.statement_at - timedelta(seconds=1)
        found = await reconcile(kept, [], claim, moving=False, asked_at=earlier)
        assert (found.opened, found.closed) == (0, 0)
        again = replace(line, number=9)
        await reconcile(kept, [again], claim, moving=False, asked_at=earlier)
        assert await standing(kept) == [told], "it is told as the later one does"
        at = told.statement_at
        assert (await reconcile(kept, [], claim, moving=False, asked_at=at)).closed == 1

    async def test_an_earlier_statement_explains_nothing_that_a_later_one_told(
        self, kept: Kept
    ) -> None:
        paid = await leased(kept.store, a_sale(document=a_cpf()))
        await kept.store.conclude(ended(paid, CREATED))
        line = await a_line(kept, paid)
        doubt = await in_doubt(kept, a_cpf())
        await reconcile(kept, [], paid, doubt, moving=False)
        absent = await standing(kept)
        assert [one.cls for one in absent] == [FindingClass.APPLIED_ABSENT]
        earlier = absent[0].statement_at - timedelta(seconds=1)
        told: dict[str, Any] = {"moving": False, "asked_at": earlier}
        assert (await reconcile(kept, [line], paid, doubt, **told)).closed == 0
        assert await standing(kept) == absent

    async def test_an_earlier_statement_proves_no_absence_where_a_later_one_tells(
        self, kept: Kept
    ) -> None:
        """Its lines may be those that the earlier one lacks: so the doubt would be paid twice."""
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), cashback_centavos=777)
        assert (await reconcile(kept, [line], claim)).moved == Moved()
        (told,) = await standing(kept)
        earlier = told.statement_at - timedelta(seconds=1)
        assert (await reconcile(kept, [], claim, asked_at=earlier)).moved == Moved()
        assert await status_of(kept, claim) is Status.IN_DOUBT
        # The later one itself may, and so may whatever is asked for after it.
        assert (await reconcile(kept, [], claim)).moved == Moved(stored=1)
        assert await status_of(kept, claim) is Status.PENDING

    @pytest.mark.parametrize("named", [True, False])
    async def test_an_earlier_statement_credits_nothing_that_a_later_one_took_back(
        self, kept: Kept, *, named: bool
    ) -> None:
        """A file that was brought first, and tells a credit alone that the hourly run saw go."""
        document = a_cpf()
        claims = [await in_doubt(kept, document) for _ in range(2)]
        reference = claims[0].id.hex if named else None
        credit, other = [replace(await a_line(kept, one), number=n) for n, one in enumerate(claims)]
        credit = replace(credit, reference=reference)
        back = replace(credit, number=3, kind=LineKind.REVERSAL)
        told = [credit, other, back]
        assert (await reconcile(kept, told, *claims, moving=False)).opened >= 2
        at = max(one.statement_at for one in await standing(kept))
        earlier = at - timedelta(seconds=1)
        found = await reconcile(kept, [credit, other], *claims, asked_at=earlier)
        assert found.closed == 0
        assert await status_of(kept, claims[0]) is Status.IN_DOUBT
        again = await reconcile(kept, [credit, other], *claims, asked_at=at)
        assert again.moved.stored == 2 - found.moved.stored
        assert await status_of(kept, claims[0]) is Status.APPLIED

    async def test_what_a_person_said_is_known_to_the_next_run_and_stops_this_one(
        self, kept: Kept
    ) -> None:
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), document=a_cpf(), cashback_centavos=777)
        other = replace(line, number=2, document=a_cpf(), cashback_centavos=888)
        await reconcile(kept, [line, other], claim, moving=False)

        async def explain() -> None:
            for one in await standing(kept):
                if one.centavos == 777:
                    await kept.incidents.explain(one.id, FOREIGN, dry_run=False)

        found = await reconcile(kept, [line, other], claim, meanwhile=explain)
        assert found.moved == Moved(skipped=1), "it might have said whose credit that is"
        assert [one.centavos for one in await standing(kept)] == [888], "nor is it asked again"
        found = await reconcile(kept, [line, other], claim)
        assert found.moved == Moved(stored=1)
        assert [one.centavos for one in await standing(kept)] == [888]

    async def test_a_confirmed_one_that_a_line_may_be_the_credit_of_is_told_and_put_in_doubt(
        self, kept: Kept
    ) -> None:
        document = a_cpf()
        sale = a_sale(document=document, sale_id=str(new_id()))
        record = await accepted(kept.store, later(sale))
        await kept.store.confirm(record.merchant_id, record.id)
        other = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, other), document=document, cashback_centavos=777)
        found = await reconcile(kept, [line], other)
        told = await standing(kept)
        assert [one.cashback_id for one in told if one.line_key is None] == [record.id]
        assert found.opened == len(told)
        entry = await kept.store.find(record.merchant_id, record.id)
        assert entry is not None
        assert entry.status is Status.IN_DOUBT

    async def test_what_may_be_forgotten_is_held_though_an_equal_one_could_have_its_line(
        self, kept: Kept
    ) -> None:
        """The equal one was applied just before the statement, the line is dated otherwise."""
        document = a_cpf()
        paid = await leased(kept.store, a_sale(document=document, sale_id=str(new_id())))
        assert (await kept.store.conclude(ended(paid, CREATED))).status is Status.APPLIED
        record = await accepted(kept.store, later(a_sale(document=document, sale_id=str(new_id()))))
        own = await a_line(kept, paid)
        assert own.credited_at is not None
        line = replace(own, credited_at=own.credited_at + timedelta(seconds=60))
        since = own.credited_at + timedelta(seconds=1)
        await reconcile(kept, [line], paid, since=since)
        (told,) = await standing(kept)
        assert (told.cls, told.cashback_id) == (FindingClass.CREDITED_UNPAID, record.id)
        confirmed = await kept.store.confirm(record.merchant_id, record.id)
        assert isinstance(confirmed, Confirmed)
        assert confirmed.record.status is Status.HELD
        assert (await reconcile(kept, [line], paid, since=since)).closed == 0

    async def test_no_line_is_explained_by_one_whose_own_may_lie_before_the_statement(
        self, kept: Kept
    ) -> None:
        """An incident of two equal ones stands, though a later start leaves one line and one."""
        document = a_cpf()
        paid = await leased(kept.store, a_sale(document=document, sale_id=str(new_id())))
        await kept.store.conclude(ended(paid, CREATED))
        own = await a_line(kept, paid)
        assert own.credited_at is not None
        again = replace(own, number=2, credited_at=own.credited_at + timedelta(seconds=2))
        assert (await reconcile(kept, [own, again], paid)).opened == 1
        (told,) = await standing(kept)
        assert told.cls is FindingClass.CREDITED_AGAIN
        begun = own.credited_at + timedelta(seconds=1)
        line = replace(again, number=1)
        assert (await reconcile(kept, [line], paid, since=begun)).closed == 0
        assert await standing(kept) == [told]

    async def test_what_was_never_tried_and_may_be_sent_yet_is_in_the_book_however_old(
        self, kept: Kept
    ) -> None:
        """A database that went back may have forgotten that it was sent, yesterday."""
        paid = await leased(kept.store, a_sale())
        await kept.store.conclude(ended(paid, CREATED))
        waiting = await accepted(kept.store, submitted(a_sale(), lease_s=None))
        unconfirmed, other = [await accepted(kept.store, later()) for _ in range(2)]
        await kept.store.confirm(other.merchant_id, other.id)
        since = waiting.accepted_at + timedelta(days=100)
        async with alone(kept) as runs, runs.book(since, _named([])) as book:
            found = {entry.id: entry async for batch in book for entry in batch}
        assert found.keys() == {waiting.id, unconfirmed.id, other.id}
        confirmed = [entry.id for entry in found.values() if entry.confirmed_at is not None]
        assert confirmed == [other.id]

    async def test_one_reconciles_at_a_time(self, kept: Kept) -> None:
        async with kept.reconciliations.alone() as first:
            assert first is not None
            async with kept.reconciliations.alone() as second:
                assert second is None
        async with kept.reconciliations.alone() as again:
            assert again is not None

    async def test_a_run_is_due_a_period_after_the_last_that_had_a_statement(
        self, kept: Kept
    ) -> None:
        async def due(kind: RunKind, period_s: float, retry_s: float) -> bool:
            return await runs.is_due(kind, period_s=period_s, retry_s=retry_s)

        async with alone(kept) as runs:
            assert await due(RunKind.RECENT, 60, 60)
            await runs.begin(RunKind.RECENT, a_moment())
            assert await due(RunKind.RECENT, 60, 60), "what did not end was none"
            await runs.end(RunEnded(error="ReadTimeout"))
            assert not await due(RunKind.RECENT, 60, 60)
            assert await due(RunKind.RECENT, 60, 0.0)
            assert await due(RunKind.OPEN, 60, 60)
            await runs.begin(RunKind.RECENT, a_moment())
            await runs.end(RunEnded())
            assert not await due(RunKind.RECENT, 60, 0.0)


async def in_doubt(kept: Kept, document: Cpf) -> Claim:
    claim = await leased(kept.store, a_sale(document=document, sale_id=str(new_id())))
    assert (await kept.store.conclude(ended(claim, UNANSWERED))).status is Status.IN_DOUBT
    return claim


async def status_of(kept: Kept, claim: Claim) -> Status:
    return (await history_of(kept.store, claim.merchant_id, claim)).record.status


async def standing(kept: Kept) -> list[StatementIncident]:
    page = await kept.incidents.incidents(None, open_only=True, limit=99, after=None)
    return list(page.items)


async def a_line(kept: Kept, claim: Claim) -> StatementLine:
    history = await history_of(kept.store, claim.merchant_id, claim)
    return StatementLine(
        number=1,
        document=claim.document,
        cashback_centavos=claim.cashback_centavos,
        credited_at=history.attempts[0].started_at,
    )


def a_moment() -> datetime:
    return datetime.fromisoformat("2026-06-01T00:00:00+00:00")


@asynccontextmanager
async def alone(kept: Kept) -> AsyncGenerator[ReconciliationRuns, None]:
    """The runs of a store that nobody else has."""
    async with kept.reconciliations.alone() as runs:
        assert runs is not None
        yield runs


async def reconcile(
    kept: Kept,
    lines: Sequence[StatementLine],
    *claims: Claim,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
    since: datetime | None = None,
    declared_count: int | None = None,
    moving: bool = True,
    asked_at: datetime | None = None,
) -> Reconciled:
    """One run over a statement that is complete just beyond the margin of these claims.

    `meanwhile` is done when all is decided and nothing is stored; `asked_at` is when a statement
    was asked for that came as a file.
    """
    starts = [
        attempt.started_at
        for claim in claims
        for attempt in (await history_of(kept.store, claim.merchant_id, claim)).attempts
    ]
    through = kept.rules.margin.after(max(starts), POLICY) + timedelta(microseconds=1)
    asked_since = since or min(starts) - timedelta(days=1)
    tally = StatementTotals()
    for line in lines:
        tally.add(line)
    head = StatementHead(
        asked_since=asked_since,
        asked_at=through + kept.rules.margin.skew,
        since=asked_since,
        complete_through=through,
        declared_count=tally.lines if declared_count is None else declared_count,
        declared_centavos=tally.net_centavos,
    )
    asked_at = asked_at or head.asked_at
    async with alone(kept) as runs:
        await runs.begin(RunKind.ASKED, asked_since)
        told = ReadStatement(head=head, tally=tally)
        said = await runs.explanations()
        window = Window.of([told], kept.rules.margin)
        anew = await runs.told_anew_from(window, asked_at)
        taken_back = (await runs.standing()).taken_back_after(asked_at)
        reconciliation = Reconciliation(
            [told], kept.rules, said, told_anew_from=anew, taken_back=taken_back
        )
        for line in lines:
            reconciliation.take(line)
        ids = _named([claim.id for claim in claims])
        async with runs.book(reconciliation.book_since, ids) as book:
            async for batch in book:
                for entry in batch:
                    reconciliation.enter(entry)
        findings = list(reconciliation.findings())
        if meanwhile is not None:
            await meanwhile()
        window = reconciliation.window
        needing = [finding for finding in findings if finding.needs_a_person]
        opened = await runs.tell(
            [FoundIncident.of(f, kept.rules, window, asked_at) for f in needing]
        )
        standing_ = await runs.standing()
        closed = await runs.close_explained(
            {
                about
                for finding in findings
                if not finding.needs_a_person and (about := standing_.explained_by(finding))
            },
            asked_at,
        )
        closed += 0 if window.distrust else await runs.close_unfound(window, asked_at)
        moved = await runs.move([f for f in findings if f.move]) if moving else Moved()
        if is_fit(window):
            await runs.put_aside([one for f in findings if (one := ToldLine.of(f)) is not None])
            await runs.take_in(window, asked_at)
        await runs.end(
            RunEnded(
                asked_at=head.asked_at,
                window=window,
                distrust=reconciliation.distrust,
                totals=reconciliation.totals,
                moved=moved,
            )
        )
    return Reconciled(moved=moved, opened=opened, closed=closed, distrust=reconciliation.distrust)


async def _named(ids: Collection[UUID]) -> AsyncGenerator[Collection[UUID], None]:
    yield ids
