"""What every store of cases keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixtures `store` (a cashback store), `incidents` and `cases` on the same
data, and the hooks that open incidents and differences, close them, and find them again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cashback_core.operators.case_store import (
    EVERY_UNRESOLVED,
    CaseFilter,
    CaseLoad,
    DayDifference,
    DifferenceFilter,
)
from cashback_core.operators.cases import (
    AssignCase,
    AssignedToAnother,
    Case,
    CaseEventKind,
    CaseHistory,
    CaseKind,
    CaseRefusal,
    CaseState,
    NoteCase,
    ResolveCase,
)
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Explanation, Meaning, StatementIncident
from cashback_core.values.ids import new_id
from contract.builders import a_sale, accepted, submitted

if TYPE_CHECKING:
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.case_store import CaseStore
    from cashback_core.reconciliation.incidents import IncidentStore

AT: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
DAY: Final = date(2026, 6, 14)
TO_ANA: Final = AssignCase(by="bia", to="ana")
MINE: Final = AssignCase(by="ana", to="ana")
DONE: Final = ResolveCase(by="ana", reason="the provider takes the line back on Monday")
NOTED: Final = NoteCase(by="bia", note="asked them on 15 June")


class CaseStoreContract:
    """Whose work it is, what was said of it, and what a run does to it."""

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        """Open an incident."""
        raise NotImplementedError

    def keep_difference(self, difference: DayDifference) -> None:
        """Open a difference."""
        raise NotImplementedError

    def find_again(self, kind: CaseKind, id_: UUID, began: timedelta) -> None:
        """A run that began so long after now (before it, if negative) tells it again."""
        raise NotImplementedError

    def close_difference(self, id_: UUID) -> None:
        """A later file tells it no more."""
        raise NotImplementedError

    def told(self, merchant_id: int | None = None, **changes: Any) -> UUID:
        """An incident; its id."""
        found = StatementIncident(
            id=new_id(),
            cls=FindingClass.UNKNOWN_HERE,
            merchant={None: None, 1: "demo", 2: "other"}[merchant_id],
            cashback_id=None,
            document=None,
            centavos=777,
            line=7,
            line_key=new_id().hex,
            credited_at=AT,
            reference=None,
            why="no cashback explains it",
            opened_at=AT,
            statement_at=AT,
        )
        found = replace(found, **changes)
        self.keep(found, merchant_id)
        return found.id

    async def of(self, store: CashbackStore, merchant_id: int, **changes: Any) -> UUID:
        """An incident about a merchant's cashback."""
        record = await accepted(store, submitted(a_sale(), merchant_id=merchant_id))
        given = {"cashback_id": record.id, "cls": FindingClass.CREDITED_UNPAID, **changes}
        return self.told(merchant_id, **given)

    def differing(self, merchant: str = "demo", **changes: Any) -> UUID:
        """A difference; its id."""
        one = DayDifference(
            case=Case(
                id=new_id(),
                kind=CaseKind.DIFFERENCE,
                cls="differs",
                merchant=merchant,
                cashback_id=None,
                centavos=5,
                why="rate_version, discount",
                opened_at=AT,
            ),
            day=DAY,
            file_id=new_id(),
            line=12,
            whys=("rate_version", "discount"),
            erp_centavos=505,
            our_centavos=500,
            closed_why=None,
        )
        one = replace(one, case=replace(one.case, **changes))
        self.keep_difference(one)
        return one.case.id

    async def test_a_reversals_two_lines_are_worth_their_money_once(
        self, store: CashbackStore, cases: CaseStore
    ) -> None:
        record = await accepted(store, submitted(a_sale(sale_id="NF-1002"), merchant_id=1))
        about: dict[str, Any] = {"cashback_id": record.id, "cls": FindingClass.REVERSED}
        lines = [self.told(1, **about, centavos=6_250, line=line) for line in (2, 9)]
        first = self.told(1, **about, centavos=6_250, opened_at=AT - timedelta(days=1))
        page = await cases.cases(1, CaseFilter(), limit=9, after=None)
        assert [one.id for one in page.items] == [first, *sorted(lines)]
        assert [one.centavos for one in page.items] == [6_250, 0, 0]
        assert {one.sale_id for one in page.items} == {"NF-1002"}
        (load,) = await cases.loads(1, CaseFilter())
        assert (load.count, load.centavos) == (3, 6_250)
        assert history(await cases.case(1, lines[0])).case.sale_id == "NF-1002"

    async def test_a_merchant_works_on_its_own_alone_and_the_platform_on_all(
        self, store: CashbackStore, cases: CaseStore
    ) -> None:
        mine, theirs = await self.of(store, 1), await self.of(store, 2)
        nobodys, differs, others = self.told(), self.differing(), self.differing("other")
        assert await ids(cases, 1) == {mine, differs}
        assert await ids(cases, 2) == {theirs, others}
        assert await ids(cases, None) == {mine, theirs, nobodys, differs, others}
        for act in (MINE, NOTED, DONE):
            for id_ in (theirs, nobodys, others, new_id()):
                assert await cases.work(1, id_, act) is None
                assert await cases.case(1, id_) is None
        assert await ids(cases, None) == {mine, theirs, nobodys, differs, others}
        assert isinstance(await cases.work(None, nobodys, MINE), CaseHistory)

    async def test_what_is_done_about_it_is_told_in_order(
        self, store: CashbackStore, cases: CaseStore
    ) -> None:
        incident, difference = await self.of(store, 1), self.differing()
        for id_ in (incident, difference):
            assert history(await cases.case(1, id_)).case.state is CaseState.OPEN
            assigned = history(await cases.work(1, id_, TO_ANA))
            assert (assigned.case.state, assigned.case.assigned_to) == (CaseState.ASSIGNED, "ana")
            await cases.work(1, id_, NOTED)
            await cases.work(1, id_, AssignCase(by="ana", to=None, note="no time"))
            done = history(await cases.work(1, id_, DONE))
            assert done.case.state is CaseState.RESOLVED
            noted = history(await cases.work(1, id_, NOTED))  # also of what is done
            kinds = [event.what for event in noted.events]
            assert kinds[kinds[0] is CaseEventKind.OPENED :] == [
                CaseEventKind.ASSIGNED,
                CaseEventKind.NOTED,
                CaseEventKind.GIVEN_BACK,
                CaseEventKind.RESOLVED,
                CaseEventKind.NOTED,
            ]
            told = [(e.by, e.assigned_to, e.reason) for e in noted.events][-5:]
            assert told[0] == ("bia", "ana", None)
            assert told[2:4] == [("ana", None, "no time"), ("ana", None, DONE.reason)]
            assert noted == await cases.case(1, id_)
            assert history(await cases.case(None, id_)).events == noted.events
            for act in (MINE, DONE):
                assert await cases.work(1, id_, act) is CaseRefusal.RESOLVED

    async def test_what_is_anothers_is_taken_only_by_who_says_so(self, cases: CaseStore) -> None:
        id_ = self.differing()
        await cases.work(1, id_, TO_ANA)
        for act in (AssignCase(by="bia", to="bia"), AssignCase(by="bia", to=None)):
            assert await cases.work(1, id_, act) == AssignedToAnother("ana")
        before = await cases.case(1, id_)
        assert await cases.work(1, id_, TO_ANA) == before  # hers already: nothing is told
        given = history(await cases.work(1, id_, AssignCase(by=" ANA".strip(), to="caio")))
        assert given.case.assigned_to == "caio"  # by whoever had it
        taken = AssignCase(by="bia", to="bia", take_over=True)
        assert history(await cases.work(1, id_, taken)).case.assigned_to == "bia"
        resolved = history(await cases.work(1, id_, DONE))  # by anybody
        assert resolved.events[-1].by == "ana"

    async def test_of_two_at_once_one_has_it(self, cases: CaseStore) -> None:
        id_ = self.differing()
        took = [cases.work(1, id_, AssignCase(by=who, to=who)) for who in ("ana", "bia")]
        told = await asyncio.gather(*took)
        (refused,) = [one for one in told if isinstance(one, AssignedToAnother)]
        (got,) = [one for one in told if isinstance(one, CaseHistory)]
        assert got.case.assigned_to == refused.to

    async def test_what_was_called_resolved_and_is_found_again_is_open_again(
        self, cases: CaseStore
    ) -> None:
        for kind, id_ in (
            (CaseKind.INCIDENT, self.told()),
            (CaseKind.DIFFERENCE, self.differing()),
        ):
            await cases.work(None, id_, MINE)
            await cases.work(None, id_, DONE)
            # A run that began before tells what it saw then.
            self.find_again(kind, id_, -timedelta(minutes=5))
            assert history(await cases.case(None, id_)).case.state is CaseState.RESOLVED
            self.find_again(kind, id_, timedelta(minutes=5))
            again = history(await cases.case(None, id_))
            assert (again.case.state, again.case.assigned_to) == (CaseState.ASSIGNED, "ana")
            last = again.events[-1]
            assert (last.what, last.by) == (CaseEventKind.REOPENED, None)
            self.find_again(kind, id_, timedelta(minutes=10))  # once
            assert history(await cases.case(None, id_)).events == again.events
            done = history(await cases.work(None, id_, DONE))
            assert done.case.state is CaseState.RESOLVED

    async def test_what_stands_no_more_is_resolved(
        self, cases: CaseStore, incidents: IncidentStore
    ) -> None:
        line, difference = self.told(), self.differing()
        said = Explanation(meaning=Meaning.FOREIGN, by="petra", reason="their own campaign")
        await cases.work(None, line, MINE)
        await incidents.explain(line, said, dry_run=False)
        ended = history(await cases.case(None, line))
        assert ended.case.state is CaseState.RESOLVED
        assert (ended.events[-1].what, ended.events[-1].by) == (CaseEventKind.EXPLAINED, "petra")
        self.close_difference(difference)
        closed = history(await cases.case(1, difference))
        assert closed.case.state is CaseState.RESOLVED
        assert [e.what for e in closed.events] == [CaseEventKind.OPENED, CaseEventKind.CLOSED]
        assert await ids(cases, None) == set()
        for id_ in (line, difference):
            assert await cases.work(None, id_, MINE) is CaseRefusal.RESOLVED
            assert isinstance(await cases.work(None, id_, NOTED), CaseHistory)

    async def test_cases_are_chosen_by_who_has_them_by_age_class_and_worth(
        self, store: CashbackStore, cases: CaseStore
    ) -> None:
        old = await self.of(store, 1, centavos=900, opened_at=AT - timedelta(days=9))
        young = await self.of(store, 1, cls=FindingClass.ALTERED, centavos=100)
        differs = self.differing()
        done = self.differing(opened_at=AT + timedelta(hours=1))
        await cases.work(1, old, TO_ANA)
        await cases.work(1, done, DONE)
        about = history(await cases.case(1, young)).case.cashback_id
        for wanted, expected in (
            (EVERY_UNRESOLVED, {old, young, differs}),
            (CaseFilter(states=frozenset({CaseState.OPEN})), {young, differs}),
            (CaseFilter(states=frozenset({CaseState.RESOLVED})), {done}),
            (CaseFilter(states=frozenset(CaseState)), {old, young, differs, done}),
            (CaseFilter(assigned_to="ana"), {old}),
            (CaseFilter(assigned_to="bia"), set[UUID]()),
            (CaseFilter(kind=CaseKind.INCIDENT), {old, young}),
            (CaseFilter(cls="altered"), {young}),
            (CaseFilter(cls="differs"), {differs}),
            (CaseFilter(cashback_id=about), {young}),
            (CaseFilter(opened_before=AT), {old}),
            (CaseFilter(least_centavos=100), {old, young}),
        ):
            assert await ids(cases, 1, wanted) == expected, wanted
            loads = await cases.loads(1, wanted)
            assert sum(load.count for load in loads) == len(expected)
        assert await cases.loads(1, EVERY_UNRESOLVED) == (
            CaseLoad(assigned_to=None, count=2, centavos=105, oldest_at=AT),
            CaseLoad(assigned_to="ana", count=1, centavos=900, oldest_at=AT - timedelta(days=9)),
        )
        assert await cases.loads(2, EVERY_UNRESOLVED) == ()

    async def test_cases_and_differences_come_in_pages(self, cases: CaseStore) -> None:
        two_each = [AT + timedelta(hours=n // 2) for n in range(5)]
        opened = sorted((at, self.differing(opened_at=at)) for at in two_each)
        wanted = [id_ for _, id_ in opened]
        found: list[UUID] = []
        after, pages = None, 0
        while pages == 0 or after is not None:
            page = await cases.cases(1, EVERY_UNRESOLVED, limit=2, after=after)
            found += [one.id for one in page.items]
            after, pages = page.next, pages + 1
        assert (found, pages) == (wanted, 3)
        told: list[UUID] = []
        while True:
            of_day = await cases.differences(1, DifferenceFilter(), limit=2, after=after)
            told += [one.case.id for one in of_day.items]
            if (after := of_day.next) is None:
                break
        assert told == wanted

    async def test_differences_are_told_with_both_sides(self, cases: CaseStore) -> None:
        first, closed = self.differing(), self.differing()
        await cases.work(1, first, TO_ANA)
        self.close_difference(closed)
        page = await cases.differences(1, DifferenceFilter(), limit=5, after=None)
        (one,) = page.items
        assert (one.case.id, one.case.assigned_to, one.case.merchant) == (first, "ana", "demo")
        assert (one.day, one.line, one.whys) == (DAY, 12, ("rate_version", "discount"))
        assert (one.erp_centavos, one.our_centavos, one.case.centavos) == (505, 500, 5)
        assert (one.case.why, one.closed_why) == ("rate_version, discount", None)
        for wanted, expected in (
            (DifferenceFilter(standing_only=False), {first, closed}),
            (DifferenceFilter(day=DAY), {first}),
            (DifferenceFilter(day=DAY + timedelta(days=1)), set[UUID]()),
            (DifferenceFilter(cls="differs"), {first}),
            (DifferenceFilter(cls="not_told"), set[UUID]()),
        ):
            found = await cases.differences(1, wanted, limit=5, after=None)
            assert {one.case.id for one in found.items} == expected, wanted
        assert (await cases.differences(2, DifferenceFilter(), limit=5, after=None)).items == ()

    async def test_nothing_that_is_done_about_a_case_moves_a_cashback(
        self, store: CashbackStore, cases: CaseStore
    ) -> None:
        id_ = await self.of(store, 1)
        about = history(await cases.case(1, id_)).case.cashback_id
        assert about is not None
        before = await store.history(1, about)
        for act in (TO_ANA, NOTED, DONE, NOTED):
            assert isinstance(await cases.work(1, id_, act), CaseHistory)
        assert await store.history(1, about) == before


async def ids(
    cases: CaseStore, merchant_id: int | None, wanted: CaseFilter = EVERY_UNRESOLVED
) -> set[UUID]:
    """All that are meant."""
    page = await cases.cases(merchant_id, wanted, limit=99, after=None)
    assert page.next is None
    return {one.id for one in page.items}


def history(told: object) -> CaseHistory:
    """What was told, which is no refusal."""
    assert isinstance(told, CaseHistory), told
    return told
