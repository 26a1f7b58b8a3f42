-- Who changed what. Every administered table tells the audit trail of each change, whoever makes it
-- and by whatever way, in the transaction that makes it: there is no change without its line. A line
-- names no person beside those who administer: what is secret or personal is told as "changed",
-- never by its value, so that erasing a customer leaves the trail as it is.

create table audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    -- Null for what belongs to the platform.
    merchant_id bigint references merchants,
    -- The subject of the token; `login:` and a role of the database for whoever came without one.
    actor text collate "C" not null check (char_length(actor) between 1 and 160),
    -- As whom the database let them in: nobody who comes another way can pass for the service.
    login text not null,
    action text not null check (action in ('insert', 'update', 'delete')),
    resource text collate "C" not null,
    key text collate "C" not null,
    -- The changed fields alone: as they were, and as they are.
    before jsonb not null check (jsonb_typeof(before) = 'object'),
    after jsonb not null check (jsonb_typeof(after) = 'object'),
    request_id text check (char_length(request_id) <= 64)
);
create index audit_of_a_merchant on audit (merchant_id, audit_id);
create index audit_by_time on audit (merchant_id, at);
create index audit_of_an_actor on audit (merchant_id, actor, audit_id);
create index audit_of_a_resource on audit (merchant_id, resource, key, audit_id);

select append_only('audit', 'key', 'before', 'after');
select protect_merchant_table('audit');
create policy of_the_platform on audit to cashback_platform using (true);
-- Not the login, which tells how the service comes to its database.
grant select (audit_id, at, merchant_id, actor, action, resource, key, before, after, request_id)
    on audit to cashback_serving, cashback_platform;

-- A value as it may be told: a CPF is none, wherever somebody wrote it.
create function audited_value(value jsonb) returns jsonb language sql immutable as $$
    select case jsonb_typeof(value)
        when 'string' then to_jsonb(regexp_replace(
            value #>> '{}', '\m\d{3}[.]?\d{3}[.]?\d{3}-?\d{2}\M', '***', 'g'
        ))
        else value
    end
$$;

-- Runs as the table's owner, so that nobody else can write to the trail. Its arguments: the resource's
-- name, the columns of its key, those that are told as "changed", and those that are not told of.
create function audit_change() returns trigger language plpgsql security definer as $$
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

-- Attaches a table to the trail. `hidden` columns are secret or personal; `untold` ones change with
-- others or with sales. Versions and instants of change go without saying. With `inserts` false, new
-- rows are not told of: customers come with their first sale, which is recorded itself.
create function audit_table(
    audited regclass, resource text, key text[], hidden text[] default '{}',
    untold text[] default '{}', inserts boolean default true
) returns void language plpgsql as $$
begin
    execute format(
        'create trigger audited after %s on %s for each row'
        ' execute function audit_change(%L, %L, %L, %L)',
        case when inserts then 'insert or update or delete' else 'update or delete' end,
        audited, resource, key, hidden,
        untold || array['merchant_id', 'version', 'created_at', 'updated_at']
    );
end $$;

select close_functions();
select audit_table('merchants', 'merchants', array['slug']);
