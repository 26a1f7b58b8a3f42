-- What persons say of incidents and cashbacks, and what is kept of whom they speak.

-- Who explained a line against its own reference took the risk that it is paid twice.
alter table statement_incident_events
    add column risk_accepted boolean not null default false,
    add check (not risk_accepted or what = 'explained');

-- An incident that has ended needs no document any more, whoever ends it: neither the column nor what
-- in the reference could be one (`documents.mask` and `hide_documents`, by test).
create function mask_when_closed() returns trigger language plpgsql as $$
declare
    could_be constant text := '(?<![0-9])(0*)[0-9]{3}[^0-9A-Za-z]?([0-9]{3})[^0-9A-Za-z]?([0-9]{3})'
        '[^0-9A-Za-z]?[0-9]{2}(?![0-9])';
    told text := normalize(new.reference, nfkc);
begin
    new.document := case
        when new.document ~ '^[0-9]{11}$'
            then format('***.%s.%s-**', substr(new.document, 4, 3), substr(new.document, 7, 3))
        when new.document is null or new.document ~ '^(E[0-9a-f]{32}|[*.0-9-]*[*][*.0-9-]*)$'
            then new.document
        else repeat('*', least(length(new.document), 20))
    end;
    if told ~ could_be then
        new.reference := left(regexp_replace(told, could_be, '\1***.\2.\3-**', 'g'), 255);
    end if;
    return new;
end $$;
create trigger statement_incidents_mask_when_closed
    before insert or update on statement_incidents
    for each row when (new.closed_at is not null) execute function mask_when_closed();
update statement_incidents set closed_why = closed_why where closed_at is not null;

-- Of an erased customer's cashbacks nothing stays, in what has ended and in what was opened since they
-- were erased; a document that a customer of this merchant has is another's, and stays.
create or replace function forget_in_incidents(of_merchant bigint, known text, pseudonym text)
returns void language plpgsql security definer as $$
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
    update statement_incidents as i set document = pseudonym, reference = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and i.merchant_id = of_merchant and i.cashback_id = s.cashback_id
        and (i.document is distinct from pseudonym or i.reference is not null)
        and not exists (
            select from customers as c
            where c.merchant_id = of_merchant and c.document = i.document
        );
end $$;

-- Who serves one merchant is told of that merchant's alone, as by every policy; who sees all rows (the
-- workers' role, and whoever owns the tables) may ask for all.
create or replace function suspected_cashbacks(
    of_merchant bigint, precedes interval, only_these uuid[] default null
) returns table (merchant_id bigint, cashback_id uuid)
language plpgsql stable security definer as $$
begin
    if not coalesce(
            of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]),
            false
        )
        and not pg_has_role(
            -- Not `current_user`, which is the owner in here.
            coalesce(nullif(current_setting('role'), 'none'), session_user)::name,
            'cashback_worker', 'member'
        )
    then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
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

-- Every name that a sale tells is its own: its key, its sale id, or, without either, its content.
create or replace function guard_whole_sale() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    adds_up boolean;
    named boolean;
begin
    select
        (
            select sum(l.amount_centavos - l.discount_centavos)
                    = new.total_centavos + new.discount_centavos
                and sum(l.cashback_centavos) = c.cashback_centavos
            from sale_lines as l
            where l.merchant_id = new.merchant_id and l.cashback_id = new.cashback_id
        ) and c.cashback_centavos <= new.total_centavos,
        (
            select count(*) filter (
                where case n.kind
                    when 'sale_id' then n.name = new.sale_id
                    when 'idempotency_key' then n.name = new.idempotency_key
                    else new.sale_id is null and new.idempotency_key is null
                end
            ) >= greatest(num_nonnulls(new.sale_id, new.idempotency_key), 1)
            from sale_names as n
            -- Found by the cashback alone: `+ 0` keeps the planner from reading a whole merchant.
            where n.cashback_id = new.cashback_id and n.merchant_id + 0 = new.merchant_id
        )
    into adds_up, named
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.cashback_id = new.cashback_id;
    if adds_up and named then
        return null;
    end if;
    raise exception '%', case
        when not found then format('sale %s has no cashback', new.cashback_id)
        when named is not true then format('sale %s has no name, or tells one that is not its own', new.cashback_id)
        when adds_up is null then format('sale %s has no lines', new.cashback_id)
        else format('the lines of %s do not add up to their sale', new.cashback_id)
    end using errcode = 'integrity_constraint_violation', constraint = 'sales_are_whole';
end $$;

-- A move that no attempt makes has its event by the commit: who did it, and why. (What attempts begin
-- and end has the attempt's own row, is on the way of every sale, and is not looked at here.)
create function guard_told_move() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
    if not exists (
        select from events as e
        where e.merchant_id = new.merchant_id and e.cashback_id = new.cashback_id
            and e.sequence = new.version
            and e.from_status = old.status and e.to_status = new.status
    ) then
        raise exception 'no event tells the move of % from % to %',
            new.cashback_id, old.status, new.status
            using errcode = 'integrity_constraint_violation', constraint = 'cashbacks_moves_are_told';
    end if;
    return null;
end $$;
revoke execute on function guard_told_move, mask_when_closed from public;
create constraint trigger cashbacks_moves_are_told after update of status on cashbacks
    deferrable initially deferred for each row
    when (old.status <> 'sending' and new.status <> 'sending' and new.status <> old.status)
    execute function guard_told_move();

select pin_search_paths();
