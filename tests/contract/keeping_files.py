"""What every store of files keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixture `files`, on which the provider's clock may be an hour from ours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core.reconciliation.file_import import ImportFile
from cashback_core.reconciliation.file_store import FileElsewhereError
from cashback_core.reconciliation.files import FileState, FileTopic, FileToTake, StatementSpan
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.told_sales import ToldSale
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.reconciliation.file_store import FileStore
    from cashback_core.reconciliation.files import FileLine, KeptFile

SKEW: Final = timedelta(hours=1)
SINCE: Final = datetime(2026, 1, 2, tzinfo=UTC)
THROUGH: Final = datetime(2026, 1, 3, tzinfo=UTC)
DAY: Final = FileToTake(
    topic=FileTopic.ERP_DAY,
    sha256=sha256(b"a day").digest(),
    name="night.csv",
    declared_by="ana",
    merchant_id=1,
    day=date(2026, 1, 2),
)
STATEMENT: Final = FileToTake(
    topic=FileTopic.STATEMENT,
    sha256=sha256(b"a statement").digest(),
    name="january.xlsx",
    declared_by="petra",
    since=SINCE,
    through=THROUGH,
)


def credit(number: int, centavos: int = 140, **more: Any) -> StatementLine:
    told: dict[str, Any] = {
        "number": number, "document": "52998224725", "cashback_centavos": centavos,
        "credited_at": SINCE + timedelta(seconds=number), "reference": f"a\tb\\{number}",
    }  # fmt: skip
    return StatementLine(**(told | more))


def sale(line: int, **more: Any) -> ToldSale:
    told: dict[str, Any] = {
        "line": line, "name_kind": "sale_id", "name": f'NF-{line} "x\\', "store": "L1",
        "document": "52998224725", "customer_name": "JOSÉ, D'ÁVILA {}", "sold_at": SINCE,
        "total_centavos": 1_000, "cashback_centavos": 50,
    }  # fmt: skip
    return ToldSale(**(told | more))


UNREADABLE: Final = credit(
    3, kind=LineKind.UNREADABLE, document=None, problem="document: masked", doubtful=None
)
LINES: Final = (
    credit(2), UNREADABLE, credit(5, 40, kind=LineKind.REVERSAL, reference=None), credit(6),
)  # fmt: skip


class FileStoreContract:
    """Files are begun, gone on with, whole or refused, and never half of anything."""

    async def test_a_file_is_whole_after_its_last_part_and_the_very_same_is_known(
        self, files: FileStore
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        brought = await bring(STATEMENT, LINES)
        kept = brought.file
        assert (kept.state, brought.is_known) == (FileState.COMPLETE, False)
        tally = kept.tally
        assert (tally.lines, tally.centavos, tally.gross_centavos) == (4, 380, 460)
        assert (tally.unreadable, tally.unread, kept.read_through) == (1, 0, 6)
        again = await bring(replace(STATEMENT, declared_by="bia"), LINES)
        assert (again.is_known, again.file) == (True, kept)
        assert await files.find(None, kept.id) == kept
        assert await files.find(1, kept.id) is None
        other = await bring(replace(STATEMENT, told_lines=4), LINES)
        assert other.file.id != kept.id, "another declaration is another file"

    async def test_its_lines_come_back_as_they_were(self, files: FileStore) -> None:
        kept = (await ImportFile(store=files, max_lines=100)(STATEMENT, LINES)).file
        assert await files.statement_lines(kept.id, limit=10, after=0) == LINES
        assert await files.statement_lines(kept.id, limit=1, after=3) == (LINES[2],)
        (problem,) = await files.problems(None, kept.id, limit=10, after=0)
        assert (problem.line, problem.problem) == (3, "document: masked")
        assert await files.problems(1, kept.id, limit=10, after=0) == ()

    async def test_a_day_keeps_what_its_lines_tell(self, files: FileStore) -> None:
        lines = (sale(1), sale(2, problem="total: not an amount", total_centavos=None))
        kept = (await ImportFile(store=files, max_lines=100)(DAY, lines)).file
        assert (kept.tally.lines, kept.tally.centavos, kept.tally.unread) == (2, 1_000, 1)
        (problem,) = await files.problems(1, kept.id, limit=10, after=0)
        assert (problem.line, problem.name) == (2, 'NF-2 "x\\')
        assert await files.problems(2, kept.id, limit=10, after=0) == ()
        assert await files.find(2, kept.id) is None

    async def test_whoever_died_in_the_middle_is_gone_on_from(self, files: FileStore) -> None:
        begun = await files.begin(STATEMENT)
        await files.put(begun, LINES[:2], through=3)
        assert await files.statement_lines(begun.id, limit=10, after=0) == (), "nobody's before"
        read: list[int] = []

        def lines() -> Iterator[FileLine]:
            for line in LINES:
                read.append(line.number)
                yield line

        kept = (await ImportFile(store=files, max_lines=100)(STATEMENT, lines())).file
        assert (kept.id, kept.tally.lines, read) == (begun.id, 4, [2, 3, 5, 6])
        assert await files.statement_lines(kept.id, limit=10, after=0) == LINES

    async def test_of_two_who_bring_the_same_one_goes_on(self, files: FileStore) -> None:
        ahead = behind = await files.begin(STATEMENT)
        ahead = await files.put(ahead, LINES[:2], through=3)
        with pytest.raises(FileElsewhereError):
            await files.put(behind, LINES[:2], through=3)
        with pytest.raises(FileElsewhereError):
            await files.complete(behind)
        whole = await files.complete(ahead)
        with pytest.raises(FileElsewhereError):
            await files.put(whole, LINES[2:], through=6)
        assert len(await files.statement_lines(whole.id, limit=10, after=0)) == 2

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ({"told_lines": 5}, "4 lines, but 5 declared"),
            ({"told_centavos": 381}, "lines add up to 3.80, but 3.81 declared"),
        ],
    )
    async def test_what_does_not_add_up_is_refused_with_both_figures(
        self, files: FileStore, told: dict[str, int], why: str
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        refused = (await bring(replace(STATEMENT, **told), LINES)).file  # type: ignore[arg-type]
        assert (refused.state, refused.refused_why) == (FileState.REFUSED, why)
        assert await files.statement_lines(refused.id, limit=10, after=0) == ()
        again = (await bring(replace(STATEMENT, **told), LINES)).file  # type: ignore[arg-type]
        assert again.id != refused.id, "what was refused is begun anew"
        for net_or_gross in (380, 460):
            fitting = replace(STATEMENT, told_lines=4, told_centavos=net_or_gross)
            assert (await bring(fitting, LINES)).file.state is FileState.COMPLETE

    async def test_a_file_has_at_most_so_many_lines(self, files: FileStore) -> None:
        refused = (await ImportFile(store=files, max_lines=3)(STATEMENT, LINES)).file
        assert refused.refused_why == "it has more than 3 lines"

    async def test_one_declared_for_more_days_than_may_be_is_refused_unread(
        self, files: FileStore
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        slip = replace(STATEMENT, since=SINCE.replace(year=2016))
        refused = (await bring(slip, iter(()))).file
        assert refused.state is FileState.REFUSED
        assert refused.refused_why is not None
        assert refused.refused_why.startswith("it is declared for 3654 days, and at most 93")
        wide = replace(STATEMENT, since=THROUGH - timedelta(days=93))
        assert (await bring(wide, LINES)).file.state is FileState.COMPLETE
        wider = replace(wide, since=THROUGH - timedelta(days=93, microseconds=1))
        assert (await bring(wider, LINES)).file.state is FileState.REFUSED
        longer = ImportFile(store=files, max_lines=100, max_days=94)
        assert (await longer(wider, LINES)).file.state is FileState.COMPLETE
        soon = replace(STATEMENT, since=datetime.now(UTC) - timedelta(days=2))
        soon = replace(soon, through=datetime.now(UTC) + timedelta(days=3650))
        assert (await bring(soon, ())).file.state is FileState.COMPLETE, "the future is no days"

    async def test_a_file_of_another_day_is_refused(self, files: FileStore) -> None:
        bring = ImportFile(store=files, max_lines=100)
        other = replace(DAY, day=date(2026, 1, 1))
        refused = (await bring(other, [sale(1), sale(2, sold_at=None)])).file
        assert refused.refused_why == "none of its lines is of 2026-01-01: they are of 2026-01-02"
        near = replace(other, profile={"zone": "America/Sao_Paulo"})
        assert (await bring(near, [sale(1)])).file.state is FileState.COMPLETE, "21 h there"
        some = [sale(1), sale(2, sold_at=SINCE - timedelta(hours=1))]
        assert (await bring(other, some)).file.state is FileState.COMPLETE, "one is enough"
        undated = replace(other, sha256=sha256(b"undated").digest())
        assert (await bring(undated, [sale(1, sold_at=None)])).file.state is FileState.COMPLETE

    async def test_nobody_knows_the_future(self, files: FileStore) -> None:
        later = datetime.now(UTC) + timedelta(days=3)
        kept = await files.begin(replace(STATEMENT, through=later))
        assert kept.through is not None
        assert kept.through <= datetime.now(UTC) - SKEW
        assert kept.declared["complete_through"] == later.isoformat(), "what was said stays"

    async def test_lists_tell_each_their_own_the_latest_first(self, files: FileStore) -> None:
        ids = [
            (await files.begin(replace(DAY, sha256=sha256(name).digest()))).id
            for name in (b"a", b"b", b"c")
        ]
        await files.begin(replace(DAY, merchant_id=2))
        await files.begin(STATEMENT)
        page = await files.files(1, limit=2, after=None)
        rest = await files.files(1, limit=2, after=page.next)
        assert [one.id for one in (*page.items, *rest.items)] == ids[::-1]
        assert rest.next is None
        (other,) = (await files.files(None, limit=9, after=None)).items
        assert other.topic is FileTopic.STATEMENT

    async def test_of_each_instant_the_newest_whole_statement_counts(
        self, files: FileStore
    ) -> None:
        first = await self._told(files, 0, 10)
        await files.begin(_of(2, 4))  # not whole
        second = await self._told(files, 3, 5)
        third = await self._told(files, 4, 12)
        found = await files.counting(since=_at(1), through=_at(11))
        assert found == (
            StatementSpan(file_id=first.id, since=_at(1), through=_at(3)),
            StatementSpan(file_id=second.id, since=_at(3), through=_at(4)),
            StatementSpan(file_id=third.id, since=_at(4), through=_at(11)),
        )
        assert await files.counting(since=_at(12), through=_at(13)) == ()

    async def _told(self, files: FileStore, begins: int, ends: int) -> KeptFile:
        return (await ImportFile(store=files, max_lines=9)(_of(begins, ends), [])).file

    async def test_what_is_refused_or_long_past_is_cleared_and_stays_told(
        self, files: FileStore
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        kept = (await bring(STATEMENT, LINES)).file
        refused = (await bring(replace(STATEMENT, told_lines=9), LINES)).file
        assert await self._cleared(files, None) >= 4
        assert await files.statement_lines(kept.id, limit=10, after=0) == LINES
        gone = await files.find(None, refused.id)
        assert gone is not None
        assert gone.cleared_at is not None
        assert await self._cleared(files, timedelta(0)) >= 4
        past = await files.find(None, kept.id)
        assert past is not None
        assert (past.tally, past.cleared_at is None) == (kept.tally, False)
        assert await files.statement_lines(kept.id, limit=10, after=0) == ()
        assert await files.problems(None, kept.id, limit=10, after=0) == ()

    async def test_what_was_cleared_is_brought_anew(self, files: FileStore) -> None:
        bring = ImportFile(store=files, max_lines=100)
        kept = (await bring(STATEMENT, LINES)).file
        day = (await bring(DAY, [sale(1)])).file
        await self._cleared(files, timedelta(0))
        again, day_again = await bring(STATEMENT, LINES), await bring(DAY, [sale(1)])
        assert (again.is_known, day_again.is_known) == (False, False)
        assert again.file.id != kept.id
        assert await files.statement_lines(again.file.id, limit=10, after=0) == LINES
        assert (day_again.file.state, day_again.file.counts) == (FileState.COMPLETE, True)
        assert await files.counting_on(1, date(2026, 1, 2)) == day_again.file
        assert day_again.instead_of is not None
        assert day_again.instead_of.id == day.id
        assert (await bring(DAY, [sale(1)])).is_known, "and is known from then on"

    async def test_a_days_file_brought_again_after_another_counts_again(
        self, files: FileStore
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        corrected = replace(DAY, sha256=sha256(b"corrected").digest())
        first = await bring(DAY, [sale(1)])
        assert first.instead_of is None
        assert (await bring(DAY, [sale(1)])).file == first.file
        second = await bring(corrected, [sale(1), sale(2)])
        assert second.instead_of == first.file
        third = await bring(DAY, [sale(1)])
        assert (third.is_known, third.instead_of) == (False, second.file)
        assert third.file.id not in {first.file.id, second.file.id}
        listed = (await files.files(1, limit=9, after=None)).items
        assert [(one.id, one.counts) for one in listed] == [
            (third.file.id, True), (second.file.id, False), (first.file.id, False),
        ]  # fmt: skip
        assert (await bring(DAY, [sale(1)])).is_known
        assert await files.counting_on(1, date(2026, 1, 2)) == third.file
        assert await files.counting_on(2, date(2026, 1, 2)) is None
        assert await files.counting_on(1, date(2026, 1, 3)) is None

    async def test_one_that_counts_no_longer_is_gone_on_with_where_it_broke_off(
        self, files: FileStore
    ) -> None:
        bring = ImportFile(store=files, max_lines=100)
        await bring(DAY, [sale(1), sale(2)])
        await bring(replace(DAY, sha256=sha256(b"corrected").digest()), [sale(1)])
        begun = await files.begin(DAY)
        assert begun.counts is False
        await files.put(begun, [sale(1)], through=1)
        whole = (await bring(DAY, [sale(1), sale(2)])).file
        assert (whole.id, whole.tally.lines, whole.counts) == (begun.id, 2, True)

    async def _cleared(self, files: FileStore, older_than: timedelta | None) -> int:
        count = 0
        while more := await files.clear(older_than=older_than, limit=3):
            count += more
        return count


def _at(hour: int) -> datetime:
    return SINCE + timedelta(hours=hour)


def _of(begins: int, ends: int) -> FileToTake:
    return replace(STATEMENT, sha256=new_id().bytes * 2, since=_at(begins), through=_at(ends))
