-- What a group of sales, and a group of attempts' ends, is written by; and a quick way to it for the
-- groups that nearly all are, in one call instead of eight: sales that are all new, first attempts that
-- all paid. The plain statements (`acceptance.py`, `conclusions.py`) stay the truth. They write by the same
-- `write_sales` and `write_results`, so that a new column has one place, and they follow for whatever
-- the quick way leaves over, or refuses as a whole (23C02).
--
-- As whoever calls, with that one's rights and policies: security invoker. Planned once in a session,
-- perhaps while tables are young: the writer's session says by keys alone (`lanes.py`).

-- Sales, lines, cashbacks, events and first attempts; the instant of all of them. `waits` is why the first
-- event is not 'accepted'. What waits for a stop to be lifted is put off to the end of days.
create function write_sales(told jsonb) returns timestamptz language plpgsql as $$
begin
    with given as materialized (
        select * from jsonb_to_recordset(told) as i (
            m bigint, c uuid, sale_id text, key text, sold_at timestamptz, wall timestamp,
            equal_to uuid, document text, name text, total bigint, discount bigint,
            cashback bigint, rounding text,
            exact text, raw text, status text, lease_s double precision, lines jsonb,
            submitted_by text, came_under text, differs boolean, waits text,
            confirm_s double precision, surcharge bigint, difference smallint,
            surcharge_earns boolean, nothing_due text, payments jsonb, store text, till text,
            series text, cashier text, metadata jsonb, later boolean, alike_to uuid, also uuid,
            i_cnpj text, i_month text, i_series smallint, i_number integer
        )
    ), new_sales as (
        insert into sales (
            merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,
            total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at,
            submitted_by, came_under, sold_at_wall, same_content_as, name_differs,
            surcharge_centavos, difference_centavos, surcharge_earns, nothing_due, payments,
            store, till, series, cashier, metadata, confirm_later, alike_to, also_alike_to,
            invoice_cnpj, invoice_month, invoice_series, invoice_number
        )
        select m, c, sale_id, key, sold_at, document, name, total, discount, rounding, exact,
            decode(raw, 'base64'), now(), submitted_by, came_under, wall, equal_to, differs,
            surcharge, difference, surcharge_earns, nothing_due, payments, store, till, series,
            cashier, metadata, later, alike_to, also, i_cnpj, i_month, i_series, i_number
        from given
    ), new_lines as (
        insert into sale_lines (
            merchant_id, cashback_id, position, type, sku, value_e10, qty_e4, amount_centavos,
            discount_centavos, rate_bp, rate_version, exact, cashback_centavos,
            surcharge_centavos, difference_centavos, excluded
        )
        select given.m, given.c, l.p, l.t, l.s, l.v, l.q, l.a, l.d, l.r, l.rv, l.e, l.c, l.sc,
            l.df, l.x
        from given, jsonb_to_recordset(given.lines) as l (
            p smallint, t text, s text, v bigint, q integer, a bigint, d bigint, r integer,
            rv integer, e text, c bigint, sc bigint, df smallint, x boolean
        )
    ), new_cashbacks as (
        insert into cashbacks (
            merchant_id, cashback_id, status, version, attempt, cashback_centavos,
            accepted_at, open_since_at, due_at, lease_until_at
        )
        select m, c, status, case status when 'sending' then 2 else 1 end,
            case status when 'sending' then 1 else 0 end, cashback, now(), now(),
            case status
                when 'pending' then case
                    when waits is null then now() else '2099-01-01 00:00:00+00'::timestamptz
                end
                when 'unconfirmed' then now() + make_interval(secs => confirm_s)
            end,
            case status when 'sending' then now() + make_interval(secs => lease_s) end
        from given
    ), new_events as (
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
            reason
        )
        select m, c, 1, now(), 'api', null,
            case status when 'sending' then 'pending' else status end, 0,
            coalesce(waits, 'accepted')
        from given
        union all
        select m, c, 2, now(), 'api', 'pending', 'sending', 1, 'first attempt'
        from given where status = 'sending'
    )
    insert into attempts (
        merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at
    )
    select m, c, 1, 'api', now(), now() + make_interval(secs => lease_s)
    from given where status = 'sending';
    return now();
end $$;

-- Ends of attempts, what they move and what must be told; how many attempts ended and cashbacks moved.
-- What is to be moved is locked before, or is not as it was told: then it moves nothing.
create function write_results(told jsonb, out ended integer, out moved integer) language plpgsql as $$
begin
    with given as materialized (
        select * from jsonb_to_recordset(told) as i (
            m bigint, c uuid, a integer, v integer, result text, phase text, why text,
            code smallint, body text, connected real, sent real, elapsed real, incident text,
            pid text, message text, created text, was text, "to" text, actor text, reason text,
            due timestamptz, after timestamptz
        )
    ), ends as (
        update attempts as t set
            -- This transaction may have begun before the one that settled it: what comes after
            -- a final answer is never dated before it.
            ended_at = greatest(now(), i.after + interval '1 microsecond'),
            result = i.result, phase = i.phase, reason = i.why,
            status_code = i.code, body = decode(i.body, 'base64'), provider_id = i.pid,
            provider_message = i.message, provider_created_at = i.created,
            connected_s = i.connected, sent_s = i.sent, elapsed_s = i.elapsed
        from given as i
        where t.merchant_id = i.m and t.cashback_id = i.c and t.attempt = i.a
        returning 1
    ), moves as (
        update cashbacks as c set
            status = i."to", version = i.v + 1, due_at = i.due, lease_until_at = null,
            applied_at = case i."to" when 'applied' then now() end
        from given as i
        where i."to" is not null and c.merchant_id = i.m and c.cashback_id = i.c
            and c.version = i.v
        returning c.merchant_id, c.cashback_id, c.attempt
    ), incidents_told as (
        insert into incidents (merchant_id, cashback_id, attempt, what)
        select m, c, a, incident from given where incident is not null
    ), events_told as (
        -- Of what moved, and not of what was to move: an event that is there already is an error, and
        -- what is not as it was told is none. What it moved from was read under the lock: the event
        -- before is not looked for, for which a young table's planner took `events_in_order` and read
        -- on through all of a merchant's (176 us a result instead of 59, at some 4,000 of them).
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
        )
        select i.m, i.c, i.v + 1, now(), i.actor, i.was, i."to", moves.attempt, i.reason
        from moves
        join given as i on i.m = moves.merchant_id and i.c = moves.cashback_id
    )
    select (select count(*) from ends), (select count(*) from moves) into ended, moved;
end $$;

-- Accepts those of a group of sales that are new, of customers who are known by the very name that was
-- told or by none, and of merchants without a brake; the others are left over, as if they had never come.
--   who      the merchants, as `cashback.merchants` names them
--   names    every name of every sale (m, k, n, c); no two sales of the group tell one
--   people   who bought (c, m, d, n, and p, the id if they become known now), one name a document
--   persons  how many different ones
--   sealed   what each name would be called if its customer had been erased (m, k, n, c)
--   told     what `write_sales` reads
-- `left_over` and `braked` (merchants with a brake; all, while the sender is paused) are lists of ids with
-- blanks between. Everybody takes the brakes' lock, then names in the order of their key, then customers
-- in the order of theirs.
create function accept_new_sales(
    who text, names jsonb, people jsonb, persons integer, sealed jsonb, told jsonb,
    out accepted_at timestamptz, out left_over text, out braked text
) language plpgsql as $$
declare
    merchants_told constant bigint[] := who;
    with_brakes bigint[];
    others uuid[] := '{}';
    known uuid[];
    done integer;
begin
    perform set_config('cashback.merchants', who, true);
    lock table brakes_lock in row exclusive mode;
    -- A statement of its own, after the lock: it sees the brakes that were waited for.
    with_brakes := array(
        select m.merchant_id from merchants as m
        where m.merchant_id = any (merchants_told) and (
            num_nonnulls(m.max_cashback_centavos, m.max_day_centavos) > 0
            or exists (select from sender where paused_at is not null)
            or exists (
                select from stops as t where t.merchant_id = m.merchant_id and t.lifted_at is null
            )
        )
    );

    -- The unique key decides: whoever comes second waits for the first to commit and gets nothing.
    insert into sale_names (merchant_id, kind, name, cashback_id)
    select i.m, i.k, i.n, i.c
    from jsonb_to_recordset(names) as i (m bigint, k text, n text, c uuid)
    where i.m <> all (with_brakes)
    order by i.m, i.k, i.n
    on conflict do nothing;
    get diagnostics done = row_count;
    if done <> jsonb_array_length(names) then
        others := array(
            select distinct i.c
            from jsonb_to_recordset(names) as i (m bigint, k text, n text, c uuid)
            where i.m = any (with_brakes) or (
                -- Name by name: no plan may read the table instead.
                select n.cashback_id from sale_names as n
                where n.merchant_id = i.m and n.kind = i.k and n.name = i.n
            ) is distinct from i.c
        );
    end if;

    insert into customers (merchant_id, document, customer_id, name)
    select distinct on (i.m, i.d) i.m, i.d, i.p, i.n
    from jsonb_to_recordset(people) as i (c uuid, m bigint, d text, p uuid, n text)
    where i.c <> all (others)
    order by i.m, i.d
    on conflict do nothing;
    get diagnostics done = row_count;
    if done <> persons then
        -- A statement of its own: in the same one, the loser of a race would not see the winner's row.
        -- Locked as the sale's foreign key will lock it: who erases or deletes waits, or we find nobody.
        known := array(
            select met.c from (
                select i.c, i.n, k.name
                from jsonb_to_recordset(people) as i (c uuid, m bigint, d text, n text)
                join customers as k on k.merchant_id = i.m and k.document = i.d
                where i.c <> all (others)
                order by i.m, i.d
                for key share of k
            ) as met
            where met.name = met.n
        );
        others := others || array(
            select i.c from jsonb_to_recordset(people) as i (c uuid)
            where i.c <> all (others) and i.c <> all (known)
        );
    end if;
    -- After the customers are held: an erasure that a name or a customer waited for is seen here.
    if jsonb_array_length(sealed) > 0 and exists (
        select from jsonb_to_recordset(sealed) as i (m bigint, k text, n text, c uuid)
        where i.c <> all (others) and (
            select true from sale_names as s
            where s.merchant_id = i.m and s.kind = i.k and s.name = i.n
        )
    ) then
        raise exception 'a name may be an erased customer''s' using errcode = '23C02';
    end if;

    if others <> '{}' then
        delete from sale_names as n
        using jsonb_to_recordset(names) as i (m bigint, k text, n text, c uuid)
        where i.c = any (others) and n.merchant_id = i.m and n.kind = i.k and n.name = i.n
            and (n.cashback_id = i.c) is true;  -- found by its key, and by no other index
        told := (
            select jsonb_agg(i) from jsonb_array_elements(told) as i
            where (i ->> 'c')::uuid <> all (others)
        );
    end if;
    accepted_at := case when told is null then now() else write_sales(told) end;
    left_over := array_to_string(others, ' ');
    braked := array_to_string(with_brakes, ' ');
end $$;

-- Concludes those of a group of first attempts that paid which are as their acceptance left them; the
-- others are left over: already concluded, in doubt by now, or held by somebody at this moment.
--   merchant_ids, cashback_ids   of each; `told` is what `write_results` reads, with version 2
create function conclude_paid(
    who text, merchant_ids bigint[], cashback_ids uuid[], told jsonb,
    out applied_at timestamptz, out left_over text
) language plpgsql as $$
declare
    mine uuid[];
    written record;
begin
    perform set_config('cashback.merchants', who, true);
    -- Nobody is waited for: the settler or an operator may hold one cashback, and all others must go on.
    -- Version 2 with an attempt is what was accepted for sending, and is being sent. Rows are found by keys
    -- and by nothing else, and then looked at inside `case`: `result is null`, or `attempt = 1`, would make
    -- the planner, for whom a young table has one such row, read every attempt there is.
    mine := array(
        select c.cashback_id
        from unnest(merchant_ids, cashback_ids) as i (m, c)
        join cashbacks as c on c.merchant_id = i.m and c.cashback_id = i.c
        join attempts as t on t.merchant_id = i.m and t.cashback_id = i.c
            and t.attempt = c.attempt
        where case
            when c.version = 2 and c.attempt = 1 and t.deliverer = 'api' and t.result is null
            then true else false
        end
        for no key update of c, t skip locked
    );
    if cardinality(mine) <> cardinality(cashback_ids) then
        left_over := array_to_string(
            array(select i from unnest(cashback_ids) as i where i <> all (mine)), ' '
        );
        told := (
            select jsonb_agg(i) from jsonb_array_elements(told) as i
            where (i ->> 'c')::uuid = any (mine)
        );
    end if;
    applied_at := now();
    if told is not null then
        written := write_results(told);
        if (written.ended, written.moved) <> (cardinality(mine), cardinality(mine)) then
            raise exception 'not as it was held' using errcode = '23C02';
        end if;
    end if;
end $$;

select close_functions();
grant execute on function write_sales, write_results, accept_new_sales, conclude_paid
    to cashback_serving;
