from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from adapters.postgres.embedded import throwaway_postgres
from chaos.quick_folder import quick_folder
from regression.baseline import count_changes, read
from regression.counts import counted
from regression.turns import counted_turns
from regression.wal import by_place, logged, position

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres


async def test_every_round_trip_is_counted_and_nothing_else(
    postgres_server: EmbeddedPostgres, quick_home: Path
) -> None:
    async with (
        counted_turns(postgres_server.dsn("postgres"), quick_home) as turns,
        await psycopg.AsyncConnection.connect(turns.dsn, autocommit=True) as connection,
    ):
        turns.taken()
        await connection.execute("select 1", prepare=False)
        assert turns.taken() == 1
        large = await connection.execute("begin; select repeat('Z', 300000); commit", prepare=False)
        assert turns.taken() == 1, "three statements went in one"
        assert large.nextset()
        assert len((await large.fetchall())[0][0]) == 300_000
        async with connection.pipeline():
            await connection.execute("select 1")
            await connection.execute("select 2")
        assert turns.taken() == 1
        async with connection.pipeline() as pipeline:
            first = await connection.execute("select 1")
            await pipeline.sync()
            await first.fetchone()
            await connection.execute("select 2")
        assert turns.taken() == 2, "it waited for the first answer before it asked again"


def test_the_log_tells_rows_and_entries_and_no_upkeep(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create extension pg_walinspect")
        connection.execute("create table kept (id integer primary key, told text)")
        since = position(connection)
        assert logged(connection, since) == []
        # Enough for pages to be split: each entry still counts once.
        connection.execute(
            "insert into kept select n * 7919 %% 1000, 'x' from generate_series(1, %s) n", [999]
        )
        counts = {name: count for name, (count, _) in by_place(logged(connection, since)).items()}
    assert counts == {"kept: row": 999, "kept_pkey: entry": 999, "transaction: commit": 1}


async def test_another_index_is_seen_and_named() -> None:
    """Beside the committed baseline, which CI holds the code to by `make regression`."""
    with throwaway_postgres(quick_folder()) as server:  # its settings are turned
        planted = await counted(
            server, planted="create index events_planted on events (merchant_id, to_status, at)"
        )
    told = [change for change in count_changes(read().counts, planted) if change.where]
    assert {change.step for change in told} >= {"a sale", "its result", "32 sales", "32 results"}
    assert all("events_planted: entry" in change.where for change in told)
