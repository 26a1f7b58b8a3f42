-- Which cashbacks an open incident of a statement keeps from being called unpaid: it names them, or
-- its line could be their credit (`cashback_core.reconciliation.incidents.may_be_credit_of`, by test). A line that
-- is nobody's could be any merchant's, whose operators do not see it: so this runs as the owner, and
-- tells of the merchant's own cashbacks, and of nothing else.
create function suspected_cashbacks(
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
            (
                select r.run[1]
                from regexp_matches(
                    regexp_replace(lower(normalize(i.reference, nfkc)), '[^0-9a-z]', '', 'g'),
                    '[0-9a-f]+', 'g'
                ) as r (run)
                order by length(r.run[1]) desc limit 1
            ) as part
        from statement_incidents as i where i.closed_at is null
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
                or length(l.part) between 8 and 31
                    and position(l.part in replace(o.cashback_id::text, '-', '')) > 0
        where l.line_key is not null and coalesce(l.credited_at >= o.began_at, true)
    )
    select distinct f.merchant_id, f.cashback_id from found as f;
end $$;

-- Its forerunner told the lines themselves, documents and all, to whoever serves a merchant.
drop function if exists open_statement_lines;

-- A customer becomes nobody here, too: in the incidents of the merchant, and in all others when no
-- other merchant knows the customer. As the owner, since the eraser sees no other merchant's
-- customers; and so it needs no incident at all.
create function forget_in_incidents(of_merchant bigint, known text, pseudonym text) returns void
language plpgsql security definer as $$
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or pseudonym !~ '^E[0-9a-f]{32}$' then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    update statement_incidents as i set document = pseudonym, reference = null
    where i.document = known and (
        i.merchant_id = of_merchant
        or not exists (select from customers as c where c.document = known)
    );
end $$;

-- The same policies as on every table with a merchant.
drop policy if exists of_named_merchants on statement_incidents;
drop policy if exists of_all_merchants on statement_incidents;
drop policy if exists of_workers on statement_incidents;
select protect_merchant_table('statement_incidents');

drop policy if exists for_erasure on statement_incidents;
revoke all on statement_incidents from cashback_eraser;

do $$
begin
    execute format(
        'alter function suspected_cashbacks set search_path = pg_catalog, %I, pg_temp',
        current_schema()
    );
    execute format(
        'alter function forget_in_incidents set search_path = pg_catalog, %I, pg_temp',
        current_schema()
    );
end $$;
revoke execute on function suspected_cashbacks, forget_in_incidents from public;
grant execute on function suspected_cashbacks to cashback_serving, cashback_worker;
grant execute on function forget_in_incidents to cashback_eraser;

-- Bytewise order, as in every index; and what is compared has one order on both sides.
alter table statement_incidents
    alter column class type text collate "C",
    alter column document type text collate "C",
    alter column line_key type text collate "C";
alter table statement_explanations alter column line_key type text collate "C";
alter table reconciliations alter column kind type text collate "C";
