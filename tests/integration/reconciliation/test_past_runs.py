"""What reconciling left behind goes after years; what proves something later stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import IntegrityConstraintViolation

from adapters.postgres.reconciliation.past import PostgresReconciliationPast
from integration.two_merchants import WORKER, one, session

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

pytestmark = pytest.mark.usefixtures("dsn")

A_YEAR = timedelta(days=365)

FILLED = """
with aged as (select now() - make_interval(days => d) as at, d from unnest(array[400, 40, 10]) as d)
, runs as (
    insert into three_side_runs (
        run_id, merchant_id, day, file_id, source, run_by, as_of, ended_at, totals, opened, renewed,
        closed
    ) select gen_random_uuid(), 1, '2026-01-02', gen_random_uuid(), 'nothing', 'ana', at, at, '{}',
        0, 0, 0 from aged
), tellings as (
    insert into provider_tellings (at, reconciliation_id, asked_at, since, through)
    select at, gen_random_uuid(), at, at, at from aged order by at
    returning telling_id
), moves as (
    insert into provider_moves (telling_id, line_key, nth, to_class, centavos)
    select telling_id, gen_random_uuid(), n, 'unknown_here', 100
    from tellings cross join generate_series(1, 3) as n
), flows as (
    insert into provider_telling_flows (
        telling_id, class, entered, entered_centavos, departed, departed_centavos
    ) select telling_id, 'unknown_here', 3, 300, 0, 0 from tellings
)
insert into differences (
    difference_id, merchant_id, day, file_id, class, opened_at, last_seen_at, closed_at, closed_why
)
select gen_random_uuid(), 1, '2026-01-02', gen_random_uuid(), 'differs', at, at,
    case when what <> 'open' then at end, case when what <> 'open' then what end
from aged cross join unnest(array['open', 'closed', 'touched', 'closed', 'touched']) as what
"""


def fill(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(FILLED)
        owner.execute(
            "insert into cases (case_id, difference_id, merchant_id, resolved_at)"
            " select difference_id, difference_id, 1, now() from differences"
            " where closed_why = 'touched'"
        )


async def test_what_is_over_for_years_goes_and_what_a_person_did_stays(
    database: Database, dsn: str
) -> None:
    fill(dsn)
    past = PostgresReconciliationPast(database)
    rounds = 0
    for _ in range(12):  # of two rows each, from wherever the round before ended
        rounds += await past.clear(older_than=A_YEAR, limit=2)
    with psycopg.connect(dsn) as owner:
        assert one(owner, "select count(*) from three_side_runs") == 2
        assert one(owner, "select count(*) from provider_moves") == 6
        assert one(owner, "select count(*) from provider_tellings") == 3, "and what it added up to"
        assert one(owner, "select sum(entered_centavos)::int from provider_telling_flows") == 900
        kept = owner.execute(
            "select coalesce(closed_why, 'open'), count(*) from differences group by 1 order by 1"
        ).fetchall()
    assert kept == [("closed", 4), ("open", 3), ("touched", 6)]
    assert rounds == 1 + 3 + 2


@pytest.mark.parametrize(
    "young",
    [
        "delete from three_side_runs where ended_at > now() - interval '20 days'",
        (
            "delete from provider_moves where telling_id ="
            " (select max(telling_id) from provider_tellings)"
        ),
        (
            "delete from differences where closed_at > now() - interval '20 days'"
            " and closed_why = 'closed'"
        ),
        "delete from differences where closed_at is null",
    ],
)
def test_what_is_young_or_stands_goes_by_nobody(dsn: str, young: str) -> None:
    fill(dsn)
    with session(dsn, role=WORKER) as worker, pytest.raises(IntegrityConstraintViolation):
        worker.execute(young.encode())
    with session(dsn, role=WORKER) as worker, pytest.raises(psycopg.errors.ForeignKeyViolation):
        worker.execute("delete from differences where closed_at < now() - interval '50 days'")
