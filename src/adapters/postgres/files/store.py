"""Files on PostgreSQL; see `cashback_core.reconciliation.files`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from adapters.postgres.connection.database import OPERATING, OVERSEEING, Database, Purpose
from adapters.postgres.files.clearing import clear
from adapters.postgres.files.lines import put_lines, read_problems, read_statement_lines
from adapters.postgres.files.rows import COLUMNS, kept_file
from cashback_core.reconciliation.file_store import (
    FileElsewhereError,
    FilePage,
    FileStore,
    LineProblem,
)
from cashback_core.reconciliation.files import (
    FileLine,
    FileTopic,
    FileToTake,
    KeptFile,
    LineTally,
    StatementSpan,
)
from cashback_core.values.ids import new_id
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import date, datetime, timedelta
    from typing import LiteralString
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.statements import StatementLine

_KNOWN: Final[LiteralString] = f"""
    select * from (
        select {COLUMNS} from files
        where identity = %(identity)s and refused_at is null and cleared_at is null
    ) as f
    where completed_at is null or counts is not false
    order by completed_at desc nulls first limit 1
"""  # noqa: S608 (made of literals)
"""What is gone on with, or known: of days' files only the one that counts."""

_PUT_S: Final = 4.0
_CLEAR_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePurposes:
    """By which connections this process works for a merchant, and for the account.

    `of_one` names its merchant; with `is_overseer` it sees all of them and names none.
    """

    of_one: Purpose = OPERATING
    of_account: Purpose = OVERSEEING
    is_overseer: bool = False


OF_THE_COMMAND_LINE: Final = FilePurposes(of_one=OVERSEEING, is_overseer=True)


class PostgresFileStore(FileStore):
    """One method is one transaction. `skew` is what the provider's clock may differ from ours."""

    def __init__(
        self, database: Database, *, skew: timedelta, purposes: FilePurposes | None = None
    ) -> None:
        purposes = purposes or FilePurposes()
        self._of_one = database.pool(purposes.of_one)
        self._of_account = database.pool(purposes.of_account)
        self._is_overseer = purposes.is_overseer
        self._skew = skew

    @asynccontextmanager
    async def _acting(
        self, merchant_id: int | None, *, deadline_s: float = _PUT_S
    ) -> AsyncGenerator[AsyncConnection[Any], None]:
        if merchant_id is None or self._is_overseer:
            pool = self._of_account if merchant_id is None else self._of_one
            lent = pool.connection(deadline_s=deadline_s)
            async with lent as connection, connection.transaction():
                yield connection
        else:
            acting = self._of_one.acting_for(merchant_id, deadline_s=deadline_s)
            async with acting as connection:
                yield connection

    async def begin(self, file: FileToTake) -> KeptFile:
        values = {
            "id": new_id(),
            "kind": file.topic,
            "merchant": file.merchant_id,
            "sha256": file.sha256,
            "identity": file.identity,
            "name": file.name,
            "by": file.declared_by,
            "declared": Jsonb(file.declared),
            "profile": Jsonb(dict(file.profile)),
            "day": file.day,
            "since": file.since,
            "through": file.through,
            "skew": self._skew,
            "lines": file.told_lines,
            "centavos": file.told_centavos,
        }
        async with self._acting(file.merchant_id) as connection:
            await connection.execute(
                # Who brings it at this moment ends it before we look, or after we have it.
                "select from files where identity = %(identity)s and completed_at is null"
                " and refused_at is null and cleared_at is null for update",
                values,
            )
            await connection.execute(
                # Of two at once the second waits for the first one's commit, and finds its row.
                # (Both a day's: two that are alike at the worst, of which the later counts.)
                f"""
                insert into files (
                    file_id, kind, merchant_id, sha256, identity, name, declared_by, declared,
                    profile, day, since, through, told_lines, told_centavos
                ) select
                    %(id)s, %(kind)s, %(merchant)s, %(sha256)s, %(identity)s, %(name)s, %(by)s,
                    %(declared)s, %(profile)s, %(day)s, %(since)s,
                    -- Nobody knows the future; least() would pass over a null.
                    case when %(kind)s = 'statement' then greatest(
                        least(%(through)s::timestamptz, now() - %(skew)s::interval), %(since)s
                    ) end,
                    %(lines)s, %(centavos)s
                where not exists ({_KNOWN})
                on conflict do nothing
                """,
                values,
            )
            found = await connection.execute(_KNOWN, values)
            row = await found.fetchone()
        assert row is not None
        return kept_file(row)

    async def put(self, file: KeptFile, lines: Sequence[FileLine], *, through: int) -> KeptFile:
        tally = LineTally.of(lines)
        async with self._acting(file.merchant_id) as connection:
            found = await connection.execute(
                # First, so that whoever brings the same waits here, and then sees that it was put.
                f"""
                update files set
                    lines = lines + %(lines)s, centavos = centavos + %(centavos)s,
                    gross_centavos = gross_centavos + %(gross)s,
                    unreadable = unreadable + %(unreadable)s, unread = unread + %(unread)s,
                    unsure_centavos = unsure_centavos + %(unsure)s,
                    read_through = %(through)s, moved_at = now()
                where file_id = %(id)s and read_through = %(before)s
                    and completed_at is null and refused_at is null and cleared_at is null
                returning {COLUMNS}
                """,  # noqa: S608 (made of literals)
                {
                    "id": file.id,
                    "before": file.read_through,
                    "through": through,
                    "lines": tally.lines,
                    "centavos": tally.centavos,
                    "gross": tally.gross_centavos,
                    "unreadable": tally.unreadable,
                    "unread": tally.unread,
                    "unsure": tally.unsure_centavos,
                },
            )
            row = await found.fetchone()
            if row is None:
                raise FileElsewhereError
            await put_lines(connection, file, lines)
        return kept_file(row)

    async def complete(self, file: KeptFile) -> KeptFile:
        return await self._end(file, None)

    async def refuse(self, file: KeptFile, why: str) -> KeptFile:
        return await self._end(file, why)

    async def _end(self, file: KeptFile, why: str | None) -> KeptFile:
        async with self._acting(file.merchant_id) as connection:
            found = await connection.execute(
                f"""
                update files set
                    completed_at = case when %(why)s::text is null then now() end,
                    refused_at = case when %(why)s::text is not null then now() end,
                    refused_why = %(why)s, moved_at = now()
                where file_id = %(id)s and read_through = %(before)s
                    and completed_at is null and refused_at is null and cleared_at is null
                returning {COLUMNS}
                """,  # noqa: S608 (made of literals)
                {"id": file.id, "before": file.read_through, "why": why},
            )
            row = await found.fetchone()
        if row is None:
            raise FileElsewhereError
        return kept_file(row)

    async def find(self, merchant_id: int | None, file_id: UUID) -> KeptFile | None:
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"select {COLUMNS} from files where file_id = %s"  # noqa: S608 (literals)
                " and merchant_id is not distinct from %s",
                [file_id, merchant_id],
            )
            row = await found.fetchone()
        return None if row is None else kept_file(row)

    async def counting_on(self, merchant_id: int, day: date) -> KeptFile | None:
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select {COLUMNS} from files
                where merchant_id = %s and day = %s and completed_at is not null
                order by completed_at desc, file_id desc limit 1
                """,  # noqa: S608 (made of literals)
                [merchant_id, day],
            )
            row = await found.fetchone()
        return None if row is None else kept_file(row)

    async def files(
        self, merchant_id: int | None, *, limit: int, after: Position | None
    ) -> FilePage:
        whose = "merchant_id is null" if merchant_id is None else "merchant_id = %(merchant)s"
        values = {
            "merchant": merchant_id,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,
        }
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select {COLUMNS} from files
                where {whose} and (
                    %(at)s::timestamptz is null
                    or (begun_at, file_id) < (%(at)s::timestamptz, %(id)s::uuid)
                )
                order by begun_at desc, file_id desc limit %(limit)s
                """,  # noqa: S608 (made of literals)
                values,
                prepare=False,
            )
            items = [kept_file(row) for row in await found.fetchall()]
        last = items[limit - 1] if len(items) > limit else None
        position = Position(at=last.begun_at, id=last.id) if last else None
        return FilePage(items=tuple(items[:limit]), next=position)

    async def problems(
        self, merchant_id: int | None, file_id: UUID, *, limit: int, after: int
    ) -> tuple[LineProblem, ...]:
        topic = FileTopic.STATEMENT if merchant_id is None else FileTopic.ERP_DAY
        async with self._acting(merchant_id) as connection:
            return await read_problems(
                connection, topic, merchant_id, file_id, limit=limit, after=after
            )

    async def statement_lines(
        self, file_id: UUID, *, limit: int, after: int
    ) -> tuple[StatementLine, ...]:
        async with self._acting(None) as connection:
            return await read_statement_lines(connection, file_id, limit=limit, after=after)

    async def counting(self, *, since: datetime, through: datetime) -> tuple[StatementSpan, ...]:
        async with self._acting(None) as connection:
            found = await connection.execute(
                "select file_id, since, through from statements_between(%s, %s)", [since, through]
            )
            return tuple(
                StatementSpan(file_id=id_, since=begins, through=ends)
                for id_, begins, ends in await found.fetchall()
            )

    async def clear(self, *, older_than: timedelta | None, limit: int) -> int:
        async with self._acting(None, deadline_s=_CLEAR_S) as connection:
            return await clear(connection, older_than=older_than, limit=limit)
