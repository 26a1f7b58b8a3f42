"""What the provider's ledger keeps of statements, in memory and on PostgreSQL alike.

A subclass supplies the fixture `book`. Statements are told as a run tells them: their lines, found
to be something already.
"""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cashback_core.reconciliation import FindingClass, Window
from cashback_core.reconciliation.ledger import LedgerKept, ToldLine
from cashback_core.reconciliation.schedule import RunKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from cashback_core.reconciliation.ledger import LedgerTotal, ProviderLedger
    from cashback_core.reconciliation.schedule import ReconciliationRuns, ReconciliationStore

AT: Final = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)
DAY: Final = timedelta(days=1)
ONES: Final = tuple(UUID(int=n << 64 | 0x80 << 56) for n in range(1, 5))
"""Cashbacks; the odd ones are merchant 1's, the others 2's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The stores under test, on the same data."""

    reconciliations: ReconciliationStore
    ledger: ProviderLedger
    sealed: Callable[[str], str] = str
    """What an erasure leaves of a key; here nothing is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A statement: its lines, what it covers, when it was asked for."""

    lines: tuple[ToldLine, ...]
    since: datetime = AT - 5 * DAY
    through: datetime = AT + 5 * DAY
    asked_at: datetime = AT + 6 * DAY
    zone: ZoneInfo | None = None

    @property
    def window(self) -> Window:
        return Window(since=self.since, through=self.through, zone=self.zone)


def a_told(
    number: int = 1,
    *,
    cls: FindingClass = FindingClass.MATCHED,
    centavos: int = 500,
    at: datetime | None = AT,
    whose: UUID | None = ONES[0],
) -> ToldLine:
    """A line; its key is of number, amount and instant, as two that read the same have one."""
    key = UUID(int=hash((number, centavos, at)) & (2**128 - 1)).hex
    alike = UUID(int=hash(centavos) & (2**128 - 1)).hex
    return ToldLine(key, cls, centavos, at, owner_of(whose), whose, alike)


def owner_of(whose: UUID | None) -> int | None:
    return None if whose is None else 2 - (whose.int >> 64) % 2


UNKNOWN: Final = a_told(cls=FindingClass.UNKNOWN_HERE, whose=None)


class ProviderLedgerContract:
    """Every credit once, in one class of one owner."""

    async def test_new_lines_enter_once_however_often_they_are_told(self, book: Book) -> None:
        line = a_told()
        assert await take_in(book, Told(lines=(line,))) == LedgerKept(entered=1)
        assert await take_in(book, Told(lines=(line,))) == LedgerKept()
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_a_line_whose_customer_was_erased_since_is_the_line_that_it_was(
        self, book: Book
    ) -> None:
        line = a_told()
        assert line.alike is not None
        erased = line._replace(key=book.sealed(line.key), alike=book.sealed(line.alike))
        for told, kept in ((line, 1), (erased, 0), (line, 0)):
            assert await take_in(book, Told(lines=(told,))) == LedgerKept(entered=kept)
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_lines_that_read_the_same_are_as_many_as_one_statement_tells(
        self, book: Book
    ) -> None:
        twice = (a_told(), a_told(cls=FindingClass.CREDITED_AGAIN))
        assert (await take_in(book, Told(lines=twice))).entered == 2
        assert await take_in(book, Told(lines=twice[::-1])) == LedgerKept()
        assert (await take_in(book, Told(lines=twice[:1]))).left == 1
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_a_line_that_is_found_to_be_anothers_moves_from_owner_to_owner(
        self, book: Book
    ) -> None:
        await take_in(book, Told(lines=(UNKNOWN,)))
        assert await totals(book) == [(None, FindingClass.UNKNOWN_HERE, 1, 500)]
        assert await take_in(book, Told(lines=(a_told(),))) == LedgerKept(moved=1)
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]
        kept = await take_in(book, Told(lines=(a_told(whose=ONES[2]),)))
        assert kept == LedgerKept(), "another cashback of the same owner: no move"

    async def test_what_the_newest_statement_of_its_days_does_not_tell_leaves(
        self, book: Book
    ) -> None:
        await take_in(book, Told(lines=(a_told(), a_told(2, centavos=-300))))
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 200)]
        assert (await take_in(book, Told(lines=()))).left == 2
        assert await totals(book) == []
        assert (await take_in(book, Told(lines=(a_told(),)))).entered == 1, "and may come back"

    async def test_a_statement_of_other_days_takes_nothing_away(self, book: Book) -> None:
        await take_in(book, Told(lines=(a_told(),)))
        for since, through in ((AT, AT + DAY), (AT - DAY, AT), (AT + DAY, AT + 2 * DAY)):
            assert await take_in(book, Told(lines=(), since=since, through=through)) == LedgerKept()
        told_late = a_told(3, at=AT + DAY, whose=ONES[1])
        kept = await take_in(book, Told(lines=(told_late,), since=AT - 2 * DAY, through=AT - DAY))
        assert kept.entered == 1, "what is told counts, also beyond what is said to be complete"
        assert len(await totals(book)) == 2

    async def test_a_date_alone_leaves_when_its_whole_day_is_covered_in_any_zone(
        self, book: Book
    ) -> None:
        midnight = AT.replace(hour=0, minute=0)
        await take_in(book, Told(lines=(a_told(at=midnight), a_told(at=midnight))))
        part = Told(lines=(a_told(at=midnight),), since=midnight - DAY / 2)
        assert await take_in(book, part) == LedgerKept()
        assert (await take_in(book, replace(part, since=midnight - DAY))).left == 1

    async def test_what_has_left_was_not_told_by_what_does_not_tell_it(self, book: Book) -> None:
        """So whatever covers those that did is enough for it to leave once more."""
        line = a_told(at=None)
        narrow = Told(lines=(line,), since=AT, through=AT)
        await take_in(book, narrow)
        assert (await take_in(book, Told(lines=(), since=AT, through=AT + DAY))).left == 1
        assert (await take_in(book, narrow)).entered == 1
        assert (await take_in(book, replace(narrow, lines=()))).left == 1

    async def test_what_has_no_instant_leaves_when_all_is_covered_that_told_it(
        self, book: Book
    ) -> None:
        nobodys = a_told(at=None, cls=FindingClass.UNREADABLE, whose=None)
        for days in (0, 1):
            later = Told(lines=(nobodys,), since=AT + days * DAY, through=AT + (days + 2) * DAY)
            await take_in(book, later)
        assert len(await totals(book)) == 1
        gone = Told(lines=(), since=AT, through=AT + 2 * DAY)
        assert await take_in(book, gone) == LedgerKept()
        assert (await take_in(book, replace(gone, through=AT + 3 * DAY))).left == 1

    async def test_an_older_statement_changes_nothing_where_a_newer_one_covers(
        self, book: Book
    ) -> None:
        newer = Told(lines=(a_told(),), since=AT - DAY, through=AT + DAY, asked_at=AT + 3 * DAY)
        await take_in(book, newer)
        early = a_told(2, at=AT - 3 * DAY, whose=ONES[2])
        older = Told(
            lines=(UNKNOWN, early), since=AT - 4 * DAY, through=AT + DAY, asked_at=AT + 2 * DAY
        )
        assert await take_in(book, older) == LedgerKept(entered=1), "the days before count"
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]
        assert await take_in(book, replace(newer, lines=(UNKNOWN,))) == LedgerKept(moved=1)

    async def test_a_clock_that_was_ahead_once_does_not_make_what_follows_older(
        self, book: Book
    ) -> None:
        ahead = Told(lines=(a_told(),), asked_at=AT.replace(year=9000))
        await take_in(book, ahead)
        later = Told(lines=(), asked_at=AT.replace(year=8000))
        assert (await take_in(book, later)).left == 1

    async def test_a_credit_that_a_file_tells_by_its_date_is_one_credit(self, book: Book) -> None:
        """Whichever is told first, and again by whichever; of a cashback, and of nobody."""
        for whose, cls, owner in (
            (ONES[0], FindingClass.MATCHED, "demo"), (None, FindingClass.UNKNOWN_HERE, None),
        ):  # fmt: skip
            date = AT.replace(hour=0, minute=0)
            of_file = Told(lines=(a_told(at=date, whose=whose, cls=cls),))
            hourly = Told(lines=(a_told(whose=whose, cls=cls),), since=AT - DAY, through=AT + DAY)
            for told in (hourly, of_file, hourly, hourly, of_file):
                await take_in(book, told)
                assert await totals(book) == [(owner, cls, 1, 500)]
            await take_in(book, Told(lines=()))
            assert await totals(book) == []

    async def test_a_credit_that_a_file_tells_without_its_reference_is_one_credit(
        self, book: Book
    ) -> None:
        date = AT.replace(hour=0, minute=0)
        by_date = (a_told(at=date), a_told(2, at=date))
        part = Told(lines=by_date[:1], since=AT, through=AT + DAY)
        for told in (part, replace(part, lines=by_date[1:]), part):
            await take_in(book, told)
            assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_an_older_file_adds_nothing_to_what_a_newer_statement_told(
        self, book: Book
    ) -> None:
        date = a_told(at=AT.replace(hour=0, minute=0))
        await take_in(book, Told(lines=(a_told(),), since=AT - DAY / 4, through=AT + DAY / 4))
        kept = await take_in(book, Told(lines=(date,), asked_at=AT + 2 * DAY))
        assert kept == LedgerKept()

    async def test_a_second_credit_of_a_cashback_stays_a_second_one(self, book: Book) -> None:
        """Where no statement tells both, neither is taken for the other."""
        await take_in(book, Told(lines=(a_told(),), through=AT + DAY / 4))
        later = a_told(at=AT + DAY)
        kept = await take_in(book, Told(lines=(later,), since=AT + DAY / 2))
        assert (kept.entered, kept.moved, kept.left) == (1, 1, 0)
        both = [
            ("demo", FindingClass.CREDITED_AGAIN, 1, 500),
            ("demo", FindingClass.MATCHED, 1, 500),
        ]
        assert await totals(book) == both
        older = Told(lines=(a_told(),), through=AT + DAY / 4, asked_at=AT + 2 * DAY)
        await take_in(book, older)
        assert await totals(book) == both

    async def test_two_equal_credits_of_a_day_are_two_however_they_are_told(
        self, book: Book
    ) -> None:
        """Of one customer, in whichever order they were found to be whose."""
        date = AT.replace(hour=0, minute=0)
        instants = (a_told(), a_told(at=AT + DAY / 8, whose=ONES[2]))
        await take_in(book, Told(lines=instants, since=AT - DAY / 4, through=AT + DAY / 4))
        dates = (a_told(at=date, whose=ONES[2]), a_told(at=date))
        assert (await take_in(book, Told(lines=dates))).entered == 2
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]
        await take_in(book, Told(lines=instants, since=AT - DAY / 4, through=AT + DAY / 4))
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]

    async def test_a_credit_that_a_file_gives_to_another_cashback_is_one_credit(
        self, book: Book
    ) -> None:
        """Of equal ones it depends on what else a statement tells whose a line is."""
        date = a_told(at=AT.replace(hour=0, minute=0), whose=ONES[2])
        hourly = Told(lines=(a_told(),), since=AT - DAY, through=AT + DAY)
        of_file = Told(
            lines=(date._replace(cls=FindingClass.CREDITED_UNPAID),), since=AT - DAY, through=AT
        )
        nobodys = a_told(at=date.credited_at, whose=None, cls=FindingClass.UNKNOWN_HERE)
        for told in (hourly, of_file, hourly, replace(of_file, lines=(nobodys,)), hourly):
            await take_in(book, told)
            assert [lines for _, _, lines, _ in await totals(book)] == [1]
        assert await totals(book) == [("demo", FindingClass.MATCHED, 1, 500)]

    async def test_a_date_takes_the_place_of_what_its_statement_covers(self, book: Book) -> None:
        """Not of an equal credit beside its days, which it does not tell."""
        midnight = AT.replace(hour=0, minute=0)
        before, on_it = midnight + DAY / 24, midnight + 20 * DAY / 24
        instants = (a_told(at=before), a_told(at=on_it, whose=ONES[2]))
        await take_in(book, Told(lines=instants))
        of_file = Told(
            lines=(a_told(at=midnight, whose=None, cls=FindingClass.UNKNOWN_HERE),),
            since=midnight + 3 * DAY / 24,
            through=midnight + 27 * DAY / 24,
        )
        for told in (of_file, of_file):
            await take_in(book, told)
            assert await totals(book) == [
                (None, FindingClass.UNKNOWN_HERE, 1, 500),
                ("demo", FindingClass.MATCHED, 1, 500),
            ]

    async def test_a_date_whose_zone_is_told_is_no_credit_of_the_day_before(
        self, book: Book
    ) -> None:
        """A customer's daily credits of one amount, told by whatever comes."""
        date = AT.replace(hour=0, minute=0)
        for begins, zone in ((3, ZoneInfo("America/Sao_Paulo")), (0, None)):
            since = date + begins * DAY / 24
            yesterday, today = a_told(at=AT - DAY), a_told(at=AT, whose=ONES[2])
            hourly = Told(lines=(yesterday,), since=AT - 3 * DAY, through=AT - DAY / 2)
            by_date = a_told(at=date, whose=ONES[2])
            of_file = Told(lines=(by_date,), since=since, through=since + DAY, zone=zone)
            later = Told(lines=(today,), since=AT - DAY / 4, through=AT + DAY)
            for told in (hourly, of_file, later, hourly, of_file):
                await take_in(book, told)
            assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]
            await take_in(book, Told(lines=()))

    async def test_of_one_date_two_references_of_two_cashbacks_are_two_credits(
        self, book: Book
    ) -> None:
        date = AT.replace(hour=0, minute=0)
        for number, whose in enumerate((ONES[0], ONES[2], ONES[0])):
            line = a_told(number, at=date, whose=whose)
            await take_in(book, Told(lines=(line,), since=AT, through=AT + DAY))
        assert await totals(book) == [("demo", FindingClass.MATCHED, 2, 1000)]

    async def test_a_run_that_dies_before_leaves_nothing_behind(self, book: Book) -> None:
        async with begun(book) as runs:
            await runs.put_aside([a_told()])
        assert await totals(book) == []
        assert (await take_in(book, Told(lines=(a_told(2),)))).entered == 1
        async with begun(book) as runs:
            await runs.put_aside([a_told()])
            await runs.begin(RunKind.ASKED, AT)
            assert (await runs.take_in(Told(lines=()).window, AT + 7 * DAY)).left == 1

    async def test_each_merchant_is_told_of_its_own_and_the_account_of_nobodys(
        self, book: Book
    ) -> None:
        assert (await book.ledger.state(None)).told_at is None
        mine, theirs = a_told(), a_told(2, whose=ONES[1], centavos=70)
        stray = a_told(3, cls=FindingClass.REVERSED, centavos=-5, whose=None)
        told = Told(lines=(mine, theirs, stray))
        await take_in(book, told)
        state = await book.ledger.state(None)
        assert (state.reach and state.reach.through) == told.through
        assert state.told_at is not None
        assert [_row(one) for one in state.totals] == [
            (None, FindingClass.REVERSED, 1, -5),
            ("demo", FindingClass.MATCHED, 1, 500),
            ("other", FindingClass.MATCHED, 1, 70),
        ]
        own = await book.ledger.state(2)
        assert [_row(one) for one in own.totals] == [("other", FindingClass.MATCHED, 1, 70)]
        assert own.reach == state.reach

    async def test_it_is_complete_to_the_first_gap_between_statements(self, book: Book) -> None:
        assert (await book.ledger.state(None)).reach is None
        for since, through, reach in (
            (2, 3, (2, 3, None, 3)),
            (6, 9, (2, 3, 6, 9)),
            (7, 8, (2, 3, 6, 9)),
            (3, 5, (2, 5, 6, 9)),
            (0, 1, (0, 1, 2, 9)),
            (1, 6, (0, 9, None, 9)),
        ):
            told = Told(lines=(), since=AT + since * DAY, through=AT + through * DAY)
            await take_in(book, told)
            ends = [None if one is None else AT + one * DAY for one in reach]
            found = (await book.ledger.state(1)).reach
            assert found is not None
            assert [found.since, found.through, found.resumes_at, found.last] == ends


async def totals(book: Book) -> list[tuple[str | None, FindingClass, int, int]]:
    """Everything that is in the ledger."""
    return [_row(one) for one in (await book.ledger.state(None)).totals]


def _row(one: LedgerTotal) -> tuple[str | None, FindingClass, int, int]:
    return one.merchant, one.cls, one.lines, one.centavos


@asynccontextmanager
async def begun(book: Book) -> AsyncGenerator[ReconciliationRuns, None]:
    async with book.reconciliations.alone() as runs:
        assert runs is not None
        await runs.begin(RunKind.ASKED, AT)
        yield runs


async def take_in(book: Book, told: Told, *, at_once: int = 2) -> LedgerKept:
    """A run that found these lines."""
    async with begun(book) as runs:
        for start in range(0, len(told.lines), at_once):
            await runs.put_aside(told.lines[start : start + at_once])
        return await runs.take_in(told.window, told.asked_at)


_CLASSES: Final = (FindingClass.MATCHED, FindingClass.ALTERED, FindingClass.CREDITED_AGAIN)
_OF_NOBODY: Final = (FindingClass.UNKNOWN_HERE, FindingClass.EXPLAINED)
INSTANTS: Final = (
    *(AT + timedelta(hours=hours) for hours in (-30, -6, 0, 5, 26)),
    AT.replace(hour=0, minute=0),
    AT.replace(hour=0, minute=0) + DAY,
    None,
    AT - 300 * DAY,
)


ZONES: Final = (None, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Kiritimati"))
"""Whose days the dates of a file may be."""

_HOMES: Final = dict(zip(INSTANTS, (*ONES[:3], None, None, ONES[3]), strict=False))
"""Whose own credits are told at an instant, where each is always told the same way."""


@st.composite
def _told_lines(draw: st.DrawFn) -> ToldLine:
    whose = draw(st.sampled_from((None, *ONES)))
    at = draw(st.sampled_from(INSTANTS))
    cls = draw(st.sampled_from(_OF_NOBODY if whose is None else _CLASSES))
    return a_told(cls=cls, centavos=draw(st.sampled_from((500, -500))), at=at, whose=whose)


@st.composite
def _stable_lines(draw: st.DrawFn) -> ToldLine:
    one = draw(_told_lines())
    if one.cls is not FindingClass.MATCHED:
        return a_told(
            cls=FindingClass.EXPLAINED, centavos=one.centavos, at=one.credited_at, whose=None
        )._replace(alike=None)
    whose = _HOMES.get(one.credited_at)
    cls = FindingClass.UNKNOWN_HERE if whose is None else FindingClass.MATCHED
    return a_told(cls=cls, centavos=500, at=one.credited_at, whose=whose)._replace(alike=None)


def _own(one: ToldLine) -> object:
    """No two lines of a statement are the own credit of one cashback."""
    return one.cashback_id if one.cls is FindingClass.MATCHED else object()


@st.composite
def _statements(draw: st.DrawFn, *, respelled: bool) -> Told:
    begins, lasts = draw(st.integers(-4, 2)), draw(st.integers(0, 6))
    since = AT + begins * DAY
    lines = _told_lines() if respelled else _stable_lines()
    return Told(
        lines=tuple(draw(st.lists(lines, max_size=6, unique_by=_own))),
        since=since,
        through=since + lasts * DAY,
        asked_at=AT + draw(st.integers(4, 8)) * DAY,
        zone=draw(st.sampled_from(ZONES)),
    )


def statements(*, respelled: bool = False) -> SearchStrategy[list[Told]]:
    """Statements that are told one after the other: few lines, many of which read the same.

    `respelled`: a credit may be told by its date on one and by its instant on another.
    """
    return st.lists(_statements(respelled=respelled), min_size=1, max_size=5)


def times_told(lines: Sequence[ToldLine]) -> Counter[str]:
    """How often each key is told."""
    return Counter(line.key for line in lines)
