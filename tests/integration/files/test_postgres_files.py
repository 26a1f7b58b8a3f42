"""Files on PostgreSQL: the contract by every role that brings them, and what only SQL can break."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation

from adapters.postgres.connection.database import ANSWERING_INCIDENTS, OVERSEEING
from adapters.postgres.files.store import OF_THE_COMMAND_LINE, FilePurposes, PostgresFileStore
from cashback_core.reconciliation.file_import import ImportFile
from cashback_core.reconciliation.file_store import FileElsewhereError
from cashback_core.reconciliation.files import FileState, StatementSpan, spans
from contract.keeping_files import DAY, LINES, SKEW, STATEMENT, FileStoreContract, sale
from integration.two_merchants import PLATFORM, SERVING, one, session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation.files import FileToTake, KeptFile

pytestmark = pytest.mark.usefixtures("dsn")


class TestPostgresFiles(FileStoreContract):
    @pytest.fixture
    def files(self, database: Database) -> PostgresFileStore:
        return PostgresFileStore(database, skew=SKEW)


@pytest.mark.parametrize(
    "purposes",
    [OF_THE_COMMAND_LINE, FilePurposes(of_account=ANSWERING_INCIDENTS)],
    ids=["command line", "api"],
)
async def test_either_process_brings_both_with_its_own_rights(
    database: Database, purposes: FilePurposes
) -> None:
    files = PostgresFileStore(database, skew=SKEW, purposes=purposes)
    bring = ImportFile(store=files, max_lines=100)
    day = (await bring(DAY, [sale(1)])).file
    statement = (await bring(STATEMENT, LINES)).file
    assert await files.find(1, day.id) == day
    assert await files.find(None, statement.id) == statement
    assert len(await files.statement_lines(statement.id, limit=9, after=0)) == 4


@pytest.mark.parametrize("file", [STATEMENT, DAY], ids=["statement", "day"])
async def test_what_broke_off_and_was_given_up_can_be_brought_again(
    database: Database, dsn: str, file: FileToTake
) -> None:
    files = PostgresFileStore(database, skew=SKEW)
    lines = LINES if file is STATEMENT else [sale(2), sale(3)]
    begun = await files.begin(file)
    await files.put(begun, lines[:1], through=2)
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "update files set moved_at = now() - interval '8 days' where file_id = %s", [begun.id]
        )
    while await files.clear(older_than=None, limit=100):
        pass
    with pytest.raises(FileElsewhereError):
        await files.put(begun, lines[1:], through=3)
    brought = await ImportFile(store=files, max_lines=100)(file, lines)
    assert (brought.file.state, brought.file.tally.lines) == (FileState.COMPLETE, len(lines))
    assert brought.file.id != begun.id


async def test_one_that_never_was_whole_is_forgotten_after_a_year(
    database: Database, dsn: str
) -> None:
    files = PostgresFileStore(database, skew=SKEW)
    bring = ImportFile(store=files, max_lines=100)
    kept = (await bring(STATEMENT, LINES)).file
    refused = (await bring(replace(STATEMENT, told_lines=9), LINES)).file
    while await files.clear(older_than=timedelta(0), limit=3):
        pass
    for age, left in (("364 days", 2), ("366 days", 1)):
        with psycopg.connect(dsn) as owner:
            owner.execute("alter table files disable trigger files_stay")
            owner.execute("update files set emptied_at = now() - %s::interval", [age])
            owner.execute("alter table files enable trigger files_stay")
        assert await files.clear(older_than=timedelta(0), limit=3) == 2 - left
        with psycopg.connect(dsn) as owner:
            assert one(owner, "select count(*) from files") == left
            with pytest.raises(IntegrityConstraintViolation):
                owner.execute("delete from files where file_id = %s", [kept.id])
    assert await files.find(None, refused.id) is None
    assert await files.find(None, kept.id) is not None


async def test_a_merchant_sees_no_statement_and_nobody_elses_day(
    database: Database, dsn: str
) -> None:
    files = PostgresFileStore(database, skew=SKEW)
    bring = ImportFile(store=files, max_lines=100)
    mine = (await bring(DAY, [sale(1)])).file
    theirs = await files.begin(replace(DAY, merchant_id=2))  # it takes lines yet
    await bring(STATEMENT, LINES)
    with session(dsn, 1) as me:
        assert me.execute("select file_id from files").fetchall() == [(mine.id,)]
        assert me.execute("select distinct file_id from erp_lines").fetchall() == [(mine.id,)]
        with pytest.raises(IntegrityConstraintViolation), me.transaction():
            me.execute(
                "insert into erp_lines (file_id, line, merchant_id) values (%s, 9, 1)", [theirs.id]
            )
        with pytest.raises(InsufficientPrivilege):
            me.execute("select from statement_lines")
    with session(dsn, role=PLATFORM) as platform:
        assert one(platform, "select count(*) from files") == 1
        with pytest.raises(InsufficientPrivilege):
            platform.execute("select from erp_lines")


@pytest.mark.parametrize(
    "change",
    [
        "update files set lines = lines + 1",
        "update files set completed_at = null",
        "update files set day = day - 1",
        "delete from files",
        "insert into erp_lines (file_id, line, merchant_id) select file_id, 99, 1 from files",
        "delete from erp_lines where line = 1",
    ],
)
async def test_what_is_whole_stays_as_it_is_whoever_writes(
    database: Database, dsn: str, change: LiteralString
) -> None:
    files = PostgresFileStore(database, skew=SKEW)
    await ImportFile(store=files, max_lines=100)(DAY, [sale(1), sale(2)])
    with psycopg.connect(dsn) as owner, pytest.raises(IntegrityConstraintViolation):
        owner.execute(change)


def test_a_serving_session_clears_nothing(dsn: str) -> None:
    with session(dsn, 1, role=SERVING) as me, pytest.raises(InsufficientPrivilege):
        me.execute("delete from erp_lines")
    assert OVERSEEING.session.role == "cashback_worker"


async def test_the_schema_and_the_core_say_alike_which_statement_counts(
    database: Database,
) -> None:
    files, chance = PostgresFileStore(database, skew=SKEW), random.Random(187)
    told: list[KeptFile] = []
    for number in range(24):
        begins, length = chance.randrange(40), chance.randrange(12)
        window = {"since": _at(begins), "through": _at(begins + length)}
        digest = sha256(str(number).encode()).digest()
        begun = await files.begin(replace(STATEMENT, sha256=digest, **window))  # type: ignore[arg-type]
        told.append(begun if number % 5 == 4 else await files.complete(begun))
    for _ in range(40):
        begins, length = chance.randrange(50), chance.randrange(50)
        since, through = _at(begins), _at(begins + length)
        found = await files.counting(since=since, through=through)
        assert _joined(found) == _joined(spans(told, since=since, through=through))


def _at(hour: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)


def _joined(found: Iterable[StatementSpan]) -> list[StatementSpan]:
    """Spans of one statement that touch are one."""
    joined: list[StatementSpan] = []
    for span in found:
        last = joined[-1] if joined else None
        if last is not None and (last.file_id, last.through) == (span.file_id, span.since):
            joined[-1] = replace(last, through=span.through)
        else:
            joined.append(span)
    return joined
