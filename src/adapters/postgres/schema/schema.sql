-- Made by `make schema` from migrations/*.sql, which say why; PostgreSQL 18.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

-- Name: reporting; Type: SCHEMA; Schema: -; Owner: -

CREATE SCHEMA reporting;

-- Name: answer_body; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.answer_body AS bytea
	CONSTRAINT answer_body_check CHECK ((octet_length(VALUE) <= 65536));

-- Name: attempt_number; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.attempt_number AS integer
	CONSTRAINT attempt_number_check CHECK ((VALUE >= 0));

-- Name: attempt_phase; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.attempt_phase AS text
	CONSTRAINT attempt_phase_check CHECK ((VALUE = ANY (ARRAY['nothing_sent'::text, 'sent'::text, 'status_seen'::text])));

-- Name: attempt_result; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.attempt_result AS text
	CONSTRAINT attempt_result_check CHECK ((VALUE = ANY (ARRAY['applied'::text, 'never_sent'::text, 'refused_for_now'::text, 'refused'::text, 'misconfigured'::text, 'unknown'::text, 'own_error'::text])));

-- Name: basis_points; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.basis_points AS integer
	CONSTRAINT basis_points_check CHECK (((VALUE >= 0) AND (VALUE <= 10000)));

-- Name: cashback_status; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.cashback_status AS text COLLATE pg_catalog."C"
	CONSTRAINT cashback_status_check CHECK ((VALUE = ANY (ARRAY['not_due'::text, 'unconfirmed'::text, 'pending'::text, 'sending'::text, 'applied'::text, 'rejected'::text, 'in_doubt'::text, 'held'::text, 'cancelled'::text, 'void'::text, 'recorded'::text])));

-- Name: centavos; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.centavos AS bigint
	CONSTRAINT centavos_check CHECK (((VALUE >= 0) AND (VALUE <= '9999999999'::bigint)));

-- Name: deliverer; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.deliverer AS text
	CONSTRAINT deliverer_check CHECK ((VALUE = ANY (ARRAY['api'::text, 'worker'::text])));

-- Name: document; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.document AS text COLLATE pg_catalog."C"
	CONSTRAINT document_check CHECK ((((octet_length(VALUE) = 11) AND (VALUE !~ '[^0-9]'::text)) OR (VALUE ~ '^([0-9A-Z]{12}[0-9]{2}|F:[0-9A-Z./-]{5,20}|E[0-9a-f]{32})$'::text)));

-- Name: http_status; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.http_status AS smallint
	CONSTRAINT http_status_check CHECK (((VALUE >= 0) AND (VALUE <= 999)));

-- Name: instant; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.instant AS timestamp with time zone
	CONSTRAINT instant_check CHECK (((VALUE >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (VALUE < '2100-01-01 00:00:00+00'::timestamp with time zone)));

-- Name: line_centavos; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.line_centavos AS bigint
	CONSTRAINT line_centavos_check CHECK ((VALUE >= 0));

-- Name: line_position; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.line_position AS smallint
	CONSTRAINT line_position_check CHECK (((VALUE >= 0) AND (VALUE <= 989)));

-- Name: name_kind; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.name_kind AS text COLLATE pg_catalog."C"
	CONSTRAINT name_kind_check CHECK ((VALUE = ANY (ARRAY['idempotency_key'::text, 'sale_id'::text, 'content'::text])));

-- Name: operators_name; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.operators_name AS text
	CONSTRAINT operators_name_check CHECK (((char_length(VALUE) >= 1) AND (char_length(VALUE) <= 64)));

-- Name: own_key; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.own_key AS text COLLATE pg_catalog."C"
	CONSTRAINT own_key_check CHECK (((VALUE !~ '[^!-+\--~]'::text) AND ((char_length(VALUE) >= 1) AND (char_length(VALUE) <= 255))));

-- Name: own_number; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.own_number AS text COLLATE pg_catalog."C"
	CONSTRAINT own_number_check CHECK (((VALUE !~ '[^!-~]'::text) AND ((char_length(VALUE) >= 1) AND (char_length(VALUE) <= 64))));

-- Name: person_name; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.person_name AS text
	CONSTRAINT person_name_check CHECK (((char_length(VALUE) >= 1) AND (char_length(VALUE) <= 120)));

-- Name: qty_e4; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.qty_e4 AS integer
	CONSTRAINT qty_e4_check CHECK (((VALUE >= 1) AND (VALUE <= 999990000)));

-- Name: request_body; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.request_body AS bytea
	CONSTRAINT request_body_check CHECK ((octet_length(VALUE) <= 262144));

-- Name: rounding; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.rounding AS text
	CONSTRAINT rounding_check CHECK ((VALUE = ANY (ARRAY['half_even'::text, 'half_up'::text, 'down'::text])));

-- Name: subject; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.subject AS text COLLATE pg_catalog."C"
	CONSTRAINT subject_check CHECK (((VALUE !~ '[^ -~]'::text) AND ((char_length(VALUE) >= 1) AND (char_length(VALUE) <= 96))));

-- Name: value_e10; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.value_e10 AS bigint
	CONSTRAINT value_e10_check CHECK (((VALUE >= 0) AND (VALUE <= '999999999900000000'::bigint)));

-- Name: version_number; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.version_number AS integer
	CONSTRAINT version_number_check CHECK ((VALUE > 0));

-- Name: wall_clock; Type: DOMAIN; Schema: public; Owner: -

CREATE DOMAIN public.wall_clock AS timestamp without time zone
	CONSTRAINT wall_clock_check CHECK (((VALUE >= '1999-12-30 00:00:00'::timestamp without time zone) AND (VALUE < '2100-01-03 00:00:00'::timestamp without time zone)));

-- Name: accept_new_sales(text, jsonb, jsonb, integer, jsonb, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.accept_new_sales(who text, names jsonb, people jsonb, persons integer, sealed jsonb, told jsonb, OUT accepted_at timestamp with time zone, OUT left_over text, OUT braked text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

-- Name: is_owed(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_owed(status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (status = ANY (ARRAY['pending'::text, 'sending'::text, 'in_doubt'::text, 'held'::text, 'rejected'::text]));

-- Name: accrues(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.accrues(from_status text, to_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (((from_status IS NULL) OR (from_status = 'unconfirmed'::text)) AND (public.is_owed(to_status) OR (to_status = 'applied'::text)));

-- Name: append_only(regclass, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.append_only(guarded regclass, VARIADIC but_erased text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    execute format(
        'create trigger %I before update or delete on %s for each row'
        ' execute function refuse_change(%s)',
        (select c.relname || '_append_only' from pg_class as c where c.oid = guarded), guarded,
        (select string_agg(quote_literal(field), ', ') from unnest(but_erased) as f (field))
    );
    perform refuse_truncating(guarded);
end $$;

-- Name: at_most_two_live_secrets(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.at_most_two_live_secrets() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform from api_clients
    where merchant_id = new.merchant_id and client_id = new.client_id for update;
    if tg_op = 'UPDATE' and ((old.secret_hash, old.created_at)
            is distinct from (new.secret_hash, new.created_at)
        or old.expires_at <= clock_timestamp() and new.expires_at is distinct from old.expires_at)
    then
        raise exception 'secret % of client %: it stays as it is, and what has ended ended',
            old.number, old.client_id using errcode = 'integrity_constraint_violation';
    end if;
    if (select count(*) from client_secrets
        where merchant_id = new.merchant_id and client_id = new.client_id
            and (expires_at is null or expires_at > clock_timestamp())) > 2
    then
        raise exception 'client % would have more than two live secrets', new.client_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;

-- Name: audit_change(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    was jsonb := case when tg_op = 'INSERT' then '{}' else to_jsonb(old) end;
    is_now jsonb := case when tg_op = 'DELETE' then '{}' else to_jsonb(new) end;
    row_now jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
    key_columns text[] := tg_argv[1]::text[];
    hidden text[] := tg_argv[2]::text[];
    untold text[] := tg_argv[3]::text[];
    field text;
    key_text text;
    changed_before jsonb := '{}';
    changed_after jsonb := '{}';
begin
    for field in select jsonb_object_keys(was || is_now) loop
        if field = any (untold)
            or coalesce(was -> field, 'null') = coalesce(is_now -> field, 'null')
        then
            continue;
        elsif field = any (hidden) then
            changed_after := changed_after || jsonb_build_object(field, 'changed');
        else
            if tg_op <> 'INSERT' then
                changed_before :=
                    changed_before || jsonb_build_object(field, audited_value(was -> field));
            end if;
            if tg_op <> 'DELETE' then
                changed_after :=
                    changed_after || jsonb_build_object(field, audited_value(is_now -> field));
            end if;
        end if;
    end loop;
    if changed_before = '{}' and changed_after = '{}' then
        return null;
    end if;
    select string_agg(coalesce(row_now ->> name, ''), '/' order by place) into key_text
    from unnest(key_columns) with ordinality as k (name, place);
    insert into audit (merchant_id, actor, login, action, resource, key, before, after, request_id)
    values (
        (row_now ->> 'merchant_id')::bigint,
        coalesce(
            nullif(current_setting('cashback.actor', true), ''), 'login:' || session_user
        ),
        session_user,
        lower(tg_op),
        tg_argv[0],
        audited_value(to_jsonb(key_text)) #>> '{}',
        changed_before,
        changed_after,
        nullif(current_setting('cashback.request_id', true), '')
    );
    return null;
end $$;

-- Name: audit_table(regclass, text, text[], text[], text[], boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.audit_table(audited regclass, resource text, key text[], hidden text[] DEFAULT '{}'::text[], untold text[] DEFAULT '{}'::text[], inserts boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    execute format(
        'create trigger audited after %s on %s for each row'
        ' execute function audit_change(%L, %L, %L, %L)',
        case when inserts then 'insert or update or delete' else 'update or delete' end,
        audited, resource, key, hidden,
        untold || array['merchant_id', 'version', 'created_at', 'updated_at']
    );
end $$;

-- Name: audited_value(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.audited_value(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select case jsonb_typeof(value)
        when 'string' then to_jsonb(regexp_replace(
            value #>> '{}', '\m\d{3}[.]?\d{3}[.]?\d{3}-?\d{2}\M', '***', 'g'
        ))
        else value
    end
$$;

-- Name: call_failure(text, integer, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.call_failure(result text, status_code integer, reason text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ((result || ': '::text) || CASE WHEN (status_code IS NOT NULL) THEN ('status '::text || status_code) WHEN (reason ~ '^[a-z][a-z ,'']{0,59}$'::text) THEN reason ELSE 'another reason'::text END);

-- Name: calls_of_day(bigint, timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.calls_of_day(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    return (
        with ended as materialized (
            select e.to_status = 'applied' as is_applied,
                case
                    when e.to_status = 'applied' then null
                    when e.actor = 'reaper' or a.result is null then 'unknown: no answer'
                    else call_failure(a.result, a.status_code, a.reason)
                end as failure,
                case when e.actor <> 'reaper' and a.status_code is not null
                    then latency_bucket(a.elapsed_s) end as bucket
            from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
            cross join lateral (
                select o.result, o.status_code, o.reason, o.elapsed_s from attempts as o
                where o.merchant_id = of_merchant and o.cashback_id = e.cashback_id
                    and o.attempt = e.attempt
                offset 0
            ) as a
            where e.from_status = 'sending'
        ),
        grouped as (
            select d.is_applied, d.failure, d.bucket, count(*) as calls from ended as d
            group by d.is_applied, d.failure, d.bucket
        )
        select jsonb_build_object(
            'attempts', coalesce(sum(g.calls), 0),
            'applied', coalesce(sum(g.calls) filter (where g.is_applied), 0),
            'failures', (
                select coalesce(jsonb_object_agg(f.failure, f.calls), '{}')
                from (
                    select h.failure, sum(h.calls) as calls from grouped as h
                    where not h.is_applied group by h.failure
                ) as f
            ),
            'latency', (
                select coalesce(jsonb_object_agg(b.bucket, b.calls), '{}')
                from (
                    select h.bucket, sum(h.calls) as calls from grouped as h
                    where h.bucket is not null group by h.bucket
                ) as b
            )
        ) from grouped as g
    );
end $$;

-- Name: cancels(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.cancels(from_status text, to_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((to_status = 'cancelled'::text) AND public.is_owed(from_status));

-- Name: close_functions(name); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.close_functions(home name DEFAULT "current_schema"()) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    made regprocedure;
begin
    for made in
        select p.oid from pg_proc as p
        where p.pronamespace = (select n.oid from pg_namespace as n where n.nspname = home)
            and p.prokind in ('f', 'p')
            and (
                has_function_privilege('public', p.oid, 'execute')
                or p.prosqlbody is null and format('search_path=pg_catalog, %I, pg_temp', home)
                    <> all (coalesce(p.proconfig, '{}'))
            )
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
    loop
        if (select p.prosqlbody is null from pg_proc as p where p.oid = made) then
            execute format(
                'alter routine %s set search_path = pg_catalog, %I, pg_temp', made, home
            );
        end if;
        execute format('revoke execute on routine %s from public', made);
    end loop;
end $$;

-- Name: conclude_paid(text, bigint[], uuid[], jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.conclude_paid(who text, merchant_ids bigint[], cashback_ids uuid[], told jsonb, OUT applied_at timestamp with time zone, OUT left_over text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

-- Name: count_the_day(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_the_day() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '500ms'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    settled_at timestamptz := clock_timestamp() - interval '10 s';
    today date := (clock_timestamp() at time zone new.zone)::date;
    starts_at timestamptz := today::timestamp at time zone new.zone;
    before bigint;
    lately bigint;
    confirmed bigint;
begin
    select coalesce(sum(c.cashback_centavos), 0) into before
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = new.merchant_id
        and s.accepted_at >= starts_at and s.accepted_at < settled_at
        and c.confirmed_at is null
        and c.status not in ('held', 'cancelled', 'rejected', 'not_due', 'unconfirmed', 'void', 'recorded');
    perform lock_brakes_alone();
    select coalesce(sum(c.cashback_centavos), 0) into lately
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = new.merchant_id
        and s.accepted_at >= greatest(starts_at, settled_at)
        and c.confirmed_at is null
        and c.status not in ('held', 'cancelled', 'rejected', 'not_due', 'unconfirmed', 'void', 'recorded');
    select coalesce(sum(c.cashback_centavos), 0) into confirmed
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.confirmed_at >= starts_at
        and c.status not in ('held', 'cancelled', 'rejected');
    insert into day_sums (merchant_id, day, centavos)
    values (new.merchant_id, today, before + lately + confirmed)
    on conflict (merchant_id, day) do update set centavos = excluded.centavos;
    return null;
end $$;

-- Name: day_begins_at(bigint, date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.day_begins_at(of_merchant bigint, of_day date) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select day_ends_at(of_merchant, of_day - 1)
$$;

-- Name: day_ends_at(bigint, date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.day_ends_at(of_merchant bigint, of_day date) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select greatest(
        (of_day + 1)::timestamp at time zone day_zone(of_merchant, of_day),
        of_day::timestamp at time zone day_zone(of_merchant, of_day - 1)
    )
$$;

-- Name: feed_position(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.feed_position() RETURNS bigint
    LANGUAGE sql
    RETURN (((pg_current_xact_id())::text)::bigint + 0);

-- Name: is_listed_move(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_listed_move(from_status text, to_status text, actor text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    return coalesce(from_status, 'new') || '>' || to_status || '>' || actor in (
        'new>not_due>api', 'new>pending>api', 'new>held>api', 'new>unconfirmed>api',
        'new>recorded>api',
        'unconfirmed>pending>api', 'unconfirmed>held>api', 'unconfirmed>void>worker',
        'unconfirmed>cancelled>operator', 'unconfirmed>applied>settler',
        'pending>sending>api', 'pending>sending>worker',
        'sending>applied>api', 'sending>rejected>api', 'sending>pending>api',
        'sending>held>api', 'sending>in_doubt>api',
        'sending>applied>worker', 'sending>rejected>worker', 'sending>pending>worker',
        'sending>held>worker', 'sending>in_doubt>worker', 'sending>in_doubt>reaper',
        'pending>applied>late_answer', 'held>applied>late_answer',
        'rejected>applied>late_answer', 'in_doubt>applied>late_answer',
        'in_doubt>pending>late_answer', 'in_doubt>rejected>late_answer',
        'in_doubt>applied>settler', 'in_doubt>pending>settler', 'in_doubt>held>settler',
        'pending>applied>settler', 'pending>in_doubt>settler',
        'held>applied>settler', 'rejected>applied>settler',
        'in_doubt>applied>operator', 'in_doubt>pending>operator', 'in_doubt>rejected>operator',
        'held>pending>operator', 'held>cancelled>operator', 'held>applied>operator',
        'rejected>pending>operator', 'rejected>cancelled>operator', 'rejected>applied>operator',
        'rejected>in_doubt>operator', 'applied>in_doubt>operator',
        'pending>cancelled>operator'
    );
end $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

-- Name: events; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.events (
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    sequence public.version_number NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    from_status text,
    to_status text NOT NULL,
    attempt public.attempt_number NOT NULL,
    reason text NOT NULL,
    actor_name public.operators_name,
    "position" bigint DEFAULT public.feed_position() NOT NULL,
    CONSTRAINT events_check CHECK ((((sequence)::integer = 1) = (from_status IS NULL))),
    CONSTRAINT events_only_listed_moves CHECK (public.is_listed_move(from_status, to_status, actor)),
    CONSTRAINT events_operators_sign CHECK (((actor = 'operator'::text) = (actor_name IS NOT NULL)))
);

-- Name: day_events(bigint, timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.day_events(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) RETURNS SETOF public.events
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT e.merchant_id,
     e.cashback_id,
     e.sequence,
     e.at,
     e.actor,
     e.from_status,
     e.to_status,
     e.attempt,
     e.reason,
     e.actor_name,
     e."position"
    FROM public.events e
   WHERE ((e.merchant_id = day_events.of_merchant) AND (e.at >= day_events.begins_at) AND (e.at < day_events.ends_at) AND (e."position" < day_events.below))
 UNION ALL
  SELECT e.merchant_id,
     e.cashback_id,
     e.sequence,
     e.at,
     e.actor,
     e.from_status,
     e.to_status,
     e.attempt,
     e.reason,
     e.actor_name,
     e."position"
    FROM public.events e
   WHERE ((e.merchant_id = day_events.of_merchant) AND
         CASE
             WHEN (e.at < day_events.begins_at) THEN true
             ELSE false
         END AND (e."position" < day_events.below) AND (e."position" >= COALESCE(day_events.from_position, (0)::bigint)));
END;

-- Name: day_of(bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.day_of(of_merchant bigint, instant timestamp with time zone) RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select (instant at time zone 'UTC')::date + near
    from generate_series(-2, 2) as near
    where day_begins_at(of_merchant, (instant at time zone 'UTC')::date + near) <= instant
        and instant < day_ends_at(of_merchant, (instant at time zone 'UTC')::date + near)
$$;

-- Name: day_zone(bigint, date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.day_zone(of_merchant bigint, of_day date) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select coalesce((
        select z.zone from day_zones as z
        where z.merchant_id = of_merchant and z.from_day <= of_day
        order by z.from_day desc limit 1
    ), case when of_merchant is null then 'UTC' end)
$$;

-- Name: days_stay_open(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.days_stay_open() RETURNS interval
    LANGUAGE sql IMMUTABLE
    RETURN '00:10:00'::interval;

-- Name: draw_requests(text, double precision, integer, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.draw_requests(who text, every_s double precision, capacity integer, wanted integer, OUT granted integer, OUT wait_s double precision) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    used_until timestamptz;
    at_present timestamptz;
    used_s double precision;
begin
    insert into rate_buckets (subject, until_at) values (who, '-infinity') on conflict do nothing;
    select until_at into used_until from rate_buckets where subject = who for update;
    at_present := clock_timestamp();  -- after the lock: the wait for it is no debt
    used_until := greatest(used_until, at_present);
    used_s := extract(epoch from used_until - at_present);
    granted := greatest(0, least(wanted, floor(capacity - used_s / every_s)::integer));
    wait_s := greatest(0, used_s - (capacity - 1) * every_s);
    update rate_buckets set until_at = used_until + make_interval(secs => granted * every_s)
    where subject = who;
end $$;

-- Name: end_tokens_of_client(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_tokens_of_client() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    update client_secrets set secret_id = gen_random_uuid()
    where merchant_id = new.merchant_id and client_id = new.client_id;
    return null;
end $$;

-- Name: end_tokens_of_merchant(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_tokens_of_merchant() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    update users set signed_out_at = clock_timestamp()
    where merchant_id = new.merchant_id and deleted_at is null;
    update client_secrets set secret_id = gen_random_uuid()
    where merchant_id = new.merchant_id;
    return null;
end $$;

-- Name: end_tokens_of_user(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_tokens_of_user() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    new.signed_out_at := clock_timestamp();
    return new;
end $$;

-- Name: feed_place(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.feed_place(OUT system_identifier bigint, OUT timeline integer) RETURNS record
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select
        (select c.system_identifier from pg_control_system() as c),
        ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
$$;

-- Name: figures_of_day(bigint, text, timestamp with time zone, timestamp with time zone, bigint, bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.figures_of_day(of_merchant bigint, of_zone text, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint, whole boolean, typed boolean) RETURNS TABLE(hour smallint, type text, store text, client text, status text, sales bigint, not_due bigint, recorded bigint, accrued bigint, paid bigint, cancelled bigint, adjusted bigint, doubted bigint, tried bigint, accepted bigint, total_centavos bigint, accrued_centavos bigint, paid_centavos bigint, cancelled_centavos bigint, adjusted_centavos bigint, doubted_centavos bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    -- A sale's id begins with the instant it was told at: those of the day are read as they lie.
    first_id constant uuid := first_id_at(begins_at);
    end_id constant uuid := first_id_at(ends_at);
begin
    return query
    with moved as materialized (
        select e.cashback_id, date_part('hour', e.at at time zone of_zone)::smallint as hour,
            e.from_status, e.to_status, e.attempt = 1 as is_first
        from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
        where e.to_status <> 'sending'
    ),
    -- What was told before that day: few as a rule, and each looked for by its keys (`offset 0` lets no
    -- plan read a merchant's past instead).
    older as materialized (
        select distinct m.cashback_id from moved as m
        where m.cashback_id < first_id or m.cashback_id >= end_id
    ),
    about as materialized (
        select o.cashback_id, o.store, o.submitted_by::text as client,
            o.total_centavos::bigint as worth, c.cashback_centavos::bigint as earned
        from sales as o
        join cashbacks as c on c.merchant_id = o.merchant_id and c.cashback_id = o.cashback_id
        where o.merchant_id = of_merchant
            and o.cashback_id >= first_id and o.cashback_id < end_id
            and c.merchant_id = of_merchant
            and c.cashback_id >= first_id and c.cashback_id < end_id
        union all
        select d.cashback_id, s.store, s.submitted_by, s.total_centavos, c.cashback_centavos
        from older as d
        cross join lateral (
            select o.store, o.submitted_by, o.total_centavos from sales as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as s
        cross join lateral (
            select o.cashback_centavos from cashbacks as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as c
    ),
    types as (
        select l.cashback_id, l.type, sum_of_centavos(l.worth) as worth,
            sum_of_centavos(l.earned) as earned
        from (
            select o.cashback_id, o.type, o.cashback_centavos as earned,
                o.amount_centavos - o.discount_centavos + coalesce(o.surcharge_centavos, 0) as worth
            from sale_lines as o
            where o.merchant_id = of_merchant
                and o.cashback_id >= first_id and o.cashback_id < end_id
            union all
            select d.cashback_id, i.*
            from older as d
            cross join lateral (
                select o.type, o.cashback_centavos,
                    o.amount_centavos - o.discount_centavos + coalesce(o.surcharge_centavos, 0)
                from sale_lines as o
                where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
            ) as i
        ) as l
        where typed
        group by l.cashback_id, l.type
    ),
    -- Some thousand groups of moves alike are asked what they do to what is owed, not each move.
    alike as (
        select null::text as type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first,
            count(*) as moves, sum_of_centavos(a.worth) as worth, sum_of_centavos(a.earned) as earned
        from moved as m join about as a on a.cashback_id = m.cashback_id
        where whole
        group by m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first
        union all
        select t.type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first,
            count(*), sum_of_centavos(t.worth), sum_of_centavos(t.earned)
        from types as t
        join about as a on a.cashback_id = t.cashback_id
        join moved as m on m.cashback_id = t.cashback_id
        group by t.type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first
    ),
    told as (
        select g.*,
            g.from_status is null and g.to_status <> 'recorded' as is_sold,
            accrues(g.from_status, g.to_status) as accrues,
            pays(g.from_status, g.to_status) as pays,
            coalesce(cancels(g.from_status, g.to_status), false) as cancels,
            coalesce(takes_back(g.from_status, g.to_status), false) as takes_back,
            g.from_status = 'sending' and g.is_first as is_tried
        from alike as g
    )
    select p.hour, p.type, p.store, p.client, p.to_status,
        coalesce(sum_of_centavos(p.moves) filter (where p.is_sold), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'not_due'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'recorded'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.accrues), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.pays), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.cancels), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.takes_back), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'in_doubt'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.is_tried), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.is_tried and p.to_status = 'applied'), 0),
        coalesce(sum_of_centavos(p.worth) filter (where p.is_sold), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.accrues), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.pays), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.cancels), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.takes_back), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.to_status = 'in_doubt'), 0)
    from told as p
    group by p.hour, p.type, p.store, p.client, p.to_status;
end $$;

-- Name: first_id_at(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.first_id_at(instant timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN ((lpad(to_hex((GREATEST((0)::numeric, floor((EXTRACT(epoch FROM instant) * (1000)::numeric))))::bigint), 12, '0'::text) || repeat('0'::text, 20)))::uuid;

-- Name: follow_case(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.follow_case() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    of_case constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
    if old.closed_at is not null and new.closed_at is null then
        insert into cases (case_id, incident_id, difference_id, merchant_id)
        values (
            of_case, case tg_argv[0] when 'incident_id' then of_case end,
            case tg_argv[0] when 'difference_id' then of_case end, new.merchant_id
        )
        on conflict (case_id) do nothing;
        insert into case_events (case_id, merchant_id, at, what, reason)
        values (of_case, new.merchant_id, old.closed_at, 'closed', old.closed_why);
        update cases set resolved_at = null where case_id = of_case;
        insert into case_events (case_id, merchant_id, what, reason)
        values (of_case, new.merchant_id, 'reopened', 'found again');
        return null;
    end if;
    if new.merchant_id is distinct from old.merchant_id then
        update cases set merchant_id = new.merchant_id, assigned_to = null where case_id = of_case;
        if found then
            insert into case_events (case_id, merchant_id, what, reason)
            values (of_case, new.merchant_id, 'moved', 'it is about another''s cashback, or nobody''s');
        end if;
    end if;
    -- By whoever looked after it was resolved: a run that began before may tell what it saw then.
    update cases set resolved_at = null
    where case_id = of_case and resolved_at < new.last_seen_at;
    if found then
        insert into case_events (case_id, merchant_id, what, reason)
        values (of_case, new.merchant_id, 'reopened', 'found again');
    end if;
    return null;
end $$;

-- Name: follow_event(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.follow_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if pg_snapshot_xmax(pg_current_snapshot()) > pg_current_xact_id() then
        new.position := greatest(new.position, (
            select e.position from events as e
            where e.merchant_id = new.merchant_id and e.cashback_id = new.cashback_id
                and e.sequence = new.sequence - 1
        ));
    end if;
    return new;
end $$;

-- Name: forget_in_files(bigint, text, text, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_in_files(of_merchant bigint, known text, pseudonym text, keys jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
declare
    told constant text := told_document(known);
begin
    perform guard_forgetting_in_files(of_merchant, known, pseudonym);
    update statement_lines as l set
        known_by = k.known_by, credit_known_by = k.credit_known_by
    from jsonb_to_recordset(keys) as k (
        file_id uuid, line integer, known_by text, credit_known_by text
    )
    where l.file_id = k.file_id and l.line = k.line and l.known_by is null
        and told in (l.document, l.doubtful);
    update erp_lines as l set document = pseudonym, customer_name = null, name = case
            when l.name ~ '[0-9]{11}' and position(told in l.name) > 0 then null else l.name
        end
    where l.document = told and l.merchant_id = of_merchant;
    update erp_lines as l set document = pseudonym, customer_name = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and l.name in (s.sale_id, s.idempotency_key) and l.document like '%*%'
        and l.merchant_id = of_merchant;
    if not exists (select from customers as c where c.document in (told, 'F:' || told)) then
        update statement_lines as l set
            document = pseudonym, doubtful = null,
            -- Our own ids name nobody; whatever else the provider wrote may.
            reference = case when l.reference ~ '^[0-9a-fA-F-]{32,36}$' then l.reference end
        where l.document = told;
        update statement_lines as l set doubtful = null, reference = null where l.doubtful = told;
    end if;
end $_$;

-- Name: forget_in_incidents(bigint, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_in_incidents(of_merchant bigint, known text, pseudonym text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    told constant text := told_document(known);
    -- Of what is masked whole nothing is told.
    masked constant text := case
        when masked_document(told) ~ '[0-9A-Z]' then masked_document(told)
    end;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) or known is distinct from pseudonym and not exists (
        select from erasures_under_way as e
        where e.merchant_id = of_merchant and e.was = known and e.became = pseudonym
    ) then
        raise exception 'whoever becomes % is not being erased', pseudonym
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    update statement_incidents as i set document = pseudonym, reference = null
    where (i.document = told or i.document = masked and i.cashback_id is null) and (
        i.merchant_id = of_merchant
        or (i.document = told or i.merchant_id is null)
            and not exists (
                select from customers as c where c.document in (told, 'F:' || told)
            )
    );
    update statement_incidents as i set document = pseudonym, reference = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and i.merchant_id = of_merchant and i.cashback_id = s.cashback_id
        and (i.document is distinct from pseudonym or i.reference is not null)
        and not exists (
            select from customers as c
            where c.merchant_id = of_merchant
                and c.document in (i.document, 'F:' || i.document)
        );
end $$;

-- Name: forget_in_texts(bigint, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_in_texts(of_merchant bigint, of_customer uuid) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    known text;
    called text[];
    theirs uuid[];
    elsewhere boolean;
    named text;
    numbered text;
    in_order text;
    unusual constant text := '[^\u0001-\u00b1\u00b4-\u00b8\u00ba\u00bb\u00bf-\u024f]';
    maybe text;
    erasure bigint;
    -- As the provider tells it.
    told text;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    select c.document, array[c.name] into known, called
    from customers as c where c.merchant_id = of_merchant and c.customer_id = of_customer;
    if known is null or is_pseudonym(known) then
        return;
    end if;
    insert into erasures_under_way (merchant_id, customer_id) values (of_merchant, of_customer)
    returning erasure_id into erasure;
    select coalesce(array_agg(s.cashback_id), '{}'), called || array_agg(distinct s.name)
    into theirs, called
    from sales as s where s.merchant_id = of_merchant and s.document = known;
    update erasures_under_way as u set names = called where u.erasure_id = erasure;
    named := pattern_of(known, called);
    told := told_document(known);
    -- A document may have letters, which are told in any case.
    numbered := case when told ~ '[A-Z]' then '(?i)' else '' end || pattern_of(known, '{}');
    -- Latin letters with accents, which are most of what is not ASCII here, hold no digit.
    maybe := numbered || '|' || unusual;
    in_order := '%' || regexp_replace(
        translate(lower(told), './-', '%%%'), '(.)(?=.)', '\1%', 'g'
    ) || '%';
    elsewhere := exists (
        select from customers as c where c.document = known and c.merchant_id <> of_merchant
    );

    update events as e set reason = 'erased'
    where e.merchant_id = of_merchant and e.cashback_id = any (theirs) and tells(e.reason, named);
    update incidents as i set what = 'erased'
    where i.merchant_id = of_merchant and i.cashback_id = any (theirs) and tells(i.what, named);

    -- What was said of a line, and its reference, also where no document could be read.
    update statement_incident_events as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id and case
        when i.merchant_id = of_merchant and i.cashback_id = any (theirs) then tells(e.reason, named)
        when i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere
            then e.reason ~ maybe and tells(e.reason, numbered)
        else false
    end;
    update statement_explanations as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id and case
        when i.merchant_id = of_merchant and i.cashback_id = any (theirs) then tells(e.reason, named)
        when i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere
            then e.reason ~ maybe and tells(e.reason, numbered)
        else false
    end;
    -- What was said of a case, of an incident or of a difference (migration 0021).
    update case_events as e set reason = 'erased'
    from cases as k
    left join statement_incidents as i on i.incident_id = k.incident_id
    left join differences as d on d.difference_id = k.difference_id
    where k.case_id = e.case_id and case
        when k.merchant_id = of_merchant
                and coalesce(i.cashback_id, d.cashback_id) = any (theirs)
            then tells(e.reason, named)
        when k.merchant_id = of_merchant or k.merchant_id is null and not elsewhere
            then e.reason ~ maybe and tells(e.reason, numbered)
        else false
    end;
    return query
    with telling as materialized (
        select i.incident_id, tells(i.reference, p.pattern) as reference,
            tells(i.why, p.pattern) as why, tells(i.closed_why, p.pattern) as closed_why
        from statement_incidents as i
        cross join lateral (
            select i.merchant_id = of_merchant and i.cashback_id = any (theirs) is true as hangs
        ) as h
        cross join lateral (
            select case when h.hangs then named else numbered end as pattern
        ) as p
        where (i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere)
            and (h.hangs or concat_ws(' ', i.reference, i.why, i.closed_why) ~ maybe)
            -- Of another customer of the merchant's it is still needed while it stands.
            and (i.closed_at is not null or i.document is null or i.document = told
                or not exists (
                    select from customers as c
                    where c.document in (i.document, 'F:' || i.document)
                ))
    ), gone as (
        update statement_incidents as i set
            reference = case when t.reference then null else i.reference end,
            why = case when t.why then 'erased' else i.why end,
            closed_why = case when t.closed_why then 'erased' else i.closed_why end
        from telling as t
        where t.incident_id = i.incident_id and (t.reference or t.why or t.closed_why)
        returning i.incident_id, i.line_key, t.reference as was_named
    ), noted as (
        update erasures_under_way as u
        set incidents = array(select g.incident_id from gone as g where g.was_named)
        where u.erasure_id = erasure
    )
    select g.line_key from gone as g where g.was_named;

    -- Before the trail, which tells what is changed here. Theirs is the merchant's, whoever put it on.
    update stops as t set
        reason = case when tells(t.reason, numbered) then 'erased' else t.reason end,
        lift_reason = case when tells(t.lift_reason, numbered) then 'erased' else t.lift_reason end
    where t.merchant_id = of_merchant and concat_ws(' ', t.reason, t.lift_reason) ~ maybe
        and (tells(t.reason, numbered) or tells(t.lift_reason, numbered));

    update audit as a set
        before = without_telling(a.before, named), after = without_telling(a.after, named)
    where a.merchant_id = of_merchant and a.resource = 'customers' and a.key = of_customer::text
        and (a.before, a.after) is distinct from
            (without_telling(a.before, named), without_telling(a.after, named));
    update audit as a set
        key = case when tells(a.key, numbered) then 'erased' else a.key end,
        before = without_telling(a.before, numbered), after = without_telling(a.after, numbered)
    where (a.merchant_id = of_merchant or a.merchant_id is null and not elsewhere)
        -- The one table that may be long: what costs least is asked first.
        and (
            case when told ~ '[A-Z]' then lower(concat(a.key, a.before, a.after))
                else concat(a.key, a.before, a.after) end like in_order
                and concat(a.key, a.before, a.after) ~ numbered
            or concat(a.key, a.before, a.after) ~ unusual
        )
        and (tells(a.key, numbered) or (a.before, a.after) is distinct from
            (without_telling(a.before, numbered), without_telling(a.after, numbered)));
    update privacy_acts as p set reason = 'erased'
    where p.merchant_id = of_merchant and case
        when p.customer_id = of_customer then tells(p.reason, named)
        else p.reason ~ maybe and tells(p.reason, numbered)
    end;
    if not elsewhere then
        update sender as s set reason = 'erased' where tells(s.reason, numbered);
        update sender_releases as r set
            pause_reason = case
                when tells(r.pause_reason, numbered) then 'erased' else r.pause_reason
            end,
            reason = case when tells(r.reason, numbered) then 'erased' else r.reason end
        where concat_ws(' ', r.pause_reason, r.reason) ~ maybe
            and (tells(r.pause_reason, numbered) or tells(r.reason, numbered));
        update reconciliations as r set
            distrust = case when tells(r.distrust, numbered) then 'erased' else r.distrust end,
            remarks = case when tells(r.remarks, numbered) then 'erased' else r.remarks end,
            error = case when tells(r.error, numbered) then 'erased' else r.error end
        where concat_ws(' ', r.distrust, r.remarks, r.error) ~ maybe
            and (tells(r.distrust, numbered) or tells(r.remarks, numbered)
                or tells(r.error, numbered));
    end if;
end $$;

-- Name: forget_salts(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_salts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform lock_day_persons(new.merchant_id);
    update day_persons set salt = null
    where merchant_id = new.merchant_id and customer_id = new.customer_id and salt is not null;
    return null;
end $$;

-- Name: guard_attempt(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_attempt() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if current_user = 'cashback_eraser' then
        if new.body is not null or new.provider_message is not null
            or (new.provider_id is distinct from old.provider_id and new.provider_id <> 'erased')
            or (new.provider_created_at is distinct from old.provider_created_at
                and new.provider_created_at <> 'erased')
            or (new.reason is distinct from old.reason and new.reason <> 'erased')
            or to_jsonb(new)
                - array['body', 'provider_message', 'provider_id', 'provider_created_at', 'reason']
                <> to_jsonb(old)
                - array['body', 'provider_message', 'provider_id', 'provider_created_at', 'reason']
        then
            raise exception 'of attempt % only the raw answer can be dropped', old.attempt
                using errcode = 'integrity_constraint_violation';
        end if;
        return new;
    end if;
    if old.result is not null
        or (new.started_at, new.lease_until_at, new.deliverer)
            is distinct from (old.started_at, old.lease_until_at, old.deliverer)
    then
        raise exception 'attempt % of % keeps its first result', old.attempt, old.cashback_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- Name: guard_case(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_case() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    is_theirs boolean;
begin
    if new.incident_id is not null then
        select i.merchant_id is not distinct from new.merchant_id into is_theirs
        from statement_incidents as i where i.incident_id = new.incident_id;
    else  -- apart: whoever has no part in differences does not ask
        select d.merchant_id is not distinct from new.merchant_id into is_theirs
        from differences as d where d.difference_id = new.difference_id;
    end if;
    if is_theirs is not true then
        raise exception 'case % is of another merchant', new.case_id
            using errcode = 'integrity_constraint_violation', constraint = 'cases_of_their_owner';
    end if;
    return null;
end $$;

-- Name: guard_cashback_move(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_cashback_move() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if (new.status <> old.status) <> (new.version = old.version + 1)
        or new.version < old.version
        or new.attempt not in (old.attempt, old.attempt + 1)
        or (new.attempt > old.attempt) <> (new.status = 'sending' and old.status = 'pending')
        or new.cashback_centavos <> old.cashback_centavos
        or new.accepted_at <> old.accepted_at
        or old.status in ('not_due', 'cancelled', 'void', 'recorded') and new.status <> old.status
        or old.status = 'applied' and new.status not in ('applied', 'in_doubt')
        or new.status <> old.status and (
            new.status in ('unconfirmed', 'recorded')
            or new.status = 'void' and (old.status <> 'unconfirmed' or old.due_at > now())
        )
        or old.status = 'unconfirmed' and (
            new.status not in ('unconfirmed', 'pending', 'held', 'void', 'cancelled', 'applied')
            or new.status = old.status and new.due_at <> old.due_at
        )
        or (new.confirmed_at is distinct from case
            when old.status = 'unconfirmed' and new.status in ('pending', 'held') then now()
            else old.confirmed_at
        end)
        or old.status = 'applied' and new.status not in ('applied', 'in_doubt')
    then
        raise exception 'cashback %: no move from % (version %, attempt %) to % (version %, attempt %)',
            old.cashback_id, old.status, old.version, old.attempt,
            new.status, new.version, new.attempt
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- Name: guard_chain(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    last closes;
begin
    select * into last from closes as c
    where c.merchant_id is not distinct from new.merchant_id order by c.number desc limit 1;
    if (last.number is null and new.number = 1)
        or (new.number, new.day, new.begins_at, new.previous)
            is not distinct from (last.number + 1, last.day + 1, last.ends_at, last.hash)
            and new.below >= last.below
    then
        if new.closed_at < new.ends_at + days_stay_open() or exists (
            select from close_keys as k where k.key_id = new.key_id and new.closed_at < k.from_at
        ) or exists (
            -- A new key that begins before the former one has signed for the last time ends it too early.
            select from close_keys as k cross join close_keys as l
            where k.key_id = new.key_id and l.key_id <> new.key_id
                and not exists (select from closes as c where c.key_id = new.key_id)
                and k.from_at <= (select max(c.closed_at) from closes as c where c.key_id = l.key_id)
        ) then
            raise exception 'close % of % is closed too early, or before its key signs',
                new.number, new.day
                using errcode = 'integrity_constraint_violation',
                constraint = 'closes_are_in_their_time';
        end if;
        -- Whoever verifies takes a key for good until the next one signs.
        if exists (
            select from close_keys as k
            join close_keys as l on (l.from_at, l.key_id) > (k.from_at, k.key_id)
            where k.key_id = new.key_id
        ) then
            raise exception 'key % was followed by another one', new.key_id
                using errcode = 'integrity_constraint_violation',
                constraint = 'closes_have_the_present_key';
        end if;
        return new;
    end if;
    raise exception 'close % of % does not follow the last one', new.number, new.day
        using errcode = 'integrity_constraint_violation', constraint = 'closes_follow';
end $$;

-- Name: guard_customer_erased(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_customer_erased() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if old.erased_at is not null
        or not is_pseudonym(new.document)
        or (new.name, new.erased_at) is distinct from ('erased', now())
    then
        raise exception 'a customer becomes nobody here, and nothing else'
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    if exists (
        select from sales as s join cashbacks as c using (merchant_id, cashback_id)
        where s.merchant_id = old.merchant_id and s.document = old.document
            and c.status not in ('applied', 'not_due', 'cancelled', 'void', 'recorded')
    ) then
        raise exception 'a cashback of customer % is open', old.customer_id
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    insert into erasures_under_way (merchant_id, customer_id, was, became)
    values (old.merchant_id, old.customer_id, old.document, new.document);
    return null;
end $$;

-- Name: guard_day_persons(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_day_persons() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'INSERT' and not exists (
        select from closes as c where c.merchant_id = new.merchant_id and c.day >= new.day
    ) then
        return new;
    end if;
    if tg_op = 'UPDATE' and new.salt is null
        and (new.merchant_id, new.day, new.customer_id, new.commitment)
            = (old.merchant_id, old.day, old.customer_id, old.commitment)
    then
        return new;
    end if;
    raise exception 'a commitment is of an open day, and stays; an erasure takes its salt'
        using errcode = 'integrity_constraint_violation', constraint = 'day_persons_stay';
end $$;

-- Name: guard_differences_go(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_differences_go() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if old.closed_at < now() - interval '30 days' then
        return old;
    end if;
    raise exception 'difference % stands', old.difference_id
        using errcode = 'integrity_constraint_violation';
end $$;

-- Name: guard_erasure_ends(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_erasure_ends() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if not exists (
        select from customers as c
        join privacy_acts as p using (merchant_id, customer_id)
        where c.merchant_id = new.merchant_id and c.customer_id = new.customer_id
            and c.erased_at is not null and p.act = 'erasure'
    ) then
        raise exception 'customer % is not erased, or no act tells it', new.customer_id
            using errcode = 'integrity_constraint_violation', constraint = 'erasures_are_whole';
    end if;
    delete from erasures_under_way where erasure_id = new.erasure_id;
    return null;
end $$;

-- Name: guard_erp_lines_come(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_erp_lines_come() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if exists (
        select from (select distinct c.file_id, c.merchant_id from come as c) as c
        left join files as f using (file_id)
        where f.kind is distinct from 'erp_day' or f.merchant_id is distinct from c.merchant_id
            or num_nonnulls(f.completed_at, f.refused_at, f.cleared_at) > 0
    ) then
        raise exception 'no file that takes such lines any more'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_come_before_the_end';
    end if;
    return null;
end $$;

-- Name: guard_files(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_files() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'DELETE' and old.completed_at is null and old.emptied_at < now() - interval '30 days' then
        return old;
    end if;
    if tg_op = 'UPDATE' and old.cleared_at is not null and old.emptied_at is null
        and new.emptied_at is not null
        and to_jsonb(new) - 'emptied_at' = to_jsonb(old) - 'emptied_at'
    then
        return new;
    end if;
    if tg_op <> 'UPDATE'
        or old.cleared_at is not null
        or new.emptied_at is not null
        or (
            new.file_id, new.kind, new.merchant_id, new.sha256, new.identity, new.name,
            new.declared_by, new.declared, new.profile, new.day, new.since, new.through,
            new.told_lines, new.told_centavos, new.begun_at
        ) is distinct from (
            old.file_id, old.kind, old.merchant_id, old.sha256, old.identity, old.name,
            old.declared_by, old.declared, old.profile, old.day, old.since, old.through,
            old.told_lines, old.told_centavos, old.begun_at
        )
        or num_nonnulls(old.completed_at, old.refused_at) > 0 and (
            new.lines, new.centavos, new.gross_centavos, new.unreadable, new.unread,
            new.unsure_centavos, new.read_through, new.completed_at, new.refused_at, new.refused_why
        ) is distinct from (
            old.lines, old.centavos, old.gross_centavos, old.unreadable, old.unread,
            old.unsure_centavos, old.read_through, old.completed_at, old.refused_at, old.refused_why
        )
        or new.read_through < old.read_through
    then
        raise exception 'a file stays as it is' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- Name: guard_forgetting_in_files(bigint, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_forgetting_in_files(of_merchant bigint, known text, pseudonym text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) or known is distinct from pseudonym and not exists (
        select from erasures_under_way as e
        where e.merchant_id = of_merchant and e.was = known and e.became = pseudonym
    ) then
        raise exception 'whoever becomes % is not being erased', pseudonym
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
end $$;

-- Name: guard_incident_erased(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_incident_erased() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if exists (
        select from erasures_under_way as e
        where e.became = new.document
            and (
                told_document(e.was) = old.document
                or old.document ~ '[*].*[0-9A-Z]'
                    and old.document = masked_document(told_document(e.was))
                    and (old.merchant_id is null or old.merchant_id = e.merchant_id)
            )
    ) or exists (
        select from sales as s
        where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
            and s.document = new.document
    ) then
        return null;
    end if;
    raise exception 'the customer of incident % is not being erased', old.incident_id
        using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
end $$;

-- Name: guard_last_administrator(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_last_administrator() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if old.role not in ('admin', 'platform')
        or old.disabled_at is not null or old.deleted_at is not null
        or (new.role = old.role and new.disabled_at is null and new.deleted_at is null)
    then
        return null;
    end if;
    perform pg_advisory_xact_lock(
        hashtextextended('guard_last_administrator', coalesce(old.merchant_id, 0))
    );
    if not exists (
        select from users as u
        where u.merchant_id is not distinct from old.merchant_id and u.role = old.role
            and u.disabled_at is null and u.deleted_at is null
    ) then
        raise exception 'user % is the last administrator', old.username
            using errcode = 'integrity_constraint_violation', constraint = 'last_administrator';
    end if;
    return null;
end $$;

-- Name: guard_lines_go(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_lines_go() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if exists (
        select from files as f
        where f.file_id in (select distinct g.file_id from gone as g) and f.cleared_at is null
    ) then
        raise exception 'a file that is not being cleared keeps its lines'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_go_with_all';
    end if;
    return null;
end $$;

-- Name: guard_name_change(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_name_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
begin
    if current_user = 'cashback_eraser'
        and to_jsonb(new) - 'name' = to_jsonb(old) - 'name'
        and (
            new.name ~ '^E[0-9a-f]{32}$'
            or is_sealed(new.name) and not (new.kind = 'content' and is_sealed(old.name))
        )
        and exists (
            select from sales as s
            where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
                and case
                    when new.kind = 'content' and is_pseudonym(s.document) then true
                    when new.kind = 'content' or tells_of(
                        old.name, s.document, names_being_erased(s.merchant_id, s.document)
                    )
                        then not exists (
                            select from customers as c
                            where c.merchant_id = s.merchant_id and c.document = s.document
                        )
                    else false
                end
        )
    then
        return new;
    end if;
    raise exception 'a recorded sale keeps its names'
        using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
end $_$;

-- Name: guard_name_kept(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_name_kept() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if exists (
        select from sales as s
        where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
    ) then
        raise exception 'a recorded sale keeps its names'
            using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
    end if;
    return old;
end $$;

-- Name: guard_provider_moves(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_provider_moves() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'DELETE' and exists (
        select from provider_tellings as t
        where t.telling_id = old.telling_id and t.at < now() - interval '30 days'
    ) then
        return old;
    end if;
    raise exception 'provider_moves is append-only' using errcode = 'integrity_constraint_violation';
end $$;

-- Name: guard_rate(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_rate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    last_version integer;
    last_start timestamptz;
begin
    if tg_op = 'INSERT' then
        select max(r.version), max(r.starts_at) into last_version, last_start
        from rates as r where r.merchant_id = new.merchant_id and r.type = new.type;
        perform refuse_period(last_version, last_start, new.version, new.starts_at);
        return new;
    end if;
    -- With its whole type it may go: that nobody used it is decided there.
    if exists (
        select from product_types as t where t.merchant_id = old.merchant_id and t.type = old.type
    ) then
        select max(r.version) into last_version
        from rates as r where r.merchant_id = old.merchant_id and r.type = old.type;
        perform refuse_taking_back(last_version, old.version, old.starts_at);
    end if;
    return old;
end $$;

-- Name: guard_refused_equal(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_refused_equal() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and (new.idempotency_key is null or new.idempotency_key = old.idempotency_key)
        and (new.sale_id is null or new.sale_id = old.sale_id)
        and to_jsonb(new) - array['idempotency_key', 'sale_id']
            = to_jsonb(old) - array['idempotency_key', 'sale_id']
    then
        return new;
    end if;
    raise exception 'refused_equals is append-only' using errcode = 'integrity_constraint_violation';
end $$;

-- Name: guard_sale(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_sale() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    erasable constant text[] := array[
        'document', 'name', 'raw_body', 'sale_id', 'idempotency_key', 'cashier', 'metadata'
    ] || case when new.invoice_cnpj is null then array[
        'invoice_cnpj', 'invoice_month', 'invoice_series', 'invoice_number'
    ] end;
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and new.raw_body = ''
        and (
            (new.document, new.name) is not distinct from (old.document, old.name)
            or is_pseudonym(new.document) and new.name = 'erased'
        )
        and (
            new.cashier is not distinct from old.cashier
            and new.metadata is not distinct from old.metadata
            or num_nonnulls(new.cashier, new.metadata) = 0 and is_pseudonym(new.document)
        )
        -- What an access key says goes with the sale id that said it.
        and (
            new.sale_id is distinct from old.sale_id and new.invoice_cnpj is null
            or new.sale_id is not distinct from old.sale_id
                and new.invoice_cnpj is not distinct from old.invoice_cnpj
        )
        and (
            new.sale_id is not distinct from old.sale_id
            or is_sealed(new.sale_id) and tells_of(
                old.sale_id, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and (
            new.idempotency_key is not distinct from old.idempotency_key
            or is_sealed(new.idempotency_key) and tells_of(
                old.idempotency_key, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and to_jsonb(new) - erasable = to_jsonb(old) - erasable
    then
        return new;
    end if;
    raise exception 'sales is append-only' using errcode = 'integrity_constraint_violation';
end $$;

-- Name: guard_statement_lines_come(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_statement_lines_come() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if exists (
        select from (select distinct c.file_id from come as c) as c
        left join files as f using (file_id)
        where f.kind is distinct from 'statement'
            or num_nonnulls(f.completed_at, f.refused_at, f.cleared_at) > 0
    ) then
        raise exception 'no file that takes such lines any more'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_come_before_the_end';
    end if;
    return null;
end $$;

-- Name: guard_stop(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_stop() RETURNS trigger
    LANGUAGE plpgsql
    SET lock_timeout TO '500ms'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'INSERT' then
        perform lock_brakes_alone();
        new.stopped_at := clock_timestamp();
        new.lifted_at := null;
        return new;
    end if;
    -- An erasure, as the owner: a reason becomes the word that says so.
    if tg_op = 'UPDATE'
        and current_user = (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = tg_relid)
        and (new.reason = old.reason or new.reason = 'erased')
        and (
            new.lift_reason is not distinct from old.lift_reason
            or old.lift_reason is not null and new.lift_reason = 'erased'
        )
        and (new.reason, new.lift_reason) is distinct from (old.reason, old.lift_reason)
        and to_jsonb(new) - array['reason', 'lift_reason']
            = to_jsonb(old) - array['reason', 'lift_reason']
    then
        return new;
    end if;
    if tg_op = 'DELETE' or old.lifted_at is not null or new.lifted_by is null
        or (new.merchant_id, new.stop_id, new.type, new.by_platform, new.stopped_at,
            new.stopped_by, new.reason)
            is distinct from (old.merchant_id, old.stop_id, old.type, old.by_platform,
            old.stopped_at, old.stopped_by, old.reason)
    then
        raise exception 'a stop is lifted once, and stays as it was put on'
            using errcode = 'integrity_constraint_violation', constraint = 'stops_stay';
    end if;
    new.lifted_at := clock_timestamp();
    return new;
end $$;

-- Name: guard_told_move(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_told_move() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

-- Name: guard_type_period(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_type_period() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    last_version integer;
    last_start timestamptz;
begin
    if tg_op = 'INSERT' then
        select max(p.version), max(p.starts_at) into last_version, last_start
        from product_type_periods as p
        where p.merchant_id = new.merchant_id and p.product_id = new.product_id;
        perform refuse_period(last_version, last_start, new.version, new.starts_at);
        return new;
    end if;
    if exists (
        select from products as p
        where p.merchant_id = old.merchant_id and p.product_id = old.product_id
    ) then
        select max(p.version) into last_version
        from product_type_periods as p
        where p.merchant_id = old.merchant_id and p.product_id = old.product_id;
        perform refuse_taking_back(last_version, old.version, old.starts_at);
    end if;
    return old;
end $$;

-- Name: guard_used(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_used() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'DELETE' then
        if old.used_at is not null then
            raise exception 'a sale names it: it stays' using errcode = 'foreign_key_violation';
        end if;
        return old;
    end if;
    if old.used_at is not null and new.used_at is distinct from old.used_at then
        raise exception 'first use is marked once' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- Name: guard_whole_sale(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_whole_sale() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    adds_up boolean;
    named boolean;
    amiss text;
begin
    if num_nulls(new.document, new.name) + num_nonnulls(
        new.surcharge_centavos, new.difference_centavos, new.nothing_due, new.payments, new.store,
        new.till, new.series, new.cashier, new.metadata, new.alike_to, new.also_alike_to,
        new.invoice_cnpj, new.invoice_month, new.invoice_series, new.invoice_number
    ) > 0 then
        amiss := told_amiss(new);
        if amiss is not null then
            raise exception 'sale % tells % that no sale may', new.cashback_id, amiss
                using errcode = 'check_violation', constraint = 'sales_told_right';
        end if;
    end if;
    select
        (
            select sum(
                    l.amount_centavos - l.discount_centavos + coalesce(l.surcharge_centavos, 0)
                ) = new.total_centavos + new.discount_centavos
                    - coalesce(new.surcharge_centavos, 0) - coalesce(new.difference_centavos, 0)
                and sum(l.cashback_centavos) = c.cashback_centavos
            from sale_lines as l
            where l.merchant_id = new.merchant_id and l.cashback_id = new.cashback_id
        )
            and c.cashback_centavos <= new.total_centavos
            and (c.cashback_centavos = 0) = (new.nothing_due is not null),
        (
            select count(*) filter (
                where case n.kind
                    -- Of a merchant whose stores count by themselves it goes with the store.
                    when 'sale_id' then n.name = new.sale_id
                        or n.name = new.store || ' ' || new.sale_id
                    when 'idempotency_key' then n.name = new.idempotency_key
                    else new.sale_id is null and new.idempotency_key is null
                end
            ) >= greatest(
                num_nonnulls(new.sale_id, new.idempotency_key),
                -- What is alike to another one has its content's name there.
                case when new.alike_to is null then 1 else 0 end
            )
            from sale_names as n
            -- Found by the cashback alone: `+ 0` keeps the planner from reading a whole merchant.
            where n.cashback_id = new.cashback_id and n.merchant_id + 0 = new.merchant_id
        )
    into adds_up, named
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.cashback_id = new.cashback_id;
    if adds_up and new.payments is not null then
        -- A statement of its own, which a sale that tells none does not pay for.
        select bool_and(p ->> 0 in (
                'cash', 'check', 'credit_card', 'debit_card', 'store_credit', 'food_voucher',
                'meal_voucher', 'gift_card', 'fuel_voucher', 'bank_slip', 'deposit', 'pix',
                'transfer', 'cashback', 'other'
            ) and (p ->> 1)::bigint >= 0) and sum((p ->> 1)::bigint) = new.total_centavos
        into adds_up
        from jsonb_array_elements(new.payments) as p;
    end if;
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

-- Name: guard_whom_it_erases(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.guard_whom_it_erases() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    whose text;
    ended boolean;
begin
    select s.document, c.status in ('applied', 'not_due', 'cancelled', 'void', 'recorded') into whose, ended
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id;
    if (case
        when tg_table_name = 'sales' and to_jsonb(new) -> 'document' <> to_jsonb(old) -> 'document'
            then exists (
                select from erasures_under_way as e
                where e.merchant_id = old.merchant_id and e.was = whose
                    and e.became = to_jsonb(new) ->> 'document'
            )
        when is_pseudonym(whose) then true
        when exists (
            select from erasures_under_way as e
            where e.merchant_id = old.merchant_id and e.was = whose
        ) then true
        when tg_table_name in ('sales', 'attempts')
            then ended and to_jsonb(new) - array['raw_body', 'body', 'provider_message']
                = to_jsonb(old) - array['raw_body', 'body', 'provider_message']
        else false
    end) then
        return new;
    end if;
    raise exception 'the customer of % is not being erased', old.cashback_id
        using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
end $$;

-- Name: is_beside(bigint, integer, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_beside(value_e10 bigint, qty_e4 integer, centavos bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (value_e10 <= ('9223371036854775807'::bigint / qty_e4)) THEN ((centavos >= ((value_e10 * qty_e4) / '1000000000000'::bigint)) AND (centavos <= (((value_e10 * qty_e4) + '999999999999'::bigint) / '1000000000000'::bigint))) ELSE (abs((((centavos)::numeric * ('1000000000000'::bigint)::numeric) - ((value_e10)::numeric * (qty_e4)::numeric))) < ('1000000000000'::bigint)::numeric) END;

-- Name: is_cnpj(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_cnpj(document text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
    select document ~ '^[0-9A-Z]{12}[0-9]{2}$' and document !~ '^(.)\1*$' and not exists (
        select from generate_series(12, 13) as before (places)
        where ascii(substr(document, places + 1, 1)) - 48 <> (
            select case when sum(
                (ascii(substr(document, place, 1)) - 48) * (2 + (places - place) % 8)
            ) % 11 < 2 then 0 else 11 - sum(
                (ascii(substr(document, place, 1)) - 48) * (2 + (places - place) % 8)
            ) % 11 end
            from generate_series(1, places) as place
        )
    )
$_$;

-- Name: is_of_the_group(bigint, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_of_the_group(merchant bigint, cashback uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    return (
        select true from sales as s where s.merchant_id = merchant and s.cashback_id = cashback
    ) is true;
end $$;

-- Name: is_pseudonym(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_pseudonym(document text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$ select document ~ '^E[0-9a-f]{32}$' $_$;

-- Name: is_sealed(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_sealed(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$ select name ~ '^~[A-Za-z0-9+/]{32}$' $_$;

-- Name: keep_columns(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.keep_columns() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    was jsonb := to_jsonb(old);
    is_now jsonb;
begin
    if tg_op = 'UPDATE' and tg_nargs > 0 then
        is_now := to_jsonb(new);
        if new.version >= old.version and not exists (
            select from unnest(tg_argv) as k (field) where is_now -> field <> was -> field
        ) then
            return new;
        end if;
    end if;
    raise exception '% keeps its rows, and what each of them is', tg_table_name
        using errcode = 'integrity_constraint_violation',
        detail = concat_ws(' ', was ->> tg_argv[0], 'keeps', array_to_string(tg_argv, ', '));
end $$;

-- Name: keep_day_figures(bigint, date, timestamp with time zone, timestamp with time zone, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.keep_day_figures(of_merchant bigint, of_day date, begins_at timestamp with time zone, ends_at timestamp with time zone, below bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    of_zone constant text := day_zone(of_merchant, of_day);
    before figure_days;
    day_standings jsonb;
    day_calls jsonb;
begin
    select * into before
    from figure_days as f where f.merchant_id = of_merchant and f.day = of_day - 1;
    select coalesce(jsonb_object_agg(s.status, jsonb_build_array(s.cashbacks, s.centavos)), '{}')
    into day_standings
    from (
        select t.status, sum(t.cashbacks)::bigint as cashbacks, sum(t.centavos)::bigint as centavos
        from (
            select m.status, m.cashbacks, m.centavos
            from standings_moved(
                of_merchant, begins_at, ends_at, coalesce(before.below, 0), keep_day_figures.below
            ) as m
            union all
            select b.key, (b.value ->> 0)::bigint, (b.value ->> 1)::bigint
            from jsonb_each(before.standings) as b
        ) as t
        group by t.status
        having sum(t.cashbacks) <> 0 or sum(t.centavos) <> 0
    ) as s;
    day_calls := calls_of_day(
        of_merchant, begins_at, ends_at, coalesce(before.below, 0), keep_day_figures.below
    );
    with made as materialized (
        select f.hour, f.type, f.store, f.client, f.status,
            nullif(sum(f.sales), 0) as sales, nullif(sum(f.not_due), 0) as not_due,
            nullif(sum(f.recorded), 0) as recorded, nullif(sum(f.accrued), 0) as accrued,
            nullif(sum(f.paid), 0) as paid, nullif(sum(f.cancelled), 0) as cancelled,
            nullif(sum(f.adjusted), 0) as adjusted, nullif(sum(f.doubted), 0) as doubted,
            nullif(sum(f.tried), 0) as tried, nullif(sum(f.accepted), 0) as accepted,
            nullif(sum(f.total_centavos), 0) as total_centavos,
            nullif(sum(f.accrued_centavos), 0) as accrued_centavos,
            nullif(sum(f.paid_centavos), 0) as paid_centavos,
            nullif(sum(f.cancelled_centavos), 0) as cancelled_centavos,
            nullif(sum(f.adjusted_centavos), 0) as adjusted_centavos,
            nullif(sum(f.doubted_centavos), 0) as doubted_centavos
        from figures_of_day(
            of_merchant, of_zone, begins_at, ends_at, coalesce(before.below, 0),
            keep_day_figures.below, true, true
        ) as f
        group by grouping sets (
            (f.type, f.store, f.client, f.status), (f.hour, f.type, f.store, f.client, f.status)
        )
        -- What moved nothing is left out, so that a report reads less.
        having sum(
            f.sales + f.not_due + f.recorded + f.accrued + f.paid + f.cancelled + f.adjusted
                + f.doubted + f.tried
        ) > 0
    ), kept as (
        insert into figure_days (
            merchant_id, day, zone, begins_at, ends_at, below, standings, calls
        )
        values (
            of_merchant, of_day, of_zone, keep_day_figures.begins_at, keep_day_figures.ends_at,
            keep_day_figures.below, day_standings, day_calls
        )
    )
    insert into day_figures (
        merchant_id, day, hour, type, store, client, status, sales, not_due, recorded, accrued,
        paid, cancelled, adjusted, doubted, tried, accepted, total_centavos, accrued_centavos,
        paid_centavos, cancelled_centavos, adjusted_centavos, doubted_centavos
    )
    select of_merchant, of_day, f.*
    from made as f
    order by f.hour nulls first, f.type nulls first;
end $$;

-- Name: keep_day_zones(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.keep_day_zones() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    known constant text := known_zone(new.zone);
begin
    if tg_op = 'INSERT' then
        insert into day_zones (merchant_id, from_day, zone)
        values (new.merchant_id, '1999-01-01', known);
    else
        insert into day_zones (merchant_id, from_day, zone)
        select new.merchant_id, 1 + greatest(
            day_of(new.merchant_id, clock_timestamp()),
            (select max(c.day) from closes as c where c.merchant_id = new.merchant_id) + 1,
            (select max(z.from_day) from day_zones as z where z.merchant_id = new.merchant_id) - 1
        ), known
        on conflict (merchant_id, from_day)
            do update set zone = excluded.zone, changed_at = excluded.changed_at;
    end if;
    return null;
end $$;

-- Name: keys_to_seal(bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.keys_to_seal(of_merchant bigint, pseudonym text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    return query
    select distinct i.line_key from statement_incidents as i
    where i.document = pseudonym and not is_sealed(i.line_key);
end $$;

-- Name: known_zone(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.known_zone(named text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform now() at time zone named;
    return named;
exception when invalid_parameter_value then
    return 'UTC';
end $$;

-- Name: latency_bucket(double precision); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.latency_bucket(elapsed_s double precision) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (elapsed_s <= (0.001)::double precision) THEN 0 ELSE (LEAST((150)::double precision, ceil((ln((elapsed_s / (0.001)::double precision)) / ln((1.1)::double precision)))))::integer END;

-- Name: let_named_merchants(regclass, name, name, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.let_named_merchants(protected regclass, policy name, reader name, verbs text DEFAULT 'all'::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    execute format(
        'create policy %I on %s for %s to %I using (case when merchant_id = any (('
        'select nullif(current_setting(''cashback.merchants'', true), '''')::bigint[]'
        ')::bigint[]) then true else false end)',
        policy, protected, verbs, reader
    );
end $$;

-- Name: lines_come_together(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lines_come_together() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    wrong uuid;
    together boolean;
begin
    select a.cashback_id, count(*) = max(a.position) + 1 into wrong, together
    from added as a group by a.merchant_id, a.cashback_id
    having count(*) <> max(a.position) + 1 or not bool_and(
        is_beside(
            a.value_e10, a.qty_e4, a.amount_centavos - coalesce(a.difference_centavos, 0)
        )
        and (
            num_nonnulls(a.surcharge_centavos, a.difference_centavos, a.excluded) = 0
            or (
                a.surcharge_centavos between 1 and 9999999999
                and a.difference_centavos between -100 and 100 and a.difference_centavos <> 0
                and (a.excluded is null or a.excluded and a.rate_bp = 0)
            ) is not false
        )
    )
    limit 1;
    if together then
        raise exception 'a line of % has no amount that it can have, or tells what no line may', wrong
            using errcode = 'check_violation', constraint = 'sale_lines_told_right';
    elsif found then
        raise exception 'the lines of % do not come together, numbered from 0', wrong
            using errcode = 'integrity_constraint_violation', constraint = 'sale_lines_come_together';
    end if;
    return null;
end $$;

-- Name: lines_follow_terms(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lines_follow_terms() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    wrong text;
    first_use boolean;
    any_products boolean;
begin
    loop
        select
            min(l.type) filter (
                where r.rate_bp is distinct from l.rate_bp
                    or r.excluded is distinct from coalesce(l.excluded, false)
                    or r.starts_at > l.first_at
                    or exists (
                        select from rates as n
                        where n.merchant_id = l.merchant_id and n.type = l.type
                            and n.starts_at > r.starts_at and n.starts_at <= l.last_at
                    )
            ),
            bool_or(t.used_at is null), bool_or(l.any_products)
        into wrong, first_use, any_products
        from (
            select a.merchant_id, a.type, a.rate_version, a.rate_bp, a.excluded,
                bool_or(a.sku is not null) as any_products,
                min(least(s.sold_at, s.accepted_at)) as first_at,
                max(least(s.sold_at, s.accepted_at)) as last_at
            from added as a join sales as s using (merchant_id, cashback_id)
            group by a.merchant_id, a.type, a.rate_version, a.rate_bp, a.excluded
        ) as l
        left join rates as r
            on r.merchant_id = l.merchant_id and r.type = l.type and r.version = l.rate_version
        left join product_types as t on t.merchant_id = l.merchant_id and t.type = l.type;
        if wrong is not null then
            raise exception 'type % had another rate when the sale counts', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from product_types as t
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a)
        order by t.merchant_id, t.type
        for no key update;
        update product_types as t set used_at = now()
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a);
    end loop;
    if not any_products then
        return null;
    end if;
    loop
        select
            min(l.sku) filter (
                where l.type is distinct from (
                    select t.type from product_type_periods as t
                    where t.merchant_id = p.merchant_id and t.product_id = p.product_id
                        and t.starts_at <= l.counts_at
                    order by t.starts_at desc
                    limit 1
                )
            ),
            bool_or(p.used_at is null)
        into wrong, first_use
        from (
            select distinct a.merchant_id, a.sku, a.type,
                least(s.sold_at, s.accepted_at) as counts_at
            from added as a join sales as s using (merchant_id, cashback_id)
            where a.sku is not null
        ) as l
        left join products as p on p.merchant_id = l.merchant_id and p.sku = l.sku;
        if wrong is not null then
            raise exception 'product % was of another type when the sale counts', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from products as p
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            )
        order by p.merchant_id, p.sku
        for no key update;
        update products as p set used_at = now()
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            );
    end loop;
    return null;
end $$;

-- Name: lines_to_forget(bigint, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lines_to_forget(of_merchant bigint, known text, pseudonym text) RETURNS TABLE(file_id uuid, line integer, kind text, document text, doubtful text, centavos bigint, credited_at timestamp with time zone, reference text, problem text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform guard_forgetting_in_files(of_merchant, known, pseudonym);
    return query
        select l.file_id, l.line, l.kind, l.document, l.doubtful, l.centavos, l.credited_at,
            l.reference, l.problem
        from statement_lines as l
        where (l.document = told_document(known) or l.doubtful = told_document(known))
            and l.known_by is null and known is distinct from pseudonym
            and not exists (
                select from customers as c
                where c.document in (told_document(known), 'F:' || told_document(known))
            );
end $$;

-- Name: lock_brakes_alone(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_brakes_alone() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    lock table brakes_lock in share row exclusive mode;
end $$;

-- Name: lock_day_persons(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.lock_day_persons(of_merchant bigint) RETURNS void
    LANGUAGE sql
    RETURN pg_advisory_xact_lock(hashtextextended(('cashback day_persons '::text || (of_merchant)::text), (0)::bigint));

-- Name: loses_values(jsonb, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.loses_values(was jsonb, is_now jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select coalesce(jsonb_typeof(was) = 'object' and jsonb_typeof(is_now) = 'object', false)
        and not exists (
            select
            from jsonb_each(case when jsonb_typeof(was) = 'object' then was end) as w
            full join jsonb_each(case when jsonb_typeof(is_now) = 'object' then is_now end) as n
                using (key)
            where n.value is distinct from w.value
                and (w.value is null or n.value is distinct from '"erased"')
        )
$$;

-- Name: mask_when_closed(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.mask_when_closed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    could_be constant text := '(?<![0-9])(0*)[0-9]{3}[^0-9A-Za-z]?([0-9]{3})[^0-9A-Za-z]?([0-9]{3})'
        '[^0-9A-Za-z]?[0-9]{2}(?![0-9])';
    told text := normalize(new.reference, nfkc);
begin
    if not is_pseudonym(new.document) then
        new.document := masked_document(new.document);
    end if;
    if told ~ could_be then
        new.reference := left(regexp_replace(told, could_be, '\1***.\2.\3-**', 'g'), 255);
    end if;
    return new;
end $$;

-- Name: masked_document(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.masked_document(document text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (document ~ '^[0-9]{11}$'::text) THEN format('***.%s.%s-**'::text, substr(document, 4, 3), substr(document, 7, 3)) WHEN (document ~ '^([*]{3}[.][0-9]{3}[.][0-9]{3}-[*]{2}|[*]+|[*]{2}[.][0-9A-Z]{3}[.][0-9A-Z]{3}/[*]{4}-[*]{2})$'::text) THEN document WHEN public.is_cnpj(document) THEN format('**.%s.%s/****-**'::text, substr(document, 3, 3), substr(document, 6, 3)) ELSE repeat('*'::text, LEAST(length(document), 20)) END;

-- Name: may_be_credited(bigint, uuid, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.may_be_credited(of_merchant bigint, of_cashback uuid, precedes interval) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform refuse_other_merchants(of_merchant);
    if exists (
            select from statement_incidents as i
            where i.merchant_id = of_merchant and i.cashback_id = of_cashback
                and i.closed_at is null
        )
        -- No statement has moved it yet, or none ever will: the line may lie before all of them.
        or exists (
            select from statement_explanations as e
            where e.cashback_id = of_cashback and e.meaning = 'ours'
        )
    then
        return true;
    end if;
    -- The guard pauses the sender whenever a database went back, after all that it still knows.
    return (
            exists (select from sender where paused_at is not null)
            or exists (
                select from cashbacks as c join sender_releases as r
                    on r.released_at >= c.accepted_at
                where c.merchant_id = of_merchant and c.cashback_id = of_cashback
            )
        )
        and exists (select from suspected_cashbacks(of_merchant, precedes, array[of_cashback]));
end $$;

-- Name: names_being_erased(bigint, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.names_being_erased(of_merchant bigint, known text) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select e.names
    from erasures_under_way as u
    join erasures_under_way as e using (merchant_id, customer_id)
    where u.merchant_id = of_merchant and u.was = known and e.names is not null
    limit 1
$$;

-- Name: padded_salt(bytea, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.padded_salt(salt bytea, pad text) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    RETURN ((((int8send((((('x'::text || encode(substr(salt, 1, 8), 'hex'::text)))::bit(64))::bigint # ((('x'::text || repeat(pad, 8)))::bit(64))::bigint)) || int8send((((('x'::text || encode(substr(salt, 9, 8), 'hex'::text)))::bit(64))::bigint # ((('x'::text || repeat(pad, 8)))::bit(64))::bigint))) || int8send((((('x'::text || encode(substr(salt, 17, 8), 'hex'::text)))::bit(64))::bigint # ((('x'::text || repeat(pad, 8)))::bit(64))::bigint))) || int8send((((('x'::text || encode(substr(salt, 25, 8), 'hex'::text)))::bit(64))::bigint # ((('x'::text || repeat(pad, 8)))::bit(64))::bigint))) || decode(repeat(pad, 32), 'hex'::text));

-- Name: told_document(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.told_document(document text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select case when document like 'F:%' then substr(document, 3) else document end
$$;

-- Name: pattern_of(text, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.pattern_of(document text, names text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT string_agg(patterns.told, '|'::text) AS string_agg FROM (SELECT CASE WHEN (pattern_of.document ~~ 'F:%'::text) THEN (('(?<![0-9A-Za-z])'::text || CASE WHEN (length(plain.plain) >= 6) THEN regexp_replace(plain.plain, '(.)(?=.)'::text, '\1[./-]*'::text, 'g'::text) ELSE replace(public.told_document(pattern_of.document), '.'::text, '[.]'::text) END) || '(?![0-9A-Za-z])'::text) WHEN ((pattern_of.document ~ '[A-Z]'::text) AND (NOT public.is_pseudonym(pattern_of.document))) THEN regexp_replace(pattern_of.document, '(.)(?=.)'::text, '\1[^0-9A-Za-z]*'::text, 'g'::text) ELSE regexp_replace(pattern_of.document, '(.)(?=.)'::text, '\1[^0-9]*'::text, 'g'::text) END AS told FROM translate(public.told_document(pattern_of.document), './-'::text, ''::text) plain(plain) UNION SELECT regexp_replace(letters.letters, '(.)(?=.)'::text, '\1[^A-Za-z]*'::text, 'g'::text) AS regexp_replace FROM (unnest(pattern_of.names) n(name) CROSS JOIN LATERAL regexp_replace(NORMALIZE(n.name, NFKD), '[^A-Za-z]'::text, ''::text, 'g'::text) letters(letters)) WHERE (length(letters.letters) >= 8)) patterns);

-- Name: pays(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.pays(from_status text, to_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (to_status = 'applied'::text);

-- Name: person_commitment(bytea, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.person_commitment(salt bytea, document text) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    RETURN sha256((public.padded_salt(salt, '5c'::text) || sha256((public.padded_salt(salt, '36'::text) || convert_to(document, 'UTF8'::name)))));

-- Name: protect_merchant_table(regclass); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.protect_merchant_table(protected regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    execute format('alter table %s enable row level security', protected);
    perform let_named_merchants(protected, 'of_named_merchants', 'cashback_serving');
    execute format(
        'create policy of_all_merchants on %s to cashback_worker using (true)', protected
    );
end $$;

-- Name: provider_flows(bigint, timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.provider_flows(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) RETURNS TABLE(class text, entered bigint, entered_centavos bigint, departed bigint, departed_centavos bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select f.class, sum(f.entered)::bigint, sum(f.entered_centavos)::bigint,
        sum(f.departed)::bigint, sum(f.departed_centavos)::bigint
    from provider_tellings as t
    join provider_telling_flows as f on f.telling_id = t.telling_id
    where t.at < provider_flows.ends_at and t.position < provider_flows.below
        and (t.at >= provider_flows.begins_at
            or coalesce(t.position >= provider_flows.from_position, true))
        and f.merchant_id is not distinct from of_merchant
    group by f.class
$$;

-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    was jsonb;
    is_now jsonb;
begin
    if tg_op = 'UPDATE' and tg_nargs > 0 then
        was := to_jsonb(old);
        is_now := to_jsonb(new);
        if not exists (
            select from jsonb_object_keys(is_now) as f (field)
            where is_now -> field <> was -> field and (
                field = any (tg_argv) and (
                    is_now -> field = '"erased"'
                    or field = 'line_key' and is_sealed(is_now ->> field)
                    or loses_values(was -> field, is_now -> field)
                )
            ) is not true
        ) then
            return new;
        end if;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

-- Name: refuse_change_of_young(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_change_of_young() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if tg_op = 'DELETE'
        and (to_jsonb(old) ->> tg_argv[0])::timestamptz < now() - interval '30 days'
    then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

-- Name: refuse_other_merchants(bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_other_merchants(of_merchant bigint) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if not coalesce(
            of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]),
            false
        )
        and not pg_has_role(
            -- Not `current_user`, which is the owner in who asks this.
            coalesce(nullif(current_setting('role'), 'none'), session_user)::name,
            'cashback_worker', 'member'
        )
    then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- Name: refuse_period(integer, timestamp with time zone, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_period(last_version integer, last_start timestamp with time zone, version integer, starts_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if version <> coalesce(last_version, 0) + 1 then
        raise exception 'version % does not follow version %', version, coalesce(last_version, 0)
            using errcode = 'integrity_constraint_violation';
    end if;
    if starts_at <= last_start or last_start is not null and starts_at < now() + interval '10 min' then
        raise exception 'a change starts after every other, and at least ten minutes ahead'
            using errcode = 'integrity_constraint_violation';
    end if;
end $$;

-- Name: refuse_taking_back(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_taking_back(last_version integer, version integer, starts_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if version <> last_version or starts_at < now() + interval '10 min' then
        raise exception 'only the latest change is taken back, until ten minutes before its start'
            using errcode = 'integrity_constraint_violation';
    end if;
end $$;

-- Name: refuse_truncating(regclass); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_truncating(guarded regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    execute format(
        'create trigger %I before truncate on %s for each statement execute function refuse_change()',
        (select c.relname || '_no_truncate' from pg_class as c where c.oid = guarded), guarded
    );
end $$;

-- Name: renew_feed(boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.renew_feed(anyway boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    step constant bigint := 1099511627776;
    here record;
    home name;
    given_out bigint;
begin
    select * into here from feed_place();
    if not anyway and exists (
        select from feed as f
        where (f.system_identifier, f.timeline) = (here.system_identifier, here.timeline)
    ) then
        return false;
    end if;
    lock table events in share row exclusive mode;
    perform from feed for update;
    if not anyway and exists (
        select from feed as f
        where (f.system_identifier, f.timeline) = (here.system_identifier, here.timeline)
    ) then
        return false;  -- another process was first
    end if;
    select greatest(f.raised + pg_current_xact_id()::text::bigint, max(last.position))
    into given_out
    from feed as f, merchants as m
    left join lateral (
        select e.position from events as e
        where e.merchant_id = m.merchant_id and e.position >= 0  -- what its index can use
        order by e.position desc limit 1
    ) as last on true
    group by f.raised;
    update feed set raised = (coalesce(given_out, 0) / step + 2) * step,
        system_identifier = here.system_identifier, timeline = here.timeline
    returning raised into given_out;
    select n.nspname into home from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where p.oid = 'feed_position()'::regprocedure;
    execute format(
        'create or replace function %I.feed_position() returns bigint language sql'
        ' return pg_current_xact_id()::text::bigint + %s',
        home, given_out
    );
    return true;
end $$;

-- Name: seal_keys(bigint, text, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.seal_keys(of_merchant bigint, pseudonym text, sealed jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    lines uuid[];
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if exists (select from jsonb_each_text(sealed) as k where not is_sealed(k.value)) then
        raise exception 'not a sealed key' using errcode = 'check_violation';
    end if;
    -- Theirs, and whose reference named them: a reference that stays tells of a line that is not.
    lines := array(
        select i.incident_id from statement_incidents as i
        where i.document = pseudonym and sealed ? i.line_key
        union
        select i.incident_id
        from erasures_under_way as e
        join statement_incidents as i on i.incident_id = any (e.incidents)
        where e.merchant_id = of_merchant and sealed ? i.line_key
    );
    update statement_explanations as e set line_key = sealed ->> e.line_key
    from statement_incidents as i
    where i.incident_id = e.incident_id and i.incident_id = any (lines)
        and i.reference is null and sealed ? e.line_key;
    update statement_incidents as i set line_key = sealed ->> i.line_key
    where i.incident_id = any (lines) and i.reference is null;
end $$;

-- Name: standings_moved(bigint, timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.standings_moved(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) RETURNS TABLE(status text, cashbacks bigint, centavos bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    first_id constant uuid := first_id_at(begins_at);
    end_id constant uuid := first_id_at(ends_at);
begin
    return query
    -- What only passed through a state is of no account: most went through three.
    with moved as materialized (
        select e.cashback_id, v.status, sum(v.moved) as moved
        from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
        cross join lateral (values (e.to_status, 1), (e.from_status, -1)) as v (status, moved)
        where v.status is not null
        group by e.cashback_id, v.status
        having sum(v.moved) <> 0
    ),
    earned as (
        select o.cashback_id, o.cashback_centavos from cashbacks as o
        where o.merchant_id = of_merchant
            and o.cashback_id >= first_id and o.cashback_id < end_id
        union all
        select d.cashback_id, c.cashback_centavos
        from (
            select distinct m.cashback_id from moved as m
            where m.cashback_id < first_id or m.cashback_id >= end_id
        ) as d
        cross join lateral (
            select o.cashback_centavos from cashbacks as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as c
    )
    select m.status, sum(m.moved)::bigint, sum(m.moved * c.cashback_centavos)::bigint
    from moved as m join earned as c on c.cashback_id = m.cashback_id
    group by m.status;
end $$;

-- Name: statements_between(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.statements_between(of_since timestamp with time zone, of_through timestamp with time zone) RETURNS TABLE(file_id uuid, since timestamp with time zone, through timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    with told as (
        select f.file_id, f.since, f.through, f.begun_at from files as f
        where f.kind = 'statement' and f.completed_at is not null and f.cleared_at is null
            and f.since < of_through and f.through > of_since
    ), edges as (
        select distinct greatest(least(e.at, of_through), of_since) as at
        from told as t cross join lateral (values (t.since), (t.through)) as e (at)
    ), pieces as (
        select e.at as since, lead(e.at) over (order by e.at) as through from edges as e
    ), newest as (
        select p.since, p.through, (
            select t.file_id from told as t where t.since <= p.since and t.through >= p.through
            order by t.begun_at desc, t.file_id desc limit 1
        ) as file_id
        from pieces as p where p.through is not null
    ), runs as (
        select n.*, row_number() over (order by n.since)
            - row_number() over (partition by n.file_id order by n.since) as run
        from newest as n
    )
    select r.file_id, min(r.since), max(r.through) from runs as r
    where r.file_id is not null group by r.file_id, r.run order by 2
$$;

-- Name: suspected_cashbacks(bigint, interval, uuid[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.suspected_cashbacks(of_merchant bigint, precedes interval, only_these uuid[] DEFAULT NULL::uuid[]) RETURNS TABLE(merchant_id bigint, cashback_id uuid, is_said boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform refuse_other_merchants(of_merchant);
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
        select c.merchant_id, c.cashback_id, c.cashback_centavos,
            told_document(s.document) as document,
            coalesce(a.started_at, c.accepted_at) - precedes as earliest_at
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        left join attempts as a
            on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
        where c.status not in ('applied', 'not_due', 'void', 'recorded')
            and (of_merchant is null or c.merchant_id = of_merchant)
            and (only_these is null or c.cashback_id = any (only_these))
    ), found as (
        -- A person said that a line is its credit, and no statement has moved it yet.
        select o.merchant_id, o.cashback_id, true as is_said
        from ones as o join statement_explanations as e on e.cashback_id = o.cashback_id
        where e.meaning = 'ours'
        union all
        -- Apart, and not by `or`: each finds its pairs by a key.
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.cashback_id = o.cashback_id
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.document = o.document
        where l.line_key is not null and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.centavos = o.cashback_centavos
        where l.line_key is not null and (l.cashback_id is null or l.class = 'altered')
            and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l
            on l.class = 'unreadable' and (l.document is null or l.centavos = 0)
        where l.line_key is not null and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o
        cross join lateral replace(o.cashback_id::text, '-', '') as hex
        join parts as p on position(p.part in hex) > 0 or position(hex in p.part) > 0
        where p.line_key is not null and coalesce(p.credited_at >= o.earliest_at, true)
    )
    select f.merchant_id, f.cashback_id, bool_or(f.is_said) from found as f group by 1, 2;
end $$;

-- Name: takes_back(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.takes_back(from_status text, to_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((from_status = 'applied'::text) AND public.is_owed(to_status));

-- Name: tells(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.tells(told text, pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select coalesce(regexp_replace(
        normalize(told, nfkd),
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([+-][0-9]{2}:?[0-9]{2})?'
            '|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}',
        'x', 'g'
    ) ~* pattern, false)
$$;

-- Name: tells_of(text, text, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.tells_of(told text, document text, names text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select coalesce(normalize(told, nfkd) ~* pattern_of(document, names), false)
$$;

-- Name: sales; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sales (
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    sale_id public.own_number,
    idempotency_key public.own_key,
    sold_at public.instant NOT NULL,
    document text COLLATE pg_catalog."C",
    name public.person_name,
    total_centavos public.centavos NOT NULL,
    discount_centavos public.centavos NOT NULL,
    rounding public.rounding NOT NULL,
    exact text NOT NULL,
    raw_body public.request_body NOT NULL,
    accepted_at public.instant NOT NULL,
    submitted_by public.subject,
    sold_at_wall public.wall_clock,
    same_content_as uuid,
    name_differs boolean DEFAULT false NOT NULL,
    came_under public.subject,
    surcharge_centavos bigint,
    difference_centavos smallint,
    surcharge_earns boolean,
    nothing_due text COLLATE pg_catalog."C",
    payments jsonb,
    store text COLLATE pg_catalog."C",
    till text COLLATE pg_catalog."C",
    series text COLLATE pg_catalog."C",
    cashier text,
    metadata jsonb,
    confirm_later boolean,
    alike_to uuid,
    also_alike_to uuid,
    invoice_cnpj text COLLATE pg_catalog."C",
    invoice_month text COLLATE pg_catalog."C",
    invoice_series smallint,
    invoice_number integer,
    CONSTRAINT sales_are_another CHECK (((same_content_as <> cashback_id) AND ((came_under)::text <> (submitted_by)::text) AND ((came_under)::text ~ '^client:cli_'::text)))
);

-- Name: told_amiss(public.sales); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.told_amiss(s public.sales) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
begin
    return case
        when (
            s.surcharge_centavos between 1 and 9999999999
            and s.difference_centavos between -99 and 99 and s.difference_centavos <> 0
        ) is false then 'a surcharge or a difference'
        when (
            (
                s.nothing_due in ('company', 'foreign', 'nobody')
                or s.nothing_due
                    = case s.exact when '0.00' then 'earns_nothing' else 'rounds_to_zero' end
            )
            and (s.document is null) = (s.name is null)
            and (s.document is null) = (s.nothing_due is not distinct from 'nobody')
        ) is false then 'who bought, or why nothing is due'
        when (
            jsonb_typeof(s.payments) = 'array' and jsonb_array_length(s.payments) between 1 and 20
        ) is false then 'payments'
        when (
            s.store !~ '[^!-~]' and char_length(s.store) between 1 and 32
            and s.till !~ '[^!-~]' and char_length(s.till) between 1 and 32
            and s.series !~ '[^!-~]' and char_length(s.series) between 1 and 32
        ) is false then 'a place'
        when (
            char_length(s.cashier) between 1 and 64
            and jsonb_typeof(s.metadata) = 'object' and octet_length(s.metadata::text) <= 32768
        ) is false then 'a note'
        when (
            s.alike_to <> s.cashback_id and (
                s.also_alike_to is null
                or s.alike_to is not null and s.also_alike_to not in (s.alike_to, s.cashback_id)
            )
        ) is false then 'what it is alike to'
        when (
            num_nonnulls(s.invoice_cnpj, s.invoice_month, s.invoice_series, s.invoice_number)
                in (0, 4)
            and s.invoice_cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'
            and s.invoice_month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'
            and s.invoice_series between 0 and 999 and s.invoice_number between 0 and 999999999
        ) is false then 'an access key'
    end;
end $_$;

-- Name: wake_workers(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.wake_workers() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    perform pg_notify('cashback_due', '');
    return null;
end $$;

-- Name: who_was_erased(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.who_was_erased(told jsonb) RETURNS TABLE(document text, pseudonym text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select distinct on (t.value) t.value, c.document
    from jsonb_each_text(told) as t
    join customers as c on c.sealed = t.key
    where not exists (
        select from customers as k where k.document in (t.value, 'F:' || t.value)
    )
    order by t.value, c.erased_at desc
$$;

-- Name: without_buyer(text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.without_buyer(told text, document text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN ((told IS NULL) OR (document IS NULL)) THEN told WHEN (document ~ '^[0-9]+$'::text) THEN CASE WHEN (POSITION((document) IN (regexp_replace(told, '[^0-9]'::text, ''::text, 'g'::text))) > 0) THEN '***'::text ELSE told END WHEN (told ~* public.pattern_of(document, '{}'::text[])) THEN '***'::text ELSE told END;

-- Name: without_telling(jsonb, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.without_telling(fields jsonb, pattern text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    select coalesce(
        jsonb_object_agg(
            f.key,
            case when tells(f.value #>> '{}', pattern) then '"erased"' else f.value end
        ),
        '{}'
    )
    from jsonb_each(fields) as f
$$;

-- Name: write_results(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.write_results(told jsonb, OUT ended integer, OUT moved integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

-- Name: write_sales(jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.write_sales(told jsonb) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

-- Name: sum_of_centavos(bigint); Type: AGGREGATE; Schema: public; Owner: -

CREATE AGGREGATE public.sum_of_centavos(bigint) (
    SFUNC = int8pl,
    STYPE = bigint,
    COMBINEFUNC = int8pl,
    PARALLEL = safe
);

-- Name: api_clients; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.api_clients (
    merchant_id bigint NOT NULL,
    client_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    role text DEFAULT 'erp'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    deleted_at timestamp with time zone,
    group_id text COLLATE pg_catalog."C",
    CONSTRAINT api_clients_check CHECK ((group_id <> client_id)),
    CONSTRAINT api_clients_client_id_check CHECK ((client_id ~ '^cli_[A-Za-z0-9_-]{22}$'::text)),
    CONSTRAINT api_clients_created_by_check CHECK ((created_by ~ '^[ -~]{1,96}$'::text)),
    CONSTRAINT api_clients_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 120))),
    CONSTRAINT api_clients_role_check CHECK ((role = ANY (ARRAY['erp'::text, 'analyst'::text]))),
    CONSTRAINT api_clients_version_check CHECK ((version > 0))
);

-- Name: attempts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.attempts (
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    attempt public.version_number NOT NULL,
    deliverer public.deliverer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    lease_until_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    result public.attempt_result,
    phase public.attempt_phase,
    reason text,
    status_code public.http_status,
    body public.answer_body,
    provider_id text,
    provider_message text,
    provider_created_at text,
    connected_s real,
    sent_s real,
    elapsed_s real,
    CONSTRAINT attempts_end_at_once CHECK ((((ended_at IS NULL) = (result IS NULL)) AND (((result)::text <> 'applied'::text) OR ((status_code)::smallint = 201)) AND (((phase)::text = 'status_seen'::text) = (status_code IS NOT NULL))))
)
WITH (fillfactor='40');

-- Name: audit; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.audit (
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    merchant_id bigint,
    actor text NOT NULL COLLATE pg_catalog."C",
    login text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    request_id text,
    CONSTRAINT audit_action_check CHECK ((action = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text]))),
    CONSTRAINT audit_actor_check CHECK (((char_length(actor) >= 1) AND (char_length(actor) <= 160))),
    CONSTRAINT audit_after_check CHECK ((jsonb_typeof(after) = 'object'::text)),
    CONSTRAINT audit_before_check CHECK ((jsonb_typeof(before) = 'object'::text)),
    CONSTRAINT audit_request_id_check CHECK ((char_length(request_id) <= 64))
);

-- Name: audit_audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.audit ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: brakes_lock; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.brakes_lock (
    nothing boolean,
    CONSTRAINT brakes_lock_check CHECK (false)
);

-- Name: case_events; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.case_events (
    event_id bigint NOT NULL,
    case_id uuid NOT NULL,
    merchant_id bigint,
    at timestamp with time zone DEFAULT now() NOT NULL,
    what text NOT NULL COLLATE pg_catalog."C",
    by_name text,
    assigned_to text,
    reason text,
    CONSTRAINT case_events_assigned_to_check CHECK (((char_length(assigned_to) >= 1) AND (char_length(assigned_to) <= 64))),
    CONSTRAINT case_events_by_name_check CHECK (((char_length(by_name) >= 1) AND (char_length(by_name) <= 64))),
    CONSTRAINT case_events_check CHECK (((by_name IS NULL) = (what = ANY (ARRAY['reopened'::text, 'closed'::text, 'moved'::text])))),
    CONSTRAINT case_events_check1 CHECK (((assigned_to IS NOT NULL) = (what = 'assigned'::text))),
    CONSTRAINT case_events_check2 CHECK (((reason IS NOT NULL) OR (what = ANY (ARRAY['assigned'::text, 'given_back'::text])))),
    CONSTRAINT case_events_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 500))),
    CONSTRAINT case_events_what_check CHECK ((what = ANY (ARRAY['assigned'::text, 'given_back'::text, 'noted'::text, 'resolved'::text, 'reopened'::text, 'closed'::text, 'moved'::text])))
);

-- Name: case_events_event_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.case_events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.case_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: cases; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.cases (
    case_id uuid NOT NULL,
    incident_id uuid,
    difference_id uuid,
    merchant_id bigint,
    assigned_to text,
    resolved_at timestamp with time zone,
    CONSTRAINT cases_assigned_to_check CHECK (((char_length(assigned_to) >= 1) AND (char_length(assigned_to) <= 64))),
    CONSTRAINT cases_check CHECK ((num_nonnulls(incident_id, difference_id) = 1)),
    CONSTRAINT cases_check1 CHECK ((case_id = COALESCE(incident_id, difference_id))),
    CONSTRAINT cases_check2 CHECK (((difference_id IS NULL) OR (merchant_id IS NOT NULL)))
);

-- Name: cashbacks; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.cashbacks (
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    status public.cashback_status NOT NULL,
    version public.version_number NOT NULL,
    attempt public.attempt_number NOT NULL,
    cashback_centavos public.centavos NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    open_since_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    lease_until_at timestamp with time zone,
    applied_at timestamp with time zone,
    risk_accepted_at timestamp with time zone,
    CONSTRAINT cashbacks_confirmed CHECK ((((status)::text <> ALL (ARRAY['unconfirmed'::text, 'void'::text, 'recorded'::text])) OR (((attempt)::integer = 0) AND (confirmed_at IS NULL)))),
    CONSTRAINT cashbacks_tell_their_status CHECK (((((status)::text = 'not_due'::text) = ((cashback_centavos)::bigint = 0)) AND (((status)::text = ANY (ARRAY['pending'::text, 'unconfirmed'::text])) = (due_at IS NOT NULL)) AND (((status)::text = 'sending'::text) = (lease_until_at IS NOT NULL)) AND (((status)::text = 'applied'::text) = (applied_at IS NOT NULL)))),
    CONSTRAINT cashbacks_tried CHECK ((((attempt)::integer > 0) OR ((status)::text <> ALL (ARRAY['sending'::text, 'rejected'::text]))))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02');

-- Name: client_secrets; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.client_secrets (
    merchant_id bigint NOT NULL,
    client_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    secret_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT client_secrets_check CHECK ((expires_at <= (created_at + '100 years'::interval))),
    CONSTRAINT client_secrets_created_by_check CHECK ((created_by ~ '^[ -~]{1,96}$'::text)),
    CONSTRAINT client_secrets_number_check CHECK ((number > 0)),
    CONSTRAINT client_secrets_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

-- Name: close_keys; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.close_keys (
    key_id text NOT NULL COLLATE pg_catalog."C",
    public_key bytea NOT NULL,
    from_at timestamp with time zone NOT NULL,
    CONSTRAINT close_keys_are_named_by_themselves CHECK ((key_id = "left"(encode(sha256(public_key), 'hex'::text), 32))),
    CONSTRAINT close_keys_public_key_check CHECK ((octet_length(public_key) = 32))
);

-- Name: closes; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.closes (
    merchant_id bigint,
    number integer NOT NULL,
    day date NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    below bigint NOT NULL,
    closed_at timestamp with time zone DEFAULT now() NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    previous bytea,
    document bytea NOT NULL,
    lines bigint NOT NULL,
    late bigint NOT NULL,
    CONSTRAINT closes_begin_a_chain CHECK (((number = 1) = (previous IS NULL))),
    CONSTRAINT closes_check CHECK ((((octet_length(document) >= 154) AND (octet_length(document) <= 16777216)) AND (sha256(substr(document, 10, (octet_length(document) - 153))) = hash))),
    CONSTRAINT closes_check1 CHECK (((late >= 0) AND (late <= lines))),
    CONSTRAINT closes_end_after_they_begin CHECK ((begins_at <= ends_at)),
    CONSTRAINT closes_lines_check CHECK ((lines >= 0)),
    CONSTRAINT closes_number_check CHECK ((number > 0)),
    CONSTRAINT closes_previous_check CHECK ((octet_length(previous) = 32))
);

-- Name: closing_round; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.closing_round (
    only_one boolean DEFAULT true NOT NULL,
    told_at timestamp with time zone DEFAULT now() NOT NULL,
    behind integer NOT NULL,
    waits_for text[] NOT NULL,
    strange jsonb NOT NULL,
    failed jsonb NOT NULL,
    CONSTRAINT closing_round_behind_check CHECK ((behind >= 0)),
    CONSTRAINT closing_round_only_one_check CHECK (only_one)
);

-- Name: customers; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.customers (
    merchant_id bigint NOT NULL,
    document public.document NOT NULL,
    name public.person_name NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    customer_id uuid DEFAULT gen_random_uuid() NOT NULL,
    version public.version_number DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_at timestamp with time zone,
    sealed text COLLATE pg_catalog."C",
    CONSTRAINT customers_erased_are_nobody CHECK ((((erased_at IS NOT NULL) = (char_length((document)::text) = 33)) AND ((erased_at IS NULL) OR ((name)::text = 'erased'::text)))),
    CONSTRAINT customers_sealed_when_erased CHECK (((sealed IS NULL) OR ((erased_at IS NOT NULL) AND public.is_sealed(sealed))))
);

-- Name: day_figures; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.day_figures (
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    hour smallint,
    type text COLLATE pg_catalog."C",
    store text COLLATE pg_catalog."C",
    client text COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    sales integer,
    not_due integer,
    recorded integer,
    accrued integer,
    paid integer,
    cancelled integer,
    adjusted integer,
    doubted integer,
    tried integer,
    accepted integer,
    total_centavos bigint,
    accrued_centavos bigint,
    paid_centavos bigint,
    cancelled_centavos bigint,
    adjusted_centavos bigint,
    doubted_centavos bigint,
    CONSTRAINT day_figures_hour_check CHECK (((hour >= 0) AND (hour <= 23)))
);

-- Name: day_persons; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.day_persons (
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    customer_id uuid NOT NULL,
    salt bytea,
    commitment bytea NOT NULL,
    CONSTRAINT day_persons_commitment_check CHECK ((octet_length(commitment) = 32)),
    CONSTRAINT day_persons_salt_check CHECK ((octet_length(salt) = 32))
);

-- Name: day_sums; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.day_sums (
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    centavos bigint NOT NULL,
    CONSTRAINT day_sums_centavos_check CHECK ((centavos >= 0))
)
WITH (fillfactor='50');

-- Name: day_zones; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.day_zones (
    merchant_id bigint NOT NULL,
    from_day date NOT NULL,
    zone text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: differences; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.differences (
    difference_id uuid NOT NULL,
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    file_id uuid NOT NULL,
    line integer,
    cashback_id uuid,
    class text NOT NULL COLLATE pg_catalog."C",
    whys text[] DEFAULT '{}'::text[] NOT NULL,
    erp_centavos bigint,
    our_centavos bigint,
    erp_total_centavos bigint,
    our_total_centavos bigint,
    provider text COLLATE pg_catalog."C",
    known_by text DEFAULT (gen_random_uuid())::text NOT NULL COLLATE pg_catalog."C",
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    closed_why text,
    CONSTRAINT differences_check CHECK (((closed_at IS NULL) = (closed_why IS NULL))),
    CONSTRAINT differences_class_check CHECK ((class = ANY (ARRAY['differs'::text, 'never_arrived'::text, 'not_told'::text, 'told_twice'::text, 'unreadable'::text]))),
    CONSTRAINT differences_known_by_check CHECK (((char_length(known_by) >= 1) AND (char_length(known_by) <= 120)))
);

-- Name: erasure_key; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.erasure_key (
    only_one boolean DEFAULT true NOT NULL,
    fingerprint text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT erasure_key_fingerprint_check CHECK ((fingerprint ~ '^[A-Za-z0-9+/]{32}$'::text)),
    CONSTRAINT erasure_key_only_one_check CHECK (only_one)
);

-- Name: erasures_under_way; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.erasures_under_way (
    erasure_id bigint NOT NULL,
    merchant_id bigint NOT NULL,
    customer_id uuid NOT NULL,
    was text COLLATE pg_catalog."C",
    became text COLLATE pg_catalog."C",
    names text[],
    incidents uuid[] DEFAULT '{}'::uuid[] NOT NULL
);

-- Name: erasures_under_way_erasure_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.erasures_under_way ALTER COLUMN erasure_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.erasures_under_way_erasure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: erp_lines; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.erp_lines (
    file_id uuid NOT NULL,
    line integer NOT NULL,
    merchant_id bigint NOT NULL,
    name_kind text COLLATE pg_catalog."C",
    name text COLLATE pg_catalog."C",
    store text COLLATE pg_catalog."C",
    document text COLLATE pg_catalog."C",
    customer_name text,
    sold_at timestamp with time zone,
    total_centavos bigint,
    discount_centavos bigint,
    cashback_centavos bigint,
    problem text,
    CONSTRAINT erp_lines_line_check CHECK ((line > 0))
);

-- Name: feed; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.feed (
    only_one boolean DEFAULT true NOT NULL,
    raised bigint DEFAULT 0 NOT NULL,
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    CONSTRAINT feed_only_one_check CHECK (only_one),
    CONSTRAINT feed_raised_check CHECK ((raised >= 0))
);

-- Name: figure_days; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.figure_days (
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    zone text NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    below bigint NOT NULL,
    standings jsonb NOT NULL,
    calls jsonb NOT NULL,
    CONSTRAINT figure_days_calls_check CHECK ((jsonb_typeof(calls) = 'object'::text)),
    CONSTRAINT figure_days_check CHECK ((ends_at >= begins_at)),
    CONSTRAINT figure_days_standings_check CHECK ((jsonb_typeof(standings) = 'object'::text))
);

-- Name: files; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.files (
    file_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    merchant_id bigint,
    sha256 bytea NOT NULL,
    identity bytea NOT NULL,
    name text NOT NULL,
    declared_by text NOT NULL,
    declared jsonb DEFAULT '{}'::jsonb NOT NULL,
    profile jsonb DEFAULT '{}'::jsonb NOT NULL,
    day date,
    since timestamp with time zone,
    through timestamp with time zone,
    told_lines bigint,
    told_centavos bigint,
    lines bigint DEFAULT 0 NOT NULL,
    centavos bigint DEFAULT 0 NOT NULL,
    gross_centavos bigint DEFAULT 0 NOT NULL,
    unreadable bigint DEFAULT 0 NOT NULL,
    unread bigint DEFAULT 0 NOT NULL,
    unsure_centavos bigint DEFAULT 0 NOT NULL,
    read_through integer DEFAULT 0 NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    moved_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    refused_at timestamp with time zone,
    refused_why text,
    cleared_at timestamp with time zone,
    emptied_at timestamp with time zone,
    CONSTRAINT files_check CHECK (((kind = 'erp_day'::text) = (merchant_id IS NOT NULL))),
    CONSTRAINT files_check1 CHECK (((kind = 'erp_day'::text) = (day IS NOT NULL))),
    CONSTRAINT files_check2 CHECK (((kind = 'statement'::text) = (since IS NOT NULL))),
    CONSTRAINT files_check3 CHECK (((kind = 'statement'::text) = (through IS NOT NULL))),
    CONSTRAINT files_check4 CHECK ((since <= through)),
    CONSTRAINT files_check5 CHECK (((completed_at IS NULL) OR (refused_at IS NULL))),
    CONSTRAINT files_check6 CHECK (((refused_at IS NULL) = (refused_why IS NULL))),
    CONSTRAINT files_check7 CHECK (((emptied_at IS NULL) OR (cleared_at IS NOT NULL))),
    CONSTRAINT files_declared_by_check CHECK (((char_length(declared_by) >= 1) AND (char_length(declared_by) <= 96))),
    CONSTRAINT files_identity_check CHECK ((octet_length(identity) = 32)),
    CONSTRAINT files_kind_check CHECK ((kind = ANY (ARRAY['erp_day'::text, 'statement'::text]))),
    CONSTRAINT files_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT files_refused_why_check CHECK (((char_length(refused_why) >= 1) AND (char_length(refused_why) <= 500))),
    CONSTRAINT files_sha256_check CHECK ((octet_length(sha256) = 32))
);

-- Name: incidents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.incidents (
    incident_id bigint NOT NULL,
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    attempt integer NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    what text NOT NULL
);

-- Name: incidents_incident_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.incidents ALTER COLUMN incident_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incidents_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: login_failures; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.login_failures (
    kind text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT login_failures_key_check CHECK ((octet_length(key) = 32)),
    CONSTRAINT login_failures_kind_check CHECK ((kind = ANY (ARRAY['account'::text, 'address'::text, 'pair'::text, 'pause'::text, 'secret'::text, 'secret_address'::text])))
);

-- Name: merchants; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.merchants (
    merchant_id bigint NOT NULL,
    slug text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    zone text DEFAULT 'America/Sao_Paulo'::text NOT NULL,
    rounding text DEFAULT 'half_even'::text NOT NULL,
    max_sale_age_days integer DEFAULT 30 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    equal_content text DEFAULT 'sale_id'::text NOT NULL,
    name_difference text DEFAULT 'refuse'::text NOT NULL,
    max_cashback_centavos bigint,
    max_day_centavos bigint,
    line_rounding text DEFAULT 'half_up'::text NOT NULL,
    line_tolerance_centavos integer DEFAULT 0 NOT NULL,
    sale_tolerance_centavos integer DEFAULT 0 NOT NULL,
    surcharge_earns boolean DEFAULT false NOT NULL,
    company_buyers text DEFAULT 'refuse'::text NOT NULL,
    foreign_buyers text DEFAULT 'refuse'::text NOT NULL,
    nobody_buyers text DEFAULT 'refuse'::text NOT NULL,
    confirm_within_h integer DEFAULT 72 NOT NULL,
    max_ahead_s integer DEFAULT 300 NOT NULL,
    numbers text DEFAULT 'merchant'::text NOT NULL,
    CONSTRAINT merchants_company_buyers_check CHECK ((company_buyers = ANY (ARRAY['refuse'::text, 'record'::text, 'pay'::text]))),
    CONSTRAINT merchants_confirm_within_h_check CHECK (((confirm_within_h >= 1) AND (confirm_within_h <= 2160))),
    CONSTRAINT merchants_equal_content_check CHECK ((equal_content = ANY (ARRAY['sale_id'::text, 'key'::text, 'never'::text]))),
    CONSTRAINT merchants_foreign_buyers_check CHECK ((foreign_buyers = ANY (ARRAY['refuse'::text, 'record'::text, 'pay'::text]))),
    CONSTRAINT merchants_line_rounding_check CHECK ((line_rounding = ANY (ARRAY['half_even'::text, 'half_up'::text, 'down'::text]))),
    CONSTRAINT merchants_line_tolerance_centavos_check CHECK (((line_tolerance_centavos >= 0) AND (line_tolerance_centavos <= 99))),
    CONSTRAINT merchants_max_ahead_s_check CHECK (((max_ahead_s >= 0) AND (max_ahead_s <= 86400))),
    CONSTRAINT merchants_max_cashback_centavos_check CHECK (((max_cashback_centavos >= 0) AND (max_cashback_centavos <= '9999999999'::bigint))),
    CONSTRAINT merchants_max_day_centavos_check CHECK (((max_day_centavos >= 0) AND (max_day_centavos <= '9999999999999'::bigint))),
    CONSTRAINT merchants_max_sale_age_days_check CHECK (((max_sale_age_days >= 1) AND (max_sale_age_days <= 36524))),
    CONSTRAINT merchants_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 120))),
    CONSTRAINT merchants_name_difference_check CHECK ((name_difference = ANY (ARRAY['refuse'::text, 'note'::text]))),
    CONSTRAINT merchants_nobody_buyers_check CHECK ((nobody_buyers = ANY (ARRAY['refuse'::text, 'record'::text]))),
    CONSTRAINT merchants_numbers_check CHECK ((numbers = ANY (ARRAY['merchant'::text, 'store'::text]))),
    CONSTRAINT merchants_rounding_check CHECK ((rounding = ANY (ARRAY['half_even'::text, 'half_up'::text, 'down'::text]))),
    CONSTRAINT merchants_sale_tolerance_centavos_check CHECK (((sale_tolerance_centavos >= 0) AND (sale_tolerance_centavos <= 99))),
    CONSTRAINT merchants_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
    CONSTRAINT merchants_version_check CHECK ((version > 0))
);

-- Name: merchants_merchant_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.merchants ALTER COLUMN merchant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.merchants_merchant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: privacy_acts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.privacy_acts (
    merchant_id bigint NOT NULL,
    act_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    act text NOT NULL,
    customer_id uuid NOT NULL,
    actor text NOT NULL,
    reason text,
    sales integer NOT NULL,
    CONSTRAINT privacy_acts_act_check CHECK ((act = ANY (ARRAY['report'::text, 'erasure'::text]))),
    CONSTRAINT privacy_acts_actor_check CHECK (((char_length(actor) >= 1) AND (char_length(actor) <= 96))),
    CONSTRAINT privacy_acts_check CHECK (((act = 'erasure'::text) = (reason IS NOT NULL))),
    CONSTRAINT privacy_acts_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 500))),
    CONSTRAINT privacy_acts_sales_check CHECK ((sales >= 0))
);

-- Name: privacy_acts_act_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.privacy_acts ALTER COLUMN act_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.privacy_acts_act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: product_type_periods; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.product_type_periods (
    merchant_id bigint NOT NULL,
    product_id uuid NOT NULL,
    version integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    starts_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT product_type_periods_starts_at_check CHECK (((starts_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (starts_at < '2100-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT product_type_periods_version_check CHECK ((version > 0))
);

-- Name: product_types; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.product_types (
    merchant_id bigint NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    name text,
    version integer DEFAULT 1 NOT NULL,
    used_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT product_types_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 120))),
    CONSTRAINT product_types_type_check CHECK ((type ~ '^[!-~]{1,32}$'::text)),
    CONSTRAINT product_types_version_check CHECK ((version > 0))
);

-- Name: products; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.products (
    merchant_id bigint NOT NULL,
    product_id uuid NOT NULL,
    sku text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    name_key text NOT NULL COLLATE pg_catalog."C",
    version integer DEFAULT 1 NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT products_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 120))),
    CONSTRAINT products_sku_check CHECK ((sku ~ '^[!-~]{1,64}$'::text)),
    CONSTRAINT products_version_check CHECK ((version > 0))
);

-- Name: provider_balances; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_balances (
    merchant_id bigint,
    class text NOT NULL COLLATE pg_catalog."C",
    lines bigint NOT NULL,
    centavos bigint NOT NULL,
    CONSTRAINT provider_balances_check CHECK (((lines > 0) OR (centavos = 0))),
    CONSTRAINT provider_balances_lines_check CHECK ((lines >= 0))
);

-- Name: provider_found; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.provider_found (
    line_key uuid NOT NULL,
    nth integer NOT NULL,
    from_class text COLLATE pg_catalog."C",
    from_owner bigint,
    from_cashback uuid,
    class text COLLATE pg_catalog."C",
    owner bigint,
    cashback_id uuid,
    centavos bigint NOT NULL,
    credited_at timestamp with time zone,
    told_since timestamp with time zone,
    told_through timestamp with time zone,
    alike uuid
);

-- Name: provider_lines; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_lines (
    line_key uuid NOT NULL,
    nth integer NOT NULL,
    centavos bigint NOT NULL,
    credited_at timestamp with time zone,
    told_since timestamp with time zone,
    told_through timestamp with time zone,
    class text COLLATE pg_catalog."C",
    merchant_id bigint,
    cashback_id uuid,
    alike uuid,
    CONSTRAINT provider_lines_check CHECK (((merchant_id IS NULL) = (cashback_id IS NULL))),
    CONSTRAINT provider_lines_check1 CHECK (((class IS NOT NULL) OR (merchant_id IS NULL))),
    CONSTRAINT provider_lines_check2 CHECK (((credited_at IS NOT NULL) OR (told_since IS NOT NULL))),
    CONSTRAINT provider_lines_check3 CHECK (((told_since IS NULL) = (told_through IS NULL)))
);

-- Name: provider_moves; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_moves (
    telling_id bigint NOT NULL,
    line_key uuid NOT NULL,
    nth integer NOT NULL,
    from_class text COLLATE pg_catalog."C",
    from_owner bigint,
    to_class text COLLATE pg_catalog."C",
    to_owner bigint,
    centavos bigint NOT NULL,
    CONSTRAINT provider_moves_check CHECK (((from_class IS DISTINCT FROM to_class) OR (from_owner IS DISTINCT FROM to_owner)))
);

-- Name: provider_respelled; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.provider_respelled (
    new_key uuid NOT NULL,
    new_nth integer NOT NULL,
    line_key uuid NOT NULL,
    nth integer NOT NULL,
    is_fixed boolean NOT NULL
);

-- Name: provider_telling_flows; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_telling_flows (
    telling_id bigint NOT NULL,
    merchant_id bigint,
    class text NOT NULL COLLATE pg_catalog."C",
    entered bigint NOT NULL,
    entered_centavos bigint NOT NULL,
    departed bigint NOT NULL,
    departed_centavos bigint NOT NULL,
    CONSTRAINT provider_telling_flows_class_check CHECK ((class = ANY (ARRAY['matched'::text, 'altered'::text, 'credited_again'::text, 'credited_unpaid'::text, 'unknown_here'::text, 'explained'::text, 'applied_absent'::text, 'not_expected'::text, 'unpaid'::text, 'doubt_applied'::text, 'doubt_absent'::text, 'doubt_undecided'::text, 'reversed'::text, 'unreadable'::text]))),
    CONSTRAINT provider_telling_flows_departed_check CHECK ((departed >= 0)),
    CONSTRAINT provider_telling_flows_entered_check CHECK ((entered >= 0))
);

-- Name: provider_tellings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_tellings (
    telling_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    "position" bigint DEFAULT public.feed_position() NOT NULL,
    reconciliation_id uuid NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    through timestamp with time zone NOT NULL,
    CONSTRAINT provider_tellings_check CHECK ((since <= through))
);

-- Name: provider_tellings_telling_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.provider_tellings ALTER COLUMN telling_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_tellings_telling_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: provider_told; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.provider_told (
    line_key uuid NOT NULL,
    class text NOT NULL COLLATE pg_catalog."C",
    centavos bigint NOT NULL,
    credited_at timestamp with time zone,
    owner bigint,
    cashback_id uuid,
    alike uuid
);

-- Name: rate_buckets; Type: TABLE; Schema: public; Owner: -

CREATE UNLOGGED TABLE public.rate_buckets (
    subject text NOT NULL COLLATE pg_catalog."C",
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT rate_buckets_subject_check CHECK ((subject ~ '^[ -~]{1,96}$'::text))
);

-- Name: rates; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.rates (
    merchant_id bigint NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    rate_bp integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    excluded boolean DEFAULT false NOT NULL,
    CONSTRAINT rates_excluded_are_zero CHECK (((NOT excluded) OR (rate_bp = 0))),
    CONSTRAINT rates_rate_bp_check CHECK (((rate_bp >= 0) AND (rate_bp <= 10000))),
    CONSTRAINT rates_starts_at_check CHECK (((starts_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (starts_at < '2100-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT rates_version_check CHECK ((version > 0))
);

-- Name: reconciliations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.reconciliations (
    reconciliation_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    asked_since timestamp with time zone NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    asked_at timestamp with time zone,
    since timestamp with time zone,
    through timestamp with time zone,
    distrust text,
    distrusted_since timestamp with time zone,
    remarks text,
    totals jsonb,
    error text,
    settled integer,
    CONSTRAINT reconciliations_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'recent'::text, 'asked'::text, 'file'::text])))
);

-- Name: refused_clocks; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.refused_clocks (
    merchant_id bigint NOT NULL,
    client text NOT NULL COLLATE pg_catalog."C",
    ahead_s double precision NOT NULL,
    ahead_at timestamp with time zone NOT NULL,
    sales bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT refused_clocks_ahead_s_check CHECK (((ahead_s > (0)::double precision) AND (ahead_s < 'Infinity'::double precision))),
    CONSTRAINT refused_clocks_check CHECK (((last_at >= first_at) AND (last_at >= ahead_at))),
    CONSTRAINT refused_clocks_client_check CHECK ((client ~ '^[ -~]{1,96}$'::text)),
    CONSTRAINT refused_clocks_sales_check CHECK ((sales > 0))
)
WITH (fillfactor='50');

-- Name: refused_equals; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.refused_equals (
    merchant_id bigint NOT NULL,
    refusal_id uuid NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    cashback_id uuid NOT NULL,
    idempotency_key text,
    sale_id text,
    sold_at timestamp with time zone NOT NULL,
    submitted_by text,
    outcome text DEFAULT 'refused'::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT refused_equals_idempotency_key_check CHECK ((idempotency_key ~ '^[!-+\--~]{1,255}$'::text)),
    CONSTRAINT refused_equals_outcome_check CHECK ((outcome = ANY (ARRAY['refused'::text, 'collided'::text]))),
    CONSTRAINT refused_equals_sale_id_check CHECK ((sale_id ~ '^[!-~]{1,64}$'::text)),
    CONSTRAINT refused_equals_sold_at_check CHECK (((sold_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (sold_at < '2100-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT refused_equals_submitted_by_check CHECK ((submitted_by ~ '^[ -~]{1,96}$'::text))
);

-- Name: reporting_logins; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.reporting_logins (
    login text NOT NULL COLLATE pg_catalog."C",
    merchant_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reporting_logins_login_check CHECK ((login ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

-- Name: retention; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.retention (
    merchant_id bigint NOT NULL,
    raw_through_at timestamp with time zone DEFAULT '2000-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    raw_left uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    customers_through uuid
);

-- Name: revoked_tokens; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.revoked_tokens (
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT revoked_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

-- Name: sale_lines; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sale_lines (
    merchant_id bigint NOT NULL,
    cashback_id uuid NOT NULL,
    value_e10 public.value_e10 NOT NULL,
    amount_centavos public.line_centavos NOT NULL,
    discount_centavos public.line_centavos NOT NULL,
    cashback_centavos public.line_centavos NOT NULL,
    qty_e4 public.qty_e4 NOT NULL,
    rate_bp public.basis_points NOT NULL,
    rate_version integer NOT NULL,
    "position" public.line_position NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    exact text NOT NULL,
    sku public.own_number,
    surcharge_centavos bigint,
    difference_centavos smallint,
    excluded boolean,
    CONSTRAINT sale_lines_check CHECK (((discount_centavos)::bigint <= (amount_centavos)::bigint))
);

-- Name: sale_names; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sale_names (
    merchant_id bigint NOT NULL,
    kind public.name_kind NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    cashback_id uuid NOT NULL
);

-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.schema_migrations (
    name text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: sender; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sender (
    only_one boolean DEFAULT true NOT NULL,
    paused_at timestamp with time zone,
    reason text,
    actor text,
    CONSTRAINT sender_check CHECK (((paused_at IS NULL) = (reason IS NULL))),
    CONSTRAINT sender_check1 CHECK (((paused_at IS NULL) = (actor IS NULL))),
    CONSTRAINT sender_only_one_check CHECK (only_one)
);

-- Name: sender_pauses; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sender_pauses (
    pause_id uuid NOT NULL,
    began_at timestamp with time zone NOT NULL,
    through_at timestamp with time zone NOT NULL,
    CONSTRAINT sender_pauses_check CHECK ((through_at >= began_at))
);

-- Name: sender_releases; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sender_releases (
    release_id bigint NOT NULL,
    paused_at timestamp with time zone NOT NULL,
    pause_reason text NOT NULL,
    pause_actor text NOT NULL,
    released_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT sender_releases_actor_check CHECK (((char_length(actor) >= 1) AND (char_length(actor) <= 64))),
    CONSTRAINT sender_releases_check CHECK ((released_at >= paused_at))
);

-- Name: sender_releases_release_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.sender_releases ALTER COLUMN release_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sender_releases_release_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: sessions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sessions (
    session_id uuid NOT NULL,
    user_id bigint NOT NULL,
    merchant_id bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    refresh_hash bytea NOT NULL,
    last_used_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    reason text,
    renewed_at timestamp with time zone,
    issued_s bigint,
    CONSTRAINT sessions_check CHECK ((expires_at > created_at)),
    CONSTRAINT sessions_check1 CHECK (((revoked_at IS NULL) = (reason IS NULL))),
    CONSTRAINT sessions_reason_check CHECK ((reason = ANY (ARRAY['revoked'::text, 'refresh_reused'::text, 'signed_out'::text, 'password_changed'::text, 'disabled'::text, 'deleted'::text]))),
    CONSTRAINT sessions_refresh_hash_check CHECK ((octet_length(refresh_hash) = 32)),
    CONSTRAINT sessions_renewed CHECK (((renewed_at IS NULL) = (issued_s IS NULL)))
);

-- Name: statement_explanations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.statement_explanations (
    explanation_id bigint NOT NULL,
    incident_id uuid NOT NULL,
    meaning text NOT NULL,
    line_key text COLLATE pg_catalog."C",
    cashback_id uuid,
    at timestamp with time zone DEFAULT now() NOT NULL,
    by_name text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT statement_explanations_check CHECK (((line_key IS NULL) = (meaning = 'known_absent'::text))),
    CONSTRAINT statement_explanations_check1 CHECK (((cashback_id IS NULL) = (meaning = 'foreign'::text))),
    CONSTRAINT statement_explanations_meaning_check CHECK ((meaning = ANY (ARRAY['foreign'::text, 'ours'::text, 'known_absent'::text])))
);

-- Name: statement_explanations_explanation_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.statement_explanations ALTER COLUMN explanation_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.statement_explanations_explanation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: statement_incident_events; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.statement_incident_events (
    event_id bigint NOT NULL,
    incident_id uuid NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    what text NOT NULL,
    by_name text,
    reason text NOT NULL,
    risk_accepted boolean DEFAULT false NOT NULL,
    CONSTRAINT statement_incident_events_check CHECK (((NOT risk_accepted) OR (what = 'explained'::text))),
    CONSTRAINT statement_incident_events_what_check CHECK ((what = ANY (ARRAY['opened'::text, 'closed'::text, 'explained'::text])))
);

-- Name: statement_incident_events_event_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.statement_incident_events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.statement_incident_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: statement_incidents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.statement_incidents (
    incident_id uuid NOT NULL,
    class text NOT NULL COLLATE pg_catalog."C",
    merchant_id bigint,
    cashback_id uuid,
    document text COLLATE pg_catalog."C",
    centavos bigint NOT NULL,
    line integer,
    line_key text COLLATE pg_catalog."C",
    nth integer,
    credited_at timestamp with time zone,
    reference text,
    why text NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    statement_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    told_since timestamp with time zone,
    told_through timestamp with time zone,
    closed_at timestamp with time zone,
    closed_why text,
    CONSTRAINT statement_incidents_check CHECK (((merchant_id IS NULL) = (cashback_id IS NULL))),
    CONSTRAINT statement_incidents_check1 CHECK (((line_key IS NULL) = (nth IS NULL))),
    CONSTRAINT statement_incidents_check2 CHECK (((line_key IS NOT NULL) OR (cashback_id IS NOT NULL))),
    CONSTRAINT statement_incidents_check3 CHECK (((closed_at IS NULL) = (closed_why IS NULL))),
    CONSTRAINT statement_incidents_class_check CHECK ((class = ANY (ARRAY['altered'::text, 'credited_again'::text, 'credited_unpaid'::text, 'unknown_here'::text, 'applied_absent'::text, 'unpaid'::text, 'doubt_undecided'::text, 'reversed'::text, 'unreadable'::text]))),
    CONSTRAINT statement_incidents_reference_check CHECK ((length(reference) <= 255)),
    CONSTRAINT statement_incidents_why_check CHECK ((length(why) <= 500))
);

-- Name: statement_lines; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.statement_lines (
    file_id uuid NOT NULL,
    line integer NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    document text COLLATE pg_catalog."C",
    doubtful text COLLATE pg_catalog."C",
    centavos bigint,
    credited_at timestamp with time zone,
    reference text,
    problem text,
    known_by text COLLATE pg_catalog."C",
    credit_known_by text COLLATE pg_catalog."C",
    CONSTRAINT statement_lines_check CHECK ((((kind = 'unreadable'::text) AND (problem IS NOT NULL)) OR ((kind = ANY (ARRAY['credit'::text, 'reversal'::text])) AND (problem IS NULL) AND (document IS NOT NULL) AND (centavos > 0) AND (credited_at IS NOT NULL)))),
    CONSTRAINT statement_lines_credit_known_by_check CHECK ((credit_known_by ~~ '~%'::text)),
    CONSTRAINT statement_lines_known_by_check CHECK ((known_by ~~ '~%'::text)),
    CONSTRAINT statement_lines_line_check CHECK ((line > 0))
);

-- Name: stops; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.stops (
    merchant_id bigint NOT NULL,
    stop_id uuid NOT NULL,
    type text COLLATE pg_catalog."C",
    by_platform boolean NOT NULL,
    stopped_at timestamp with time zone NOT NULL,
    stopped_by text NOT NULL,
    reason text NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by text,
    lift_reason text,
    CONSTRAINT stops_check CHECK ((lifted_at >= stopped_at)),
    CONSTRAINT stops_check1 CHECK ((num_nonnulls(lifted_at, lifted_by, lift_reason) = ANY (ARRAY[0, 3]))),
    CONSTRAINT stops_lift_reason_check CHECK (((char_length(lift_reason) >= 1) AND (char_length(lift_reason) <= 500))),
    CONSTRAINT stops_lifted_by_check CHECK (((char_length(lifted_by) >= 1) AND (char_length(lifted_by) <= 160))),
    CONSTRAINT stops_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 500))),
    CONSTRAINT stops_stopped_by_check CHECK (((char_length(stopped_by) >= 1) AND (char_length(stopped_by) <= 160))),
    CONSTRAINT stops_type_check CHECK (((type !~ '[^!-~]'::text) AND ((char_length(type) >= 1) AND (char_length(type) <= 32))))
);

-- Name: three_side_runs; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.three_side_runs (
    run_id uuid NOT NULL,
    merchant_id bigint NOT NULL,
    day date NOT NULL,
    file_id uuid NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    statement_id uuid,
    run_by text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    totals jsonb NOT NULL,
    distrust text,
    opened integer NOT NULL,
    renewed integer NOT NULL,
    closed integer NOT NULL,
    CONSTRAINT three_side_runs_check CHECK (((source = 'statement'::text) = (statement_id IS NOT NULL))),
    CONSTRAINT three_side_runs_run_by_check CHECK (((char_length(run_by) >= 1) AND (char_length(run_by) <= 96))),
    CONSTRAINT three_side_runs_source_check CHECK ((source = ANY (ARRAY['nothing'::text, 'ledger'::text, 'statement'::text])))
);

-- Name: users; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.users (
    user_id bigint NOT NULL,
    username text NOT NULL COLLATE pg_catalog."C",
    merchant_id bigint,
    role text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    signed_out_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT users_have_a_merchant CHECK (((role = 'platform'::text) = (merchant_id IS NULL))),
    CONSTRAINT users_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['erp'::text, 'analyst'::text, 'operator'::text, 'admin'::text, 'platform'::text]))),
    CONSTRAINT users_username_check CHECK ((username ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'::text)),
    CONSTRAINT users_version_check CHECK ((version > 0))
);

-- Name: users_user_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.users ALTER COLUMN user_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: webhook_messages; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhook_messages (
    merchant_id bigint NOT NULL,
    webhook_id uuid NOT NULL,
    message_id text NOT NULL COLLATE pg_catalog."C",
    "position" bigint,
    cashback_id uuid,
    sequence integer,
    result text DEFAULT 'waiting'::text NOT NULL,
    attempts integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    tried_at timestamp with time zone,
    due_at timestamp with time zone,
    ended_at timestamp with time zone,
    status integer,
    reason text,
    CONSTRAINT webhook_messages_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT webhook_messages_check CHECK ((num_nonnulls("position", cashback_id, sequence) = ANY (ARRAY[0, 3]))),
    CONSTRAINT webhook_messages_check1 CHECK ((((result = 'waiting'::text) = (due_at IS NOT NULL)) AND ((due_at IS NULL) = (ended_at IS NOT NULL)))),
    CONSTRAINT webhook_messages_message_id_check CHECK ((message_id ~ '^[0-9a-z.-]{1,64}$'::text)),
    CONSTRAINT webhook_messages_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 200))),
    CONSTRAINT webhook_messages_result_check CHECK ((result = ANY (ARRAY['waiting'::text, 'delivered'::text, 'given_up'::text]))),
    CONSTRAINT webhook_messages_status_check CHECK (((status >= 100) AND (status <= 999)))
);

-- Name: webhook_progress; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhook_progress (
    merchant_id bigint NOT NULL,
    webhook_id uuid NOT NULL,
    after_position bigint NOT NULL,
    after_cashback_id uuid NOT NULL,
    after_sequence integer NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    rests_until timestamp with time zone,
    delivered_at timestamp with time zone,
    last_failure text,
    token uuid,
    leased_until timestamp with time zone,
    served_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_progress_check CHECK (((failing_since IS NULL) = (failures = 0))),
    CONSTRAINT webhook_progress_failures_check CHECK ((failures >= 0)),
    CONSTRAINT webhook_progress_last_failure_check CHECK (((char_length(last_failure) >= 1) AND (char_length(last_failure) <= 200)))
)
WITH (fillfactor='50');

-- Name: webhooks; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhooks (
    merchant_id bigint NOT NULL,
    webhook_id uuid NOT NULL,
    url text NOT NULL COLLATE pg_catalog."C",
    description text,
    types text[],
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    disabled_because text,
    secret_id uuid NOT NULL,
    secret_number integer DEFAULT 1 NOT NULL,
    secret_made_at timestamp with time zone DEFAULT now() NOT NULL,
    former_secret_id uuid,
    former_made_at timestamp with time zone,
    former_ends_at timestamp with time zone,
    CONSTRAINT webhooks_check CHECK ((former_secret_id <> secret_id)),
    CONSTRAINT webhooks_check1 CHECK (((disabled_at IS NULL) = (disabled_because IS NULL))),
    CONSTRAINT webhooks_check2 CHECK ((num_nonnulls(former_secret_id, former_made_at, former_ends_at) = ANY (ARRAY[0, 3]))),
    CONSTRAINT webhooks_created_by_check CHECK ((created_by ~ '^[ -~]{1,96}$'::text)),
    CONSTRAINT webhooks_description_check CHECK (((char_length(description) >= 1) AND (char_length(description) <= 120))),
    CONSTRAINT webhooks_disabled_because_check CHECK ((disabled_because = ANY (ARRAY['person'::text, 'gone'::text, 'failing'::text]))),
    CONSTRAINT webhooks_secret_number_check CHECK ((secret_number > 0)),
    CONSTRAINT webhooks_types_check CHECK (((cardinality(types) >= 1) AND (cardinality(types) <= 100))),
    CONSTRAINT webhooks_url_check CHECK (((url ~ '^https?://[!-~]+$'::text) AND (char_length(url) <= 2000))),
    CONSTRAINT webhooks_version_check CHECK ((version > 0))
);

-- Name: zone_spans; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.zone_spans WITH (security_barrier='true') AS
 SELECT merchant_id,
    zone,
    from_day,
    COALESCE(((from_day)::timestamp without time zone AT TIME ZONE lag(zone) OVER days), '-infinity'::timestamp with time zone) AS begins_at,
    COALESCE(((lead(from_day) OVER days)::timestamp without time zone AT TIME ZONE zone), 'infinity'::timestamp with time zone) AS ends_at
   FROM public.day_zones z
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]))
  WINDOW days AS (PARTITION BY merchant_id ORDER BY from_day);

-- Name: attempts; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.attempts WITH (security_barrier='true') AS
 SELECT a.merchant_id,
    a.cashback_id,
    (a.attempt)::integer AS attempt,
    (a.deliverer)::text AS deliverer,
    a.started_at,
    a.ended_at,
    GREATEST(((a.started_at AT TIME ZONE d.zone))::date, d.from_day) AS day,
    (a.result)::text AS result,
    (a.phase)::text AS phase,
    split_part(a.reason, ': '::text, 1) AS reason,
    (a.status_code)::integer AS status_code,
    a.connected_s,
    a.sent_s,
    a.elapsed_s
   FROM (public.attempts a
     LEFT JOIN reporting.zone_spans d ON (((d.merchant_id = a.merchant_id) AND (a.started_at >= d.begins_at) AND (a.started_at < d.ends_at))))
  WHERE (a.merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: cashbacks; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.cashbacks WITH (security_barrier='true') AS
 SELECT merchant_id,
    cashback_id,
    (status)::text AS status,
    public.is_owed((status)::text) AS owed,
    (cashback_centavos)::bigint AS cashback_centavos,
    (attempt)::integer AS attempts,
    accepted_at,
    open_since_at,
    due_at,
    confirmed_at,
    applied_at,
    risk_accepted_at
   FROM public.cashbacks c
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: closes; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.closes WITH (security_barrier='true') AS
 SELECT c.merchant_id,
    c.number,
    c.day,
    c.begins_at,
    c.ends_at,
    c.closed_at,
    c.below,
    c.lines,
    c.late,
    c.key_id,
    encode(c.hash, 'hex'::text) AS hash,
    encode(c.previous, 'hex'::text) AS previous,
    ((l.liability #>> '{opening,centavos}'::text[]))::bigint AS opening_centavos,
    ((l.liability #>> '{accrued,centavos}'::text[]))::bigint AS accrued_centavos,
    ((l.liability #>> '{paid,centavos}'::text[]))::bigint AS paid_centavos,
    ((l.liability #>> '{cancelled,centavos}'::text[]))::bigint AS cancelled_centavos,
    ((l.liability #>> '{adjusted,centavos}'::text[]))::bigint AS adjusted_centavos,
    ((l.liability #>> '{closing,centavos}'::text[]))::bigint AS closing_centavos
   FROM (public.closes c
     CROSS JOIN LATERAL ( SELECT ((convert_from(c.document, 'UTF8'::name))::jsonb #> '{close,liability}'::text[]) AS liability) l)
  WHERE (c.merchant_id = ANY (( SELECT array_agg(l_1.merchant_id) AS array_agg
           FROM public.reporting_logins l_1
          WHERE (l_1.login = SESSION_USER))::bigint[]));

-- Name: customers; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.customers WITH (security_barrier='true') AS
 SELECT merchant_id,
    customer_id,
    public.masked_document(public.told_document((document)::text)) AS document,
        CASE
            WHEN (erased_at IS NULL) THEN ("left"((name)::text, 1) || '***'::text)
            ELSE 'erased'::text
        END AS name,
    created_at,
    erased_at
   FROM public.customers c
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: days; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.days WITH (security_barrier='true') AS
 SELECT d.merchant_id,
    (day.day)::date AS day,
        CASE
            WHEN (((day.day)::date = d.from_day) AND (d.begins_at > '-infinity'::timestamp with time zone)) THEN d.begins_at
            ELSE GREATEST((day.day AT TIME ZONE d.zone), d.begins_at)
        END AS begins_at,
    GREATEST(((day.day + '1 day'::interval) AT TIME ZONE d.zone), d.begins_at) AS ends_at,
    (EXISTS ( SELECT
           FROM public.closes c
          WHERE ((c.merchant_id = d.merchant_id) AND (c.day = (day.day)::date)))) AS closed
   FROM ((reporting.zone_spans d
     JOIN public.merchants m ON ((m.merchant_id = d.merchant_id)))
     CROSS JOIN LATERAL generate_series((GREATEST(((m.created_at AT TIME ZONE d.zone))::date, d.from_day))::timestamp without time zone, (
        CASE
            WHEN (d.ends_at <= now()) THEN (((d.ends_at AT TIME ZONE d.zone))::date - 1)
            ELSE GREATEST(((now() AT TIME ZONE d.zone))::date, d.from_day)
        END)::timestamp without time zone, '1 day'::interval) day(day))
  WHERE (d.begins_at <= now());

-- Name: events; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.events WITH (security_barrier='true') AS
 SELECT e.merchant_id,
    e.cashback_id,
    (e.sequence)::integer AS sequence,
    e.at,
    GREATEST(((e.at AT TIME ZONE d.zone))::date, d.from_day) AS day,
    e.actor,
    e.from_status,
    e.to_status,
    (e.attempt)::integer AS attempt,
        CASE
            WHEN (e.actor <> 'operator'::text) THEN split_part(e.reason, ': '::text, 1)
            ELSE NULL::text
        END AS reason,
        CASE
            WHEN public.accrues(e.from_status, e.to_status) THEN (c.cashback_centavos)::bigint
            ELSE (0)::bigint
        END AS accrued_centavos,
        CASE
            WHEN public.pays(e.from_status, e.to_status) THEN (c.cashback_centavos)::bigint
            ELSE (0)::bigint
        END AS paid_centavos,
        CASE
            WHEN public.cancels(e.from_status, e.to_status) THEN (c.cashback_centavos)::bigint
            ELSE (0)::bigint
        END AS cancelled_centavos,
        CASE
            WHEN public.takes_back(e.from_status, e.to_status) THEN (c.cashback_centavos)::bigint
            ELSE (0)::bigint
        END AS adjusted_centavos,
    e."position"
   FROM ((public.events e
     JOIN public.cashbacks c ON (((c.merchant_id = e.merchant_id) AND (c.cashback_id = e.cashback_id))))
     LEFT JOIN reporting.zone_spans d ON (((d.merchant_id = e.merchant_id) AND (e.at >= d.begins_at) AND (e.at < d.ends_at))))
  WHERE (e.merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: merchants; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.merchants WITH (security_barrier='true') AS
 SELECT merchant_id,
    slug,
    name,
    zone,
    rounding,
    created_at,
    disabled_at
   FROM public.merchants m
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: product_types; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.product_types WITH (security_barrier='true') AS
 SELECT merchant_id,
    type,
    name,
    created_at,
    used_at
   FROM public.product_types t
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: rates; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.rates WITH (security_barrier='true') AS
 SELECT merchant_id,
    type,
    version,
    rate_bp,
    excluded,
    starts_at,
    created_at
   FROM public.rates r
  WHERE (merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: sale_lines; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.sale_lines WITH (security_barrier='true') AS
 SELECT l.merchant_id,
    l.cashback_id,
    (l."position")::integer AS "position",
    l.type,
    public.without_buyer((l.sku)::text, s.document) AS sku,
    ((l.qty_e4)::numeric / (10000)::numeric) AS quantity,
    ((l.value_e10)::numeric / ('10000000000'::bigint)::numeric) AS unit_value,
    (l.amount_centavos)::bigint AS amount_centavos,
    (l.discount_centavos)::bigint AS discount_centavos,
    COALESCE(l.surcharge_centavos, (0)::bigint) AS surcharge_centavos,
    (((l.amount_centavos)::bigint - (l.discount_centavos)::bigint) + COALESCE(l.surcharge_centavos, (0)::bigint)) AS net_centavos,
    (l.rate_bp)::integer AS rate_bp,
    l.rate_version,
    (l.excluded IS TRUE) AS excluded,
    (l.cashback_centavos)::bigint AS cashback_centavos
   FROM (public.sale_lines l
     LEFT JOIN public.sales s ON (((s.merchant_id = l.merchant_id) AND (s.cashback_id = l.cashback_id))))
  WHERE (l.merchant_id = ANY (( SELECT array_agg(o.merchant_id) AS array_agg
           FROM public.reporting_logins o
          WHERE (o.login = SESSION_USER))::bigint[]));

-- Name: sales; Type: VIEW; Schema: reporting; Owner: -

CREATE VIEW reporting.sales WITH (security_barrier='true') AS
 SELECT s.merchant_id,
    s.cashback_id,
    public.without_buyer((s.sale_id)::text, s.document) AS sale_id,
    (s.sold_at)::timestamp with time zone AS sold_at,
    (s.accepted_at)::timestamp with time zone AS accepted_at,
    GREATEST(((s.accepted_at AT TIME ZONE d.zone))::date, d.from_day) AS accepted_day,
    c.customer_id,
    public.masked_document(public.told_document(s.document)) AS document,
        CASE
            WHEN (c.erased_at IS NULL) THEN ("left"((s.name)::text, 1) || '***'::text)
            ELSE 'erased'::text
        END AS name,
    (s.total_centavos)::bigint AS total_centavos,
    (s.discount_centavos)::bigint AS discount_centavos,
    COALESCE(s.surcharge_centavos, (0)::bigint) AS surcharge_centavos,
    (COALESCE((s.difference_centavos)::integer, 0))::bigint AS difference_centavos,
    public.without_buyer(s.store, s.document) AS store,
    public.without_buyer(s.till, s.document) AS till,
    public.without_buyer(s.series, s.document) AS series,
        CASE
            WHEN ((s.submitted_by)::text ~~ 'client:%'::text) THEN (s.submitted_by)::text
            ELSE split_part((s.submitted_by)::text, ':'::text, 1)
        END AS client,
    s.nothing_due,
    (s.confirm_later IS TRUE) AS confirm_later,
    s.same_content_as,
    (s.rounding)::text AS rounding,
    s.payments
   FROM ((public.sales s
     LEFT JOIN public.customers c ON (((c.merchant_id = s.merchant_id) AND ((c.document)::text = s.document))))
     LEFT JOIN reporting.zone_spans d ON (((d.merchant_id = s.merchant_id) AND ((s.accepted_at)::timestamp with time zone >= d.begins_at) AND ((s.accepted_at)::timestamp with time zone < d.ends_at))))
  WHERE (s.merchant_id = ANY (( SELECT array_agg(l.merchant_id) AS array_agg
           FROM public.reporting_logins l
          WHERE (l.login = SESSION_USER))::bigint[]));

-- Name: api_clients api_clients_client_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_client_id_key UNIQUE (client_id);

-- Name: api_clients api_clients_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_pkey PRIMARY KEY (merchant_id, client_id);

-- Name: attempts attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (merchant_id, cashback_id, attempt);

-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (audit_id);

-- Name: case_events case_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_pkey PRIMARY KEY (event_id);

-- Name: cases cases_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (case_id);

-- Name: cashbacks cashbacks_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cashbacks
    ADD CONSTRAINT cashbacks_pkey PRIMARY KEY (merchant_id, cashback_id);

-- Name: client_secrets client_secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_secrets
    ADD CONSTRAINT client_secrets_pkey PRIMARY KEY (merchant_id, client_id, number);

-- Name: client_secrets client_secrets_secret_hash_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_secrets
    ADD CONSTRAINT client_secrets_secret_hash_key UNIQUE (secret_hash);

-- Name: client_secrets client_secrets_secret_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_secrets
    ADD CONSTRAINT client_secrets_secret_id_key UNIQUE (secret_id);

-- Name: close_keys close_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.close_keys
    ADD CONSTRAINT close_keys_pkey PRIMARY KEY (key_id);

-- Name: close_keys close_keys_public_key_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.close_keys
    ADD CONSTRAINT close_keys_public_key_key UNIQUE (public_key);

-- Name: closing_round closing_round_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.closing_round
    ADD CONSTRAINT closing_round_pkey PRIMARY KEY (only_one);

-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (merchant_id, document);

-- Name: day_persons day_persons_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_persons
    ADD CONSTRAINT day_persons_pkey PRIMARY KEY (merchant_id, day, customer_id);

-- Name: day_sums day_sums_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_sums
    ADD CONSTRAINT day_sums_pkey PRIMARY KEY (merchant_id, day);

-- Name: day_zones day_zones_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_zones
    ADD CONSTRAINT day_zones_pkey PRIMARY KEY (merchant_id, from_day);

-- Name: differences differences_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.differences
    ADD CONSTRAINT differences_pkey PRIMARY KEY (difference_id);

-- Name: erasure_key erasure_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.erasure_key
    ADD CONSTRAINT erasure_key_pkey PRIMARY KEY (only_one);

-- Name: erasures_under_way erasures_under_way_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.erasures_under_way
    ADD CONSTRAINT erasures_under_way_pkey PRIMARY KEY (erasure_id);

-- Name: erp_lines erp_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.erp_lines
    ADD CONSTRAINT erp_lines_pkey PRIMARY KEY (file_id, line);

-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (merchant_id, cashback_id, sequence);

-- Name: feed feed_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (only_one);

-- Name: figure_days figure_days_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.figure_days
    ADD CONSTRAINT figure_days_pkey PRIMARY KEY (merchant_id, day);

-- Name: files files_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (file_id);

-- Name: incidents incidents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (incident_id);

-- Name: login_failures login_failures_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (kind, key);

-- Name: merchants merchants_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.merchants
    ADD CONSTRAINT merchants_pkey PRIMARY KEY (merchant_id);

-- Name: merchants merchants_slug_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.merchants
    ADD CONSTRAINT merchants_slug_key UNIQUE (slug);

-- Name: privacy_acts privacy_acts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.privacy_acts
    ADD CONSTRAINT privacy_acts_pkey PRIMARY KEY (merchant_id, act_id);

-- Name: product_type_periods product_type_periods_merchant_id_product_id_starts_at_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_type_periods
    ADD CONSTRAINT product_type_periods_merchant_id_product_id_starts_at_key UNIQUE (merchant_id, product_id, starts_at);

-- Name: product_type_periods product_type_periods_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_type_periods
    ADD CONSTRAINT product_type_periods_pkey PRIMARY KEY (merchant_id, product_id, version);

-- Name: product_types product_types_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_types
    ADD CONSTRAINT product_types_pkey PRIMARY KEY (merchant_id, type);

-- Name: products products_merchant_id_sku_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_merchant_id_sku_key UNIQUE (merchant_id, sku);

-- Name: products products_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (merchant_id, product_id);

-- Name: provider_lines provider_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_lines
    ADD CONSTRAINT provider_lines_pkey PRIMARY KEY (line_key, nth);

-- Name: provider_telling_flows provider_telling_flows_telling_id_merchant_id_class_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_telling_flows
    ADD CONSTRAINT provider_telling_flows_telling_id_merchant_id_class_key UNIQUE NULLS NOT DISTINCT (telling_id, merchant_id, class);

-- Name: provider_tellings provider_tellings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_tellings
    ADD CONSTRAINT provider_tellings_pkey PRIMARY KEY (telling_id);

-- Name: rate_buckets rate_buckets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rate_buckets
    ADD CONSTRAINT rate_buckets_pkey PRIMARY KEY (subject);

-- Name: rates rates_merchant_id_type_starts_at_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_merchant_id_type_starts_at_key UNIQUE (merchant_id, type, starts_at);

-- Name: rates rates_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_pkey PRIMARY KEY (merchant_id, type, version);

-- Name: reconciliations reconciliations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.reconciliations
    ADD CONSTRAINT reconciliations_pkey PRIMARY KEY (reconciliation_id);

-- Name: refused_clocks refused_clocks_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refused_clocks
    ADD CONSTRAINT refused_clocks_pkey PRIMARY KEY (merchant_id, client);

-- Name: refused_equals refused_equals_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refused_equals
    ADD CONSTRAINT refused_equals_pkey PRIMARY KEY (merchant_id, refusal_id);

-- Name: reporting_logins reporting_logins_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.reporting_logins
    ADD CONSTRAINT reporting_logins_pkey PRIMARY KEY (login, merchant_id);

-- Name: retention retention_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (merchant_id);

-- Name: revoked_tokens revoked_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.revoked_tokens
    ADD CONSTRAINT revoked_tokens_pkey PRIMARY KEY (token_hash);

-- Name: sale_lines sale_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sale_lines
    ADD CONSTRAINT sale_lines_pkey PRIMARY KEY (merchant_id, cashback_id, "position");

-- Name: sale_names sale_names_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sale_names
    ADD CONSTRAINT sale_names_pkey PRIMARY KEY (merchant_id, kind, name);

-- Name: sales sales_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_pkey PRIMARY KEY (merchant_id, cashback_id);

-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

-- Name: sender_pauses sender_pauses_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sender_pauses
    ADD CONSTRAINT sender_pauses_pkey PRIMARY KEY (pause_id);

-- Name: sender sender_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sender
    ADD CONSTRAINT sender_pkey PRIMARY KEY (only_one);

-- Name: sender_releases sender_releases_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sender_releases
    ADD CONSTRAINT sender_releases_pkey PRIMARY KEY (release_id);

-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);

-- Name: statement_explanations statement_explanations_incident_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_explanations
    ADD CONSTRAINT statement_explanations_incident_id_key UNIQUE (incident_id);

-- Name: statement_explanations statement_explanations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_explanations
    ADD CONSTRAINT statement_explanations_pkey PRIMARY KEY (explanation_id);

-- Name: statement_incident_events statement_incident_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_incident_events
    ADD CONSTRAINT statement_incident_events_pkey PRIMARY KEY (event_id);

-- Name: statement_incidents statement_incidents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_incidents
    ADD CONSTRAINT statement_incidents_pkey PRIMARY KEY (incident_id);

-- Name: statement_lines statement_lines_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_lines
    ADD CONSTRAINT statement_lines_pkey PRIMARY KEY (file_id, line);

-- Name: stops stops_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT stops_pkey PRIMARY KEY (merchant_id, stop_id);

-- Name: three_side_runs three_side_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.three_side_runs
    ADD CONSTRAINT three_side_runs_pkey PRIMARY KEY (run_id);

-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

-- Name: users users_username_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_username_key UNIQUE (username);

-- Name: webhook_messages webhook_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_messages
    ADD CONSTRAINT webhook_messages_pkey PRIMARY KEY (merchant_id, webhook_id, message_id);

-- Name: webhook_progress webhook_progress_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_progress
    ADD CONSTRAINT webhook_progress_pkey PRIMARY KEY (merchant_id, webhook_id);

-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (merchant_id, webhook_id);

-- Name: api_clients_by_name; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX api_clients_by_name ON public.api_clients USING btree (merchant_id, name) WHERE (deleted_at IS NULL);

-- Name: audit_by_time; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_by_time ON public.audit USING btree (merchant_id, at);

-- Name: audit_of_a_merchant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_of_a_merchant ON public.audit USING btree (merchant_id, audit_id);

-- Name: audit_of_a_resource; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_of_a_resource ON public.audit USING btree (merchant_id, resource, key, audit_id);

-- Name: audit_of_an_actor; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_of_an_actor ON public.audit USING btree (merchant_id, actor, audit_id);

-- Name: case_events_of; Type: INDEX; Schema: public; Owner: -

CREATE INDEX case_events_of ON public.case_events USING btree (case_id, event_id);

-- Name: cashbacks_by_applied_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_by_applied_at ON public.cashbacks USING btree (merchant_id, applied_at) WHERE (applied_at IS NOT NULL);

-- Name: cashbacks_confirmed; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_confirmed ON public.cashbacks USING btree (merchant_id, confirmed_at) WHERE (confirmed_at IS NOT NULL);

-- Name: cashbacks_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_due ON public.cashbacks USING btree (due_at) WHERE ((status)::text = 'pending'::text);

-- Name: cashbacks_leased; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_leased ON public.cashbacks USING btree (lease_until_at) WHERE ((status)::text = 'sending'::text);

-- Name: cashbacks_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_open ON public.cashbacks USING btree (merchant_id, status, accepted_at DESC) WHERE ((status)::text <> ALL (ARRAY['applied'::text, 'not_due'::text, 'void'::text, 'recorded'::text]));

-- Name: cashbacks_put_off; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_put_off ON public.cashbacks USING btree (merchant_id, cashback_id) WHERE (((status)::text = 'pending'::text) AND (due_at >= '2099-01-01 00:00:00+00'::timestamp with time zone));

-- Name: cashbacks_resent_at_a_risk; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_resent_at_a_risk ON public.cashbacks USING btree (risk_accepted_at) WHERE (risk_accepted_at IS NOT NULL);

-- Name: cashbacks_unconfirmed; Type: INDEX; Schema: public; Owner: -

CREATE INDEX cashbacks_unconfirmed ON public.cashbacks USING btree (due_at) WHERE ((status)::text = 'unconfirmed'::text);

-- Name: client_secrets_one_current; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX client_secrets_one_current ON public.client_secrets USING btree (merchant_id, client_id) WHERE (expires_at IS NULL);

-- Name: closes_by_day; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX closes_by_day ON public.closes USING btree (merchant_id, day) NULLS NOT DISTINCT WHERE (day IS NOT NULL);

-- Name: closes_follow_one; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX closes_follow_one ON public.closes USING btree (merchant_id, previous) NULLS NOT DISTINCT WHERE (number > 0);

-- Name: closes_in_order; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX closes_in_order ON public.closes USING btree (merchant_id, number) NULLS NOT DISTINCT WHERE (number > 0);

-- Name: closes_of_key; Type: INDEX; Schema: public; Owner: -

CREATE INDEX closes_of_key ON public.closes USING btree (key_id, closed_at);

-- Name: customers_by_id; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX customers_by_id ON public.customers USING btree (merchant_id, customer_id) WHERE (customer_id IS NOT NULL);

-- Name: customers_by_seal; Type: INDEX; Schema: public; Owner: -

CREATE INDEX customers_by_seal ON public.customers USING btree (sealed) WHERE (sealed IS NOT NULL);

-- Name: day_figures_of_days; Type: INDEX; Schema: public; Owner: -

CREATE INDEX day_figures_of_days ON public.day_figures USING btree (merchant_id, day) WHERE ((hour IS NULL) AND (type IS NULL));

-- Name: day_figures_of_hours; Type: INDEX; Schema: public; Owner: -

CREATE INDEX day_figures_of_hours ON public.day_figures USING btree (merchant_id, day) WHERE ((hour IS NOT NULL) AND (type IS NULL));

-- Name: day_figures_of_hours_and_types; Type: INDEX; Schema: public; Owner: -

CREATE INDEX day_figures_of_hours_and_types ON public.day_figures USING btree (merchant_id, day) WHERE ((hour IS NOT NULL) AND (type IS NOT NULL));

-- Name: day_figures_of_types; Type: INDEX; Schema: public; Owner: -

CREATE INDEX day_figures_of_types ON public.day_figures USING btree (merchant_id, day) WHERE ((hour IS NULL) AND (type IS NOT NULL));

-- Name: day_persons_of_customer; Type: INDEX; Schema: public; Owner: -

CREATE INDEX day_persons_of_customer ON public.day_persons USING btree (merchant_id, customer_id) WHERE (salt IS NOT NULL);

-- Name: differences_by_opening; Type: INDEX; Schema: public; Owner: -

CREATE INDEX differences_by_opening ON public.differences USING btree (merchant_id, opened_at, difference_id) WHERE (opened_at IS NOT NULL);

-- Name: differences_closed; Type: INDEX; Schema: public; Owner: -

CREATE INDEX differences_closed ON public.differences USING btree (closed_at, difference_id) WHERE (closed_at IS NOT NULL);

-- Name: differences_of_a_cashback; Type: INDEX; Schema: public; Owner: -

CREATE INDEX differences_of_a_cashback ON public.differences USING btree (cashback_id) WHERE (cashback_id IS NOT NULL);

-- Name: differences_of_days; Type: INDEX; Schema: public; Owner: -

CREATE INDEX differences_of_days ON public.differences USING btree (merchant_id, day, opened_at, difference_id) WHERE (day IS NOT NULL);

-- Name: differences_open; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX differences_open ON public.differences USING btree (merchant_id, day, known_by) WHERE (closed_at IS NULL);

-- Name: differences_standing; Type: INDEX; Schema: public; Owner: -

CREATE INDEX differences_standing ON public.differences USING btree (opened_at, difference_id) WHERE (closed_at IS NULL);

-- Name: erp_lines_masked; Type: INDEX; Schema: public; Owner: -

CREATE INDEX erp_lines_masked ON public.erp_lines USING btree (name) WHERE (document ~~ '%*%'::text);

-- Name: erp_lines_of_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX erp_lines_of_document ON public.erp_lines USING btree (document) WHERE (document IS NOT NULL);

-- Name: erp_lines_unreadable; Type: INDEX; Schema: public; Owner: -

CREATE INDEX erp_lines_unreadable ON public.erp_lines USING btree (file_id, line) WHERE (problem IS NOT NULL);

-- Name: events_by_instant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX events_by_instant ON public.events USING btree (merchant_id, at) WHERE (at IS NOT NULL);

-- Name: events_in_order; Type: INDEX; Schema: public; Owner: -

CREATE INDEX events_in_order ON public.events USING btree (merchant_id, "position", cashback_id, sequence) WHERE ("position" IS NOT NULL);

-- Name: files_known_by; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_known_by ON public.files USING btree (identity) WHERE (completed_at IS NOT NULL);

-- Name: files_left; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_left ON public.files USING btree (moved_at) WHERE ((completed_at IS NULL) AND (refused_at IS NULL) AND (cleared_at IS NULL));

-- Name: files_never_whole; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_never_whole ON public.files USING btree (emptied_at) WHERE ((completed_at IS NULL) AND (emptied_at IS NOT NULL));

-- Name: files_of_days; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_of_days ON public.files USING btree (merchant_id, day, completed_at DESC, file_id DESC) WHERE ((merchant_id IS NOT NULL) AND (completed_at IS NOT NULL));

-- Name: files_of_merchants; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_of_merchants ON public.files USING btree (merchant_id, begun_at DESC, file_id DESC) WHERE (merchant_id IS NOT NULL);

-- Name: files_of_the_account; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_of_the_account ON public.files USING btree (begun_at DESC, file_id DESC) WHERE (merchant_id IS NULL);

-- Name: files_past; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_past ON public.files USING btree (completed_at) WHERE ((completed_at IS NOT NULL) AND (cleared_at IS NULL));

-- Name: files_refused; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_refused ON public.files USING btree (refused_at) WHERE ((refused_at IS NOT NULL) AND (cleared_at IS NULL));

-- Name: files_to_empty; Type: INDEX; Schema: public; Owner: -

CREATE INDEX files_to_empty ON public.files USING btree (cleared_at) WHERE ((cleared_at IS NOT NULL) AND (emptied_at IS NULL));

-- Name: files_under_way; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX files_under_way ON public.files USING btree (identity) WHERE ((completed_at IS NULL) AND (refused_at IS NULL) AND (cleared_at IS NULL));

-- Name: incidents_by_time; Type: INDEX; Schema: public; Owner: -

CREATE INDEX incidents_by_time ON public.incidents USING btree (at);

-- Name: login_failures_by_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX login_failures_by_end ON public.login_failures USING btree (until_at);

-- Name: product_type_periods_by_type; Type: INDEX; Schema: public; Owner: -

CREATE INDEX product_type_periods_by_type ON public.product_type_periods USING btree (merchant_id, type);

-- Name: products_by_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX products_by_name ON public.products USING btree (merchant_id, name_key, sku);

-- Name: provider_balances_each; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX provider_balances_each ON public.provider_balances USING btree (class, merchant_id) NULLS NOT DISTINCT;

-- Name: provider_lines_by_instant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_lines_by_instant ON public.provider_lines USING btree (credited_at);

-- Name: provider_lines_of_cashbacks; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_lines_of_cashbacks ON public.provider_lines USING btree (merchant_id, cashback_id) WHERE (cashback_id IS NOT NULL);

-- Name: provider_moves_of_tellings; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_moves_of_tellings ON public.provider_moves USING btree (telling_id);

-- Name: provider_tellings_by_asking; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_tellings_by_asking ON public.provider_tellings USING btree (asked_at);

-- Name: provider_tellings_by_instant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_tellings_by_instant ON public.provider_tellings USING btree (at);

-- Name: provider_tellings_by_reach; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_tellings_by_reach ON public.provider_tellings USING btree (through);

-- Name: reconciliations_latest; Type: INDEX; Schema: public; Owner: -

CREATE INDEX reconciliations_latest ON public.reconciliations USING btree (kind, started_at DESC);

-- Name: refused_equals_by_instant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX refused_equals_by_instant ON public.refused_equals USING btree (merchant_id, at DESC);

-- Name: refused_equals_of_a_sale; Type: INDEX; Schema: public; Owner: -

CREATE INDEX refused_equals_of_a_sale ON public.refused_equals USING btree (merchant_id, cashback_id);

-- Name: revoked_tokens_by_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX revoked_tokens_by_end ON public.revoked_tokens USING btree (expires_at);

-- Name: sale_lines_by_rate; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sale_lines_by_rate ON public.sale_lines USING btree (merchant_id, type, rate_version, cashback_id) WHERE (rate_version > 0);

-- Name: sale_names_of_a_sale; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sale_names_of_a_sale ON public.sale_names USING btree (cashback_id);

-- Name: sales_alike; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_alike ON public.sales USING btree (alike_to) WHERE (alike_to IS NOT NULL);

-- Name: sales_also_alike; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_also_alike ON public.sales USING btree (also_alike_to) WHERE (also_alike_to IS NOT NULL);

-- Name: sales_by_acceptance; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_acceptance ON public.sales USING btree (merchant_id, accepted_at DESC) WHERE (accepted_at IS NOT NULL);

-- Name: sales_by_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_document ON public.sales USING btree (merchant_id, document, accepted_at DESC) WHERE (document IS NOT NULL);

-- Name: sales_by_group; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_group ON public.sales USING btree ((
CASE
    WHEN (came_under IS NULL) THEN submitted_by
    ELSE came_under
END), accepted_at DESC) WHERE (submitted_by IS NOT NULL);

-- Name: sales_by_invoice; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_invoice ON public.sales USING btree (merchant_id, invoice_cnpj, invoice_number) WHERE (invoice_cnpj IS NOT NULL);

-- Name: sales_by_issuer; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_issuer ON public.sales USING btree (merchant_id, invoice_cnpj, invoice_month, accepted_at DESC) WHERE (invoice_cnpj IS NOT NULL);

-- Name: sales_by_sold_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_sold_at ON public.sales USING btree (merchant_id, sold_at) WHERE (sold_at IS NOT NULL);

-- Name: sales_by_store; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_by_store ON public.sales USING btree (merchant_id, store, accepted_at DESC) WHERE (store IS NOT NULL);

-- Name: sales_from_ahead; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_from_ahead ON public.sales USING btree (accepted_at DESC) WHERE (((sold_at)::timestamp with time zone - (accepted_at)::timestamp with time zone) > '00:00:10'::interval);

-- Name: sales_of_equal_content; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_of_equal_content ON public.sales USING btree (merchant_id, accepted_at DESC) WHERE (same_content_as IS NOT NULL);

-- Name: sales_of_other_names; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sales_of_other_names ON public.sales USING btree (merchant_id, accepted_at DESC) WHERE name_differs;

-- Name: sender_pauses_by_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sender_pauses_by_end ON public.sender_pauses USING btree (through_at);

-- Name: sessions_by_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sessions_by_end ON public.sessions USING btree (expires_at);

-- Name: sessions_of_a_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sessions_of_a_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);

-- Name: statement_explanations_ours; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_explanations_ours ON public.statement_explanations USING btree (cashback_id) WHERE (meaning = 'ours'::text);

-- Name: statement_incident_events_of; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_incident_events_of ON public.statement_incident_events USING btree (incident_id, event_id);

-- Name: statement_incidents_about; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_incidents_about ON public.statement_incidents USING btree (merchant_id, cashback_id) WHERE (cashback_id IS NOT NULL);

-- Name: statement_incidents_of_cashbacks; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX statement_incidents_of_cashbacks ON public.statement_incidents USING btree (cashback_id, class) WHERE ((closed_at IS NULL) AND (line_key IS NULL));

-- Name: statement_incidents_of_customers; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_incidents_of_customers ON public.statement_incidents USING btree (document) WHERE (document IS NOT NULL);

-- Name: statement_incidents_of_lines; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX statement_incidents_of_lines ON public.statement_incidents USING btree (line_key, nth) WHERE ((closed_at IS NULL) AND (line_key IS NOT NULL));

-- Name: statement_incidents_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_incidents_open ON public.statement_incidents USING btree (opened_at, incident_id) WHERE (closed_at IS NULL);

-- Name: statement_lines_doubtful; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_lines_doubtful ON public.statement_lines USING btree (doubtful) WHERE (doubtful IS NOT NULL);

-- Name: statement_lines_of_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_lines_of_document ON public.statement_lines USING btree (document) WHERE (document IS NOT NULL);

-- Name: statement_lines_unreadable; Type: INDEX; Schema: public; Owner: -

CREATE INDEX statement_lines_unreadable ON public.statement_lines USING btree (file_id, line) WHERE (problem IS NOT NULL);

-- Name: statements_known_by; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX statements_known_by ON public.files USING btree (identity) WHERE ((kind = 'statement'::text) AND (refused_at IS NULL) AND (cleared_at IS NULL));

-- Name: stops_by_time; Type: INDEX; Schema: public; Owner: -

CREATE INDEX stops_by_time ON public.stops USING btree (merchant_id, stopped_at DESC);

-- Name: stops_standing; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX stops_standing ON public.stops USING btree (merchant_id, COALESCE(type, ''::text), by_platform) WHERE (lifted_at IS NULL);

-- Name: three_side_runs_by_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX three_side_runs_by_end ON public.three_side_runs USING btree (ended_at);

-- Name: three_side_runs_newest; Type: INDEX; Schema: public; Owner: -

CREATE INDEX three_side_runs_newest ON public.three_side_runs USING btree (merchant_id, as_of DESC, run_id DESC) WHERE (as_of IS NOT NULL);

-- Name: three_side_runs_of_days; Type: INDEX; Schema: public; Owner: -

CREATE INDEX three_side_runs_of_days ON public.three_side_runs USING btree (merchant_id, day, as_of DESC, run_id DESC) WHERE (as_of IS NOT NULL);

-- Name: users_of_a_merchant; Type: INDEX; Schema: public; Owner: -

CREATE INDEX users_of_a_merchant ON public.users USING btree (merchant_id, username);

-- Name: webhook_messages_by_time; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_messages_by_time ON public.webhook_messages USING btree (merchant_id, webhook_id, created_at, message_id);

-- Name: webhook_messages_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_messages_due ON public.webhook_messages USING btree (merchant_id, webhook_id, due_at) WHERE (due_at IS NOT NULL);

-- Name: webhook_messages_ended; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_messages_ended ON public.webhook_messages USING btree (ended_at) WHERE (ended_at IS NOT NULL);

-- Name: webhooks_by_url; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX webhooks_by_url ON public.webhooks USING btree (merchant_id, url);

-- Name: api_clients api_clients_come_back_without_tokens; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER api_clients_come_back_without_tokens AFTER UPDATE OF disabled_at ON public.api_clients FOR EACH ROW WHEN (((old.disabled_at IS NULL) <> (new.disabled_at IS NULL))) EXECUTE FUNCTION public.end_tokens_of_client();

-- Name: api_clients api_clients_keep_their_ids; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER api_clients_keep_their_ids BEFORE UPDATE ON public.api_clients FOR EACH ROW EXECUTE FUNCTION public.keep_columns('client_id', 'merchant_id', 'created_at', 'created_by');

-- Name: api_clients api_clients_stay_deleted; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER api_clients_stay_deleted BEFORE UPDATE ON public.api_clients FOR EACH ROW WHEN (((old.deleted_at IS NOT NULL) AND (new.* IS DISTINCT FROM old.*))) EXECUTE FUNCTION public.keep_columns();

-- Name: attempts attempts_keep_their_result; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_keep_their_result BEFORE UPDATE ON public.attempts FOR EACH ROW EXECUTE FUNCTION public.guard_attempt();

-- Name: attempts attempts_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_no_truncate BEFORE TRUNCATE ON public.attempts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: attempts attempts_of_whom_it_erases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_of_whom_it_erases BEFORE UPDATE ON public.attempts FOR EACH ROW WHEN ((CURRENT_USER = 'cashback_eraser'::name)) EXECUTE FUNCTION public.guard_whom_it_erases();

-- Name: attempts attempts_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER attempts_stay BEFORE DELETE ON public.attempts FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: audit audit_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_change('key', 'before', 'after');

-- Name: audit audit_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: api_clients audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.api_clients FOR EACH ROW EXECUTE FUNCTION public.audit_change('clients', '{client_id}', '{}', '{created_by,merchant_id,version,created_at,updated_at}');

-- Name: client_secrets audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.client_secrets FOR EACH ROW EXECUTE FUNCTION public.audit_change('client_secrets', '{client_id,number}', '{secret_hash}', '{client_id,number,secret_id,created_by,merchant_id,version,created_at,updated_at}');

-- Name: customers audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER DELETE OR UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION public.audit_change('customers', '{customer_id}', '{document,name}', '{customer_id,sealed,merchant_id,version,created_at,updated_at}');

-- Name: merchants audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.merchants FOR EACH ROW EXECUTE FUNCTION public.audit_change('merchants', '{slug}', '{}', '{merchant_id,version,created_at,updated_at}');

-- Name: product_type_periods audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.product_type_periods FOR EACH ROW EXECUTE FUNCTION public.audit_change('product_type_periods', '{product_id,version}', '{}', '{product_id,merchant_id,version,created_at,updated_at}');

-- Name: product_types audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.product_types FOR EACH ROW EXECUTE FUNCTION public.audit_change('product_types', '{type}', '{}', '{used_at,merchant_id,version,created_at,updated_at}');

-- Name: products audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.products FOR EACH ROW EXECUTE FUNCTION public.audit_change('products', '{product_id}', '{}', '{product_id,name_key,used_at,merchant_id,version,created_at,updated_at}');

-- Name: rates audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.rates FOR EACH ROW EXECUTE FUNCTION public.audit_change('rates', '{type,version}', '{}', '{type,merchant_id,version,created_at,updated_at}');

-- Name: reporting_logins audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.reporting_logins FOR EACH ROW EXECUTE FUNCTION public.audit_change('reporting_logins', '{login}', '{}', '{merchant_id,version,created_at,updated_at}');

-- Name: stops audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.stops FOR EACH ROW EXECUTE FUNCTION public.audit_change('stops', '{stop_id}', '{}', '{stop_id,stopped_at,stopped_by,lifted_by,merchant_id,version,created_at,updated_at}');

-- Name: users audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.audit_change('users', '{username}', '{password_hash}', '{user_id,merchant_id,version,created_at,updated_at}');

-- Name: webhooks audited; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.webhooks FOR EACH ROW EXECUTE FUNCTION public.audit_change('webhooks', '{webhook_id}', '{secret_id}', '{webhook_id,created_by,secret_made_at,former_secret_id,former_made_at,merchant_id,version,created_at,updated_at}');

-- Name: case_events case_events_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER case_events_append_only BEFORE DELETE OR UPDATE ON public.case_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change('reason');

-- Name: case_events case_events_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER case_events_no_truncate BEFORE TRUNCATE ON public.case_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: cases cases_of_their_owner; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER cases_of_their_owner AFTER INSERT OR UPDATE ON public.cases FOR EACH ROW EXECUTE FUNCTION public.guard_case();

-- Name: cashbacks cashbacks_become_due; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER cashbacks_become_due AFTER INSERT OR UPDATE OF due_at ON public.cashbacks FOR EACH ROW WHEN (((new.status)::text = 'pending'::text)) EXECUTE FUNCTION public.wake_workers();

-- Name: cashbacks cashbacks_move; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER cashbacks_move BEFORE UPDATE ON public.cashbacks FOR EACH ROW EXECUTE FUNCTION public.guard_cashback_move();

-- Name: cashbacks cashbacks_moves_are_told; Type: TRIGGER; Schema: public; Owner: -

CREATE CONSTRAINT TRIGGER cashbacks_moves_are_told AFTER UPDATE OF status ON public.cashbacks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((old.status)::text <> 'sending'::text) AND ((new.status)::text <> 'sending'::text) AND ((new.status)::text <> (old.status)::text))) EXECUTE FUNCTION public.guard_told_move();

-- Name: cashbacks cashbacks_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER cashbacks_no_truncate BEFORE TRUNCATE ON public.cashbacks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: cashbacks cashbacks_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER cashbacks_stay BEFORE DELETE ON public.cashbacks FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: client_secrets client_secrets_few; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER client_secrets_few AFTER INSERT OR UPDATE ON public.client_secrets FOR EACH ROW EXECUTE FUNCTION public.at_most_two_live_secrets();

-- Name: close_keys close_keys_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER close_keys_append_only BEFORE DELETE OR UPDATE ON public.close_keys FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: close_keys close_keys_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER close_keys_no_truncate BEFORE TRUNCATE ON public.close_keys FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: closes closes_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER closes_append_only BEFORE DELETE OR UPDATE ON public.closes FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: closes closes_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER closes_follow BEFORE INSERT ON public.closes FOR EACH ROW EXECUTE FUNCTION public.guard_chain();

-- Name: closes closes_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER closes_no_truncate BEFORE TRUNCATE ON public.closes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: customers customers_become_nobody; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER customers_become_nobody AFTER UPDATE ON public.customers FOR EACH ROW WHEN ((CURRENT_USER = 'cashback_eraser'::name)) EXECUTE FUNCTION public.guard_customer_erased();

-- Name: customers customers_leave_no_salt; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER customers_leave_no_salt AFTER UPDATE OF erased_at ON public.customers FOR EACH ROW WHEN (((old.erased_at IS NULL) AND (new.erased_at IS NOT NULL))) EXECUTE FUNCTION public.forget_salts();

-- Name: day_figures day_figures_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER day_figures_append_only BEFORE DELETE OR UPDATE ON public.day_figures FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: day_figures day_figures_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER day_figures_no_truncate BEFORE TRUNCATE ON public.day_figures FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: day_persons day_persons_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER day_persons_no_truncate BEFORE TRUNCATE ON public.day_persons FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: day_persons day_persons_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER day_persons_stay BEFORE INSERT OR DELETE OR UPDATE ON public.day_persons FOR EACH ROW EXECUTE FUNCTION public.guard_day_persons();

-- Name: differences differences_go; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER differences_go BEFORE DELETE ON public.differences FOR EACH ROW EXECUTE FUNCTION public.guard_differences_go();

-- Name: differences differences_have_cases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER differences_have_cases AFTER UPDATE OF last_seen_at, closed_at ON public.differences FOR EACH ROW WHEN ((new.closed_at IS NULL)) EXECUTE FUNCTION public.follow_case('difference_id');

-- Name: erasures_under_way erasures_are_whole; Type: TRIGGER; Schema: public; Owner: -

CREATE CONSTRAINT TRIGGER erasures_are_whole AFTER INSERT ON public.erasures_under_way DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.guard_erasure_ends();

-- Name: erp_lines erp_lines_come; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER erp_lines_come AFTER INSERT ON public.erp_lines REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.guard_erp_lines_come();

-- Name: erp_lines erp_lines_go; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER erp_lines_go AFTER DELETE ON public.erp_lines REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.guard_lines_go();

-- Name: events events_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION public.refuse_change('reason');

-- Name: events events_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER events_follow BEFORE INSERT ON public.events FOR EACH ROW WHEN (((new.sequence)::integer > 1)) EXECUTE FUNCTION public.follow_event();

-- Name: events events_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: figure_days figure_days_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER figure_days_append_only BEFORE DELETE OR UPDATE ON public.figure_days FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: figure_days figure_days_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER figure_days_no_truncate BEFORE TRUNCATE ON public.figure_days FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: files files_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER files_no_truncate BEFORE TRUNCATE ON public.files FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: files files_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER files_stay BEFORE DELETE OR UPDATE ON public.files FOR EACH ROW EXECUTE FUNCTION public.guard_files();

-- Name: incidents incidents_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER incidents_append_only BEFORE DELETE OR UPDATE ON public.incidents FOR EACH ROW EXECUTE FUNCTION public.refuse_change('what');

-- Name: incidents incidents_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER incidents_no_truncate BEFORE TRUNCATE ON public.incidents FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: merchants merchants_begin_their_days; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER merchants_begin_their_days AFTER INSERT ON public.merchants FOR EACH ROW EXECUTE FUNCTION public.keep_day_zones();

-- Name: merchants merchants_change_their_days; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER merchants_change_their_days AFTER UPDATE OF zone ON public.merchants FOR EACH ROW WHEN ((new.zone <> old.zone)) EXECUTE FUNCTION public.keep_day_zones();

-- Name: merchants merchants_come_back_without_tokens; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER merchants_come_back_without_tokens AFTER UPDATE OF disabled_at ON public.merchants FOR EACH ROW WHEN (((old.disabled_at IS NULL) <> (new.disabled_at IS NULL))) EXECUTE FUNCTION public.end_tokens_of_merchant();

-- Name: merchants merchants_count_their_day; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER merchants_count_their_day AFTER UPDATE OF max_day_centavos, zone ON public.merchants FOR EACH ROW WHEN (((new.max_day_centavos IS NOT NULL) AND ((old.max_day_centavos IS NULL) OR (new.zone <> old.zone)))) EXECUTE FUNCTION public.count_the_day();

-- Name: merchants merchants_keep_their_slugs; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER merchants_keep_their_slugs BEFORE DELETE OR UPDATE ON public.merchants FOR EACH ROW EXECUTE FUNCTION public.keep_columns('slug', 'merchant_id', 'created_at', 'numbers');

-- Name: privacy_acts privacy_acts_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER privacy_acts_append_only BEFORE DELETE OR UPDATE ON public.privacy_acts FOR EACH ROW EXECUTE FUNCTION public.refuse_change('reason');

-- Name: privacy_acts privacy_acts_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER privacy_acts_no_truncate BEFORE TRUNCATE ON public.privacy_acts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: product_type_periods product_type_periods_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER product_type_periods_no_truncate BEFORE TRUNCATE ON public.product_type_periods FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: product_types product_types_stay_when_used; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER product_types_stay_when_used BEFORE DELETE OR UPDATE OF used_at ON public.product_types FOR EACH ROW EXECUTE FUNCTION public.guard_used();

-- Name: products products_stay_when_used; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER products_stay_when_used BEFORE DELETE OR UPDATE OF used_at ON public.products FOR EACH ROW EXECUTE FUNCTION public.guard_used();

-- Name: provider_moves provider_moves_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_moves_append_only BEFORE DELETE OR UPDATE ON public.provider_moves FOR EACH ROW EXECUTE FUNCTION public.guard_provider_moves();

-- Name: provider_moves provider_moves_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_moves_no_truncate BEFORE TRUNCATE ON public.provider_moves FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: provider_telling_flows provider_telling_flows_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_telling_flows_append_only BEFORE DELETE OR UPDATE ON public.provider_telling_flows FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: provider_telling_flows provider_telling_flows_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_telling_flows_no_truncate BEFORE TRUNCATE ON public.provider_telling_flows FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: provider_tellings provider_tellings_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_tellings_append_only BEFORE DELETE OR UPDATE ON public.provider_tellings FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: provider_tellings provider_tellings_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER provider_tellings_no_truncate BEFORE TRUNCATE ON public.provider_tellings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: rates rates_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER rates_follow BEFORE INSERT OR DELETE ON public.rates FOR EACH ROW EXECUTE FUNCTION public.guard_rate();

-- Name: rates rates_never_change; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER rates_never_change BEFORE UPDATE ON public.rates FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: rates rates_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER rates_no_truncate BEFORE TRUNCATE ON public.rates FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: refused_equals refused_equals_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER refused_equals_append_only BEFORE DELETE OR UPDATE ON public.refused_equals FOR EACH ROW EXECUTE FUNCTION public.guard_refused_equal();

-- Name: refused_equals refused_equals_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER refused_equals_no_truncate BEFORE TRUNCATE ON public.refused_equals FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: refused_equals refused_equals_of_whom_it_erases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER refused_equals_of_whom_it_erases BEFORE UPDATE ON public.refused_equals FOR EACH ROW WHEN ((CURRENT_USER = 'cashback_eraser'::name)) EXECUTE FUNCTION public.guard_whom_it_erases();

-- Name: sale_lines sale_lines_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_lines_append_only BEFORE DELETE OR UPDATE ON public.sale_lines FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: sale_lines sale_lines_come_together; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_lines_come_together AFTER INSERT ON public.sale_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.lines_come_together();

-- Name: sale_lines sale_lines_follow_terms; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_lines_follow_terms AFTER INSERT ON public.sale_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.lines_follow_terms();

-- Name: sale_lines sale_lines_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_lines_no_truncate BEFORE TRUNCATE ON public.sale_lines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: sale_names sale_names_change; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_names_change BEFORE UPDATE ON public.sale_names FOR EACH ROW EXECUTE FUNCTION public.guard_name_change();

-- Name: sale_names sale_names_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_names_no_truncate BEFORE TRUNCATE ON public.sale_names FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: sale_names sale_names_of_whom_it_erases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_names_of_whom_it_erases BEFORE UPDATE ON public.sale_names FOR EACH ROW WHEN ((CURRENT_USER = 'cashback_eraser'::name)) EXECUTE FUNCTION public.guard_whom_it_erases();

-- Name: sale_names sale_names_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sale_names_stay BEFORE DELETE ON public.sale_names FOR EACH ROW EXECUTE FUNCTION public.guard_name_kept();

-- Name: sales sales_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sales_append_only BEFORE DELETE OR UPDATE ON public.sales FOR EACH ROW EXECUTE FUNCTION public.guard_sale();

-- Name: sales sales_are_whole; Type: TRIGGER; Schema: public; Owner: -

CREATE CONSTRAINT TRIGGER sales_are_whole AFTER INSERT ON public.sales DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.guard_whole_sale();

-- Name: sales sales_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sales_no_truncate BEFORE TRUNCATE ON public.sales FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: sales sales_of_whom_it_erases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sales_of_whom_it_erases BEFORE UPDATE ON public.sales FOR EACH ROW WHEN ((CURRENT_USER = 'cashback_eraser'::name)) EXECUTE FUNCTION public.guard_whom_it_erases();

-- Name: sender_releases sender_releases_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sender_releases_append_only BEFORE DELETE OR UPDATE ON public.sender_releases FOR EACH ROW EXECUTE FUNCTION public.refuse_change('pause_reason', 'reason');

-- Name: sender_releases sender_releases_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER sender_releases_no_truncate BEFORE TRUNCATE ON public.sender_releases FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: statement_explanations statement_explanations_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_explanations_append_only BEFORE DELETE OR UPDATE ON public.statement_explanations FOR EACH ROW EXECUTE FUNCTION public.refuse_change('reason', 'line_key');

-- Name: statement_explanations statement_explanations_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_explanations_no_truncate BEFORE TRUNCATE ON public.statement_explanations FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: statement_incident_events statement_incident_events_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_incident_events_append_only BEFORE DELETE OR UPDATE ON public.statement_incident_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change('reason');

-- Name: statement_incident_events statement_incident_events_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_incident_events_no_truncate BEFORE TRUNCATE ON public.statement_incident_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: statement_incidents statement_incidents_have_cases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_incidents_have_cases AFTER UPDATE OF last_seen_at, merchant_id, closed_at ON public.statement_incidents FOR EACH ROW WHEN ((new.closed_at IS NULL)) EXECUTE FUNCTION public.follow_case('incident_id');

-- Name: statement_incidents statement_incidents_mask_when_closed; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_incidents_mask_when_closed BEFORE INSERT OR UPDATE ON public.statement_incidents FOR EACH ROW WHEN ((new.closed_at IS NOT NULL)) EXECUTE FUNCTION public.mask_when_closed();

-- Name: statement_incidents statement_incidents_of_whom_it_erases; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_incidents_of_whom_it_erases AFTER UPDATE ON public.statement_incidents FOR EACH ROW WHEN (((current_setting('role'::text, true) = 'cashback_eraser'::text) AND (old.document IS DISTINCT FROM new.document))) EXECUTE FUNCTION public.guard_incident_erased();

-- Name: statement_lines statement_lines_come; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_lines_come AFTER INSERT ON public.statement_lines REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.guard_statement_lines_come();

-- Name: statement_lines statement_lines_go; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER statement_lines_go AFTER DELETE ON public.statement_lines REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.guard_lines_go();

-- Name: stops stops_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER stops_no_truncate BEFORE TRUNCATE ON public.stops FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: stops stops_stay; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER stops_stay BEFORE INSERT OR DELETE OR UPDATE ON public.stops FOR EACH ROW EXECUTE FUNCTION public.guard_stop();

-- Name: three_side_runs three_side_runs_append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER three_side_runs_append_only BEFORE DELETE OR UPDATE ON public.three_side_runs FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_young('ended_at');

-- Name: three_side_runs three_side_runs_no_truncate; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER three_side_runs_no_truncate BEFORE TRUNCATE ON public.three_side_runs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Name: product_type_periods type_periods_follow; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER type_periods_follow BEFORE INSERT OR DELETE ON public.product_type_periods FOR EACH ROW EXECUTE FUNCTION public.guard_type_period();

-- Name: product_type_periods type_periods_never_change; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER type_periods_never_change BEFORE UPDATE ON public.product_type_periods FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: users users_come_back_without_tokens; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER users_come_back_without_tokens BEFORE UPDATE OF disabled_at ON public.users FOR EACH ROW WHEN (((old.disabled_at IS NULL) <> (new.disabled_at IS NULL))) EXECUTE FUNCTION public.end_tokens_of_user();

-- Name: users users_keep_an_administrator; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER users_keep_an_administrator AFTER UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.guard_last_administrator();

-- Name: users users_keep_their_names; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER users_keep_their_names BEFORE DELETE OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.keep_columns('username', 'user_id', 'merchant_id', 'created_at');

-- Name: users users_stay_deleted; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER users_stay_deleted BEFORE UPDATE ON public.users FOR EACH ROW WHEN ((old.deleted_at IS NOT NULL)) EXECUTE FUNCTION public.keep_columns('username', 'deleted_at', 'role', 'password_hash');

-- Name: webhooks webhooks_keep_their_ids; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER webhooks_keep_their_ids BEFORE UPDATE ON public.webhooks FOR EACH ROW EXECUTE FUNCTION public.keep_columns('webhook_id', 'merchant_id', 'created_at', 'created_by');

-- Name: api_clients api_clients_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: api_clients api_clients_merchant_id_group_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_merchant_id_group_id_fkey FOREIGN KEY (merchant_id, group_id) REFERENCES public.api_clients(merchant_id, client_id);

-- Name: attempts attempts_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.cashbacks(merchant_id, cashback_id);

-- Name: audit audit_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: case_events case_events_case_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(case_id);

-- Name: cases cases_difference_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_difference_id_fkey FOREIGN KEY (difference_id) REFERENCES public.differences(difference_id);

-- Name: cases cases_incident_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.statement_incidents(incident_id);

-- Name: cases cases_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: cashbacks cashbacks_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.cashbacks
    ADD CONSTRAINT cashbacks_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: client_secrets client_secrets_merchant_id_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_secrets
    ADD CONSTRAINT client_secrets_merchant_id_client_id_fkey FOREIGN KEY (merchant_id, client_id) REFERENCES public.api_clients(merchant_id, client_id);

-- Name: closes closes_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.closes
    ADD CONSTRAINT closes_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.close_keys(key_id);

-- Name: closes closes_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.closes
    ADD CONSTRAINT closes_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: customers customers_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: day_figures day_figures_merchant_id_day_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_figures
    ADD CONSTRAINT day_figures_merchant_id_day_fkey FOREIGN KEY (merchant_id, day) REFERENCES public.figure_days(merchant_id, day);

-- Name: day_persons day_persons_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_persons
    ADD CONSTRAINT day_persons_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: day_sums day_sums_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_sums
    ADD CONSTRAINT day_sums_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: day_zones day_zones_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.day_zones
    ADD CONSTRAINT day_zones_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: differences differences_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.differences
    ADD CONSTRAINT differences_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.cashbacks(merchant_id, cashback_id);

-- Name: differences differences_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.differences
    ADD CONSTRAINT differences_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: events events_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.cashbacks(merchant_id, cashback_id);

-- Name: figure_days figure_days_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.figure_days
    ADD CONSTRAINT figure_days_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: files files_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: incidents incidents_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.cashbacks(merchant_id, cashback_id);

-- Name: privacy_acts privacy_acts_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.privacy_acts
    ADD CONSTRAINT privacy_acts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: product_type_periods product_type_periods_merchant_id_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_type_periods
    ADD CONSTRAINT product_type_periods_merchant_id_product_id_fkey FOREIGN KEY (merchant_id, product_id) REFERENCES public.products(merchant_id, product_id) ON DELETE CASCADE;

-- Name: product_type_periods product_type_periods_merchant_id_type_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_type_periods
    ADD CONSTRAINT product_type_periods_merchant_id_type_fkey FOREIGN KEY (merchant_id, type) REFERENCES public.product_types(merchant_id, type);

-- Name: product_types product_types_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.product_types
    ADD CONSTRAINT product_types_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: products products_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: provider_balances provider_balances_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_balances
    ADD CONSTRAINT provider_balances_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: provider_telling_flows provider_telling_flows_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_telling_flows
    ADD CONSTRAINT provider_telling_flows_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: provider_telling_flows provider_telling_flows_telling_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_telling_flows
    ADD CONSTRAINT provider_telling_flows_telling_id_fkey FOREIGN KEY (telling_id) REFERENCES public.provider_tellings(telling_id);

-- Name: rates rates_merchant_id_type_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_merchant_id_type_fkey FOREIGN KEY (merchant_id, type) REFERENCES public.product_types(merchant_id, type) ON DELETE CASCADE;

-- Name: refused_clocks refused_clocks_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refused_clocks
    ADD CONSTRAINT refused_clocks_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: refused_equals refused_equals_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refused_equals
    ADD CONSTRAINT refused_equals_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: reporting_logins reporting_logins_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.reporting_logins
    ADD CONSTRAINT reporting_logins_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: retention retention_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.retention
    ADD CONSTRAINT retention_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: sale_lines sale_lines_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sale_lines
    ADD CONSTRAINT sale_lines_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: sale_names sale_names_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sale_names
    ADD CONSTRAINT sale_names_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.sales(merchant_id, cashback_id) DEFERRABLE INITIALLY DEFERRED;

-- Name: sales sales_merchant_id_alike_to_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_merchant_id_alike_to_fkey FOREIGN KEY (merchant_id, alike_to) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: sales sales_merchant_id_also_alike_to_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_merchant_id_also_alike_to_fkey FOREIGN KEY (merchant_id, also_alike_to) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: sales sales_merchant_id_document_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_merchant_id_document_fkey FOREIGN KEY (merchant_id, document) REFERENCES public.customers(merchant_id, document) DEFERRABLE;

-- Name: sales sales_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: sales sales_merchant_id_same_content_as_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sales
    ADD CONSTRAINT sales_merchant_id_same_content_as_fkey FOREIGN KEY (merchant_id, same_content_as) REFERENCES public.sales(merchant_id, cashback_id);

-- Name: sessions sessions_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);

-- Name: statement_explanations statement_explanations_incident_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_explanations
    ADD CONSTRAINT statement_explanations_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.statement_incidents(incident_id);

-- Name: statement_incident_events statement_incident_events_incident_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_incident_events
    ADD CONSTRAINT statement_incident_events_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.statement_incidents(incident_id);

-- Name: statement_incidents statement_incidents_merchant_id_cashback_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.statement_incidents
    ADD CONSTRAINT statement_incidents_merchant_id_cashback_id_fkey FOREIGN KEY (merchant_id, cashback_id) REFERENCES public.cashbacks(merchant_id, cashback_id);

-- Name: stops stops_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT stops_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: three_side_runs three_side_runs_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.three_side_runs
    ADD CONSTRAINT three_side_runs_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: users users_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: webhook_messages webhook_messages_merchant_id_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_messages
    ADD CONSTRAINT webhook_messages_merchant_id_webhook_id_fkey FOREIGN KEY (merchant_id, webhook_id) REFERENCES public.webhooks(merchant_id, webhook_id) ON DELETE CASCADE;

-- Name: webhook_progress webhook_progress_merchant_id_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_progress
    ADD CONSTRAINT webhook_progress_merchant_id_webhook_id_fkey FOREIGN KEY (merchant_id, webhook_id) REFERENCES public.webhooks(merchant_id, webhook_id) ON DELETE CASCADE;

-- Name: webhooks webhooks_merchant_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(merchant_id);

-- Name: feed anybody_looks; Type: POLICY; Schema: public; Owner: -

CREATE POLICY anybody_looks ON public.feed FOR SELECT TO cashback_serving, cashback_worker USING (true);

-- Name: provider_tellings anybody_looks; Type: POLICY; Schema: public; Owner: -

CREATE POLICY anybody_looks ON public.provider_tellings FOR SELECT TO cashback_serving, cashback_platform USING (true);

-- Name: sender anybody_looks; Type: POLICY; Schema: public; Owner: -

CREATE POLICY anybody_looks ON public.sender FOR SELECT TO cashback_serving USING (true);

-- Name: api_clients; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.api_clients ENABLE ROW LEVEL SECURITY;

-- Name: api_clients at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.api_clients FOR SELECT TO cashback_identity USING (true);

-- Name: client_secrets at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.client_secrets FOR SELECT TO cashback_identity USING (true);

-- Name: login_failures at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.login_failures TO cashback_identity USING (true);

-- Name: merchants at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.merchants FOR SELECT TO cashback_identity USING (true);

-- Name: rate_buckets at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.rate_buckets TO cashback_identity USING (true);

-- Name: revoked_tokens at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.revoked_tokens TO cashback_identity USING (true);

-- Name: sessions at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.sessions TO cashback_identity USING (true);

-- Name: users at_log_in; Type: POLICY; Schema: public; Owner: -

CREATE POLICY at_log_in ON public.users TO cashback_identity USING (true);

-- Name: attempts; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.attempts ENABLE ROW LEVEL SECURITY;

-- Name: audit; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;

-- Name: case_events; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.case_events ENABLE ROW LEVEL SECURITY;

-- Name: cases; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.cases ENABLE ROW LEVEL SECURITY;

-- Name: cashbacks; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.cashbacks ENABLE ROW LEVEL SECURITY;

-- Name: client_secrets; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.client_secrets ENABLE ROW LEVEL SECURITY;

-- Name: close_keys; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.close_keys ENABLE ROW LEVEL SECURITY;

-- Name: closes; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.closes ENABLE ROW LEVEL SECURITY;

-- Name: closing_round; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.closing_round ENABLE ROW LEVEL SECURITY;

-- Name: customers; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;

-- Name: day_figures; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.day_figures ENABLE ROW LEVEL SECURITY;

-- Name: day_persons; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.day_persons ENABLE ROW LEVEL SECURITY;

-- Name: day_sums; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.day_sums ENABLE ROW LEVEL SECURITY;

-- Name: day_zones; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.day_zones ENABLE ROW LEVEL SECURITY;

-- Name: differences; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.differences ENABLE ROW LEVEL SECURITY;

-- Name: erasures_under_way; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.erasures_under_way ENABLE ROW LEVEL SECURITY;

-- Name: erp_lines; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.erp_lines ENABLE ROW LEVEL SECURITY;

-- Name: events; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

-- Name: feed; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.feed ENABLE ROW LEVEL SECURITY;

-- Name: figure_days; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.figure_days ENABLE ROW LEVEL SECURITY;

-- Name: files; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.files ENABLE ROW LEVEL SECURITY;

-- Name: incidents; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.incidents ENABLE ROW LEVEL SECURITY;

-- Name: login_failures; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.login_failures ENABLE ROW LEVEL SECURITY;

-- Name: merchants; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.merchants ENABLE ROW LEVEL SECURITY;

-- Name: stops never_for_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY never_for_the_platform ON public.stops AS RESTRICTIVE FOR INSERT TO cashback_serving WITH CHECK ((NOT by_platform));

-- Name: api_clients of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.api_clients TO cashback_worker USING (true);

-- Name: attempts of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.attempts TO cashback_worker USING (true);

-- Name: audit of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.audit TO cashback_worker USING (true);

-- Name: case_events of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.case_events TO cashback_worker USING (true);

-- Name: cases of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.cases TO cashback_worker USING (true);

-- Name: cashbacks of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.cashbacks TO cashback_worker USING (true);

-- Name: client_secrets of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.client_secrets TO cashback_worker USING (true);

-- Name: closes of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.closes TO cashback_worker USING (true);

-- Name: customers of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.customers TO cashback_worker USING (true);

-- Name: day_figures of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.day_figures TO cashback_worker USING (true);

-- Name: day_persons of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.day_persons TO cashback_worker USING (true);

-- Name: day_sums of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.day_sums TO cashback_worker USING (true);

-- Name: day_zones of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.day_zones TO cashback_worker USING (true);

-- Name: differences of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.differences TO cashback_worker USING (true);

-- Name: erasures_under_way of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.erasures_under_way TO cashback_worker USING (true);

-- Name: erp_lines of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.erp_lines TO cashback_worker USING (true);

-- Name: events of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.events TO cashback_worker USING (true);

-- Name: figure_days of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.figure_days TO cashback_worker USING (true);

-- Name: files of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.files TO cashback_worker USING (true);

-- Name: incidents of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.incidents TO cashback_worker USING (true);

-- Name: merchants of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.merchants TO cashback_worker USING (true);

-- Name: privacy_acts of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.privacy_acts TO cashback_worker USING (true);

-- Name: product_type_periods of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.product_type_periods TO cashback_worker USING (true);

-- Name: product_types of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.product_types TO cashback_worker USING (true);

-- Name: products of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.products TO cashback_worker USING (true);

-- Name: provider_balances of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.provider_balances TO cashback_worker USING (true);

-- Name: provider_lines of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.provider_lines TO cashback_worker USING (true);

-- Name: provider_telling_flows of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.provider_telling_flows TO cashback_worker USING (true);

-- Name: rates of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.rates TO cashback_worker USING (true);

-- Name: refused_clocks of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.refused_clocks TO cashback_worker USING (true);

-- Name: refused_equals of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.refused_equals TO cashback_worker USING (true);

-- Name: reporting_logins of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.reporting_logins TO cashback_worker USING (true);

-- Name: retention of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.retention TO cashback_worker USING (true);

-- Name: sale_lines of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.sale_lines TO cashback_worker USING (true);

-- Name: sale_names of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.sale_names TO cashback_worker USING (true);

-- Name: sales of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.sales TO cashback_worker USING (true);

-- Name: sessions of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.sessions TO cashback_worker USING (true);

-- Name: statement_incidents of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.statement_incidents TO cashback_worker USING (true);

-- Name: stops of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.stops TO cashback_worker USING (true);

-- Name: three_side_runs of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.three_side_runs TO cashback_worker USING (true);

-- Name: users of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.users TO cashback_worker USING (true);

-- Name: webhook_messages of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.webhook_messages TO cashback_worker USING (true);

-- Name: webhook_progress of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.webhook_progress TO cashback_worker USING (true);

-- Name: webhooks of_all_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_all_merchants ON public.webhooks TO cashback_worker USING (true);

-- Name: api_clients of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.api_clients TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: attempts of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.attempts TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: audit of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.audit TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: case_events of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.case_events TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: cases of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.cases TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: cashbacks of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.cashbacks TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: client_secrets of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.client_secrets TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: closes of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.closes TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: customers of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.customers TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: day_figures of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.day_figures TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: day_persons of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.day_persons TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: day_sums of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.day_sums TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: day_zones of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.day_zones TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: differences of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.differences TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: erasures_under_way of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.erasures_under_way TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: erp_lines of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.erp_lines TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: events of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.events TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: figure_days of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.figure_days TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: files of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.files TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: incidents of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.incidents TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: merchants of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.merchants TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: privacy_acts of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.privacy_acts TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: product_type_periods of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.product_type_periods TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: product_types of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.product_types TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: products of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.products TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: provider_balances of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.provider_balances TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: provider_lines of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.provider_lines TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: provider_telling_flows of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.provider_telling_flows TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: rates of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.rates TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: refused_clocks of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.refused_clocks TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: refused_equals of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.refused_equals TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: reporting_logins of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.reporting_logins TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: retention of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.retention TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sale_lines of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.sale_lines TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sale_names of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.sale_names TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sales of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.sales TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sessions of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.sessions TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: statement_incident_events of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.statement_incident_events FOR SELECT TO cashback_serving USING ((EXISTS ( SELECT
   FROM public.statement_incidents i
  WHERE (i.incident_id = statement_incident_events.incident_id))));

-- Name: statement_incidents of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.statement_incidents TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: stops of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.stops TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: three_side_runs of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.three_side_runs TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: users of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.users TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: webhook_messages of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.webhook_messages TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: webhook_progress of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.webhook_progress TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: webhooks of_named_merchants; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants ON public.webhooks TO cashback_serving USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: attempts of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.attempts TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: cashbacks of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.cashbacks TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: customers of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.customers TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: events of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.events TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: privacy_acts of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.privacy_acts TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: refused_clocks of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.refused_clocks TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: refused_equals of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.refused_equals TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: retention of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.retention TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sale_lines of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.sale_lines TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sale_names of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.sale_names TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: sales of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.sales TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: stops of_named_merchants_for_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_named_merchants_for_erasure ON public.stops FOR SELECT TO cashback_eraser USING (
CASE
    WHEN (merchant_id = ANY (( SELECT (NULLIF(current_setting('cashback.merchants'::text, true), ''::text))::bigint[] AS "nullif")::bigint[])) THEN true
    ELSE false
END);

-- Name: closes of_the_account; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_account ON public.closes FOR SELECT TO cashback_platform USING ((merchant_id IS NULL));

-- Name: files of_the_account; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_account ON public.files TO cashback_platform USING ((merchant_id IS NULL));

-- Name: attempts of_the_group; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_group ON public.attempts AS RESTRICTIVE FOR SELECT TO cashback_serving USING (
CASE
    WHEN (( SELECT NULLIF(current_setting('cashback.reads_only'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE public.is_of_the_group(merchant_id, cashback_id)
END);

-- Name: cashbacks of_the_group; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_group ON public.cashbacks AS RESTRICTIVE FOR SELECT TO cashback_serving USING (
CASE
    WHEN (( SELECT NULLIF(current_setting('cashback.reads_only'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE public.is_of_the_group(merchant_id, cashback_id)
END);

-- Name: events of_the_group; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_group ON public.events AS RESTRICTIVE FOR SELECT TO cashback_serving USING (
CASE
    WHEN (( SELECT NULLIF(current_setting('cashback.reads_only'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE public.is_of_the_group(merchant_id, cashback_id)
END);

-- Name: sale_lines of_the_group; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_group ON public.sale_lines AS RESTRICTIVE FOR SELECT TO cashback_serving USING (
CASE
    WHEN (( SELECT NULLIF(current_setting('cashback.reads_only'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE public.is_of_the_group(merchant_id, cashback_id)
END);

-- Name: sales of_the_group; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_group ON public.sales AS RESTRICTIVE FOR SELECT TO cashback_serving USING (
CASE
    WHEN (( SELECT NULLIF(current_setting('cashback.reads_only'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE COALESCE(((COALESCE(came_under, submitted_by))::text = ( SELECT current_setting('cashback.reads_only'::text, true) AS current_setting)), false)
END);

-- Name: api_clients of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.api_clients TO cashback_platform USING (true);

-- Name: audit of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.audit TO cashback_platform USING (true);

-- Name: case_events of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.case_events TO cashback_platform USING ((EXISTS ( SELECT
   FROM public.cases c
  WHERE (c.case_id = case_events.case_id))));

-- Name: cases of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.cases TO cashback_platform USING ((incident_id IS NOT NULL));

-- Name: cashbacks of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.cashbacks FOR SELECT TO cashback_platform USING (true);

-- Name: client_secrets of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.client_secrets TO cashback_platform USING (true);

-- Name: day_zones of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.day_zones FOR SELECT TO cashback_platform USING (true);

-- Name: merchants of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.merchants TO cashback_platform USING (true);

-- Name: product_types of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.product_types FOR SELECT TO cashback_platform USING (true);

-- Name: provider_balances of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.provider_balances FOR SELECT TO cashback_platform USING (true);

-- Name: provider_telling_flows of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.provider_telling_flows FOR SELECT TO cashback_platform USING (true);

-- Name: reconciliations of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.reconciliations TO cashback_platform USING (true);

-- Name: sessions of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.sessions TO cashback_platform USING (true);

-- Name: statement_explanations of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.statement_explanations TO cashback_platform USING (true);

-- Name: statement_incident_events of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.statement_incident_events TO cashback_platform USING (true);

-- Name: statement_incidents of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.statement_incidents TO cashback_platform USING (true);

-- Name: stops of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.stops TO cashback_platform USING (true);

-- Name: users of_the_platform; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_the_platform ON public.users TO cashback_platform USING (true);

-- Name: closing_round of_whoever_closes; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_whoever_closes ON public.closing_round TO cashback_worker USING (true);

-- Name: provider_moves of_workers; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_workers ON public.provider_moves TO cashback_worker USING (true);

-- Name: provider_tellings of_workers; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_workers ON public.provider_tellings TO cashback_worker USING (true);

-- Name: reconciliations of_workers; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_workers ON public.reconciliations TO cashback_worker USING (true);

-- Name: statement_explanations of_workers; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_workers ON public.statement_explanations TO cashback_worker USING (true);

-- Name: statement_incident_events of_workers; Type: POLICY; Schema: public; Owner: -

CREATE POLICY of_workers ON public.statement_incident_events TO cashback_worker USING (true);

-- Name: sender operators_release; Type: POLICY; Schema: public; Owner: -

CREATE POLICY operators_release ON public.sender TO cashback_worker USING (true);

-- Name: sender pausing_only; Type: POLICY; Schema: public; Owner: -

CREATE POLICY pausing_only ON public.sender FOR UPDATE TO cashback_serving USING (true) WITH CHECK ((paused_at IS NOT NULL));

-- Name: privacy_acts; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.privacy_acts ENABLE ROW LEVEL SECURITY;

-- Name: product_type_periods; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.product_type_periods ENABLE ROW LEVEL SECURITY;

-- Name: product_types; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.product_types ENABLE ROW LEVEL SECURITY;

-- Name: products; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;

-- Name: provider_balances; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_balances ENABLE ROW LEVEL SECURITY;

-- Name: provider_lines; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_lines ENABLE ROW LEVEL SECURITY;

-- Name: provider_moves; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_moves ENABLE ROW LEVEL SECURITY;

-- Name: provider_telling_flows; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_telling_flows ENABLE ROW LEVEL SECURITY;

-- Name: provider_tellings; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_tellings ENABLE ROW LEVEL SECURITY;

-- Name: close_keys public_to_us; Type: POLICY; Schema: public; Owner: -

CREATE POLICY public_to_us ON public.close_keys TO cashback_serving, cashback_worker, cashback_platform USING (true);

-- Name: rate_buckets; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.rate_buckets ENABLE ROW LEVEL SECURITY;

-- Name: rates; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.rates ENABLE ROW LEVEL SECURITY;

-- Name: reconciliations; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.reconciliations ENABLE ROW LEVEL SECURITY;

-- Name: refused_clocks; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.refused_clocks ENABLE ROW LEVEL SECURITY;

-- Name: refused_equals; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.refused_equals ENABLE ROW LEVEL SECURITY;

-- Name: reporting_logins; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.reporting_logins ENABLE ROW LEVEL SECURITY;

-- Name: retention; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.retention ENABLE ROW LEVEL SECURITY;

-- Name: revoked_tokens; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.revoked_tokens ENABLE ROW LEVEL SECURITY;

-- Name: sale_lines; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sale_lines ENABLE ROW LEVEL SECURITY;

-- Name: sale_names; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sale_names ENABLE ROW LEVEL SECURITY;

-- Name: sales; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sales ENABLE ROW LEVEL SECURITY;

-- Name: sender; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sender ENABLE ROW LEVEL SECURITY;

-- Name: sessions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

-- Name: statement_explanations; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.statement_explanations ENABLE ROW LEVEL SECURITY;

-- Name: statement_incident_events; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.statement_incident_events ENABLE ROW LEVEL SECURITY;

-- Name: statement_incidents; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.statement_incidents ENABLE ROW LEVEL SECURITY;

-- Name: stops; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.stops ENABLE ROW LEVEL SECURITY;

-- Name: stops the_platforms_stay; Type: POLICY; Schema: public; Owner: -

CREATE POLICY the_platforms_stay ON public.stops AS RESTRICTIVE FOR UPDATE TO cashback_serving USING ((NOT by_platform));

-- Name: three_side_runs; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.three_side_runs ENABLE ROW LEVEL SECURITY;

-- Name: users; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

-- Name: webhook_messages; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhook_messages ENABLE ROW LEVEL SECURITY;

-- Name: webhook_progress; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhook_progress ENABLE ROW LEVEL SECURITY;

-- Name: webhooks; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhooks ENABLE ROW LEVEL SECURITY;

-- Name: merchants whose_data_are_cleaned; Type: POLICY; Schema: public; Owner: -

CREATE POLICY whose_data_are_cleaned ON public.merchants FOR SELECT TO cashback_eraser USING (true);

-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cashback_serving;
GRANT USAGE ON SCHEMA public TO cashback_worker;
GRANT USAGE ON SCHEMA public TO cashback_identity;
GRANT USAGE ON SCHEMA public TO cashback_platform;
GRANT USAGE ON SCHEMA public TO cashback_eraser;

-- Name: SCHEMA reporting; Type: ACL; Schema: -; Owner: -

GRANT USAGE ON SCHEMA reporting TO cashback_reporting;

-- Name: LANGUAGE plpgsql; Type: ACL; Schema: -; Owner: -

REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;
GRANT ALL ON LANGUAGE plpgsql TO pg_database_owner;

-- Name: FUNCTION lo_creat(integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;

-- Name: FUNCTION lo_create(oid); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;

-- Name: FUNCTION lo_from_bytea(oid, bytea); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;

-- Name: FUNCTION lo_put(oid, bigint, bytea); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_put(oid, bigint, bytea) FROM PUBLIC;

-- Name: FUNCTION lo_truncate(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_truncate(integer, integer) FROM PUBLIC;

-- Name: FUNCTION lo_truncate64(integer, bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lo_truncate64(integer, bigint) FROM PUBLIC;

-- Name: FUNCTION lowrite(integer, bytea); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.lowrite(integer, bytea) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO pg_database_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO cashback_serving;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO cashback_worker;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO cashback_identity;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO cashback_platform;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO cashback_eraser;

-- Name: FUNCTION pg_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_unlock(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_unlock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_unlock_all(); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC;

-- Name: FUNCTION pg_advisory_unlock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_unlock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO pg_database_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO cashback_serving;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO cashback_worker;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO cashback_identity;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO cashback_platform;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO cashback_eraser;

-- Name: FUNCTION pg_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_current_xact_id(); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_current_xact_id() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO pg_database_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO cashback_serving;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO cashback_worker;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO cashback_identity;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO cashback_platform;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO cashback_eraser;

-- Name: FUNCTION pg_logical_emit_message(transactional boolean, prefix text, message bytea, flush boolean); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_logical_emit_message(transactional boolean, prefix text, message bytea, flush boolean) FROM PUBLIC;

-- Name: FUNCTION pg_logical_emit_message(transactional boolean, prefix text, message text, flush boolean); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_logical_emit_message(transactional boolean, prefix text, message text, flush boolean) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO pg_database_owner;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO cashback_serving;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO cashback_worker;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO cashback_identity;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO cashback_platform;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO cashback_eraser;

-- Name: FUNCTION pg_try_advisory_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_xact_lock(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_xact_lock(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_xact_lock_shared(bigint); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) FROM PUBLIC;

-- Name: FUNCTION pg_try_advisory_xact_lock_shared(integer, integer); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;

-- Name: FUNCTION txid_current(); Type: ACL; Schema: pg_catalog; Owner: -

REVOKE ALL ON FUNCTION pg_catalog.txid_current() FROM PUBLIC;

-- Name: FUNCTION accept_new_sales(who text, names jsonb, people jsonb, persons integer, sealed jsonb, told jsonb, OUT accepted_at timestamp with time zone, OUT left_over text, OUT braked text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.accept_new_sales(who text, names jsonb, people jsonb, persons integer, sealed jsonb, told jsonb, OUT accepted_at timestamp with time zone, OUT left_over text, OUT braked text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.accept_new_sales(who text, names jsonb, people jsonb, persons integer, sealed jsonb, told jsonb, OUT accepted_at timestamp with time zone, OUT left_over text, OUT braked text) TO cashback_serving;

-- Name: FUNCTION is_owed(status text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_owed(status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_owed(status text) TO cashback_serving;
GRANT ALL ON FUNCTION public.is_owed(status text) TO cashback_worker;
GRANT ALL ON FUNCTION public.is_owed(status text) TO cashback_reporting;

-- Name: FUNCTION accrues(from_status text, to_status text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.accrues(from_status text, to_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.accrues(from_status text, to_status text) TO cashback_serving;
GRANT ALL ON FUNCTION public.accrues(from_status text, to_status text) TO cashback_worker;
GRANT ALL ON FUNCTION public.accrues(from_status text, to_status text) TO cashback_reporting;

-- Name: FUNCTION append_only(guarded regclass, VARIADIC but_erased text[]); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.append_only(guarded regclass, VARIADIC but_erased text[]) FROM PUBLIC;

-- Name: FUNCTION at_most_two_live_secrets(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.at_most_two_live_secrets() FROM PUBLIC;

-- Name: FUNCTION audit_change(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.audit_change() FROM PUBLIC;

-- Name: FUNCTION audit_table(audited regclass, resource text, key text[], hidden text[], untold text[], inserts boolean); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.audit_table(audited regclass, resource text, key text[], hidden text[], untold text[], inserts boolean) FROM PUBLIC;

-- Name: FUNCTION audited_value(value jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.audited_value(value jsonb) FROM PUBLIC;

-- Name: FUNCTION call_failure(result text, status_code integer, reason text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.call_failure(result text, status_code integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.call_failure(result text, status_code integer, reason text) TO cashback_serving;
GRANT ALL ON FUNCTION public.call_failure(result text, status_code integer, reason text) TO cashback_worker;

-- Name: FUNCTION calls_of_day(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.calls_of_day(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.calls_of_day(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_serving;
GRANT ALL ON FUNCTION public.calls_of_day(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_worker;

-- Name: FUNCTION cancels(from_status text, to_status text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.cancels(from_status text, to_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancels(from_status text, to_status text) TO cashback_serving;
GRANT ALL ON FUNCTION public.cancels(from_status text, to_status text) TO cashback_worker;
GRANT ALL ON FUNCTION public.cancels(from_status text, to_status text) TO cashback_reporting;

-- Name: FUNCTION close_functions(home name); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.close_functions(home name) FROM PUBLIC;

-- Name: FUNCTION conclude_paid(who text, merchant_ids bigint[], cashback_ids uuid[], told jsonb, OUT applied_at timestamp with time zone, OUT left_over text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.conclude_paid(who text, merchant_ids bigint[], cashback_ids uuid[], told jsonb, OUT applied_at timestamp with time zone, OUT left_over text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.conclude_paid(who text, merchant_ids bigint[], cashback_ids uuid[], told jsonb, OUT applied_at timestamp with time zone, OUT left_over text) TO cashback_serving;

-- Name: FUNCTION count_the_day(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.count_the_day() FROM PUBLIC;

-- Name: FUNCTION day_begins_at(of_merchant bigint, of_day date); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.day_begins_at(of_merchant bigint, of_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.day_begins_at(of_merchant bigint, of_day date) TO cashback_serving;
GRANT ALL ON FUNCTION public.day_begins_at(of_merchant bigint, of_day date) TO cashback_worker;

-- Name: FUNCTION day_ends_at(of_merchant bigint, of_day date); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.day_ends_at(of_merchant bigint, of_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.day_ends_at(of_merchant bigint, of_day date) TO cashback_serving;
GRANT ALL ON FUNCTION public.day_ends_at(of_merchant bigint, of_day date) TO cashback_worker;

-- Name: FUNCTION feed_position(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.feed_position() FROM PUBLIC;
GRANT ALL ON FUNCTION public.feed_position() TO cashback_serving;
GRANT ALL ON FUNCTION public.feed_position() TO cashback_worker;

-- Name: FUNCTION is_listed_move(from_status text, to_status text, actor text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_listed_move(from_status text, to_status text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_listed_move(from_status text, to_status text, actor text) TO cashback_serving;
GRANT ALL ON FUNCTION public.is_listed_move(from_status text, to_status text, actor text) TO cashback_worker;

-- Name: TABLE events; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.events TO cashback_serving;
GRANT SELECT ON TABLE public.events TO cashback_worker;
GRANT SELECT ON TABLE public.events TO cashback_eraser;

-- Name: COLUMN events.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(merchant_id) ON TABLE public.events TO cashback_serving;
GRANT INSERT(merchant_id) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.cashback_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(cashback_id) ON TABLE public.events TO cashback_serving;
GRANT INSERT(cashback_id) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.sequence; Type: ACL; Schema: public; Owner: -

GRANT INSERT(sequence) ON TABLE public.events TO cashback_serving;
GRANT INSERT(sequence) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.at; Type: ACL; Schema: public; Owner: -

GRANT INSERT(at) ON TABLE public.events TO cashback_serving;
GRANT INSERT(at) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.actor; Type: ACL; Schema: public; Owner: -

GRANT INSERT(actor) ON TABLE public.events TO cashback_serving;
GRANT INSERT(actor) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.from_status; Type: ACL; Schema: public; Owner: -

GRANT INSERT(from_status) ON TABLE public.events TO cashback_serving;
GRANT INSERT(from_status) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.to_status; Type: ACL; Schema: public; Owner: -

GRANT INSERT(to_status) ON TABLE public.events TO cashback_serving;
GRANT INSERT(to_status) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.attempt; Type: ACL; Schema: public; Owner: -

GRANT INSERT(attempt) ON TABLE public.events TO cashback_serving;
GRANT INSERT(attempt) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.reason; Type: ACL; Schema: public; Owner: -

GRANT INSERT(reason) ON TABLE public.events TO cashback_serving;
GRANT INSERT(reason) ON TABLE public.events TO cashback_worker;

-- Name: COLUMN events.actor_name; Type: ACL; Schema: public; Owner: -

GRANT INSERT(actor_name) ON TABLE public.events TO cashback_serving;
GRANT INSERT(actor_name) ON TABLE public.events TO cashback_worker;

-- Name: FUNCTION day_events(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.day_events(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.day_events(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_serving;
GRANT ALL ON FUNCTION public.day_events(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_worker;

-- Name: FUNCTION day_of(of_merchant bigint, instant timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.day_of(of_merchant bigint, instant timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.day_of(of_merchant bigint, instant timestamp with time zone) TO cashback_serving;
GRANT ALL ON FUNCTION public.day_of(of_merchant bigint, instant timestamp with time zone) TO cashback_worker;

-- Name: FUNCTION day_zone(of_merchant bigint, of_day date); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.day_zone(of_merchant bigint, of_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.day_zone(of_merchant bigint, of_day date) TO cashback_serving;
GRANT ALL ON FUNCTION public.day_zone(of_merchant bigint, of_day date) TO cashback_worker;

-- Name: FUNCTION days_stay_open(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.days_stay_open() FROM PUBLIC;

-- Name: FUNCTION draw_requests(who text, every_s double precision, capacity integer, wanted integer, OUT granted integer, OUT wait_s double precision); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.draw_requests(who text, every_s double precision, capacity integer, wanted integer, OUT granted integer, OUT wait_s double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.draw_requests(who text, every_s double precision, capacity integer, wanted integer, OUT granted integer, OUT wait_s double precision) TO cashback_identity;

-- Name: FUNCTION end_tokens_of_client(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.end_tokens_of_client() FROM PUBLIC;

-- Name: FUNCTION end_tokens_of_merchant(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.end_tokens_of_merchant() FROM PUBLIC;

-- Name: FUNCTION end_tokens_of_user(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.end_tokens_of_user() FROM PUBLIC;

-- Name: FUNCTION feed_place(OUT system_identifier bigint, OUT timeline integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.feed_place(OUT system_identifier bigint, OUT timeline integer) FROM PUBLIC;

-- Name: FUNCTION figures_of_day(of_merchant bigint, of_zone text, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint, whole boolean, typed boolean); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.figures_of_day(of_merchant bigint, of_zone text, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint, whole boolean, typed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.figures_of_day(of_merchant bigint, of_zone text, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint, whole boolean, typed boolean) TO cashback_serving;
GRANT ALL ON FUNCTION public.figures_of_day(of_merchant bigint, of_zone text, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint, whole boolean, typed boolean) TO cashback_worker;

-- Name: FUNCTION first_id_at(instant timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.first_id_at(instant timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.first_id_at(instant timestamp with time zone) TO cashback_serving;
GRANT ALL ON FUNCTION public.first_id_at(instant timestamp with time zone) TO cashback_worker;

-- Name: FUNCTION follow_case(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.follow_case() FROM PUBLIC;

-- Name: FUNCTION follow_event(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.follow_event() FROM PUBLIC;

-- Name: FUNCTION forget_in_files(of_merchant bigint, known text, pseudonym text, keys jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.forget_in_files(of_merchant bigint, known text, pseudonym text, keys jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_in_files(of_merchant bigint, known text, pseudonym text, keys jsonb) TO cashback_eraser;

-- Name: FUNCTION forget_in_incidents(of_merchant bigint, known text, pseudonym text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.forget_in_incidents(of_merchant bigint, known text, pseudonym text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_in_incidents(of_merchant bigint, known text, pseudonym text) TO cashback_eraser;

-- Name: FUNCTION forget_in_texts(of_merchant bigint, of_customer uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.forget_in_texts(of_merchant bigint, of_customer uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_in_texts(of_merchant bigint, of_customer uuid) TO cashback_eraser;

-- Name: FUNCTION forget_salts(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.forget_salts() FROM PUBLIC;

-- Name: FUNCTION guard_attempt(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_attempt() FROM PUBLIC;

-- Name: FUNCTION guard_case(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_case() FROM PUBLIC;

-- Name: FUNCTION guard_cashback_move(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_cashback_move() FROM PUBLIC;

-- Name: FUNCTION guard_chain(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_chain() FROM PUBLIC;

-- Name: FUNCTION guard_customer_erased(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_customer_erased() FROM PUBLIC;

-- Name: FUNCTION guard_day_persons(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_day_persons() FROM PUBLIC;

-- Name: FUNCTION guard_differences_go(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_differences_go() FROM PUBLIC;

-- Name: FUNCTION guard_erasure_ends(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_erasure_ends() FROM PUBLIC;

-- Name: FUNCTION guard_erp_lines_come(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_erp_lines_come() FROM PUBLIC;

-- Name: FUNCTION guard_files(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_files() FROM PUBLIC;

-- Name: FUNCTION guard_forgetting_in_files(of_merchant bigint, known text, pseudonym text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_forgetting_in_files(of_merchant bigint, known text, pseudonym text) FROM PUBLIC;

-- Name: FUNCTION guard_incident_erased(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_incident_erased() FROM PUBLIC;

-- Name: FUNCTION guard_last_administrator(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_last_administrator() FROM PUBLIC;

-- Name: FUNCTION guard_lines_go(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_lines_go() FROM PUBLIC;

-- Name: FUNCTION guard_name_change(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_name_change() FROM PUBLIC;

-- Name: FUNCTION guard_name_kept(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_name_kept() FROM PUBLIC;

-- Name: FUNCTION guard_provider_moves(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_provider_moves() FROM PUBLIC;

-- Name: FUNCTION guard_rate(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_rate() FROM PUBLIC;

-- Name: FUNCTION guard_refused_equal(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_refused_equal() FROM PUBLIC;

-- Name: FUNCTION guard_sale(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_sale() FROM PUBLIC;

-- Name: FUNCTION guard_statement_lines_come(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_statement_lines_come() FROM PUBLIC;

-- Name: FUNCTION guard_stop(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_stop() FROM PUBLIC;

-- Name: FUNCTION guard_told_move(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_told_move() FROM PUBLIC;

-- Name: FUNCTION guard_type_period(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_type_period() FROM PUBLIC;

-- Name: FUNCTION guard_used(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_used() FROM PUBLIC;

-- Name: FUNCTION guard_whole_sale(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_whole_sale() FROM PUBLIC;

-- Name: FUNCTION guard_whom_it_erases(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.guard_whom_it_erases() FROM PUBLIC;

-- Name: FUNCTION is_beside(value_e10 bigint, qty_e4 integer, centavos bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_beside(value_e10 bigint, qty_e4 integer, centavos bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_beside(value_e10 bigint, qty_e4 integer, centavos bigint) TO cashback_serving;

-- Name: FUNCTION is_cnpj(document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_cnpj(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_cnpj(document text) TO cashback_worker;
GRANT ALL ON FUNCTION public.is_cnpj(document text) TO cashback_platform;
GRANT ALL ON FUNCTION public.is_cnpj(document text) TO cashback_reporting;

-- Name: FUNCTION is_of_the_group(merchant bigint, cashback uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_of_the_group(merchant bigint, cashback uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_of_the_group(merchant bigint, cashback uuid) TO cashback_serving;

-- Name: FUNCTION is_pseudonym(document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_pseudonym(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_pseudonym(document text) TO cashback_serving;
GRANT ALL ON FUNCTION public.is_pseudonym(document text) TO cashback_worker;
GRANT ALL ON FUNCTION public.is_pseudonym(document text) TO cashback_eraser;
GRANT ALL ON FUNCTION public.is_pseudonym(document text) TO cashback_platform;
GRANT ALL ON FUNCTION public.is_pseudonym(document text) TO cashback_reporting;

-- Name: FUNCTION is_sealed(name text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_sealed(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_sealed(name text) TO cashback_serving;
GRANT ALL ON FUNCTION public.is_sealed(name text) TO cashback_worker;
GRANT ALL ON FUNCTION public.is_sealed(name text) TO cashback_eraser;

-- Name: FUNCTION keep_columns(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.keep_columns() FROM PUBLIC;

-- Name: FUNCTION keep_day_figures(of_merchant bigint, of_day date, begins_at timestamp with time zone, ends_at timestamp with time zone, below bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.keep_day_figures(of_merchant bigint, of_day date, begins_at timestamp with time zone, ends_at timestamp with time zone, below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_day_figures(of_merchant bigint, of_day date, begins_at timestamp with time zone, ends_at timestamp with time zone, below bigint) TO cashback_worker;

-- Name: FUNCTION keep_day_zones(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.keep_day_zones() FROM PUBLIC;

-- Name: FUNCTION keys_to_seal(of_merchant bigint, pseudonym text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.keys_to_seal(of_merchant bigint, pseudonym text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keys_to_seal(of_merchant bigint, pseudonym text) TO cashback_eraser;

-- Name: FUNCTION known_zone(named text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.known_zone(named text) FROM PUBLIC;

-- Name: FUNCTION latency_bucket(elapsed_s double precision); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.latency_bucket(elapsed_s double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.latency_bucket(elapsed_s double precision) TO cashback_serving;
GRANT ALL ON FUNCTION public.latency_bucket(elapsed_s double precision) TO cashback_worker;

-- Name: FUNCTION let_named_merchants(protected regclass, policy name, reader name, verbs text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.let_named_merchants(protected regclass, policy name, reader name, verbs text) FROM PUBLIC;

-- Name: FUNCTION lines_come_together(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.lines_come_together() FROM PUBLIC;

-- Name: FUNCTION lines_follow_terms(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.lines_follow_terms() FROM PUBLIC;

-- Name: FUNCTION lines_to_forget(of_merchant bigint, known text, pseudonym text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.lines_to_forget(of_merchant bigint, known text, pseudonym text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lines_to_forget(of_merchant bigint, known text, pseudonym text) TO cashback_eraser;

-- Name: FUNCTION lock_brakes_alone(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.lock_brakes_alone() FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_brakes_alone() TO cashback_serving;
GRANT ALL ON FUNCTION public.lock_brakes_alone() TO cashback_platform;

-- Name: FUNCTION lock_day_persons(of_merchant bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.lock_day_persons(of_merchant bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_day_persons(of_merchant bigint) TO cashback_worker;

-- Name: FUNCTION loses_values(was jsonb, is_now jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.loses_values(was jsonb, is_now jsonb) FROM PUBLIC;

-- Name: FUNCTION mask_when_closed(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.mask_when_closed() FROM PUBLIC;

-- Name: FUNCTION masked_document(document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.masked_document(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.masked_document(document text) TO cashback_worker;
GRANT ALL ON FUNCTION public.masked_document(document text) TO cashback_platform;
GRANT ALL ON FUNCTION public.masked_document(document text) TO cashback_reporting;

-- Name: FUNCTION may_be_credited(of_merchant bigint, of_cashback uuid, precedes interval); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.may_be_credited(of_merchant bigint, of_cashback uuid, precedes interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.may_be_credited(of_merchant bigint, of_cashback uuid, precedes interval) TO cashback_serving;

-- Name: FUNCTION names_being_erased(of_merchant bigint, known text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.names_being_erased(of_merchant bigint, known text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.names_being_erased(of_merchant bigint, known text) TO cashback_serving;
GRANT ALL ON FUNCTION public.names_being_erased(of_merchant bigint, known text) TO cashback_worker;
GRANT ALL ON FUNCTION public.names_being_erased(of_merchant bigint, known text) TO cashback_eraser;

-- Name: FUNCTION padded_salt(salt bytea, pad text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.padded_salt(salt bytea, pad text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.padded_salt(salt bytea, pad text) TO cashback_worker;

-- Name: FUNCTION told_document(document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.told_document(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.told_document(document text) TO cashback_serving;
GRANT ALL ON FUNCTION public.told_document(document text) TO cashback_worker;
GRANT ALL ON FUNCTION public.told_document(document text) TO cashback_eraser;
GRANT ALL ON FUNCTION public.told_document(document text) TO cashback_reporting;

-- Name: FUNCTION pattern_of(document text, names text[]); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.pattern_of(document text, names text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.pattern_of(document text, names text[]) TO cashback_serving;
GRANT ALL ON FUNCTION public.pattern_of(document text, names text[]) TO cashback_worker;
GRANT ALL ON FUNCTION public.pattern_of(document text, names text[]) TO cashback_eraser;
GRANT ALL ON FUNCTION public.pattern_of(document text, names text[]) TO cashback_reporting;

-- Name: FUNCTION pays(from_status text, to_status text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.pays(from_status text, to_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.pays(from_status text, to_status text) TO cashback_serving;
GRANT ALL ON FUNCTION public.pays(from_status text, to_status text) TO cashback_worker;
GRANT ALL ON FUNCTION public.pays(from_status text, to_status text) TO cashback_reporting;

-- Name: FUNCTION person_commitment(salt bytea, document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.person_commitment(salt bytea, document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.person_commitment(salt bytea, document text) TO cashback_worker;

-- Name: FUNCTION protect_merchant_table(protected regclass); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.protect_merchant_table(protected regclass) FROM PUBLIC;

-- Name: FUNCTION provider_flows(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.provider_flows(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.provider_flows(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_worker;
GRANT ALL ON FUNCTION public.provider_flows(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_platform;

-- Name: FUNCTION refuse_change(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_change() FROM PUBLIC;

-- Name: FUNCTION refuse_change_of_young(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_change_of_young() FROM PUBLIC;

-- Name: FUNCTION refuse_other_merchants(of_merchant bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_other_merchants(of_merchant bigint) FROM PUBLIC;

-- Name: FUNCTION refuse_period(last_version integer, last_start timestamp with time zone, version integer, starts_at timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_period(last_version integer, last_start timestamp with time zone, version integer, starts_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refuse_period(last_version integer, last_start timestamp with time zone, version integer, starts_at timestamp with time zone) TO cashback_serving;

-- Name: FUNCTION refuse_taking_back(last_version integer, version integer, starts_at timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_taking_back(last_version integer, version integer, starts_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refuse_taking_back(last_version integer, version integer, starts_at timestamp with time zone) TO cashback_serving;

-- Name: FUNCTION refuse_truncating(guarded regclass); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.refuse_truncating(guarded regclass) FROM PUBLIC;

-- Name: FUNCTION renew_feed(anyway boolean); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.renew_feed(anyway boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.renew_feed(anyway boolean) TO cashback_serving;
GRANT ALL ON FUNCTION public.renew_feed(anyway boolean) TO cashback_worker;

-- Name: FUNCTION seal_keys(of_merchant bigint, pseudonym text, sealed jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.seal_keys(of_merchant bigint, pseudonym text, sealed jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.seal_keys(of_merchant bigint, pseudonym text, sealed jsonb) TO cashback_eraser;

-- Name: FUNCTION standings_moved(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.standings_moved(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.standings_moved(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_serving;
GRANT ALL ON FUNCTION public.standings_moved(of_merchant bigint, begins_at timestamp with time zone, ends_at timestamp with time zone, from_position bigint, below bigint) TO cashback_worker;

-- Name: FUNCTION statements_between(of_since timestamp with time zone, of_through timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.statements_between(of_since timestamp with time zone, of_through timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.statements_between(of_since timestamp with time zone, of_through timestamp with time zone) TO cashback_worker;
GRANT ALL ON FUNCTION public.statements_between(of_since timestamp with time zone, of_through timestamp with time zone) TO cashback_platform;

-- Name: FUNCTION suspected_cashbacks(of_merchant bigint, precedes interval, only_these uuid[]); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.suspected_cashbacks(of_merchant bigint, precedes interval, only_these uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.suspected_cashbacks(of_merchant bigint, precedes interval, only_these uuid[]) TO cashback_serving;
GRANT ALL ON FUNCTION public.suspected_cashbacks(of_merchant bigint, precedes interval, only_these uuid[]) TO cashback_worker;

-- Name: FUNCTION takes_back(from_status text, to_status text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.takes_back(from_status text, to_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.takes_back(from_status text, to_status text) TO cashback_serving;
GRANT ALL ON FUNCTION public.takes_back(from_status text, to_status text) TO cashback_worker;
GRANT ALL ON FUNCTION public.takes_back(from_status text, to_status text) TO cashback_reporting;

-- Name: FUNCTION tells(told text, pattern text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.tells(told text, pattern text) FROM PUBLIC;

-- Name: FUNCTION tells_of(told text, document text, names text[]); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.tells_of(told text, document text, names text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tells_of(told text, document text, names text[]) TO cashback_serving;
GRANT ALL ON FUNCTION public.tells_of(told text, document text, names text[]) TO cashback_worker;
GRANT ALL ON FUNCTION public.tells_of(told text, document text, names text[]) TO cashback_eraser;

-- Name: TABLE sales; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.sales TO cashback_serving;
GRANT SELECT ON TABLE public.sales TO cashback_worker;
GRANT SELECT ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.sale_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sale_id) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.idempotency_key; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(idempotency_key) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.document; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(document) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.raw_body; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(raw_body) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.cashier; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(cashier) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.metadata; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(metadata) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.invoice_cnpj; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(invoice_cnpj) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.invoice_month; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(invoice_month) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.invoice_series; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(invoice_series) ON TABLE public.sales TO cashback_eraser;

-- Name: COLUMN sales.invoice_number; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(invoice_number) ON TABLE public.sales TO cashback_eraser;

-- Name: FUNCTION told_amiss(s public.sales); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.told_amiss(s public.sales) FROM PUBLIC;

-- Name: FUNCTION wake_workers(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.wake_workers() FROM PUBLIC;

-- Name: FUNCTION who_was_erased(told jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.who_was_erased(told jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.who_was_erased(told jsonb) TO cashback_worker;

-- Name: FUNCTION without_buyer(told text, document text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.without_buyer(told text, document text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.without_buyer(told text, document text) TO cashback_reporting;

-- Name: FUNCTION without_telling(fields jsonb, pattern text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.without_telling(fields jsonb, pattern text) FROM PUBLIC;

-- Name: FUNCTION write_results(told jsonb, OUT ended integer, OUT moved integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.write_results(told jsonb, OUT ended integer, OUT moved integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.write_results(told jsonb, OUT ended integer, OUT moved integer) TO cashback_serving;

-- Name: FUNCTION write_sales(told jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.write_sales(told jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.write_sales(told jsonb) TO cashback_serving;

-- Name: FUNCTION sum_of_centavos(bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sum_of_centavos(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sum_of_centavos(bigint) TO cashback_serving;
GRANT ALL ON FUNCTION public.sum_of_centavos(bigint) TO cashback_worker;

-- Name: TABLE api_clients; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.api_clients TO cashback_identity;
GRANT SELECT,INSERT ON TABLE public.api_clients TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(name) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.role; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(role) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(role) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(version) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(updated_at) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.disabled_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(disabled_at) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(disabled_at) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.deleted_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(deleted_at) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(deleted_at) ON TABLE public.api_clients TO cashback_platform;

-- Name: COLUMN api_clients.group_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(group_id) ON TABLE public.api_clients TO cashback_serving;
GRANT UPDATE(group_id) ON TABLE public.api_clients TO cashback_platform;

-- Name: TABLE attempts; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.attempts TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.attempts TO cashback_worker;
GRANT SELECT ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.ended_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(ended_at) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(ended_at) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.result; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(result) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(result) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.phase; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(phase) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(phase) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.reason; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(reason) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(reason) ON TABLE public.attempts TO cashback_worker;
GRANT UPDATE(reason) ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.status_code; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(status_code) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(status_code) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.body; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(body) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(body) ON TABLE public.attempts TO cashback_worker;
GRANT UPDATE(body) ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.provider_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(provider_id) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(provider_id) ON TABLE public.attempts TO cashback_worker;
GRANT UPDATE(provider_id) ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.provider_message; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(provider_message) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(provider_message) ON TABLE public.attempts TO cashback_worker;
GRANT UPDATE(provider_message) ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.provider_created_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(provider_created_at) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(provider_created_at) ON TABLE public.attempts TO cashback_worker;
GRANT UPDATE(provider_created_at) ON TABLE public.attempts TO cashback_eraser;

-- Name: COLUMN attempts.connected_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(connected_s) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(connected_s) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.sent_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sent_s) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(sent_s) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN attempts.elapsed_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(elapsed_s) ON TABLE public.attempts TO cashback_serving;
GRANT UPDATE(elapsed_s) ON TABLE public.attempts TO cashback_worker;

-- Name: COLUMN audit.audit_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(audit_id) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(audit_id) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(at) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(at) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(merchant_id) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.actor; Type: ACL; Schema: public; Owner: -

GRANT SELECT(actor) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(actor) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.action; Type: ACL; Schema: public; Owner: -

GRANT SELECT(action) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(action) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.resource; Type: ACL; Schema: public; Owner: -

GRANT SELECT(resource) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(resource) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.key; Type: ACL; Schema: public; Owner: -

GRANT SELECT(key) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(key) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.before; Type: ACL; Schema: public; Owner: -

GRANT SELECT(before) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(before) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.after; Type: ACL; Schema: public; Owner: -

GRANT SELECT(after) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(after) ON TABLE public.audit TO cashback_platform;

-- Name: COLUMN audit.request_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(request_id) ON TABLE public.audit TO cashback_serving;
GRANT SELECT(request_id) ON TABLE public.audit TO cashback_platform;

-- Name: TABLE brakes_lock; Type: ACL; Schema: public; Owner: -

GRANT INSERT ON TABLE public.brakes_lock TO cashback_serving;
GRANT INSERT ON TABLE public.brakes_lock TO cashback_worker;

-- Name: TABLE case_events; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.case_events TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.case_events TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.case_events TO cashback_platform;

-- Name: TABLE cases; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.cases TO cashback_serving;
GRANT SELECT ON TABLE public.cases TO cashback_platform;
GRANT SELECT,INSERT ON TABLE public.cases TO cashback_worker;

-- Name: COLUMN cases.case_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(case_id) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(case_id) ON TABLE public.cases TO cashback_platform;

-- Name: COLUMN cases.incident_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(incident_id) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(incident_id) ON TABLE public.cases TO cashback_platform;

-- Name: COLUMN cases.difference_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(difference_id) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(difference_id) ON TABLE public.cases TO cashback_platform;

-- Name: COLUMN cases.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(merchant_id) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(merchant_id) ON TABLE public.cases TO cashback_platform;
GRANT UPDATE(merchant_id) ON TABLE public.cases TO cashback_worker;

-- Name: COLUMN cases.assigned_to; Type: ACL; Schema: public; Owner: -

GRANT INSERT(assigned_to),UPDATE(assigned_to) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(assigned_to),UPDATE(assigned_to) ON TABLE public.cases TO cashback_platform;
GRANT UPDATE(assigned_to) ON TABLE public.cases TO cashback_worker;

-- Name: COLUMN cases.resolved_at; Type: ACL; Schema: public; Owner: -

GRANT INSERT(resolved_at),UPDATE(resolved_at) ON TABLE public.cases TO cashback_serving;
GRANT INSERT(resolved_at),UPDATE(resolved_at) ON TABLE public.cases TO cashback_platform;
GRANT UPDATE(resolved_at) ON TABLE public.cases TO cashback_worker;

-- Name: TABLE cashbacks; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.cashbacks TO cashback_serving;
GRANT SELECT ON TABLE public.cashbacks TO cashback_worker;
GRANT SELECT ON TABLE public.cashbacks TO cashback_eraser;

-- Name: COLUMN cashbacks.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.cashbacks TO cashback_platform;

-- Name: COLUMN cashbacks.cashback_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(cashback_id) ON TABLE public.cashbacks TO cashback_platform;

-- Name: COLUMN cashbacks.status; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(status) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(status) ON TABLE public.cashbacks TO cashback_worker;
GRANT SELECT(status) ON TABLE public.cashbacks TO cashback_platform;

-- Name: COLUMN cashbacks.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(version) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.attempt; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(attempt) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(attempt) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.open_since_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(open_since_at) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(open_since_at) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.due_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(due_at) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(due_at) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.confirmed_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(confirmed_at) ON TABLE public.cashbacks TO cashback_serving;

-- Name: COLUMN cashbacks.lease_until_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lease_until_at) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(lease_until_at) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.applied_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(applied_at) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(applied_at) ON TABLE public.cashbacks TO cashback_worker;

-- Name: COLUMN cashbacks.risk_accepted_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(risk_accepted_at) ON TABLE public.cashbacks TO cashback_serving;
GRANT UPDATE(risk_accepted_at) ON TABLE public.cashbacks TO cashback_worker;

-- Name: TABLE client_secrets; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.client_secrets TO cashback_identity;
GRANT INSERT ON TABLE public.client_secrets TO cashback_serving;
GRANT INSERT ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(merchant_id) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.client_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(client_id) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(client_id) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.number; Type: ACL; Schema: public; Owner: -

GRANT SELECT(number) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(number) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.secret_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(secret_id) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(secret_id) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.created_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(created_at) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(created_at) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.created_by; Type: ACL; Schema: public; Owner: -

GRANT SELECT(created_by) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(created_by) ON TABLE public.client_secrets TO cashback_platform;

-- Name: COLUMN client_secrets.expires_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(expires_at),UPDATE(expires_at) ON TABLE public.client_secrets TO cashback_serving;
GRANT SELECT(expires_at),UPDATE(expires_at) ON TABLE public.client_secrets TO cashback_platform;

-- Name: TABLE close_keys; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.close_keys TO cashback_serving;
GRANT SELECT ON TABLE public.close_keys TO cashback_platform;
GRANT SELECT,INSERT ON TABLE public.close_keys TO cashback_worker;

-- Name: TABLE closes; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.closes TO cashback_serving;
GRANT SELECT ON TABLE public.closes TO cashback_platform;
GRANT SELECT,INSERT ON TABLE public.closes TO cashback_worker;

-- Name: TABLE closing_round; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,UPDATE ON TABLE public.closing_round TO cashback_worker;

-- Name: TABLE customers; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.customers TO cashback_serving;
GRANT SELECT ON TABLE public.customers TO cashback_eraser;

-- Name: COLUMN customers.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.customers TO cashback_worker;

-- Name: COLUMN customers.document; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(document) ON TABLE public.customers TO cashback_eraser;
GRANT SELECT(document) ON TABLE public.customers TO cashback_worker;

-- Name: COLUMN customers.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.customers TO cashback_serving;
GRANT UPDATE(name) ON TABLE public.customers TO cashback_eraser;

-- Name: COLUMN customers.customer_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(customer_id) ON TABLE public.customers TO cashback_worker;

-- Name: COLUMN customers.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.customers TO cashback_serving;
GRANT UPDATE(version) ON TABLE public.customers TO cashback_eraser;

-- Name: COLUMN customers.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.customers TO cashback_serving;

-- Name: COLUMN customers.erased_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(erased_at) ON TABLE public.customers TO cashback_eraser;
GRANT SELECT(erased_at) ON TABLE public.customers TO cashback_worker;

-- Name: COLUMN customers.sealed; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sealed) ON TABLE public.customers TO cashback_eraser;

-- Name: TABLE day_figures; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.day_figures TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.day_figures TO cashback_worker;

-- Name: TABLE day_persons; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.day_persons TO cashback_worker;

-- Name: COLUMN day_persons.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.day_persons TO cashback_serving;

-- Name: COLUMN day_persons.day; Type: ACL; Schema: public; Owner: -

GRANT SELECT(day) ON TABLE public.day_persons TO cashback_serving;

-- Name: COLUMN day_persons.customer_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(customer_id) ON TABLE public.day_persons TO cashback_serving;

-- Name: COLUMN day_persons.commitment; Type: ACL; Schema: public; Owner: -

GRANT SELECT(commitment) ON TABLE public.day_persons TO cashback_serving;

-- Name: TABLE day_sums; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.day_sums TO cashback_serving;
GRANT SELECT ON TABLE public.day_sums TO cashback_worker;

-- Name: COLUMN day_sums.centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(centavos) ON TABLE public.day_sums TO cashback_serving;
GRANT UPDATE(centavos) ON TABLE public.day_sums TO cashback_worker;

-- Name: TABLE day_zones; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.day_zones TO cashback_serving;
GRANT SELECT ON TABLE public.day_zones TO cashback_worker;
GRANT SELECT ON TABLE public.day_zones TO cashback_platform;

-- Name: TABLE differences; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.differences TO cashback_serving;
GRANT SELECT,INSERT,DELETE ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.file_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(file_id) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(file_id) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.line; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(line) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(line) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.cashback_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(cashback_id) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(cashback_id) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.class; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(class) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(class) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.whys; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(whys) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(whys) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.erp_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(erp_centavos) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(erp_centavos) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.our_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(our_centavos) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(our_centavos) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.erp_total_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(erp_total_centavos) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(erp_total_centavos) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.our_total_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(our_total_centavos) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(our_total_centavos) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.provider; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(provider) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(provider) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.last_seen_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(last_seen_at) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(last_seen_at) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.closed_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(closed_at) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(closed_at) ON TABLE public.differences TO cashback_worker;

-- Name: COLUMN differences.closed_why; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(closed_why) ON TABLE public.differences TO cashback_serving;
GRANT UPDATE(closed_why) ON TABLE public.differences TO cashback_worker;

-- Name: TABLE erasure_key; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.erasure_key TO cashback_eraser;
GRANT SELECT ON TABLE public.erasure_key TO cashback_worker;

-- Name: COLUMN erasure_key.fingerprint; Type: ACL; Schema: public; Owner: -

GRANT INSERT(fingerprint) ON TABLE public.erasure_key TO cashback_eraser;

-- Name: TABLE erp_lines; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.erp_lines TO cashback_serving;
GRANT SELECT,INSERT,DELETE ON TABLE public.erp_lines TO cashback_worker;

-- Name: TABLE feed; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.feed TO cashback_serving;
GRANT SELECT ON TABLE public.feed TO cashback_worker;

-- Name: TABLE figure_days; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.figure_days TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.figure_days TO cashback_worker;

-- Name: TABLE files; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.files TO cashback_serving;
GRANT SELECT,INSERT,DELETE ON TABLE public.files TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.lines; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lines) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(lines) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(lines) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(centavos) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(centavos) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(centavos) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.gross_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(gross_centavos) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(gross_centavos) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(gross_centavos) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.unreadable; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(unreadable) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(unreadable) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(unreadable) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.unread; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(unread) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(unread) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(unread) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.unsure_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(unsure_centavos) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(unsure_centavos) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(unsure_centavos) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.read_through; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(read_through) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(read_through) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(read_through) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.moved_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(moved_at) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(moved_at) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(moved_at) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.completed_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(completed_at) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(completed_at) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(completed_at) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.refused_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(refused_at) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(refused_at) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(refused_at) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.refused_why; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(refused_why) ON TABLE public.files TO cashback_serving;
GRANT UPDATE(refused_why) ON TABLE public.files TO cashback_worker;
GRANT UPDATE(refused_why) ON TABLE public.files TO cashback_platform;

-- Name: COLUMN files.cleared_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(cleared_at) ON TABLE public.files TO cashback_worker;

-- Name: COLUMN files.emptied_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(emptied_at) ON TABLE public.files TO cashback_worker;

-- Name: TABLE incidents; Type: ACL; Schema: public; Owner: -

GRANT INSERT ON TABLE public.incidents TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.incidents TO cashback_worker;

-- Name: TABLE login_failures; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.login_failures TO cashback_identity;

-- Name: COLUMN login_failures.until_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(until_at) ON TABLE public.login_failures TO cashback_identity;

-- Name: TABLE merchants; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.merchants TO cashback_worker;
GRANT SELECT ON TABLE public.merchants TO cashback_identity;
GRANT SELECT ON TABLE public.merchants TO cashback_serving;
GRANT SELECT ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.merchants TO cashback_eraser;

-- Name: COLUMN merchants.slug; Type: ACL; Schema: public; Owner: -

GRANT INSERT(slug) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(name),UPDATE(name) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.zone; Type: ACL; Schema: public; Owner: -

GRANT INSERT(zone),UPDATE(zone) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.rounding; Type: ACL; Schema: public; Owner: -

GRANT INSERT(rounding),UPDATE(rounding) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.max_sale_age_days; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(max_sale_age_days) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(max_sale_age_days),UPDATE(max_sale_age_days) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.merchants TO cashback_serving;
GRANT UPDATE(version) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.merchants TO cashback_serving;
GRANT UPDATE(updated_at) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.disabled_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(disabled_at) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.equal_content; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(equal_content) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(equal_content),UPDATE(equal_content) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.name_difference; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name_difference) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(name_difference),UPDATE(name_difference) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.max_cashback_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(max_cashback_centavos) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(max_cashback_centavos),UPDATE(max_cashback_centavos) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.max_day_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(max_day_centavos) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(max_day_centavos),UPDATE(max_day_centavos) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.line_rounding; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(line_rounding) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(line_rounding),UPDATE(line_rounding) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.line_tolerance_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(line_tolerance_centavos) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(line_tolerance_centavos),UPDATE(line_tolerance_centavos) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.sale_tolerance_centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sale_tolerance_centavos) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(sale_tolerance_centavos),UPDATE(sale_tolerance_centavos) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.surcharge_earns; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(surcharge_earns) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(surcharge_earns),UPDATE(surcharge_earns) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.company_buyers; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(company_buyers) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(company_buyers),UPDATE(company_buyers) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.foreign_buyers; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(foreign_buyers) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(foreign_buyers),UPDATE(foreign_buyers) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.nobody_buyers; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(nobody_buyers) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(nobody_buyers),UPDATE(nobody_buyers) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.confirm_within_h; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(confirm_within_h) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(confirm_within_h),UPDATE(confirm_within_h) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.max_ahead_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(max_ahead_s) ON TABLE public.merchants TO cashback_serving;
GRANT INSERT(max_ahead_s),UPDATE(max_ahead_s) ON TABLE public.merchants TO cashback_platform;

-- Name: COLUMN merchants.numbers; Type: ACL; Schema: public; Owner: -

GRANT INSERT(numbers) ON TABLE public.merchants TO cashback_platform;

-- Name: TABLE privacy_acts; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.privacy_acts TO cashback_eraser;

-- Name: TABLE product_type_periods; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.product_type_periods TO cashback_serving;

-- Name: TABLE product_types; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.product_types TO cashback_serving;

-- Name: COLUMN product_types.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.product_types TO cashback_platform;

-- Name: COLUMN product_types.type; Type: ACL; Schema: public; Owner: -

GRANT SELECT(type) ON TABLE public.product_types TO cashback_platform;

-- Name: COLUMN product_types.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.product_types TO cashback_serving;

-- Name: COLUMN product_types.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.product_types TO cashback_serving;

-- Name: COLUMN product_types.used_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(used_at) ON TABLE public.product_types TO cashback_serving;

-- Name: COLUMN product_types.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.product_types TO cashback_serving;

-- Name: TABLE products; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.products TO cashback_serving;

-- Name: COLUMN products.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.products TO cashback_serving;

-- Name: COLUMN products.name_key; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name_key) ON TABLE public.products TO cashback_serving;

-- Name: COLUMN products.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.products TO cashback_serving;

-- Name: COLUMN products.used_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(used_at) ON TABLE public.products TO cashback_serving;

-- Name: COLUMN products.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.products TO cashback_serving;

-- Name: TABLE provider_balances; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.provider_balances TO cashback_worker;
GRANT SELECT ON TABLE public.provider_balances TO cashback_serving;
GRANT SELECT ON TABLE public.provider_balances TO cashback_platform;

-- Name: COLUMN provider_balances.lines; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lines) ON TABLE public.provider_balances TO cashback_worker;

-- Name: COLUMN provider_balances.centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(centavos) ON TABLE public.provider_balances TO cashback_worker;

-- Name: TABLE provider_found; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,TRUNCATE ON TABLE public.provider_found TO cashback_worker;

-- Name: TABLE provider_lines; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.provider_lines TO cashback_worker;

-- Name: COLUMN provider_lines.centavos; Type: ACL; Schema: public; Owner: -

GRANT SELECT(centavos) ON TABLE public.provider_lines TO cashback_serving;

-- Name: COLUMN provider_lines.told_since; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(told_since) ON TABLE public.provider_lines TO cashback_worker;

-- Name: COLUMN provider_lines.told_through; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(told_through) ON TABLE public.provider_lines TO cashback_worker;

-- Name: COLUMN provider_lines.class; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(class) ON TABLE public.provider_lines TO cashback_worker;
GRANT SELECT(class) ON TABLE public.provider_lines TO cashback_serving;

-- Name: COLUMN provider_lines.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(merchant_id) ON TABLE public.provider_lines TO cashback_worker;
GRANT SELECT(merchant_id) ON TABLE public.provider_lines TO cashback_serving;

-- Name: COLUMN provider_lines.cashback_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(cashback_id) ON TABLE public.provider_lines TO cashback_worker;
GRANT SELECT(cashback_id) ON TABLE public.provider_lines TO cashback_serving;

-- Name: COLUMN provider_lines.alike; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(alike) ON TABLE public.provider_lines TO cashback_worker;

-- Name: TABLE provider_moves; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.provider_moves TO cashback_worker;

-- Name: TABLE provider_respelled; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,TRUNCATE ON TABLE public.provider_respelled TO cashback_worker;

-- Name: TABLE provider_telling_flows; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.provider_telling_flows TO cashback_worker;
GRANT SELECT ON TABLE public.provider_telling_flows TO cashback_platform;

-- Name: TABLE provider_tellings; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.provider_tellings TO cashback_serving;
GRANT SELECT ON TABLE public.provider_tellings TO cashback_platform;
GRANT SELECT ON TABLE public.provider_tellings TO cashback_worker;

-- Name: COLUMN provider_tellings.reconciliation_id; Type: ACL; Schema: public; Owner: -

GRANT INSERT(reconciliation_id) ON TABLE public.provider_tellings TO cashback_worker;

-- Name: COLUMN provider_tellings.asked_at; Type: ACL; Schema: public; Owner: -

GRANT INSERT(asked_at) ON TABLE public.provider_tellings TO cashback_worker;

-- Name: COLUMN provider_tellings.since; Type: ACL; Schema: public; Owner: -

GRANT INSERT(since) ON TABLE public.provider_tellings TO cashback_worker;

-- Name: COLUMN provider_tellings.through; Type: ACL; Schema: public; Owner: -

GRANT INSERT(through) ON TABLE public.provider_tellings TO cashback_worker;

-- Name: TABLE provider_told; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,TRUNCATE ON TABLE public.provider_told TO cashback_worker;

-- Name: TABLE rate_buckets; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.rate_buckets TO cashback_identity;

-- Name: COLUMN rate_buckets.until_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(until_at) ON TABLE public.rate_buckets TO cashback_identity;

-- Name: TABLE rates; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.rates TO cashback_serving;
GRANT SELECT ON TABLE public.rates TO cashback_worker;

-- Name: TABLE reconciliations; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reconciliations TO cashback_worker;
GRANT SELECT ON TABLE public.reconciliations TO cashback_platform;

-- Name: TABLE refused_clocks; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.refused_clocks TO cashback_serving;
GRANT SELECT ON TABLE public.refused_clocks TO cashback_worker;
GRANT SELECT,DELETE ON TABLE public.refused_clocks TO cashback_eraser;

-- Name: COLUMN refused_clocks.ahead_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(ahead_s) ON TABLE public.refused_clocks TO cashback_serving;

-- Name: COLUMN refused_clocks.ahead_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(ahead_at) ON TABLE public.refused_clocks TO cashback_serving;

-- Name: COLUMN refused_clocks.sales; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sales) ON TABLE public.refused_clocks TO cashback_serving;

-- Name: COLUMN refused_clocks.first_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(first_at) ON TABLE public.refused_clocks TO cashback_serving;

-- Name: COLUMN refused_clocks.last_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(last_at) ON TABLE public.refused_clocks TO cashback_serving;

-- Name: TABLE refused_equals; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.refused_equals TO cashback_serving;
GRANT SELECT ON TABLE public.refused_equals TO cashback_worker;
GRANT SELECT ON TABLE public.refused_equals TO cashback_eraser;

-- Name: COLUMN refused_equals.idempotency_key; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(idempotency_key) ON TABLE public.refused_equals TO cashback_eraser;

-- Name: COLUMN refused_equals.sale_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(sale_id) ON TABLE public.refused_equals TO cashback_eraser;

-- Name: TABLE retention; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.retention TO cashback_eraser;

-- Name: COLUMN retention.raw_through_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(raw_through_at) ON TABLE public.retention TO cashback_eraser;

-- Name: COLUMN retention.raw_left; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(raw_left) ON TABLE public.retention TO cashback_eraser;

-- Name: COLUMN retention.customers_through; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(customers_through) ON TABLE public.retention TO cashback_eraser;

-- Name: TABLE revoked_tokens; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.revoked_tokens TO cashback_identity;

-- Name: TABLE sale_lines; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.sale_lines TO cashback_serving;
GRANT SELECT ON TABLE public.sale_lines TO cashback_worker;
GRANT SELECT ON TABLE public.sale_lines TO cashback_eraser;

-- Name: TABLE sale_names; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.sale_names TO cashback_serving;
GRANT SELECT ON TABLE public.sale_names TO cashback_eraser;
GRANT SELECT ON TABLE public.sale_names TO cashback_worker;

-- Name: COLUMN sale_names.name; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(name) ON TABLE public.sale_names TO cashback_eraser;

-- Name: TABLE schema_migrations; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.schema_migrations TO cashback_worker;

-- Name: TABLE sender; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.sender TO cashback_serving;
GRANT SELECT ON TABLE public.sender TO cashback_worker;

-- Name: COLUMN sender.paused_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(paused_at) ON TABLE public.sender TO cashback_serving;
GRANT UPDATE(paused_at) ON TABLE public.sender TO cashback_worker;

-- Name: COLUMN sender.reason; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(reason) ON TABLE public.sender TO cashback_serving;
GRANT UPDATE(reason) ON TABLE public.sender TO cashback_worker;

-- Name: COLUMN sender.actor; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(actor) ON TABLE public.sender TO cashback_serving;
GRANT UPDATE(actor) ON TABLE public.sender TO cashback_worker;

-- Name: TABLE sender_pauses; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.sender_pauses TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.sender_pauses TO cashback_worker;

-- Name: COLUMN sender_pauses.through_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(through_at) ON TABLE public.sender_pauses TO cashback_worker;

-- Name: TABLE sender_releases; Type: ACL; Schema: public; Owner: -

GRANT INSERT ON TABLE public.sender_releases TO cashback_worker;

-- Name: TABLE sessions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.sessions TO cashback_identity;

-- Name: COLUMN sessions.session_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(session_id) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(session_id) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.user_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(user_id) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(user_id) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(merchant_id) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.created_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(created_at) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(created_at) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.refresh_hash; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(refresh_hash) ON TABLE public.sessions TO cashback_identity;

-- Name: COLUMN sessions.last_used_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(last_used_at) ON TABLE public.sessions TO cashback_identity;
GRANT SELECT(last_used_at) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(last_used_at) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.expires_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(expires_at) ON TABLE public.sessions TO cashback_identity;
GRANT SELECT(expires_at) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(expires_at) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.revoked_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(revoked_at) ON TABLE public.sessions TO cashback_identity;
GRANT SELECT(revoked_at),UPDATE(revoked_at) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(revoked_at),UPDATE(revoked_at) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.reason; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(reason) ON TABLE public.sessions TO cashback_identity;
GRANT SELECT(reason),UPDATE(reason) ON TABLE public.sessions TO cashback_serving;
GRANT SELECT(reason),UPDATE(reason) ON TABLE public.sessions TO cashback_platform;

-- Name: COLUMN sessions.renewed_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(renewed_at) ON TABLE public.sessions TO cashback_identity;

-- Name: COLUMN sessions.issued_s; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(issued_s) ON TABLE public.sessions TO cashback_identity;

-- Name: TABLE statement_explanations; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.statement_explanations TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.statement_explanations TO cashback_platform;

-- Name: TABLE statement_incident_events; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.statement_incident_events TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.statement_incident_events TO cashback_platform;
GRANT SELECT ON TABLE public.statement_incident_events TO cashback_serving;

-- Name: TABLE statement_incidents; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.statement_incidents TO cashback_worker;
GRANT SELECT ON TABLE public.statement_incidents TO cashback_platform;
GRANT SELECT ON TABLE public.statement_incidents TO cashback_serving;

-- Name: COLUMN statement_incidents.class; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(class) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(merchant_id) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.cashback_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(cashback_id) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.document; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(document) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.centavos; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(centavos) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.line; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(line) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.credited_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(credited_at) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.reference; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(reference) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.why; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(why) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.statement_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(statement_at) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.last_seen_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(last_seen_at) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.told_since; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(told_since) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.told_through; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(told_through) ON TABLE public.statement_incidents TO cashback_worker;

-- Name: COLUMN statement_incidents.closed_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(closed_at) ON TABLE public.statement_incidents TO cashback_worker;
GRANT UPDATE(closed_at) ON TABLE public.statement_incidents TO cashback_platform;

-- Name: COLUMN statement_incidents.closed_why; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(closed_why) ON TABLE public.statement_incidents TO cashback_worker;
GRANT UPDATE(closed_why) ON TABLE public.statement_incidents TO cashback_platform;

-- Name: TABLE statement_lines; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.statement_lines TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.statement_lines TO cashback_platform;

-- Name: TABLE stops; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.stops TO cashback_serving;
GRANT SELECT,INSERT ON TABLE public.stops TO cashback_platform;
GRANT SELECT ON TABLE public.stops TO cashback_worker;
GRANT SELECT ON TABLE public.stops TO cashback_eraser;

-- Name: COLUMN stops.lifted_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lifted_at) ON TABLE public.stops TO cashback_serving;
GRANT UPDATE(lifted_at) ON TABLE public.stops TO cashback_platform;

-- Name: COLUMN stops.lifted_by; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lifted_by) ON TABLE public.stops TO cashback_serving;
GRANT UPDATE(lifted_by) ON TABLE public.stops TO cashback_platform;

-- Name: COLUMN stops.lift_reason; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(lift_reason) ON TABLE public.stops TO cashback_serving;
GRANT UPDATE(lift_reason) ON TABLE public.stops TO cashback_platform;

-- Name: TABLE three_side_runs; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.three_side_runs TO cashback_worker;
GRANT SELECT,INSERT ON TABLE public.three_side_runs TO cashback_serving;

-- Name: TABLE users; Type: ACL; Schema: public; Owner: -

GRANT SELECT ON TABLE public.users TO cashback_identity;

-- Name: COLUMN users.user_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(user_id) ON TABLE public.users TO cashback_serving;
GRANT SELECT(user_id) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.username; Type: ACL; Schema: public; Owner: -

GRANT SELECT(username),INSERT(username) ON TABLE public.users TO cashback_serving;
GRANT SELECT(username),INSERT(username) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.merchant_id; Type: ACL; Schema: public; Owner: -

GRANT SELECT(merchant_id),INSERT(merchant_id) ON TABLE public.users TO cashback_serving;
GRANT SELECT(merchant_id),INSERT(merchant_id) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.role; Type: ACL; Schema: public; Owner: -

GRANT SELECT(role),INSERT(role),UPDATE(role) ON TABLE public.users TO cashback_serving;
GRANT SELECT(role),INSERT(role),UPDATE(role) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.password_hash; Type: ACL; Schema: public; Owner: -

GRANT INSERT(password_hash),UPDATE(password_hash) ON TABLE public.users TO cashback_serving;
GRANT INSERT(password_hash),UPDATE(password_hash) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.created_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(created_at) ON TABLE public.users TO cashback_serving;
GRANT SELECT(created_at) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.disabled_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(disabled_at),UPDATE(disabled_at) ON TABLE public.users TO cashback_serving;
GRANT SELECT(disabled_at),UPDATE(disabled_at) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.version; Type: ACL; Schema: public; Owner: -

GRANT SELECT(version),UPDATE(version) ON TABLE public.users TO cashback_serving;
GRANT SELECT(version),UPDATE(version) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.updated_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(updated_at),UPDATE(updated_at) ON TABLE public.users TO cashback_serving;
GRANT SELECT(updated_at),UPDATE(updated_at) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.signed_out_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(signed_out_at) ON TABLE public.users TO cashback_identity;
GRANT SELECT(signed_out_at),UPDATE(signed_out_at) ON TABLE public.users TO cashback_serving;
GRANT SELECT(signed_out_at),UPDATE(signed_out_at) ON TABLE public.users TO cashback_platform;

-- Name: COLUMN users.deleted_at; Type: ACL; Schema: public; Owner: -

GRANT SELECT(deleted_at),UPDATE(deleted_at) ON TABLE public.users TO cashback_serving;
GRANT SELECT(deleted_at),UPDATE(deleted_at) ON TABLE public.users TO cashback_platform;

-- Name: TABLE webhook_messages; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.webhook_messages TO cashback_serving;
GRANT SELECT,INSERT,DELETE ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.result; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(result) ON TABLE public.webhook_messages TO cashback_serving;
GRANT UPDATE(result) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.attempts; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(attempts) ON TABLE public.webhook_messages TO cashback_serving;
GRANT UPDATE(attempts) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.created_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(created_at) ON TABLE public.webhook_messages TO cashback_serving;

-- Name: COLUMN webhook_messages.tried_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(tried_at) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.due_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(due_at) ON TABLE public.webhook_messages TO cashback_serving;
GRANT UPDATE(due_at) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.ended_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(ended_at) ON TABLE public.webhook_messages TO cashback_serving;
GRANT UPDATE(ended_at) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.status; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(status) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: COLUMN webhook_messages.reason; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(reason) ON TABLE public.webhook_messages TO cashback_worker;

-- Name: TABLE webhook_progress; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.webhook_progress TO cashback_serving;
GRANT SELECT ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.after_position; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(after_position) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.after_cashback_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(after_cashback_id) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.after_sequence; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(after_sequence) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.failures; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(failures) ON TABLE public.webhook_progress TO cashback_serving;
GRANT UPDATE(failures) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.failing_since; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(failing_since) ON TABLE public.webhook_progress TO cashback_serving;
GRANT UPDATE(failing_since) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.rests_until; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(rests_until) ON TABLE public.webhook_progress TO cashback_serving;
GRANT UPDATE(rests_until) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.delivered_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(delivered_at) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.last_failure; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(last_failure) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.token; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(token) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.leased_until; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(leased_until) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: COLUMN webhook_progress.served_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(served_at) ON TABLE public.webhook_progress TO cashback_worker;

-- Name: TABLE webhooks; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.webhooks TO cashback_serving;
GRANT SELECT ON TABLE public.webhooks TO cashback_worker;

-- Name: COLUMN webhooks.url; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(url) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.description; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(description) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.types; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(types) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.version; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(version) ON TABLE public.webhooks TO cashback_serving;
GRANT UPDATE(version) ON TABLE public.webhooks TO cashback_worker;

-- Name: COLUMN webhooks.updated_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(updated_at) ON TABLE public.webhooks TO cashback_serving;
GRANT UPDATE(updated_at) ON TABLE public.webhooks TO cashback_worker;

-- Name: COLUMN webhooks.disabled_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(disabled_at) ON TABLE public.webhooks TO cashback_serving;
GRANT UPDATE(disabled_at) ON TABLE public.webhooks TO cashback_worker;

-- Name: COLUMN webhooks.disabled_because; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(disabled_because) ON TABLE public.webhooks TO cashback_serving;
GRANT UPDATE(disabled_because) ON TABLE public.webhooks TO cashback_worker;

-- Name: COLUMN webhooks.secret_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(secret_id) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.secret_number; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(secret_number) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.secret_made_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(secret_made_at) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.former_secret_id; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(former_secret_id) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.former_made_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(former_made_at) ON TABLE public.webhooks TO cashback_serving;

-- Name: COLUMN webhooks.former_ends_at; Type: ACL; Schema: public; Owner: -

GRANT UPDATE(former_ends_at) ON TABLE public.webhooks TO cashback_serving;

-- Name: TABLE attempts; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.attempts TO cashback_reporting;

-- Name: TABLE cashbacks; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.cashbacks TO cashback_reporting;

-- Name: TABLE closes; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.closes TO cashback_reporting;

-- Name: TABLE customers; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.customers TO cashback_reporting;

-- Name: TABLE days; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.days TO cashback_reporting;

-- Name: TABLE events; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.events TO cashback_reporting;

-- Name: TABLE merchants; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.merchants TO cashback_reporting;

-- Name: TABLE product_types; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.product_types TO cashback_reporting;

-- Name: TABLE rates; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.rates TO cashback_reporting;

-- Name: TABLE sale_lines; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.sale_lines TO cashback_reporting;

-- Name: TABLE sales; Type: ACL; Schema: reporting; Owner: -

GRANT SELECT ON TABLE reporting.sales TO cashback_reporting;
