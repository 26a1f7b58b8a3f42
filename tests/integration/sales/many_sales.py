"""So many sales in a moment: straight into the tables, as the database would have them."""

from __future__ import annotations

import psycopg

TABLES = ("sales", "sale_lines", "sale_names", "cashbacks", "attempts", "events", "customers")


def put_many_sales(dsn: str, count: int, *, analyse: bool) -> None:
    """Merchant 1's of two years, the latest a minute ago, and a tenth as many of merchant 2's.

    Number i is `nf-i` under `key-i`, of customer i % 1000 and store i % 10; one in 200 is held,
    all others are paid, a second after they came. Nobody gathers statistics but by `analyse`.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("set session_replication_role = replica")
        for table in TABLES:
            connection.execute(f"alter table {table} set (autovacuum_enabled = false)")
        connection.execute(
            "create temporary table made on commit drop as select m.id as merchant_id, i,"
            " ('019' || lpad(to_hex(1000000000 + i * 10 + m.id), 9, '0') || '7000a000'"
            "  || lpad(to_hex(i), 12, '0'))::uuid as cashback_id,"
            " now() - interval '1 min' - (m.count - i) * (interval '730 days' / m.count) as at,"
            " case when i %% 200 = 0 then 'held' else 'applied' end as status,"
            " case i %% 1000 when 7 then '52998224725' else lpad((i %% 1000)::text, 11, '0') end"
            " as document"
            " from (values (1, %s), (2, %s)) as m (id, count)"
            " cross join lateral generate_series(1, m.count) as i",
            [count, count // 10],
        )
        for statement in _STATEMENTS:
            connection.execute(statement)
    if analyse:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("analyze " + ", ".join(TABLES))


_STATEMENTS = (
    """
    insert into customers (merchant_id, document, name)
    select distinct merchant_id, document, 'ANA SOUZA' from made
    """,
    """
    insert into sales (
        merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,
        total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at, submitted_by,
        store
    )
    select merchant_id, cashback_id, 'nf-' || i, 'key-' || i, at - interval '3 h', document,
        case i % 3 when 0 then 'JOSÉ DA SILVA' else 'ANA SOUZA' end, 10000, 0, 'half_even', '5.00',
        '{}', at, 'client:cli_' || i % 7, (i % 10)::text
    from made
    """,
    """
    insert into sale_lines (
        merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos,
        discount_centavos, rate_bp, rate_version, exact, cashback_centavos
    )
    select merchant_id, cashback_id, 0, 'A', 1000000000000, 10000, 10000, 0, 500, 1, '5.00', 500
    from made
    """,
    """
    insert into sale_names (merchant_id, kind, name, cashback_id)
    select merchant_id, 'sale_id', 'nf-' || i, cashback_id from made
    union all select merchant_id, 'idempotency_key', 'key-' || i, cashback_id from made
    """,
    """
    insert into cashbacks (
        merchant_id, cashback_id, status, version, attempt, cashback_centavos, accepted_at,
        open_since_at, applied_at
    )
    select merchant_id, cashback_id, status, 3, 1, 500, at, at,
        case status when 'applied' then at + interval '1 s' end
    from made
    """,
    """
    insert into events (
        merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
    )
    select merchant_id, cashback_id, s, at + (s - 1) * interval '0.5 s', 'api',
        (array[null, 'pending', 'sending'])[s], (array['pending', 'sending', status])[s], 1, 'ok'
    from made cross join generate_series(1, 3) as s
    """,
)
