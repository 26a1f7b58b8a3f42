-- What is recorded stays as it was, whoever writes: the rules for that which many tables share.

-- A name or key whose plain text an erasure has taken away: it is a keyed hash from then on.
create function is_sealed(name text) returns boolean
language sql immutable as $$ select name ~ '^~[A-Za-z0-9+/]{32}$' $$;

-- Whether an object is what it was but for values that an erasure took away.
create function loses_values(was jsonb, is_now jsonb) returns boolean
language sql immutable as $$
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

-- What is written once loses a text to an erasure, and to nothing else: only the columns that are its
-- arguments (none: nothing changes), only to the word that says so (a line's key to a sealed one, of
-- an object a value).
create function refuse_change() returns trigger language plpgsql as $$
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

create function refuse_truncating(guarded regclass) returns void language plpgsql as $$
begin
    execute format(
        'create trigger %I before truncate on %s for each statement execute function refuse_change()',
        (select c.relname || '_no_truncate' from pg_class as c where c.oid = guarded), guarded
    );
end $$;

-- For a table whose rows are written once; an erasure may take away texts of the columns named.
create function append_only(guarded regclass, variadic but_erased text[] default '{}') returns void
language plpgsql as $$
begin
    execute format(
        'create trigger %I before update or delete on %s for each row'
        ' execute function refuse_change(%s)',
        (select c.relname || '_append_only' from pg_class as c where c.oid = guarded), guarded,
        (select string_agg(quote_literal(field), ', ') from unnest(but_erased) as f (field))
    );
    perform refuse_truncating(guarded);
end $$;

-- For a table whose rows are written once, and go after years: what is younger than thirty days by the
-- instant that the argument names never does, whatever somebody sets or types.
create function refuse_change_of_young() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE'
        and (to_jsonb(old) ->> tg_argv[0])::timestamptz < now() - interval '30 days'
    then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

-- A row stays, and so does what its arguments name: first what it is known by, of what else no value
-- may change (without arguments: nothing changes). Its version never falls.
create function keep_columns() returns trigger language plpgsql as $$
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

select close_functions();
-- The guards ask as whoever changes something.
grant execute on function is_sealed to cashback_serving, cashback_worker, cashback_eraser;
