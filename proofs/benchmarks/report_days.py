"""Days to report of: an open one of real sales, and closed ones before it as they are kept.

Made by the server itself: whatever looks at rows one by one looks away (`replica`), CHECKs do not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

if TYPE_CHECKING:
    from datetime import date, datetime

    import psycopg

STORES: Final = 50

_OPEN_DAY: Final[LiteralString] = """
    create temporary table made on commit drop as
    select n,
        (lpad(to_hex((extract(epoch from w.at) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid as id,
        w.at, lpad((100000000 + n)::text, 11, '0') as document,
        (n %% %(stores)s)::text as store, 'client:cli_' || (n %% 4) as client,
        500 + n %% 499 * 100 as a, 300 + n %% 199 * 100 as b
    from generate_series(1, %(sales)s) as n
    cross join lateral (
        select %(begins)s::timestamptz + n * (%(spent)s::interval / %(sales)s) as at
    ) as w
"""
_ROWS: Final[tuple[LiteralString, ...]] = (
    (
        "insert into customers (merchant_id, document, name)"
        " select %(merchant)s, document, 'Cliente de Teste' from made"
    ),
    (
        "insert into sales (merchant_id, cashback_id, sale_id, sold_at, document, name,"
        " total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at, submitted_by,"
        " store) select %(merchant)s, id, 'day-' || n, at, document, 'Cliente de Teste', a + b, 0,"
        " 'half_even', '1.00', '\\x7b7d', at, client, store from made"
    ),
    (
        "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4,"
        " amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos)"
        " select %(merchant)s, id, l.position, l.type, l.centavos * 100000000::bigint, 10000,"
        " l.centavos, 0, l.bp, 1, '1.00', l.centavos * l.bp / 10000 from made cross join lateral ("
        " values (0, 'A', a, 500), (1, case n %% 2 when 0 then 'B' else 'C' end, b, 800)"
        ") as l (position, type, centavos, bp)"
    ),
    (
        "insert into cashbacks (merchant_id, cashback_id, status, version, attempt,"
        " cashback_centavos, accepted_at, open_since_at, applied_at)"
        " select %(merchant)s, id, case when n %% 500 = 0 then 'in_doubt' else 'applied' end, 3, 1,"
        " a * 500 / 10000 + b * 800 / 10000, at, at, case when n %% 500 > 0 then at end from made"
    ),
    (
        "insert into attempts (merchant_id, cashback_id, attempt, deliverer, started_at,"
        " lease_until_at, ended_at, result, phase, reason, status_code, elapsed_s)"
        " select %(merchant)s, id, 1, 'api', at, at, at,"
        " case when n %% 500 = 0 then 'unknown' else 'applied' end, 'status_seen', 'status',"
        " case when n %% 500 = 0 then 500 else 201 end, 0.01 + n %% 100 * 0.001 from made"
    ),
    (
        "insert into events (merchant_id, cashback_id, sequence, at, actor, from_status, to_status,"
        " attempt, reason, position)"
        " select %(merchant)s, id, e.sequence, at, 'api', e.was, e.becomes, e.attempt, 'measured',"
        " %(position)s + n / 8 from made cross join lateral (values"
        " (1, null, 'pending', 0), (2, 'pending', 'sending', 1),"
        " (3, 'sending', case when n %% 500 = 0 then 'in_doubt' else 'applied' end, 1)"
        ") as e (sequence, was, becomes, attempt)"
    ),
)
_KEPT_DAY: Final[LiteralString] = """
    insert into figure_days (
        merchant_id, day, zone, begins_at, ends_at, below, standings, calls
    )
    select %(merchant)s, d::date, day_zone(%(merchant)s, d::date),
        day_begins_at(%(merchant)s, d::date), day_ends_at(%(merchant)s, d::date), 0,
        jsonb_build_object('applied', jsonb_build_array(100000, 500000000)),
        jsonb_build_object('attempts', 100000, 'applied', 99800, 'failures',
            jsonb_build_object('unknown: status 500', 200), 'latency', (
                select jsonb_object_agg(b::text, 2000) from generate_series(10, 59) as b
            ))
    from generate_series(%(since)s::date, %(through)s::date, interval '1 day') as d
"""
_KEPT_CUBE: Final[LiteralString] = """
    insert into day_figures (
        merchant_id, day, hour, type, store, client, status, sales, total_centavos, accrued,
        accrued_centavos, paid, paid_centavos, tried, accepted
    )
    select %(merchant)s, d::date, h.hour, t.type, s.store::text, 'client:cli_' || (s.store %% 4),
        v.status, case v.first when true then 40 end, case v.first when true then 1000000 end,
        case v.first when true then 40 end, case v.first when true then 50000 end,
        case v.first when false then 40 end, case v.first when false then 50000 end,
        case v.first when false then 40 end, case v.first when false then 40 end
    from generate_series(%(since)s::date, %(through)s::date, interval '1 day') as d
    cross join (
        select null::smallint as hour union all select generate_series(0, 23)::smallint
    ) as h
    cross join (values (null), ('A'), ('B'), ('C')) as t (type)
    cross join generate_series(1, %(stores)s) as s (store)
    cross join (values ('pending', true), ('applied', false)) as v (status, first)
    order by d, h.hour nulls first, t.type nulls first
"""


def make_open_day(
    connection: psycopg.Connection[Any],
    merchant_id: int,
    day: date,
    *,
    sales: int,
    until: datetime | None = None,
    position: int = 1_000,
) -> None:
    """So many sales of a day, from its begin on, each with two lines, three events, a call.

    As the superuser. The last is sold at `until`; by default an hour before the day's end. Events
    have positions from `position` on, eight sales each.
    """
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        begins = connection.execute("select day_begins_at(%s, %s)", [merchant_id, day]).fetchall()[
            0
        ][0]
        values = {
            "merchant": merchant_id,
            "begins": begins,
            "spent": timedelta(hours=23) if until is None else until - begins,
            "sales": sales,
            "stores": STORES,
            "position": position,
        }
        connection.execute(_OPEN_DAY, values)
        for statement in _ROWS:
            connection.execute(statement, values)


def make_kept_days(
    connection: psycopg.Connection[Any], merchant_id: int, *, since: date, through: date
) -> int:
    """Closed days of 100,000 sales as they are kept, all hours of all stores; the cube's rows."""
    values = {
        "merchant": merchant_id,
        "since": since,
        "through": through,
        "stores": STORES,
    }
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute(_KEPT_DAY, values)
        return connection.execute(_KEPT_CUBE, values).rowcount
