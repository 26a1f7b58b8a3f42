"""One round trip, whatever the network makes of it: the whole answer, or an error that says so."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
import uvloop
from psycopg import AsyncConnection, pq
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.connection.database import FLUSHED
from adapters.postgres.connection.deadlines import hang_up
from adapters.postgres.connection.one_call import Called, OneCall, instant_of, integer_of
from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

SOON_S: Final = 20.0
SCHEMA: Final = """
    create table noted (n integer primary key, body text);
    create table kept (n integer references noted deferrable initially deferred);
    create function note(n integer, body text) returns pg_lsn language plpgsql as $$
    begin
        insert into noted values (n, body);
        return pg_current_wal_insert_lsn();
    end $$;
    create function warn() returns integer language plpgsql as $$
    begin
        for n in 1..2000 loop raise notice 'notice % %', n, repeat('x', 100); end loop;
        return 7;
    end $$;
"""


@pytest.fixture
def prepared_dsn(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        connection.execute(SCHEMA.encode())
    return dsn


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[AsyncConnection[Any], None]:
    connection = await AsyncConnection[Any].connect(dsn, autocommit=True)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def connection(prepared_dsn: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with connected(prepared_dsn) as connection:
        yield connection


async def noted(dsn: str) -> list[int]:
    async with connected(dsn) as other:
        found = await other.execute("select n from noted order by n")
        return [n for (n,) in await found.fetchall()]


@dataclass(slots=True)
class Wire:
    """Between a client and the server: tells what passes, and how it passes."""

    inside: str
    said: list[bytes] = field(default_factory=list[bytes])
    """What the client said, as it came."""
    a_byte_at_a_time: bool = False
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    ends: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        there, back = await asyncio.open_unix_connection(self.inside)
        answering = asyncio.create_task(self._answer(there, writer))
        asking = asyncio.create_task(self._ask(reader, back))
        ending = asyncio.create_task(self.ends.wait())
        tasks = (answering, asking, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            back.transport.abort()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while data := await client.read(65_536):
            await self.listens.wait()
            self.said.append(data)
            server.write(data)
            await server.drain()

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while data := await server.read(65_536):
            size = 1 if self.a_byte_at_a_time else len(data)
            for begin in range(0, len(data), size):
                client.write(data[begin : begin + size])
                await client.drain()
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def wired(dsn: str) -> AsyncGenerator[tuple[Wire, AsyncConnection[Any]], None]:
    server = conninfo_to_dict(dsn)
    wire = Wire(f"{server['host']}/.s.PGSQL.{server['port']}")
    wire.listens.set()
    async with tcp_server(wire.take) as (host, port):
        there = (
            f"postgresql://{server['user']}:{server['password']}@{host}:{port}/{server['dbname']}"
        )
        async with asyncio.timeout(SOON_S), connected(there) as connection:
            yield wire, connection


async def test_the_row_comes_in_binary_and_nulls_go_both_ways(
    connection: AsyncConnection[Any],
) -> None:
    call = OneCall(connection, "select $1::bigint + 1, $2::text, $3::jsonb ->> 'a'")
    for _ in range(3):
        answer = await call(b"41", None, b'{"a": "\xc3\xa9"}')
        assert answer == Called(row=((42).to_bytes(8, "big"), None, b"\xc3\xa9"))
        assert integer_of(answer.row[0]) == 42


async def test_values_may_be_binary(connection: AsyncConnection[Any]) -> None:
    formats = (pq.Format.BINARY, pq.Format.TEXT)
    call = OneCall(connection, "select encode($1::bytea, 'hex'), $2::integer", formats=formats)
    assert (await call(b"\x00\xff\\", b"-3")).row == (
        b"00ff5c",
        (-3).to_bytes(4, "big", signed=True),
    )


async def test_integers_and_instants_are_read(connection: AsyncConnection[Any]) -> None:
    call = OneCall(connection, "select $1::timestamptz, $2::bigint")
    answer = await call(b"1999-12-31 23:59:59.000001Z", b"-9223372036854775808")
    assert instant_of(answer.row[0]) == datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC)
    assert integer_of(answer.row[1]) == -(2**63)
    for read in (integer_of, instant_of):
        with pytest.raises(psycopg.ProgrammingError):
            read(None)


async def test_what_follows_runs_after_the_commit_and_in_the_same_round_trip(
    prepared_dsn: str,
) -> None:
    async with wired(prepared_dsn) as (wire, connection):
        call = OneCall(connection, "select note($1, 'x') - '0/0'::pg_lsn", then=FLUSHED)
        look = OneCall(connection, "select 1", then="select count(*) from noted where n = 2")
        wire.said.clear()
        await call(b"1")
        assert len(wire.said) == 1  # with what prepares it, too
        answer = await call(b"2")
        assert len(wire.said) == 2
        assert answer.then is not None
        (flushed,) = answer.then
        written = await call_of(connection, "select pg_current_wal_flush_lsn() - '0/0'::pg_lsn")
        assert 0 < integer_of(flushed) <= int(written)
        assert (await look()).then == ((1).to_bytes(8, "big"),)
        found = await connection.execute("select count(*) from pg_prepared_statements")
        assert await found.fetchone() == (4,)


async def call_of(connection: AsyncConnection[Any], query: str) -> Any:
    found = await connection.execute(query.encode())
    row = await found.fetchone()
    assert row is not None
    return row[0]


async def test_what_follows_tells_how_far_the_commit_is_written(
    connection: AsyncConnection[Any],
) -> None:
    """The log was behind what the call had inserted; after its commit it is not."""
    call = OneCall(
        connection,
        "select (note($1, repeat('x', 9000)) - '0/0'::pg_lsn)::bigint,"
        " (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint",
        then=FLUSHED,
    )
    answer = await call(b"1")
    inserted, before = map(integer_of, answer.row)
    assert answer.then is not None
    assert before < inserted < integer_of(answer.then[0])


async def test_answers_may_come_a_byte_at_a_time(prepared_dsn: str) -> None:
    """Nothing blocks: the wire is in the same loop, and would wait for whoever waits for it."""
    async with wired(prepared_dsn) as (wire, connection):
        wire.a_byte_at_a_time = True
        call = OneCall(connection, "select repeat('y', $1)", then="select repeat('z', 3000)")
        for size in (3, 9_000):
            answer = await call(str(size).encode())
            assert answer == Called(row=(b"y" * size,), then=(b"z" * 3000,))
        with pytest.raises(psycopg.errors.DivisionByZero):
            await OneCall(connection, "select 1 / $1::integer")(b"0")
        assert (await call(b"2")).row == (b"yy",)


async def test_more_than_the_socket_takes_is_sent_while_others_go_on(prepared_dsn: str) -> None:
    async with wired(prepared_dsn) as (wire, connection):
        call = OneCall(connection, "select length($1)", then=FLUSHED)
        await call(b"")
        wire.listens.clear()
        sending = asyncio.create_task(call(b"x" * 32_000_000))
        for _ in range(200):  # we are not held up
            await asyncio.sleep(0)
        assert not sending.done()
        wire.listens.set()
        assert (await sending).row == ((32_000_000).to_bytes(4, "big"),)


async def test_notices_on_the_way_are_told_and_harm_nothing(prepared_dsn: str) -> None:
    async with wired(prepared_dsn) as (_, connection):
        told: list[str] = []
        connection.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        assert (await OneCall(connection, "select warn()")()).row == ((7).to_bytes(4, "big"),)
        assert len(told) == 2000


async def test_an_error_is_psycopgs_own_and_the_connection_is_of_use(
    connection: AsyncConnection[Any],
) -> None:
    call = OneCall(connection, "select note($1, 'x')", then=FLUSHED)
    await call(b"1")
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            await call(b"1")
        assert caught.value.sqlstate == "23505"
        assert caught.value.diag.constraint_name == "noted_pkey"
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        await call(b"one")
    await call(b"2")
    found = await connection.execute("select n from noted order by n", prepare=True)
    assert await found.fetchall() == [(1,), (2,)]


async def test_a_first_call_that_fails_is_prepared_anew(connection: AsyncConnection[Any]) -> None:
    call = OneCall(connection, "select n from later where n = $1", then=FLUSHED)
    with pytest.raises(psycopg.errors.UndefinedTable):
        await call(b"1")
    await connection.execute("create table later as select 1 as n")
    assert (await call(b"1")).row == ((1).to_bytes(4, "big"),)


async def test_a_call_that_is_refused_again_and_again_is_prepared_once(
    connection: AsyncConnection[Any],
) -> None:
    call = OneCall(connection, "select 1 / $1::integer", then=FLUSHED)
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await call(b"0")
    assert (await call(b"1")).then is not None
    assert await call_of(connection, "select count(*) from pg_prepared_statements") == 2


async def test_what_the_commit_refuses_is_refused(
    connection: AsyncConnection[Any],
) -> None:
    """The row was told already when a deferred constraint is looked at."""
    call = OneCall(connection, "insert into kept values ($1) returning n", then=FLUSHED)
    for _ in range(2):
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
            await call(b"5")
        assert caught.value.diag.constraint_name == "kept_n_fkey"
    assert await call_of(connection, "select count(*) from kept") == 0
    await OneCall(connection, "select note($1, 'x')")(b"5")
    assert integer_of((await call(b"5")).row[0]) == 5


async def test_what_follows_and_fails_leaves_nobody_to_think_that_it_was_undone(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    call = OneCall(connection, "select note($1, 'x')", then="select 1 / (select 0 from noted)")
    with pytest.raises(psycopg.OperationalError) as caught:
        await call(b"1")
    assert caught.value.sqlstate is None
    assert connection.closed
    assert await noted(prepared_dsn) == [1]


@pytest.mark.parametrize(
    "query", ["select 1 where false", "values (1), (2)", "set timezone to utc"]
)
async def test_anything_but_one_row_is_our_own_mistake(
    connection: AsyncConnection[Any], query: Any
) -> None:
    with pytest.raises(psycopg.ProgrammingError, match="one row"):
        await OneCall(connection, query)()
    assert (await OneCall(connection, "select 1")()).row == ((1).to_bytes(4, "big"),)


async def test_a_transaction_of_somebody_else_is_not_joined(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    call = OneCall(connection, "select note($1, 'x')")
    async with connection.transaction():
        with pytest.raises(psycopg.OperationalError):
            await call(b"1")
    assert await noted(prepared_dsn) == []


async def test_two_at_once_follow_one_another(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    call = OneCall(connection, "select note($1, 'x')")
    await asyncio.gather(
        *(call(str(n).encode()) for n in range(20)), connection.execute("select pg_sleep(0.01)")
    )
    assert await noted(prepared_dsn) == list(range(20))


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    connection: AsyncConnection[Any],
) -> None:
    await connection.execute("set statement_timeout to '50ms'")
    with pytest.raises(psycopg.errors.QueryCanceled) as caught:
        await OneCall(connection, "select pg_sleep(30)::text")()
    assert caught.value.sqlstate == "57014"
    assert (await OneCall(connection, "select 1")()).row == ((1).to_bytes(4, "big"),)


async def test_whoever_is_cancelled_leaves_nobody_a_half_read_connection(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    sleeping = asyncio.create_task(OneCall(connection, "select pg_sleep(30)::text")())
    await until_busy(prepared_dsn)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        await connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        await OneCall(connection, "select 1")()


async def until_busy(dsn: str) -> int:
    """The process of whoever sleeps, once it does."""
    async with asyncio.timeout(SOON_S), connected(dsn) as other:
        while True:
            found = await other.execute(
                "select pid from pg_stat_activity where datname = current_database()"
                " and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()"
            )
            if row := await found.fetchone():
                return int(row[0])


async def test_a_server_that_goes_says_why(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    sleeping = asyncio.create_task(OneCall(connection, "select pg_sleep(30)::text", then=FLUSHED)())
    pid = await until_busy(prepared_dsn)
    async with connected(prepared_dsn) as other:
        await other.execute("select pg_terminate_backend(%s)", [pid])
    with pytest.raises(psycopg.errors.AdminShutdown) as caught:
        await sleeping
    assert caught.value.sqlstate == "57P01"
    assert connection.closed


async def test_a_server_that_is_gone_without_a_word_is_away(prepared_dsn: str) -> None:
    async with wired(prepared_dsn) as (wire, connection):
        sleeping = asyncio.create_task(OneCall(connection, "select pg_sleep(30)::text")())
        await until_busy(prepared_dsn)
        wire.ends.set()
        with pytest.raises(psycopg.OperationalError) as caught:
            await sleeping
        assert caught.value.sqlstate is None
        assert connection.closed


async def test_a_deadline_hangs_up_under_whoever_waits(
    prepared_dsn: str, connection: AsyncConnection[Any]
) -> None:
    sleeping = asyncio.create_task(OneCall(connection, "select pg_sleep(30)::text")())
    await until_busy(prepared_dsn)
    hang_up(connection)
    with pytest.raises(psycopg.OperationalError):
        await sleeping
    assert connection.closed


async def test_nothing_of_it_is_left_in_the_loop(connection: AsyncConnection[Any]) -> None:
    loop = asyncio.get_running_loop()
    await OneCall(connection, "select 1")()
    end = os.dup(connection.fileno())
    try:
        assert not loop.remove_reader(connection.fileno())
        assert not loop.remove_writer(connection.fileno())
    finally:
        os.close(end)


def test_it_runs_in_uvloop_too(prepared_dsn: str) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_answers_may_come_a_byte_at_a_time(prepared_dsn))
        runner.run(test_more_than_the_socket_takes_is_sent_while_others_go_on(prepared_dsn))


def tell_nothing(*_: object) -> None:
    """A loop that lost the socket."""


async def test_a_loop_that_tells_nothing_of_the_socket_is_not_waited_for(
    prepared_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(prepared_dsn) as connection:
        call = OneCall(connection, "select 7")
        assert integer_of((await call()).row[0]) == 7
        with monkeypatch.context() as deaf:
            deaf.setattr(asyncio.get_running_loop(), "add_reader", tell_nothing)
            async with asyncio.timeout(SOON_S):
                told = await call()
        assert integer_of(told.row[0]) == 7
