"""What finance leaves behind in a past: files, their lines, runs, differences, the ledger's moves.

As many a day however long the past is, made by the server: nothing of it hangs on a single sale.
There is more of it than a retailer has, so that a short past is not read whole for being small.
What stands open is of the newest days alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from volume.past import APART

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

FOUND: Final = (
    "files", "erp_lines", "statement_lines", "three_side_runs", "differences", "cases",
    "case_events", "provider_tellings", "provider_moves", "provider_telling_flows",
    "provider_lines",
)  # fmt: skip

_STEPS: Final[LiteralString] = """
    create temporary table steps on commit drop as
    select n, %(newest)s::timestamptz - n * interval '20 minutes' as at,
        sha256(('file ' || n)::bytea) as digest,
        ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id
    from generate_series(%(steps)s, 1, -1) as n order by n desc
"""
_FILLED: Final[tuple[LiteralString, ...]] = (
    """
    insert into files (
        file_id, kind, merchant_id, sha256, identity, name, declared_by, day, lines, read_through,
        begun_at, moved_at, completed_at
    ) select id, 'erp_day', 1, digest, digest, 'day.csv', 'ana',
        (at at time zone 'America/Sao_Paulo')::date, 20, 20, at, at, at from steps
    """,
    """
    insert into erp_lines (
        file_id, line, merchant_id, name_kind, name, document, sold_at, total_centavos, problem
    ) select id, l, 1, 'sale_id', 'nf-' || (n * 20 + l), '52998224725', at, 1000,
        case when l = 7 then 'total: not an amount' end
    from steps cross join generate_series(1, 20) as l
    """,
    """
    insert into files (
        file_id, kind, sha256, identity, name, declared_by, since, through, lines, read_through,
        begun_at, moved_at, completed_at
    ) select gen_random_uuid(), 'statement', digest, sha256(digest), 'bank.csv', 'ana',
        at - interval '3 days', at, 20, 20, at, at, at from steps
    """,
    """
    insert into statement_lines (file_id, line, kind, document, centavos, credited_at)
    select file_id, l, 'credit', '52998224725', 100, since
    from files cross join generate_series(1, 20) as l where kind = 'statement'
    """,
    """
    insert into three_side_runs (
        run_id, merchant_id, day, file_id, source, run_by, as_of, ended_at, totals, opened, renewed,
        closed
    ) select gen_random_uuid(), 1, (at at time zone 'America/Sao_Paulo')::date, id, 'nothing',
        'ana', at, at, '[]', 5, 0, 5 from steps
    """,
    """
    insert into differences (
        difference_id, merchant_id, day, file_id, line, class, opened_at, last_seen_at, closed_at,
        closed_why
    ) select gen_random_uuid(), 1, (at at time zone 'America/Sao_Paulo')::date, id, l, 'differs',
        at, at, case when n > 2 then at end, case when n > 2 then 'no longer found' end
    from steps cross join generate_series(1, 5) as l
    """,
    """
    insert into cases (case_id, difference_id, merchant_id, assigned_to)
    select difference_id, difference_id, 1, case when line = 1 then 'ana' end
    from differences
    """,
    """
    insert into case_events (case_id, merchant_id, at, what, by_name, reason)
    select case_id, 1, opened_at, 'noted', 'ana', 'asked'
    from cases join differences as d on d.difference_id = case_id
    """,
    """
    insert into provider_tellings (at, position, reconciliation_id, asked_at, since, through)
    select t, 1, gen_random_uuid(), t, t - interval '3 days', t
    from steps cross join lateral generate_series(at, at + interval '10 minutes', '10 minutes') as t
    """,
    """
    insert into provider_moves (telling_id, line_key, nth, to_class, to_owner, centavos)
    select telling_id, gen_random_uuid(), 1, 'matched', 1, 100
    from provider_tellings cross join generate_series(1, 5) as l
    """,
    """
    insert into provider_telling_flows (
        telling_id, merchant_id, class, entered, entered_centavos, departed, departed_centavos
    ) select telling_id, 1, 'matched', 5, 500, 0, 0 from provider_tellings
    """,
    """
    insert into provider_lines (line_key, nth, centavos, credited_at, class)
    select line_key, nth, centavos, at, 'unknown_here'
    from provider_moves join provider_tellings using (telling_id)
    """,
)


def fill_found(connection: psycopg.Connection[Any], *, sales: int, newest_at: datetime) -> None:
    """For the days of so many sales; triggers look away, as for all that is loaded."""
    hours = sales * APART.total_seconds() / 3600
    values = {"newest": newest_at, "steps": int(hours * 3)}
    connection.execute(_STEPS, values)
    for statement in _FILLED:
        connection.execute(statement)
    connection.commit()
