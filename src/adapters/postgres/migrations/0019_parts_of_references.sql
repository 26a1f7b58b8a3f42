-- A line's reference may hold more than one part of an id, and a whole id with a wrong digit: every
-- part counts, as the reconciliation itself reads them (`references.is_part_of`, by test).
create or replace function suspected_cashbacks(
    of_merchant bigint, precedes interval, only_these uuid[] default null
) returns table (merchant_id bigint, cashback_id uuid)
language plpgsql stable security definer as $$
begin
    if not exists (select from statement_incidents as i where i.closed_at is null)
        and not exists (select from statement_explanations as e where e.meaning = 'ours')
    then
        return;  -- as on most days
    end if;
    return query
    with lines as materialized (
        select i.class, i.cashback_id, i.document, i.centavos, i.credited_at, i.line_key,
            i.reference
        from statement_incidents as i where i.closed_at is null
    ), parts as materialized (
        -- `references.parts_in`: every run of eight hex digits or more, in its words and across
        -- them; of long ones the beginning and the end alone, too, as a digit may be wrong.
        select l.class, l.line_key, l.credited_at, part
        from lines as l
        cross join lateral lower(normalize(l.reference, nfkc)) as told
        cross join lateral (values
            (regexp_replace(told, '[^0-9a-z]+', ' ', 'g')),
            (regexp_replace(told, '[^0-9a-z]+', '', 'g'))
        ) as words (text)
        cross join lateral regexp_matches(words.text, '[0-9a-f]{8,}', 'g') as found (run)
        cross join lateral (values
            (run[1]),
            (case when length(run[1]) > 16 then left(run[1], 16) end),
            (case when length(run[1]) > 16 then right(run[1], 16) end)
        ) as as_told (part)
        where part is not null
    ), ones as materialized (
        select c.merchant_id, c.cashback_id, c.cashback_centavos, s.document,
            coalesce(a.started_at - precedes, c.accepted_at) as began_at
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        left join attempts as a
            on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
        where c.status not in ('applied', 'not_due')
            and (of_merchant is null or c.merchant_id = of_merchant)
            and (only_these is null or c.cashback_id = any (only_these))
    ), found as (
        -- A person said that a line is its credit, and no statement has moved it yet.
        select o.merchant_id, o.cashback_id
        from ones as o join statement_explanations as e on e.cashback_id = o.cashback_id
        where e.meaning = 'ours'
        union all
        -- Apart, and not by `or`: each finds its pairs by a key.
        select o.merchant_id, o.cashback_id
        from ones as o join lines as l on l.cashback_id = o.cashback_id
        union all
        select o.merchant_id, o.cashback_id
        from ones as o join lines as l on l.document = o.document
        where l.line_key is not null and coalesce(l.credited_at >= o.began_at, true)
        union all
        select o.merchant_id, o.cashback_id
        from ones as o join lines as l on l.centavos = o.cashback_centavos
        where l.line_key is not null and (l.cashback_id is null or l.class = 'altered')
            and coalesce(l.credited_at >= o.began_at, true)
        union all
        select o.merchant_id, o.cashback_id
        from ones as o join lines as l
            on l.class = 'unreadable' and (l.document is null or l.centavos = 0)
        where l.line_key is not null and coalesce(l.credited_at >= o.began_at, true)
        union all
        select o.merchant_id, o.cashback_id
        from ones as o
        cross join lateral replace(o.cashback_id::text, '-', '') as hex
        join parts as p on position(p.part in hex) > 0 or position(hex in p.part) > 0
        where p.line_key is not null and coalesce(p.credited_at >= o.began_at, true)
    )
    select distinct f.merchant_id, f.cashback_id from found as f;
end $$;

select pin_search_paths();
