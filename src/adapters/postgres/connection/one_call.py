"""One prepared statement, one row back, one round trip: what psycopg's cursors cost is left out.

Cursor, adaptation of values and one wake-up for each statement cost a group of writes 100 to 200 µs
of CPU (measured in a sketch of November 2026: with this the same calls made 8 to 16 % more sales a
second). It is for the very few statements that every sale waits for. All others go by a cursor.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import errors, pq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection
    from psycopg.pq.abc import PGconn, PGresult

Row = tuple[bytes | None, ...]
"""One row's values as PostgreSQL sends them in binary; None is null."""

LOOK_AGAIN_S: Final = 1.0
"""How long nobody looks at a socket that the loop says nothing of.

Of one whose server was killed in a failover the loop once told nothing any more, not even when it
was shut down: all that writes stood still behind it, for good.
"""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FAILED: Final = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)
_names = (b"one_call_%d" % number for number in itertools.count(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a call was told; `then` is the row of the statement after its commit, if any."""

    row: Row
    then: Row | None = None


class OneCall:
    """A statement that is a transaction of its own, over a connection that is in autocommit.

    `then` is another statement, without parameters, that the server runs after the commit; it goes
    along, so it costs no round trip. Values are text, or what `formats` says of each. The database
    answers with one row for each; anything else raises psycopg.ProgrammingError, after the commit.
    """

    def __init__(
        self,
        connection: AsyncConnection[Any],
        call: LiteralString,
        *,
        then: LiteralString | None = None,
        formats: Sequence[pq.Format] | None = None,
    ) -> None:
        self._connection = connection
        self._statements = [text.encode() for text in (call, then) if text is not None]
        self._formats = formats
        self._prepared: tuple[bytes, ...] = ()

    async def __call__(self, *values: bytes | None) -> Called:
        """Run it. Raises psycopg's own errors, with their SQL state: then nothing was written.

        But as ever: of psycopg.OperationalError without an SQL state nobody knows whether it was.
        Whoever is cancelled in the middle, or loses the server, finds the connection closed.
        """
        async with self._connection.lock:
            pg = self._connection.pgconn
            if pg.transaction_status != pq.TransactionStatus.IDLE:
                raise psycopg.OperationalError("the connection is closed, or in a transaction")
            names = self._prepared or tuple(next(_names) for _ in self._statements)
            try:
                pg.enter_pipeline_mode()
                self._send(pg, names, values)
                answers = await _answers(pg, len(self._statements))
                pg.exit_pipeline_mode()
            except BaseException:
                pg.finish()  # half of something may be on its way: nobody can use it any more
                raise
        prepared = [r for r in answers[0] if r.status == pq.ExecStatus.COMMAND_OK]
        if len(prepared) >= len(names):
            self._prepared = names  # for the session, whatever becomes of the call
        if (error := _error_in(answers[0])) is not None:
            raise error
        if len(answers) > 1 and (error := _error_in(answers[1])) is not None:
            pg.finish()  # not said to be undone: it is not
            raise psycopg.OperationalError("what follows the call was not told") from error
        rows = [_row(answer[-1]) for answer in answers]
        return Called(row=rows[0], then=rows[1] if len(rows) > 1 else None)

    def _send(self, pg: PGconn, names: Sequence[bytes], values: Sequence[bytes | None]) -> None:
        if not self._prepared:
            for name, statement in zip(names, self._statements, strict=True):
                pg.send_prepare(name, statement)
        pg.send_query_prepared(names[0], values, self._formats, pq.Format.BINARY)
        pg.pipeline_sync()  # here the server commits
        for name in names[1:]:
            pg.send_query_prepared(name, (), None, pq.Format.BINARY)
            pg.pipeline_sync()


async def _answers(pg: PGconn, count: int) -> list[list[PGresult]]:
    """Send what is still to be sent, and take the results up to each of so many commits.

    An error of the commit itself, such as of a deferred constraint, comes as a second result, after
    the row: so none is the last before the server says that all is done. Nothing here blocks.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    answers: list[list[PGresult]] = [[]]
    fd = pg.socket

    def readable() -> None:
        try:
            pg.consume_input()
            _take(pg, answers, count)
        except Exception as error:  # noqa: BLE001 (it is raised where it is awaited)
            _end(done, _last_words(answers) or error)
        else:
            if len(answers) > count:
                _end(done)

    def writable() -> None:
        try:
            if pg.flush() == 0:
                loop.remove_writer(fd)
        except Exception as error:  # noqa: BLE001 (the same)
            _end(done, error)

    again: list[asyncio.TimerHandle] = []

    def look_again() -> None:
        again[:] = [loop.call_later(LOOK_AGAIN_S, look_again)]
        readable()

    again.append(loop.call_later(LOOK_AGAIN_S, look_again))
    loop.add_reader(fd, readable)
    try:
        if pg.flush():  # more than the socket takes at once
            loop.add_writer(fd, writable)
        await done
    finally:
        again[0].cancel()
        loop.remove_reader(fd)
        loop.remove_writer(fd)
    return answers[:count]


def _take(pg: PGconn, answers: list[list[PGresult]], count: int) -> None:
    """Take what can be taken without waiting."""
    while len(answers) <= count and not pg.is_busy():
        result = pg.get_result()
        if result is None:  # the end of a statement's results
            if pg.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            answers.append([])
        else:
            answers[-1].append(result)


def _end(done: asyncio.Future[None], error: Exception | None = None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _last_words(answers: Sequence[Sequence[PGresult]]) -> psycopg.Error | None:
    """What the server said before it went, unless the call itself was committed before."""
    return _error_in(answers[0]) if len(answers) == 1 else None


def _error_in(results: Sequence[PGresult]) -> psycopg.Error | None:
    for result in results:
        if result.status in _FAILED:
            error = errors.error_from_result(result)
            # Of no SQL state is what libpq says by itself: the server is gone.
            return error if error.sqlstate else psycopg.OperationalError(str(error))
    return None


def _row(result: PGresult) -> Row:
    if result.status != pq.ExecStatus.TUPLES_OK or result.ntuples != 1:
        raise psycopg.ProgrammingError("a call is answered with one row")
    return tuple(result.get_value(0, column) for column in range(result.nfields))


def integer_of(value: bytes | None) -> int:
    """A smallint, integer or bigint that is not null."""
    if value is None:
        raise psycopg.ProgrammingError("an integer was to be told")
    return int.from_bytes(value, "big", signed=True)


def instant_of(value: bytes | None) -> datetime:
    """A timestamptz that is not null and not infinite: microseconds since 2000."""
    return _EPOCH + timedelta(microseconds=integer_of(value))
